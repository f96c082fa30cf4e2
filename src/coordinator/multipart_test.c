#include "base/test.h"
#include "coordinator/multipart.h"

static const struct slice type = SLICE("multipart/form-data; boundary=xyz");

#define HEAD(name) "--xyz\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"

static void assert_refused(struct slice content_type, struct slice body)
{
    struct multipart form;
    struct err *e = multipart_parse(content_type, body, &form);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_INVALID);
    err_free(e);
}

static void parts_are_found_by_name(void **state)
{
    (void)state;
    struct multipart form;
    struct slice body =
        SLICE("--xyz\r\ncontent-disposition: form-data; filename=\"a;b\"; name=\"f\"\r\nContent-Type: x/y\r\n\r\n"
              "\0bytes\r\n--xy\r\n" HEAD("") "v");
    assert_refused(type, body);
    body = SLICE(
        HEAD("a") "1\r\n--xyz\r\nContent-Disposition: form-data; name=b\r\n\r\n\0\r\n-\r\n\r\n" HEAD("c") "\r\n--xyz--\r\n");
    assert_ok(multipart_parse(type, body, &form));
    assert_int_equal(form.count, 3);
    assert_true(slice_eq(multipart_value(&form, "a"), SLICE("1")));
    assert_true(slice_eq(multipart_value(&form, "b"), SLICE("\0\r\n-\r\n")));
    assert_int_equal(multipart_value(&form, "c").len, 0);
    assert_non_null(multipart_value(&form, "c").ptr);
    assert_null(multipart_value(&form, "d").ptr);
}

static void broken_forms_are_refused(void **state)
{
    (void)state;
    assert_refused(SLICE("application/json"), SLICE("{}"));
    assert_refused(SLICE("multipart/form-data"), SLICE("--xyz--"));
    assert_refused(SLICE("multipart/form-data; boundary="), SLICE("----"));
    assert_refused(
        SLICE("multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        SLICE("--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa--"));
    assert_refused(type, SLICE(""));
    assert_refused(type, SLICE("--xy"));
    assert_refused(type, SLICE("--xyz"));
    assert_refused(type, SLICE("--xyz\r\n"));
    assert_refused(type, SLICE(HEAD("a") "1"));
    assert_refused(type, SLICE("--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--"));
    assert_refused(type, SLICE("--xyz\r\nno end of header\r\n--xyz--"));
}

static void too_many_parts_are_refused(void **state)
{
    (void)state;
#define FOUR HEAD("a") "\r\n" HEAD("a") "\r\n" HEAD("a") "\r\n" HEAD("a") "\r\n"
    struct multipart form;
    assert_ok(multipart_parse(type, SLICE(FOUR FOUR FOUR FOUR "--xyz--"), &form));
    assert_int_equal(form.count, MULTIPART_PARTS_MAX);
    assert_refused(type, SLICE(FOUR FOUR FOUR FOUR HEAD("a") "\r\n--xyz--"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_found_by_name),
        cmocka_unit_test(broken_forms_are_refused),
        cmocka_unit_test(too_many_parts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

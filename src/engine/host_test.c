/* The encoding of what passes between a task and the engine, and the table it follows. */
#include "base/mem.h"
#include "base/test.h"
#include "engine/host.h"
#include <string.h>

static void shapes_use_known_letters_and_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOST_OPS; i++) {
        const struct host_function *f = &host_functions[i];
        assert_non_null(f->name);
        assert_int_equal(strspn(f->params, "sbSuitT"), strlen(f->params));
        assert_int_equal(strspn(f->results, "sbuit"), strlen(f->results));
        assert_true(strlen(f->params) <= HOST_PARAMS_MAX);
        assert_in_range(strlen(f->results), 1, HOST_RESULTS_MAX);
        assert_true(f->interface < HOST_INTERFACES);
        assert_true(i == 0 || f->interface >= host_functions[i - 1].interface);
    }
}

static void values_come_back_as_they_went(void **state)
{
    (void)state;
    const struct host_value in[] = {
        {.bytes = SLICE("h\xc3\xa9")}, {.bytes = SLICE("\0\xff")},      {.none = true}, {.bytes = SLICE("x")},
        {.number = UINT64_MAX},        {.number = (uint64_t)INT64_MIN}, {.number = 1},  {.none = true}};
    struct host_value out[8];
    AUTO(buf) struct buf bytes = {0};
    host_values_append("sbSSuitT", in, &bytes);
    assert_int_equal(bytes.len, host_values_len("sbSSuitT", in));
    assert_ok(host_values_read("sbSSuitT", buf_slice(&bytes), out));
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(out[i].none, in[i].none);
        assert_true(out[i].none || out[i].number == in[i].number);
        assert_true(slice_eq(out[i].bytes, in[i].bytes));
    }
    for (size_t len = 0; len < bytes.len; len++) {
        AUTO(err) struct err *e = host_values_read("sbSSuitT", slice_first(buf_slice(&bytes), len), out);
        assert_non_null(e);
    }
}

static void each_wrong_value_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *shape;
        struct slice bytes;
        const char *says;
    } cases[] = {
        {"", SLICE("x"), "1 bytes behind the last value"},
        {"s", SLICE("\2\0\0\0a"), "value 1 is cut off"},
        {"s", SLICE("\xff\xff\xff\xff"), "value 1 is cut off"},
        {"ss", SLICE("\0\0\0\0\1\0\0\0\xff"), "value 2 is not UTF-8"},
        {"s", SLICE("\3\0\0\0\xed\xa0\x80"), "value 1 is not UTF-8"},
        {"u", SLICE("1234567"), "value 1 is cut off"},
        {"t", SLICE("\2"), "value 1 is neither true nor false"},
        {"T", SLICE("\3"), "value 1 is neither true nor false"},
        {"T", SLICE(""), "value 1 is cut off"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct host_value out[HOST_PARAMS_MAX];
        assert_fails(host_values_read(cases[i].shape, cases[i].bytes, out), ERR_INVALID, cases[i].says);
    }
}

static void a_failure_leaves_nothing_but_its_sentence(void **state)
{
    (void)state;
    AUTO(host_answer) struct host_answer a = {0};
    a.values[0].number = 1;
    buf_append_str(&a.bytes[1], "left over");
    host_answer_fail(&a, HOST_STORAGE_SET_IF_EQUALS, "no %s", "luck");
    assert_int_equal(a.values[0].number, 0);
    assert_int_equal(a.bytes[1].len, 0);
    assert_string_equal(buf_str(&a.bytes[2]), "no luck");
    a.values[0].number = 1;
    host_answer_fail(&a, HOST_STORAGE_HAS, "nobody reads this");
    assert_int_equal(a.values[0].number, 0);
    assert_int_equal(a.bytes[0].len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_use_known_letters_and_fit),
        cmocka_unit_test(values_come_back_as_they_went),
        cmocka_unit_test(each_wrong_value_is_named),
        cmocka_unit_test(a_failure_leaves_nothing_but_its_sentence),
    };
    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}

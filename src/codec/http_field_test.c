#include "base/test.h"
#include "codec/http_field.h"

static void names_are_tokens(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "X-Two", "content-type", "!#$%&'*+-.^_`|~09"};
    static const char *const bad[] = {"", " a", "a b", "a:", "a\t", "a\n", "h\xc3\xa9", "(a)", "a/b", "\x7f"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(http_field_name_is_valid(slice_str(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(http_field_name_is_valid(slice_str(bad[i])));
}

static void values_end_no_line(void **state)
{
    (void)state;
    assert_true(http_field_value_is_valid(SLICE("")));
    assert_true(http_field_value_is_valid(SLICE("a b\t\xff")));
    assert_false(http_field_value_is_valid(SLICE("a\rb")));
    assert_false(http_field_value_is_valid(SLICE("a\nb")));
    assert_false(http_field_value_is_valid(SLICE("a\0b")));
}

static void the_transports_fields_are_known_in_any_case(void **state)
{
    (void)state;
    assert_true(http_field_is_transports(SLICE("Host")));
    assert_true(http_field_is_transports(SLICE("TRANSFER-ENCODING")));
    assert_true(http_field_is_transports(SLICE("proxy-Authorization")));
    assert_false(http_field_is_transports(SLICE("hos")));
    assert_false(http_field_is_transports(SLICE("hostx")));
    assert_false(http_field_is_transports(SLICE("")));
    assert_false(http_field_is_transports(SLICE("content-length")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_tokens),
        cmocka_unit_test(values_end_no_line),
        cmocka_unit_test(the_transports_fields_are_known_in_any_case),
    };
    return cmocka_run_group_tests_name("http fields", tests, NULL, NULL);
}

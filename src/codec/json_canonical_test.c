#include "base/test.h"
#include "codec/json_canonical.h"

static const struct {
    const char *json, *canonical; /* NULL: refused */
} cases[] = {
    /* integers */
    {"18446744073709551615", "18446744073709551615"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"0", "0"},
    {"-0", "-0.0"},
    {"18446744073709551616", "1.8446744073709552e+19"},
    {"-9223372036854775809", "-9.223372036854776e+18"},
    /* doubles: plain */
    {"1.0", "1.0"},
    {"1.50", "1.5"},
    {"1E2", "100.0"},
    {"0.1", "0.1"},
    {"0.00001", "0.00001"},
    {"1e15", "1000000000000000.0"},
    {"123456789012345680.0", "1.2345678901234568e+17"},
    {"1e16", "1e+16"},
    {"9007199254740993.0", "9007199254740992.0"},
    {"0.30000000000000004", "0.30000000000000004"},
    {"-2.5e-1", "-0.25"},
    /* doubles: scientific */
    {"0.000001", "1e-6"},
    {"1.5e20", "1.5e+20"},
    {"1.7976931348623157e308", "1.7976931348623157e+308"},
    {"5e-324", "5e-324"},
    {"5.6843418860808015e-14",
     "5.684341886080802e-14"}, /* a power of two: the nearest 16 digits do not read back, those above do */
    {"9.5367431640625e-7", "9.5367431640625e-7"},
    {"1e-400", "0.0"},
    {"1e400", NULL},
    /* structure */
    {" { \"b\" : 1.0, \"a\" : [ 2 , -0 ] } ", "{\"a\":[2,-0.0],\"b\":1.0}"},
    {"{\"x\":1,\"x\":2}", "{\"x\":2}"},
    {"\"1.50 \\\" \\u0041\\u001F\\/\"", "\"1.50 \\\" A\\u001f/\""},
    {"[true,false,null]", "[true,false,null]"},
    {"{", NULL},
    {"1.", NULL},
    {"", NULL},
};

static void test_agrees_with_serde_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf out = {0};
        bool ok = json_write_canonical(&out, slice_str(cases[i].json));
        assert_int_equal(ok, cases[i].canonical != NULL);
        assert_string_equal(buf_str(&out), ok ? cases[i].canonical : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_agrees_with_serde_json)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

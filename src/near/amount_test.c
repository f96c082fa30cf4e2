#include "base/test.h"
#include "near/amount.h"
#include <string.h>

static const u128 NEAR = (u128)1000000000000 * 1000000000000;

static u128 parsed(const char *text)
{
    u128 yocto = 0;
    AUTO(err) struct err *e = amount_parse(slice_str(text), &yocto);
    if (e)
        fail_msg("%s", err_text(e));
    return yocto;
}

static void test_reads_what_people_write(void **state)
{
    (void)state;
    assert_true(parsed("5 NEAR") == 5 * NEAR);
    assert_true(parsed("5near") == 5 * NEAR);
    assert_true(parsed("0.01 NEAR") == NEAR / 100);
    assert_true(parsed("1.000000000000000000000001 NEAR") == NEAR + 1);
    assert_true(parsed("1 yocto") == 1);
    assert_true(parsed("12yoctoNEAR") == 12);
    assert_true(parsed("250000000000000000000000") == NEAR / 4);
    assert_true(parsed("340282366920938463463374607431768211455") == U128_MAX);
    assert_true(parsed("340282366920938.463463374607431768211455 NEAR") == U128_MAX);
    assert_true(parsed("0 NEAR") == 0);
}

static void test_refuses_everything_else(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "NEAR",
        "-1 NEAR",
        "+1",
        "1e3",
        "1.5",
        "1.5 yocto",
        ".5 NEAR",
        "5. NEAR",
        "1.2.3 NEAR",
        "5  NEAR",
        "5 NEAR ",
        "5 BTC",
        "0.0000000000000000000000001 NEAR",
        "340282366920938463463374607431768211456",
        "340282366920938.463463374607431768211456 NEAR",
        "999999999999999999 NEAR",
        "1,5 NEAR",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        u128 out = 7;
        AUTO(err) struct err *e = amount_parse(slice_str(texts[i]), &out);
        if (!e)
            fail_msg("`%s` was read", texts[i]);
        assert_int_equal(err_code(e), ERR_INVALID);
        assert_true(out == 7);
    }
    u128 out;
    AUTO(err) struct err *e = amount_parse((struct slice){0}, &out);
    assert_non_null(e);
}

static void test_writes_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *yocto, *text;
    } cases[] = {
        {"0", "0 NEAR"},
        {"1", "1 yocto"},
        {"999999999999999999", "999999999999999999 yocto"},
        {"1000000000000000000", "0.000001 NEAR"},
        {"10000000000000000000000", "0.01 NEAR"},
        {"5000000000000000000000000", "5 NEAR"},
        {"5000000000000000000000001", "5.000000000000000000000001 NEAR"},
        {"340282366920938463463374607431768211455", "340282366920938.463463374607431768211455 NEAR"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[AMOUNT_TEXT_MAX];
        assert_string_equal(amount_text(parsed(cases[i].yocto), text), cases[i].text);
        assert_true(parsed(text) == parsed(cases[i].yocto));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_people_write),
        cmocka_unit_test(test_refuses_everything_else),
        cmocka_unit_test(test_writes_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

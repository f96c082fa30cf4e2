#include "base/test.h"
#include "base/u128.h"
#include <string.h>

#define MAX_TEXT "340282366920938463463374607431768211455"

static const u128 two_64 = (u128)1 << 64;

static void check_text(u128 value, const char *text)
{
    char digits[U128_DIGITS_MAX];
    u128 back = 0;
    assert_true(slice_eq_str(slice_from(digits, u128_format(value, digits)), text));
    assert_true(u128_parse(slice_str(text), &back) && back == value);
}

static void test_texts_both_ways(void **state)
{
    (void)state;
    check_text(0, "0");
    check_text(7, "7");
    check_text(1000000000, "1000000000");
    check_text(UINT64_MAX, "18446744073709551615");
    check_text(two_64, "18446744073709551616");
    check_text((u128)1000000000000 * 1000000000000, "1000000000000000000000000");
    check_text(U128_MAX, MAX_TEXT);
}

static void test_every_power_of_ten_and_its_neighbours(void **state)
{
    (void)state;
    u128 power = 1;
    for (int i = 0; i < U128_DIGITS_MAX; i++, power *= 10) {
        for (int near_by = -1; near_by <= 1; near_by++) {
            char digits[U128_DIGITS_MAX];
            u128 value = power + (u128)(__int128)near_by, back = 0;
            size_t len = u128_format(value, digits);
            assert_true(u128_parse(slice_from(digits, len), &back) && back == value);
        }
    }
}

static void test_only_digits_that_fit_are_a_number(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1_000",
        "0x10",
        "1e3",
        "1.0",
        "340282366920938463463374607431768211456",
        "3402823669209384634633746074317682114550",
        "999999999999999999999999999999999999999",
        "\xb1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        u128 out = 7;
        assert_false(u128_parse(slice_str(texts[i]), &out));
        assert_true(out == 7);
    }
    u128 out;
    assert_true(u128_parse(SLICE("00000000000000000000000000000000000000000000000007"), &out) && out == 7);
}

static void test_sums_and_differences_are_checked(void **state)
{
    (void)state;
    u128 out;
    assert_true(u128_add(U128_MAX - 1, 1, &out) && out == U128_MAX);
    assert_false(u128_add(U128_MAX, 1, &out));
    assert_true(u128_sub(two_64, 1, &out) && out == UINT64_MAX);
    assert_false(u128_sub(0, 1, &out));
}

static void test_products_are_checked_as_the_compiler_checks_them(void **state)
{
    (void)state;
    static const u128 values[] = {0,
                                  1,
                                  10,
                                  UINT32_MAX,
                                  UINT64_MAX,
                                  (u128)1 << 64,
                                  ((u128)1 << 64) + 1,
                                  (u128)1 << 127,
                                  U128_MAX / 10,
                                  U128_MAX / 10 + 1,
                                  U128_MAX / 3,
                                  ((u128)1 << 64) - 2,
                                  U128_MAX};
    enum { COUNT = sizeof values / sizeof *values };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++) {
            u128 product = 0, expected;
            bool fits = !__builtin_mul_overflow(values[i], values[j], &expected);
            assert_int_equal(u128_mul(values[i], values[j], &product), fits);
            assert_true(!fits || product == expected);
        }
    }
}

static void test_division_by_a_small_number(void **state)
{
    (void)state;
    uint32_t rest;
    assert_true(u128_div_small(U128_MAX, 1000000000, &rest) == U128_MAX / 1000000000);
    assert_int_equal(rest, (uint32_t)(U128_MAX % 1000000000));
    assert_true(u128_div_small(U128_MAX, UINT32_MAX, NULL) == U128_MAX / UINT32_MAX);
    assert_true(u128_div_small(5, 7, &rest) == 0 && rest == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_both_ways),
        cmocka_unit_test(test_every_power_of_ten_and_its_neighbours),
        cmocka_unit_test(test_only_digits_that_fit_are_a_number),
        cmocka_unit_test(test_sums_and_differences_are_checked),
        cmocka_unit_test(test_products_are_checked_as_the_compiler_checks_them),
        cmocka_unit_test(test_division_by_a_small_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

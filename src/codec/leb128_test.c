#include "base/test.h"
#include "codec/leb128.h"
#include <string.h>

static void test_u32(void **state)
{
    (void)state;
    static const struct {
        uint32_t value;
        struct slice bytes;
    } cases[] = {
        {0, {(const uint8_t *)"\x00", 1}},
        {127, {(const uint8_t *)"\x7f", 1}},
        {128, {(const uint8_t *)"\x80\x01", 2}},
        {624485, {(const uint8_t *)"\xe5\x8e\x26", 3}},
        {UINT32_MAX, {(const uint8_t *)"\xff\xff\xff\xff\x0f", 5}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf out = {0};
        leb128_append_u32(&out, cases[i].value);
        assert_true(slice_eq(buf_slice(&out), cases[i].bytes));
        struct slice rest = cases[i].bytes;
        uint32_t v;
        assert_true(leb128_read_u32(&rest, &v));
        assert_int_equal(v, cases[i].value);
        assert_int_equal(rest.len, 0);
    }
}

static void test_s32(void **state)
{
    (void)state;
    static const struct {
        int32_t value;
        struct slice bytes;
    } cases[] = {
        {0, {(const uint8_t *)"\x00", 1}},
        {-1, {(const uint8_t *)"\x7f", 1}},
        {63, {(const uint8_t *)"\x3f", 1}},
        {64, {(const uint8_t *)"\xc0\x00", 2}},
        {-64, {(const uint8_t *)"\x40", 1}},
        {-65, {(const uint8_t *)"\xbf\x7f", 2}},
        {-123456, {(const uint8_t *)"\xc0\xbb\x78", 3}},
        {INT32_MAX, {(const uint8_t *)"\xff\xff\xff\xff\x07", 5}},
        {INT32_MIN, {(const uint8_t *)"\x80\x80\x80\x80\x78", 5}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf out = {0};
        leb128_append_s32(&out, cases[i].value);
        assert_true(slice_eq(buf_slice(&out), cases[i].bytes));
        struct slice rest = cases[i].bytes;
        int32_t v;
        assert_true(leb128_read_s32(&rest, &v));
        assert_int_equal(v, cases[i].value);
    }
}

static void test_powers_of_two_of_64_bits_come_back(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int near_by = -1; near_by <= 1; near_by++) {
            uint64_t value = (UINT64_C(1) << shift) + (uint64_t)(int64_t)near_by, u = 0;
            AUTO(buf) struct buf out = {0};
            leb128_append_u64(&out, value);
            leb128_append_s64(&out, (int64_t)value);
            struct slice rest = buf_slice(&out);
            int64_t s = 0;
            assert_true(leb128_read_u64(&rest, &u) && leb128_read_s64(&rest, &s));
            assert_true(u == value && s == (int64_t)value && rest.len == 0);
        }
    }
}

static void test_longer_forms_within_the_bound_are_fine(void **state)
{
    (void)state;
    struct slice rest = SLICE("\x83\x80\x00!");
    uint32_t v;
    assert_true(leb128_read_u32(&rest, &v));
    assert_int_equal(v, 3);
    assert_true(slice_eq_str(rest, "!"));
    rest = SLICE("\xfe\xff\xff\xff\x7f");
    int32_t s;
    assert_true(leb128_read_s32(&rest, &s));
    assert_int_equal(s, -2);
}

static void test_s33_holds_every_u32_and_s32(void **state)
{
    (void)state;
    struct slice rest = SLICE("\xff\xff\xff\xff\x0f\x80\x80\x80\x80\x70");
    int64_t v;
    assert_true(leb128_read_s33(&rest, &v));
    assert_true(v == UINT32_MAX);
    assert_true(leb128_read_s33(&rest, &v));
    assert_true(v == -INT64_C(4294967296));
}

static void test_what_does_not_fit_is_refused_and_nothing_moves(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        bool u32, s32, u64;
    } cases[] = {
        {{(const uint8_t *)"", 0}, false, false, false},
        {{(const uint8_t *)"\x80", 1}, false, false, false},
        {{(const uint8_t *)"\xff\xff\xff\xff\x1f", 5}, false, false, true},
        {{(const uint8_t *)"\xff\xff\xff\xff\x0f", 5}, true, false, true},
        {{(const uint8_t *)"\xff\xff\xff\xff\x4f", 5}, false, false, true},
        {{(const uint8_t *)"\x80\x80\x80\x80\x80\x00", 6}, false, false, true},
        {{(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10}, false, false, false},
        {{(const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11}, false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice rest = cases[i].bytes;
        uint32_t u32;
        int32_t s32;
        uint64_t u64;
        assert_int_equal(leb128_read_u32(&rest, &u32), cases[i].u32);
        assert_true(cases[i].u32 || rest.ptr == cases[i].bytes.ptr);
        rest = cases[i].bytes;
        assert_int_equal(leb128_read_s32(&rest, &s32), cases[i].s32);
        rest = cases[i].bytes;
        assert_int_equal(leb128_read_u64(&rest, &u64), cases[i].u64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u32),
        cmocka_unit_test(test_s32),
        cmocka_unit_test(test_powers_of_two_of_64_bits_come_back),
        cmocka_unit_test(test_longer_forms_within_the_bound_are_fine),
        cmocka_unit_test(test_s33_holds_every_u32_and_s32),
        cmocka_unit_test(test_what_does_not_fit_is_refused_and_nothing_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

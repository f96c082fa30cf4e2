#include "base/test.h"
#include "codec/borsh.h"
#include <string.h>

static void test_integers_are_little_endian_and_of_fixed_width(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    borsh_write_u8(&out, 0x01);
    borsh_write_u16(&out, 0x0203);
    borsh_write_u32(&out, 0x04050607);
    borsh_write_u64(&out, 0x08090a0b0c0d0e0f);
    borsh_write_u128(&out, (u128)0x1011121314151617 << 64 | 0x18191a1b1c1d1e1f);
    static const uint8_t expected[] = {1,    3,    2,    7,    6,    5,    4,    0x0f, 0x0e, 0x0d, 0x0c,
                                       0x0b, 0x0a, 9,    8,    0x1f, 0x1e, 0x1d, 0x1c, 0x1b, 0x1a, 0x19,
                                       0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, 0x10};
    assert_int_equal(out.len, sizeof expected);
    assert_memory_equal(out.ptr, expected, sizeof expected);

    struct borsh_reader r = borsh_reader_of(buf_slice(&out));
    assert_int_equal(borsh_read_u8(&r), 0x01);
    assert_int_equal(borsh_read_u16(&r), 0x0203);
    assert_int_equal(borsh_read_u32(&r), 0x04050607);
    assert_int_equal(borsh_read_u64(&r), 0x08090a0b0c0d0e0f);
    assert_true(borsh_read_u128(&r) == ((u128)0x1011121314151617 << 64 | 0x18191a1b1c1d1e1f));
    assert_true(borsh_done(&r));
}

static void test_strings_have_a_u32_length(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    borsh_write_string(&out, SLICE("ping"));
    borsh_write_string(&out, SLICE(""));
    assert_int_equal(out.len, 12);
    assert_memory_equal(out.ptr, "\4\0\0\0ping\0\0\0\0", 12);
    struct borsh_reader r = borsh_reader_of(buf_slice(&out));
    assert_true(slice_eq_str(borsh_read_string(&r), "ping"));
    assert_int_equal(borsh_read_string(&r).len, 0);
    assert_true(borsh_done(&r));
}

static void test_after_a_fault_every_read_gives_zero(void **state)
{
    (void)state;
    struct borsh_reader r = borsh_reader_of(SLICE("\1\2\3"));
    assert_int_equal(borsh_read_u32(&r), 0);
    assert_true(r.failed);
    assert_int_equal(borsh_read_u8(&r), 0);
    assert_int_equal(borsh_read_bytes(&r, 0).len, 0);
    assert_false(borsh_done(&r));
}

static void test_left_over_bytes_are_not_done(void **state)
{
    (void)state;
    struct borsh_reader r = borsh_reader_of(SLICE("\1\2"));
    assert_int_equal(borsh_read_u8(&r), 1);
    assert_false(borsh_done(&r));
}

static void test_a_string_longer_than_the_rest_fails(void **state)
{
    (void)state;
    struct borsh_reader r = borsh_reader_of(SLICE("\5\0\0\0ping"));
    assert_int_equal(borsh_read_string(&r).len, 0);
    assert_true(r.failed);
    r = borsh_reader_of(SLICE("\xff\xff\xff\xffping"));
    borsh_read_string(&r);
    assert_true(r.failed);
}

static void test_a_tag_is_zero_or_one(void **state)
{
    (void)state;
    struct borsh_reader r = borsh_reader_of(SLICE("\0\1\2"));
    assert_false(borsh_read_bool(&r));
    assert_true(borsh_read_bool(&r));
    assert_false(r.failed);
    assert_false(borsh_read_bool(&r));
    assert_true(r.failed);
}

static void test_a_count_must_fit_what_is_left(void **state)
{
    (void)state;
    struct borsh_reader r = borsh_reader_of(SLICE("\2\0\0\0abcdefgh"));
    assert_int_equal(borsh_read_count(&r, 4), 2);
    r = borsh_reader_of(SLICE("\3\0\0\0abcdefgh"));
    assert_int_equal(borsh_read_count(&r, 4), 0);
    assert_true(r.failed);
    r = borsh_reader_of(SLICE("\xff\xff\xff\xff"));
    assert_int_equal(borsh_read_count(&r, 0x100000000), 0);
    assert_true(r.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_little_endian_and_of_fixed_width),
        cmocka_unit_test(test_strings_have_a_u32_length),
        cmocka_unit_test(test_after_a_fault_every_read_gives_zero),
        cmocka_unit_test(test_left_over_bytes_are_not_done),
        cmocka_unit_test(test_a_string_longer_than_the_rest_fails),
        cmocka_unit_test(test_a_tag_is_zero_or_one),
        cmocka_unit_test(test_a_count_must_fit_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

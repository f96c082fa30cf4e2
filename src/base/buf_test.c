#include "base/buf.h"
#include "base/test.h"
#include <string.h>

static void test_the_zero_value_is_empty_and_a_string(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = {0};
    assert_int_equal(buf_slice(&b).len, 0);
    assert_string_equal(buf_str(&b), "");
    assert_int_equal(b.len, 0);
    buf_append(&b, (struct slice){0});
    assert_int_equal(b.len, 0);
}

static void test_appends_in_order(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = {0};
    buf_append(&b, SLICE("a\0b"));
    buf_append_str(&b, "cd");
    buf_append_byte(&b, 'e');
    buf_append_fmt(&b, "%d-%s", 5, "f");
    buf_append_fmt(&b, "%s", "");
    assert_int_equal(b.len, 9);
    assert_memory_equal(buf_str(&b), "a\0bcde5-f", 10);
}

static void test_grows_past_every_capacity(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = {0};
    for (size_t i = 0; i < 100000; i++)
        buf_append_byte(&b, (uint8_t)i);
    assert_int_equal(b.len, 100000);
    for (size_t i = 0; i < b.len; i++)
        assert_int_equal(b.ptr[i], (uint8_t)i);
    assert_true(b.cap < 4 * b.len);
}

static void test_reserved_room_is_written_then_counted(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = {0};
    buf_append_str(&b, "ab");
    uint8_t *room = buf_reserve(&b, 1 << 20);
    assert_int_equal(b.len, 2);
    memset(room, 'x', 1 << 20);
    b.len += 1 << 20;
    assert_memory_equal(b.ptr, "abxx", 4);
}

static void test_clearing_keeps_the_room_and_freeing_does_not(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_append_str(&b, "abc");
    size_t cap = b.cap;
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.cap, cap);
    buf_free(&b);
    assert_null(b.ptr);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_zero_value_is_empty_and_a_string),
        cmocka_unit_test(test_appends_in_order),
        cmocka_unit_test(test_grows_past_every_capacity),
        cmocka_unit_test(test_reserved_room_is_written_then_counted),
        cmocka_unit_test(test_clearing_keeps_the_room_and_freeing_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/arena.h"
#include "base/test.h"
#include <string.h>

static void test_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    uint8_t *last = NULL;
    for (size_t len = 1; len < 3000; len += 7) {
        uint8_t *at = arena_alloc(&a, len);
        assert_true((uintptr_t)at % 16 == 0);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(at[i], 0);
        memset(at, 0xee, len);
        assert_ptr_not_equal(at, last);
        last = at;
    }
}

static void test_what_is_larger_than_a_chunk_fits(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    char *small = arena_str(&a, SLICE("small"));
    uint8_t *large = arena_alloc(&a, 1 << 20);
    large[(1 << 20) - 1] = 1;
    assert_string_equal(arena_str(&a, SLICE("after")), "after");
    assert_string_equal(small, "small");
}

static void test_copies_are_terminated(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct slice copy = arena_copy(&a, slice_first(SLICE("abcdef"), 3));
    assert_int_equal(copy.len, 3);
    assert_string_equal((const char *)copy.ptr, "abc");
    assert_string_equal(arena_str(&a, (struct slice){0}), "");
    assert_string_equal(arena_fmt(&a, "%s/%d", "x", 42), "x/42");
    assert_string_equal(arena_fmt(&a, "%s", ""), "");
}

static void test_arrays_and_values(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    uint64_t *numbers = ARENA_ARRAY(&a, uint64_t, 1000);
    struct slice *one = ARENA_NEW(&a, struct slice);
    assert_int_equal(numbers[999], 0);
    assert_null(one->ptr);
    assert_non_null(ARENA_ARRAY(&a, uint64_t, 0));
}

static void test_a_freed_arena_can_be_used_again(void **state)
{
    (void)state;
    struct arena a = {0};
    arena_alloc(&a, 10);
    arena_free(&a);
    assert_string_equal(arena_str(&a, SLICE("again")), "again");
    arena_free(&a);
    arena_free(&a);
    assert_null(a.chunks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_what_is_larger_than_a_chunk_fits),
        cmocka_unit_test(test_copies_are_terminated),
        cmocka_unit_test(test_arrays_and_values),
        cmocka_unit_test(test_a_freed_arena_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

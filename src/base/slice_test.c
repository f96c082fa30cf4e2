#include "base/slice.h"
#include "base/test.h"

static const struct slice nothing = {0};

static void test_equality(void **state)
{
    (void)state;
    assert_true(slice_eq(SLICE("abc"), slice_str("abc")));
    assert_false(slice_eq(SLICE("abc"), SLICE("abd")));
    assert_false(slice_eq(SLICE("abc"), SLICE("ab")));
    assert_true(slice_eq(nothing, SLICE("")));
    assert_true(slice_eq_str(SLICE("a"), "a"));
    assert_false(slice_eq_str(SLICE("a\0b"), "a"));
    assert_int_equal(slice_str(NULL).len, 0);
}

static void test_heads_and_tails(void **state)
{
    (void)state;
    assert_true(slice_starts_with(SLICE("EVENT_JSON:{}"), SLICE("EVENT_JSON:")));
    assert_false(slice_starts_with(SLICE("EVENT"), SLICE("EVENT_JSON:")));
    assert_true(slice_ends_with(SLICE("a.json"), SLICE(".json")));
    assert_false(slice_ends_with(SLICE("json"), SLICE(".json")));
    assert_true(slice_starts_with(nothing, nothing) && slice_ends_with(nothing, nothing));
}

static void test_order_is_of_bytes_with_the_prefix_first(void **state)
{
    (void)state;
    assert_true(slice_cmp(SLICE("a"), SLICE("b")) < 0);
    assert_true(slice_cmp(SLICE("b"), SLICE("a")) > 0);
    assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
    assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
    assert_true(slice_cmp(nothing, SLICE("")) == 0);
    assert_true(slice_cmp(nothing, SLICE("a")) < 0);
}

static void test_skip_and_first_stay_inside(void **state)
{
    (void)state;
    struct slice s = SLICE("abc");
    assert_true(slice_eq_str(slice_skip(s, 1), "bc"));
    assert_true(slice_eq_str(slice_first(s, 2), "ab"));
    assert_true(slice_eq_str(slice_first(s, 99), "abc"));
    assert_int_equal(slice_skip(s, 3).len, 0);
    assert_ptr_equal(slice_skip(s, 99).ptr, s.ptr + 3);
    assert_null(slice_skip(nothing, 5).ptr);
}

static void test_cut_at_the_first_separator(void **state)
{
    (void)state;
    struct slice head, rest = slice_cut(SLICE("a.b.c"), '.', &head);
    assert_true(slice_eq_str(head, "a") && slice_eq_str(rest, "b.c"));
    rest = slice_cut(SLICE("a."), '.', &head);
    assert_true(slice_eq_str(head, "a") && rest.len == 0 && rest.ptr);
    rest = slice_cut(SLICE("abc"), '.', &head);
    assert_true(slice_eq_str(head, "abc") && rest.len == 0 && !rest.ptr);
    rest = slice_cut(nothing, '.', &head);
    assert_true(head.len == 0 && !rest.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_heads_and_tails),
        cmocka_unit_test(test_order_is_of_bytes_with_the_prefix_first),
        cmocka_unit_test(test_skip_and_first_stay_inside),
        cmocka_unit_test(test_cut_at_the_first_separator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

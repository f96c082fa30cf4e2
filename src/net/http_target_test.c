/* Which paths a pattern takes, and what escapes and parameters mean. */
#include "net/http_target.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_pattern_matches_segment_by_segment(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool matches;
    } cases[] = {
        {"/", "/", true},
        {"/jobs/claim", "/jobs/claim", true},
        {"/jobs/claim", "/jobs/claim/", false},
        {"/jobs/claim", "/jobs", false},
        {"/jobs/claim", "/JOBS/claim", false},
        {"/wasm/{hash}", "/wasm/abc", true},
        {"/wasm/{hash}", "/wasm/", false},
        {"/wasm/{hash}", "/wasm", false},
        {"/wasm/{hash}", "/wasm/a/b", false},
        {"/wasm/{hash}", "//wasm/a", false},
        {"/call/{owner}/{project}", "/call/alice.near/p", true},
        {"/call/{owner}/{project}", "/call//p", false},
        {"/wasm/{hash}", "/wasm/..", true},
        {"/jobs", "/job%73", false},
        {"/", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(http_path_matches(cases[i].pattern, slice_str(cases[i].path)), cases[i].matches);
}

static void a_named_segment_is_found_by_its_name(void **state)
{
    (void)state;
    struct slice path = SLICE("/call/alice.near/p1");
    assert_true(slice_eq_str(http_path_segment("/call/{owner}/{project}", path, "owner"), "alice.near"));
    assert_true(slice_eq_str(http_path_segment("/call/{owner}/{project}", path, "project"), "p1"));
    assert_null(http_path_segment("/call/{owner}/{project}", path, "proj").ptr);
}

static void broken_escapes_and_nul_are_not_valid(void **state)
{
    (void)state;
    static const char *const good[] = {"", "abc", "%41", "a%2Fb%ff"}, *const bad[] = {"%",    "%4",  "%4g", "a%",
                                                                                      "%%41", "%00", "x%0"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(http_escapes_valid(slice_str(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(http_escapes_valid(slice_str(bad[i])));
}

static void a_plus_is_a_space_in_a_query_only(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    assert_true(slice_eq_str(http_unescape(&a, SLICE("a+b%20c%2f"), false), "a+b c/"));
    assert_true(slice_eq_str(http_unescape(&a, SLICE("a+b%20c%2b"), true), "a b c+"));
}

static void the_first_parameter_of_a_name_counts(void **state)
{
    (void)state;
    AUTO(arena) struct arena a = {0};
    struct slice query = SLICE("a=1&b&&c=x%26y&a=2&=e&d=p=q");
    static const struct {
        const char *name, *value;
    } cases[] = {{"a", "1"}, {"b", ""}, {"c", "x&y"}, {"d", "p=q"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice value = http_query_value(&a, query, cases[i].name);
        assert_non_null(value.ptr);
        assert_true(slice_eq_str(value, cases[i].value));
    }
    assert_null(http_query_value(&a, query, "x").ptr);
    assert_null(http_query_value(&a, slice_from(NULL, 0), "a").ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_segment_by_segment), cmocka_unit_test(a_named_segment_is_found_by_its_name),
        cmocka_unit_test(broken_escapes_and_nul_are_not_valid), cmocka_unit_test(a_plus_is_a_space_in_a_query_only),
        cmocka_unit_test(the_first_parameter_of_a_name_counts),
    };
    return cmocka_run_group_tests_name("http target", tests, NULL, NULL);
}

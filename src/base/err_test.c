#include "base/err.h"
#include "base/test.h"
#include <errno.h>
#include <string.h>

static struct err *open_door(bool locked)
{
    return locked ? err_new(ERR_DENIED, "door %d is locked, bring its key", 7) : NULL;
}

static struct err *enter(bool locked, bool *inside)
{
    TRY_DOING(open_door(locked), "entering room %s", "A");
    *inside = true;
    return NULL;
}

static struct err *visit(bool locked, bool *inside)
{
    TRY(enter(locked, inside));
    return NULL;
}

static void test_success_is_null_and_goes_on(void **state)
{
    (void)state;
    bool inside = false;
    assert_ok(visit(false, &inside));
    assert_true(inside);
    assert_null(err_doing(NULL, "never said"));
    assert_null(err_recode(NULL, ERR_BUG));
    err_free(NULL);
}

static void test_each_layer_adds_a_clause_and_the_code_stays_until_one_changes_it(void **state)
{
    (void)state;
    bool inside = false;
    assert_fails(visit(true, &inside), ERR_DENIED, "entering room A: door 7 is locked, bring its key");
    assert_false(inside);
    assert_fails(err_doing(err_doing(err_new(ERR_LIMIT, "c"), "b"), "a"), ERR_LIMIT, "a: b: c");
    assert_fails(err_recode(err_doing(err_new(ERR_LIMIT, "b"), "a"), ERR_DENIED), ERR_DENIED, "a: b");
}

static void test_a_system_error_says_its_text(void **state)
{
    (void)state;
    assert_fails(err_errno(ERR_UNAVAILABLE, ENOENT, "opening %s", "/x"), ERR_UNAVAILABLE,
                 "opening /x: No such file or directory");
}

static void test_a_long_sentence_is_whole(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_fails(err_new(ERR_INVALID, "%s", text), ERR_INVALID, text);
}

static void test_percent_signs_from_outside_are_text(void **state)
{
    (void)state;
    assert_fails(err_doing(err_new(ERR_INVALID, "%s", "%n%s"), "%s", "%d"), ERR_INVALID, "%d: %n%s");
}

static void test_every_code_has_a_name(void **state)
{
    (void)state;
    static const char *const names[] = {"invalid", "denied", "not_found", "conflict", "limit", "unavailable", "bug"};
    for (int code = ERR_INVALID; code <= ERR_BUG; code++)
        assert_string_equal(err_code_name((enum err_code)code), names[code]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success_is_null_and_goes_on),
        cmocka_unit_test(test_each_layer_adds_a_clause_and_the_code_stays_until_one_changes_it),
        cmocka_unit_test(test_a_system_error_says_its_text),
        cmocka_unit_test(test_a_long_sentence_is_whole),
        cmocka_unit_test(test_percent_signs_from_outside_are_text),
        cmocka_unit_test(test_every_code_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/test.h"
#include "near/account_id.h"
#include <string.h>

static const char long_64[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void test_valid_ids(void **state)
{
    (void)state;
    static const char *const ids[] = {"aa", "00", "alice.near", "a-b_c.d", "bo-wen", "100", "a.b.c.d", "system", long_64};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct account_id id;
        assert_ok(account_id_parse(slice_str(ids[i]), &id));
        assert_string_equal(id.text, ids[i]);
        assert_int_equal(id.len, strlen(ids[i]));
    }
}

static void test_the_error_says_which_rule_is_broken(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rule;
    } cases[] = {
        {"", "2 to 64 characters"},
        {"a", "2 to 64 characters"},
        {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0", "2 to 64 characters"},
        {"Alice.near", "only a-z"},
        {"alice@near", "only a-z"},
        {"al ice", "only a-z"},
        {"\xc3\xa4lice", "only a-z"},
        {"-alice", "start and end"},
        {"alice.", "start and end"},
        {"..", "start and end"},
        {"a..b", "two separators in a row"},
        {"a_-b", "two separators in a row"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct account_id id = {.len = 2, .text = "ok"};
        AUTO(err) struct err *e = account_id_parse(slice_str(cases[i].text), &id);
        assert_non_null(e);
        assert_int_equal(err_code(e), ERR_INVALID);
        assert_non_null(strstr(err_text(e), cases[i].rule));
        assert_string_equal(id.text, "ok");
        assert_false(account_id_is_valid(slice_str(cases[i].text)));
    }
}

static void test_a_nul_is_no_character_of_an_id(void **state)
{
    (void)state;
    assert_false(account_id_is_valid(SLICE("ab\0cd")));
}

static void test_kinds_by_shape(void **state)
{
    (void)state;
    assert_int_equal(account_id_kind(slice_str(long_64)), ACCOUNT_NEAR_IMPLICIT);
    assert_int_equal(account_id_kind(SLICE("0x0123456789abcdef0123456789abcdef01234567")), ACCOUNT_ETH_IMPLICIT);
    assert_int_equal(account_id_kind(SLICE("0s0123456789abcdef0123456789abcdef01234567")), ACCOUNT_DETERMINISTIC);
    assert_int_equal(account_id_kind(SLICE("0y0123456789abcdef0123456789abcdef01234567")), ACCOUNT_NAMED);
    assert_int_equal(account_id_kind(SLICE("0x0123456789abcdef0123456789abcdef0123456g")), ACCOUNT_NAMED);
    assert_int_equal(account_id_kind(SLICE("0x0123456789abcdef0123456789abcdef0123456")), ACCOUNT_NAMED);
    assert_int_equal(account_id_kind(SLICE("alice.near")), ACCOUNT_NAMED);
}

static void test_only_the_direct_parent_has_a_child(void **state)
{
    (void)state;
    assert_true(account_id_is_child_of(SLICE("sub.alice.near"), SLICE("alice.near")));
    assert_false(account_id_is_child_of(SLICE("a.sub.alice.near"), SLICE("alice.near")));
    assert_false(account_id_is_child_of(SLICE("subalice.near"), SLICE("alice.near")));
    assert_false(account_id_is_child_of(SLICE("alice.near"), SLICE("alice.near")));
    assert_false(account_id_is_child_of(SLICE("alice"), SLICE("")));
    assert_true(account_id_is_top_level(SLICE("near")));
    assert_false(account_id_is_top_level(SLICE("alice.near")));
}

static void test_a_public_network_shows_in_the_ending(void **state)
{
    (void)state;
    assert_string_equal(account_id_public_network(SLICE("outlayer.near")), "mainnet");
    assert_string_equal(account_id_public_network(SLICE("outlayer.testnet")), "testnet");
    assert_string_equal(account_id_public_network(SLICE("latest.near")), "mainnet");
}

static void test_other_names_do_not_tell_where_they_are(void **state)
{
    (void)state;
    static const char *const silent[] = {"outlayer.test.near",
                                         "test.near",
                                         "outlayer.sandbox",
                                         "near",
                                         "98793cd91a3f870fb126f66285808c7e094afcfc4eda8a970f6648cdf0dbd6de",
                                         "0x06012c8cf97bead5deae237070f9587f8e7a266d"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        assert_null(account_id_public_network(slice_str(silent[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_ids),
        cmocka_unit_test(test_the_error_says_which_rule_is_broken),
        cmocka_unit_test(test_a_nul_is_no_character_of_an_id),
        cmocka_unit_test(test_kinds_by_shape),
        cmocka_unit_test(test_only_the_direct_parent_has_a_child),
        cmocka_unit_test(test_a_public_network_shows_in_the_ending),
        cmocka_unit_test(test_other_names_do_not_tell_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

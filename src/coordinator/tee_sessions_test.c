/* The rules of time and ownership, on a clock of the test's own. */
#include "base/test.h"
#include "coordinator/schema.h"
#include "coordinator/tee_sessions.h"
#include "tee/session.h"
#include <stdio.h>
#include <string.h>

#define NOW UINT64_C(1800000000000)

static struct db *db;

static int set_up(void **state)
{
    (void)state;
    assert_ok(db_open(":memory:", coordinator_migrations, coordinator_migration_count, &db));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_close(db);
    return 0;
}

static void a_challenge_lives_a_minute(void **state)
{
    (void)state;
    char text[HASH_HEX_MAX];
    assert_ok(tee_challenge_make(db, &entropy_system, "t", NOW, text));
    assert_fails(tee_challenge_take(db, slice_str(text), "other", NOW), ERR_INVALID, "Invalid or expired challenge");
    assert_ok(tee_challenge_take(db, slice_str(text), "t", NOW + 60000));
    assert_ok(tee_challenge_make(db, &entropy_system, "t", NOW, text));
    assert_fails(tee_challenge_take(db, slice_str(text), "t", NOW + 60001), ERR_INVALID, "Challenge expired");
    assert_fails(tee_challenge_take(db, slice_str(text), "t", NOW), ERR_INVALID, "Invalid or expired challenge");
}

static void the_challenges_that_wait_are_bounded(void **state)
{
    (void)state;
    char first[HASH_HEX_MAX], last[HASH_HEX_MAX], others[HASH_HEX_MAX];
    assert_ok(tee_challenge_make(db, &entropy_system, "other", NOW, others));
    assert_ok(tee_challenge_make(db, &entropy_system, "t", NOW, first));
    for (uint64_t i = 1; i <= TEE_CHALLENGES_MAX; i++)
        assert_ok(tee_challenge_make(db, &entropy_system, "t", NOW + i, last));
    assert_fails(tee_challenge_take(db, slice_str(first), "t", NOW), ERR_INVALID, "Invalid or expired challenge");
    assert_ok(tee_challenge_take(db, slice_str(last), "t", NOW));
    assert_ok(tee_challenge_take(db, slice_str(others), "other", NOW));
}

static bool is_live(const char *id, const char *token, uint64_t now_ms)
{
    bool live = false;
    assert_ok(tee_session_is_live(db, slice_str(id), token, now_ms, &live));
    return live;
}

static void a_session_is_its_tokens_for_a_day(void **state)
{
    (void)state;
    char id[TEE_SESSION_ID_MAX];
    assert_ok(tee_session_make(db, &entropy_system, "t", "ed25519:a", NOW, id));
    assert_true(is_live(id, "t", NOW + TEE_SESSION_MS - 1));
    assert_false(is_live(id, "t", NOW + TEE_SESSION_MS));
    assert_false(is_live(id, "other", NOW));
    assert_false(is_live("", "t", NOW));
    assert_int_equal(id[14], '4');
    assert_non_null(strchr("89ab", id[19]));
}

static void a_key_that_is_gone_takes_its_sessions_along(void **state)
{
    (void)state;
    char a[TEE_SESSION_ID_MAX], b[TEE_SESSION_ID_MAX];
    AUTO(arena) struct arena arena = {0};
    struct slice key;
    assert_ok(tee_session_make(db, &entropy_system, "t", "ed25519:a", NOW, a));
    assert_ok(tee_session_make(db, &entropy_system, "t", "ed25519:b", NOW + 5, b));
    assert_ok(tee_session_next_check(db, NOW, NOW, &arena, &key));
    assert_null(key.ptr);
    assert_ok(tee_session_next_check(db, NOW + 10, NOW + 10, &arena, &key));
    assert_true(slice_eq_str(key, "ed25519:a"));
    assert_ok(tee_session_next_check(db, NOW + 10, NOW + 10, &arena, &key));
    assert_true(slice_eq_str(key, "ed25519:b"));
    assert_ok(tee_session_next_check(db, NOW + 10, NOW + 10, &arena, &key));
    assert_null(key.ptr);
    assert_ok(tee_sessions_end(db, SLICE("ed25519:a")));
    assert_false(is_live(a, "t", NOW));
    assert_true(is_live(b, "t", NOW));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_challenge_lives_a_minute),
        TEST(the_challenges_that_wait_are_bounded),
        TEST(a_session_is_its_tokens_for_a_day),
        TEST(a_key_that_is_gone_takes_its_sessions_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

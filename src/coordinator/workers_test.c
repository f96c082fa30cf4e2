#include "base/test.h"
#include "coordinator/schema.h"
#include "coordinator/workers.h"

#define TOKEN "a-token-of-the-worker"

static int set_up(void **state)
{
    struct db *db = NULL;
    if (db_open(":memory:", coordinator_migrations, coordinator_migration_count, &db) ||
        worker_token_provision(db, TOKEN, 1000))
        return -1;
    *state = db;
    return 0;
}

static int tear_down(void **state)
{
    db_close(*state);
    return 0;
}

static bool knows(struct db *db, struct slice header, struct worker_identity *who)
{
    bool known = false;
    assert_ok(worker_authenticate(db, header, 2000, who, &known));
    return known;
}

static void only_the_whole_token_is_known(void **state)
{
    struct worker_identity who;
    assert_true(knows(*state, SLICE("Bearer " TOKEN), &who));
    assert_false(knows(*state, SLICE("Bearer " TOKEN " "), &who));
    assert_false(knows(*state, SLICE("Bearer "), &who));
    assert_false(knows(*state, SLICE("bearer " TOKEN), &who));
    assert_false(knows(*state, SLICE("Basic " TOKEN), &who));
    assert_false(knows(*state, SLICE(TOKEN), &who));
    assert_false(knows(*state, (struct slice){0}, &who));
}

static void a_token_is_revoked_and_limited_without_a_restart(void **state)
{
    struct worker_identity who;
    assert_true(knows(*state, SLICE("Bearer " TOKEN), &who));
    assert_true(worker_has_role(&who, "monitor"));
    assert_ok(db_exec(*state, "UPDATE worker_auth_tokens SET roles = 'compile,execute'"));
    assert_true(knows(*state, SLICE("Bearer " TOKEN), &who));
    assert_false(worker_has_role(&who, "monitor"));
    assert_false(worker_has_role(&who, "exec"));
    assert_int_equal(worker_capabilities(&who), CAN_COMPILE | CAN_EXECUTE);
    assert_ok(db_exec(*state, "UPDATE worker_auth_tokens SET roles = 'monitor,compile'"));
    assert_true(knows(*state, SLICE("Bearer " TOKEN), &who));
    assert_int_equal(worker_capabilities(&who), CAN_COMPILE);
    assert_ok(db_exec(*state, "UPDATE worker_auth_tokens SET is_active = 0"));
    assert_false(knows(*state, SLICE("Bearer " TOKEN), &who));
    assert_ok(worker_token_provision(*state, TOKEN, 3000)); /* a start does not undo a revocation */
    assert_false(knows(*state, SLICE("Bearer " TOKEN), &who));
}

static bool acquire(struct db *db, const char *token_hash, uint64_t ttl_s, uint64_t now_ms)
{
    bool acquired = false;
    struct msg_lock msg = {SLICE("k"), SLICE("w"), ttl_s};
    assert_ok(worker_lock_acquire(db, &msg, token_hash, now_ms, &acquired));
    return acquired;
}

static void a_lock_ends_by_its_holder_or_by_time(void **state)
{
    assert_true(acquire(*state, "t", 10, 1000));
    assert_false(acquire(*state, "u", 10, 10999));
    assert_true(acquire(*state, "u", 10, 11000));
    assert_ok(worker_lock_release(*state, SLICE("k"), "t"));
    assert_false(acquire(*state, "t", 10, 12000));
    assert_ok(worker_lock_release(*state, SLICE("k"), "u"));
    assert_true(acquire(*state, "t", UINT64_MAX, 12000)); /* cut to an hour */
    assert_ok(worker_locks_expire(*state, 12000 + 3600 * 1000));
    assert_true(acquire(*state, "u", 1, 12001));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(only_the_whole_token_is_known),
        TEST(a_token_is_revoked_and_limited_without_a_restart),
        TEST(a_lock_ends_by_its_holder_or_by_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

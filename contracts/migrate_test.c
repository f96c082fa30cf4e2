/* New code over old state: what the last contract of an older layout left behind (tests/vectors/contract-state) is put under the contract as
 * built. It refuses to work on it until it is migrated, only the contract itself may migrate, and then every view answers what it
 * answered before and the money is where it was. */
#include "base/fs.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "devnet/chain/chain_testing.h"
#include <stdlib.h>

#define CONTRACT "outlayer.near"
#define OLD      "tests/vectors/contract-state/layout-1.json"

enum { FILE_MAX = 4 << 20, RECORDS_MAX = 64 };

static const struct chain_genesis_account genesis[] = {
    {"test.near", 1000 * NEAR}, {CONTRACT, 1000 * NEAR}, {"owner.near", 1000 * NEAR}, {"game.near", 1000 * NEAR}};

struct world {
    struct chain *c;
    struct sender contract, owner;
    struct arena arena;
    json_t *old; /* the vector */
};

static struct slice read_file(struct world *w, const char *path)
{
    AUTO(buf) struct buf bytes = {0};
    must(fs_read(path, FILE_MAX, &bytes));
    return arena_copy(&w->arena, buf_slice(&bytes));
}

static struct slice bytes_of(struct world *w, const json_t *hex)
{
    AUTO(buf) struct buf bytes = {0};
    assert_true(hex_decode_append(json_doc_text(hex), &bytes, NULL));
    return arena_copy(&w->arena, buf_slice(&bytes));
}

static void put(struct world *w, struct slice key, struct slice value)
{
    const struct chain_patch record = {
        .kind = CHAIN_PATCH_DATA, .account_id = id_of(CONTRACT), .data_key = key, .value = value};
    must(chain_patch_state(w->c, &record, 1));
}

static struct chain_tx_status call(struct world *w, struct sender *from, const char *method, const char *args, u128 deposit)
{
    const struct action action = call_of(method, args, 100 * TGAS, deposit);
    return run(w->c, from, CONTRACT, &action, 1, &w->arena);
}

static void assert_refused(const struct chain_tx_status *s, const char *text)
{
    const struct outcome *o = &s->receipts[0].outcome;
    AUTO(arena) struct arena arena = {0};
    assert_int_equal(o->status, OUTCOME_FAILURE);
    if (!strstr(arena_str(&arena, o->failure), text))
        fail_msg("refused with %.*s, not %s", SLICE_FMT(o->failure), text);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    char path[4096];
    snprintf(path, sizeof path, "%s/outlayer.wasm", getenv("OUTLAYER_CONTRACTS"));
    const struct chain_config config = {
        .path = ":memory:", .chain_id = "devnet", .accounts = genesis, .account_count = 4, .entropy = &entropy_ones};
    must(chain_open(&config, &w->c));
    w->contract = genesis_sender(w->c, CONTRACT);
    w->owner = genesis_sender(w->c, "owner.near");
    must(json_doc_parse(read_file(w, OLD), &w->old));
    const struct action deploy = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = read_file(w, path)}};
    struct chain_tx_status s = run(w->c, &w->contract, CONTRACT, &deploy, 1, &w->arena);
    success_of(&s, 0);
    size_t i;
    json_t *pair;
    json_array_foreach(json_object_get(w->old, "state"), i, pair)
        put(w, bytes_of(w, json_array_get(pair, 0)), bytes_of(w, json_array_get(pair, 1)));
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    chain_close(w->c);
    json_decref(w->old);
    arena_free(&w->arena);
    free(w);
    return 0;
}

static struct chain_call_result view(struct world *w, const char *method, const char *args)
{
    struct chain_call_result result;
    struct chain_block head = head_of(w->c);
    struct account_id id = id_of(CONTRACT);
    must(chain_view_call(w->c, &head, &id, slice_str(method), slice_str(args), &w->arena, &result));
    return result;
}

static void assert_views_as_before(struct world *w)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(w->old, "views"), i, row)
    {
        const char *method = json_string_value(json_array_get(row, 0)), *args = json_string_value(json_array_get(row, 1));
        struct chain_call_result got = view(w, method, args);
        if (!got.ok)
            fail_msg("%s(%s): %s", method, args, got.error);
        if (!slice_eq(got.value, json_doc_text(json_array_get(row, 2))))
            fail_msg("%s(%s) is %.*s, and was %s", method, args, SLICE_FMT(got.value),
                     json_string_value(json_array_get(row, 2)));
    }
}

static void an_old_state_is_refused_until_it_is_migrated(void **state)
{
    struct world *w = *state;
    struct chain_call_result got = view(w, "get_stats", "");
    assert_false(got.ok);
    assert_non_null(strstr(got.error, "Cannot deserialize the contract state."));
    struct chain_tx_status s = call(w, &w->owner, "set_paused", "{\"paused\":false}", 0);
    assert_refused(&s, "Cannot deserialize the contract state.");
}

static void only_the_contract_itself_migrates(void **state)
{
    struct world *w = *state;
    struct chain_tx_status s = call(w, &w->owner, "migrate", "", 0);
    assert_refused(&s, "Method migrate is private");
    s = call(w, &w->contract, "migrate", "", 1);
    assert_refused(&s, "Method migrate doesn't accept deposit");
    assert_false(view(w, "get_stats", "").ok);
}

static void migrated_everything_is_as_it_was(void **state)
{
    struct world *w = *state;
    struct chain_tx_status s = call(w, &w->contract, "migrate", "", 0);
    assert_string_equal(arena_str(&w->arena, success_of(&s, 0)->logs[0]), "State of layout 1 is now of layout 2");
    assert_views_as_before(w);
}

static void migrating_again_changes_nothing(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 2; i++) {
        struct chain_tx_status s = call(w, &w->contract, "migrate", "not even JSON", 0);
        success_of(&s, 0);
    }
    assert_views_as_before(w);
}

/* What was open is paid back in full, and the fees of before can be withdrawn. */
static void the_money_of_before_can_move(void **state)
{
    struct world *w = *state;
    struct chain_tx_status s = call(w, &w->contract, "migrate", "", 0);
    success_of(&s, 0);
    s = call(w, &w->owner, "cancel_pending_requests", "{\"request_ids\":[0,1,2]}", 0);
    assert_true(slice_eq_str(success_of(&s, 0)->value, "2"));
    assert_true(slice_eq_str(view(w, "get_pending_request_ids", "{}").value, "[]"));
    s = call(w, &w->owner, "withdraw_fees", "{\"amount\":\"1001200000000000000001\"}", 1);
    assert_refused(&s, "1001200000000000000000 yoctoNEAR of fees can be withdrawn");
    u128 before = balance_of(w->c, "game.near");
    s = call(w, &w->owner, "withdraw_fees", "{\"receiver_id\":\"game.near\"}", 1);
    success_of(&s, 0);
    assert_true(balance_of(w->c, "game.near") - before == (u128)10012 * 100000000000000000u);
}

/* Of a layout that this code does not know, nothing is guessed. */
static void other_layouts_are_refused_as_they_are(void **state)
{
    struct world *w = *state;
    const json_t *pairs = json_object_get(w->old, "state");
    static const uint8_t layouts[] = {0, 3, 10, 255};
    for (size_t i = 0; i < json_array_size(pairs); i++) {
        struct slice key = bytes_of(w, json_array_get(json_array_get(pairs, i), 0));
        if (!slice_eq_str(key, "STATE"))
            continue;
        struct slice value = bytes_of(w, json_array_get(json_array_get(pairs, i), 1));
        for (size_t n = 0; n < sizeof layouts; n++) {
            ((uint8_t *)value.ptr)[0] = layouts[n];
            put(w, key, value);
            struct chain_tx_status s = call(w, &w->contract, "migrate", "", 0);
            assert_refused(&s, "is unknown");
        }
        ((uint8_t *)value.ptr)[0] = 1;
        put(w, key, slice_first(value, value.len - 1));
        struct chain_tx_status s = call(w, &w->contract, "migrate", "", 0);
        assert_refused(&s, "Cannot deserialize the contract state.");
        put(w, key, value);
    }
    struct chain_tx_status s = call(w, &w->contract, "migrate", "", 0);
    success_of(&s, 0);
    assert_views_as_before(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_old_state_is_refused_until_it_is_migrated, begin, end),
        cmocka_unit_test_setup_teardown(only_the_contract_itself_migrates, begin, end),
        cmocka_unit_test_setup_teardown(migrated_everything_is_as_it_was, begin, end),
        cmocka_unit_test_setup_teardown(migrating_again_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(the_money_of_before_can_move, begin, end),
        cmocka_unit_test_setup_teardown(other_layouts_are_refused_as_they_are, begin, end),
    };
    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}

/* The register contract on the chain: the access key that a registration leaves
 * on its account, and the state of the existing contract taken over. */
#include "base/fs.h"
#include "codec/base58.h"
#include "codec/borsh.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "devnet/chain/chain_testing.h"
#include "tee/simulator/simulator.h"
#include <stdlib.h>

#define CONTRACT "worker.outlayer.near"
#define OWNER    "owner.near"
#define WORKER   "init-worker.near"

enum { FILE_MAX = 4 << 20 };

static const struct chain_genesis_account genesis[] = {{"test.near", 1000 * NEAR},
                                                       {CONTRACT, 1000 * NEAR},
                                                       {OWNER, 1000 * NEAR},
                                                       {WORKER, 1000 * NEAR},
                                                       {"outlayer.near", 1000 * NEAR}};

struct world {
    struct chain *c;
    struct sender contract, owner, worker;
    struct arena arena;
    struct secret_key key; /* the worker's */
    struct simulator_output simulated;
    struct measurements measurements;
};

static void simulate(struct world *w)
{
    struct simulator_config config = {.now = head_of(w->c).timestamp_ns / 1000000000};
    struct public_key public_key = secret_key_public(&w->key);
    struct slice raw = public_key_raw(&public_key);
    memcpy(config.report_data, raw.ptr, raw.len);
    memset(&config.measurements, 0xab, sizeof config.measurements);
    w->measurements = config.measurements;
    simulator_make(&config, &w->simulated);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    AUTO(buf) struct buf path = {0}, wasm = {0};
    buf_append_fmt(&path, "%s/register.wasm", getenv("OUTLAYER_CONTRACTS"));
    const struct chain_config config = {
        .path = ":memory:", .chain_id = "devnet", .accounts = genesis, .account_count = 5, .entropy = &entropy_ones};
    must(chain_open(&config, &w->c));
    w->contract = genesis_sender(w->c, CONTRACT);
    w->owner = genesis_sender(w->c, OWNER);
    w->worker = genesis_sender(w->c, WORKER);
    w->key = seed_key(7);
    must(fs_read(buf_str(&path), FILE_MAX, &wasm));
    const struct action deploy = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = buf_slice(&wasm)}};
    struct chain_tx_status s = run(w->c, &w->contract, CONTRACT, &deploy, 1, &w->arena);
    success_of(&s, 0);
    simulate(w);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    simulator_output_free(&w->simulated);
    arena_free(&w->arena);
    chain_close(w->c);
    free(w);
    return 0;
}

static struct chain_tx_status call(struct world *w, struct sender *from, const char *method, json_t *args)
{
    AUTO(buf) struct buf text = {0};
    json_doc_write(args, &text);
    json_decref(args);
    const struct action action = call_of(method, buf_str(&text), 300 * TGAS, 0);
    return run(w->c, from, CONTRACT, &action, 1, &w->arena);
}

static void must_call(struct world *w, struct sender *from, const char *method, json_t *args)
{
    struct chain_tx_status s = call(w, from, method, args);
    for (size_t i = 0; i < s.receipt_count; i++)
        success_of(&s, i);
}

static json_t *hex_value(struct slice bytes)
{
    AUTO(buf) struct buf text = {0};
    hex_append(&text, bytes);
    return json_doc_string(buf_slice(&text));
}

static json_t *measurements_value(const struct world *w)
{
    AUTO(buf) struct buf text = {0};
    json_t *value = NULL;
    measurements_write_json(&w->measurements, &text);
    must(json_doc_parse(buf_slice(&text), &value));
    return value;
}

static json_t *collateral(const struct world *w)
{
    return json_pack("{s:o, s:i}", "collateral", json_doc_string(buf_slice(&w->simulated.collateral)), "index", 0);
}

static json_t *registration(const struct world *w)
{
    char text[KEY_TEXT_MAX];
    struct public_key key = secret_key_public(&w->key);
    return json_pack("{s:s, s:o}", "public_key", public_key_text(&key, text), "tdx_quote_hex",
                     hex_value(buf_slice(&w->simulated.quote)));
}

static void make_ready(struct world *w)
{
    must_call(w, &w->contract, "new",
              json_pack("{s:s, s:s, s:s, s:o}", "owner_id", OWNER, "init_worker_account", WORKER, "outlayer_contract_id",
                        "outlayer.near", "simulator_root", hex_value(buf_slice(&w->simulated.root))));
    must_call(w, &w->owner, "update_collateral", collateral(w));
    must_call(w, &w->owner, "add_approved_measurements", json_pack("{s:o}", "measurements", measurements_value(w)));
}

static void a_registered_key_may_answer_requests_and_nothing_else(void **state)
{
    struct world *w = *state;
    struct access_key key;
    struct chain_block head;
    struct account_id contract = id_of(CONTRACT);
    struct public_key public_key = secret_key_public(&w->key);
    static const char *const methods[] = {"resolve_execution", "submit_execution_output_and_resolve", "resume_topup",
                                          "resume_delete_payment_key"};
    make_ready(w);
    must_call(w, &w->worker, "register_worker_key", registration(w));
    head = head_of(w->c);
    must(chain_view_key(w->c, &head, &contract, &public_key, &w->arena, &key));
    assert_int_equal(key.permission, PERMISSION_FUNCTION_CALL);
    assert_true(key.has_allowance && key.allowance == 10 * NEAR);
    assert_true(slice_eq_str(key.receiver_id, "outlayer.near"));
    assert_int_equal(key.method_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(slice_eq_str(key.method_names[i], methods[i]));
}

static void a_removed_key_is_gone_from_the_account(void **state)
{
    struct world *w = *state;
    struct access_key key;
    struct account_id contract = id_of(CONTRACT);
    struct public_key public_key = secret_key_public(&w->key);
    make_ready(w);
    must_call(w, &w->worker, "register_worker_key", registration(w));
    must_call(w, &w->owner, "remove_worker_keys_by_measurements", json_pack("{s:o}", "measurements", measurements_value(w)));
    struct chain_block head = head_of(w->c);
    must_fail(chain_view_key(w->c, &head, &contract, &public_key, &w->arena, &key), ERR_NOT_FOUND);
    must_call(w, &w->worker, "register_worker_key", registration(w)); /* while no nonce is required, it may come back */
}

/* The state of the existing contract, in both of its layouts. */
static void put_old_state(struct world *w, bool one_collateral)
{
    AUTO(buf) struct buf old = {0}, hex = {0};
    hex_append(&hex, slice_from(w->measurements.of[0], 48));
    borsh_write_string(&old, SLICE(OWNER));
    borsh_write_string(&old, SLICE(WORKER));
    borsh_write_u32(&old, 1);
    for (size_t i = 0; i < 5; i++)
        borsh_write_string(&old, buf_slice(&hex));
    if (one_collateral)
        borsh_write_u8(&old, 1);
    else
        borsh_write_u32(&old, 1);
    borsh_write_string(&old, SLICE("{\"tcb_info\":\"of long ago\"}"));
    borsh_write_string(&old, SLICE("outlayer.near"));
    const struct chain_patch record = {
        .kind = CHAIN_PATCH_DATA, .account_id = id_of(CONTRACT), .data_key = SLICE("STATE"), .value = buf_slice(&old)};
    must(chain_patch_state(w->c, &record, 1));
}

static void assert_taken_over(struct world *w, bool one_collateral)
{
    put_old_state(w, one_collateral);
    struct chain_tx_status s = call(w, &w->owner, "migrate", json_object());
    assert_non_null(strstr(arena_str(&w->arena, s.receipts[0].outcome.failure), "Method migrate is private"));
    s = call(w, &w->contract, "migrate", json_object());
    const struct outcome *o = success_of(&s, 0);
    assert_int_equal(o->log_count, 1);
    assert_true(slice_starts_with(o->logs[0], SLICE("Collateral was not taken over: Failed to parse "
                                                    "collateral: Missing or invalid field")));
    s = call(w, &w->owner, "is_measurements_approved", json_pack("{s:o}", "measurements", measurements_value(w)));
    assert_true(slice_eq_str(success_of(&s, 0)->value, "true"));
    s = call(w, &w->owner, "get_outlayer_contract", json_object());
    assert_true(slice_eq_str(success_of(&s, 0)->value, "\"outlayer.near\""));
    s = call(w, &w->contract, "migrate", json_object()); /* once */
    assert_non_null(strstr(arena_str(&w->arena, s.receipts[0].outcome.failure), "Failed to read old state"));
}

static void the_state_of_the_existing_contract_is_taken_over(void **state)
{
    assert_taken_over(*state, false);
}

static void so_is_that_of_its_older_layout(void **state)
{
    assert_taken_over(*state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_registered_key_may_answer_requests_and_nothing_else, begin, end),
        cmocka_unit_test_setup_teardown(a_removed_key_is_gone_from_the_account, begin, end),
        cmocka_unit_test_setup_teardown(the_state_of_the_existing_contract_is_taken_over, begin, end),
        cmocka_unit_test_setup_teardown(so_is_that_of_its_older_layout, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

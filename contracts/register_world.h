/* A chain with the register contract on it, and a simulated enclave's quote that registers a worker there. */
#pragma once
#include "base/fs.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "devnet/chain/chain_testing.h"
#include "tee/simulator/simulator.h"
#include <stdlib.h>

#define CONTRACT "worker.outlayer.near"
#define OWNER    "owner.near"
#define WORKER   "init-worker.near"
#define ASKER    "asker.near" /* where a test puts a contract of its own */

enum { FILE_MAX = 4 << 20, WORKER_SEED = 7 };

static const struct chain_genesis_account genesis[] = {{"test.near", 1000 * NEAR}, {CONTRACT, 1000 * NEAR},
                                                       {OWNER, 1000 * NEAR},       {WORKER, 1000 * NEAR},
                                                       {ASKER, 1000 * NEAR},       {"outlayer.near", 1000 * NEAR}};

struct world {
    struct chain *c;
    struct sender contract, owner, worker, asker;
    struct arena arena;
    struct secret_key key; /* the worker's */
    struct simulator_output simulated;
    struct measurements measurements;
};

static inline void simulate(struct world *w)
{
    struct simulator_config config = {.now = head_of(w->c).timestamp_ns / 1000000000};
    struct public_key public_key = secret_key_public(&w->key);
    struct slice raw = public_key_raw(&public_key);
    memcpy(config.report_data, raw.ptr, raw.len);
    memset(&config.measurements, 0xab, sizeof config.measurements);
    w->measurements = config.measurements;
    simulator_make(&config, &w->simulated);
}

static inline void deploy(struct world *w, struct sender *account, const char *contract)
{
    AUTO(buf) struct buf path = {0}, wasm = {0};
    buf_append_fmt(&path, "%s/%s.wasm", getenv("OUTLAYER_CONTRACTS"), contract);
    must(fs_read(buf_str(&path), FILE_MAX, &wasm));
    const struct action action = {.kind = ACTION_DEPLOY_CONTRACT, .deploy = {.code = buf_slice(&wasm)}};
    struct chain_tx_status s = run(w->c, account, account->id, &action, 1, &w->arena);
    success_of(&s, 0);
}

/* The contract is there and waits for its `new`. */
static inline int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct chain_config config = {.path = ":memory:",
                                        .chain_id = "devnet",
                                        .accounts = genesis,
                                        .account_count = sizeof genesis / sizeof *genesis,
                                        .entropy = &entropy_ones};
    must(chain_open(&config, &w->c));
    w->contract = genesis_sender(w->c, CONTRACT);
    w->owner = genesis_sender(w->c, OWNER);
    w->worker = genesis_sender(w->c, WORKER);
    w->asker = genesis_sender(w->c, ASKER);
    w->key = seed_key(WORKER_SEED);
    deploy(w, &w->contract, "register");
    simulate(w);
    *state = w;
    return 0;
}

static inline int end(void **state)
{
    struct world *w = *state;
    simulator_output_free(&w->simulated);
    arena_free(&w->arena);
    chain_close(w->c);
    free(w);
    return 0;
}

/* Calls the register contract; takes `args`. */
static inline struct chain_tx_status call(struct world *w, struct sender *from, const char *method, json_t *args)
{
    AUTO(buf) struct buf text = {0};
    json_doc_write(args, &text);
    json_decref(args);
    const struct action action = call_of(method, buf_str(&text), 300 * TGAS, 0);
    return run(w->c, from, CONTRACT, &action, 1, &w->arena);
}

static inline void must_call(struct world *w, struct sender *from, const char *method, json_t *args)
{
    struct chain_tx_status s = call(w, from, method, args);
    for (size_t i = 0; i < s.receipt_count; i++)
        success_of(&s, i);
}

static inline json_t *hex_value(struct slice bytes)
{
    AUTO(buf) struct buf text = {0};
    hex_append(&text, bytes);
    return json_doc_string(buf_slice(&text));
}

static inline json_t *measurements_value(const struct world *w)
{
    AUTO(buf) struct buf text = {0};
    json_t *value = NULL;
    measurements_write_json(&w->measurements, &text);
    must(json_doc_parse(buf_slice(&text), &value));
    return value;
}

static inline json_t *collateral(const struct world *w)
{
    return json_pack("{s:o, s:i}", "collateral", json_doc_string(buf_slice(&w->simulated.collateral)), "index", 0);
}

static inline json_t *registration(const struct world *w)
{
    char text[KEY_TEXT_MAX];
    struct public_key key = secret_key_public(&w->key);
    return json_pack("{s:s, s:o}", "public_key", public_key_text(&key, text), "tdx_quote_hex",
                     hex_value(buf_slice(&w->simulated.quote)));
}

/* Everything that a registration needs is there. */
static inline void make_ready(struct world *w)
{
    must_call(w, &w->contract, "new",
              json_pack("{s:s, s:s, s:s, s:o}", "owner_id", OWNER, "init_worker_account", WORKER, "outlayer_contract_id",
                        "outlayer.near", "simulator_root", hex_value(buf_slice(&w->simulated.root))));
    must_call(w, &w->owner, "update_collateral", collateral(w));
    must_call(w, &w->owner, "add_approved_measurements", json_pack("{s:o}", "measurements", measurements_value(w)));
}

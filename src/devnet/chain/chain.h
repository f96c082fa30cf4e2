/* The embedded chain: one shard, one producer, blocks made at once when there is work.
 *
 *     chain_submit ──► pool ──► block N: transactions, local receipts, queued receipts, yield time-outs ──► one SQLite transaction
 *                                  │ receipts made                                            │
 *                                  └──────────► queue ──► block N+1 …                         └──► waiters' callbacks
 *
 * Everything is durable once a block is made: after a crash the chain goes on from its last block (a transaction that was only in the
 * pool is forgotten; its sender sends it again). The head is final: there is one producer and no fork.
 *
 * Every function may be called from any thread, also while the producer runs. Reads see the last finished block or the one they
 * name. What they give lives in the caller's arena. Blocks and reads share one lock, so a read waits for the block that is being made
 * (well under a millisecond, unless a contract burns long). A view call takes it only for each of its reads of the state.
 *
 * Source: NEAR protocol 85 as nearcore 2.13 runs it; docs/devnet.md says what is approximate.
 */
#pragma once
#include "base/clock.h"
#include "base/entropy.h"
#include "devnet/runtime/change.h"
#include "devnet/runtime/outcome.h"
#include "devnet/runtime/receipt.h"

struct chain;

/* ---- Life ---- */

struct chain_genesis_account {
    const char *id;
    u128 balance; /* yocto */
};

struct chain_config {
    const char *path;                             /* SQLite file; ":memory:" for a chain that is gone with the process */
    const char *chain_id;                         /* e.g. "devnet". A file made under another id is refused (ERR_CONFLICT). */
    const char *vm_cache_dir;                     /* compiled contracts; NULL: memory only */
    const struct chain_genesis_account *accounts; /* NULL: chain_default_accounts */
    size_t account_count;
    uint64_t tick_ms;              /* time between blocks without work; 0: 1000 */
    uint64_t validity_blocks;      /* how long a transaction's block hash is good; 0: 86400 */
    uint64_t yield_timeout_blocks; /* 0: 200 */
    uint64_t history_blocks;       /* blocks whose state can still be read; 0: 1000 */
    const struct clock *clock;     /* NULL: clock_system */
    const struct entropy *entropy; /* NULL: entropy_system */
};

/* Opens or makes the chain. Nothing runs yet: chain_start, or chain_make_block in tests. */
struct err *chain_open(const struct chain_config *config, struct chain **out);

/* Starts the producer thread. */
struct err *chain_start(struct chain *c);

/* Stops the producer, drops waiters without calling them, closes the state. NULL is fine. */
void chain_close(struct chain *c);

static inline void auto_chain(struct chain **c)
{
    chain_close(*c);
}

/* Makes one block now, in the caller's thread. */
struct err *chain_make_block(struct chain *c);

/* True while receipts or transactions wait for the next block (yields do not count). */
bool chain_has_work(struct chain *c);

/* As sandbox_fast_forward: the height jumps by `blocks`, time by as many ticks, and one block is made. */
struct err *chain_fast_forward(struct chain *c, uint64_t blocks);

/* Called after every block with its height, on the producer's thread (or the one that calls chain_make_block) and without its lock. Must
 * not block. Only one listener; NULL takes it away, and after that returned it neither runs nor will run. */
typedef void chain_block_fn(void *user, uint64_t height);
void chain_on_block(struct chain *c, chain_block_fn *fn, void *user);

/* ---- Genesis accounts ---- */

/* test.near, alice.near, bob.near and others, with plenty of NEAR. */
extern const struct chain_genesis_account chain_default_accounts[];
extern const size_t chain_default_account_count;

/* The full-access key a genesis account was born with; derived from a seed kept in the chain's file. */
struct secret_key chain_genesis_key(struct chain *c, const char *account_id);

/* Writes <dir>/<chain id>/<account>.json for every genesis account that still has its key, as the NEAR tools keep them; mode 0600. A file that holds another key,
 * e.g. of a chain that was here before, is replaced. */
struct err *chain_write_credentials(struct chain *c, const char *dir);

/* ---- Facts about the chain ---- */

const char *chain_id(const struct chain *c);
uint64_t chain_tick_ms(const struct chain *c);
uint64_t chain_validity_blocks(const struct chain *c);
uint64_t chain_uptime_ms(const struct chain *c);
struct public_key chain_validator_key(const struct chain *c); /* of the one producer */
const char *chain_validator_id(const struct chain *c);        /* "test.near", or the first genesis account */

enum { CHAIN_PROTOCOL_VERSION = 85 };
#define CHAIN_GAS_LIMIT     UINT64_C(1000000000000000) /* gas a block burns at most (the receipt that passes it still ends) */
#define CHAIN_MIN_GAS_PRICE ((u128)100000000)          /* yocto a gas unit; an idle chain's */
#define CHAIN_MAX_GAS_PRICE (20 * CHAIN_MIN_GAS_PRICE)

/* ---- Blocks ---- */

struct chain_block {
    uint64_t height, prev_height; /* prev_height is 0 in genesis, whose height is 0 too */
    uint64_t ordinal;             /* blocks up to here, genesis is 1 (heights may skip) */
    struct hash hash, prev_hash;
    struct hash chunk_hash; /* of this block's one chunk; every block has a new one, except genesis */
    struct hash prev_state_root, state_root;
    struct hash tx_root, receipts_root, outcome_root; /* digests over the block's content: good names, not Merkle roots */
    struct hash random_value;
    uint64_t timestamp_ns; /* since 1970 */
    u128 gas_price;        /* for the next block */
    u128 total_supply;     /* yocto, after this block */
    u128 balance_burnt;    /* yocto, by this block (net of what was minted) */
    uint64_t gas_used;
    uint32_t tx_count, receipt_count; /* transactions, outcomes of receipts */
    struct signature signature;       /* by the producer, over the block's hash */
};

/* The genesis block's hash is the zero block's: chain_block_by_height(c, 0, …). ERR_NOT_FOUND for a height without a block. */
struct err *chain_head(struct chain *c, struct chain_block *out);
struct err *chain_block_by_height(struct chain *c, uint64_t height, struct chain_block *out);
struct err *chain_block_by_hash(struct chain *c, const struct hash *hash, struct chain_block *out);
struct err *chain_block_by_chunk(struct chain *c, const struct hash *chunk_hash, struct chain_block *out);

/* How a receipt reached the block. */
enum chain_route {
    CHAIN_LOCAL,    /* of a transaction whose signer is its receiver, run in the same block */
    CHAIN_INSTANT,  /* made and handled in the same block (yields) */
    CHAIN_INCOMING, /* made in an earlier block */
};

/* A transaction of a block with what it left. */
struct chain_tx {
    struct signed_transaction signed_tx;
    uint64_t wire_len; /* bytes of the signed transaction */
    uint64_t height;
    struct hash block_hash;
    bool has_outcome; /* always, once it is in a block */
    struct outcome outcome;
};

struct chain_receipt {
    struct receipt receipt;
    enum chain_route route;
    uint64_t made_height; /* block that made it */
    bool executed;        /* false for a receipt that waits, and for data and resume receipts, which have no outcome */
    uint64_t height;      /* when executed: */
    struct hash block_hash;
    struct outcome outcome;
};

/* What one block holds: enough for the `chunk` method and for an indexer's message. */
struct chain_content {
    struct chain_block block;
    const struct chain_tx *transactions; /* in order */
    size_t transaction_count;
    const struct chain_receipt *incoming; /* receipts of every kind that this block took in, in order; executed or not */
    size_t incoming_count;
    const struct chain_receipt *executed; /* receipts with an outcome in this block, in the order they ran */
    size_t executed_count;
};

struct err *chain_block_content(struct chain *c, uint64_t height, struct arena *arena, struct chain_content *out);

/* ---- Transactions ---- */

enum chain_verdict {
    CHAIN_ACCEPTED, /* in the pool: the next block takes it */
    CHAIN_KNOWN,    /* the very same transaction waits in the pool or is in a block: nothing was done */
    CHAIN_REFUSED,  /* `invalid` says why */
};

struct chain_submission {
    struct hash hash;
    struct account_id signer_id;
    enum chain_verdict verdict;
    const char
        *invalid; /* CHAIN_REFUSED: JSON that goes after "InvalidTxError":, e.g. "Expired" with its quotes, or an object */
};

/* Checks in the node's order and pools. `bytes` is borsh(SignedTransaction); ERR_INVALID when it does not decode. Strings of *out are
 * of `arena`. */
struct err *chain_submit(struct chain *c, struct slice bytes, struct arena *arena, struct chain_submission *out);

/* How far a transaction is (JSON-RPC wait_until and final_execution_status). The head being final, EXECUTED_OPTIMISTIC is
 * reached together with EXECUTED: everything ran except perhaps a last gas refund; FINAL: refunds too. */
enum chain_level {
    CHAIN_LEVEL_NONE, /* unknown, or known only to the pool */
    CHAIN_LEVEL_INCLUDED,
    CHAIN_LEVEL_EXECUTED_OPTIMISTIC,
    CHAIN_LEVEL_INCLUDED_FINAL,
    CHAIN_LEVEL_EXECUTED,
    CHAIN_LEVEL_FINAL,
};

/* "NONE", "INCLUDED", "EXECUTED_OPTIMISTIC", "INCLUDED_FINAL", "EXECUTED", "FINAL". */
const char *chain_level_name(enum chain_level level);
bool chain_level_parse(struct slice text, enum chain_level *out);

/* Whether being at `actual` satisfies a wait for `wanted` (the two orders differ: INCLUDED_FINAL is not EXECUTED_OPTIMISTIC). */
bool chain_level_satisfies(enum chain_level actual, enum chain_level wanted);

/* Never computed as INCLUDED here: a block is final at once, so the lowest level of an included transaction is INCLUDED_FINAL. */
struct err *chain_tx_level(struct chain *c, const struct hash *tx_hash, enum chain_level *out);

/* Called once, on the producer's thread and without its lock: `reached` is false when the time ran out. Must not block: hand over to
 * your own loop. Calling any chain function is fine, except chain_close. */
typedef void chain_wait_fn(void *user, bool reached);

/* Calls back when the transaction is at `level` or after `timeout_ms`. The hash may be unknown yet. *wait_id is never 0. */
void chain_wait(struct chain *c, const struct hash *tx_hash, enum chain_level level, uint64_t timeout_ms, chain_wait_fn *fn,
                void *user, uint64_t *wait_id);

/* After this returns the callback neither runs nor will run. Harmless for a wait that is over. */
void chain_wait_cancel(struct chain *c, uint64_t wait_id);

/* A transaction and the receipts that descend from it, with outcomes. */
struct chain_tx_status {
    enum chain_level level;
    struct chain_tx tx;
    const struct chain_receipt *receipts; /* executed ones, depth first over receipt_ids: `receipts_outcome` and its receipts */
    size_t receipt_count;
};

/* ERR_NOT_FOUND: unknown, or still in the pool (chain_tx_pooled tells). */
struct err *chain_tx_status(struct chain *c, const struct hash *tx_hash, struct arena *arena, struct chain_tx_status *out);
bool chain_tx_pooled(struct chain *c, const struct hash *tx_hash);

/* Any receipt that was ever made, by id. ERR_NOT_FOUND. */
struct err *chain_receipt_by_id(struct chain *c, const struct hash *id, struct arena *arena, struct chain_receipt *out);

/* ---- State after a block ----
 *
 * `at` is a block from the functions above; its post-state is read. ERR_NOT_FOUND: no such account, key or code.
 * ERR_LIMIT: the state of that block is no longer kept (history_blocks). */

struct chain_account {
    u128 amount, locked;     /* yocto */
    struct hash code_hash;   /* of its own contract; all zero: none */
    bool is_global;          /* its contract is a global one: */
    struct global_id global; /* that one */
    uint64_t storage_usage;
};

struct err *chain_view_account(struct chain *c, const struct chain_block *at, const struct account_id *id,
                               struct chain_account *out);

struct err *chain_view_key(struct chain *c, const struct chain_block *at, const struct account_id *id,
                           const struct public_key *key, struct arena *arena, struct access_key *out);

struct chain_key {
    struct public_key public_key;
    struct access_key access_key;
};

/* None for an account without keys or without existence. */
struct err *chain_view_keys(struct chain *c, const struct chain_block *at, const struct account_id *id, struct arena *arena,
                            struct chain_key **out, size_t *count);

/* A gas key's nonces, by index. ERR_NOT_FOUND when there is no such gas key. */
struct err *chain_view_gas_key_nonces(struct chain *c, const struct chain_block *at, const struct account_id *id,
                                      const struct public_key *key, struct arena *arena, uint64_t **out, size_t *count);

/* What the account runs: its own code, or a global contract's. ERR_NOT_FOUND when it has none (or does not exist). */
struct err *chain_view_code(struct chain *c, const struct chain_block *at, const struct account_id *id, struct arena *arena,
                            struct slice *code, struct hash *code_hash);

/* ERR_NOT_FOUND: no such global contract. */
struct err *chain_view_global_code(struct chain *c, const struct chain_block *at, const struct global_id *id,
                                   struct arena *arena, struct slice *code, struct hash *code_hash);

struct chain_state_item {
    struct slice key, value;
};

struct chain_state_page {
    struct chain_state_item *items; /* in key order */
    size_t count;
    bool more;      /* `limit` cut the page: go on after the last key */
    bool too_large; /* more than `max_len` bytes of keys and values without a limit; no items then */
};

/* Contract data whose keys start with `prefix`, after `after` (exclusive; ptr NULL: from the start), at most `limit` items (0: all that
 * fit in `max_len` bytes). */
struct err *chain_view_state(struct chain *c, const struct chain_block *at, const struct account_id *id, struct slice prefix,
                             struct slice after, size_t limit, size_t max_len, struct arena *arena,
                             struct chain_state_page *out);

struct chain_call_result {
    bool ok;
    struct slice value; /* when ok; empty when the method returned nothing */
    struct slice *logs;
    size_t log_count;
    const char *error; /* when not ok: "wasm execution failed with error: HostError(GuestPanic { panic_msg: \"…\" })" */
};

/* Runs a method as a view against the block's post-state: no writes, no promises, at most 10^15 gas.
 * ERR_NOT_FOUND: no such account. */
struct err *chain_view_call(struct chain *c, const struct chain_block *at, const struct account_id *id, struct slice method,
                            struct slice args, struct arena *arena, struct chain_call_result *out);

/* ---- What a block changed ---- */

enum chain_change_kind {
    CHAIN_CHANGE_ACCOUNT,
    CHAIN_CHANGE_KEY,
    CHAIN_CHANGE_CODE,
    CHAIN_CHANGE_DATA,
    CHAIN_CHANGE_GAS_KEY_NONCE
};

struct chain_change {
    enum change_cause cause;
    struct hash by; /* the transaction or receipt */
    enum chain_change_kind kind;
    bool removed;
    struct account_id account_id;
    struct public_key public_key; /* CHAIN_CHANGE_KEY, CHAIN_CHANGE_GAS_KEY_NONCE */
    uint16_t nonce_index;         /* CHAIN_CHANGE_GAS_KEY_NONCE */
    struct slice data_key;        /* CHAIN_CHANGE_DATA */
    /* Unless removed: */
    struct chain_account account; /* CHAIN_CHANGE_ACCOUNT */
    struct access_key access_key; /* CHAIN_CHANGE_KEY */
    uint64_t nonce;               /* CHAIN_CHANGE_GAS_KEY_NONCE */
    struct slice value;           /* CHAIN_CHANGE_CODE, CHAIN_CHANGE_DATA */
};

/* By kind, account and key; of one key, in the order they were made. ERR_LIMIT: no longer kept (history_blocks). */
struct err *chain_block_changes(struct chain *c, uint64_t height, struct arena *arena, struct chain_change **out,
                                size_t *count);

/* ---- For tests and tools ---- */

/* One record as sandbox_patch_state takes it; applied in a block of its own, nothing is recomputed except code_hash of CODE. */
struct chain_patch {
    enum {
        CHAIN_PATCH_ACCOUNT,
        CHAIN_PATCH_KEY,
        CHAIN_PATCH_CODE,
        CHAIN_PATCH_DATA,
        CHAIN_PATCH_GLOBAL,
        CHAIN_PATCH_GAS_KEY_NONCE
    } kind;
    struct account_id account_id; /* all but CHAIN_PATCH_GLOBAL */
    struct chain_account account; /* CHAIN_PATCH_ACCOUNT */
    struct public_key public_key; /* CHAIN_PATCH_KEY, CHAIN_PATCH_GAS_KEY_NONCE */
    struct access_key access_key; /* CHAIN_PATCH_KEY */
    uint16_t nonce_index;         /* CHAIN_PATCH_GAS_KEY_NONCE */
    uint64_t nonce;               /* CHAIN_PATCH_GAS_KEY_NONCE */
    struct slice code;            /* CHAIN_PATCH_CODE, CHAIN_PATCH_GLOBAL */
    struct global_id global;      /* CHAIN_PATCH_GLOBAL: what names the code */
    struct slice data_key, value; /* CHAIN_PATCH_DATA */
};

struct err *chain_patch_state(struct chain *c, const struct chain_patch *records, size_t count);

/* The same in a chain that has made no block but genesis: its first block holds the records and has this height, at least 1, so that
 * nonces and heights in contracts' data stay right. ERR_CONFLICT when it has one. */
struct err *chain_begin_at(struct chain *c, uint64_t height, const struct chain_patch *records, size_t count);

/* Calls `each` for every account, key, contract, datum and global contract of the newest state, in the order of the state's keys, so that an account comes
 * before what it has; slices live until the next call. What waits (receipts, yields) is left out. Also of a file whose blocks another
 * process makes. `each` must not call the chain; its error ends the walk. */
typedef struct err *chain_record_fn(void *user, const struct chain_patch *record);
struct err *chain_export(struct chain *c, chain_record_fn *each, void *user);

/* Where all the money is. accounts + in_flight == total_supply, always. */
struct chain_audit {
    u128 accounts;     /* balances, locked balances, and what gas keys hold */
    u128 in_flight;    /* deposits and bought gas of receipts that wait in queues, for data or for a resume */
    u128 total_supply; /* genesis supply less what was burnt, plus what was minted */
};

struct err *chain_audit(struct chain *c, struct chain_audit *out);

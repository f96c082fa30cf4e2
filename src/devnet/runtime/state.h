/* The chain's state during one block: key-value pairs as in NEAR's trie, over a store, with two layers of changes.
 *
 *     store (SQLite, as of the last block) ◄── block layer (receipts that ended) ◄── pending layer (the receipt that runs)
 *
 * A receipt's changes go to the pending layer between state_begin and state_commit or state_rollback; outside of them changes go to the
 * block layer. Values that are read or written live in the block's arena.
 *
 * Reading can fail only when the store does. So that code over it stays straight, such a fault is kept in `fault`, reads then
 * find nothing, and the block is dropped as a whole when it ends.
 *
 * Keys: NEAR protocol, "Trie keys"; the tags are in state.c.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "devnet/runtime/change.h"
#include "devnet/runtime/overlay.h"
#include "devnet/runtime/receipt.h"

struct state_store {
    void *self;
    /* The value lives in `arena`. */
    struct err *(*get)(void *self, struct slice key, struct arena *arena, struct slice *value, bool *found);
    /* All keys that start with `prefix`, in byte order, in `arena`. */
    struct err *(*scan)(void *self, struct slice prefix, struct arena *arena, struct slice **keys, size_t *count);
};

struct state {
    const struct state_store *store;
    struct arena *arena;
    struct overlay block, pending;
    bool open; /* between begin and commit */
    struct change_log changes;
    struct err *fault;
};

static inline struct state state_of(const struct state_store *store, struct arena *arena)
{
    return (struct state){.store = store, .arena = arena};
}

void state_free(struct state *s);

static inline void auto_state(struct state *s)
{
    state_free(s);
}

void state_begin(struct state *s);
void state_commit(struct state *s);
void state_rollback(struct state *s);

/* ---- Keys ---- */

enum { STATE_KEY_MAX = 1 + ACCOUNT_ID_MAX + 1 + 2048 };

struct state_key {
    size_t len;
    uint8_t bytes[STATE_KEY_MAX];
};

static inline struct slice state_key_slice(const struct state_key *k)
{
    return slice_from(k->bytes, k->len);
}

void state_key_account(struct state_key *out, const struct account_id *id);
void state_key_code(struct state_key *out, const struct account_id *id);
void state_key_access(struct state_key *out, const struct account_id *id, const struct public_key *key);
void state_key_access_prefix(struct state_key *out, const struct account_id *id);
void state_key_gas_key_nonce(struct state_key *out, const struct account_id *id, const struct public_key *key, uint16_t index);
/* `key` of at most 2048 bytes. */
void state_key_data(struct state_key *out, const struct account_id *id, struct slice key);

/* Keys of these kinds hold what clients can ask for. */
enum state_key_kind { STATE_ACCOUNT, STATE_CODE, STATE_ACCESS_KEY, STATE_DATA, STATE_GAS_KEY_NONCE };

struct state_key_parts {
    enum state_key_kind kind;
    struct account_id account_id;
    struct public_key public_key; /* STATE_ACCESS_KEY, STATE_GAS_KEY_NONCE */
    uint16_t nonce_index;         /* STATE_GAS_KEY_NONCE */
    struct slice data_key;        /* STATE_DATA; borrowed from the key */
};

bool state_key_is_public(struct slice key);
/* False for a key that is not public or does not decode. */
bool state_key_split(struct slice key, struct state_key_parts *out);

/* ---- Pairs ---- */

bool state_get(struct state *s, struct slice key, struct slice *value);
void state_set(struct state *s, struct slice key, struct slice value);
void state_remove(struct state *s, struct slice key);
/* Whether the pair was written or removed in this block. */
bool state_is_changed(const struct state *s, struct slice key);

/* ---- Accounts ---- */

struct account {
    u128 amount, locked;   /* yocto */
    struct hash code_hash; /* of its own contract; all zero: none */
    bool is_global;        /* its contract is the global one that `global` names */
    struct global_id global;
    uint64_t storage_usage;
};

bool account_has_code(const struct account *a);
bool account_decode(struct slice value, struct account *out);

bool state_account(struct state *s, const struct account_id *id, struct account *out);
void state_account_set(struct state *s, const struct account_id *id, const struct account *a);
/* Removes the account with its keys, contract and data. */
void state_account_remove(struct state *s, const struct account_id *id);

bool state_access_key(struct state *s, const struct account_id *id, const struct public_key *key, struct access_key *out);
void state_access_key_set(struct state *s, const struct account_id *id, const struct public_key *key,
                          const struct access_key *value);
void state_access_key_remove(struct state *s, const struct account_id *id, const struct public_key *key);

/* A gas key's nonces, from 0; they go when their account goes, else one by one. */
bool state_gas_key_nonce(struct state *s, const struct account_id *id, const struct public_key *key, uint16_t index,
                         uint64_t *nonce);
void state_gas_key_nonce_set(struct state *s, const struct account_id *id, const struct public_key *key, uint16_t index,
                             uint64_t nonce);
void state_gas_key_nonce_remove(struct state *s, const struct account_id *id, const struct public_key *key, uint16_t index);

/* What all gas keys of the account hold, in yocto. */
u128 state_gas_key_balances(struct state *s, const struct account_id *id);

bool state_code(struct state *s, const struct account_id *id, struct slice *code);
void state_code_set(struct state *s, const struct account_id *id, struct slice code);
void state_code_remove(struct state *s, const struct account_id *id);

/* ---- Global contracts ---- */

/* The code's hash that the name stands for. */
bool state_global(struct state *s, const struct global_id *id, struct hash *code_hash);
bool state_global_code(struct state *s, const struct hash *code_hash, struct slice *code);
void state_global_set(struct state *s, const struct global_id *id, struct slice code);

/* ---- Receipts that wait for data ---- */

/* What has arrived for `data_id`; *data.ptr is NULL when the promise failed. */
bool state_received(struct state *s, const struct account_id *id, const struct hash *data_id, bool *has_data,
                    struct slice *data);
void state_received_set(struct state *s, const struct account_id *id, const struct hash *data_id, bool has_data,
                        struct slice data);
void state_received_remove(struct state *s, const struct account_id *id, const struct hash *data_id);

/* Keeps `r` until `missing` data have arrived; each datum's id leads to it. */
void state_postpone(struct state *s, const struct receipt *r, const struct hash *missing, size_t missing_count);

/* One datum arrived. True when it was the last that a receipt missed: that receipt is removed from the state and given in *out. */
bool state_unpostpone(struct state *s, const struct account_id *id, const struct hash *data_id, struct receipt *out);

/* ---- Yields ---- */

enum yield_status { YIELD_NONE, YIELD_WAITING, YIELD_RESUMED };

enum yield_status state_yield_status(struct state *s, const struct account_id *id, const struct hash *data_id);
void state_yield_status_set(struct state *s, const struct account_id *id, const struct hash *data_id, enum yield_status status);

/* The receipt that waits for a resume. */
void state_yield_set(struct state *s, const struct receipt *r);
bool state_yield(struct state *s, const struct account_id *id, const struct hash *data_id, struct receipt *out);
/* A contract's own name for its yield leads to the data id until the yield is removed. */
void state_yield_name(struct state *s, const struct account_id *id, const struct hash *yield_id, const struct hash *data_id);
bool state_yield_find(struct state *s, const struct account_id *id, const struct hash *yield_id, struct hash *data_id);
/* Removes the receipt, its status and its name. */
void state_yield_remove(struct state *s, const struct account_id *id, const struct hash *data_id);

struct yield_timeout {
    struct account_id account;
    struct hash data_id;
    uint64_t expires_at; /* height */
};

/* A queue, first in first out; all yields wait equally long, so its head expires first. */
void state_timeout_push(struct state *s, const struct yield_timeout *t);
bool state_timeout_head(struct state *s, struct yield_timeout *out);
void state_timeout_pop(struct state *s);

/* What the chain's own files share. Functions here are called with the chain's lock held, unless they say otherwise. */
#pragma once
#include "devnet/chain/chain.h"
#include "devnet/runtime/runtime.h"
#include "store/db.h"
#include <pthread.h>

enum { CHAIN_EPOCH_HEIGHT = 1 }; /* there are no epochs */

/* A transaction that waits for the next block. */
struct pooled {
    struct hash hash;
    struct account_id signer_id;
    struct public_key public_key;
    uint64_t nonce;
    uint16_t nonce_index; /* of a gas key */
    struct buf bytes;
};

struct waiter {
    uint64_t id;
    struct hash tx_hash;
    enum chain_level level;
    uint64_t deadline_ns; /* monotonic */
    bool check;           /* it is new, or a block brought its transaction forward */
    chain_wait_fn *fn;
    void *user;
    struct waiter *next;
};

struct chain {
    /* Everything below is guarded by `lock`. Callbacks run under `calls` alone, which is taken before `lock`, never after. */
    pthread_mutex_t lock, calls;
    pthread_cond_t wake;
    pthread_t producer;
    bool running, stopping;

    struct db *db;
    struct runtime runtime;
    const struct clock *clock;
    char *chain_id, *validator_id;
    uint8_t seed[32]; /* genesis keys come from it */
    struct secret_key validator;
    uint64_t tick_ms, validity_blocks, history_blocks;
    uint64_t opened_ns; /* monotonic */
    const struct chain_genesis_account *accounts;
    size_t account_count;

    struct chain_block head;
    uint64_t time_offset_ns; /* of the chain's time ahead of the wall clock, after fast-forwards */
    uint64_t queued;         /* receipts in the queue */
    struct pooled *pool;     /* by arrival; of one key, by nonce */
    size_t pool_count, pool_capacity;

    struct waiter *waiters;
    uint64_t last_wait_id;
    bool check_waiters; /* one was added */
    chain_block_fn *on_block;
    void *on_block_user;
};

static inline void chain_lock(struct chain *c)
{
    pthread_mutex_lock(&c->lock);
}

static inline void chain_unlock(struct chain *c)
{
    pthread_mutex_unlock(&c->lock);
}

/* ---- producer.c ---- */

bool chain_has_work_locked(const struct chain *c);
void *chain_produce(void *chain);
/* Tells listener and waiters; without the lock. `made`: a block was made just now. */
void chain_call_back(struct chain *c, bool made);
uint64_t chain_now_ns(void); /* monotonic, of the machine */

/* ---- block.c ---- */

/* Makes the block at head + 1 + `skip`. On error nothing has changed. */
struct err *chain_make_block_locked(struct chain *c, uint64_t skip, const struct chain_patch *patches, size_t patch_count);
/* Writes the genesis block and its accounts into an empty file; sets c->head. */
struct err *chain_make_genesis(struct chain *c);
void pooled_free(struct pooled *p);

/* ---- file.c ---- */

struct err *chain_meta_get(struct chain *c, const char *name, struct buf *out, bool *found);
struct err *chain_meta_set(struct chain *c, const char *name, struct slice value);
struct err *chain_file_head(struct chain *c, bool *found);
struct err *chain_file_queued(struct chain *c, uint64_t *out);
struct err *chain_save_state(struct chain *c, const struct state *s, uint64_t height, struct hash *state_root);
struct err *chain_save_changes(struct chain *c, const struct change_log *log, uint64_t height); /* changes.c */
struct err *chain_save_block(struct chain *c, const struct chain_block *b);
struct err *chain_save_tx(struct chain *c, const struct outcome *o, uint64_t height, size_t position, struct slice bytes);
struct err *chain_save_made(struct chain *c, const struct made_receipt *m, uint64_t height, size_t position);
struct err *chain_save_taken(struct chain *c, const struct hash *id, uint64_t height, size_t position);
struct err *chain_save_executed(struct chain *c, const struct outcome *o, uint64_t height, size_t position);
struct err *chain_prune(struct chain *c, uint64_t below_height);
/* The queue's first receipts, at most as many as a block can run. */
struct err *chain_file_queue(struct chain *c, struct arena *arena, struct receipt **out, size_t *count);
bool chain_tx_known(struct chain *c, const struct hash *hash, struct err **fault);

/* Reads one row of receipt: RECEIPT_COLUMNS. */
#define RECEIPT_COLUMNS "tx_hash, route, body, made_height, executed_height, outcome"
struct err *chain_row_receipt(struct chain *c, struct db_stmt *s, struct arena *arena, struct chain_receipt *out);
struct err *chain_load_receipt(struct chain *c, const struct hash *id, struct arena *arena, struct chain_receipt *out);
struct err *chain_load_tx(struct chain *c, const struct hash *hash, struct arena *arena, struct chain_tx *out);
struct err *chain_load_block(struct chain *c, uint64_t height, struct chain_block *out);

/* ---- view.c ---- */

struct chain_account chain_account_of(const struct account *a);

/* ---- history.c ---- */

/* A store that reads the state as it was after block `height`. */
struct history {
    struct chain *chain;
    uint64_t height;
    struct state_store store;
};

void history_open(struct history *h, struct chain *c, uint64_t height);

/* ---- status.c ---- */

struct err *chain_level_locked(struct chain *c, const struct hash *tx_hash, enum chain_level *out);

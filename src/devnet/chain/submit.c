/* Taking a transaction: the node's checks, in its order, then the pool. */
#include "base/mem.h"
#include "devnet/chain/internal.h"

enum { POOL_MAX = 10000 };

static bool in_pool(const struct chain *c, const struct hash *hash)
{
    for (size_t i = 0; i < c->pool_count; i++)
        if (hash_eq(&c->pool[i].hash, hash))
            return true;
    return false;
}

/* The block a transaction names must exist and be young enough. */
static struct err *check_block_hash(struct chain *c, const struct hash *hash, struct failure *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(c->db, "SELECT height FROM block WHERE hash = ?1", &s));
    db_bind_blob(s, 1, hash_slice(hash));
    TRY(db_step(s, &row));
    if (!row || c->head.height > db_u64(s, 0) + c->validity_blocks)
        *out = failure_of(FAIL_EXPIRED);
    return NULL;
}

static struct err *check_state(struct chain *c, const struct transaction *t, struct arena *arena, struct failure *out)
{
    struct history present;
    AUTO(state) struct state state = {0};
    struct tx_charge charge;
    struct tx_signer signer;
    history_open(&present, c, c->head.height);
    state = state_of(&present.store, arena);
    if (!verify_cost(t, c->head.gas_price, &charge))
        *out = failure_of(FAIL_COST_OVERFLOW);
    else
        verify_against_state(&state, t, &charge, 0, &signer, out);
    struct err *fault = state.fault;
    state.fault = NULL;
    return fault;
}

/* Behind what came before, except that nonces ascend: of one key, of a gas key those under one index. */
static void pool(struct chain *c, const struct signed_transaction *t, struct slice bytes)
{
    if (c->pool_count == c->pool_capacity) {
        c->pool_capacity = c->pool_capacity ? c->pool_capacity * 2 : 16;
        c->pool = mem_realloc(c->pool, c->pool_capacity * sizeof *c->pool);
    }
    const struct transaction *tx = &t->transaction;
    size_t at = c->pool_count;
    for (size_t i = 0; i < c->pool_count && at == c->pool_count; i++) {
        const struct pooled *p = &c->pool[i];
        if (p->nonce > tx->nonce && p->nonce_index == tx->nonce_index && account_id_eq(&p->signer_id, &tx->signer_id) &&
            public_key_eq(&p->public_key, &tx->public_key))
            at = i;
    }
    __builtin_memmove(c->pool + at + 1, c->pool + at, (c->pool_count - at) * sizeof *c->pool);
    c->pool_count++;
    c->pool[at] = (struct pooled){.hash = t->hash,
                                  .signer_id = tx->signer_id,
                                  .public_key = tx->public_key,
                                  .nonce = tx->nonce,
                                  .nonce_index = tx->nonce_index};
    c->pool[at].public_key.whole = NULL; /* the caller's */
    buf_append(&c->pool[at].bytes, bytes);
    pthread_cond_signal(&c->wake);
}

/* `failure` is what the checks without state found; a block hash that is not good comes before it. */
static struct err *submit(struct chain *c, const struct signed_transaction *t, struct slice bytes, struct failure failure,
                          struct arena *arena, struct chain_submission *out)
{
    struct failure expired = {0};
    struct err *fault = NULL;
    if (in_pool(c, &t->hash) || chain_tx_known(c, &t->hash, &fault)) {
        out->verdict = CHAIN_KNOWN;
        return NULL;
    }
    TRY(fault);
    if (c->pool_count >= POOL_MAX)
        return err_new(ERR_LIMIT, "%d transactions wait already: try again after the next block", POOL_MAX);
    TRY(check_block_hash(c, &t->transaction.block_hash, &expired));
    if (expired.kind != FAIL_NONE)
        failure = expired;
    else if (failure.kind == FAIL_NONE)
        TRY(check_state(c, &t->transaction, arena, &failure));
    if (failure.kind == FAIL_NONE) {
        pool(c, t, bytes);
        return NULL;
    }
    out->verdict = CHAIN_REFUSED;
    out->invalid = failure_tx_json(&failure, arena);
    return NULL;
}

struct err *chain_submit(struct chain *c, struct slice bytes, struct arena *arena, struct chain_submission *out)
{
    struct signed_transaction t;
    struct failure failure = {0};
    TRY(signed_transaction_read(bytes, arena, &t));
    verify_stateless(&t, bytes.len, &failure); /* not under the lock: a signature takes longer than all the rest */
    *out = (struct chain_submission){.hash = t.hash, .signer_id = t.transaction.signer_id, .verdict = CHAIN_ACCEPTED};
    chain_lock(c);
    struct err *e = submit(c, &t, bytes, failure, arena, out);
    chain_unlock(c);
    return e;
}

/* Making one block. */
#include "base/mem.h"
#include "codec/borsh.h"
#include "devnet/chain/internal.h"

enum { PRUNE_EVERY = 64 /* blocks */ };

/* A block under way. */
struct making {
    struct chain *c;
    struct arena arena;
    struct state state;
    struct block_run run;
    struct chain_block block;
    struct outcome *outcomes; /* of the pool's first transactions */
    size_t taken_txs;
    struct receipt *queue; /* the queue's first receipts; the first `taken_receipts` went into the block */
    size_t queue_count, taken_receipts;
};

static void auto_making(struct making *m)
{
    state_free(&m->state);
    arena_free(&m->arena);
}

void pooled_free(struct pooled *p)
{
    buf_free(&p->bytes);
}

static uint64_t block_time(const struct chain *c, uint64_t skip)
{
    uint64_t now = clock_wall_ns(c->clock) + c->time_offset_ns + skip * c->tick_ms * NS_PER_MS;
    return now > c->head.timestamp_ns ? now : c->head.timestamp_ns + 1;
}

static struct hash next_random(const struct chain *c, uint64_t height)
{
    return derived_id(&c->head.random_value, height, 0);
}

static void start(struct making *m, struct chain *c, const struct state_store *store, uint64_t skip)
{
    uint64_t height = c->head.height + 1 + skip;
    m->c = c;
    m->state = state_of(store, &m->arena);
    m->block = (struct chain_block){
        .height = height,
        .prev_height = c->head.height,
        .ordinal = c->head.ordinal + 1,
        .prev_hash = c->head.hash,
        .prev_state_root = c->head.state_root,
        .state_root = c->head.state_root,
        .random_value = next_random(c, height),
        .timestamp_ns = block_time(c, skip),
    };
    m->run = (struct block_run){
        .runtime = &c->runtime,
        .block = {.height = height,
                  .timestamp_ns = m->block.timestamp_ns,
                  .epoch_height = CHAIN_EPOCH_HEIGHT,
                  .random_value = m->block.random_value,
                  .gas_price = c->head.gas_price},
        .state = &m->state,
        .arena = &m->arena,
    };
}

/* ---- Applying ---- */

static struct err *apply_transactions(struct making *m)
{
    struct chain *c = m->c;
    m->outcomes = ARENA_ARRAY(&m->arena, struct outcome, c->pool_count);
    while (m->taken_txs < c->pool_count && m->run.gas_used < CHAIN_GAS_LIMIT) {
        struct signed_transaction t;
        TRY_DOING(signed_transaction_read(buf_slice(&c->pool[m->taken_txs].bytes), &m->arena, &t), "reading the pool");
        runtime_transaction(&m->run, &t, &m->outcomes[m->taken_txs]);
        m->taken_txs++;
    }
    return NULL;
}

static void apply_local_receipts(struct making *m)
{
    size_t count = m->run.made_count; /* of transactions only */
    for (size_t i = 0; i < count; i++) {
        struct made_receipt local = m->run.made[i]; /* the array grows while it runs */
        if (local.route == ROUTE_LOCAL)
            runtime_receipt(&m->run, &local.receipt);
    }
}

static struct err *apply_queue(struct making *m)
{
    if (m->c->queued)
        TRY(chain_file_queue(m->c, &m->arena, &m->queue, &m->queue_count));
    while (m->taken_receipts < m->queue_count && m->run.gas_used < CHAIN_GAS_LIMIT)
        runtime_receipt(&m->run, &m->queue[m->taken_receipts++]);
    return NULL;
}

/* Records replace what is there; what they bring in or take away in balances counts as minted or burnt. */
static void apply_patch(struct making *m, const struct chain_patch *p)
{
    struct state *s = &m->state;
    struct account a = {0};
    struct access_key key_before;
    struct state_key key;
    switch (p->kind) {
    case CHAIN_PATCH_ACCOUNT:
        if (state_account(s, &p->account_id, &a))
            m->run.burnt += a.amount + a.locked;
        a = (struct account){.amount = p->account.amount,
                             .locked = p->account.locked,
                             .code_hash = p->account.code_hash,
                             .is_global = p->account.is_global,
                             .global = p->account.global,
                             .storage_usage = p->account.storage_usage};
        m->run.minted += a.amount + a.locked;
        state_account_set(s, &p->account_id, &a);
        break;
    case CHAIN_PATCH_KEY:
        if (state_access_key(s, &p->account_id, &p->public_key, &key_before))
            m->run.burnt += key_before.gas_balance;
        m->run.minted += p->access_key.gas_balance;
        state_access_key_set(s, &p->account_id, &p->public_key, &p->access_key);
        break;
    case CHAIN_PATCH_GAS_KEY_NONCE:
        state_gas_key_nonce_set(s, &p->account_id, &p->public_key, p->nonce_index, p->nonce);
        break;
    case CHAIN_PATCH_CODE:
        state_code_set(s, &p->account_id, p->code);
        if (state_account(s, &p->account_id, &a)) {
            a.code_hash = hash_sha256(p->code);
            a.is_global = false;
            state_account_set(s, &p->account_id, &a);
        }
        break;
    case CHAIN_PATCH_DATA:
        state_key_data(&key, &p->account_id, p->data_key);
        state_set(s, state_key_slice(&key), p->value);
        break;
    case CHAIN_PATCH_GLOBAL:
        state_global_set(s, &p->global, p->code);
        break;
    }
}

/* ---- Sealing ---- */

static void digest(struct hash *root, const struct hash *id)
{
    *root = hash_sha256_parts((struct slice[]){hash_slice(root), hash_slice(id)}, 2);
}

/* The price moves by at most a two-hundredth a block: up when more than half of the gas that fits was burnt, down when less. */
static u128 next_gas_price(u128 price, uint64_t gas_used)
{
    static const u128 rate = 100; /* one in */
    const u128 scale = 2 * rate * CHAIN_GAS_LIMIT;
    price = price * (scale + 2 * (u128)gas_used - CHAIN_GAS_LIMIT) / scale;
    if (price < CHAIN_MIN_GAS_PRICE)
        return CHAIN_MIN_GAS_PRICE;
    return price > CHAIN_MAX_GAS_PRICE ? CHAIN_MAX_GAS_PRICE : price;
}

static void seal(struct making *m)
{
    struct chain_block *b = &m->block;
    b->gas_price = next_gas_price(m->c->head.gas_price, m->run.gas_used);
    for (size_t i = 0; i < m->taken_txs; i++)
        digest(&b->tx_root, &m->outcomes[i].id);
    for (size_t i = 0; i < m->run.made_count; i++)
        digest(&b->receipts_root, &m->run.made[i].receipt.id);
    for (size_t i = 0; i < m->run.executed_count; i++)
        digest(&b->outcome_root, &m->run.executed[i].receipt.id);
    b->gas_used = m->run.gas_used;
    b->tx_count = (uint32_t)m->taken_txs;
    b->receipt_count = (uint32_t)m->run.executed_count;
    b->balance_burnt = m->run.burnt > m->run.minted ? m->run.burnt - m->run.minted : 0;
    b->total_supply = m->c->head.total_supply - m->run.burnt + m->run.minted;

    AUTO(buf) struct buf header = {0};
    const struct hash *parts[] = {&b->prev_hash,     &b->state_root,   &b->tx_root,
                                  &b->receipts_root, &b->outcome_root, &b->random_value};
    borsh_write_u64(&header, b->height);
    borsh_write_u64(&header, b->timestamp_ns);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        buf_append(&header, hash_slice(parts[i]));
    b->hash = hash_sha256(buf_slice(&header));
    b->chunk_hash = derived_id(&b->hash, b->height, 0);
    b->signature = secret_key_sign(&m->c->validator, hash_slice(&b->hash));
}

static struct err *save(struct making *m)
{
    struct chain *c = m->c;
    uint64_t height = m->block.height;
    TRY(chain_save_state(c, &m->state, height, &m->block.state_root));
    TRY(chain_save_changes(c, &m->state.changes, height));
    seal(m);
    TRY(chain_save_block(c, &m->block));
    for (size_t i = 0; i < m->taken_txs; i++)
        TRY(chain_save_tx(c, &m->outcomes[i], height, i, buf_slice(&c->pool[i].bytes)));
    for (size_t i = 0; i < m->run.made_count; i++)
        TRY(chain_save_made(c, &m->run.made[i], height, i));
    for (size_t i = 0; i < m->taken_receipts; i++)
        TRY(chain_save_taken(c, &m->queue[i].id, height, i));
    for (size_t i = 0; i < m->run.executed_count; i++)
        TRY(chain_save_executed(c, &m->run.executed[i].outcome, height, i));
    if (height % PRUNE_EVERY == 0 && height > c->history_blocks)
        TRY(chain_prune(c, height - c->history_blocks));
    return NULL;
}

/* Has the block brought the transaction forward? Then those who wait for it must be looked at. */
static bool has_touched(const struct making *m, const struct hash *tx_hash)
{
    for (size_t i = 0; i < m->taken_txs; i++)
        if (hash_eq(&m->outcomes[i].id, tx_hash))
            return true;
    for (size_t i = 0; i < m->run.executed_count; i++)
        if (hash_eq(&m->run.executed[i].receipt.tx_hash, tx_hash))
            return true;
    return false;
}

/* Makes the block the head and takes what it holds out of pool and queue. */
static void adopt(struct making *m)
{
    struct chain *c = m->c;
    c->head = m->block;
    for (size_t i = 0; i < m->taken_txs; i++)
        pooled_free(&c->pool[i]);
    c->pool_count -= m->taken_txs;
    if (c->pool_count)
        __builtin_memmove(c->pool, c->pool + m->taken_txs, c->pool_count * sizeof *c->pool);
    for (size_t i = 0; i < m->run.made_count; i++)
        c->queued += m->run.made[i].route == ROUTE_INCOMING;
    c->queued -= m->taken_receipts;
    for (struct waiter *w = c->waiters; w; w = w->next)
        w->check |= has_touched(m, &w->tx_hash);
}

static struct err *apply_and_save(struct making *m, const struct chain_patch *patches, size_t patch_count)
{
    TRY(apply_transactions(m));
    apply_local_receipts(m);
    TRY(apply_queue(m));
    runtime_timeouts(&m->run);
    change_log_because(&m->state.changes, CAUSE_MIGRATION, NULL);
    for (size_t i = 0; i < patch_count; i++)
        apply_patch(m, &patches[i]);
    struct err *fault = m->state.fault;
    m->state.fault = NULL;
    TRY_DOING(fault, "reading the state");
    return save(m);
}

struct err *chain_make_block_locked(struct chain *c, uint64_t skip, const struct chain_patch *patches, size_t patch_count)
{
    struct history present;
    AUTO(making) struct making m = {0};
    history_open(&present, c, c->head.height);
    start(&m, c, &present.store, skip);
    TRY_DOING(db_begin(c->db), "making block %llu", (unsigned long long)m.block.height);
    struct err *e = apply_and_save(&m, patches, patch_count);
    if (e) {
        db_rollback(c->db);
        return err_doing(e, "making block %llu", (unsigned long long)m.block.height);
    }
    TRY_DOING(db_commit(c->db), "making block %llu", (unsigned long long)m.block.height);
    c->time_offset_ns += skip * c->tick_ms * NS_PER_MS;
    adopt(&m);
    return NULL;
}

/* ---- Genesis ---- */

static struct err *write_genesis_account(struct making *m, const struct chain_genesis_account *account)
{
    struct account_id id;
    TRY_DOING(account_id_parse(slice_str(account->id), &id), "genesis account %s", account->id);
    struct secret_key secret = chain_genesis_key(m->c, account->id);
    struct public_key public_key = secret_key_public(&secret);
    secret_key_wipe(&secret);
    state_account_set(&m->state, &id, &(struct account){.amount = account->balance, .storage_usage = 182});
    state_access_key_set(&m->state, &id, &public_key, &(struct access_key){.permission = PERMISSION_FULL_ACCESS});
    m->c->head.total_supply += account->balance;
    return NULL;
}

struct err *chain_make_genesis(struct chain *c)
{
    struct history present;
    AUTO(making) struct making m = {0};
    c->head = (struct chain_block){.gas_price = CHAIN_MIN_GAS_PRICE};
    __builtin_memcpy(c->head.random_value.bytes, hash_sha256(slice_from(c->seed, sizeof c->seed)).bytes, HASH_LEN);
    history_open(&present, c, 0);
    start(&m, c, &present.store, 0);
    m.block.height = m.block.prev_height = 0;
    change_log_because(&m.state.changes, CAUSE_MIGRATION, NULL);
    for (size_t i = 0; i < c->account_count; i++)
        TRY(write_genesis_account(&m, &c->accounts[i]));
    TRY(save(&m));
    c->head = m.block;
    return NULL;
}

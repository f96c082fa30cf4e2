/* Rows of the chain's file. */
#include "codec/borsh.h"
#include "devnet/chain/internal.h"

enum { QUEUE_TAKE_MAX = 5000 }; /* the block's gas is spent before: a refund burns 1/4480 of it */

static struct hash hash_from(struct slice bytes)
{
    struct hash h = {0};
    if (bytes.len == HASH_LEN)
        __builtin_memcpy(h.bytes, bytes.ptr, HASH_LEN);
    return h;
}

/* ---- Facts ---- */

struct err *chain_meta_get(struct chain *c, const char *name, struct buf *out, bool *found)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(c->db, "SELECT value FROM meta WHERE name = ?1", &s));
    db_bind_text(s, 1, slice_str(name));
    TRY(db_step(s, found));
    if (*found)
        buf_append(out, db_blob(s, 0));
    return NULL;
}

struct err *chain_meta_set(struct chain *c, const char *name, struct slice value)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(c->db, "INSERT INTO meta (name, value) VALUES (?1, ?2)", &s));
    db_bind_text(s, 1, slice_str(name));
    db_bind_blob(s, 2, value);
    return db_run(s);
}

/* ---- Blocks ---- */

static void block_write(struct buf *out, const struct chain_block *b)
{
    const struct hash *hashes[] = {&b->hash,    &b->prev_hash,     &b->chunk_hash,   &b->prev_state_root, &b->state_root,
                                   &b->tx_root, &b->receipts_root, &b->outcome_root, &b->random_value};
    const uint64_t numbers[] = {b->height, b->prev_height, b->ordinal, b->timestamp_ns, b->gas_used};
    const u128 money[] = {b->gas_price, b->total_supply, b->balance_burnt};
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
        buf_append(out, hash_slice(hashes[i]));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        borsh_write_u64(out, numbers[i]);
    for (size_t i = 0; i < sizeof money / sizeof money[0]; i++)
        borsh_write_u128(out, money[i]);
    borsh_write_u32(out, b->tx_count);
    borsh_write_u32(out, b->receipt_count);
    signature_write(out, &b->signature);
}

static struct err *block_read(struct slice bytes, struct chain_block *b)
{
    struct borsh_reader r = borsh_reader_of(bytes);
    struct hash *hashes[] = {&b->hash,    &b->prev_hash,     &b->chunk_hash,   &b->prev_state_root, &b->state_root,
                             &b->tx_root, &b->receipts_root, &b->outcome_root, &b->random_value};
    uint64_t *numbers[] = {&b->height, &b->prev_height, &b->ordinal, &b->timestamp_ns, &b->gas_used};
    u128 *money[] = {&b->gas_price, &b->total_supply, &b->balance_burnt};
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
        *hashes[i] = hash_from(borsh_read_bytes(&r, HASH_LEN));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = borsh_read_u64(&r);
    for (size_t i = 0; i < sizeof money / sizeof money[0]; i++)
        *money[i] = borsh_read_u128(&r);
    b->tx_count = borsh_read_u32(&r);
    b->receipt_count = borsh_read_u32(&r);
    bool ok = signature_read(&r, &b->signature);
    return ok && borsh_done(&r) ? NULL : err_new(ERR_BUG, "a stored block does not decode");
}

struct err *chain_save_block(struct chain *c, const struct chain_block *b)
{
    AUTO(buf) struct buf body = {0};
    struct db_stmt *s = NULL;
    block_write(&body, b);
    TRY(db_prepare(c->db, "INSERT INTO block (height, hash, chunk_hash, body) VALUES (?1, ?2, ?3, ?4)", &s));
    db_bind_u64(s, 1, b->height);
    db_bind_blob(s, 2, hash_slice(&b->hash));
    db_bind_blob(s, 3, hash_slice(&b->chunk_hash));
    db_bind_blob(s, 4, buf_slice(&body));
    return db_run(s);
}

/* The one row of a statement that selects a block's body. */
static struct err *load_block(struct db_stmt *s, const char *what, struct chain_block *out)
{
    bool row = false;
    TRY(db_step(s, &row));
    return row ? block_read(db_blob(s, 0), out) : err_new(ERR_NOT_FOUND, "no block has this %s", what);
}

struct err *chain_load_block(struct chain *c, uint64_t height, struct chain_block *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    if (height > c->head.height)
        return err_new(ERR_NOT_FOUND, "the chain ends before height %llu", (unsigned long long)height);
    TRY(db_prepare(c->db, "SELECT body FROM block WHERE height = ?1", &s));
    db_bind_u64(s, 1, height);
    return load_block(s, "height", out);
}

struct err *chain_block_by_height(struct chain *c, uint64_t height, struct chain_block *out)
{
    chain_lock(c);
    struct err *e = chain_load_block(c, height, out);
    chain_unlock(c);
    return e;
}

static struct err *load_block_by(struct chain *c, const char *sql, const char *what, const struct hash *hash,
                                 struct chain_block *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(c->db, sql, &s));
    db_bind_blob(s, 1, hash_slice(hash));
    return load_block(s, what, out);
}

struct err *chain_block_by_hash(struct chain *c, const struct hash *hash, struct chain_block *out)
{
    chain_lock(c);
    struct err *e = load_block_by(c, "SELECT body FROM block WHERE hash = ?1", "hash", hash, out);
    chain_unlock(c);
    return e;
}

struct err *chain_block_by_chunk(struct chain *c, const struct hash *chunk_hash, struct chain_block *out)
{
    chain_lock(c);
    struct err *e = load_block_by(c, "SELECT body FROM block WHERE chunk_hash = ?1", "chunk", chunk_hash, out);
    chain_unlock(c);
    return e;
}

struct err *chain_file_head(struct chain *c, bool *found)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(c->db, "SELECT body FROM block ORDER BY height DESC LIMIT 1", &s));
    TRY(db_step(s, found));
    return *found ? block_read(db_blob(s, 0), &c->head) : NULL;
}

/* ---- State ---- */

static struct err *save_pair(struct chain *c, const struct overlay_entry *e, uint64_t height)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(c->db, "INSERT INTO undo (key, height, value) VALUES (?1, ?2, (SELECT value FROM state WHERE key = ?1))",
                   &s));
    db_bind_blob(s, 1, e->key);
    db_bind_u64(s, 2, height);
    TRY(db_run(s));
    if (e->present)
        TRY(db_prepare(c->db,
                       "INSERT INTO state (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                       &s));
    else
        TRY(db_prepare(c->db, "DELETE FROM state WHERE key = ?1", &s));
    db_bind_blob(s, 1, e->key);
    if (e->present)
        db_bind_blob(s, 2, e->value);
    return db_run(s);
}

struct err *chain_save_state(struct chain *c, const struct state *s, uint64_t height, struct hash *state_root)
{
    for (size_t i = 0; i < s->block.count; i++) {
        const struct overlay_entry *e = &s->block.entries[i];
        if (!e->dirty)
            continue;
        TRY(save_pair(c, e, height));
        *state_root = hash_sha256_parts((struct slice[]){hash_slice(state_root), e->key, e->value}, 3);
    }
    return NULL;
}

struct err *chain_prune(struct chain *c, uint64_t below_height)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(c->db, "DELETE FROM undo WHERE height < ?1", &s));
    db_bind_u64(s, 1, below_height);
    TRY(db_run(s));
    TRY(db_prepare(c->db, "DELETE FROM change WHERE height < ?1", &s));
    db_bind_u64(s, 1, below_height);
    return db_run(s);
}

/* ---- Transactions ---- */

struct err *chain_save_tx(struct chain *c, const struct outcome *o, uint64_t height, size_t position, struct slice bytes)
{
    AUTO(buf) struct buf body = {0};
    struct db_stmt *s = NULL;
    outcome_write(&body, o);
    TRY(db_prepare(c->db, "INSERT INTO tx (hash, height, position, bytes, outcome) VALUES (?1, ?2, ?3, ?4, ?5)", &s));
    db_bind_blob(s, 1, hash_slice(&o->id));
    db_bind_u64(s, 2, height);
    db_bind_u64(s, 3, position);
    db_bind_blob(s, 4, bytes);
    db_bind_blob(s, 5, buf_slice(&body));
    return db_run(s);
}

bool chain_tx_known(struct chain *c, const struct hash *hash, struct err **fault)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    *fault = db_prepare(c->db, "SELECT 1 FROM tx WHERE hash = ?1", &s);
    if (*fault)
        return false;
    db_bind_blob(s, 1, hash_slice(hash));
    *fault = db_step(s, &row);
    return row;
}

static struct err *row_tx(struct chain *c, struct db_stmt *s, struct arena *arena, struct chain_tx *out)
{
    struct chain_block block;
    struct slice bytes = arena_copy(arena, db_blob(s, 1)), outcome = arena_copy(arena, db_blob(s, 2));
    *out = (struct chain_tx){.height = db_u64(s, 0), .wire_len = bytes.len, .has_outcome = true};
    TRY_DOING(signed_transaction_read(bytes, arena, &out->signed_tx), "reading a stored transaction");
    TRY_DOING(outcome_read(outcome, arena, &out->outcome), "reading a stored outcome");
    TRY(chain_load_block(c, out->height, &block));
    out->block_hash = block.hash;
    return NULL;
}

struct err *chain_load_tx(struct chain *c, const struct hash *hash, struct arena *arena, struct chain_tx *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    char text[HASH_TEXT_MAX];
    TRY(db_prepare(c->db, "SELECT height, bytes, outcome FROM tx WHERE hash = ?1", &s));
    db_bind_blob(s, 1, hash_slice(hash));
    TRY(db_step(s, &row));
    return row ? row_tx(c, s, arena, out) : err_new(ERR_NOT_FOUND, "transaction %s is not in any block", hash_text(hash, text));
}

/* ---- Receipts ---- */

struct err *chain_save_made(struct chain *c, const struct made_receipt *m, uint64_t height, size_t position)
{
    AUTO(buf) struct buf body = {0};
    struct db_stmt *s = NULL;
    receipt_write(&body, &m->receipt);
    TRY(db_prepare(c->db,
                   "INSERT INTO receipt (id, tx_hash, route, body, made_height, made_position, taken_height)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                   &s));
    db_bind_blob(s, 1, hash_slice(&m->receipt.id));
    db_bind_blob(s, 2, hash_slice(&m->receipt.tx_hash));
    db_bind_u64(s, 3, m->route);
    db_bind_blob(s, 4, buf_slice(&body));
    db_bind_u64(s, 5, height);
    db_bind_u64(s, 6, position);
    if (m->route == ROUTE_INCOMING)
        db_bind_null(s, 7);
    else
        db_bind_u64(s, 7, height);
    return db_run(s);
}

struct err *chain_save_taken(struct chain *c, const struct hash *id, uint64_t height, size_t position)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(c->db, "UPDATE receipt SET taken_height = ?2, taken_position = ?3 WHERE id = ?1", &s));
    db_bind_blob(s, 1, hash_slice(id));
    db_bind_u64(s, 2, height);
    db_bind_u64(s, 3, position);
    return db_run(s);
}

struct err *chain_save_executed(struct chain *c, const struct outcome *o, uint64_t height, size_t position)
{
    AUTO(buf) struct buf body = {0};
    struct db_stmt *s = NULL;
    outcome_write(&body, o);
    TRY(db_prepare(c->db, "UPDATE receipt SET executed_height = ?2, executed_position = ?3, outcome = ?4 WHERE id = ?1", &s));
    db_bind_blob(s, 1, hash_slice(&o->id));
    db_bind_u64(s, 2, height);
    db_bind_u64(s, 3, position);
    db_bind_blob(s, 4, buf_slice(&body));
    return db_run(s);
}

struct err *chain_file_queued(struct chain *c, uint64_t *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(c->db, "SELECT count(*) FROM receipt WHERE taken_height IS NULL", &s));
    TRY(db_step(s, &row));
    *out = db_u64(s, 0);
    return NULL;
}

struct err *chain_file_queue(struct chain *c, struct arena *arena, struct receipt **out, size_t *count)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(c->db,
                   "SELECT tx_hash, body FROM receipt WHERE taken_height IS NULL ORDER BY made_height, made_position LIMIT ?1",
                   &s));
    db_bind_u64(s, 1, QUEUE_TAKE_MAX);
    *out = NULL;
    *count = 0;
    for (;;) {
        bool row = false;
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        *out = runtime_grow(arena, *out, *count, sizeof **out);
        struct receipt *r = &(*out)[(*count)++];
        TRY_DOING(receipt_read(arena_copy(arena, db_blob(s, 1)), arena, r), "reading the queue");
        r->tx_hash = hash_from(db_blob(s, 0));
    }
}

struct err *chain_row_receipt(struct chain *c, struct db_stmt *s, struct arena *arena, struct chain_receipt *out)
{
    struct chain_block block;
    *out = (struct chain_receipt){.made_height = db_u64(s, 3), .executed = !db_is_null(s, 4)};
    out->route = (enum chain_route)db_u64(s, 1);
    TRY_DOING(receipt_read(arena_copy(arena, db_blob(s, 2)), arena, &out->receipt), "reading a stored receipt");
    out->receipt.tx_hash = hash_from(db_blob(s, 0));
    if (!out->executed)
        return NULL;
    out->height = db_u64(s, 4);
    TRY_DOING(outcome_read(arena_copy(arena, db_blob(s, 5)), arena, &out->outcome), "reading a stored outcome");
    TRY(chain_load_block(c, out->height, &block));
    out->block_hash = block.hash;
    return NULL;
}

struct err *chain_load_receipt(struct chain *c, const struct hash *id, struct arena *arena, struct chain_receipt *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    char text[HASH_TEXT_MAX];
    TRY(db_prepare(c->db, "SELECT " RECEIPT_COLUMNS " FROM receipt WHERE id = ?1", &s));
    db_bind_blob(s, 1, hash_slice(id));
    TRY(db_step(s, &row));
    return row ? chain_row_receipt(c, s, arena, out) : err_new(ERR_NOT_FOUND, "no receipt has the id %s", hash_text(id, text));
}

struct err *chain_receipt_by_id(struct chain *c, const struct hash *id, struct arena *arena, struct chain_receipt *out)
{
    chain_lock(c);
    struct err *e = chain_load_receipt(c, id, arena, out);
    chain_unlock(c);
    return e;
}

/* ---- What a block holds ---- */

static struct err *load_transactions(struct chain *c, uint64_t height, struct arena *arena, struct chain_content *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    struct chain_tx *list = NULL;
    TRY(db_prepare(c->db, "SELECT height, bytes, outcome FROM tx WHERE height = ?1 ORDER BY position", &s));
    db_bind_u64(s, 1, height);
    for (bool row = true;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        list = runtime_grow(arena, list, out->transaction_count, sizeof *list);
        TRY(row_tx(c, s, arena, &list[out->transaction_count++]));
    }
    out->transactions = list;
    return NULL;
}

static struct err *load_receipts(struct chain *c, const char *sql, uint64_t height, struct arena *arena,
                                 const struct chain_receipt **out, size_t *count)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    struct chain_receipt *list = NULL;
    TRY(db_prepare(c->db, sql, &s));
    db_bind_u64(s, 1, height);
    for (bool row = true;;) {
        TRY(db_step(s, &row));
        if (!row)
            break;
        list = runtime_grow(arena, list, *count, sizeof *list);
        TRY(chain_row_receipt(c, s, arena, &list[(*count)++]));
    }
    *out = list;
    return NULL;
}

static struct err *load_content(struct chain *c, uint64_t height, struct arena *arena, struct chain_content *out)
{
    *out = (struct chain_content){0};
    TRY(chain_load_block(c, height, &out->block));
    TRY(load_transactions(c, height, arena, out));
    TRY(load_receipts(c,
                      "SELECT " RECEIPT_COLUMNS " FROM receipt WHERE taken_height = ?1 AND route = 2 ORDER BY taken_position",
                      height, arena, &out->incoming, &out->incoming_count));
    return load_receipts(c, "SELECT " RECEIPT_COLUMNS " FROM receipt WHERE executed_height = ?1 ORDER BY executed_position",
                         height, arena, &out->executed, &out->executed_count);
}

struct err *chain_block_content(struct chain *c, uint64_t height, struct arena *arena, struct chain_content *out)
{
    chain_lock(c);
    struct err *e = load_content(c, height, arena, out);
    chain_unlock(c);
    return e;
}

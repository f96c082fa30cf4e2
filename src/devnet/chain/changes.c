/* The rows of state changes: one a block that changed anything. */
#include "devnet/chain/internal.h"

struct err *chain_save_changes(struct chain *c, const struct change_log *log, uint64_t height)
{
    AUTO(buf) struct buf body = {0};
    struct db_stmt *s = NULL;
    if (!log->count)
        return NULL;
    changes_write(&body, log);
    TRY(db_prepare(c->db, "INSERT INTO change (height, body) VALUES (?1, ?2)", &s));
    db_bind_u64(s, 1, height);
    db_bind_blob(s, 2, buf_slice(&body));
    return db_run(s);
}

static struct err *value_of(const struct change *c, struct arena *arena, struct chain_change *out)
{
    struct borsh_reader r = borsh_reader_of(c->value);
    struct account a;
    switch (out->kind) {
    case CHAIN_CHANGE_ACCOUNT:
        if (!account_decode(c->value, &a))
            return err_new(ERR_BUG, "an account in the state changes does not decode");
        out->account = chain_account_of(&a);
        break;
    case CHAIN_CHANGE_KEY:
        if (!access_key_read(&r, arena, &out->access_key))
            return err_new(ERR_BUG, "an access key in the state changes does not decode");
        break;
    case CHAIN_CHANGE_GAS_KEY_NONCE:
        out->nonce = borsh_read_u64(&r);
        if (!borsh_done(&r))
            return err_new(ERR_BUG, "a gas key's nonce in the state changes does not decode");
        break;
    case CHAIN_CHANGE_CODE:
    case CHAIN_CHANGE_DATA:
        out->value = c->value;
        break;
    }
    return NULL;
}

static struct err *decode(const struct change *c, struct arena *arena, struct chain_change *out)
{
    static const enum chain_change_kind kinds[] = {
        [STATE_ACCOUNT] = CHAIN_CHANGE_ACCOUNT,
        [STATE_CODE] = CHAIN_CHANGE_CODE,
        [STATE_ACCESS_KEY] = CHAIN_CHANGE_KEY,
        [STATE_DATA] = CHAIN_CHANGE_DATA,
        [STATE_GAS_KEY_NONCE] = CHAIN_CHANGE_GAS_KEY_NONCE,
    };
    struct state_key_parts parts;
    if (!state_key_split(c->key, &parts))
        return err_new(ERR_BUG, "a key in the state changes does not decode");
    *out = (struct chain_change){
        .cause = c->cause,
        .by = c->by,
        .kind = kinds[parts.kind],
        .removed = !c->present,
        .account_id = parts.account_id,
        .public_key = parts.public_key,
        .nonce_index = parts.nonce_index,
        .data_key = parts.data_key,
    };
    return c->present ? value_of(c, arena, out) : NULL;
}

static struct err *load(struct chain *c, uint64_t height, struct arena *arena, struct chain_change **out, size_t *count)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    struct change *list;
    bool row = false;
    *out = NULL;
    *count = 0;
    if (height + c->history_blocks < c->head.height)
        return err_new(ERR_LIMIT, "the changes of block %llu are no longer kept", (unsigned long long)height);
    TRY(db_prepare(c->db, "SELECT body FROM change WHERE height = ?1", &s));
    db_bind_u64(s, 1, height);
    TRY(db_step(s, &row));
    if (!row)
        return NULL;
    TRY(changes_read(arena_copy(arena, db_blob(s, 0)), arena, &list, count));
    *out = ARENA_ARRAY(arena, struct chain_change, *count);
    for (size_t i = 0; i < *count; i++)
        TRY(decode(&list[i], arena, &(*out)[i]));
    return NULL;
}

struct err *chain_block_changes(struct chain *c, uint64_t height, struct arena *arena, struct chain_change **out, size_t *count)
{
    chain_lock(c);
    struct err *e = load(c, height, arena, out, count);
    chain_unlock(c);
    return e;
}

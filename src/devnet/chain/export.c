/* The state as records, for another chain to start from. */
#include "codec/borsh.h"
#include "devnet/chain/internal.h"

/* Columns of the state, as in runtime/state.c. What waits (receipts, yields) stands in the others. */
enum { COLUMN_ACCOUNT = 0x00, COLUMN_CODE = 0x01, COLUMN_ACCESS_KEY = 0x02, COLUMN_DATA = 0x09, COLUMN_GLOBAL = 0x12 };

/* Splits `<account><separator><rest>`; without a separator all is the account. */
static bool read_owner(struct slice key, struct chain_patch *out, struct slice *rest)
{
    size_t len = 0;
    while (len < key.len && key.ptr[len] != COLUMN_ACCESS_KEY && key.ptr[len] != ',')
        len++;
    *rest = slice_skip(key, len + 1);
    struct err *e = account_id_parse(slice_first(key, len), &out->account_id);
    err_free(e);
    return !e;
}

static bool read_account(struct slice value, struct chain_patch *out)
{
    struct account a;
    out->kind = CHAIN_PATCH_ACCOUNT;
    if (!account_decode(value, &a))
        return false;
    out->account = (struct chain_account){.amount = a.amount,
                                          .locked = a.locked,
                                          .code_hash = a.code_hash,
                                          .is_global = a.is_global,
                                          .global = a.global,
                                          .storage_usage = a.storage_usage};
    return true;
}

/* A key, or a nonce of a gas key. */
static bool read_access_key(struct slice key, struct slice value, struct arena *arena, struct chain_patch *out)
{
    struct borsh_reader r = borsh_reader_of(value);
    struct state_key_parts parts;
    if (!state_key_split(key, &parts))
        return false;
    out->public_key = parts.public_key;
    out->nonce_index = parts.nonce_index;
    out->kind = parts.kind == STATE_GAS_KEY_NONCE ? CHAIN_PATCH_GAS_KEY_NONCE : CHAIN_PATCH_KEY;
    if (out->kind == CHAIN_PATCH_KEY)
        return access_key_read(&r, arena, &out->access_key);
    out->nonce = borsh_read_u64(&r);
    return borsh_done(&r);
}

/* A name of a global contract: its code stands in a row of its own, which is no record. Bytes under a hash never change. */
static struct err *read_global(struct chain *c, struct slice key, struct slice value, struct arena *arena,
                               struct chain_patch *out, bool *known)
{
    struct history present;
    uint8_t kind = key.len ? key.ptr[0] : UINT8_MAX;
    struct slice name = slice_skip(key, 1);
    struct hash code_hash;
    *known = kind == GLOBAL_BY_HASH || kind == GLOBAL_BY_ACCOUNT;
    if (!*known)
        return NULL;
    if (value.len != HASH_LEN || (kind == GLOBAL_BY_HASH && name.len != HASH_LEN))
        return err_new(ERR_BUG, "a global contract of the chain's state does not decode");
    out->kind = CHAIN_PATCH_GLOBAL;
    out->global.kind = kind;
    if (kind == GLOBAL_BY_ACCOUNT)
        TRY(account_id_parse(name, &out->global.account_id));
    else
        __builtin_memcpy(out->global.code_hash.bytes, name.ptr, HASH_LEN);
    __builtin_memcpy(code_hash.bytes, value.ptr, HASH_LEN);
    history_open(&present, c, UINT64_MAX);
    AUTO(state) struct state state = state_of(&present.store, arena);
    return state_global_code(&state, &code_hash, &out->code) ? NULL : err_new(ERR_BUG, "a global contract has no code");
}

/* One row; *known is false for what is no record. */
static struct err *read_row(struct chain *c, struct slice key, struct slice value, struct arena *arena, struct chain_patch *out,
                            bool *known)
{
    struct slice rest;
    uint8_t column = key.ptr[0];
    bool ok = true;
    *out = (struct chain_patch){0};
    *known = column <= COLUMN_ACCESS_KEY || column == COLUMN_DATA;
    if (column == COLUMN_GLOBAL)
        return read_global(c, slice_skip(key, 1), value, arena, out, known);
    if (!*known)
        return NULL;
    if (!read_owner(slice_skip(key, 1), out, &rest))
        return err_new(ERR_BUG, "a key of the chain's state names no account");
    if (column == COLUMN_ACCOUNT) {
        ok = read_account(value, out);
    } else if (column == COLUMN_ACCESS_KEY) {
        ok = read_access_key(key, value, arena, out);
    } else if (column == COLUMN_CODE) {
        out->kind = CHAIN_PATCH_CODE;
        out->code = value;
    } else {
        out->kind = CHAIN_PATCH_DATA;
        out->data_key = rest;
        out->value = value;
    }
    return ok ? NULL : err_new(ERR_BUG, "a pair of the chain's state does not decode (column %u)", column);
}

/* One statement, and so one state, also while another process makes blocks. */
static struct err *export_rows(struct chain *c, chain_record_fn *each, void *user)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(c->db, "SELECT key, value FROM state ORDER BY key", &s));
    for (;;) {
        AUTO(arena) struct arena arena = {0};
        struct chain_patch record;
        bool row = false, known = false;
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        TRY(read_row(c, db_blob(s, 0), db_blob(s, 1), &arena, &record, &known));
        if (known)
            TRY(each(user, &record));
    }
}

struct err *chain_export(struct chain *c, chain_record_fn *each, void *user)
{
    chain_lock(c);
    struct err *e = export_rows(c, each, user);
    chain_unlock(c);
    return e;
}

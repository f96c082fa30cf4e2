#include "devnet/runtime/state.h"
#include "codec/borsh.h"

/* The first byte of a key: which column of the trie. */
enum column {
    COLUMN_ACCOUNT = 0x00,
    COLUMN_CODE = 0x01,
    COLUMN_ACCESS_KEY = 0x02,
    COLUMN_RECEIVED_DATA = 0x03,
    COLUMN_POSTPONED_ID = 0x04,
    COLUMN_PENDING_COUNT = 0x05,
    COLUMN_POSTPONED = 0x06,
    COLUMN_DATA = 0x09,
    COLUMN_TIMEOUT_INDICES = 0x0a,
    COLUMN_TIMEOUT = 0x0b,
    COLUMN_YIELD = 0x0c,
    COLUMN_GLOBAL = 0x12,
    COLUMN_YIELD_STATUS = 0x14,
    COLUMN_YIELD_NAME = 0x15,    /* a contract's name for a yield: its data id */
    COLUMN_YIELD_NAME_OF = 0x16, /* a data id: the name */
};

enum { SEPARATOR = ',', ACCOUNT_RECORD_LEN = 16 + 16 + HASH_LEN + 8 };

/* Under COLUMN_GLOBAL: what an account or a hash names, which is a code's hash, as enum global_id.kind; and code by its hash. */
enum { GLOBAL_CODE = 0xff };

void state_free(struct state *s)
{
    overlay_free(&s->block);
    overlay_free(&s->pending);
    err_free(s->fault);
    s->fault = NULL;
}

void state_begin(struct state *s)
{
    s->open = true;
}

void state_commit(struct state *s)
{
    for (size_t i = 0; i < s->pending.count; i++) {
        const struct overlay_entry *e = &s->pending.entries[i];
        overlay_put(&s->block, e->key, e->value, e->present, true);
        change_log_add(&s->changes, s->arena, e->key, e->value, e->present);
    }
    overlay_clear(&s->pending);
    s->open = false;
}

void state_rollback(struct state *s)
{
    overlay_clear(&s->pending);
    s->open = false;
}

/* ---- Keys ---- */

static void key_start(struct state_key *k, enum column column)
{
    k->bytes[0] = (uint8_t)column;
    k->len = 1;
}

static void key_add(struct state_key *k, struct slice bytes)
{
    if (bytes.len)
        __builtin_memcpy(k->bytes + k->len, bytes.ptr, bytes.len);
    k->len += bytes.len;
}

static void key_add_byte(struct state_key *k, uint8_t byte)
{
    k->bytes[k->len++] = byte;
}

void state_key_account(struct state_key *out, const struct account_id *id)
{
    key_start(out, COLUMN_ACCOUNT);
    key_add(out, account_id_slice(id));
}

void state_key_code(struct state_key *out, const struct account_id *id)
{
    key_start(out, COLUMN_CODE);
    key_add(out, account_id_slice(id));
}

void state_key_access_prefix(struct state_key *out, const struct account_id *id)
{
    key_start(out, COLUMN_ACCESS_KEY);
    key_add(out, account_id_slice(id));
    key_add_byte(out, COLUMN_ACCESS_KEY);
}

void state_key_access(struct state_key *out, const struct account_id *id, const struct public_key *key)
{
    state_key_access_prefix(out, id);
    key_add_byte(out, public_key_name_tag(key));
    key_add(out, public_key_raw(key));
}

void state_key_gas_key_nonce(struct state_key *out, const struct account_id *id, const struct public_key *key, uint16_t index)
{
    state_key_access(out, id, key);
    key_add_byte(out, (uint8_t)index);
    key_add_byte(out, (uint8_t)(index >> 8));
}

static void key_of_item(struct state_key *out, enum column column, const struct account_id *id, struct slice item)
{
    key_start(out, column);
    key_add(out, account_id_slice(id));
    key_add_byte(out, SEPARATOR);
    key_add(out, item);
}

void state_key_data(struct state_key *out, const struct account_id *id, struct slice key)
{
    key_of_item(out, COLUMN_DATA, id, key);
}

bool state_key_is_public(struct slice key)
{
    static const bool is_public[] = {
        [COLUMN_ACCOUNT] = true, [COLUMN_CODE] = true, [COLUMN_ACCESS_KEY] = true, [COLUMN_DATA] = true};
    return key.len && key.ptr[0] < sizeof is_public && is_public[key.ptr[0]];
}

static bool split_access_key(struct slice rest, struct state_key_parts *out)
{
    struct borsh_reader r = borsh_reader_of(rest);
    bool ok = public_key_name_read(&r, &out->public_key);
    out->kind = r.rest.len ? STATE_GAS_KEY_NONCE : STATE_ACCESS_KEY;
    if (ok && out->kind == STATE_GAS_KEY_NONCE)
        out->nonce_index = borsh_read_u16(&r);
    return ok && borsh_done(&r);
}

bool state_key_split(struct slice key, struct state_key_parts *out)
{
    *out = (struct state_key_parts){0};
    if (!state_key_is_public(key))
        return false;
    /* Neither separator can be in an account id. */
    struct slice id = {0}, rest = slice_skip(key, 1);
    if (key.ptr[0] == COLUMN_ACCESS_KEY)
        rest = slice_cut(rest, COLUMN_ACCESS_KEY, &id);
    else if (key.ptr[0] == COLUMN_DATA)
        rest = slice_cut(rest, SEPARATOR, &id);
    else
        id = rest;
    if (!account_id_is_valid(id))
        return false;
    err_free(account_id_parse(id, &out->account_id));
    switch (key.ptr[0]) {
    case COLUMN_ACCESS_KEY:
        return split_access_key(rest, out);
    case COLUMN_DATA:
        out->kind = STATE_DATA;
        out->data_key = rest;
        return true;
    default:
        out->kind = key.ptr[0] == COLUMN_CODE ? STATE_CODE : STATE_ACCOUNT;
        return true;
    }
}

/* ---- Pairs ---- */

bool state_get(struct state *s, struct slice key, struct slice *value)
{
    const struct overlay_entry *e = s->open ? overlay_find(&s->pending, key) : NULL;
    if (!e)
        e = overlay_find(&s->block, key);
    if (e) {
        *value = e->value;
        return e->present;
    }
    if (s->fault)
        return false;
    bool found = false;
    struct slice read = {0};
    s->fault = s->store->get(s->store->self, key, s->arena, &read, &found);
    if (s->fault)
        return false;
    overlay_put(&s->block, arena_copy(s->arena, key), read, found, false);
    *value = read;
    return found;
}

static void put(struct state *s, struct slice key, struct slice value, bool present)
{
    struct overlay *layer = s->open ? &s->pending : &s->block;
    key = arena_copy(s->arena, key);
    value = present ? arena_copy(s->arena, value) : (struct slice){0};
    overlay_put(layer, key, value, present, true);
    if (!s->open)
        change_log_add(&s->changes, s->arena, key, value, present);
}

void state_set(struct state *s, struct slice key, struct slice value)
{
    put(s, key, value, true);
}

void state_remove(struct state *s, struct slice key)
{
    put(s, key, (struct slice){0}, false);
}

bool state_is_changed(const struct state *s, struct slice key)
{
    if (s->open && overlay_find(&s->pending, key))
        return true;
    const struct overlay_entry *e = overlay_find(&s->block, key);
    return e && e->dirty;
}

static void remove_present(struct state *s, const struct overlay *layer, struct slice prefix)
{
    for (size_t i = 0, count = layer->count; i < count; i++) {
        struct slice key = layer->entries[i].key;
        if (layer->entries[i].present && slice_starts_with(key, prefix))
            state_remove(s, key);
    }
}

/* Removes every pair whose key starts with `prefix`, in whatever layer it is. */
static void remove_prefix(struct state *s, struct slice prefix)
{
    struct slice *keys = NULL;
    size_t count = 0;
    if (!s->fault)
        s->fault = s->store->scan(s->store->self, prefix, s->arena, &keys, &count);
    if (s->fault)
        return;
    for (size_t i = 0; i < count; i++)
        state_remove(s, keys[i]);
    remove_present(s, &s->block, prefix);
    if (s->open)
        remove_present(s, &s->pending, prefix);
}

/* ---- Accounts ---- */

bool account_has_code(const struct account *a)
{
    static const struct hash none;
    return a->is_global || !hash_eq(&a->code_hash, &none);
}

/* A balance that no account has stands before a record with a global contract. */
#define GLOBAL_MARK U128_MAX

static void read_code_hash(struct borsh_reader *r, struct hash *out)
{
    struct slice hash = borsh_read_bytes(r, HASH_LEN);
    if (!r->failed)
        __builtin_memcpy(out->bytes, hash.ptr, HASH_LEN);
}

bool account_decode(struct slice value, struct account *out)
{
    struct borsh_reader r = borsh_reader_of(value);
    *out = (struct account){.amount = borsh_read_u128(&r)};
    out->is_global = out->amount == GLOBAL_MARK;
    if (out->is_global)
        out->amount = borsh_read_u128(&r);
    out->locked = borsh_read_u128(&r);
    if (out->is_global)
        global_id_read(&r, &out->global);
    else
        read_code_hash(&r, &out->code_hash);
    out->storage_usage = borsh_read_u64(&r);
    return borsh_done(&r);
}

static void account_write(struct buf *out, const struct account *a)
{
    if (a->is_global)
        borsh_write_u128(out, GLOBAL_MARK);
    borsh_write_u128(out, a->amount);
    borsh_write_u128(out, a->locked);
    if (a->is_global)
        global_id_write(out, &a->global);
    else
        buf_append(out, hash_slice(&a->code_hash));
    borsh_write_u64(out, a->storage_usage);
}

static void damaged(struct state *s, const char *what)
{
    if (!s->fault)
        s->fault = err_new(ERR_BUG, "%s in the chain's state does not decode", what);
}

bool state_account(struct state *s, const struct account_id *id, struct account *out)
{
    struct state_key key;
    struct slice value;
    state_key_account(&key, id);
    if (!state_get(s, state_key_slice(&key), &value))
        return false;
    if (account_decode(value, out))
        return true;
    damaged(s, "an account");
    return false;
}

void state_account_set(struct state *s, const struct account_id *id, const struct account *a)
{
    AUTO(buf) struct buf value = {0};
    buf_reserve(&value, ACCOUNT_RECORD_LEN);
    account_write(&value, a);
    struct state_key key;
    state_key_account(&key, id);
    state_set(s, state_key_slice(&key), buf_slice(&value));
}

void state_account_remove(struct state *s, const struct account_id *id)
{
    struct state_key key;
    state_key_account(&key, id);
    state_remove(s, state_key_slice(&key));
    state_key_code(&key, id);
    state_remove(s, state_key_slice(&key));
    state_key_access_prefix(&key, id);
    remove_prefix(s, state_key_slice(&key));
    state_key_data(&key, id, (struct slice){0});
    remove_prefix(s, state_key_slice(&key));
}

bool state_access_key(struct state *s, const struct account_id *id, const struct public_key *key, struct access_key *out)
{
    struct state_key k;
    struct slice value;
    state_key_access(&k, id, key);
    if (!state_get(s, state_key_slice(&k), &value))
        return false;
    struct borsh_reader r = borsh_reader_of(value);
    if (access_key_read(&r, s->arena, out) && borsh_done(&r))
        return true;
    damaged(s, "an access key");
    return false;
}

void state_access_key_set(struct state *s, const struct account_id *id, const struct public_key *key,
                          const struct access_key *value)
{
    AUTO(buf) struct buf bytes = {0};
    access_key_write(&bytes, value);
    struct state_key k;
    state_key_access(&k, id, key);
    state_set(s, state_key_slice(&k), buf_slice(&bytes));
}

void state_access_key_remove(struct state *s, const struct account_id *id, const struct public_key *key)
{
    struct state_key k;
    state_key_access(&k, id, key);
    state_remove(s, state_key_slice(&k));
}

bool state_gas_key_nonce(struct state *s, const struct account_id *id, const struct public_key *key, uint16_t index,
                         uint64_t *nonce)
{
    struct state_key k;
    struct slice value;
    state_key_gas_key_nonce(&k, id, key, index);
    if (!state_get(s, state_key_slice(&k), &value))
        return false;
    struct borsh_reader r = borsh_reader_of(value);
    *nonce = borsh_read_u64(&r);
    if (borsh_done(&r))
        return true;
    damaged(s, "a gas key's nonce");
    return false;
}

void state_gas_key_nonce_set(struct state *s, const struct account_id *id, const struct public_key *key, uint16_t index,
                             uint64_t nonce)
{
    AUTO(buf) struct buf bytes = {0};
    struct state_key k;
    borsh_write_u64(&bytes, nonce);
    state_key_gas_key_nonce(&k, id, key, index);
    state_set(s, state_key_slice(&k), buf_slice(&bytes));
}

void state_gas_key_nonce_remove(struct state *s, const struct account_id *id, const struct public_key *key, uint16_t index)
{
    struct state_key k;
    state_key_gas_key_nonce(&k, id, key, index);
    state_remove(s, state_key_slice(&k));
}

/* Adds what the key holds, unless it was seen. */
static void add_gas_key_balance(struct state *s, struct overlay *seen, struct slice key, u128 *sum)
{
    struct state_key_parts parts;
    struct access_key access;
    if (overlay_find(seen, key))
        return;
    overlay_put(seen, key, (struct slice){0}, true, false);
    if (state_key_split(key, &parts) && parts.kind == STATE_ACCESS_KEY &&
        state_access_key(s, &parts.account_id, &parts.public_key, &access))
        *sum += access.gas_balance;
}

u128 state_gas_key_balances(struct state *s, const struct account_id *id)
{
    const struct overlay *const layers[] = {&s->block, &s->pending};
    struct overlay seen = {0};
    struct state_key prefix;
    struct slice *keys = NULL;
    size_t count = 0;
    u128 sum = 0;
    state_key_access_prefix(&prefix, id);
    if (!s->fault)
        s->fault = s->store->scan(s->store->self, state_key_slice(&prefix), s->arena, &keys, &count);
    for (size_t i = 0; i < count; i++)
        add_gas_key_balance(s, &seen, keys[i], &sum);
    for (size_t l = 0; l < sizeof layers / sizeof *layers; l++)
        for (size_t i = 0, end = layers[l]->count; i < end; i++) /* reading adds entries behind `end` */
            if (slice_starts_with(layers[l]->entries[i].key, state_key_slice(&prefix)))
                add_gas_key_balance(s, &seen, layers[l]->entries[i].key, &sum);
    overlay_free(&seen);
    return sum;
}

bool state_code(struct state *s, const struct account_id *id, struct slice *code)
{
    struct state_key key;
    state_key_code(&key, id);
    return state_get(s, state_key_slice(&key), code);
}

void state_code_set(struct state *s, const struct account_id *id, struct slice code)
{
    struct state_key key;
    state_key_code(&key, id);
    state_set(s, state_key_slice(&key), code);
}

void state_code_remove(struct state *s, const struct account_id *id)
{
    struct state_key key;
    state_key_code(&key, id);
    state_remove(s, state_key_slice(&key));
}

/* ---- Global contracts ---- */

static void key_of_global(struct state_key *out, const struct global_id *id)
{
    key_start(out, COLUMN_GLOBAL);
    key_add_byte(out, (uint8_t)id->kind);
    key_add(out, id->kind == GLOBAL_BY_HASH ? hash_slice(&id->code_hash) : account_id_slice(&id->account_id));
}

static void key_of_global_code(struct state_key *out, const struct hash *code_hash)
{
    key_start(out, COLUMN_GLOBAL);
    key_add_byte(out, GLOBAL_CODE);
    key_add(out, hash_slice(code_hash));
}

bool state_global(struct state *s, const struct global_id *id, struct hash *code_hash)
{
    struct state_key key;
    struct slice value;
    key_of_global(&key, id);
    if (!state_get(s, state_key_slice(&key), &value))
        return false;
    if (value.len != HASH_LEN) {
        damaged(s, "a global contract");
        return false;
    }
    __builtin_memcpy(code_hash->bytes, value.ptr, HASH_LEN);
    return true;
}

bool state_global_code(struct state *s, const struct hash *code_hash, struct slice *code)
{
    struct state_key key;
    key_of_global_code(&key, code_hash);
    return state_get(s, state_key_slice(&key), code);
}

void state_global_set(struct state *s, const struct global_id *id, struct slice code)
{
    struct hash code_hash = hash_sha256(code);
    struct state_key key;
    key_of_global_code(&key, &code_hash);
    state_set(s, state_key_slice(&key), code);
    key_of_global(&key, id);
    state_set(s, state_key_slice(&key), hash_slice(&code_hash));
}

/* ---- Receipts that wait for data ---- */

static void key_of_hash(struct state_key *out, enum column column, const struct account_id *id, const struct hash *hash)
{
    key_of_item(out, column, id, hash_slice(hash));
}

bool state_received(struct state *s, const struct account_id *id, const struct hash *data_id, bool *has_data,
                    struct slice *data)
{
    struct state_key key;
    struct slice value;
    key_of_hash(&key, COLUMN_RECEIVED_DATA, id, data_id);
    if (!state_get(s, state_key_slice(&key), &value))
        return false;
    struct borsh_reader r = borsh_reader_of(value);
    *has_data = borsh_read_bool(&r);
    *data = *has_data ? borsh_read_string(&r) : (struct slice){0};
    if (borsh_done(&r))
        return true;
    damaged(s, "a received datum");
    return false;
}

void state_received_set(struct state *s, const struct account_id *id, const struct hash *data_id, bool has_data,
                        struct slice data)
{
    AUTO(buf) struct buf value = {0};
    borsh_write_u8(&value, has_data);
    if (has_data)
        borsh_write_string(&value, data);
    struct state_key key;
    key_of_hash(&key, COLUMN_RECEIVED_DATA, id, data_id);
    state_set(s, state_key_slice(&key), buf_slice(&value));
}

void state_received_remove(struct state *s, const struct account_id *id, const struct hash *data_id)
{
    struct state_key key;
    key_of_hash(&key, COLUMN_RECEIVED_DATA, id, data_id);
    state_remove(s, state_key_slice(&key));
}

/* A receipt in the state is its transaction's hash and its borsh. */
static void receipt_set(struct state *s, const struct state_key *key, const struct receipt *r)
{
    AUTO(buf) struct buf value = {0};
    buf_append(&value, hash_slice(&r->tx_hash));
    receipt_write(&value, r);
    state_set(s, state_key_slice(key), buf_slice(&value));
}

static bool receipt_get(struct state *s, const struct state_key *key, struct receipt *out)
{
    struct slice value;
    if (!state_get(s, state_key_slice(key), &value))
        return false;
    struct err *e = value.len < HASH_LEN ? err_new(ERR_BUG, "a stored receipt has %zu bytes", value.len)
                                         : receipt_read(slice_skip(value, HASH_LEN), s->arena, out);
    if (e) {
        err_free(e);
        damaged(s, "a receipt");
        return false;
    }
    __builtin_memcpy(out->tx_hash.bytes, value.ptr, HASH_LEN);
    return true;
}

static void pending_count_set(struct state *s, const struct account_id *id, const struct hash *receipt_id, uint32_t count)
{
    const uint8_t value[4] = {(uint8_t)count, (uint8_t)(count >> 8), (uint8_t)(count >> 16), (uint8_t)(count >> 24)};
    struct state_key key;
    key_of_hash(&key, COLUMN_PENDING_COUNT, id, receipt_id);
    if (count)
        state_set(s, state_key_slice(&key), slice_from(value, sizeof value));
    else
        state_remove(s, state_key_slice(&key));
}

static uint32_t pending_count(struct state *s, const struct account_id *id, const struct hash *receipt_id)
{
    struct state_key key;
    struct slice value;
    key_of_hash(&key, COLUMN_PENDING_COUNT, id, receipt_id);
    if (!state_get(s, state_key_slice(&key), &value))
        return 0;
    struct borsh_reader r = borsh_reader_of(value);
    return borsh_read_u32(&r);
}

void state_postpone(struct state *s, const struct receipt *r, const struct hash *missing, size_t missing_count)
{
    struct state_key key;
    for (size_t i = 0; i < missing_count; i++) {
        key_of_hash(&key, COLUMN_POSTPONED_ID, &r->receiver, &missing[i]);
        state_set(s, state_key_slice(&key), hash_slice(&r->id));
    }
    pending_count_set(s, &r->receiver, &r->id, (uint32_t)missing_count);
    key_of_hash(&key, COLUMN_POSTPONED, &r->receiver, &r->id);
    receipt_set(s, &key, r);
}

bool state_unpostpone(struct state *s, const struct account_id *id, const struct hash *data_id, struct receipt *out)
{
    struct state_key key;
    struct slice value;
    struct hash receipt_id;
    key_of_hash(&key, COLUMN_POSTPONED_ID, id, data_id);
    if (!state_get(s, state_key_slice(&key), &value) || value.len != HASH_LEN)
        return false;
    __builtin_memcpy(receipt_id.bytes, value.ptr, HASH_LEN);
    state_remove(s, state_key_slice(&key));
    uint32_t left = pending_count(s, id, &receipt_id);
    pending_count_set(s, id, &receipt_id, left ? left - 1 : 0);
    if (left > 1)
        return false;
    key_of_hash(&key, COLUMN_POSTPONED, id, &receipt_id);
    if (!receipt_get(s, &key, out))
        return false;
    state_remove(s, state_key_slice(&key));
    return true;
}

/* ---- Yields ---- */

enum yield_status state_yield_status(struct state *s, const struct account_id *id, const struct hash *data_id)
{
    struct state_key key;
    struct slice value;
    key_of_hash(&key, COLUMN_YIELD_STATUS, id, data_id);
    if (!state_get(s, state_key_slice(&key), &value))
        return YIELD_NONE;
    return value.len == 1 && value.ptr[0] == 1 ? YIELD_RESUMED : YIELD_WAITING;
}

void state_yield_status_set(struct state *s, const struct account_id *id, const struct hash *data_id, enum yield_status status)
{
    const uint8_t value = status == YIELD_RESUMED;
    struct state_key key;
    key_of_hash(&key, COLUMN_YIELD_STATUS, id, data_id);
    state_set(s, state_key_slice(&key), slice_from(&value, 1));
}

void state_yield_set(struct state *s, const struct receipt *r)
{
    struct state_key key;
    key_of_hash(&key, COLUMN_YIELD, &r->receiver, &r->inputs[0]);
    receipt_set(s, &key, r);
}

bool state_yield(struct state *s, const struct account_id *id, const struct hash *data_id, struct receipt *out)
{
    struct state_key key;
    key_of_hash(&key, COLUMN_YIELD, id, data_id);
    return receipt_get(s, &key, out);
}

/* One hash that leads to another. */
static bool hash_get(struct state *s, const struct state_key *key, struct hash *out)
{
    struct slice value;
    if (!state_get(s, state_key_slice(key), &value) || value.len != HASH_LEN)
        return false;
    __builtin_memcpy(out->bytes, value.ptr, HASH_LEN);
    return true;
}

void state_yield_name(struct state *s, const struct account_id *id, const struct hash *yield_id, const struct hash *data_id)
{
    struct state_key key;
    key_of_hash(&key, COLUMN_YIELD_NAME, id, yield_id);
    state_set(s, state_key_slice(&key), hash_slice(data_id));
    key_of_hash(&key, COLUMN_YIELD_NAME_OF, id, data_id);
    state_set(s, state_key_slice(&key), hash_slice(yield_id));
}

bool state_yield_find(struct state *s, const struct account_id *id, const struct hash *yield_id, struct hash *data_id)
{
    struct state_key key;
    key_of_hash(&key, COLUMN_YIELD_NAME, id, yield_id);
    return hash_get(s, &key, data_id);
}

static void yield_forget_name(struct state *s, const struct account_id *id, const struct hash *data_id)
{
    struct state_key key;
    struct hash yield_id;
    key_of_hash(&key, COLUMN_YIELD_NAME_OF, id, data_id);
    if (!hash_get(s, &key, &yield_id))
        return;
    state_remove(s, state_key_slice(&key));
    key_of_hash(&key, COLUMN_YIELD_NAME, id, &yield_id);
    state_remove(s, state_key_slice(&key));
}

void state_yield_remove(struct state *s, const struct account_id *id, const struct hash *data_id)
{
    struct state_key key;
    key_of_hash(&key, COLUMN_YIELD, id, data_id);
    state_remove(s, state_key_slice(&key));
    key_of_hash(&key, COLUMN_YIELD_STATUS, id, data_id);
    state_remove(s, state_key_slice(&key));
    yield_forget_name(s, id, data_id);
}

/* The queue's bounds: entries first, first + 1 … next - 1 exist. */
struct timeout_indices {
    uint64_t first, next;
};

static const struct slice timeout_indices_key = {(const uint8_t[]){COLUMN_TIMEOUT_INDICES}, 1};

static struct timeout_indices timeout_indices(struct state *s)
{
    struct slice value;
    if (!state_get(s, timeout_indices_key, &value))
        return (struct timeout_indices){0};
    struct borsh_reader r = borsh_reader_of(value);
    struct timeout_indices i = {.first = borsh_read_u64(&r)};
    i.next = borsh_read_u64(&r);
    if (!borsh_done(&r))
        damaged(s, "the queue of yield time-outs");
    return i;
}

static void timeout_indices_set(struct state *s, struct timeout_indices i)
{
    AUTO(buf) struct buf value = {0};
    borsh_write_u64(&value, i.first);
    borsh_write_u64(&value, i.next);
    state_set(s, timeout_indices_key, buf_slice(&value));
}

static void timeout_key(struct state_key *out, uint64_t index)
{
    key_start(out, COLUMN_TIMEOUT);
    for (int i = 0; i < 8; i++)
        key_add_byte(out, (uint8_t)(index >> 8 * i));
}

void state_timeout_push(struct state *s, const struct yield_timeout *t)
{
    struct timeout_indices i = timeout_indices(s);
    AUTO(buf) struct buf value = {0};
    borsh_write_string(&value, account_id_slice(&t->account));
    buf_append(&value, hash_slice(&t->data_id));
    borsh_write_u64(&value, t->expires_at);
    struct state_key key;
    timeout_key(&key, i.next);
    state_set(s, state_key_slice(&key), buf_slice(&value));
    i.next++;
    timeout_indices_set(s, i);
}

bool state_timeout_head(struct state *s, struct yield_timeout *out)
{
    struct timeout_indices i = timeout_indices(s);
    struct state_key key;
    struct slice value;
    timeout_key(&key, i.first);
    if (i.first == i.next || !state_get(s, state_key_slice(&key), &value))
        return false;
    struct borsh_reader r = borsh_reader_of(value);
    struct slice account = borsh_read_string(&r);
    struct slice data_id = borsh_read_bytes(&r, HASH_LEN);
    out->expires_at = borsh_read_u64(&r);
    struct err *e = borsh_done(&r) ? account_id_parse(account, &out->account) : err_new(ERR_BUG, "truncated");
    if (e) {
        err_free(e);
        damaged(s, "a yield time-out");
        return false;
    }
    __builtin_memcpy(out->data_id.bytes, data_id.ptr, HASH_LEN);
    return true;
}

void state_timeout_pop(struct state *s)
{
    struct timeout_indices i = timeout_indices(s);
    struct state_key key;
    timeout_key(&key, i.first);
    state_remove(s, state_key_slice(&key));
    i.first++;
    timeout_indices_set(s, i);
}

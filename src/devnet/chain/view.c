/* Reading the state after a block. */
#include "codec/borsh.h"
#include "devnet/chain/internal.h"

/* A state that is only read. */
struct view {
    struct history history;
    struct arena own;
    struct state state;
};

static struct err *check_kept(const struct chain *c, uint64_t height)
{
    return height + c->history_blocks >= c->head.height
               ? NULL
               : err_new(ERR_LIMIT, "the state after block %llu is no longer kept", (unsigned long long)height);
}

static struct err *view_open(struct view *v, struct chain *c, const struct chain_block *at, struct arena *arena)
{
    TRY(check_kept(c, at->height));
    *v = (struct view){0};
    history_open(&v->history, c, at->height);
    v->state = state_of(&v->history.store, arena ? arena : &v->own);
    return NULL;
}

/* Ends the view; a fault of the store wins over what the view found. */
static struct err *view_close(struct view *v, struct err *found)
{
    struct err *fault = v->state.fault;
    v->state.fault = NULL;
    state_free(&v->state);
    arena_free(&v->own);
    if (!fault)
        return found;
    err_free(found);
    return err_doing(fault, "reading the state");
}

static struct err *no_account(const struct account_id *id)
{
    return err_new(ERR_NOT_FOUND, "account %s does not exist", id->text);
}

struct chain_account chain_account_of(const struct account *a)
{
    return (struct chain_account){
        .amount = a->amount,
        .locked = a->locked,
        .code_hash = a->code_hash,
        .is_global = a->is_global,
        .global = a->global,
        .storage_usage = a->storage_usage,
    };
}

static struct err *view_account(struct view *v, const struct account_id *id, struct chain_account *out)
{
    struct account a;
    if (!state_account(&v->state, id, &a))
        return no_account(id);
    *out = chain_account_of(&a);
    return NULL;
}

struct err *chain_view_account(struct chain *c, const struct chain_block *at, const struct account_id *id,
                               struct chain_account *out)
{
    struct view v;
    chain_lock(c);
    struct err *e = view_open(&v, c, at, NULL);
    if (!e)
        e = view_close(&v, view_account(&v, id, out));
    chain_unlock(c);
    return e;
}

struct err *chain_view_key(struct chain *c, const struct chain_block *at, const struct account_id *id,
                           const struct public_key *key, struct arena *arena, struct access_key *out)
{
    struct view v;
    char text[KEY_TEXT_MAX];
    chain_lock(c);
    struct err *e = view_open(&v, c, at, arena);
    if (!e) {
        bool found = state_access_key(&v.state, id, key, out);
        e = view_close(&v, found ? NULL
                                 : err_new(ERR_NOT_FOUND, "access key %s does not exist on account %s",
                                           public_key_text(key, text), id->text));
    }
    chain_unlock(c);
    return e;
}

static struct err *view_keys(struct view *v, const struct account_id *id, struct arena *arena, struct chain_key **out,
                             size_t *count)
{
    struct state_key prefix;
    struct slice *keys = NULL;
    size_t key_count = 0;
    state_key_access_prefix(&prefix, id);
    TRY(v->history.store.scan(&v->history, state_key_slice(&prefix), arena, &keys, &key_count));
    *out = ARENA_ARRAY(arena, struct chain_key, key_count);
    *count = 0;
    for (size_t i = 0; i < key_count; i++) {
        struct borsh_reader r = borsh_reader_of(slice_skip(keys[i], prefix.len));
        struct chain_key *k = &(*out)[*count];
        if (public_key_name_read(&r, &k->public_key) && borsh_done(&r) &&
            state_access_key(&v->state, id, &k->public_key, &k->access_key))
            ++*count;
    }
    return NULL;
}

struct err *chain_view_keys(struct chain *c, const struct chain_block *at, const struct account_id *id, struct arena *arena,
                            struct chain_key **out, size_t *count)
{
    struct view v;
    chain_lock(c);
    struct err *e = view_open(&v, c, at, arena);
    if (!e)
        e = view_close(&v, view_keys(&v, id, arena, out, count));
    chain_unlock(c);
    return e;
}

static struct err *view_gas_key_nonces(struct view *v, const struct account_id *id, const struct public_key *key,
                                       struct arena *arena, uint64_t **out, size_t *count)
{
    struct access_key access;
    char text[KEY_TEXT_MAX];
    if (!state_access_key(&v->state, id, key, &access) || !access_key_is_gas_key(&access))
        return err_new(ERR_NOT_FOUND, "account %s has no gas key %s", id->text, public_key_text(key, text));
    *count = access.nonce_count;
    *out = ARENA_ARRAY(arena, uint64_t, *count);
    for (size_t i = 0; i < *count; i++)
        if (!state_gas_key_nonce(&v->state, id, key, (uint16_t)i, &(*out)[i]))
            (*out)[i] = 0; /* only in a patched state */
    return NULL;
}

struct err *chain_view_gas_key_nonces(struct chain *c, const struct chain_block *at, const struct account_id *id,
                                      const struct public_key *key, struct arena *arena, uint64_t **out, size_t *count)
{
    struct view v;
    chain_lock(c);
    struct err *e = view_open(&v, c, at, arena);
    if (!e)
        e = view_close(&v, view_gas_key_nonces(&v, id, key, arena, out, count));
    chain_unlock(c);
    return e;
}

static struct err *view_global_code(struct view *v, const struct global_id *id, struct slice *code, struct hash *code_hash)
{
    if (state_global(&v->state, id, code_hash) && state_global_code(&v->state, code_hash, code))
        return NULL;
    return err_new(ERR_NOT_FOUND, "there is no such global contract");
}

struct err *chain_view_global_code(struct chain *c, const struct chain_block *at, const struct global_id *id,
                                   struct arena *arena, struct slice *code, struct hash *code_hash)
{
    struct view v;
    chain_lock(c);
    struct err *e = view_open(&v, c, at, arena);
    if (!e)
        e = view_close(&v, view_global_code(&v, id, code, code_hash));
    chain_unlock(c);
    return e;
}

static struct err *view_code(struct view *v, const struct account_id *id, struct slice *code, struct hash *code_hash)
{
    struct account a;
    if (!state_account(&v->state, id, &a))
        return no_account(id);
    if (a.is_global)
        return view_global_code(v, &a.global, code, code_hash);
    if (!account_has_code(&a) || !state_code(&v->state, id, code))
        return err_new(ERR_NOT_FOUND, "account %s has no contract", id->text);
    *code_hash = a.code_hash;
    return NULL;
}

struct err *chain_view_code(struct chain *c, const struct chain_block *at, const struct account_id *id, struct arena *arena,
                            struct slice *code, struct hash *code_hash)
{
    struct view v;
    chain_lock(c);
    struct err *e = view_open(&v, c, at, arena);
    if (!e)
        e = view_close(&v, view_code(&v, id, code, code_hash));
    chain_unlock(c);
    return e;
}

struct page_limits {
    struct slice after;
    size_t limit, max_len;
};

static struct err *view_state(struct view *v, const struct account_id *id, struct slice prefix,
                              const struct page_limits *limits, struct arena *arena, struct chain_state_page *out)
{
    struct state_key base, start;
    struct slice *keys = NULL;
    size_t key_count = 0, len = 0;
    *out = (struct chain_state_page){0};
    state_key_data(&base, id, (struct slice){0});
    state_key_data(&start, id, prefix);
    TRY(v->history.store.scan(&v->history, state_key_slice(&start), arena, &keys, &key_count));
    out->items = ARENA_ARRAY(arena, struct chain_state_item, key_count);
    for (size_t i = 0; i < key_count; i++) {
        struct chain_state_item item = {.key = slice_skip(keys[i], base.len)};
        bool before = limits->after.ptr && slice_cmp(item.key, limits->after) <= 0;
        if (before || !state_get(&v->state, keys[i], &item.value))
            continue;
        len += item.key.len + item.value.len;
        out->too_large = !limits->limit && len > limits->max_len;
        out->more = limits->limit && (out->count == limits->limit || (out->count && len > limits->max_len));
        if (out->too_large)
            out->count = 0;
        if (out->too_large || out->more)
            break;
        out->items[out->count++] = item;
    }
    return NULL;
}

struct err *chain_view_state(struct chain *c, const struct chain_block *at, const struct account_id *id, struct slice prefix,
                             struct slice after, size_t limit, size_t max_len, struct arena *arena,
                             struct chain_state_page *out)
{
    struct view v;
    if (prefix.len > STATE_KEY_MAX - 1 - ACCOUNT_ID_MAX - 1)
        return err_new(ERR_INVALID, "a key prefix has %zu bytes, keys have at most 2048", prefix.len);
    chain_lock(c);
    struct err *e = view_open(&v, c, at, arena);
    if (!e)
        e = view_close(&v, view_state(&v, id, prefix, &(struct page_limits){after, limit, max_len}, arena, out));
    chain_unlock(c);
    return e;
}

/* ---- Calls ----
 *
 * A contract may burn for seconds: blocks and other reads go on meanwhile. Only its reads of the state take the lock, each for
 * itself; later blocks do not change what a history gives. */

static struct err *get_shared(void *self, struct slice key, struct arena *arena, struct slice *value, bool *found)
{
    struct history *h = self;
    chain_lock(h->chain);
    struct err *e = check_kept(h->chain, h->height);
    if (!e)
        e = h->store.get(h, key, arena, value, found);
    chain_unlock(h->chain);
    return e;
}

static struct err *scan_shared(void *self, struct slice prefix, struct arena *arena, struct slice **keys, size_t *count)
{
    struct history *h = self;
    chain_lock(h->chain);
    struct err *e = check_kept(h->chain, h->height);
    if (!e)
        e = h->store.scan(h, prefix, arena, keys, count);
    chain_unlock(h->chain);
    return e;
}

static struct err *view_call(struct view *v, struct chain *c, const struct chain_block *at, const struct account_id *id,
                             struct slice method, struct slice args, struct chain_call_result *out)
{
    struct arena *arena = v->state.arena;
    struct vm_outcome o;
    struct block_context block = {
        .height = at->height,
        .timestamp_ns = at->timestamp_ns,
        .epoch_height = CHAIN_EPOCH_HEIGHT,
        .random_value = at->random_value,
        .gas_price = at->gas_price,
    };
    TRY(runtime_view(&c->runtime, &block, &at->state_root, &v->state, id, method, args, &o));
    *out = (struct chain_call_result){.ok = o.fault == VM_OK, .logs = o.logs, .log_count = o.log_count};
    if (!out->ok)
        out->error = arena_fmt(arena, "wasm execution failed with error: %s", o.fault_debug);
    else if (o.return_kind == VM_RETURN_VALUE)
        out->value = o.return_value;
    return NULL;
}

struct err *chain_view_call(struct chain *c, const struct chain_block *at, const struct account_id *id, struct slice method,
                            struct slice args, struct arena *arena, struct chain_call_result *out)
{
    struct view v;
    chain_lock(c);
    struct err *e = view_open(&v, c, at, arena);
    chain_unlock(c);
    if (e)
        return e;
    const struct state_store shared = {.self = &v.history, .get = get_shared, .scan = scan_shared};
    v.state.store = &shared;
    return view_close(&v, view_call(&v, c, at, id, method, args, out));
}

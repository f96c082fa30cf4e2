/* `changes` and `block_effects`: what a block changed, chosen by what the client names, and all of it in short. */
#include "devnet/rpc/request.h"

enum { NAMES_MAX = 1000 };

/* What the client asked for: one kind, and accounts, keys or a prefix of keys. */
struct filter {
    enum chain_change_kind kind;
    struct account_id *accounts;
    struct public_key *keys; /* beside `accounts`, when single keys are named */
    size_t count;
    struct slice prefix; /* CHAIN_CHANGE_DATA */
};

static bool matches(const struct filter *f, size_t i, const struct chain_change *c)
{
    enum chain_change_kind kind = c->kind == CHAIN_CHANGE_GAS_KEY_NONCE ? CHAIN_CHANGE_KEY : c->kind; /* part of its key */
    return kind == f->kind && account_id_eq(&c->account_id, &f->accounts[i]) &&
           (!f->keys || public_key_eq(&c->public_key, &f->keys[i])) && slice_starts_with(c->data_key, f->prefix);
}

static bool need_list(struct rpc_request *r, const char *name, const json_t **out)
{
    *out = rpc_param(r, name);
    return (json_is_array(*out) && json_array_size(*out) <= NAMES_MAX) ||
           rpc_bad_params(r, "Failed parsing args: `%s` is not a list of at most %d", name, NAMES_MAX);
}

static bool read_accounts(struct rpc_request *r, struct filter *f)
{
    const json_t *list;
    NEED(need_list(r, "account_ids", &list));
    f->count = json_array_size(list);
    f->accounts = ARENA_ARRAY(&r->arena, struct account_id, f->count);
    for (size_t i = 0; i < f->count; i++)
        NEED(rpc_account_of(r, json_doc_text(json_array_get(list, i)), &f->accounts[i]));
    return true;
}

static bool read_keys(struct rpc_request *r, struct filter *f)
{
    const json_t *list;
    NEED(need_list(r, "keys", &list));
    f->count = json_array_size(list);
    f->accounts = ARENA_ARRAY(&r->arena, struct account_id, f->count);
    f->keys = ARENA_ARRAY(&r->arena, struct public_key, f->count);
    for (size_t i = 0; i < f->count; i++) {
        const json_t *item = json_array_get(list, i);
        NEED(rpc_account_of(r, json_doc_text(json_object_get(item, "account_id")), &f->accounts[i]));
        AUTO(err) struct err *e = public_key_parse(json_doc_text(json_object_get(item, "public_key")), &f->keys[i]);
        if (e)
            return rpc_bad_params(r, "Failed parsing args: %s", err_text(e));
    }
    return true;
}

static bool read_prefix(struct rpc_request *r, struct filter *f)
{
    NEED(rpc_param_base64(r, "key_prefix_base64", &f->prefix));
    return read_accounts(r, f);
}

static bool read_filter(struct rpc_request *r, struct filter *f)
{
    static const struct {
        const char *type;
        enum chain_change_kind kind;
        bool (*read)(struct rpc_request *r, struct filter *f);
    } types[] = {
        {"account_changes", CHAIN_CHANGE_ACCOUNT, read_accounts},
        {"single_access_key_changes", CHAIN_CHANGE_KEY, read_keys},
        {"all_access_key_changes", CHAIN_CHANGE_KEY, read_accounts},
        {"contract_code_changes", CHAIN_CHANGE_CODE, read_accounts},
        {"data_changes", CHAIN_CHANGE_DATA, read_prefix},
    };
    struct slice type;
    NEED(rpc_param_text(r, "changes_type", &type));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!slice_eq_str(type, types[i].type))
            continue;
        f->kind = types[i].kind;
        return types[i].read(r, f);
    }
    return rpc_bad_params(r,
                          "Failed parsing args: unknown changes_type `%.*s`, expected one of account_changes, "
                          "single_access_key_changes, all_access_key_changes, contract_code_changes, data_changes",
                          SLICE_FMT(slice_first(type, 100)));
}

static bool load(struct rpc_request *r, struct chain_block *at, struct chain_change **changes, size_t *count)
{
    NEED(rpc_param_block(r, at));
    return rpc_chain_ok(r, chain_block_changes(r->chain, at->height, &r->arena, changes, count), at);
}

bool rpc_changes(struct rpc_request *r)
{
    struct filter filter = {0};
    struct chain_block at;
    struct chain_change *changes;
    size_t count;
    NEED(read_filter(r, &filter));
    NEED(load(r, &at, &changes, &count));
    json_t *list = json_array();
    for (size_t i = 0; i < filter.count; i++)
        for (size_t k = 0; k < count; k++)
            if (matches(&filter, i, &changes[k]) && view_change_is_told(&changes[k]))
                json_array_append_new(list, view_change(&changes[k]));
    r->result = json_pack("{s:o,s:o}", "block_hash", view_hash(&at.hash), "changes", list);
    return true;
}

bool rpc_changes_in_block(struct rpc_request *r)
{
    struct chain_block at;
    struct chain_change *changes;
    size_t count;
    NEED(load(r, &at, &changes, &count));
    r->result = json_pack("{s:o,s:o}", "block_hash", view_hash(&at.hash), "changes", view_touched(changes, count));
    return true;
}

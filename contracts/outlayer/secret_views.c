/* Reading secrets, as the keystore and their owners do. */
#include "outlayer/deposits.h"
#include "outlayer/secrets.h"

static const struct field key_fields[] = {
    FIELD_OF(struct secret_key, accessor, &accessor_schema),
    FIELD(struct secret_key, profile),
    FIELD_AS(struct secret_key, owner, FIELD_ACCOUNT),
};
static const struct schema key_schema = STRUCT("Input", struct secret_key, key_fields);

static struct secret_key *read_key(void)
{
    struct secret_key *k = call_args(&key_schema);
    secret_key_canonicalise(k);
    return k;
}

/* A repository's secret for every branch stands in where the branch has none; the key becomes that which matched. */
static struct secret *load_for_branch(struct secret_key *k)
{
    struct secret *s = secret_load(k);
    if (s || k->accessor.kind != ACCESSOR_REPO || !k->accessor.repo.branch.ptr)
        return s;
    k->accessor.repo.branch = (struct slice){0};
    return secret_load(k);
}

static struct secret_view view_of(const struct secret_key *k, const struct secret *s)
{
    return (struct secret_view){k->accessor,   s->encrypted_secrets,        s->access, k->profile, s->created_at,
                                s->updated_at, deposit_of(s->storage_bytes)};
}

VIEW(get_secrets)
{
    struct secret_key *k = read_key();
    struct secret *s = load_for_branch(k);
    if (!s) {
        return_null();
        return;
    }
    struct secret_view view = view_of(k, s);
    return_value(&secret_view_schema, &view);
}

struct vault_view {
    struct secret_view profile;
    bool has_profile;
    struct slice vault_id;
};
static const struct field vault_view_fields[] = {
    FIELD_OF_OPT(struct vault_view, profile, &secret_view_schema),
    FIELD_SLICE_OPT(struct vault_view, vault_id, FIELD_STRING),
};
static const struct schema vault_view_schema = RECORD(struct vault_view, vault_view_fields);

VIEW(get_secret_with_vault)
{
    struct vault_view view = {0};
    struct secret_key *k = read_key();
    struct secret *s = load_for_branch(k);
    if (s)
        view = (struct vault_view){view_of(k, s), true, s->vault_id};
    return_value(&vault_view_schema, &view);
}

VIEW(get_secret_vault)
{
    struct secret_key *k = read_key();
    struct secret *s = secret_load(k);
    if (s && s->vault_id.ptr)
        return_string(s->vault_id);
    else
        return_null();
}

VIEW(secrets_exist)
{
    struct secret_key *k = read_key();
    return_bool(secret_exists(k));
}

/* There is no index by repository. The arguments' names really start with a line. */
VIEW(list_profiles)
{
    log_text("WARNING: list_profiles requires indexing implementation");
    return_bytes(SLICE("[]"));
}

struct list_args {
    struct slice account_id;
    uint64_t from_index, limit;
    bool has_from_index, has_limit;
};
static const struct field list_fields[] = {
    FIELD_AS(struct list_args, account_id, FIELD_ACCOUNT),
    FIELD_OPT(struct list_args, from_index),
    FIELD_OPT(struct list_args, limit),
};
static const struct schema list_schema = STRUCT("Input", struct list_args, list_fields);

VIEW(list_user_secrets)
{
    enum { DEFAULT_LIMIT = 100, LIMIT_MAX = 500 };
    struct buf *out = buf_new();
    struct list_args *a = call_args(&list_schema);
    struct set *secrets = set_open(KEY_SECRETS_OF, a->account_id);
    uint64_t end = page_end(a->from_index, a->has_limit ? a->limit : DEFAULT_LIMIT, LIMIT_MAX, secrets->count);
    json_write_open(out, '[');
    for (uint64_t i = a->from_index; i < end; i++) {
        struct borsh_reader r = borsh_reader_of(set_at(secrets, (uint32_t)i));
        struct secret_key k = {0};
        schema_read_borsh(&secret_name_schema, &r, &k);
        k.owner = a->account_id;
        struct secret *s = secret_load(&k);
        if (!s)
            continue;
        struct secret_view view = view_of(&k, s);
        schema_write_json(&secret_info_schema, &view, out);
    }
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

struct account_args {
    struct slice account_id;
};
static const struct field account_fields[] = {FIELD_AS(struct account_args, account_id, FIELD_ACCOUNT)};
static const struct schema account_schema = STRUCT("Input", struct account_args, account_fields);

VIEW(get_payment_key_nonce_floor)
{
    struct account_args *a = call_args(&account_schema);
    return_u64(payment_nonce_floor(a->account_id));
}

VIEW(get_next_payment_key_nonce)
{
    struct account_args *a = call_args(&account_schema);
    return_u64((uint64_t)payment_nonce_floor(a->account_id) + 1);
}

/* Storing and managing secrets. Whoever stores pays for it; an agent's secret belongs to the agent's own account and is stored by
 * anybody who has the agent's signature (agent_secrets.c). */
#include "outlayer/secrets.h"
#include "outlayer/deposits.h"
#include "outlayer/events.h"
#include "outlayer/payment_keys.h"
#include "outlayer/projects.h"
#include "outlayer/sources.h"

enum { HASH_LEN = 64, BRANCH_MAX = 255, AGENT_NAME_LEN = 64, PAYMENT_CIPHERTEXT_MAX = 12000 };

/* Keys */

static bool is_digits(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    }
    return s.len > 0;
}

static struct slice without_zeros(struct slice digits)
{
    while (digits.len > 1 && digits.ptr[0] == '0')
        digits = slice_skip(digits, 1);
    return digits;
}

static struct slice lower_case(struct slice s)
{
    struct buf *out = buf_new();
    for (size_t i = 0; i < s.len; i++)
        buf_append_byte(out, s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? s.ptr[i] | 0x20 : s.ptr[i]);
    return buf_slice(out);
}

void secret_key_canonicalise(struct secret_key *k)
{
    if (k->accessor.kind == ACCESSOR_WASM_HASH)
        k->accessor.name.name = lower_case(k->accessor.name.name);
    if (k->accessor.kind == ACCESSOR_SYSTEM && is_digits(k->profile))
        k->profile = without_zeros(k->profile);
}

struct secret_key payment_key_of(struct slice owner, uint64_t nonce)
{
    struct buf *digits = buf_new();
    json_digits(digits, nonce);
    return (struct secret_key){.accessor = {.kind = ACCESSOR_SYSTEM}, .profile = buf_slice(digits), .owner = owner};
}

static struct slice borsh_of(const struct schema *s, const struct secret_key *k)
{
    struct buf *bytes = buf_new();
    schema_write_borsh(s, k, bytes);
    return buf_slice(bytes);
}

static struct slice key_of(const struct secret_key *k)
{
    return storage_key_hash(KEY_SECRET, borsh_of(&secret_key_schema, k));
}

/* Records */

struct secret *secret_load(const struct secret_key *k)
{
    return record_read(key_of(k), &secret_record_schema);
}

bool secret_exists(const struct secret_key *k)
{
    return storage_has(key_of(k));
}

void secret_save(const struct secret_key *k, const struct secret *s)
{
    record_write(key_of(k), &secret_record_schema, s);
}

/* Whose place in the list changed. */
static void move(struct slice owner, struct slice name, uint32_t place)
{
    struct borsh_reader r = borsh_reader_of(name);
    struct secret_key k = {0};
    schema_read_borsh(&secret_name_schema, &r, &k);
    k.owner = owner;
    struct secret *s = borsh_done(&r) ? secret_load(&k) : NULL;
    require_text(s, "The collection is an inconsistent state");
    s->place = place;
    secret_save(&k, s);
}

struct secret *secret_take(const struct secret_key *k)
{
    struct secret *s = record_take(key_of(k), &secret_record_schema);
    if (!s)
        return NULL;
    struct slice moved = set_remove(set_open(KEY_SECRETS_OF, k->owner), s->place);
    if (moved.ptr)
        move(k->owner, moved, s->place);
    return s;
}

static uint32_t add_to_list(const struct secret_key *k)
{
    struct set *secrets = set_open(KEY_SECRETS_OF, k->owner);
    return set_add(secrets, borsh_of(&secret_name_schema, k));
}

/* The price of a secret in bytes, as the interface counts it. */
static uint32_t secret_bytes(const struct secret_key *k, struct slice ciphertext, struct slice access_json, bool with_vault)
{
    enum { ENTRY = 40, INDEX = 64, TIMES_AND_DEPOSIT = 32, ACCESS_OVERHEAD = 10, VAULT = 68 };
    size_t key = borsh_of(&secret_key_schema, k).len;
    size_t bytes = ENTRY + key + 4 + ciphertext.len + access_json.len + ACCESS_OVERHEAD + TIMES_AND_DEPOSIT + INDEX;
    return (uint32_t)(bytes + (with_vault ? ENTRY + key + VAULT : 0));
}

/* Conditions. The keystore asks the chain for balances and memberships, and runs patterns: both are bounded. */

struct access_count {
    uint32_t lookups, patterns;
    size_t pattern_bytes;
};

static void count_access(const struct access *a, struct access_count *n)
{
    const struct access *conditions = a->logic.conditions.items;
    switch ((enum access_kind)a->kind) {
    case ACCESS_LOGIC:
        for (uint32_t i = 0; i < a->logic.conditions.count; i++)
            count_access(&conditions[i], n);
        break;
    case ACCESS_NOT:
    case ACCESS_PREDECESSOR:
        count_access(a->inner.condition, n);
        break;
    case ACCESS_PATTERN:
        n->patterns++;
        n->pattern_bytes += a->text.text.len;
        break;
    case ACCESS_NEAR:
    case ACCESS_FT:
    case ACCESS_NFT:
    case ACCESS_DAO:
        n->lookups++;
        break;
    case ACCESS_UNTIL:
        require_text(a->until.until_ns <= UINT64_MAX, "until_ns must be nanoseconds since 1970 in 64 bits");
        break;
    case ACCESS_ALL:
    case ACCESS_WHITELIST:
    case ACCESS_WASM_HASH:
        break;
    }
}

static void access_check(const struct access *a)
{
    enum { LOOKUPS_MAX = 5, PATTERNS_MAX = 16, PATTERN_BYTES_MAX = 4096 };
    struct access_count n = {0};
    count_access(a, &n);
    require_text(n.lookups <= LOOKUPS_MAX, "access must ask for at most {} balances, tokens or roles, not {}",
                 (uint64_t)LOOKUPS_MAX, (uint64_t)n.lookups);
    require_text(n.patterns <= PATTERNS_MAX && n.pattern_bytes <= PATTERN_BYTES_MAX,
                 "access must have at most {} patterns of {} bytes together", (uint64_t)PATTERNS_MAX,
                 (uint64_t)PATTERN_BYTES_MAX);
}

struct slice access_json(const struct access *a)
{
    struct buf *text = buf_new();
    schema_write_json(&access_schema, a, text);
    return buf_slice(text);
}

/* Payment keys */

static struct slice floor_key(struct slice account)
{
    return storage_key_text(KEY_NONCE_FLOOR, account);
}

uint32_t payment_nonce_floor(struct slice account)
{
    struct slice bytes = storage_read(floor_key(account));
    if (!bytes.ptr)
        return 0;
    struct borsh_reader r = borsh_reader_of(bytes);
    return borsh_read_u32(&r);
}

static void raise_floor(struct slice account, uint32_t nonce)
{
    storage_write(floor_key(account), slice_from(&nonce, sizeof nonce));
}

/* What an account's first payment key costs more: the entry that remembers its nonces stays. */
static uint32_t floor_bytes(const struct secret_key *k)
{
    enum { ENTRY = 40 + 1 + 4 + 4 };
    if (k->accessor.kind != ACCESSOR_SYSTEM || payment_nonce_floor(k->owner))
        return 0;
    return (uint32_t)(ENTRY + k->owner.len);
}

static uint64_t nonce_of(struct slice profile)
{
    enum { DIGITS_MAX = 10 };
    uint64_t nonce = 0;
    require_text(is_digits(profile) && profile.len <= DIGITS_MAX,
                 "A payment key's profile is its nonce and must be a number, got {}", quoted(profile));
    for (size_t i = 0; i < profile.len; i++)
        nonce = nonce * 10 + (uint64_t)(profile.ptr[i] - '0');
    require_text(nonce != 0, "Payment key nonce 0 is reserved. The first nonce is 1 — ask the contract with "
                             "get_next_payment_key_nonce.");
    require_text(nonce <= PAYMENT_NONCE_MAX, "Payment key nonce is too large (maximum {})", (uint64_t)PAYMENT_NONCE_MAX);
    return nonce;
}

/* A payment key is written once, under a nonce that was never used. */
static void check_payment_key(const struct secret_key *k, struct slice ciphertext, bool had)
{
    require_text(
        !had,
        "Payment key already exists for this nonce. A payment key cannot be rewritten — delete it first, or use a new nonce.");
    require_text(nonce_of(k->profile) > payment_nonce_floor(k->owner), "Payment key nonce {} has already been used",
                 nonce_of(k->profile));
    require_text(ciphertext.len <= PAYMENT_CIPHERTEXT_MAX, "Encrypted secrets of a payment key must be at most {} bytes",
                 (uint64_t)PAYMENT_CIPHERTEXT_MAX);
}

/* An amount of 0 without a waiting call asks the worker to register the key. */
static void register_payment_key(const struct state *s, const struct secret_key *k, struct slice ciphertext)
{
    uint32_t nonce = (uint32_t)nonce_of(k->profile);
    raise_floor(k->owner, nonce);
    struct top_up_event event = {.owner = k->owner, .nonce = nonce, .encrypted_data = ciphertext};
    system_event(s, &top_up_event_schema, &event);
}

/* Storing */

static bool contains(struct slice s, uint8_t byte)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == byte)
            return true;
    }
    return false;
}

static bool is_hex(struct slice s)
{
    struct slice low = lower_case(s);
    for (size_t i = 0; i < low.len; i++) {
        if (!(low.ptr[i] >= '0' && low.ptr[i] <= '9') && !(low.ptr[i] >= 'a' && low.ptr[i] <= 'f'))
            return false;
    }
    return true;
}

static void check_accessor(const struct secret_key *k)
{
    const struct accessor *a = &k->accessor;
    struct slice name = a->name.name;
    if (a->kind == ACCESSOR_REPO) {
        require_text(a->repo.repo.len > 0, "Repository cannot be empty");
        require_text(!a->repo.branch.ptr || a->repo.branch.len > 0, "Branch name cannot be empty if provided");
        require_text(a->repo.branch.len <= BRANCH_MAX, "Branch name too long (max 255 chars)");
    } else if (a->kind == ACCESSOR_WASM_HASH) {
        require_text(name.len > 0, "WASM hash cannot be empty");
        require_text(name.len == HASH_LEN, "WASM hash must be 64 hex characters (SHA256)");
        require_text(is_hex(name), "WASM hash must be hex encoded");
    } else if (a->kind == ACCESSOR_PROJECT) {
        require_text(name.len > 0, "Project ID cannot be empty");
        require_text(contains(name, '/'), "Project ID must be in format 'owner.near/name'");
        require_text(project_exists(name), "Project '{}' does not exist", escaped(name));
    } else {
        nonce_of(k->profile);
    }
}

static void check_profile(const struct secret_key *k)
{
    profile_check(k->profile);
    bool names_agent = k->profile.len == AGENT_NAME_LEN && is_hex(k->profile) && slice_eq(lower_case(k->profile), k->profile);
    require_text(
        !names_agent || slice_eq(k->profile, k->owner),
        "A profile of 64 hex characters names an AGENT, and only that agent's own secrets may use it. This secret is owned by "
        "'{}' — give it a different profile name.",
        k->owner);
}

static void pay_replacement(const struct secret *stored, struct secret *new)
{
    u128 required = deposit_of(new->storage_bytes), attached = call_deposit(), old = deposit_of(stored->storage_bytes), both;
    require_text(deposit_retake(stored->storage_bytes, new->storage_bytes, &both),
                 "Insufficient deposit for update. Required: {} yoctoNEAR, available (attached {} + old {}): {} yoctoNEAR",
                 &required, &attached, &old, &both);
    new->created_at = stored->created_at;
    new->place = stored->place;
}

static void pay_new(const struct secret_key *k, struct secret *new)
{
    deposit_take(new->storage_bytes + floor_bytes(k));
    new->created_at = new->updated_at;
    new->place = add_to_list(k);
}

void secret_store(const struct state *s, const struct secret_key *k, const struct secret_content *c)
{
    check_accessor(k);
    check_profile(k);
    require_text(c->ciphertext.len > 0, "Encrypted secrets cannot be empty");
    access_check(&c->access);
    struct secret *stored = secret_load(k);
    if (k->accessor.kind == ACCESSOR_SYSTEM)
        check_payment_key(k, c->ciphertext, stored != NULL);
    struct secret new = {.encrypted_secrets = c->ciphertext,
                         .access = access_json(&c->access),
                         .vault_id = c->vault_id,
                         .updated_at = call_time_ns()};
    if (stored && !new.vault_id.ptr)
        new.vault_id = stored->vault_id;
    new.storage_bytes = secret_bytes(k, c->ciphertext, new.access, new.vault_id.ptr != NULL);
    if (stored)
        pay_replacement(stored, &new);
    else
        pay_new(k, &new);
    secret_save(k, &new);
    if (k->accessor.kind == ACCESSOR_SYSTEM)
        register_payment_key(s, k, c->ciphertext);
    log_text("Secrets {}: profile {}, owner {}", stored ? "updated" : "stored", k->profile, k->owner);
}

/* Methods */

struct store_args {
    struct secret_key key;
    struct secret_content content;
};
static const struct field store_fields[] = {
    FIELD_NESTED("accessor", struct store_args, key.accessor, FIELD_SCHEMA, &accessor_schema),
    FIELD_NAMED("profile", struct store_args, key.profile, FIELD_STRING),
    FIELD_NAMED("encrypted_secrets_base64", struct store_args, content.ciphertext, FIELD_STRING),
    FIELD_NESTED("access", struct store_args, content.access, FIELD_SCHEMA, &access_schema),
    FIELD_NAMED("vault_id", struct store_args, content.vault_id, FIELD_ACCOUNT, .flags = FIELD_IS_OPT),
    FIELD_NAMED("owner", struct store_args, key.owner, FIELD_ACCOUNT), /* in estimates */
};
static const struct schema store_schema = STRUCT_FIRST("Input", struct store_args, store_fields,
                                                       sizeof store_fields / sizeof *store_fields - 1),
                           estimate_schema = STRUCT("Input", struct store_args, store_fields);

PAYABLE(store_secrets)
{
    struct store_args *a = call_args(&store_schema);
    const struct state *s = state_open(FOR_ANYONE);
    a->key.owner = call_predecessor();
    secret_key_canonicalise(&a->key);
    secret_store(s, &a->key, &a->content);
}

VIEW(estimate_storage_cost)
{
    struct store_args *a = call_args(&estimate_schema);
    secret_key_canonicalise(&a->key);
    struct secret *stored = a->content.vault_id.ptr ? NULL : secret_load(&a->key);
    bool bound = a->content.vault_id.ptr || (stored && stored->vault_id.ptr);
    return_u128(deposit_of(secret_bytes(&a->key, a->content.ciphertext, access_json(&a->content.access), bound) +
                           floor_bytes(&a->key)));
}

struct own_args {
    struct secret_key key;
    struct access new_access;
};
static const struct field own_fields[] = {
    FIELD_NESTED("accessor", struct own_args, key.accessor, FIELD_SCHEMA, &accessor_schema),
    FIELD_NAMED("profile", struct own_args, key.profile, FIELD_STRING),
    FIELD_OF(struct own_args, new_access, &access_schema), /* of update_access */
};
static const struct schema own_schema = STRUCT_FIRST("Input", struct own_args, own_fields, 2),
                           update_schema = STRUCT("Input", struct own_args, own_fields);

/* Reads the arguments of a method about one of the caller's secrets. */
static struct own_args *own_key(const struct schema *s)
{
    struct own_args *a = call_args(s);
    state_open(FOR_ANYONE);
    a->key.owner = call_predecessor();
    secret_key_canonicalise(&a->key);
    return a;
}

CHANGE(delete_secrets)
{
    struct own_args *a = own_key(&own_schema);
    require_text(a->key.accessor.kind != ACCESSOR_SYSTEM,
                 "A payment key is deleted with delete_payment_key, which the coordinator is told about");
    struct secret *s = secret_take(&a->key);
    require_text(s, "Secrets not found");
    u128 deposit = deposit_of(s->storage_bytes);
    deposit_give_back(call_predecessor(), deposit);
    log_text("Refunded {} yoctoNEAR", &deposit);
}

CHANGE(unbind_secret_vault)
{
    struct own_args *a = own_key(&own_schema);
    struct secret *s = secret_load(&a->key);
    require_text(s, "secret not found or not owned by caller");
    if (!s->vault_id.ptr)
        return;
    s->vault_id = (struct slice){0};
    secret_save(&a->key, s);
}

PAYABLE(update_access)
{
    struct own_args *a = own_key(&update_schema);
    struct secret *s = secret_load(&a->key);
    require_text(s, "Secrets not found");
    access_check(&a->new_access);
    s->access = access_json(&a->new_access);
    uint32_t bytes = secret_bytes(&a->key, s->encrypted_secrets, s->access, s->vault_id.ptr != NULL);
    u128 required = deposit_of(bytes), both;
    require_text(deposit_retake(s->storage_bytes, bytes, &both),
                 "Insufficient deposit for this condition. Required: {} yoctoNEAR, available: {} yoctoNEAR", &required, &both);
    s->storage_bytes = bytes;
    s->updated_at = call_time_ns();
    secret_save(&a->key, s);
}

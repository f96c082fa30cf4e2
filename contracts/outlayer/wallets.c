/* Wallet policies: what a wallet may do, encrypted for the keystore. The wallet's key agrees once, by a signature, to whom it gives the
 * control; from then on the controller rules.
 *
 *     k <wallet key>   the record
 *     K <controller>   set of the keys of the wallets it controls */
#include "outlayer/deposits.h"
#include "outlayer/events.h"
#include "outlayer/wallet_keys.h"

enum { DATA_MAX = 100000, WALLET_KEY_MAX = 80 };

struct wallet_policy {
    struct slice wallet_pubkey, owner, encrypted_data, wallet_signature;
    struct slice storage_refund_to, refunded_to; /* NULL: the controller */
    uint64_t updated_at;                         /* ns */
    u128 storage_deposit;
    uint32_t storage_bytes, place;
    bool frozen;
};

static const struct field record_fields[] = {
    FIELD_KEPT(struct wallet_policy, owner),
    FIELD_KEPT(struct wallet_policy, encrypted_data),
    FIELD_KEPT(struct wallet_policy, frozen),
    FIELD_KEPT(struct wallet_policy, updated_at),
    FIELD_KEPT(struct wallet_policy, storage_bytes),
    FIELD_KEPT(struct wallet_policy, place),
    FIELD_SLICE_OPT(struct wallet_policy, storage_refund_to, FIELD_STRING),
};
static const struct schema record_schema = RECORD(struct wallet_policy, record_fields);

static const struct field store_fields[] = {
    FIELD(struct wallet_policy, wallet_pubkey),
    FIELD(struct wallet_policy, encrypted_data),
    FIELD(struct wallet_policy, wallet_signature),
    FIELD_SLICE_OPT(struct wallet_policy, storage_refund_to, FIELD_ACCOUNT),
};
static const struct schema store_schema = STRUCT("Input", struct wallet_policy, store_fields);

static const struct field estimate_fields[] = {
    FIELD(struct wallet_policy, wallet_pubkey),
    FIELD(struct wallet_policy, encrypted_data),
    FIELD_SLICE_OPT(struct wallet_policy, storage_refund_to, FIELD_ACCOUNT),
};
static const struct schema estimate_schema = STRUCT("Input", struct wallet_policy, estimate_fields);

static const struct field key_fields[] = {FIELD(struct wallet_policy, wallet_pubkey)};
static const struct schema key_schema = STRUCT("Input", struct wallet_policy, key_fields);

struct list_args {
    struct slice owner;
    uint64_t from_index, limit;
    bool has_from_index, has_limit;
};
static const struct field list_fields[] = {
    FIELD_AS(struct list_args, owner, FIELD_ACCOUNT),
    FIELD_OPT(struct list_args, from_index),
    FIELD_OPT(struct list_args, limit),
};
static const struct schema list_schema = STRUCT("Input", struct list_args, list_fields);

static const struct field view_fields[] = {
    FIELD(struct wallet_policy, owner),
    FIELD(struct wallet_policy, encrypted_data),
    FIELD(struct wallet_policy, frozen),
    FIELD(struct wallet_policy, updated_at),
    FIELD_SLICE_OPT(struct wallet_policy, storage_refund_to, FIELD_STRING),
    FIELD(struct wallet_policy, storage_deposit),
};
static const struct schema view_schema = RECORD(struct wallet_policy, view_fields);

static const struct field item_fields[] = {
    FIELD(struct wallet_policy, wallet_pubkey),
    FIELD(struct wallet_policy, owner),
    FIELD(struct wallet_policy, frozen),
    FIELD(struct wallet_policy, updated_at),
    FIELD_SLICE_OPT(struct wallet_policy, storage_refund_to, FIELD_STRING),
};
static const struct schema item_schema = RECORD(struct wallet_policy, item_fields);

static const struct field updated_fields[] = {
    FIELD(struct wallet_policy, wallet_pubkey),
    FIELD(struct wallet_policy, owner),
    FIELD(struct wallet_policy, encrypted_data),
    FIELD(struct wallet_policy, frozen),
};
static const struct schema updated_schema = STRUCT("WalletPolicyUpdated", struct wallet_policy, updated_fields);

static const struct field deleted_fields[] = {
    FIELD(struct wallet_policy, wallet_pubkey),
    FIELD(struct wallet_policy, owner),
    FIELD(struct wallet_policy, refunded_to),
};
static const struct schema deleted_schema = STRUCT("WalletPolicyDeleted", struct wallet_policy, deleted_fields);

static const struct field frozen_fields[] = {
    FIELD(struct wallet_policy, wallet_pubkey),
    FIELD(struct wallet_policy, owner),
    FIELD(struct wallet_policy, frozen),
};
static const struct schema frozen_schema = STRUCT("WalletFrozenChanged", struct wallet_policy, frozen_fields);

/* Records */

static struct slice key_of(struct slice wallet_pubkey)
{
    return storage_key_text(KEY_WALLET, wallet_pubkey);
}

static struct wallet_policy *load(struct slice wallet_pubkey)
{
    struct wallet_policy *p = record_read(key_of(wallet_pubkey), &record_schema);
    if (p) {
        p->wallet_pubkey = wallet_pubkey;
        p->storage_deposit = deposit_of(p->storage_bytes);
    }
    return p;
}

static void store(const struct wallet_policy *p)
{
    record_write(key_of(p->wallet_pubkey), &record_schema, p);
}

/* Who gets the deposit when the policy goes. */
static struct slice beneficiary(const struct wallet_policy *p)
{
    return p->storage_refund_to.ptr ? p->storage_refund_to : p->owner;
}

static uint32_t bytes_of(const struct wallet_policy *p)
{
    enum { ENTRY = 40, LENGTHS = 4 + 4, OWNER = 68, FROZEN = 1, TIME = 8, DEPOSIT = 16, REFUND_TO = 68 };
    size_t bytes = ENTRY + LENGTHS + OWNER + FROZEN + TIME + DEPOSIT + p->wallet_pubkey.len + p->encrypted_data.len;
    return (uint32_t)bytes + (p->storage_refund_to.ptr ? REFUND_TO : 0);
}

/* Storing */

static void check_store(struct wallet_policy *p)
{
    struct wallet_key key;
    struct buf *message = buf_new();
    require_text(p->wallet_pubkey.len, "wallet_pubkey cannot be empty");
    require_text(p->encrypted_data.len, "encrypted_data cannot be empty");
    require_text(p->encrypted_data.len <= DATA_MAX, "encrypted_data too large (max 100KB)");
    require_text(p->wallet_signature.len, "wallet_signature is required");
    wallet_key_parse(p->wallet_pubkey, &key);
    p->wallet_pubkey = key.text;
    append_text(message, "store_wallet_policy:v1:{}:{}:{}:{}", key.text, (uint64_t)p->encrypted_data.len, p->encrypted_data,
                call_predecessor());
    wallet_key_verify(&key, buf_slice(message), p->wallet_signature);
}

/* What the policy does not need any more goes to whom its deposit belongs, what is attached too much to the caller. */
static void reprice(struct wallet_policy *p)
{
    u128 old = deposit_of(p->storage_bytes), attached = call_deposit(), available = old + attached;
    p->storage_bytes = bytes_of(p);
    u128 required = deposit_of(p->storage_bytes), freed = old > required ? old - required : 0;
    require_text(available >= required, "Insufficient deposit for update. Required: {}, available (attached {} + old {}): {}",
                 &required, &attached, &old, &available);
    deposit_give_back(beneficiary(p), freed);
    deposit_give_back(call_predecessor(), available - required - freed);
}

PAYABLE(store_wallet_policy)
{
    struct wallet_policy *a = call_args(&store_schema);
    struct state *s = state_open(FOR_ANYONE_UNLESS_PAUSED);
    check_store(a);
    a->owner = call_predecessor();
    struct wallet_policy *p = load(a->wallet_pubkey);
    if (p) {
        require_text(slice_eq(p->owner, a->owner), "Only the original controller ({}) can update this wallet policy", p->owner);
        p->encrypted_data = a->encrypted_data;
        reprice(p);
    } else {
        struct set *wallets = set_open(KEY_WALLETS_OF, a->owner);
        p = a;
        p->place = set_add(wallets, a->wallet_pubkey);
        p->storage_bytes = bytes_of(p);
        deposit_take(p->storage_bytes);
    }
    p->updated_at = call_time_ns();
    store(p);
    system_event(s, &updated_schema, p);
}

/* Ruling */

/* Reads the key of a method's arguments and loads its policy for the controller. */
static struct wallet_policy *open_policy(struct text purpose)
{
    struct wallet_key key;
    struct wallet_policy *a = call_args(&key_schema);
    wallet_key_parse(a->wallet_pubkey, &key);
    struct wallet_policy *p = load(key.text);
    require_text(p, "Wallet policy not found");
    require_text(slice_eq(call_predecessor(), p->owner), "Only the controller ({}) can {}", p->owner, purpose);
    return p;
}

/* Works while the contract is paused: freezing is what one does in an emergency. */
static void set_frozen(struct wallet_policy *p, bool frozen)
{
    p->frozen = frozen;
    p->updated_at = call_time_ns();
    store(p);
    system_event(state_open(FOR_ANYONE), &frozen_schema, p);
}

CHANGE(freeze_wallet)
{
    struct wallet_policy *p = open_policy(TEXT("freeze this wallet"));
    require_text(!p->frozen, "Wallet is already frozen");
    set_frozen(p, true);
}

CHANGE(unfreeze_wallet)
{
    state_open(FOR_ANYONE_UNLESS_PAUSED);
    struct wallet_policy *p = open_policy(TEXT("unfreeze this wallet"));
    require_text(p->frozen, "Wallet is not frozen");
    set_frozen(p, false);
}

CHANGE(delete_wallet_policy)
{
    struct wallet_policy *p = open_policy(TEXT("delete this wallet policy"));
    storage_remove(key_of(p->wallet_pubkey));
    struct slice moved = set_remove(set_open(KEY_WALLETS_OF, p->owner), p->place);
    struct wallet_policy *other = moved.ptr ? load(moved) : NULL;
    if (other) {
        other->place = p->place;
        store(other);
    }
    p->refunded_to = beneficiary(p);
    deposit_give_back(p->refunded_to, p->storage_deposit);
    system_event(state_open(FOR_ANYONE), &deleted_schema, p);
}

/* Who gets the deposit back may pass that on. */

struct refund_args {
    uint8_t kind; /* of the item: there is one */
    struct wallet_policy policy;
    struct slice storage_refund_to;
};
static const struct field item_variants[] = {VARIANT("WalletPolicy", struct refund_args, policy, &key_schema)};
static const struct schema refund_item_schema = ENUM("StorageItem", struct refund_args, item_variants);
static const struct field refund_fields[] = {
    FIELD_NESTED("item", struct refund_args, kind, FIELD_SCHEMA, &refund_item_schema),
    FIELD_AS(struct refund_args, storage_refund_to, FIELD_ACCOUNT),
};
static const struct schema refund_schema = STRUCT("StorageRefundToChanged", struct refund_args, refund_fields);

CHANGE(set_storage_refund_to)
{
    struct wallet_key key;
    struct refund_args *a = call_args(&refund_schema);
    struct state *s = state_open(FOR_ANYONE);
    wallet_key_parse(a->policy.wallet_pubkey, &key);
    struct wallet_policy *p = load(key.text);
    require_text(p, "Wallet policy not found");
    require_text(slice_eq(call_predecessor(), beneficiary(p)), "Only the beneficiary ({}) can change where the deposit goes",
                 beneficiary(p));
    a->policy.wallet_pubkey = key.text;
    p->storage_refund_to = a->storage_refund_to;
    store(p);
    system_event(s, &refund_schema, a);
}

/* Views read a key leniently: what is none has no policy. */

static struct wallet_policy *find(void)
{
    struct buf *canonical = buf_new();
    bool hex = false;
    struct wallet_policy *a = call_args(&key_schema);
    if (a->wallet_pubkey.len > WALLET_KEY_MAX)
        return NULL;
    for (size_t i = 0; i < a->wallet_pubkey.len; i++) {
        uint8_t c = a->wallet_pubkey.ptr[i];
        hex |= c == ':';
        buf_append_byte(canonical, hex && c >= 'A' && c <= 'F' ? c | 0x20 : c);
    }
    return load(buf_slice(canonical));
}

VIEW(has_wallet_policy)
{
    return_bool(find());
}

VIEW(get_wallet_policy)
{
    return_value(&view_schema, find());
}

VIEW(get_wallet_policies_by_owner)
{
    enum { LIMIT_MAX = 200 };
    struct buf *out = buf_new();
    struct list_args *a = call_args(&list_schema);
    struct set *wallets = set_open(KEY_WALLETS_OF, a->owner);
    uint64_t end = page_end(a->from_index, a->has_limit ? a->limit : LIMIT_MAX, LIMIT_MAX, wallets->count);
    json_write_open(out, '[');
    for (uint64_t i = a->from_index; i < end; i++) {
        struct wallet_policy *p = load(set_at(wallets, (uint32_t)i));
        if (p)
            schema_write_json(&item_schema, p, out);
    }
    json_write_close(out, ']');
    return_bytes(buf_slice(out));
}

VIEW(estimate_wallet_policy_cost)
{
    struct wallet_policy *a = call_args(&estimate_schema);
    return_u128(deposit_of(bytes_of(a)));
}

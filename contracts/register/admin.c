/* The contract's beginning, its accounts, and what everybody may know of it. */
#include "codec/hex.h"
#include "kit/host.h"
#include "register/collateral.h"

struct new_args {
    struct slice owner_id, init_worker_account, outlayer_contract_id, simulator_root;
};
static const struct field new_fields[] = {
    FIELD_AS(struct new_args, owner_id, FIELD_ACCOUNT),
    FIELD_AS(struct new_args, init_worker_account, FIELD_ACCOUNT),
    FIELD_AS(struct new_args, outlayer_contract_id, FIELD_ACCOUNT),
    FIELD_SLICE_OPT(struct new_args, simulator_root, FIELD_STRING),
};
static const struct schema new_schema = STRUCT("Input", struct new_args, new_fields);

static struct slice chain_id(void)
{
    enum { REG = 0, ROOM = 64 };
    static uint8_t id[ROOM];
    host_chain_id(REG);
    size_t len = (size_t)host_register_len(REG);
    require_text(len <= ROOM, "the chain's id is too long");
    host_read_register(REG, host_address(id));
    return slice_from(id, len);
}

/* A simulator's root is taken where nothing is at stake. */
static void trust_simulator(struct state *s, struct slice root_hex)
{
    static struct dcap_anchor anchor;
    struct buf *root = buf_new();
    struct slice chain = chain_id();
    require_text(slice_eq(chain, SLICE("devnet")),
                 "simulator_root is refused on {}: quotes are verified under Intel's root everywhere but on devnet", chain);
    require_text(hex_decode_append(root_hex, root, NULL) && dcap_anchor_read(&host_crypto, buf_slice(root), &anchor),
                 "simulator_root must be a certificate: hex of DER");
    storage_write(root_key(), slice_from(&anchor, sizeof anchor));
    s->simulated = slice_from(anchor.authority.certificate, sizeof anchor.authority.certificate);
}

CHANGE(new)
{
    struct new_args *a = call_args(&new_schema);
    require_text(!state_exists(), "The contract has already been initialized");
    struct state s = {
        .layout = STATE_LAYOUT,
        .owner_id = a->owner_id,
        .init_worker_account = a->init_worker_account,
        .outlayer_contract_id = a->outlayer_contract_id,
    };
    if (a->simulator_root.ptr)
        trust_simulator(&s, a->simulator_root);
    state_renew_nonce(&s);
    state_save(&s);
}

struct transfer_args {
    struct slice new_owner;
};
static const struct field transfer_fields[] = {FIELD_AS(struct transfer_args, new_owner, FIELD_ACCOUNT)};
static const struct schema transfer_schema = STRUCT("Input", struct transfer_args, transfer_fields);

CHANGE(transfer_ownership)
{
    struct transfer_args *a = call_args(&transfer_schema);
    struct state *s = state_open_for_owner();
    log_text("Ownership transferred: {} -> {}", s->owner_id, a->new_owner);
    s->owner_id = a->new_owner;
    state_save(s);
}

struct nonce_args {
    bool required;
};
static const struct field nonce_fields[] = {FIELD(struct nonce_args, required)};
static const struct schema nonce_schema = STRUCT("Input", struct nonce_args, nonce_fields);

CHANGE(set_nonce_required)
{
    struct nonce_args *a = call_args(&nonce_schema);
    struct state *s = state_open_for_owner();
    s->nonce_required = a->required;
    state_save(s);
}

VIEW(get_registration_nonce)
{
    return_string(hex_of(state_open()->nonce));
}

VIEW(get_init_worker_account)
{
    return_string(state_open()->init_worker_account);
}

VIEW(get_owner)
{
    return_string(state_open()->owner_id);
}

VIEW(get_outlayer_contract)
{
    return_string(state_open()->outlayer_contract_id);
}

/* What quotes are verified under. */
struct root_view {
    bool simulated;
    struct slice sha256;
};
static const struct field root_fields[] = {FIELD(struct root_view, simulated), FIELD(struct root_view, sha256)};
static const struct schema root_schema = RECORD(struct root_view, root_fields);

VIEW(get_trusted_root)
{
    const struct state *s = state_open();
    struct slice intel = slice_from(dcap_intel_anchor.authority.certificate, SHA256_LEN);
    struct root_view view = {s->simulated.ptr != NULL, hex_of(s->simulated.ptr ? s->simulated : intel)};
    return_value(&root_schema, &view);
}

/* Secrets of agents. An agent is an ed25519 key; its secrets belong to the implicit account of that key. It signs what shall be stored or
 * deleted, and anybody submits and pays for it. */
#include "codec/hex.h"
#include "outlayer/deposits.h"
#include "outlayer/secrets.h"
#include "outlayer/wallet_keys.h"

struct agent_args {
    struct slice agent_pubkey, wallet_signature;
    struct secret_key key;
    struct secret_content content;
};

#define AGENT_FIELDS                                                                               \
    FIELD(struct agent_args, agent_pubkey), FIELD(struct agent_args, wallet_signature),            \
        FIELD_NESTED("accessor", struct agent_args, key.accessor, FIELD_SCHEMA, &accessor_schema), \
        FIELD_NAMED("profile", struct agent_args, key.profile, FIELD_STRING)

static const struct field store_fields[] = {
    AGENT_FIELDS,
    FIELD_NAMED("encrypted_secrets_base64", struct agent_args, content.ciphertext, FIELD_STRING),
    FIELD_NESTED("access", struct agent_args, content.access, FIELD_SCHEMA, &access_schema),
    FIELD_NAMED("vault_id", struct agent_args, content.vault_id, FIELD_ACCOUNT, .flags = FIELD_IS_OPT),
};
static const struct schema store_schema = STRUCT("Input", struct agent_args, store_fields);
static const struct field delete_fields[] = {AGENT_FIELDS};
static const struct schema delete_schema = STRUCT("Input", struct agent_args, delete_fields);

/* Finds the agent's account. A colon in the profile would let one signature speak for another secret. */
static void read_agent(struct agent_args *a, struct wallet_key *agent, const char *method)
{
    struct buf *account = buf_new();
    struct slice head;
    wallet_key_parse(a->agent_pubkey, agent);
    require_text(agent->kind == WALLET_ED25519, "Only an ed25519 wallet key has a NEAR account. Got 'secp256k1'.");
    hex_append(account, slice_from(agent->bytes, ED25519_KEY_LEN));
    a->key.owner = buf_slice(account);
    secret_key_canonicalise(&a->key);
    require_text(
        !slice_cut(a->key.profile, ':', &head).ptr,
        "profile must not contain ':' — it is a field separator in the signed `{}` message, and a colon there would let one "
        "signature authorise a different secret. Got '{}'. A profile is an agent's 64-character account or a plain name like "
        "'production'.",
        method, escaped(a->key.profile));
}

/* `kind:v1:key:length of binding:binding:profile`, which both messages begin with. */
static struct buf *message_of(const struct agent_args *a, const char *kind)
{
    struct buf *message = buf_new(), *binding = buf_new();
    append_text(binding, "{}{}", a->key.accessor.kind == ACCESSOR_WASM_HASH ? "wasm:" : "", a->key.accessor.name.name);
    append_text(message, "{}:v1:{}:{}:{}:{}", kind, a->agent_pubkey, (uint64_t)binding->len, buf_slice(binding),
                a->key.profile);
    return message;
}

PAYABLE(store_agent_secret)
{
    struct wallet_key agent;
    struct agent_args *a = call_args(&store_schema);
    const struct state *s = state_open(FOR_ANYONE);
    read_agent(a, &agent, "store_agent_secret");
    require_text(a->key.accessor.kind != ACCESSOR_REPO,
                 "GitHub repositories are not supported for agent secrets. Use a wasm hash or a project.");
    require_text(a->key.accessor.kind != ACCESSOR_SYSTEM,
                 "A payment key is not an agent secret. Create it with store_secrets from the account that owns it.");
    struct buf *message = message_of(a, "store_secrets_for");
    append_text(message, ":{}:{}:{}:{}", a->content.ciphertext, call_predecessor(), a->content.vault_id,
                access_json(&a->content.access));
    wallet_key_verify(&agent, buf_slice(message), a->wallet_signature);
    secret_store(s, &a->key, &a->content);
}

CHANGE(delete_agent_secret)
{
    struct wallet_key agent;
    struct agent_args *a = call_args(&delete_schema);
    state_open(FOR_ANYONE);
    read_agent(a, &agent, "delete_agent_secret");
    require_text(a->key.accessor.kind == ACCESSOR_PROJECT || a->key.accessor.kind == ACCESSOR_WASM_HASH,
                 "delete_agent_secret removes an agent SECRET, stored against a project or a wasm hash. A payment key is not "
                 "one: delete "
                 "it with delete_payment_key, which the coordinator is told about.");
    struct buf *message = message_of(a, "delete_agent_secret");
    append_text(message, ":{}", call_predecessor());
    wallet_key_verify(&agent, buf_slice(message), a->wallet_signature);
    struct secret *stored = secret_take(&a->key);
    require_text(stored, "Secrets not found");
    deposit_give_back(call_predecessor(), deposit_of(stored->storage_bytes));
}

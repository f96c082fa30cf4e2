#include "near/transaction.h"
#include "codec/borsh.h"
#include "codec/hex.h"
#include "crypto/keccak.h"

/* Each reader gives NULL, or the clause that says what is wrong; a reader that ran past the end says "ends too early". */
static const char ends_early[] = "ends too early or has a length that cannot be right";

/* What decoding refuses although it is well formed on the chain. */
static const char *const unsupported_actions[] = {
    [14] = "DelegateV2 actions are not supported",
};

enum {
    ACTION_KIND_COUNT = sizeof unsupported_actions / sizeof *unsupported_actions,
    DELEGATE_TAG = (1 << 30) + 366, /* NEP-461: on-chain messages count from 2^30 by their NEP */
};

static const char *check_key(struct borsh_reader *r, struct public_key *out)
{
    if (public_key_read(r, out))
        return NULL;
    return "public key has an unknown curve or ends too early";
}

static const char *read_account_id(struct borsh_reader *r, struct account_id *out)
{
    struct slice text = borsh_read_string(r);
    if (r->failed)
        return ends_early;
    if (!account_id_is_valid(text))
        return "is not a valid account id";
    err_free(account_id_parse(text, out));
    return NULL;
}

static void write_account_id(struct buf *out, const struct account_id *id)
{
    borsh_write_string(out, account_id_slice(id));
}

/* ---- access keys ---- */

static const char *read_call_permission(struct borsh_reader *r, struct arena *arena, struct access_key *out)
{
    out->has_allowance = borsh_read_bool(r);
    out->allowance = out->has_allowance ? borsh_read_u128(r) : 0;
    out->receiver_id = borsh_read_string(r);
    out->method_count = borsh_read_count(r, sizeof(uint32_t));
    struct slice *names = ARENA_ARRAY(arena, struct slice, out->method_count);
    for (size_t i = 0; i < out->method_count; i++)
        names[i] = borsh_read_string(r);
    out->method_names = names;
    return r->failed ? ends_early : NULL;
}

static const char *read_access_key(struct borsh_reader *r, struct arena *arena, struct access_key *out)
{
    *out = (struct access_key){.nonce = borsh_read_u64(r)};
    uint8_t permission = borsh_read_u8(r);
    if (r->failed)
        return ends_early;
    if (permission > PERMISSION_GAS_KEY_FULL_ACCESS)
        return "access key has an unknown permission";
    out->permission = (enum access_permission)permission;
    if (access_key_is_gas_key(out)) {
        out->gas_balance = borsh_read_u128(r);
        out->nonce_count = borsh_read_u16(r);
    }
    if (access_key_is_limited(out))
        return read_call_permission(r, arena, out);
    return r->failed ? ends_early : NULL;
}

void access_key_write(struct buf *out, const struct access_key *k)
{
    borsh_write_u64(out, k->nonce);
    borsh_write_u8(out, (uint8_t)k->permission);
    if (access_key_is_gas_key(k)) {
        borsh_write_u128(out, k->gas_balance);
        borsh_write_u16(out, k->nonce_count);
    }
    if (!access_key_is_limited(k))
        return;
    borsh_write_u8(out, k->has_allowance);
    if (k->has_allowance)
        borsh_write_u128(out, k->allowance);
    borsh_write_string(out, k->receiver_id);
    borsh_write_u32(out, (uint32_t)k->method_count);
    for (size_t i = 0; i < k->method_count; i++)
        borsh_write_string(out, k->method_names[i]);
}

bool access_key_read(struct borsh_reader *r, struct arena *arena, struct access_key *out)
{
    if (read_access_key(r, arena, out))
        r->failed = true;
    return !r->failed;
}

/* ---- actions ---- */

static const char *read_call(struct borsh_reader *r, struct action *out)
{
    out->call.method = borsh_read_string(r);
    out->call.args = borsh_read_string(r);
    out->call.gas = borsh_read_u64(r);
    out->call.deposit = borsh_read_u128(r);
    return NULL;
}

static const char *read_stake(struct borsh_reader *r, struct action *out)
{
    out->stake.stake = borsh_read_u128(r);
    return check_key(r, &out->stake.public_key);
}

static const char *read_add_key(struct borsh_reader *r, struct arena *arena, struct action *out)
{
    const char *fault = check_key(r, &out->add_key.public_key);
    return fault ? fault : read_access_key(r, arena, &out->add_key.access_key);
}

static const char *read_gas_key(struct borsh_reader *r, struct action *out)
{
    const char *fault = check_key(r, &out->gas_key.public_key);
    out->gas_key.amount = fault ? 0 : borsh_read_u128(r);
    return fault;
}

static const char *read_action(struct borsh_reader *r, struct arena *arena, bool delegated, struct action *out);

static const char *read_delegated(struct borsh_reader *r, struct arena *arena, struct delegate *out)
{
    out->action_count = borsh_read_count(r, 1);
    if (r->failed)
        return ends_early;
    if (out->action_count > TRANSACTION_ACTIONS_MAX)
        return "delegates too many actions";
    struct action *actions = ARENA_ARRAY(arena, struct action, out->action_count);
    for (size_t i = 0; i < out->action_count; i++) {
        const char *fault = read_action(r, arena, true, &actions[i]);
        if (fault)
            return fault;
    }
    out->actions = actions;
    return NULL;
}

static const char *read_delegate(struct borsh_reader *r, struct arena *arena, struct action *out)
{
    struct delegate *d = ARENA_NEW(arena, struct delegate);
    const char *fault = read_account_id(r, &d->sender_id);
    if (!fault)
        fault = read_account_id(r, &d->receiver_id);
    if (!fault)
        fault = read_delegated(r, arena, d);
    if (fault)
        return fault;
    d->nonce = borsh_read_u64(r);
    d->max_block_height = borsh_read_u64(r);
    fault = check_key(r, &d->public_key);
    if (!fault && !signature_read(r, &d->signature))
        fault = "signature has an unknown curve or ends too early";
    out->delegate = d;
    return fault;
}

static void write_delegate(struct buf *out, const struct delegate *d)
{
    write_account_id(out, &d->sender_id);
    write_account_id(out, &d->receiver_id);
    borsh_write_u32(out, (uint32_t)d->action_count);
    for (size_t i = 0; i < d->action_count; i++)
        action_write(out, &d->actions[i]);
    borsh_write_u64(out, d->nonce);
    borsh_write_u64(out, d->max_block_height);
    public_key_write(out, &d->public_key);
}

struct hash delegate_hash(const struct delegate *d)
{
    AUTO(buf) struct buf bytes = {0};
    borsh_write_u32(&bytes, DELEGATE_TAG);
    write_delegate(&bytes, d);
    return hash_sha256(buf_slice(&bytes));
}

/* ---- Global contracts ---- */

static const char *read_global_id(struct borsh_reader *r, struct global_id *out)
{
    uint8_t kind = borsh_read_u8(r);
    if (r->failed)
        return ends_early;
    if (kind == GLOBAL_BY_ACCOUNT) {
        out->kind = GLOBAL_BY_ACCOUNT;
        return read_account_id(r, &out->account_id);
    }
    if (kind != GLOBAL_BY_HASH)
        return "names a global contract in an unknown way";
    out->kind = GLOBAL_BY_HASH;
    struct slice hash = borsh_read_bytes(r, HASH_LEN);
    if (r->failed)
        return ends_early;
    __builtin_memcpy(out->code_hash.bytes, hash.ptr, HASH_LEN);
    return NULL;
}

void global_id_write(struct buf *out, const struct global_id *id)
{
    borsh_write_u8(out, (uint8_t)id->kind);
    if (id->kind == GLOBAL_BY_HASH)
        buf_append(out, hash_slice(&id->code_hash));
    else
        write_account_id(out, &id->account_id);
}

bool global_id_read(struct borsh_reader *r, struct global_id *out)
{
    if (read_global_id(r, out))
        r->failed = true;
    return !r->failed;
}

static const char *read_deploy_global(struct borsh_reader *r, struct action *out)
{
    out->deploy_global.code = borsh_read_string(r);
    uint8_t mode = borsh_read_u8(r);
    out->deploy_global.by_account = mode == GLOBAL_BY_ACCOUNT;
    return mode > GLOBAL_BY_ACCOUNT ? "deploys a global contract in an unknown mode" : NULL;
}

/* StateInit has one version, whose tag is 0. */
static const char *read_state_init(struct borsh_reader *r, struct arena *arena, struct action *out)
{
    struct state_init *init = ARENA_NEW(arena, struct state_init);
    if (borsh_read_u8(r) != 0)
        return "state init is of an unknown version";
    const char *fault = read_global_id(r, &init->code);
    if (fault)
        return fault;
    init->entry_count = borsh_read_count(r, 8);
    struct state_init_entry *entries = ARENA_ARRAY(arena, struct state_init_entry, init->entry_count);
    for (size_t i = 0; i < init->entry_count; i++) {
        entries[i].key = borsh_read_string(r);
        entries[i].value = borsh_read_string(r);
        if (!r->failed && i && slice_cmp(entries[i - 1].key, entries[i].key) >= 0)
            return "state init's keys are not in ascending order";
    }
    init->entries = entries;
    out->state_init.init = init;
    out->state_init.deposit = borsh_read_u128(r);
    return NULL;
}

static void write_state_init(struct buf *out, const struct state_init *init)
{
    borsh_write_u8(out, 0);
    global_id_write(out, &init->code);
    borsh_write_u32(out, (uint32_t)init->entry_count);
    for (size_t i = 0; i < init->entry_count; i++) {
        borsh_write_string(out, init->entries[i].key);
        borsh_write_string(out, init->entries[i].value);
    }
}

struct account_id state_init_account_id(const struct state_init *init)
{
    enum { ID_BYTES = 20, DIGEST_LEN = 32 };
    AUTO(buf) struct buf bytes = {0};
    uint8_t digest[DIGEST_LEN];
    struct account_id id = {.len = 2 + 2 * ID_BYTES, .text = "0s"};
    write_state_init(&bytes, init);
    keccak(buf_slice(&bytes), digest, sizeof digest);
    hex_encode(slice_from(digest + DIGEST_LEN - ID_BYTES, ID_BYTES), id.text + 2);
    return id;
}

static const char *read_body(struct borsh_reader *r, struct arena *arena, struct action *out)
{
    switch (out->kind) {
    case ACTION_CREATE_ACCOUNT:
        return NULL;
    case ACTION_DEPLOY_CONTRACT:
        out->deploy.code = borsh_read_string(r);
        return NULL;
    case ACTION_FUNCTION_CALL:
        return read_call(r, out);
    case ACTION_TRANSFER:
        out->transfer.deposit = borsh_read_u128(r);
        return NULL;
    case ACTION_STAKE:
        return read_stake(r, out);
    case ACTION_ADD_KEY:
        return read_add_key(r, arena, out);
    case ACTION_DELETE_KEY:
        return check_key(r, &out->delete_key.public_key);
    case ACTION_DELETE_ACCOUNT:
        return read_account_id(r, &out->delete_account.beneficiary);
    case ACTION_DELEGATE:
        return read_delegate(r, arena, out);
    case ACTION_DEPLOY_GLOBAL:
        return read_deploy_global(r, out);
    case ACTION_USE_GLOBAL:
        return read_global_id(r, &out->use_global);
    case ACTION_STATE_INIT:
        return read_state_init(r, arena, out);
    case ACTION_TRANSFER_TO_GAS_KEY:
    case ACTION_WITHDRAW_FROM_GAS_KEY:
        return read_gas_key(r, out);
    }
    return "unknown action";
}

static const char *read_action(struct borsh_reader *r, struct arena *arena, bool delegated, struct action *out)
{
    uint8_t kind = borsh_read_u8(r);
    if (r->failed)
        return ends_early;
    if (kind >= ACTION_KIND_COUNT)
        return "has an unknown kind";
    if (unsupported_actions[kind])
        return unsupported_actions[kind];
    if (delegated && kind == ACTION_DELEGATE)
        return "is a delegate inside a delegate";
    *out = (struct action){.kind = (enum action_kind)kind};
    const char *fault = read_body(r, arena, out);
    return fault ? fault : r->failed ? ends_early : NULL;
}

void action_write(struct buf *out, const struct action *a)
{
    borsh_write_u8(out, (uint8_t)a->kind);
    switch (a->kind) {
    case ACTION_CREATE_ACCOUNT:
        return;
    case ACTION_DEPLOY_CONTRACT:
        borsh_write_string(out, a->deploy.code);
        return;
    case ACTION_FUNCTION_CALL:
        borsh_write_string(out, a->call.method);
        borsh_write_string(out, a->call.args);
        borsh_write_u64(out, a->call.gas);
        borsh_write_u128(out, a->call.deposit);
        return;
    case ACTION_TRANSFER:
        borsh_write_u128(out, a->transfer.deposit);
        return;
    case ACTION_STAKE:
        borsh_write_u128(out, a->stake.stake);
        public_key_write(out, &a->stake.public_key);
        return;
    case ACTION_ADD_KEY:
        public_key_write(out, &a->add_key.public_key);
        access_key_write(out, &a->add_key.access_key);
        return;
    case ACTION_DELETE_KEY:
        public_key_write(out, &a->delete_key.public_key);
        return;
    case ACTION_DELETE_ACCOUNT:
        write_account_id(out, &a->delete_account.beneficiary);
        return;
    case ACTION_DELEGATE:
        write_delegate(out, a->delegate);
        signature_write(out, &a->delegate->signature);
        return;
    case ACTION_DEPLOY_GLOBAL:
        borsh_write_string(out, a->deploy_global.code);
        borsh_write_u8(out, a->deploy_global.by_account ? GLOBAL_BY_ACCOUNT : GLOBAL_BY_HASH);
        return;
    case ACTION_USE_GLOBAL:
        global_id_write(out, &a->use_global);
        return;
    case ACTION_STATE_INIT:
        write_state_init(out, a->state_init.init);
        borsh_write_u128(out, a->state_init.deposit);
        return;
    case ACTION_TRANSFER_TO_GAS_KEY:
    case ACTION_WITHDRAW_FROM_GAS_KEY:
        public_key_write(out, &a->gas_key.public_key);
        borsh_write_u128(out, a->gas_key.amount);
        return;
    }
}

bool action_read(struct borsh_reader *r, struct arena *arena, struct action *out)
{
    if (read_action(r, arena, false, out))
        r->failed = true;
    return !r->failed;
}

/* ---- transactions ---- */

static struct err *fault_of(const char *fault, const char *field)
{
    return fault ? err_new(ERR_INVALID, "transaction's %s: %s", field, fault) : NULL;
}

/* Versions share one encoding: version 0 starts with the signer's length, whose second byte is 0 for every valid signer; later
 * versions put their number in front of a length, which makes the second byte the signer's length. */
static struct err *read_version(struct borsh_reader *r, enum transaction_version *out)
{
    *out = TRANSACTION_V0;
    if (r->rest.len < 2 || r->rest.ptr[1] == 0)
        return NULL;
    if (r->rest.ptr[0] != TRANSACTION_V1)
        return err_new(ERR_INVALID, "unknown transaction version %u, expected 0 or 1", r->rest.ptr[0]);
    *out = (enum transaction_version)borsh_read_u8(r);
    return NULL;
}

static struct err *read_actions(struct borsh_reader *r, struct arena *arena, struct transaction *out)
{
    out->action_count = borsh_read_count(r, 1);
    if (r->failed)
        return fault_of(ends_early, "actions");
    if (out->action_count > TRANSACTION_ACTIONS_MAX)
        return err_new(ERR_LIMIT, "transaction has %zu actions, at most %d are read", out->action_count,
                       TRANSACTION_ACTIONS_MAX);
    struct action *actions = ARENA_ARRAY(arena, struct action, out->action_count);
    size_t total = out->action_count;
    for (size_t i = 0; i < out->action_count; i++) {
        const char *fault = read_action(r, arena, false, &actions[i]);
        if (fault)
            return err_new(ERR_INVALID, "transaction's action %zu: %s", i, fault);
        total += actions[i].kind == ACTION_DELEGATE ? actions[i].delegate->action_count : 0;
        if (total > TRANSACTION_ACTIONS_MAX)
            return err_new(ERR_LIMIT, "transaction delegates so many actions that there are %zu, at most %d are read", total,
                           TRANSACTION_ACTIONS_MAX);
    }
    out->actions = actions;
    return NULL;
}

/* TransactionNonce of version 1. */
enum { NONCE_PLAIN = 0, NONCE_OF_GAS_KEY = 1 };

static const char *read_nonce(struct borsh_reader *r, struct transaction *out)
{
    uint8_t kind = out->version == TRANSACTION_V0 ? (uint8_t)NONCE_PLAIN : borsh_read_u8(r);
    if (kind > NONCE_OF_GAS_KEY)
        return "is of an unknown kind";
    out->uses_gas_key = kind == NONCE_OF_GAS_KEY;
    out->nonce = borsh_read_u64(r);
    out->nonce_index = out->uses_gas_key ? borsh_read_u16(r) : 0;
    return r->failed ? ends_early : NULL;
}

static void write_nonce(struct buf *out, const struct transaction *t)
{
    if (t->version == TRANSACTION_V1)
        borsh_write_u8(out, t->uses_gas_key ? NONCE_OF_GAS_KEY : NONCE_PLAIN);
    borsh_write_u64(out, t->nonce);
    if (t->uses_gas_key)
        borsh_write_u16(out, t->nonce_index);
}

static const char *read_nonce_mode(struct borsh_reader *r, struct transaction *out)
{
    uint8_t mode = out->version == TRANSACTION_V0 ? (uint8_t)NONCE_MONOTONIC : borsh_read_u8(r);
    if (mode > NONCE_STRICT)
        return "is neither 0 (monotonic) nor 1 (strict)";
    out->nonce_mode = (enum nonce_mode)mode;
    return r->failed ? ends_early : NULL;
}

static struct err *read_transaction(struct borsh_reader *r, struct arena *arena, struct transaction *out)
{
    TRY(fault_of(read_account_id(r, &out->signer_id), "signer_id"));
    TRY(fault_of(check_key(r, &out->public_key), "public_key"));
    TRY(fault_of(read_nonce(r, out), "nonce"));
    TRY(fault_of(read_account_id(r, &out->receiver_id), "receiver_id"));
    struct slice block_hash = borsh_read_bytes(r, HASH_LEN);
    if (r->failed)
        return fault_of(ends_early, "block_hash");
    __builtin_memcpy(out->block_hash.bytes, block_hash.ptr, HASH_LEN);
    TRY(read_actions(r, arena, out));
    return fault_of(read_nonce_mode(r, out), "nonce_mode");
}

void transaction_write(struct buf *out, const struct transaction *t)
{
    if (t->version == TRANSACTION_V1)
        borsh_write_u8(out, TRANSACTION_V1);
    write_account_id(out, &t->signer_id);
    public_key_write(out, &t->public_key);
    write_nonce(out, t);
    write_account_id(out, &t->receiver_id);
    buf_append(out, hash_slice(&t->block_hash));
    borsh_write_u32(out, (uint32_t)t->action_count);
    for (size_t i = 0; i < t->action_count; i++)
        action_write(out, &t->actions[i]);
    if (t->version == TRANSACTION_V1)
        borsh_write_u8(out, (uint8_t)t->nonce_mode);
}

struct err *signed_transaction_read(struct slice bytes, struct arena *arena, struct signed_transaction *out)
{
    struct signed_transaction t = {0};
    struct borsh_reader r = borsh_reader_of(bytes);
    TRY(read_version(&r, &t.transaction.version));
    TRY(read_transaction(&r, arena, &t.transaction));
    t.hash = hash_sha256(slice_first(bytes, bytes.len - r.rest.len));
    if (!signature_read(&r, &t.signature))
        return fault_of("has an unknown curve or ends too early", "signature");
    if (!borsh_done(&r))
        return err_new(ERR_INVALID, "transaction has %zu bytes after its signature", r.rest.len);
    *out = t;
    return NULL;
}

void transaction_sign(struct buf *out, const struct transaction *t, const struct secret_key *key, struct hash *hash)
{
    size_t start = out->len;
    transaction_write(out, t);
    struct hash h = hash_sha256(slice_skip(buf_slice(out), start));
    struct signature s = secret_key_sign(key, hash_slice(&h));
    signature_write(out, &s);
    if (hash)
        *hash = h;
}

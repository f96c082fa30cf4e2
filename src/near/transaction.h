/* NEAR transactions: values, borsh both ways, hash and signature.
 *
 * Decoding borrows strings and bytes from the input and takes arrays from the arena; encoding appends to a buffer.
 * Source: NEAR protocol specification, "Transactions"; the layout is the reader and writer in transaction.c, side by side.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/u128.h"
#include "crypto/hash.h"
#include "near/account_id.h"
#include "near/key.h"

enum action_kind {
    ACTION_CREATE_ACCOUNT = 0,
    ACTION_DEPLOY_CONTRACT = 1,
    ACTION_FUNCTION_CALL = 2,
    ACTION_TRANSFER = 3,
    ACTION_STAKE = 4,
    ACTION_ADD_KEY = 5,
    ACTION_DELETE_KEY = 6,
    ACTION_DELETE_ACCOUNT = 7,
    ACTION_DELEGATE = 8,
    ACTION_DEPLOY_GLOBAL = 9, /* NEP-591 */
    ACTION_USE_GLOBAL = 10,
    ACTION_STATE_INIT = 11,          /* NEP-616 */
    ACTION_TRANSFER_TO_GAS_KEY = 12, /* NEP-611 */
    ACTION_WITHDRAW_FROM_GAS_KEY = 13,
    /* 14, a delegate signed by a gas key, is refused by name: protocol 85 has it, 87 takes it away again */
};

/* The second two are those of gas keys: keys with a balance of their own, which pays for their transactions' gas, and with several
 * nonces, so that as many transactions can be under way without knowing of each other. Source: NEP-611. */
enum access_permission {
    PERMISSION_FUNCTION_CALL = 0,
    PERMISSION_FULL_ACCESS = 1,
    PERMISSION_GAS_KEY_FUNCTION_CALL = 2,
    PERMISSION_GAS_KEY_FULL_ACCESS = 3
};

struct access_key {
    uint64_t nonce; /* 0 for a gas key, whose nonces are kept apart */
    enum access_permission permission;
    /* Gas keys: */
    u128 gas_balance; /* yocto */
    uint16_t nonce_count;
    /* Keys that may only call functions: */
    bool has_allowance;
    u128 allowance;           /* yocto */
    struct slice receiver_id; /* free text in borsh; validated when the action is */
    const struct slice *method_names;
    size_t method_count; /* 0: every method */
};

static inline bool access_key_is_gas_key(const struct access_key *k)
{
    return k->permission == PERMISSION_GAS_KEY_FUNCTION_CALL || k->permission == PERMISSION_GAS_KEY_FULL_ACCESS;
}

/* Whether it may only call functions. */
static inline bool access_key_is_limited(const struct access_key *k)
{
    return k->permission == PERMISSION_FUNCTION_CALL || k->permission == PERMISSION_GAS_KEY_FUNCTION_CALL;
}

/* Names a global contract: for good, by its code's hash, or whatever an account deployed last. */
struct global_id {
    enum { GLOBAL_BY_HASH = 0, GLOBAL_BY_ACCOUNT = 1 } kind;
    union {
        struct hash code_hash;
        struct account_id account_id;
    };
};

struct state_init_entry {
    struct slice key, value;
};

/* What a deterministic account starts with; its id follows from it. */
struct state_init {
    struct global_id code;
    const struct state_init_entry *entries; /* contract data, by ascending key, no key twice */
    size_t entry_count;
};

struct delegate;

struct action {
    enum action_kind kind;
    union {
        struct {
            struct slice code;
        } deploy;
        struct {
            struct slice method, args;
            uint64_t gas;
            u128 deposit; /* yocto */
        } call;
        struct {
            u128 deposit; /* yocto */
        } transfer;
        struct {
            u128 stake; /* yocto */
            struct public_key public_key;
        } stake;
        struct {
            struct public_key public_key;
            struct access_key access_key;
        } add_key;
        struct {
            struct public_key public_key;
        } delete_key;
        struct {
            struct account_id beneficiary;
        } delete_account;
        const struct delegate *delegate;
        struct {
            struct slice code;
            bool by_account; /* else by its hash */
        } deploy_global;
        struct global_id use_global;
        struct {
            const struct state_init *init;
            u128 deposit; /* yocto */
        } state_init;
        struct {
            struct public_key public_key;
            u128 amount; /* yocto */
        } gas_key;       /* both actions on a gas key's balance */
    };
};

void global_id_write(struct buf *out, const struct global_id *id);
bool global_id_read(struct borsh_reader *r, struct global_id *out);

/* 0s and the last 20 bytes of the Keccak-256 of its borsh, in hex. Source: NEP-616. */
struct account_id state_init_account_id(const struct state_init *init);

/* Actions that their owner signed and another account, the relayer, sends and pays for. Source: NEP-366. */
struct delegate {
    struct account_id sender_id, receiver_id;
    const struct action *actions; /* none of them a Delegate */
    size_t action_count;
    uint64_t nonce, max_block_height;
    struct public_key public_key; /* of the sender */
    struct signature signature;   /* by it, over delegate_hash */
};

/* SHA-256 of what the sender signs: the tag of NEP-461 for NEP-366, then the borsh without the signature. */
struct hash delegate_hash(const struct delegate *d);

/* Decoding takes no more, those of delegates counted, so that a flood of one-byte actions cannot ask for memory; far above the chain's own limit (100 actions),
 * whose error validation gives. */
enum { TRANSACTION_ACTIONS_MAX = 4096 };

enum transaction_version { TRANSACTION_V0, TRANSACTION_V1 };

/* Of version 1; version 0 is monotonic. */
enum nonce_mode {
    NONCE_MONOTONIC, /* above the key's nonce */
    NONCE_STRICT,    /* the key's nonce and one */
};

struct transaction {
    enum transaction_version version;
    enum nonce_mode nonce_mode;
    struct account_id signer_id, receiver_id;
    struct public_key public_key;
    uint64_t nonce;
    bool uses_gas_key;    /* version 1 only: the nonce is one of a gas key's, */
    uint16_t nonce_index; /* this one */
    struct hash block_hash;
    const struct action *actions;
    size_t action_count;
};

struct signed_transaction {
    struct transaction transaction;
    struct signature signature;
    struct hash hash; /* SHA-256 of the unsigned borsh: what is signed, and the transaction's name */
};

/* Appends borsh(Transaction). */
void transaction_write(struct buf *out, const struct transaction *t);

/* Decodes one signed transaction that fills `bytes` exactly; the signature is not checked. ERR_INVALID names the field that is
 * wrong, ERR_LIMIT tells of too many actions. */
struct err *signed_transaction_read(struct slice bytes, struct arena *arena, struct signed_transaction *out);

/* Appends borsh(SignedTransaction) of `t` signed with `key`; *hash (may be NULL) is the transaction's hash. */
void transaction_sign(struct buf *out, const struct transaction *t, const struct secret_key *key, struct hash *hash);

/* Parts that receipts and host functions share with transactions. Readers give false and a failed `r` on a fault. */
void action_write(struct buf *out, const struct action *a);
bool action_read(struct borsh_reader *r, struct arena *arena, struct action *out);
void access_key_write(struct buf *out, const struct access_key *k);
bool access_key_read(struct borsh_reader *r, struct arena *arena, struct access_key *out);

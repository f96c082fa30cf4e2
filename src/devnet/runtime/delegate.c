/* Delegate: the account that runs it is the sender of what it delegates; the relayer, who sent the transaction, stays its signer and
 * pays. Source: NEP-366. */
#include "devnet/runtime/exec.h"

static bool refuse(struct exec *e, struct failure f)
{
    e->failure = f;
    return false;
}

static bool check_signed(struct exec *e, const struct delegate *d)
{
    struct hash h = delegate_hash(d);
    const struct account_id *receiver = &e->receipt->receiver;
    if (!signature_verify(&d->signature, &d->public_key, hash_slice(&h)))
        return refuse(e, failure_of(FAIL_DELEGATE_INVALID_SIGNATURE));
    if (e->run->block.height > d->max_block_height)
        return refuse(e, failure_of(FAIL_DELEGATE_EXPIRED));
    if (!account_id_eq(&d->sender_id, receiver))
        return refuse(e, failure_of(FAIL_DELEGATE_SENDER_IS_NOT_RECEIVER, FAIL_ID(&d->sender_id), FAIL_ID(receiver)));
    return true;
}

/* Its nonces are those of the key's transactions. */
static bool check_nonce(struct exec *e, const struct delegate *d, const struct access_key *key)
{
    uint64_t bound = e->run->block.height * NONCES_PER_HEIGHT;
    if (d->nonce <= key->nonce)
        return refuse(e, failure_of(FAIL_DELEGATE_INVALID_NONCE, FAIL_U64(d->nonce), FAIL_U64(key->nonce)));
    if (d->nonce >= bound)
        return refuse(e, failure_of(FAIL_DELEGATE_NONCE_TOO_LARGE, FAIL_U64(d->nonce), FAIL_U64(bound)));
    return true;
}

static bool use_key(struct exec *e, const struct delegate *d)
{
    struct access_key key;
    if (!state_access_key(e->run->state, &d->sender_id, &d->public_key, &key))
        return refuse(e, failure_of(FAIL_ACCESS_KEY_NOT_FOUND, FAIL_ID(&d->sender_id), FAIL_KEY(&d->public_key)));
    if (access_key_is_gas_key(&key))
        return refuse(e, failure_of(FAIL_DELEGATE_REQUIRES_NON_GAS_KEY));
    if (!check_nonce(e, d, &key) || !verify_permission(&key, &d->receiver_id, d->actions, d->action_count, &e->failure))
        return false;
    key.nonce = d->nonce;
    state_access_key_set(e->run->state, &d->sender_id, &d->public_key, &key);
    return true;
}

/* Sending what is delegated burns here, on the account that sends it; executing it was bought with this receipt and goes along. */
void exec_delegate(struct exec *e, const struct action *a)
{
    const struct delegate *d = a->delegate;
    if (!check_signed(e, d) || !use_key(e, d))
        return;
    uint64_t send = action_prepaid_send_fee(a);
    e->gas_burnt += send;
    e->gas_used += send + (uint64_t)actions_bought_gas(d->actions, d->action_count, &d->receiver_id);
    struct receipt *r = exec_make(e, RECEIPT_ACTION, &d->receiver_id);
    r->actions = d->actions;
    r->action_count = d->action_count;
}

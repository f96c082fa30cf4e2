#include "devnet/runtime/fees.h"

static uint64_t exec_fee(enum vm_action_cost fee)
{
    return vm_action_fees[fee].exec;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

enum { BY_MAX = 3 };

/* Which fees an action has: up to three flat ones, and some by a length or count, which may differ between sending and executing. Every
 * length here is below 2^24. */
struct fee_list {
    enum vm_action_cost flat[3];
    size_t flat_count;
    struct {
        enum vm_action_cost fee;
        uint64_t sent, executed;
    } by[BY_MAX];
};

static struct fee_list transfer_fees(const struct account_id *receiver)
{
    switch (account_id_kind(account_id_slice(receiver))) {
    case ACCOUNT_NEAR_IMPLICIT:
        return (struct fee_list){.flat = {VM_ACTION_TRANSFER, VM_ACTION_CREATE_ACCOUNT, VM_ACTION_ADD_FULL_ACCESS_KEY},
                                 .flat_count = 3};
    case ACCOUNT_ETH_IMPLICIT:
    case ACCOUNT_DETERMINISTIC:
        return (struct fee_list){.flat = {VM_ACTION_TRANSFER, VM_ACTION_CREATE_ACCOUNT}, .flat_count = 2};
    case ACCOUNT_NAMED:
        break;
    }
    return (struct fee_list){.flat = {VM_ACTION_TRANSFER}, .flat_count = 1};
}

static struct fee_list add_key_fees(const struct action *a, const struct account_id *receiver)
{
    const struct access_key *key = &a->add_key.access_key;
    struct fee_list list = {.flat = {VM_ACTION_ADD_FULL_ACCESS_KEY}, .flat_count = 1};
    if (access_key_is_limited(key)) {
        uint64_t names = 0;
        for (size_t i = 0; i < key->method_count; i++)
            names += key->method_names[i].len + 1;
        list = (struct fee_list){.flat = {VM_ACTION_ADD_FUNCTION_CALL_KEY_BASE},
                                 .flat_count = 1,
                                 .by = {{VM_ACTION_ADD_FUNCTION_CALL_KEY_BYTE, names, names}}};
    }
    if (access_key_is_gas_key(key)) {
        uint64_t nonces = key->nonce_count * vm_gas_key_nonce_len(receiver->len, public_key_borsh_len(&a->add_key.public_key));
        list.by[1].fee = VM_ACTION_GAS_KEY_BYTE;
        list.by[1].sent = VM_GAS_KEY_INFO_LEN;
        list.by[1].executed = nonces;
        list.by[2].fee = VM_ACTION_GAS_KEY_NONCE_WRITE_BASE;
        list.by[2].executed = key->nonce_count;
    }
    return list;
}

static struct fee_list gas_key_fees(const struct action *a, const struct account_id *receiver)
{
    size_t len = public_key_borsh_len(&a->gas_key.public_key);
    return (struct fee_list){.flat = {VM_ACTION_GAS_KEY_TRANSFER_BASE},
                             .flat_count = 1,
                             .by = {{VM_ACTION_GAS_KEY_BYTE, len, vm_gas_key_record_len(receiver->len, len)}}};
}

uint64_t global_id_bytes(const struct global_id *id)
{
    return id->kind == GLOBAL_BY_HASH ? HASH_LEN : id->account_id.len;
}

static struct fee_list state_init_fees(const struct state_init *init)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < init->entry_count; i++)
        bytes += init->entries[i].key.len + init->entries[i].value.len;
    return (struct fee_list){.flat = {VM_ACTION_DETERMINISTIC_STATE_INIT_BASE},
                             .flat_count = 1,
                             .by = {{VM_ACTION_DETERMINISTIC_STATE_INIT_ENTRY, init->entry_count, init->entry_count},
                                    {VM_ACTION_DETERMINISTIC_STATE_INIT_BYTE, bytes, bytes}}};
}

static struct fee_list fees_by(enum vm_action_cost flat, enum vm_action_cost fee, uint64_t times)
{
    return (struct fee_list){.flat = {flat}, .flat_count = 1, .by = {{fee, times, times}}};
}

static struct fee_list action_fees(const struct action *a, const struct account_id *receiver)
{
    static const struct fee_list plain[] = {
        [ACTION_CREATE_ACCOUNT] = {.flat = {VM_ACTION_CREATE_ACCOUNT}, .flat_count = 1},
        [ACTION_STAKE] = {.flat = {VM_ACTION_STAKE}, .flat_count = 1},
        [ACTION_DELETE_KEY] = {.flat = {VM_ACTION_DELETE_KEY}, .flat_count = 1},
        [ACTION_DELETE_ACCOUNT] = {.flat = {VM_ACTION_DELETE_ACCOUNT}, .flat_count = 1},
        [ACTION_DELEGATE] = {.flat = {VM_ACTION_DELEGATE}, .flat_count = 1},
    };
    switch (a->kind) {
    case ACTION_TRANSFER:
        return transfer_fees(receiver);
    case ACTION_ADD_KEY:
        return add_key_fees(a, receiver);
    case ACTION_DEPLOY_CONTRACT:
        return fees_by(VM_ACTION_DEPLOY_CONTRACT_BASE, VM_ACTION_DEPLOY_CONTRACT_BYTE, a->deploy.code.len);
    case ACTION_FUNCTION_CALL:
        return fees_by(VM_ACTION_FUNCTION_CALL_BASE, VM_ACTION_FUNCTION_CALL_BYTE, a->call.method.len + a->call.args.len);
    case ACTION_DEPLOY_GLOBAL:
        return fees_by(VM_ACTION_DEPLOY_GLOBAL_CONTRACT_BASE, VM_ACTION_DEPLOY_GLOBAL_CONTRACT_BYTE, a->deploy_global.code.len);
    case ACTION_USE_GLOBAL:
        return fees_by(VM_ACTION_USE_GLOBAL_CONTRACT_BASE, VM_ACTION_USE_GLOBAL_CONTRACT_BYTE, global_id_bytes(&a->use_global));
    case ACTION_STATE_INIT:
        return state_init_fees(a->state_init.init);
    case ACTION_TRANSFER_TO_GAS_KEY:
    case ACTION_WITHDRAW_FROM_GAS_KEY:
        return gas_key_fees(a, receiver);
    default:
        return plain[a->kind];
    }
}

uint64_t action_send_fee(const struct action *a, bool sir, const struct account_id *receiver)
{
    struct fee_list list = action_fees(a, receiver);
    uint64_t sum = 0;
    for (size_t i = 0; i < BY_MAX; i++)
        sum = add(sum, vm_action_send_gas(list.by[i].fee, sir) * list.by[i].sent);
    for (size_t i = 0; i < list.flat_count; i++)
        sum = add(sum, vm_action_send_gas(list.flat[i], sir));
    if (a->kind == ACTION_DELEGATE)
        sum = add(add(sum, signature_fee(&a->delegate->public_key)),
                  actions_send_fee(a->delegate->actions, a->delegate->action_count, sir, &a->delegate->receiver_id));
    return sum;
}

uint64_t action_prepaid_send_fee(const struct action *a)
{
    if (a->kind != ACTION_DELEGATE)
        return 0;
    const struct delegate *d = a->delegate;
    return actions_send_fee(d->actions, d->action_count, account_id_eq(&d->sender_id, &d->receiver_id), &d->receiver_id);
}

uint64_t action_exec_fee(const struct action *a, const struct account_id *receiver)
{
    struct fee_list list = action_fees(a, receiver);
    uint64_t sum = 0;
    for (size_t i = 0; i < BY_MAX; i++)
        sum = add(sum, exec_fee(list.by[i].fee) * list.by[i].executed);
    for (size_t i = 0; i < list.flat_count; i++)
        sum = add(sum, exec_fee(list.flat[i]));
    return sum;
}

uint64_t actions_send_fee(const struct action *actions, size_t count, bool sir, const struct account_id *receiver)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum = add(sum, action_send_fee(&actions[i], sir, receiver));
    return sum;
}

uint64_t actions_attached_gas(const struct action *actions, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        const struct action *a = &actions[i];
        if (a->kind == ACTION_FUNCTION_CALL)
            sum = add(sum, a->call.gas);
        else if (a->kind == ACTION_DELEGATE)
            sum = add(sum, actions_attached_gas(a->delegate->actions, a->delegate->action_count));
    }
    return sum;
}

/* Executing a receipt, with what it delegates. */
static u128 receipt_exec_fee(const struct action *actions, size_t count, const struct account_id *receiver)
{
    u128 sum = exec_fee(VM_ACTION_NEW_ACTION_RECEIPT);
    for (size_t i = 0; i < count; i++) {
        const struct action *a = &actions[i];
        sum += action_exec_fee(a, receiver);
        if (a->kind == ACTION_DELEGATE)
            sum += receipt_exec_fee(a->delegate->actions, a->delegate->action_count, &a->delegate->receiver_id);
    }
    return sum;
}

u128 actions_bought_gas(const struct action *actions, size_t count, const struct account_id *receiver)
{
    u128 sum = receipt_exec_fee(actions, count, receiver) + actions_attached_gas(actions, count);
    for (size_t i = 0; i < count; i++)
        sum += action_prepaid_send_fee(&actions[i]);
    return sum;
}

uint64_t signature_fee(const struct public_key *key)
{
    return key->curve == KEY_ML_DSA_65 ? UINT64_C(100000000000) : 0;
}

static u128 action_deposit(const struct action *a)
{
    switch (a->kind) {
    case ACTION_FUNCTION_CALL:
        return a->call.deposit;
    case ACTION_TRANSFER:
        return a->transfer.deposit;
    case ACTION_DELEGATE:
        return actions_deposit(a->delegate->actions, a->delegate->action_count);
    case ACTION_STATE_INIT:
        return a->state_init.deposit;
    case ACTION_TRANSFER_TO_GAS_KEY:
        return a->gas_key.amount;
    default:
        return 0;
    }
}

u128 actions_deposit(const struct action *actions, size_t count)
{
    u128 sum = 0;
    for (size_t i = 0; i < count; i++)
        if (!u128_add(sum, action_deposit(&actions[i]), &sum))
            return U128_MAX;
    return sum;
}

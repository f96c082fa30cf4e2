/* Actions of future receipts. */
#include "base/mem.h"
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"
#include "wasm/cursor.h"
#include <string.h>

struct action *host_append_action(struct vm_run *run, size_t receipt, enum action_kind kind)
{
    struct vm_pending_receipt *p = &run->receipts[receipt];
    if (p->receipt.action_count == p->action_room) {
        size_t room = p->action_room ? p->action_room * 2 : 2;
        struct action *actions = ARENA_ARRAY(run->arena, struct action, room);
        if (p->receipt.action_count)
            memcpy(actions, p->receipt.actions, p->receipt.action_count * sizeof *actions);
        p->receipt.actions = actions;
        p->action_room = room;
    }
    run->step++;
    struct action *a = &p->receipt.actions[p->receipt.action_count++];
    a->kind = kind;
    return a;
}

void host_add_weight(struct vm_run *run, size_t receipt, uint64_t weight)
{
    if (weight == 0)
        return;
    if (run->weight_count == run->weight_room) {
        run->weight_room = run->weight_room ? run->weight_room * 2 : 8;
        run->weights = mem_realloc(run->weights, run->weight_room * sizeof *run->weights);
    }
    size_t action = run->receipts[receipt].receipt.action_count - 1;
    run->weights[run->weight_count++] = (struct vm_weight){receipt, action, weight};
}

bool host_take_call_deposit(struct vm_run *run, u128 amount)
{
    return (amount == 1 && run->balance == 0) || host_take_balance(run, amount);
}

bool host_parse_public_key(struct vm_run *run, struct slice bytes, struct public_key *out)
{
    struct borsh_reader r = borsh_reader_of(arena_copy(run->arena, bytes)); /* a long key stays there */
    return (public_key_read(&r, out) && borsh_done(&r)) || host_fail(run, HOST_INVALID_PUBLIC_KEY);
}

bool host_fn_promise_batch_action_create_account(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    size_t receipt;
    bool sir;
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_CREATE_ACCOUNT, 1, sir));
    host_append_action(run, receipt, ACTION_CREATE_ACCOUNT);
    return true;
}

bool host_fn_promise_batch_action_deploy_contract(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice code;
    size_t receipt;
    bool sir;
    CHECK(host_read_input(run, args[1], args[2], &code));
    if (code.len > VM_MAX_CONTRACT_LEN)
        return host_fail_limit(run, HOST_CONTRACT_SIZE_EXCEEDED, code.len, VM_MAX_CONTRACT_LEN);
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_DEPLOY_CONTRACT_BASE, 1, sir));
    CHECK(host_pay_action(run, VM_ACTION_DEPLOY_CONTRACT_BYTE, code.len, sir));
    host_append_action(run, receipt, ACTION_DEPLOY_CONTRACT)->deploy.code = arena_copy(run->arena, code);
    return true;
}

static bool append_call(struct vm_run *run, const uint64_t *args, uint64_t weight)
{
    u128 deposit;
    struct slice method, call_args;
    size_t receipt;
    bool sir;
    CHECK(host_read_u128(run, args[5], &deposit));
    CHECK(host_read_input(run, args[1], args[2], &method));
    if (method.len == 0)
        return host_fail(run, HOST_EMPTY_METHOD_NAME);
    CHECK(host_read_input(run, args[3], args[4], &call_args));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_FUNCTION_CALL_BASE, 1, sir));
    CHECK(host_pay_action(run, VM_ACTION_FUNCTION_CALL_BYTE, method.len + call_args.len, sir));
    CHECK(host_reserve(run, args[6]));
    CHECK(host_take_call_deposit(run, deposit));
    if (!wasm_is_utf8(method))
        return host_fail(run, HOST_INVALID_METHOD_NAME);
    struct action *a = host_append_action(run, receipt, ACTION_FUNCTION_CALL);
    a->call.method = arena_copy(run->arena, method);
    a->call.args = arena_copy(run->arena, call_args);
    a->call.gas = args[6];
    a->call.deposit = deposit;
    host_add_weight(run, receipt, weight);
    return true;
}

bool host_fn_promise_batch_action_function_call(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return append_call(run, args, 0);
}

bool host_fn_promise_batch_action_function_call_weight(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    return append_call(run, args, args[7]);
}

/* By the receiver's shape alone: an implicit account may have to be created on arrival. */
static void transfer_fees(struct slice receiver, bool sir, uint64_t *send, uint64_t *exec)
{
    static const enum vm_action_cost implicit[] = {VM_ACTION_CREATE_ACCOUNT, VM_ACTION_ADD_FULL_ACCESS_KEY};
    enum account_kind kind = account_id_kind(receiver);
    size_t extra = kind == ACCOUNT_NAMED ? 0 : kind == ACCOUNT_NEAR_IMPLICIT ? 2 : 1;
    *send = vm_action_send_gas(VM_ACTION_TRANSFER, sir);
    *exec = vm_action_fees[VM_ACTION_TRANSFER].exec;
    for (size_t i = 0; i < extra; i++) {
        *send += vm_action_send_gas(implicit[i], sir);
        *exec += vm_action_fees[implicit[i]].exec;
    }
}

bool host_fn_promise_batch_action_transfer(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    u128 amount;
    size_t receipt;
    bool sir;
    uint64_t send, exec;
    CHECK(host_read_u128(run, args[1], &amount));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    transfer_fees(account_id_slice(&run->receipts[receipt].receipt.receiver), sir, &send, &exec);
    CHECK(host_pay_action_sum(run, VM_ACTION_TRANSFER, send, exec));
    CHECK(host_take_balance(run, amount));
    host_append_action(run, receipt, ACTION_TRANSFER)->transfer.deposit = amount;
    return true;
}

bool host_fn_promise_batch_action_stake(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    u128 amount;
    struct slice key_bytes;
    struct public_key key;
    size_t receipt;
    bool sir;
    CHECK(host_read_u128(run, args[1], &amount));
    CHECK(host_read_input(run, args[2], args[3], &key_bytes));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_STAKE, 1, sir));
    CHECK(host_parse_public_key(run, key_bytes, &key));
    struct action *a = host_append_action(run, receipt, ACTION_STAKE);
    a->stake.stake = amount;
    a->stake.public_key = key;
    return true;
}

bool host_fn_promise_batch_action_add_key_with_full_access(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice key_bytes;
    struct public_key key;
    size_t receipt;
    bool sir;
    CHECK(host_read_input(run, args[1], args[2], &key_bytes));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_ADD_FULL_ACCESS_KEY, 1, sir));
    CHECK(host_parse_public_key(run, key_bytes, &key));
    struct action *a = host_append_action(run, receipt, ACTION_ADD_KEY);
    a->add_key.public_key = key;
    a->add_key.access_key = (struct access_key){.nonce = args[3], .permission = PERMISSION_FULL_ACCESS};
    return true;
}

bool host_split_names(struct vm_run *run, struct slice list, struct slice **names_out, size_t *count_out)
{
    *names_out = NULL;
    *count_out = 0;
    if (list.len == 0)
        return true;
    size_t count = 1;
    for (size_t i = 0; i < list.len; i++)
        count += list.ptr[i] == ',';
    struct slice *names = ARENA_ARRAY(run->arena, struct slice, count);
    struct slice rest = arena_copy(run->arena, list);
    for (size_t i = 0; i < count; i++) {
        rest = slice_cut(rest, ',', &names[i]);
        if (names[i].len == 0)
            return host_fail(run, HOST_EMPTY_METHOD_NAME);
    }
    *names_out = names;
    *count_out = count;
    return true;
}

bool host_names_are_utf8(struct vm_run *run, const struct slice *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!wasm_is_utf8(names[i]))
            return host_fail(run, HOST_INVALID_METHOD_NAME);
    }
    return true;
}

bool host_fn_promise_batch_action_add_key_with_function_call(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice key_bytes, list, *names;
    struct public_key key;
    struct account_id receiver;
    u128 allowance;
    size_t receipt, name_count;
    bool sir;
    CHECK(host_read_input(run, args[1], args[2], &key_bytes));
    CHECK(host_read_u128(run, args[4], &allowance));
    CHECK(host_read_account_id(run, args[5], args[6], &receiver));
    CHECK(host_read_input(run, args[7], args[8], &list));
    CHECK(host_split_names(run, list, &names, &name_count));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_ADD_FUNCTION_CALL_KEY_BASE, 1, sir));
    CHECK(host_pay_action(run, VM_ACTION_ADD_FUNCTION_CALL_KEY_BYTE, list.len ? list.len + 1 : 0, sir));
    CHECK(host_parse_public_key(run, key_bytes, &key));
    CHECK(host_names_are_utf8(run, names, name_count));
    struct action *a = host_append_action(run, receipt, ACTION_ADD_KEY);
    a->add_key.public_key = key;
    a->add_key.access_key = (struct access_key){
        .nonce = args[3],
        .permission = PERMISSION_FUNCTION_CALL,
        .has_allowance = allowance != 0,
        .allowance = allowance,
        .receiver_id = arena_copy(run->arena, account_id_slice(&receiver)),
        .method_names = names,
        .method_count = name_count,
    };
    return true;
}

bool host_fn_promise_batch_action_delete_key(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct slice key_bytes;
    struct public_key key;
    size_t receipt;
    bool sir;
    CHECK(host_read_input(run, args[1], args[2], &key_bytes));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_DELETE_KEY, 1, sir));
    CHECK(host_parse_public_key(run, key_bytes, &key));
    host_append_action(run, receipt, ACTION_DELETE_KEY)->delete_key.public_key = key;
    return true;
}

bool host_fn_promise_batch_action_delete_account(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct account_id beneficiary;
    size_t receipt;
    bool sir;
    CHECK(host_read_account_id(run, args[1], args[2], &beneficiary));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_DELETE_ACCOUNT, 1, sir));
    host_append_action(run, receipt, ACTION_DELETE_ACCOUNT)->delete_account.beneficiary = beneficiary;
    return true;
}

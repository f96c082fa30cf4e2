/* Gas keys. A contract can make and fund them; taking money out of them is for transactions only. Source: NEP-611. */
#include "devnet/vm/imports.h"

/* A key's length counts for the fees before it is known whether it is one: what is none counts as nothing. */
struct key_argument {
    struct public_key key;
    size_t len; /* of the key in borsh, 0 when it does not decode */
};

static bool read_key(struct vm_run *run, uint64_t len, uint64_t ptr, struct key_argument *out)
{
    struct slice bytes;
    CHECK(host_read_input(run, len, ptr, &bytes));
    struct borsh_reader r = borsh_reader_of(arena_copy(run->arena, bytes)); /* a long key stays there */
    out->len = public_key_read(&r, &out->key) && borsh_done(&r) ? bytes.len : 0;
    return true;
}

static bool check_key(struct vm_run *run, const struct key_argument *key)
{
    return key->len || host_fail(run, HOST_INVALID_PUBLIC_KEY);
}

static bool pay_bytes(struct vm_run *run, uint64_t sent, uint64_t stored, bool sir)
{
    uint64_t send = vm_action_send_gas(VM_ACTION_GAS_KEY_BYTE, sir) * sent;
    return host_pay_action_sum(run, VM_ACTION_GAS_KEY_BYTE, send, vm_action_fees[VM_ACTION_GAS_KEY_BYTE].exec * stored);
}

static size_t receiver_len(const struct vm_run *run, size_t receipt)
{
    return run->receipts[receipt].receipt.receiver.len;
}

bool host_fn_promise_batch_action_transfer_to_gas_key(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct key_argument key;
    u128 amount;
    size_t receipt;
    bool sir;
    CHECK(read_key(run, args[1], args[2], &key));
    CHECK(host_read_u128(run, args[3], &amount));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_GAS_KEY_TRANSFER_BASE, 1, sir));
    CHECK(pay_bytes(run, key.len, vm_gas_key_record_len(receiver_len(run, receipt), key.len), sir));
    CHECK(host_take_balance(run, amount));
    CHECK(check_key(run, &key));
    struct action *a = host_append_action(run, receipt, ACTION_TRANSFER_TO_GAS_KEY);
    a->gas_key.public_key = key.key;
    a->gas_key.amount = amount;
    return true;
}

static bool read_nonce_count(struct vm_run *run, uint64_t argument, uint16_t *out)
{
    if (argument > UINT16_MAX)
        return host_fail(run, HOST_INTEGER_OVERFLOW);
    *out = (uint16_t)argument;
    return true;
}

static bool pay_nonces(struct vm_run *run, size_t receipt, const struct key_argument *key, uint16_t nonce_count, bool sir)
{
    CHECK(host_pay_action(run, VM_ACTION_GAS_KEY_NONCE_WRITE_BASE, nonce_count, sir));
    uint64_t stored = nonce_count * vm_gas_key_nonce_len(receiver_len(run, receipt), key->len);
    return pay_bytes(run, VM_GAS_KEY_INFO_LEN, stored, sir);
}

bool host_fn_promise_batch_action_add_gas_key_with_full_access(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct key_argument key;
    uint16_t nonce_count;
    size_t receipt;
    bool sir;
    CHECK(read_key(run, args[1], args[2], &key));
    CHECK(read_nonce_count(run, args[3], &nonce_count));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_ADD_FULL_ACCESS_KEY, 1, sir));
    CHECK(pay_nonces(run, receipt, &key, nonce_count, sir));
    CHECK(check_key(run, &key));
    struct action *a = host_append_action(run, receipt, ACTION_ADD_KEY);
    a->add_key.public_key = key.key;
    a->add_key.access_key = (struct access_key){.permission = PERMISSION_GAS_KEY_FULL_ACCESS, .nonce_count = nonce_count};
    return true;
}

bool host_fn_promise_batch_action_add_gas_key_with_function_call(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct key_argument key;
    struct account_id receiver;
    struct slice list, *names;
    uint16_t nonce_count;
    u128 allowance;
    size_t receipt, name_count;
    bool sir;
    CHECK(read_key(run, args[1], args[2], &key));
    CHECK(read_nonce_count(run, args[3], &nonce_count));
    CHECK(host_read_u128(run, args[4], &allowance));
    CHECK(host_read_account_id(run, args[5], args[6], &receiver));
    CHECK(host_read_input(run, args[7], args[8], &list));
    CHECK(host_split_names(run, list, &names, &name_count));
    CHECK(host_find_receipt(run, args[0], &receipt, &sir));
    CHECK(host_pay_action(run, VM_ACTION_ADD_FUNCTION_CALL_KEY_BASE, 1, sir));
    CHECK(host_pay_action(run, VM_ACTION_ADD_FUNCTION_CALL_KEY_BYTE, list.len ? list.len + 1 : 0, sir));
    CHECK(pay_nonces(run, receipt, &key, nonce_count, sir));
    CHECK(check_key(run, &key));
    CHECK(host_names_are_utf8(run, names, name_count));
    struct action *a = host_append_action(run, receipt, ACTION_ADD_KEY);
    a->add_key.public_key = key.key;
    a->add_key.access_key = (struct access_key){
        .permission = PERMISSION_GAS_KEY_FUNCTION_CALL,
        .nonce_count = nonce_count,
        .has_allowance = allowance != 0,
        .allowance = allowance,
        .receiver_id = arena_copy(run->arena, account_id_slice(&receiver)),
        .method_names = names,
        .method_count = name_count,
    };
    return true;
}

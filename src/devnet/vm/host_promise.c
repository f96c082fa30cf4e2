/* Promises: future receipts, and what they wait for. */
#include "base/mem.h"
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"
#include <string.h>

static bool push_promise(struct vm_run *run, struct vm_promise promise, uint64_t *index)
{
    if (run->promise_count == VM_MAX_PROMISES)
        return host_fail_limit(run, HOST_NUMBER_PROMISES_EXCEEDED, VM_MAX_PROMISES + 1, VM_MAX_PROMISES);
    *index = run->promise_count;
    run->promises[run->promise_count++] = promise;
    return true;
}

static bool find_promise(struct vm_run *run, uint64_t index, const struct vm_promise **out)
{
    if (index >= run->promise_count)
        return host_fail_number(run, HOST_INVALID_PROMISE_INDEX, index);
    *out = &run->promises[index];
    return true;
}

bool host_pay_new_receipt(struct vm_run *run, bool sir, const bool *dependency_is_self, size_t dependency_count)
{
    uint64_t burn = vm_action_send_gas(VM_ACTION_NEW_ACTION_RECEIPT, sir);
    for (size_t i = 0; i < dependency_count; i++)
        burn += vm_action_send_gas(VM_ACTION_NEW_DATA_RECEIPT_BASE, dependency_is_self[i]) +
                vm_action_fees[VM_ACTION_NEW_DATA_RECEIPT_BASE].exec;
    return host_pay_action_sum(run, VM_ACTION_NEW_ACTION_RECEIPT, burn, vm_action_fees[VM_ACTION_NEW_ACTION_RECEIPT].exec);
}

bool host_new_receipt(struct vm_run *run, const struct account_id *receiver, size_t *receipt, uint64_t *promise_index)
{
    if (run->receipt_count == run->receipt_room) {
        run->receipt_room = run->receipt_room ? run->receipt_room * 2 : 8;
        run->receipts = mem_realloc(run->receipts, run->receipt_room * sizeof *run->receipts);
    }
    size_t index = run->receipt_count++;
    run->receipts[index] = (struct vm_pending_receipt){.receipt = {.receiver = *receiver, .step = run->step++}};
    *receipt = index;
    struct vm_promise promise = {.receipts = ARENA_NEW(run->arena, size_t), .receipt_count = 1};
    promise.receipts[0] = index;
    return push_promise(run, promise, promise_index);
}

static bool batch_create(struct vm_run *run, const uint64_t *args, size_t *receipt, uint64_t *index)
{
    struct account_id receiver;
    CHECK(host_read_account_id(run, args[0], args[1], &receiver));
    CHECK(host_pay_new_receipt(run, account_id_eq(&receiver, &run->context->current_account), NULL, 0));
    return host_new_receipt(run, &receiver, receipt, index);
}

static bool batch_then(struct vm_run *run, const uint64_t *args, size_t *receipt, uint64_t *index)
{
    struct account_id receiver;
    const struct vm_promise *after = NULL;
    bool is_self[VM_MAX_DEPENDENCIES];
    CHECK(host_read_account_id(run, args[1], args[2], &receiver));
    CHECK(find_promise(run, args[0], &after));
    const struct account_id *self = &run->context->current_account;
    for (size_t i = 0; i < after->receipt_count; i++)
        is_self[i] = account_id_eq(&run->receipts[after->receipts[i]].receipt.receiver, self);
    CHECK(host_pay_new_receipt(run, account_id_eq(&receiver, self), is_self, after->receipt_count));
    const size_t *depends_on = after->receipts;
    size_t count = after->receipt_count;
    CHECK(host_new_receipt(run, &receiver, receipt, index));
    run->receipts[*receipt].receipt.depends_on = depends_on;
    run->receipts[*receipt].receipt.depends_on_count = count;
    if (run->externals->skip_data_ids)
        run->externals->skip_data_ids(run->externals->self, count);
    return true;
}

bool host_fn_promise_batch_create(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    size_t receipt;
    return batch_create(run, args, &receipt, result);
}

bool host_fn_promise_batch_then(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    size_t receipt;
    return batch_then(run, args, &receipt, result);
}

/* The rest of the arguments are those of a function call, which pays the base fee again. */
static bool then_call(struct vm_run *run, uint64_t promise, const uint64_t *call_args)
{
    uint64_t args[8] = {promise};
    memcpy(args + 1, call_args, 6 * sizeof *args);
    CHECK(host_pay(run, VM_COST_BASE, 1));
    return host_fn_promise_batch_action_function_call(run, args, NULL);
}

bool host_fn_promise_create(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    CHECK(host_fn_promise_batch_create(run, args, result));
    return then_call(run, *result, args + 2);
}

bool host_fn_promise_then(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    CHECK(host_fn_promise_batch_then(run, args, result));
    return then_call(run, *result, args + 3);
}

static uint64_t read_u64_le(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

/* Joins into one promise; joint promises among them are taken apart. */
static bool join(struct vm_run *run, struct slice indices, size_t *joined, size_t *count_out)
{
    size_t count = 0;
    for (size_t at = 0; at < indices.len; at += 8) {
        const struct vm_promise *p = NULL;
        CHECK(find_promise(run, read_u64_le(indices.ptr + at), &p));
        size_t all = count + p->receipt_count;
        if (all > VM_MAX_DEPENDENCIES)
            return host_fail_limit(run, HOST_NUMBER_DEPENDENCIES_EXCEEDED, all, VM_MAX_DEPENDENCIES);
        memcpy(joined + count, p->receipts, p->receipt_count * sizeof *joined);
        count = all;
    }
    *count_out = count;
    return true;
}

bool host_fn_promise_and(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    uint64_t len;
    struct slice indices;
    size_t joined[VM_MAX_DEPENDENCIES], count = 0;
    CHECK(host_pay(run, VM_COST_PROMISE_AND_BASE, 1));
    if (__builtin_mul_overflow(args[1], 8, &len))
        return host_fail(run, HOST_INTEGER_OVERFLOW);
    CHECK(host_pay(run, VM_COST_PROMISE_AND_PER_PROMISE, len));
    CHECK(host_read_memory(run, args[0], len, &indices));
    CHECK(join(run, indices, joined, &count));
    struct vm_promise promise = {
        .is_joint = true,
        .receipts = ARENA_ARRAY(run->arena, size_t, count),
        .receipt_count = count,
    };
    memcpy(promise.receipts, joined, count * sizeof *joined);
    return push_promise(run, promise, result);
}

bool host_fn_promise_set_refund_to(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    struct account_id refund_to;
    const struct vm_promise *p = NULL;
    CHECK(host_read_account_id(run, args[1], args[2], &refund_to));
    CHECK(find_promise(run, args[0], &p));
    if (p->is_joint)
        return host_fail(run, HOST_CANNOT_REFUND_JOINT);
    run->receipts[p->receipts[0]].receipt.refund_to = refund_to;
    run->step++;
    return true;
}

bool host_find_receipt(struct vm_run *run, uint64_t promise_index, size_t *receipt, bool *sir)
{
    const struct vm_promise *p = NULL;
    CHECK(find_promise(run, promise_index, &p));
    if (p->is_joint)
        return host_fail(run, HOST_CANNOT_APPEND_TO_JOINT);
    *receipt = p->receipts[0];
    *sir = account_id_eq(&run->receipts[*receipt].receipt.receiver, &run->context->current_account);
    return true;
}

bool host_fn_promise_results_count(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)args;
    *result = run->context->promise_result_count;
    return true;
}

enum { RESULT_SUCCESSFUL = 1, RESULT_FAILED = 2 };

bool host_fn_promise_result(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    if (args[0] >= run->context->promise_result_count)
        return host_fail_number(run, HOST_INVALID_PROMISE_RESULT_INDEX, args[0]);
    const struct vm_promise_result *r = &run->context->promise_results[args[0]];
    *result = r->ok ? RESULT_SUCCESSFUL : RESULT_FAILED;
    return r->ok ? host_set_register_flat(run, args[1], r->value) : true;
}

/* The view check comes behind this function's own fee. */
bool host_fn_promise_return(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    (void)result;
    const struct vm_promise *p = NULL;
    CHECK(host_pay(run, VM_COST_PROMISE_RETURN, 1));
    CHECK(host_refuse_view(run, "promise_return"));
    CHECK(find_promise(run, args[0], &p));
    if (p->is_joint)
        return host_fail(run, HOST_CANNOT_RETURN_JOINT);
    run->return_kind = VM_RETURN_RECEIPT;
    run->return_receipt = p->receipts[0];
    return true;
}

/* Yield and resume (NEP-519), by a token of the machine or by an id of the contract. */
#include "base/mem.h"
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"
#include <string.h>

/* What both ways of making a yield have. */
struct yield {
    struct slice method, args;
    uint64_t gas, weight;
    u128 deposit;
};

/* The method's text is not looked at: a name that is not UTF-8 fails when the new receipt is validated. */
static bool read_yield_call(struct vm_run *run, const uint64_t *args, struct yield *y)
{
    CHECK(host_read_input(run, args[0], args[1], &y->method));
    if (y->method.len == 0)
        return host_fail(run, HOST_EMPTY_METHOD_NAME);
    return host_read_input(run, args[2], args[3], &y->args);
}

static bool make_yield(struct vm_run *run, const struct yield *y, struct vm_receipt **out, uint64_t *promise_index)
{
    static const bool self = true;
    size_t receipt;
    CHECK(host_reserve(run, y->gas));
    CHECK(host_pay_new_receipt(run, true, &self, 1));
    CHECK(host_new_receipt(run, &run->context->current_account, &receipt, promise_index));
    struct vm_receipt *r = &run->receipts[receipt].receipt;
    r->is_yield = true;
    run->externals->next_data_id(run->externals->self, &r->yield_data_id);
    CHECK(host_pay_action(run, VM_ACTION_FUNCTION_CALL_BASE, 1, true));
    CHECK(host_pay_action(run, VM_ACTION_FUNCTION_CALL_BYTE, y->method.len + y->args.len, true));
    CHECK(host_take_call_deposit(run, y->deposit));
    struct action *a = host_append_action(run, receipt, ACTION_FUNCTION_CALL);
    a->call.method = arena_copy(run->arena, y->method);
    a->call.args = arena_copy(run->arena, y->args);
    a->call.gas = y->gas;
    a->call.deposit = y->deposit;
    host_add_weight(run, receipt, y->weight);
    *out = r;
    return true;
}

bool host_fn_promise_yield_create(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct yield y = {.gas = args[4], .weight = args[5]};
    struct vm_receipt *r = NULL;
    CHECK(host_pay(run, VM_COST_YIELD_CREATE_BASE, 1));
    CHECK(read_yield_call(run, args, &y));
    CHECK(host_pay(run, VM_COST_YIELD_CREATE_BYTE, y.method.len + y.args.len));
    CHECK(make_yield(run, &y, &r, result));
    return host_set_register(run, args[6], hash_slice(&r->yield_data_id));
}

/* The data id of the yield that goes by the contract's own `id`: made by this call, or waiting in the state. */
static bool find_yield(const struct vm_run *run, const struct hash *id, struct hash *data_id)
{
    for (size_t i = 0; i < run->receipt_count; i++) {
        const struct vm_receipt *r = &run->receipts[i].receipt;
        if (r->has_yield_id && hash_eq(&r->yield_id, id)) {
            *data_id = r->yield_data_id;
            return true;
        }
    }
    return run->externals->yield_find(run->externals->self, id, data_id);
}

static bool take_hash(struct vm_run *run, struct slice bytes, enum host_error_kind error, struct hash *out)
{
    if (bytes.len != HASH_LEN)
        return host_fail(run, error);
    memcpy(out->bytes, bytes.ptr, HASH_LEN);
    return true;
}

/* An id that is in use makes no yield: the answer is no promise's index. */
bool host_fn_promise_yield_create_with_id(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct yield y = {.gas = args[5], .weight = args[6]};
    struct slice id_bytes;
    struct hash id, other;
    struct vm_receipt *r = NULL;
    CHECK(host_pay(run, VM_COST_YIELD_CREATE_WITH_ID_BASE, 1));
    CHECK(host_read_u128(run, args[4], &y.deposit));
    CHECK(read_yield_call(run, args, &y));
    CHECK(host_read_input(run, args[7], args[8], &id_bytes));
    CHECK(take_hash(run, id_bytes, HOST_YIELD_ID_MALFORMED, &id));
    CHECK(host_pay(run, VM_COST_YIELD_CREATE_BYTE, y.method.len + y.args.len));
    if (find_yield(run, &id, &other)) {
        *result = UINT64_MAX;
        return true;
    }
    CHECK(make_yield(run, &y, &r, result));
    r->has_yield_id = true;
    r->yield_id = id;
    return true;
}

static bool yielded_here(const struct vm_run *run, const struct hash *data_id)
{
    for (size_t i = 0; i < run->receipt_count; i++) {
        const struct vm_receipt *r = &run->receipts[i].receipt;
        if (r->is_yield && hash_eq(&r->yield_data_id, data_id))
            return true;
    }
    return false;
}

static void add_resume(struct vm_run *run, const struct hash *data_id, struct slice payload)
{
    if (run->resume_count == run->resume_room) {
        run->resume_room = run->resume_room ? run->resume_room * 2 : 4;
        run->resumes = mem_realloc(run->resumes, run->resume_room * sizeof *run->resumes);
    }
    run->resumes[run->resume_count++] = (struct vm_resume){*data_id, arena_copy(run->arena, payload)};
}

/* The fee goes by the length argument, so a payload from a register overflows: the network keeps this. */
static bool read_resume(struct vm_run *run, const uint64_t *args, struct slice *id, struct slice *payload)
{
    CHECK(host_pay(run, VM_COST_YIELD_RESUME_BASE, 1));
    CHECK(host_pay(run, VM_COST_YIELD_RESUME_BYTE, args[2]));
    CHECK(host_read_input(run, args[0], args[1], id));
    CHECK(host_read_input(run, args[2], args[3], payload));
    if (payload->len > VM_MAX_YIELD_PAYLOAD_LEN)
        return host_fail_limit(run, HOST_YIELD_PAYLOAD_LENGTH, payload->len, VM_MAX_YIELD_PAYLOAD_LEN);
    return true;
}

static bool resume(struct vm_run *run, const struct hash *data_id, struct slice payload)
{
    run->step++;
    if (!yielded_here(run, data_id) && !run->externals->yield_resume(run->externals->self, data_id, payload))
        return false;
    add_resume(run, data_id, payload);
    return true;
}

bool host_fn_promise_yield_resume(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice id_bytes, payload;
    struct hash data_id;
    CHECK(read_resume(run, args, &id_bytes, &payload));
    CHECK(take_hash(run, id_bytes, HOST_DATA_ID_MALFORMED, &data_id));
    *result = resume(run, &data_id, payload);
    return true;
}

bool host_fn_promise_yield_resume_with_yield_id(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice id_bytes, payload;
    struct hash id, data_id;
    CHECK(read_resume(run, args, &id_bytes, &payload));
    CHECK(take_hash(run, id_bytes, HOST_YIELD_ID_MALFORMED, &id));
    *result = find_yield(run, &id, &data_id) && resume(run, &data_id, payload);
    return true;
}

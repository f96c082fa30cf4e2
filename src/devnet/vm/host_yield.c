/* Yield and resume (NEP-519). */
#include "base/mem.h"
#include "devnet/vm/host.h"
#include "devnet/vm/imports.h"
#include <string.h>

static struct action *append_yielded_call(struct vm_run *run, const uint64_t *args, struct slice method, struct slice call_args,
                                          size_t receipt)
{
    struct action *a = host_append_action(run, receipt, ACTION_FUNCTION_CALL);
    a->call.method = arena_copy(run->arena, method);
    a->call.args = arena_copy(run->arena, call_args);
    a->call.gas = args[4];
    a->call.deposit = 0;
    host_add_weight(run, receipt, args[5]);
    return a;
}

/* The method's text is not looked at: a name that is not UTF-8 fails when the new receipt is validated. */
bool host_fn_promise_yield_create(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    static const bool self = true;
    struct slice method, call_args;
    size_t receipt;
    CHECK(host_pay(run, VM_COST_YIELD_CREATE_BASE, 1));
    CHECK(host_read_input(run, args[0], args[1], &method));
    if (method.len == 0)
        return host_fail(run, HOST_EMPTY_METHOD_NAME);
    CHECK(host_read_input(run, args[2], args[3], &call_args));
    uint64_t len = method.len + call_args.len;
    CHECK(host_pay(run, VM_COST_YIELD_CREATE_BYTE, len));
    CHECK(host_reserve(run, args[4]));
    CHECK(host_pay_new_receipt(run, true, &self, 1));
    CHECK(host_new_receipt(run, &run->context->current_account, &receipt, result));
    struct vm_receipt *r = &run->receipts[receipt].receipt;
    r->is_yield = true;
    run->externals->next_data_id(run->externals->self, &r->yield_data_id);
    struct hash data_id = r->yield_data_id;
    CHECK(host_pay_action(run, VM_ACTION_FUNCTION_CALL_BASE, 1, true));
    CHECK(host_pay_action(run, VM_ACTION_FUNCTION_CALL_BYTE, len, true));
    append_yielded_call(run, args, method, call_args, receipt);
    return host_set_register(run, args[6], hash_slice(&data_id));
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
bool host_fn_promise_yield_resume(struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    struct slice id_bytes, payload;
    struct hash data_id;
    CHECK(host_pay(run, VM_COST_YIELD_RESUME_BASE, 1));
    CHECK(host_pay(run, VM_COST_YIELD_RESUME_BYTE, args[2]));
    CHECK(host_read_input(run, args[0], args[1], &id_bytes));
    CHECK(host_read_input(run, args[2], args[3], &payload));
    if (payload.len > VM_MAX_YIELD_PAYLOAD_LEN)
        return host_fail_limit(run, HOST_YIELD_PAYLOAD_LENGTH, payload.len, VM_MAX_YIELD_PAYLOAD_LEN);
    if (id_bytes.len != HASH_LEN)
        return host_fail(run, HOST_DATA_ID_MALFORMED);
    memcpy(data_id.bytes, id_bytes.ptr, HASH_LEN);
    run->step++;
    *result = yielded_here(run, &data_id) || run->externals->yield_resume(run->externals->self, &data_id, payload);
    if (*result)
        add_resume(run, &data_id, payload);
    return true;
}

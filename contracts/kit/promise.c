#include "kit/promise.h"
#include "base/mem.h"
#include "kit/host.h"

enum { REG = 0, RESULT_SUCCESSFUL = 1 };

promise promise_also_call(promise p, struct slice method, struct slice args, const struct promise_cost *cost)
{
    host_promise_batch_action_function_call_weight(p, method.len, host_address(method.ptr), args.len, host_address(args.ptr),
                                                   host_address(&cost->deposit_yocto), cost->gas, cost->weight);
    return p;
}

promise promise_call(struct slice account, struct slice method, struct slice args, const struct promise_cost *cost)
{
    return promise_also_call(host_promise_batch_create(account.len, host_address(account.ptr)), method, args, cost);
}

promise promise_then(promise after, struct slice account, struct slice method, struct slice args,
                     const struct promise_cost *cost)
{
    return promise_also_call(host_promise_batch_then(after, account.len, host_address(account.ptr)), method, args, cost);
}

promise promise_transfer(struct slice account, u128 amount_yocto)
{
    promise p = host_promise_batch_create(account.len, host_address(account.ptr));
    host_promise_batch_action_transfer(p, host_address(&amount_yocto));
    return p;
}

promise promise_add_call_key(struct slice account, struct slice key, u128 allowance_yocto, struct slice receiver,
                             struct slice methods)
{
    promise p = host_promise_batch_create(account.len, host_address(account.ptr));
    host_promise_batch_action_add_key_with_function_call(p, key.len, host_address(key.ptr), 0, host_address(&allowance_yocto),
                                                         receiver.len, host_address(receiver.ptr), methods.len,
                                                         host_address(methods.ptr));
    return p;
}

promise promise_delete_key(struct slice account, struct slice key)
{
    promise p = host_promise_batch_create(account.len, host_address(account.ptr));
    host_promise_batch_action_delete_key(p, key.len, host_address(key.ptr));
    return p;
}

void promise_return(promise p)
{
    host_promise_return(p);
}

struct slice promise_result(uint64_t index)
{
    if (host_promise_result(index, REG) != RESULT_SUCCESSFUL)
        return (struct slice){0};
    size_t len = (size_t)host_register_len(REG);
    uint8_t *bytes = mem_alloc(len);
    host_read_register(REG, host_address(bytes));
    return slice_from(bytes, len);
}

promise promise_yield(struct slice method, struct slice args, const struct promise_cost *cost, uint8_t data_id[32])
{
    promise p = host_promise_yield_create(method.len, host_address(method.ptr), args.len, host_address(args.ptr), cost->gas,
                                          cost->weight, REG);
    host_read_register(REG, host_address(data_id));
    return p;
}

bool promise_resume(const uint8_t data_id[32], struct slice payload)
{
    return host_promise_yield_resume(32, host_address(data_id), payload.len, host_address(payload.ptr)) != 0;
}

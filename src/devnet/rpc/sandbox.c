/* near-sandbox's extras: state patches and fast-forward. */
#include "devnet/rpc/records.h"
#include "devnet/rpc/request.h"

enum { RECORDS_MAX = 10000 };

bool rpc_patch_state(struct rpc_request *r)
{
    const json_t *list = rpc_param(r, "records");
    struct chain_patch *records = NULL;
    size_t count = 0;
    if (json_array_size(list) > RECORDS_MAX)
        return rpc_bad_params(r, "Failed parsing args: `records` has more than %d records", RECORDS_MAX);
    struct err *e = records_read(list, &r->arena, &records, &count);
    if (!e)
        e = chain_patch_state(r->chain, records, count);
    if (e && err_code(e) != ERR_INVALID)
        return rpc_internal(r, e);
    if (e)
        rpc_bad_params(r, "Failed parsing args: %s", err_text(e));
    else
        r->result = json_object();
    err_free(e);
    return r->fault == RPC_FINE;
}

bool rpc_fast_forward(struct rpc_request *r)
{
    static const json_int_t most = 10000000; /* a year of seconds is three times that */
    const json_t *delta = rpc_param(r, "delta_height");
    if (!json_is_integer(delta) || json_integer_value(delta) < 1 || json_integer_value(delta) > most)
        return rpc_bad_params(r, "Failed parsing args: `delta_height` is not a number from 1 to %lld", (long long)most);
    struct err *e = chain_fast_forward(r->chain, (uint64_t)json_integer_value(delta));
    if (e)
        return rpc_internal(r, e);
    r->result = json_object();
    return true;
}

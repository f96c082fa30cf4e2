/* Requests that may run for long: view calls, each of which may burn 1000 TGas. They leave their HTTP loop for one of a few threads,
 * first come first served, so that everything else is answered meanwhile. Private to devnet/rpc.
 *
 *     loop thread ── rpc_pool_take ──▶ queue ──▶ one of POOL_THREADS: method, answer
 */
#pragma once
#include "devnet/rpc/request.h"

enum {
    POOL_THREADS = 2,
    POOL_QUEUE_MAX = 1024, /* requests that wait; more are refused with INTERNAL_ERROR, which clients try again */
};

/* The caller stops it with pool_stop. */
struct pool *rpc_pool_start(void);

/* Runs `method` on `r` on a thread of the pool and answers. Takes `r` over when it gives true. */
bool rpc_pool_take(struct rpc_request *r, rpc_method *method);

#include "devnet/rpc/pool.h"
#include "base/mem.h"
#include "base/pool.h"

/* A contract runs on its caller's stack when that is large enough (devnet/vm/stack.h). */
enum { STACK_LEN = 9 << 20 };

struct job {
    struct rpc_request *request;
    rpc_method *method;
};

static void run(void *item)
{
    struct job *job = item;
    job->method(job->request);
    rpc_request_finish(job->request);
    mem_free(job);
}

static void give_up(void *item)
{
    struct job *job = item;
    rpc_internal(job->request, err_new(ERR_UNAVAILABLE, "the service is stopping"));
    rpc_request_finish(job->request);
    mem_free(job);
}

struct pool *rpc_pool_start(void)
{
    return pool_start(&(struct pool_config){
        .threads = POOL_THREADS, .queue_max = POOL_QUEUE_MAX, .stack_len = STACK_LEN, .work = run, .give_up = give_up});
}

bool rpc_pool_take(struct rpc_request *r, rpc_method *method)
{
    struct job *job = mem_calloc(1, sizeof *job);
    *job = (struct job){.request = r, .method = method};
    *r->later = true; /* before a thread may answer */
    if (pool_take(r->server->pool, job))
        return true;
    *r->later = false;
    mem_free(job);
    return rpc_internal(r, err_new(ERR_UNAVAILABLE, "%d view calls wait already; try again", POOL_QUEUE_MAX));
}

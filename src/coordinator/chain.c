/* Questions that handlers have for the chain. Its answers take their time, so a few threads ask them, whatever they are about. */
#include "base/pool.h"
#include "coordinator/service.h"
#include "near/rpc_client.h"

enum { THREADS = 2, QUEUE_MAX = 64, TIMEOUT_MS = 5000 };

static void ask(void *item)
{
    struct chain_question *q = item;
    q->ask(q);
}

static void give_up(void *item)
{
    struct chain_question *q = item;
    q->give_up(q);
}

struct pool *chain_start(void)
{
    return pool_start(&(struct pool_config){.threads = THREADS, .queue_max = QUEUE_MAX, .work = ask, .give_up = give_up});
}

bool chain_take(struct coordinator *c, struct chain_question *q)
{
    return pool_take(c->chain, q);
}

struct err *chain_client(const struct coordinator *c, struct rpc_client **out)
{
    return rpc_client_new(&(struct rpc_config){.url = c->settings->near_rpc_url, .attempts = 1, .timeout_ms = TIMEOUT_MS}, out);
}

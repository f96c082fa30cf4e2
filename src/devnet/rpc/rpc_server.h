/* The devnet's JSON-RPC and block stream over HTTP, as NEAR's clients and indexers use them.
 *
 *     POST /                       JSON-RPC 2.0, one request a body (methods.c has the table)
 *     GET, HEAD /status, /health   as the methods of that name
 *     GET /network_info
 *     GET /metrics                 Prometheus text
 *     GET /v0/block/{height}       the indexer's StreamerMessage; `null` for a height without a block
 *     GET /v0/first_block          the one of genesis
 *     GET /v0/last_block/final     the one of the head
 *
 * /v0/block/{height} of a block that is still to come is held until it is there, at most `?wait_ms=` (0 to 25000, else 5000), and
 * then answered with 404: a follower that asks for the next height gets each block within a millisecond of its making.
 *
 * Requests that wait for a transaction or a block hold no thread; view calls run apart from the rest (pool.h).
 * Source: NEAR JSON-RPC reference, nearcore 2.13; neardata's paths for blocks.
 */
#pragma once
#include "devnet/chain/chain.h"

struct rpc_server;

struct rpc_server_config {
    struct chain *chain; /* outlives the server, which is its one block listener */
    const char *address; /* NULL: 127.0.0.1 */
    uint16_t port;       /* 0: any free one */
    unsigned loops;      /* HTTP threads, 0: by the machine */
    size_t max_body_len; /* bytes, 0: 10 MiB, as a node */
    unsigned wait_ms;    /* how long send_tx and tx wait for a level, 0: 10 s, as a node */
};

struct err *rpc_server_start(const struct rpc_server_config *config, struct rpc_server **out);

uint16_t rpc_server_port(const struct rpc_server *s);

/* Ends what waits with 503 and frees. NULL is fine. */
void rpc_server_stop(struct rpc_server *s);

static inline void auto_rpc_server(struct rpc_server **s)
{
    rpc_server_stop(*s);
}

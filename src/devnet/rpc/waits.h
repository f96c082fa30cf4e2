/* Requests that wait: for a transaction to come to a level, or for a block to be made. They hold no thread; one thread of the
 * server's answers them when their time has come. Private to devnet/rpc.
 *
 *     loop thread ── rpc_wait_* ──▶ waiting ──┬─ chain's callback ─▶ ready ──▶ answering thread ── http_reply
 *                                             └─ deadline (blocks) ──────────▶
 */
#pragma once
#include "devnet/rpc/request.h"

/* Becomes the chain's block listener. */
struct rpc_waits *rpc_waits_start(struct rpc_server *s);

/* Once no new request can come: answers what is left as unavailable and ends the thread. NULL is fine. */
void rpc_waits_stop(struct rpc_waits *w);

/* Takes `r` over; rpc_tx_answer ends it. */
void rpc_wait_tx(struct rpc_request *r, const struct hash *tx_hash, enum chain_level level, bool with_receipts);

/* Takes `x` over; rpc_stream_answer ends it. */
void rpc_wait_block(struct rpc_server *s, struct http_exchange *x, uint64_t height, uint64_t wait_ms);

/* Sets the answer of a transaction at `level`, or TIMEOUT_ERROR when it was not `reached`. (tx.c) */
bool rpc_tx_answer(struct rpc_request *r, const struct hash *tx_hash, bool reached, bool with_receipts);

/* Answers a block's message, `null` for a skipped height, or 404 for one to come. (stream.c) */
void rpc_stream_answer(struct rpc_server *s, struct http_exchange *x, uint64_t height);

/* Route handlers of the block stream. (stream.c) */
http_handler rpc_stream_block, rpc_stream_first, rpc_stream_last;

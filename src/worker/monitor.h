/* Follows the chain and hands every request of the main contract to the coordinator. The cursor moves past a block only when the
 * coordinator has all of it; blocks are never skipped, and what cannot be read or is refused for good is answered on chain.
 *
 *     cursor ─► fetch block ─► receipts of the contract that succeeded ─► events ─► POST /executions/create ─► cursor
 *                  │ not yet: ask again                                                 │ no answer: hold the block
 */
#pragma once
#include "near/block_follower.h"
#include "worker/coordinator_client.h"
#include "worker/delivery.h"
#include "worker/event.h"
#include "worker/journal.h"
#include "worker/settings.h"
#include <stdatomic.h>

struct monitor {
    const struct worker_settings *settings;
    struct journal *journal; /* shared */
    struct coordinator_client *coordinator;
    struct block_follower *follower;
    struct delivery delivery;
    _Atomic uint64_t *height; /* shared with the heartbeat: the newest block that is done */
    uint64_t next;            /* the block to read */
    uint64_t cursor_written_ns;
};

/* Finds where to start: the journal, else START_BLOCK_HEIGHT, else the newest final block. ERR_CONFLICT when the journal is ahead
 * of the chain, as it belongs to another one then. */
struct err *monitor_start(struct monitor *m);

/* Runs until the end is wanted. */
void monitor_run(struct monitor *m);

/* One block, all of it; returns early only when the end is wanted (*done is false then). */
struct err *monitor_scan(struct monitor *m, const struct block *block, bool *done);

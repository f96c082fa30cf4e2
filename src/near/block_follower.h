/* Follows a chain block by block through a neardata-style HTTP source (the devnet serves the same):
 *
 *     GET {base}/v0/block/{height}      200 and the block's streamer message; 200 and `null`: the height was skipped;
 *                                       404: not there yet. A server may hold the request until the block exists.
 *     GET {base}/v0/last_block/final    the newest final block, in the same form
 *
 * Blocks come final, so there is nothing to take back. The follower keeps no position: whoever uses it stores the height up to
 * which the work is done, and asks for the next.
 *
 * Source: NEAR indexer framework's streamer message; `tx_hash` of a receipt outcome is neardata's addition.
 */
#pragma once
#include "codec/json_doc.h"
#include "crypto/hash.h"

struct block_follower;

struct block_follower_config {
    const char *url;     /* base address, or a template with {block_id} in place of the height; copied */
    unsigned timeout_ms; /* of one request, more than the server holds it; 0: 30 s */
};

struct err *block_follower_new(const struct block_follower_config *config, struct block_follower **out);
void block_follower_free(struct block_follower *f);

static inline void auto_block_follower(struct block_follower **f)
{
    block_follower_free(*f);
}

/* From another thread: the request under way and all later ones end with ERR_UNAVAILABLE. */
void block_follower_interrupt(struct block_follower *f);

/* One execution of a receipt in a block. Slices are borrowed from the block; those that the source left out are empty. */
struct block_receipt {
    struct slice receipt_id, executor_id, predecessor_id, signer_id, signer_public_key, tx_hash;
    bool succeeded; /* the logs of a failed receipt stand in the block too, but nothing of it happened */
    uint64_t gas_burnt;
    const json_t *logs; /* array; block_receipt_log reads it */
};

struct block {
    json_t *document; /* owned */
    uint64_t height, timestamp_ns;
    struct slice hash;
    struct block_receipt *receipts; /* in the order of execution, shard after shard */
    size_t receipt_count;
};

void block_free(struct block *b);

static inline void auto_block(struct block *b)
{
    block_free(b);
}

/* Log line `i` of a receipt; false when there is none. */
bool block_receipt_log(const struct block_receipt *r, size_t i, struct slice *line);

enum follow_result {
    FOLLOW_BLOCK,   /* *out is filled */
    FOLLOW_SKIPPED, /* no block has this height, later ones exist */
    FOLLOW_NOT_YET, /* ask again */
};

/* Asks for one height. *out must be a zero value. ERR_UNAVAILABLE: no answer; ERR_INVALID: the answer is not a block. */
struct err *block_follower_fetch(struct block_follower *f, uint64_t height, struct block *out, enum follow_result *result);

/* Height of the newest final block. */
struct err *block_follower_head(struct block_follower *f, uint64_t *height);

/* Reads a streamer message; takes over the reference to `document` in any case. */
struct err *block_read(json_t *document, struct block *out);

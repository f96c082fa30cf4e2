/* The block stream: one indexer message a height. */
#include "base/mem.h"
#include "devnet/rpc/waits.h"

enum { WAIT_MS_DEFAULT = 5000, WAIT_MS_MAX = 25000 };

static bool read_number(struct slice digits, uint64_t *out)
{
    u128 value;
    if (digits.len > 19 || !u128_parse(digits, &value))
        return false;
    *out = (uint64_t)value;
    return true;
}

/* Those of blocks whose state is no longer kept are gone: the message has none. */
static struct err *state_changes(struct rpc_server *s, uint64_t height, struct arena *arena, json_t **out)
{
    struct chain_change *changes = NULL;
    size_t count = 0;
    struct err *e = chain_block_changes(s->chain, height, arena, &changes, &count);
    if (e && err_code(e) != ERR_LIMIT)
        return e;
    err_free(e);
    *out = view_changes(changes, count);
    return NULL;
}

static void reply_message(struct rpc_server *s, struct http_exchange *x, uint64_t height)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf text = {0};
    struct chain_content content;
    struct err *e = chain_block_content(s->chain, height, &arena, &content);
    if (e) {
        http_reply_err(x, e);
        return;
    }
    json_t *changes = NULL;
    e = state_changes(s, height, &arena, &changes);
    if (e) {
        http_reply_err(x, e);
        return;
    }
    AUTO(json) json_t *message = view_streamer_message(s->chain, &content, changes);
    json_doc_write(message, &text);
    http_reply(x, 200, NULL, buf_slice(&text));
}

/* Whether `height` has a block, or will have none because the chain has passed it. */
static struct err *look_up(struct rpc_server *s, uint64_t height, bool *there, bool *passed)
{
    struct chain_block b;
    TRY(chain_head(s->chain, &b));
    *passed = height <= b.height;
    struct err *e = chain_block_by_height(s->chain, height, &b);
    *there = !e;
    if (e && err_code(e) != ERR_NOT_FOUND)
        return e;
    err_free(e);
    return NULL;
}

void rpc_stream_answer(struct rpc_server *s, struct http_exchange *x, uint64_t height)
{
    bool there = false, passed = false;
    struct err *e = look_up(s, height, &there, &passed);
    if (e)
        http_reply_err(x, e);
    else if (there)
        reply_message(s, x, height);
    else if (passed)
        http_reply(x, 200, NULL, SLICE("null"));
    else
        http_reply_err(x, err_new(ERR_NOT_FOUND, "block %llu is not there yet", (unsigned long long)height));
}

void rpc_stream_block(struct http_exchange *x, void *server)
{
    struct rpc_server *s = server;
    uint64_t height, wait_ms = WAIT_MS_DEFAULT;
    struct slice wait = http_request_query(x, "wait_ms");
    if (!read_number(http_request_segment(x, "height"), &height)) {
        http_reply_err(x, err_new(ERR_INVALID, "the height is not a number"));
        return;
    }
    if (wait.ptr && (!read_number(wait, &wait_ms) || wait_ms > WAIT_MS_MAX)) {
        http_reply_err(x, err_new(ERR_INVALID, "wait_ms is not a number from 0 to %d", WAIT_MS_MAX));
        return;
    }
    bool there = false, passed = false;
    struct err *e = look_up(s, height, &there, &passed);
    if (e)
        http_reply_err(x, e);
    else if (there || passed || wait_ms == 0)
        rpc_stream_answer(s, x, height);
    else
        rpc_wait_block(s, x, height, wait_ms);
}

void rpc_stream_first(struct http_exchange *x, void *server)
{
    rpc_stream_answer(server, x, 0);
}

void rpc_stream_last(struct http_exchange *x, void *server)
{
    struct rpc_server *s = server;
    struct chain_block head;
    struct err *e = chain_head(s->chain, &head);
    if (e)
        http_reply_err(x, e);
    else
        reply_message(s, x, head.height);
}

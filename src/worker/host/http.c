/* HTTP of a program: its calls to net/outbound.h, judged by the policy of its run. */
#include "base/clock.h"
#include "codec/http_field.h"
#include "worker/host/host.h"
#include <string.h>

enum { READ_MAX = 1 << 20, PAIR_LEN = 8 };

static void record(void *self, const struct egress_record *r)
{
    struct host_run *run = self;
    json_array_append_new(run->egress, json_pack("{s:s,s:o,s:b,s:s?}", "host", r->host, "bytes",
                                                 r->has_len ? json_doc_number(r->len) : json_null(), "allowed", r->allowed,
                                                 "reason", r->reason));
}

static struct err *ensure_outbound(struct host_run *run)
{
    if (run->outbound)
        return NULL;
    const struct outbound_config config = {
        .policy = {.reach = run->config->reach,
                   .only_listed = run->id.only_listed_hosts,
                   .hosts = run->id.hosts,
                   .host_count = run->id.host_count,
                   .resolver = run->config->resolver},
        .max_sent_len = run->id.max_body_len,
        .max_received_len = run->id.max_body_len,
        .head_timeout_ms = run->config->http_head_timeout_ms,
        .record = record,
        .self = run,
    };
    return outbound_new(&config, &run->outbound);
}

static struct err *open_exchange(struct host_run *run, const struct host_request *r, const struct outbound_wait *wait,
                                 struct host_answer *answer)
{
    uint32_t handle = 0;
    const struct outbound_request request = {.method = r->args[0].bytes,
                                             .url = r->args[1].bytes,
                                             .headers = r->args[2].bytes,
                                             .has_body = r->args[3].number != 0,
                                             .connect_ms = r->args[4].number,
                                             .head_ms = r->args[5].number,
                                             .gap_ms = r->args[6].number};
    TRY(outbound_open(run->outbound, &request, wait, &handle));
    answer->values[0].number = handle;
    return NULL;
}

/* Which of the pairs has come, one byte each; *any: at least one has. */
static struct err *look(struct outbound *o, struct slice pairs, struct buf *out, bool *any)
{
    buf_clear(out);
    *any = false;
    for (; pairs.len; pairs = slice_skip(pairs, PAIR_LEN)) {
        uint32_t handle, event;
        bool ready = false;
        memcpy(&handle, pairs.ptr, sizeof handle);
        memcpy(&event, pairs.ptr + sizeof handle, sizeof event);
        if (event < OUTBOUND_ROOM || event > OUTBOUND_BYTES)
            return err_new(ERR_INVALID, "internal-error: there is no event %u to wait for", event);
        TRY(outbound_ready(o, handle, (enum outbound_event)event, &ready));
        buf_append_byte(out, ready);
        *any |= ready;
    }
    return NULL;
}

static struct err *wait_for_any(struct outbound *o, const struct host_request *r, const struct outbound_wait *wait,
                                struct buf *out)
{
    struct slice pairs = r->args[0].bytes;
    uint64_t now = clock_monotonic_ns(&clock_system), ms = r->args[1].number, until = wait->deadline_ns;
    bool any = false;
    if (pairs.len % PAIR_LEN || pairs.len / PAIR_LEN > HOST_HTTP_WAITS_MAX)
        return err_new(ERR_INVALID, "internal-error: at most %d pairs of handle and event are waited for", HOST_HTTP_WAITS_MAX);
    if (until > now && ms < (until - now) / NS_PER_MS)
        until = now + ms * NS_PER_MS;
    for (;;) {
        TRY(look(o, pairs, out, &any));
        if (any || !outbound_step(o, until, wait))
            return any ? NULL : look(o, pairs, out, &any);
    }
}

static bool says_length(struct slice lines)
{
    while (lines.len) {
        struct slice line, name;
        lines = slice_cut(lines, '\n', &line);
        slice_cut(line, ':', &name);
        if (http_field_is_named(name, "content-length"))
            return true;
    }
    return false;
}

/* Sends the body and takes the whole answer. */
static struct err *exchange_all(struct outbound *o, uint32_t handle, struct slice body, const struct outbound_wait *wait,
                                struct host_answer *a)
{
    enum { ROOM = HOST_ANSWER_MAX - (1 << 20) }; /* what is over is for the head */
    unsigned status = 0;
    bool end = false;
    if (body.len) {
        TRY(outbound_write(o, handle, body, wait));
        TRY(outbound_finish(o, handle, (struct slice){0}));
    }
    TRY(outbound_head(o, handle, wait, &status, &a->bytes[1]));
    a->values[0].number = status;
    while (!end) {
        if (a->bytes[2].len > ROOM - READ_MAX)
            return err_new(ERR_LIMIT, "HTTP-response-body-size: over %d bytes, which only come in pieces", ROOM - READ_MAX);
        TRY(outbound_read(o, handle, READ_MAX, wait, &a->bytes[2], &end));
    }
    return NULL;
}

static struct err *fetch(struct outbound *o, const struct host_request *r, const struct outbound_wait *wait,
                         struct host_answer *a)
{
    AUTO(buf) struct buf headers = {0};
    struct slice body = r->args[3].bytes;
    uint32_t handle = 0;
    buf_append(&headers, r->args[2].bytes);
    if (body.len && !says_length(r->args[2].bytes))
        buf_append_fmt(&headers, "\ncontent-length: %zu\n", body.len);
    const struct outbound_request request = {
        .method = r->args[0].bytes, .url = r->args[1].bytes, .headers = buf_slice(&headers), .has_body = body.len != 0};
    TRY(outbound_open(o, &request, wait, &handle));
    struct err *e = exchange_all(o, handle, body, wait, a);
    err_free(outbound_close(o, handle));
    return e;
}

static struct err *serve(struct host_run *run, const struct host_request *r, struct host_answer *a)
{
    const struct outbound_wait wait = {.deadline_ns = r->deadline_ns, .gone = r->task};
    uint64_t handle = r->args[0].number;
    struct outbound *o = run->outbound;
    unsigned status = 0;
    bool end = false;
    size_t max = r->args[1].number < READ_MAX ? (size_t)r->args[1].number : READ_MAX;
    switch (r->op) {
    case HOST_HTTP_OPEN:
        return open_exchange(run, r, &wait, a);
    case HOST_HTTP_WRITE:
        return outbound_write(o, handle, r->args[1].bytes, &wait);
    case HOST_HTTP_FINISH:
        return outbound_finish(o, handle, r->args[1].bytes);
    case HOST_HTTP_HEAD:
        TRY(outbound_head(o, handle, r->args[1].number ? &wait : NULL, &status, &a->bytes[1]));
        a->values[0].number = status;
        return NULL;
    case HOST_HTTP_READ:
        TRY(outbound_read(o, handle, max, r->args[2].number ? &wait : NULL, &a->bytes[0], &end));
        a->values[1].number = end;
        return NULL;
    case HOST_HTTP_TRAILERS:
        return outbound_trailers(o, handle, &a->bytes[0]);
    case HOST_HTTP_WAIT:
        return wait_for_any(o, r, &wait, &a->bytes[0]);
    case HOST_HTTP_FETCH:
        return fetch(o, r, &wait, a);
    default:
        return outbound_close(o, handle);
    }
}

enum host_verdict host_http(void *self, const struct host_request *request, struct host_answer *answer)
{
    struct host_run *run = self;
    struct err *e = ensure_outbound(run);
    if (!e)
        e = serve(run, request, answer);
    if (e)
        host_answer_fail(answer, request->op, "%s", err_text(e));
    err_free(e);
    bool over = run->outbound && outbound_timeouts(run->outbound) >= HOST_HTTP_TIMEOUTS_MAX;
    return over ? HOST_END_HTTP_TIMEOUTS : HOST_GO_ON;
}

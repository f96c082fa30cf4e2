#include "cli/demo_observe.h"
#include "base/clock.h"
#include "codec/json_doc.h"
#include "near/block_follower.h"
#include "net/http_client.h"
#include <unistd.h>

enum { OUTCOME_WAIT_MS = 10 * 1000, OUTCOME_PAUSE_US = 20 * 1000 };

struct scan {
    struct slice contract_id;
    struct arena *arena;
    struct observation *out;
};

static struct observed_receipt receipt_of(struct scan *scan, const struct block *block, const struct block_receipt *r)
{
    return (struct observed_receipt){.seen = true,
                                     .gas = r->gas_burnt,
                                     .height = block->height,
                                     .time_ns = block->timestamp_ns,
                                     .tx_hash = arena_str(scan->arena, r->tx_hash)};
}

static struct err *read_requested(struct scan *scan, const json_t *data)
{
    struct slice text;
    AUTO(json) json_t *request = NULL;
    TRY(json_doc_str(data, "request_data", &text));
    TRY(json_doc_parse(text, &request));
    return json_doc_u64(request, "request_id", &scan->out->request_id);
}

/* White space in a row, line ends too, becomes one space. */
static const char *one_line(struct arena *arena, struct slice text)
{
    AUTO(buf) struct buf line = {0};
    for (size_t i = 0; i < text.len; i++) {
        bool blank = text.ptr[i] <= ' ';
        if (!blank)
            buf_append_byte(&line, text.ptr[i]);
        else if (line.len && line.ptr[line.len - 1] != ' ')
            buf_append_byte(&line, ' ');
    }
    return arena_str(arena, buf_slice(&line));
}

static struct err *read_completed(struct scan *scan, const json_t *data)
{
    struct slice error = {0};
    const json_t *used = json_object_get(data, "resources_used");
    TRY(json_doc_bool(data, "success", &scan->out->success));
    TRY(json_doc_str_opt(data, "error_message", &error));
    TRY(json_doc_u64_opt(used, "instructions", &scan->out->instructions));
    TRY(json_doc_u64_opt(used, "time_ms", &scan->out->time_ms));
    TRY(json_doc_u128(data, "payment_charged", &scan->out->charged));
    TRY(json_doc_u128(data, "payment_refunded", &scan->out->refunded));
    scan->out->error = error.ptr ? one_line(scan->arena, error) : NULL;
    return NULL;
}

static struct err *read_event(struct scan *scan, const struct block *block, const struct block_receipt *r, struct slice line)
{
    AUTO(json) json_t *event = NULL;
    struct slice kind;
    TRY(json_doc_parse(line, &event));
    TRY(json_doc_str(event, "event", &kind));
    const json_t *data = json_array_get(json_object_get(event, "data"), 0);
    if (slice_eq_str(kind, "execution_requested")) {
        scan->out->request = receipt_of(scan, block, r);
        return read_requested(scan, data);
    }
    if (slice_eq_str(kind, "execution_completed")) {
        scan->out->callback = receipt_of(scan, block, r);
        return read_completed(scan, data);
    }
    return NULL;
}

static struct err *read_receipt(struct scan *scan, const struct block *block, const struct block_receipt *r)
{
    static const struct slice event_head = SLICE("EVENT_JSON:"), resolve_head = SLICE("[[yNEAR charged: ");
    struct slice line;
    if (!slice_eq(r->executor_id, scan->contract_id) || !r->succeeded)
        return NULL;
    for (size_t i = 0; block_receipt_log(r, i, &line); i++) {
        if (slice_starts_with(line, event_head))
            TRY(read_event(scan, block, r, slice_skip(line, event_head.len)));
        else if (slice_starts_with(line, resolve_head))
            scan->out->resolve = receipt_of(scan, block, r);
    }
    return NULL;
}

static struct err *read_height(struct scan *scan, struct block_follower *follower, uint64_t height)
{
    AUTO(block) struct block block = {0};
    enum follow_result result;
    TRY(block_follower_fetch(follower, height, &block, &result));
    for (size_t i = 0; result == FOLLOW_BLOCK && i < block.receipt_count; i++)
        TRY_DOING(read_receipt(scan, &block, &block.receipts[i]), "reading block %llu", (unsigned long long)height);
    return NULL;
}

struct err *observe_question(const char *stream_url, const char *contract_id, uint64_t from, uint64_t to, struct arena *arena,
                             struct observation *out)
{
    struct scan scan = {.contract_id = slice_str(contract_id), .arena = arena, .out = out};
    AUTO(block_follower) struct block_follower *follower = NULL;
    *out = (struct observation){0};
    TRY(block_follower_new(&(struct block_follower_config){.url = stream_url}, &follower));
    for (uint64_t height = from; height <= to; height++)
        TRY(read_height(&scan, follower, height));
    if (!out->request.seen)
        return err_new(ERR_NOT_FOUND, "no request of this question is on the chain");
    if (!out->resolve.seen)
        return err_new(ERR_NOT_FOUND, "request %llu was not resolved", (unsigned long long)out->request_id);
    if (!out->callback.seen)
        return err_new(ERR_NOT_FOUND, "request %llu was not settled", (unsigned long long)out->request_id);
    return NULL;
}

/* *outcome stays NULL while no execution of the request has been reported. */
static struct err *read_outcome(struct http_client *http, const char *url, struct arena *arena, const char **outcome)
{
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(json) json_t *jobs = NULL;
    const json_t *job;
    size_t i;
    TRY(http_client_call(http, &(struct http_call){.method = "GET", .url = url}, &answer));
    TRY(http_expect(&answer, "reading the coordinator's jobs"));
    TRY(json_doc_parse(buf_slice(&answer.body), &jobs));
    json_array_foreach(jobs, i, job)
    {
        struct slice type, word = {0};
        TRY(json_doc_str(job, "job_type", &type));
        TRY(json_doc_str_opt(job, "outcome", &word));
        if (!*outcome && word.ptr && slice_eq_str(type, "execute"))
            *outcome = arena_str(arena, word);
    }
    return NULL;
}

struct err *observe_outcome(const char *coordinator_url, uint64_t request_id, struct arena *arena, const char **outcome)
{
    AUTO(http_client) struct http_client *http = NULL;
    const char *url = arena_fmt(arena, "%s/public/jobs?request_id=%llu", coordinator_url, (unsigned long long)request_id);
    uint64_t deadline = clock_monotonic_ns(&clock_system) + OUTCOME_WAIT_MS * NS_PER_MS;
    *outcome = NULL;
    TRY(http_client_new(&http));
    TRY(read_outcome(http, url, arena, outcome));
    while (!*outcome && clock_monotonic_ns(&clock_system) < deadline) {
        usleep(OUTCOME_PAUSE_US);
        TRY(read_outcome(http, url, arena, outcome));
    }
    return *outcome ? NULL
                    : err_new(ERR_NOT_FOUND, "the coordinator has no outcome of request %llu", (unsigned long long)request_id);
}

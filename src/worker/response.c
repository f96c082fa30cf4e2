#include "worker/response.h"
#include "base/mem.h"
#include "codec/base64.h"
#include "codec/json.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { OUTPUT_ECHO_MAX = 200 };

struct err *response_format_parse(struct slice name, enum response_format *out)
{
    static const char *const names[] = {[RESPONSE_TEXT] = "Text", [RESPONSE_BYTES] = "Bytes", [RESPONSE_JSON] = "Json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_eq_str(name, names[i])) {
            *out = (enum response_format)i;
            return NULL;
        }
    }
    return err_new(ERR_INVALID, "response format `%.*s` is none of Text, Bytes and Json", SLICE_FMT(slice_first(name, 40)));
}

void response_free(struct response *r)
{
    buf_free(&r->output);
    buf_free(&r->error);
    *r = (struct response){0};
}

static void become_failure(struct response *r, enum outcome outcome)
{
    r->success = false;
    r->outcome = outcome;
    r->category = NULL;
    buf_clear(&r->output);
    buf_clear(&r->error);
}

void response_fail(struct response *r, enum outcome outcome, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    size_t kept = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    become_failure(r, outcome);
    json_doc_clean_utf8(slice_from(text, kept), &r->error);
}

/* A JSON string with its quotes. */
static void append_string(struct buf *out, struct slice text)
{
    AUTO(json) json_t *value = json_doc_string(text);
    json_doc_write(value, out);
}

static void output_text(struct slice bytes, struct response *r)
{
    AUTO(buf) struct buf clean = {0};
    json_doc_clean_utf8(bytes, &clean);
    bool valid = slice_eq(buf_slice(&clean), bytes);
    buf_append_str(&r->output, "{\"Text\":");
    append_string(&r->output, valid ? bytes : SLICE("Invalid UTF-8 output: not a UTF-8 sequence"));
    buf_append_byte(&r->output, '}');
}

static void output_bytes(struct slice bytes, struct response *r)
{
    buf_append_str(&r->output, "{\"Bytes\":[");
    for (size_t i = 0; i < bytes.len; i++)
        buf_append_fmt(&r->output, i ? ",%u" : "%u", bytes.ptr[i]);
    buf_append_str(&r->output, "]}");
}

/* Valid JSON without the spaces between its tokens: numbers keep every digit, which a parsed tree would not. */
static void append_without_spaces(struct buf *out, struct slice json)
{
    bool in_string = false;
    for (size_t i = 0; i < json.len; i++) {
        uint8_t c = json.ptr[i];
        if (in_string && c == '\\') {
            buf_append(out, slice_from(json.ptr + i, 2));
            i++;
            continue;
        }
        if (c == '"')
            in_string = !in_string;
        if (in_string || (c != ' ' && c != '\t' && c != '\n' && c != '\r'))
            buf_append_byte(out, c);
    }
}

static void output_json(struct slice bytes, struct response *r)
{
    AUTO(json) json_t *parsed = NULL;
    struct err *e = json_doc_parse(bytes, &parsed);
    if (!e) {
        buf_append_str(&r->output, "{\"Json\":");
        append_without_spaces(&r->output, bytes);
        buf_append_byte(&r->output, '}');
        return;
    }
    struct slice head = json_doc_cut_utf8(bytes, OUTPUT_ECHO_MAX);
    response_fail(r, OUTCOME_INVALID_OUTPUT, "Failed to parse output as JSON: %s. Output was: %.*s%s", err_text(e),
                  SLICE_FMT(head), head.len < bytes.len ? "..." : "");
    err_free(e);
}

static void convert_output(struct slice bytes, enum response_format format, struct response *r)
{
    switch (format) {
    case RESPONSE_TEXT:
        output_text(bytes, r);
        return;
    case RESPONSE_BYTES:
        output_bytes(bytes, r);
        return;
    case RESPONSE_JSON:
        output_json(bytes, r);
        return;
    }
}

static struct slice trimmed(struct slice s)
{
    while (s.len && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\r'))
        s.len--;
    return s;
}

/* The engine's sentence for the end (engine/message.h); of a program that exited, all that it said of it. */
static void failure_text(const struct task_outcome *o, struct response *r)
{
    struct slice own_words = o->end == TASK_GUEST_EXIT ? trimmed(buf_slice(&o->error_text)) : (struct slice){0};
    become_failure(r, outcome_of_end(o->end));
    json_doc_clean_utf8(own_words.len ? own_words : trimmed(buf_slice(&o->message)), &r->error);
}

void response_from_outcome(const struct task_outcome *outcome, enum response_format format, const struct task_limits *limits,
                           struct response *out)
{
    bool penalty =
        outcome->end == TASK_OUT_OF_INSTRUCTIONS || outcome->end == TASK_DEADLINE || outcome->end == TASK_HTTP_TIMEOUTS;
    out->instructions = penalty ? limits->max_instructions : outcome->instructions;
    out->time_ms = outcome->time_ms;
    out->success = outcome->end == TASK_COMPLETED;
    out->outcome = outcome_of_end(outcome->end);
    if (out->success)
        convert_output(buf_slice(&outcome->output), format, out);
    else
        failure_text(outcome, out);
}

/* The members that the two calls share, from `success` on, in this order. */
static void append_members(const struct response *r, struct buf *out)
{
    buf_append_fmt(out, "\"success\":%s,\"output\":", r->success ? "true" : "false");
    buf_append(out, r->output.len ? buf_slice(&r->output) : SLICE("null"));
    buf_append_str(out, ",\"error\":");
    if (r->success)
        buf_append_str(out, "null");
    else
        append_string(out, buf_slice(&r->error));
    buf_append_fmt(out,
                   ",\"resources_used\":{\"instructions\":%llu,\"time_ms\":%llu,\"compile_time_ms\":null},"
                   "\"compilation_note\":null,\"refund_usd\":",
                   (unsigned long long)r->instructions, (unsigned long long)r->time_ms);
    if (r->success && r->refund_usd)
        buf_append_fmt(out, "%llu", (unsigned long long)r->refund_usd);
    else
        buf_append_str(out, "null");
}

static size_t payload_len(const struct response *r)
{
    AUTO(buf) struct buf members = {0};
    append_members(r, &members);
    return members.len + 2; /* its braces */
}

/* Cuts the error by characters until the object fits. One byte of text is at most six in JSON, so a round that removes a sixth of
 * what is too much never removes more than it must. */
static void cut_error(struct response *r)
{
    AUTO(buf) struct buf whole = {0};
    buf_append(&whole, buf_slice(&r->error));
    size_t keep = whole.len;
    for (size_t len = payload_len(r); len > RESPONSE_FAILURE_MAX && keep; len = payload_len(r)) {
        size_t excess = len - RESPONSE_FAILURE_MAX, step = excess / 6 ? excess / 6 : 1; /* at most six bytes a byte */
        keep = json_doc_cut_utf8(buf_slice(&whole), keep > step ? keep - step : 0).len;
        buf_clear(&r->error);
        buf_append(&r->error, slice_first(buf_slice(&whole), keep));
        buf_append_fmt(&r->error, "... (truncated, original size: %zu bytes)", whole.len);
    }
}

static void append_small_call(const struct response *r, uint64_t request_id, struct buf *out)
{
    buf_append_fmt(out, "{\"method\":\"resolve_execution\",\"args\":{\"request_id\":%llu,\"response\":{",
                   (unsigned long long)request_id);
    append_members(r, out);
    buf_append_str(out, "}}}");
}

static void append_large_call(const struct response *r, uint64_t request_id, struct buf *out)
{
    buf_append_fmt(out, "{\"method\":\"submit_execution_output_and_resolve\",\"args\":{\"request_id\":%llu,",
                   (unsigned long long)request_id);
    append_members(r, out);
    buf_append_str(out, "}}");
}

void response_delivery(struct response *r, uint64_t request_id, struct buf *out)
{
    size_t len = payload_len(r);
    if (r->success && len > RESPONSE_CALL_MAX) {
        response_fail(r, OUTCOME_ANSWER_TOO_LARGE, "Output is too large for the chain: the answer is %zu bytes, at most %d fit",
                      len, RESPONSE_CALL_MAX);
        len = payload_len(r);
    }
    if (r->success && len > RESPONSE_PAYLOAD_MAX) {
        append_large_call(r, request_id, out);
        return;
    }
    if (len > RESPONSE_PAYLOAD_MAX)
        cut_error(r);
    append_small_call(r, request_id, out);
}

void response_completion(const struct response *r, uint64_t job_id, struct slice checksum, struct buf *out)
{
    buf_append_fmt(out, "{\"job_id\":%llu,\"success\":%s,\"output\":", (unsigned long long)job_id,
                   r->success ? "true" : "false");
    buf_append(out, r->output.len ? buf_slice(&r->output) : SLICE("null"));
    buf_append_str(out, ",\"error\":");
    if (r->success)
        buf_append_str(out, "null");
    else
        append_string(out, buf_slice(&r->error));
    buf_append_fmt(out, ",\"time_ms\":%llu,\"instructions\":%llu,\"wasm_checksum\":", (unsigned long long)r->time_ms,
                   (unsigned long long)r->instructions);
    if (checksum.len)
        append_string(out, checksum);
    else
        buf_append_str(out, "null");
    buf_append_str(out, ",\"actual_cost_yocto\":null,\"compile_cost_yocto\":null");
    buf_append_fmt(out, ",\"outcome\":\"%s\"", outcome_name(r->outcome));
    if (r->success && r->refund_usd)
        buf_append_fmt(out, ",\"refund_usd\":\"%llu\"", (unsigned long long)r->refund_usd);
    if (!r->success)
        buf_append_fmt(out, ",\"error_category\":\"%s\"", r->category ? r->category : outcome_category(r->outcome));
    buf_append_byte(out, '}');
}

static void append_bytes_value(struct json_reader *r, struct buf *out)
{
    AUTO(buf) struct buf bytes = {0};
    AUTO(buf) struct buf text = {0};
    json_begin_array(r, SLICE("bytes"));
    while (json_next_item(r))
        buf_append_byte(&bytes, (uint8_t)json_read_u64(r, UINT8_MAX, SLICE("u8")));
    base64_append(&text, buf_slice(&bytes));
    json_write_string(out, buf_slice(&text));
}

void response_value(const struct response *r, struct buf *out)
{
    AUTO(buf) struct buf room = {0};
    AUTO(buf) struct buf value = {0}; /* alone, so that no comma goes in front */
    struct json_reader reader = json_reader_of(buf_slice(&r->output));
    struct slice kind;
    if (!r->success || !json_begin_object(&reader, SLICE("output")) || !json_next_key(&reader, &kind, &room))
        return;
    if (slice_eq_str(kind, "Bytes"))
        append_bytes_value(&reader, &value);
    else
        json_write_sorted(&value, &reader);
    buf_append(out, buf_slice(&value));
}

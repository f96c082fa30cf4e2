/* For tests of wasi:http: a server behind the guest's outside, and a client's first steps. */
#pragma once
#include "engine/component/test_component.h"

enum { OK, ERROR };

/* --- the outside ------------------------------------------------------------------------------------------------------------------------- */

/* A server and the way to it, of one exchange after the other. */
static struct server {
    const char *open_error, *write_error, *finish_error, *head_error, *read_error, *trailers_error;
    const char *headers, *body, *trailers; /* of the answer, NULL: none */
    unsigned status;
    int waits_for_head, waits_for_bytes, waits_for_room; /* how often what is waited for is not there yet */
    bool no_room;                                        /* for a request's body */

    /* What it has seen. */
    unsigned opened, closed, written, finished, waited;
    struct buf method, url, sent_headers, sent, sent_trailers;
    bool has_body;
    uint64_t bounds_ms[3];
    size_t read_at;
} server;

static inline void put_text(struct buf *out, const char *text)
{
    buf_append_str(out, text ? text : "");
}

static inline void see(struct buf *out, struct slice bytes)
{
    buf_append(out, bytes);
}

static inline void serve_open(const struct host_value *a, struct host_answer *answer)
{
    put_text(&answer->bytes[1], server.open_error);
    answer->values[0].number = server.open_error ? 0 : ++server.opened;
    see(&server.method, a[0].bytes);
    see(&server.url, a[1].bytes);
    see(&server.sent_headers, a[2].bytes);
    server.has_body = a[3].number;
    for (size_t i = 0; i < 3; i++)
        server.bounds_ms[i] = a[4 + i].number;
}

static inline void serve_head(struct host_answer *answer)
{
    if (server.waits_for_head > 0) {
        server.waits_for_head--;
        return;
    }
    put_text(&answer->bytes[2], server.head_error);
    answer->values[0].number = server.head_error ? 0 : server.status;
    put_text(&answer->bytes[1], server.headers);
}

/* Three bytes at a time. */
static inline void serve_read(const struct host_value *a, struct host_answer *answer)
{
    struct slice rest = slice_skip(slice_str(server.body ? server.body : ""), server.read_at);
    struct slice part = slice_first(rest, a[1].number < 3 ? a[1].number : 3);
    if (server.waits_for_bytes > 0)
        return; /* nothing yet */
    if (server.read_error && !rest.len) {
        put_text(&answer->bytes[2], server.read_error);
        return;
    }
    buf_append(&answer->bytes[0], part);
    server.read_at += part.len;
    answer->values[1].number = part.len == rest.len && !server.read_error;
}

static inline bool is_late(const uint32_t pair[2], bool waits)
{
    int *left = pair[1] == HOST_HTTP_HAS_HEAD    ? &server.waits_for_head
                : pair[1] == HOST_HTTP_HAS_BYTES ? &server.waits_for_bytes
                                                 : &server.waits_for_room;
    bool is = *left > 0;
    *left -= is && waits;
    return is;
}

static inline void serve_wait(const struct host_value *a, struct host_answer *answer)
{
    server.waited++;
    for (struct slice pairs = a[0].bytes; pairs.len; pairs = slice_skip(pairs, 8)) {
        uint32_t pair[2];
        memcpy(pair, pairs.ptr, sizeof pair);
        buf_append_byte(&answer->bytes[0], !is_late(pair, a[1].number != 0) && !(pair[1] == HOST_HTTP_ROOM && server.no_room));
    }
}

static inline enum host_verdict serve(void *self, const struct host_request *request, struct host_answer *answer)
{
    const struct host_value *a = request->args;
    (void)self;
    switch ((int)request->op) {
    case HOST_HTTP_OPEN:
        serve_open(a, answer);
        break;
    case HOST_HTTP_WRITE:
        server.written++;
        see(&server.sent, a[1].bytes);
        put_text(&answer->bytes[0], server.write_error);
        break;
    case HOST_HTTP_FINISH:
        server.finished++;
        see(&server.sent_trailers, a[1].bytes);
        put_text(&answer->bytes[0], server.finish_error);
        break;
    case HOST_HTTP_HEAD:
        serve_head(answer);
        break;
    case HOST_HTTP_READ:
        serve_read(a, answer);
        break;
    case HOST_HTTP_TRAILERS:
        put_text(&answer->bytes[0], server.trailers);
        put_text(&answer->bytes[1], server.trailers_error);
        break;
    case HOST_HTTP_WAIT:
        serve_wait(a, answer);
        break;
    case HOST_HTTP_CLOSE:
        server.closed++;
        break;
    default:
        fail_msg("an unexpected call of the host");
    }
    return HOST_GO_ON;
}

static inline void forget(void)
{
    struct buf *const seen[] = {&server.method, &server.url, &server.sent_headers, &server.sent, &server.sent_trailers};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        buf_free(seen[i]);
}

static inline void start_with(struct server s)
{
    bench_start(serve, NULL); /* the guest before goes first: it closes what it has open */
    forget();
    server = s;
}

static inline void start(void)
{
    start_with((struct server){.status = 200, .headers = "content-type: text/plain\n", .body = "the body"});
}

static inline int close_all(void **state)
{
    forget();
    return bench_close(state);
}

/* --- a client's first steps ------------------------------------------------------------------------------------------------------------ */

#define TEXT(z) ((union shim_value){.list = {(z), strlen(z)}})

static inline uint64_t fields_new(void)
{
    CALL("[constructor]fields", N(0));
    return result(0);
}

static inline void append(uint64_t f, const char *name, const char *value)
{
    CALL("[method]fields.append", N(f), TEXT(name), TEXT(value));
    assert_int_equal(result(0), OK);
}

enum { INVALID_SYNTAX, FORBIDDEN, IMMUTABLE };

/* All entries as lines. */
static inline void assert_entries(uint64_t f, const char *expected)
{
    AUTO(buf) struct buf lines = {0};
    CALL("[method]fields.entries", N(f));
    const union shim_value *pairs = bench.results[0].list.ptr;
    for (size_t i = 0; i < 2 * bench.results[0].list.len; i++) {
        buf_append(&lines, slice_from(pairs[i].list.ptr, pairs[i].list.len));
        buf_append_str(&lines, i % 2 ? "\n" : "=");
    }
    assert_string_equal(buf_str(&lines), expected);
}

static inline void assert_header_error(int error, const char *name, const char *how)
{
    if (result(0) != (error >= 0) || (error >= 0 && result(1) != (uint64_t)error))
        fail_msg("%s of `%s`: %u %u instead of %d", how, name, (unsigned)result(0), (unsigned)result(1), error);
}

static inline uint64_t request_of(uint64_t fields)
{
    CALL("[constructor]outgoing-request", N(fields));
    return result(0);
}

static inline uint64_t request_to(const char *authority, uint64_t fields)
{
    uint64_t request = request_of(fields);
    CALL("[method]outgoing-request.set-authority", N(request), SOME(TEXT(authority)));
    assert_int_equal(result(0), 0);
    return request;
}

/* The future of a request that goes out. */
static inline uint64_t sent(uint64_t request)
{
    CALL("handle", N(request), NONE_);
    assert_int_equal(result(0), OK);
    return result(1);
}

/* What a function of one resource makes. */
static inline uint64_t made_by(const char *function, uint64_t resource)
{
    CALL(function, N(resource));
    assert_int_equal(result(0), OK);
    return result(1);
}

static inline uint64_t body_of(uint64_t request)
{
    return made_by("[method]outgoing-request.body", request);
}

static inline uint64_t stream_of(uint64_t body)
{
    return made_by("[method]outgoing-body.write", body);
}

static inline uint64_t request_of_length(const char *length)
{
    uint64_t f = fields_new();
    if (length)
        append(f, "Content-Length", length);
    return request_to("h", f);
}

static inline uint64_t answer_of(uint64_t future)
{
    CALL("[method]future-incoming-response.get", N(future));
    assert_true(result(0) == 1 && result(1) == OK && result(2) == OK);
    return result(3);
}

static inline uint64_t incoming_of(uint64_t response)
{
    return made_by("[method]incoming-response.consume", response);
}

static inline uint64_t incoming_stream_of(uint64_t body)
{
    return made_by("[method]incoming-body.stream", body);
}

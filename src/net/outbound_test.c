/* The HTTP of a stranger's program, against servers that do what they like. */
#include "base/clock.h"
#include "net/outbound.h"
#include "net/raw_server.h"

static const struct raw_route routes[] = {
    {"/hello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Two: a\r\nX-Two: b\r\n\r\nhello", NULL},
    {"/empty", "HTTP/1.1 204 No Content\r\n\r\n", NULL},
    {"/redirect", "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n", NULL},
    {"/gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 23\r\n\r\n\x1f\x8b\x08_not_really_gzip____", NULL},
    {"/interim", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", NULL},
    {"/trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 7\r\n\r\n", NULL},
    {"/folded", "HTTP/1.1 200 OK\r\nX-Long: one\r\n two\r\nContent-Length: 0\r\n\r\n", NULL},
    {"/short", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", NULL},
    {"/garbage", "SSH-2.0-OpenSSH\r\n\r\n", NULL},
    {"/nothing", "", NULL},
    {"/echo", NULL, raw_echo},
    {"/silence", NULL, raw_silence},
    {"/trickle", NULL, raw_trickle},
    {"/flood", NULL, raw_flood},
    {"/flood-head", NULL, raw_flood_head},
};

static struct raw_server server;

static int set_up(void **state)
{
    (void)state;
    raw_start(&server, routes, sizeof routes / sizeof *routes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    raw_stop(&server);
    return 0;
}

static struct outbound_wait within(uint64_t ms)
{
    return (struct outbound_wait){.deadline_ns = clock_monotonic_ns(&clock_system) + ms * NS_PER_MS, .gone = -1};
}

static struct outbound *local(const struct outbound_config *more)
{
    struct outbound *o = NULL;
    struct outbound_config config = more ? *more : (struct outbound_config){0};
    config.policy.reach = EGRESS_LOOPBACK;
    assert_ok(outbound_new(&config, &o));
    return o;
}

static struct err *start(struct outbound *o, const char *method, const char *path, const char *headers, bool has_body,
                         uint32_t *handle)
{
    char url[200];
    const struct outbound_wait wait = within(5000);
    snprintf(url, sizeof url, "%s%s", server.url, path);
    const struct outbound_request request = {
        .method = slice_str(method), .url = slice_str(url), .headers = slice_str(headers), .has_body = has_body};
    return outbound_open(o, &request, &wait, handle);
}

/* Reads the whole body; the error that ends it, if any. */
static struct err *read_body(struct outbound *o, uint32_t handle, uint64_t ms, struct buf *body)
{
    const struct outbound_wait wait = within(ms);
    bool end = false;
    while (!end)
        TRY(outbound_read(o, handle, 7, &wait, body, &end));
    return NULL;
}

static void get(struct outbound *o, const char *path, unsigned *status, struct buf *head, struct buf *body)
{
    uint32_t handle = 0;
    const struct outbound_wait wait = within(5000);
    assert_ok(start(o, "GET", path, "", false, &handle));
    assert_ok(outbound_head(o, handle, &wait, status, head));
    assert_ok(read_body(o, handle, 5000, body));
    buf_str(head);
    buf_str(body);
    assert_ok(outbound_close(o, handle));
}

static void answers_come_as_they_were_sent(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        unsigned status;
        const char *head, *body;
    } cases[] = {
        {"/hello", 200, "Content-Length: 5\nX-Two: a\nX-Two: b\n", "hello"},
        {"/empty", 204, "", ""},
        {"/redirect", 302, "Location: /hello\nContent-Length: 0\n", ""},
        {"/gzip", 200, "Content-Encoding: gzip\nContent-Length: 23\n", "\x1f\x8b\x08_not_really_gzip____"},
        {"/interim", 200, "Content-Length: 2\n", "ok"},
        {"/trailers", 200, "Transfer-Encoding: chunked\n", "ab"},
        {"/folded", 200, "X-Long: one two\nContent-Length: 0\n", ""},
    };
    AUTO(outbound) struct outbound *o = local(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf head = {0}, body = {0};
        unsigned status = 0;
        get(o, cases[i].path, &status, &head, &body);
        assert_int_equal(status, cases[i].status);
        assert_string_equal(buf_str(&head), cases[i].head);
        assert_string_equal(buf_str(&body), cases[i].body);
    }
}

static void trailers_come_behind_the_body(void **state)
{
    (void)state;
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf body = {0}, trailers = {0};
    uint32_t handle = 0;
    assert_ok(start(o, "GET", "/trailers", "", false, &handle));
    assert_ok(read_body(o, handle, 5000, &body));
    assert_ok(outbound_trailers(o, handle, &trailers));
    assert_string_equal(buf_str(&trailers), "X-Sum: 7\n");
}

/* What the server saw, sent back. */
static void echo(struct outbound *o, const char *method, const char *headers, const char *body, struct buf *seen)
{
    uint32_t handle = 0;
    const struct outbound_wait wait = within(5000);
    assert_ok(start(o, method, "/echo", headers, body != NULL, &handle));
    if (body) {
        assert_ok(outbound_write(o, handle, slice_first(slice_str(body), 2), &wait));
        assert_ok(outbound_write(o, handle, slice_skip(slice_str(body), 2), &wait));
        assert_ok(outbound_finish(o, handle, SLICE("X-After: 1\n")));
    }
    assert_ok(read_body(o, handle, 5000, seen));
    buf_str(seen);
}

static void requests_say_only_what_the_program_says(void **state)
{
    (void)state;
    char expected[300];
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf plain = {0}, post = {0}, chunked = {0}, sized = {0};
    echo(o, "GET", "", NULL, &plain);
    snprintf(expected, sizeof expected, "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", server.port);
    assert_string_equal(buf_str(&plain), expected);
    echo(o, "POST", "X-A: 1\nX-Empty:\n", NULL, &post);
    assert_true(raw_has(&post, "POST /echo HTTP/1.1\r\n"));
    assert_true(raw_has(&post, "\r\nX-A: 1\r\n"));
    assert_true(raw_has(&post, "\r\nX-Empty:\r\n"));
    assert_true(raw_has(&post, "\r\nContent-Length: 0\r\n"));
    echo(o, "PATCH", "content-type: text/plain\n", "hello", &chunked);
    assert_true(raw_has(&chunked, "PATCH /echo HTTP/1.1\r\n"));
    assert_true(raw_has(&chunked, "\r\nTransfer-Encoding: chunked\r\n"));
    assert_true(raw_has(&chunked, "\r\ncontent-type: text/plain\r\n"));
    assert_true(raw_has(&chunked, "\r\n0\r\nX-After: 1\r\n\r\n"));
    assert_false(raw_has(&chunked, "Expect"));
    echo(o, "PUT", "content-length: 5\n", "hello", &sized);
    assert_true(raw_has(&sized, "\r\nContent-Length: 5\r\n"));
    assert_true(raw_has(&sized, "\r\n\r\nhello"));
    assert_false(raw_has(&sized, "Content-Type"));
}

static void what_is_no_request_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *method, *headers;
        bool has_body;
        const char *says;
    } cases[] = {
        {"", "", false, "HTTP-request-method-invalid: ``"},
        {"GET /x", "", false, "HTTP-request-method-invalid: `GET /x`"},
        {"CONNECT", "", false, "HTTP-request-method-invalid: `CONNECT`"},
        {"HEAD", "", true, "HTTP-request-method-invalid: `HEAD`"},
        {"GET", "Host: evil.example\n", false, "HTTP-request-denied: the header `Host` is not the program's to set"},
        {"GET", "transfer-encoding: chunked\n", false,
         "HTTP-request-denied: the header `transfer-encoding` is not the program's to set"},
        {"GET", "no colon\n", false, "HTTP-protocol-error: `no colon` is not a header line `name: value`"},
        {"GET", "X-A: a\rX-B: b\n", false, "HTTP-protocol-error: `X-A` is not a header line `name: value`"},
        {"GET", ": x\n", false, "HTTP-protocol-error: `` is not a header line `name: value`"},
        {"PUT", "content-length: x\n", true, "HTTP-protocol-error: content-length is not a number of bytes"},
        {"PUT", "content-length: 1\ncontent-length: 2\n", true,
         "HTTP-protocol-error: content-length is not one number of bytes"},
        {"PUT", "content-length: 99999999999999999999\n", true, "HTTP-protocol-error: content-length is not a number of bytes"},
        {"GET", "content-length: 5\n", false, "HTTP-request-body-size: content-length is 5 and there is no body"},
    };
    AUTO(outbound) struct outbound *o = local(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t handle = 0;
        AUTO(err) struct err *e = start(o, cases[i].method, "/hello", cases[i].headers, cases[i].has_body, &handle);
        assert_non_null(e);
        assert_string_equal(err_text(e), cases[i].says);
    }
}

static void a_body_has_the_length_it_claims(void **state)
{
    (void)state;
    AUTO(outbound) struct outbound *o = local(NULL);
    const struct outbound_wait wait = within(5000);
    uint32_t handle = 0;
    assert_ok(start(o, "PUT", "/echo", "content-length: 5\n", true, &handle));
    assert_fails(outbound_write(o, handle, SLICE("123456"), &wait), ERR_INVALID,
                 "HTTP-request-body-size: more bytes than the 5 of content-length");
    assert_ok(outbound_write(o, handle, SLICE("123"), &wait));
    assert_fails(outbound_finish(o, handle, SLICE("")), ERR_UNAVAILABLE,
                 "HTTP-request-body-size: the body is shorter than content-length");
    assert_ok(start(o, "PUT", "/echo", "content-length: 1\n", true, &handle));
    assert_ok(outbound_write(o, handle, SLICE("1"), &wait));
    assert_ok(outbound_finish(o, handle, SLICE("")));
    assert_fails(outbound_finish(o, handle, SLICE("")), ERR_INVALID, "internal-error: the request's body is complete");
    assert_fails(outbound_write(o, handle, SLICE(""), &wait), ERR_INVALID, "internal-error: the request's body is complete");
}

static void handles_that_do_not_exist_are_named(void **state)
{
    (void)state;
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf out = {0};
    const struct outbound_wait wait = within(100);
    unsigned status;
    bool flag;
    uint32_t handle = 0;
    assert_ok(start(o, "GET", "/hello", "", false, &handle));
    assert_ok(outbound_close(o, handle));
    for (uint64_t h = 0; h < 3; h++) {
        AUTO(err) struct err *write = outbound_write(o, h, SLICE("x"), &wait), *finish = outbound_finish(o, h, SLICE(""));
        AUTO(err) struct err *head = outbound_head(o, h, &wait, &status, &out), *close = outbound_close(o, h);
        AUTO(err) struct err *read = outbound_read(o, h, 1, &wait, &out, &flag),
                             *ready = outbound_ready(o, h, OUTBOUND_HEAD, &flag);
        AUTO(err) struct err *trailers = outbound_trailers(o, h, &out);
        assert_true(write && finish && head && read && ready && trailers && close);
    }
}

static void broken_answers_have_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *path, *code;
    } cases[] = {
        {"/short", "HTTP-response-incomplete: "},
        {"/garbage", "HTTP-protocol-error: "},
        {"/nothing", "connection-terminated: "},
        {"/flood-head", "HTTP-response-header-section-size: "},
    };
    AUTO(outbound) struct outbound *o = local(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf body = {0};
        uint32_t handle = 0;
        assert_ok(start(o, "GET", cases[i].path, "", false, &handle));
        AUTO(err) struct err *e = read_body(o, handle, 5000, &body);
        if (!e || strncmp(err_text(e), cases[i].code, strlen(cases[i].code)) != 0)
            fail_msg("%s: %s", cases[i].path, e ? err_text(e) : "no error");
    }
}

static void nobody_listening_is_a_refused_connection(void **state)
{
    (void)state;
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf head = {0};
    const struct outbound_wait wait = within(5000);
    const struct outbound_request request = {.method = SLICE("GET"), .url = SLICE("http://127.0.0.1:1/")};
    uint32_t handle = 0;
    unsigned status;
    assert_ok(outbound_open(o, &request, &wait, &handle));
    AUTO(err) struct err *e = outbound_head(o, handle, &wait, &status, &head);
    assert_non_null(e);
    assert_int_equal(strncmp(err_text(e), "connection-refused: ", 20), 0);
}

static void a_plain_server_is_no_tls_server(void **state)
{
    (void)state;
    char url[64];
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf head = {0};
    const struct outbound_wait wait = within(5000);
    uint32_t handle = 0;
    unsigned status;
    snprintf(url, sizeof url, "https://127.0.0.1:%u/hello", server.port);
    const struct outbound_request request = {.method = SLICE("GET"), .url = slice_str(url)};
    assert_ok(outbound_open(o, &request, &wait, &handle));
    AUTO(err) struct err *e = outbound_head(o, handle, &wait, &status, &head);
    assert_non_null(e);
    assert_int_equal(strncmp(err_text(e), "TLS-protocol-error: ", 20), 0);
}

static void silence_is_counted_and_ends(void **state)
{
    (void)state;
    const struct outbound_config config = {.head_timeout_ms = 150};
    AUTO(outbound) struct outbound *o = local(&config);
    AUTO(buf) struct buf head = {0};
    const struct outbound_wait wait = within(5000);
    uint32_t first = 0, second = 0;
    unsigned status;
    assert_ok(start(o, "GET", "/silence", "", false, &first));
    assert_ok(start(o, "GET", "/silence", "", false, &second));
    assert_fails(outbound_head(o, first, &wait, &status, &head), ERR_UNAVAILABLE,
                 "connection-timeout: no answer within the run's bound");
    assert_fails(outbound_head(o, second, &wait, &status, &head), ERR_UNAVAILABLE,
                 "connection-timeout: no answer within the run's bound");
    assert_int_equal(outbound_timeouts(o), 2);
}

static void the_programs_own_bounds_are_not_counted(void **state)
{
    (void)state;
    char url[100];
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf body = {0};
    const struct outbound_wait wait = within(5000);
    uint32_t handle = 0;
    unsigned status;
    bool end = false;
    snprintf(url, sizeof url, "%s/silence", server.url);
    const struct outbound_request request = {.method = SLICE("GET"), .url = slice_str(url), .head_ms = 50};
    assert_ok(outbound_open(o, &request, &wait, &handle));
    assert_fails(outbound_head(o, handle, &wait, &status, &body), ERR_UNAVAILABLE,
                 "connection-read-timeout: no answer within the program's own bound");
    snprintf(url, sizeof url, "%s/trickle", server.url);
    const struct outbound_request slow = {.method = SLICE("GET"), .url = slice_str(url), .gap_ms = 1};
    assert_ok(outbound_open(o, &slow, &wait, &handle));
    struct err *e = NULL;
    while (!e)
        e = outbound_read(o, handle, 100, &wait, &body, &end);
    assert_string_equal(err_text(e), "connection-read-timeout: the answer pauses for longer than the program's own bound");
    err_free(e);
    assert_int_equal(outbound_timeouts(o), 0);
}

static void a_slow_body_ends_with_the_runs_time(void **state)
{
    (void)state;
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf body = {0};
    uint32_t handle = 0;
    uint64_t start_ns = clock_monotonic_ns(&clock_system);
    assert_ok(start(o, "GET", "/trickle", "", false, &handle));
    assert_fails(read_body(o, handle, 200, &body), ERR_UNAVAILABLE, "connection-timeout: the run's time is over");
    assert_in_range((clock_monotonic_ns(&clock_system) - start_ns) / NS_PER_MS, 150, 3000);
    assert_true(body.len > 0);
}

static void answers_of_a_run_are_bounded_together(void **state)
{
    (void)state;
    const struct outbound_config config = {.max_received_len = 300000};
    AUTO(outbound) struct outbound *o = local(&config);
    AUTO(buf) struct buf body = {0};
    const struct outbound_wait wait = within(5000);
    uint32_t handle = 0;
    bool end = false;
    struct err *e = NULL;
    assert_ok(start(o, "GET", "/flood", "", false, &handle));
    while (!e)
        e = outbound_read(o, handle, 65536, &wait, &body, &end);
    assert_string_equal(err_text(e), "HTTP-response-body-size: the answers of this run are longer than 300000 bytes");
    err_free(e);
    assert_in_range(body.len, 1, 300000);
}

/* A server that sends without end meets a program that does not read: memory stays bounded. */
static void nobody_reading_holds_the_server_back(void **state)
{
    (void)state;
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf body = {0};
    const struct outbound_wait wait = within(300);
    uint32_t handle = 0;
    bool end = false;
    assert_ok(start(o, "GET", "/flood", "", false, &handle));
    while (outbound_step(o, UINT64_MAX, &wait))
        ;
    assert_ok(outbound_read(o, handle, 10 << 20, &wait, &body, &end));
    assert_in_range(body.len, 1, 512 * 1024);
    const struct outbound_wait more = within(2000);
    for (size_t total = 0; total < (4 << 20); total += body.len) { /* and then it goes on */
        buf_clear(&body);
        assert_ok(outbound_read(o, handle, 10 << 20, &more, &body, &end));
    }
}

static void requests_are_bounded(void **state)
{
    (void)state;
    const struct outbound_config config = {.max_requests = 3, .max_open = 1, .max_sent_len = 4};
    AUTO(outbound) struct outbound *o = local(&config);
    const struct outbound_wait wait = within(5000);
    uint32_t handle = 0;
    assert_ok(start(o, "PUT", "/echo", "", true, &handle));
    assert_fails(start(o, "GET", "/hello", "", false, &handle), ERR_LIMIT,
                 "connection-limit-reached: 1 exchanges are open, close one");
    assert_ok(outbound_write(o, handle, SLICE("123"), &wait));
    assert_fails(outbound_write(o, handle, SLICE("45"), &wait), ERR_LIMIT,
                 "HTTP-request-body-size: the requests of this run are longer than 4 bytes");
    for (int i = 0; i < 2; i++) {
        assert_ok(outbound_close(o, handle));
        assert_ok(start(o, "GET", "/hello", "", false, &handle));
    }
    assert_ok(outbound_close(o, handle));
    assert_fails(start(o, "GET", "/hello", "", false, &handle), ERR_LIMIT,
                 "HTTP-request-denied: this run has made its 3 requests");
}

/* Starts one as soon as it may. */
static void start_in_time(struct outbound *o, const char *path, uint32_t *handle)
{
    const struct outbound_wait wait = within(5000);
    struct err *e = start(o, "GET", path, "", false, handle);
    while (e && outbound_step(o, wait.deadline_ns, &wait)) {
        err_free(e);
        e = start(o, "GET", path, "", false, handle);
    }
    assert_ok(e);
}

/* All there, or failed: whoever is late with reading and closing keeps nobody else from asking, and finds what there is. */
static void what_is_over_is_not_open(void **state)
{
    (void)state;
    const struct outbound_config config = {.max_open = 1};
    AUTO(outbound) struct outbound *o = local(&config);
    AUTO(buf) struct buf body = {0}, lines = {0};
    const struct outbound_wait wait = within(5000);
    uint32_t whole = 0, broken = 0, last = 0;
    bool end = false;
    unsigned status = 0;
    assert_ok(start(o, "GET", "/trailers", "", false, &whole));
    start_in_time(o, "/short", &broken);
    start_in_time(o, "/silence", &last);
    assert_fails(start(o, "GET", "/hello", "", false, &last), ERR_LIMIT,
                 "connection-limit-reached: 1 exchanges are open, close one");

    assert_ok(outbound_head(o, whole, &wait, &status, &lines));
    assert_int_equal(status, 200);
    while (!end)
        assert_ok(outbound_read(o, whole, 1, &wait, &body, &end));
    assert_string_equal(buf_str(&body), "ab");
    buf_clear(&lines);
    assert_ok(outbound_trailers(o, whole, &lines));
    assert_string_equal(buf_str(&lines), "X-Sum: 7\n");
    buf_clear(&body);
    assert_ok(outbound_read(o, broken, 100, &wait, &body, &end));
    assert_string_equal(buf_str(&body), "half");
    AUTO(err) struct err *why = outbound_read(o, broken, 100, &wait, &body, &end);
    assert_non_null(why);

    assert_ok(outbound_close(o, whole));
    assert_ok(outbound_close(o, broken));
    assert_fails(start(o, "GET", "/hello", "", false, &last), ERR_LIMIT,
                 "connection-limit-reached: 1 exchanges are open, close one"); /* they were none of the open ones any more */
}

struct log {
    unsigned count;
    char text[300];
};

static void note(void *self, const struct egress_record *r)
{
    struct log *log = self;
    log->count++;
    snprintf(log->text, sizeof log->text, "%s %d %d %llu %s", r->host, r->allowed, r->has_len, (unsigned long long)r->len,
             r->reason ? r->reason : "-");
}

static struct err *rebinding(void *self, const char *host, uint64_t deadline_ns, struct net_address *out, size_t *count)
{
    unsigned *lookups = self;
    (void)host, (void)deadline_ns;
    *count = 1;
    assert_true(net_address_parse((*lookups)++ ? SLICE("169.254.169.254") : SLICE("127.0.0.1"), out));
    return NULL;
}

/* The name answers with another address the second time: one lookup a request, and the connection goes where it said. */
static void a_name_is_looked_up_once_a_request(void **state)
{
    (void)state;
    unsigned lookups = 0, status = 0;
    char url[100];
    struct log log = {0};
    const struct resolver resolver = {rebinding, &lookups};
    const struct outbound_config config = {.policy.resolver = &resolver, .record = note, .self = &log};
    AUTO(outbound) struct outbound *o = local(&config);
    AUTO(buf) struct buf head = {0}, body = {0};
    const struct outbound_wait wait = within(5000);
    uint32_t handle = 0;
    snprintf(url, sizeof url, "http://rebind.example:%u/echo", server.port);
    const struct outbound_request request = {.method = SLICE("GET"), .url = slice_str(url)};
    assert_ok(outbound_open(o, &request, &wait, &handle));
    assert_ok(outbound_head(o, handle, &wait, &status, &head));
    assert_ok(read_body(o, handle, 5000, &body));
    buf_str(&body);
    assert_true(raw_has(&body, "\r\nHost: rebind.example:"));
    assert_int_equal(lookups, 1);
    assert_string_equal(log.text, "rebind.example 1 0 0 -");
    assert_fails(outbound_open(o, &request, &wait, &handle), ERR_DENIED,
                 "internal-error: destination blocked: internal/private/link-local address");
    assert_string_equal(log.text, "rebind.example 0 0 0 destination blocked: internal/private/link-local address");
    assert_int_equal(log.count, 2);
}

static void every_attempt_is_recorded(void **state)
{
    (void)state;
    struct log log = {0};
    const struct outbound_config config = {.record = note, .self = &log};
    AUTO(outbound) struct outbound *o = local(&config);
    const struct outbound_wait wait = within(5000);
    uint32_t handle = 0;
    assert_ok(start(o, "PUT", "/echo", "content-length: 12\n", true, &handle));
    assert_string_equal(log.text, "127.0.0.1 1 1 12 -");
    static const struct {
        const char *url, *says, *text;
    } cases[] = {
        {"http://10.0.0.1/", "internal-error: destination blocked: internal/private/link-local address",
         "10.0.0.1 0 0 0 destination blocked: internal/private/link-local address"},
        {"http:///", "HTTP-request-URI-invalid: request has no host", " 0 0 0 request has no host"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct outbound_request request = {.method = SLICE("GET"), .url = slice_str(cases[i].url)};
        AUTO(err) struct err *e = outbound_open(o, &request, &wait, &handle);
        assert_string_equal(err_text(e), cases[i].says);
        assert_string_equal(log.text, cases[i].text);
    }
    assert_int_equal(log.count, 3);
}

/* Two exchanges side by side, and the environment's proxy is nobody's. */
static void exchanges_go_on_side_by_side(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf first_body = {0}, second_body = {0};
    uint32_t first = 0, second = 0;
    const struct outbound_wait wait = within(5000);
    assert_ok(start(o, "POST", "/echo", "", true, &first));
    assert_ok(start(o, "GET", "/hello", "", false, &second));
    assert_ok(read_body(o, second, 5000, &second_body));
    assert_string_equal(buf_str(&second_body), "hello");
    assert_ok(outbound_write(o, first, SLICE("late"), &wait));
    assert_ok(outbound_finish(o, first, SLICE("")));
    assert_ok(read_body(o, first, 5000, &first_body));
    buf_str(&first_body);
    assert_true(raw_has(&first_body, "late"));
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

/* Megabytes both ways at once, through buffers of 256 KiB. */
static void long_bodies_stream(void **state)
{
    (void)state;
    enum { LEN = 3 << 20 };
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf part = {0}, seen = {0};
    const struct outbound_wait wait = within(20000);
    uint32_t handle = 0;
    bool end = false;
    memset(buf_reserve(&part, 65536), 'z', 65536);
    part.len = 65536;
    assert_ok(start(o, "PUT", "/echo", "content-length: 3145728\n", true, &handle));
    for (size_t sent = 0; sent < LEN; sent += part.len)
        assert_ok(outbound_write(o, handle, buf_slice(&part), &wait));
    assert_ok(outbound_finish(o, handle, SLICE("")));
    while (!end)
        assert_ok(outbound_read(o, handle, 1 << 20, &wait, &seen, &end));
    assert_true(seen.len > LEN);
}

static void whoever_has_gone_is_not_waited_for(void **state)
{
    (void)state;
    int ends[2];
    AUTO(outbound) struct outbound *o = local(NULL);
    AUTO(buf) struct buf head = {0};
    struct outbound_wait wait = within(20000);
    uint32_t handle = 0;
    unsigned status;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    close(ends[1]);
    wait.gone = ends[0];
    assert_ok(start(o, "GET", "/silence", "", false, &handle));
    uint64_t start_ns = clock_monotonic_ns(&clock_system);
    AUTO(err) struct err *e = outbound_head(o, handle, &wait, &status, &head);
    assert_non_null(e);
    assert_true(clock_monotonic_ns(&clock_system) - start_ns < 5 * NS_PER_SEC);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_as_they_were_sent),
        cmocka_unit_test(trailers_come_behind_the_body),
        cmocka_unit_test(requests_say_only_what_the_program_says),
        cmocka_unit_test(what_is_no_request_is_refused_by_name),
        cmocka_unit_test(a_body_has_the_length_it_claims),
        cmocka_unit_test(handles_that_do_not_exist_are_named),
        cmocka_unit_test(broken_answers_have_their_names),
        cmocka_unit_test(nobody_listening_is_a_refused_connection),
        cmocka_unit_test(a_plain_server_is_no_tls_server),
        cmocka_unit_test(silence_is_counted_and_ends),
        cmocka_unit_test(the_programs_own_bounds_are_not_counted),
        cmocka_unit_test(a_slow_body_ends_with_the_runs_time),
        cmocka_unit_test(answers_of_a_run_are_bounded_together),
        cmocka_unit_test(nobody_reading_holds_the_server_back),
        cmocka_unit_test(requests_are_bounded),
        cmocka_unit_test(what_is_over_is_not_open),
        cmocka_unit_test(a_name_is_looked_up_once_a_request),
        cmocka_unit_test(every_attempt_is_recorded),
        cmocka_unit_test(exchanges_go_on_side_by_side),
        cmocka_unit_test(long_bodies_stream),
        cmocka_unit_test(whoever_has_gone_is_not_waited_for),
    };
    return cmocka_run_group_tests_name("outbound", tests, set_up, tear_down);
}

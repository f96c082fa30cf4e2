/* wasi:http as a client has it: fields, requests, bodies and answers, in good order and in every other. */
#include "engine/component/test_component.h"
#include <stdio.h>

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

static void put_text(struct buf *out, const char *text)
{
    buf_append_str(out, text ? text : "");
}

static void see(struct buf *out, struct slice bytes)
{
    buf_append(out, bytes);
}

static void serve_open(const struct host_value *a, struct host_answer *answer)
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

static void serve_head(struct host_answer *answer)
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
static void serve_read(const struct host_value *a, struct host_answer *answer)
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

static bool is_late(const uint32_t pair[2], bool waits)
{
    int *left = pair[1] == HOST_HTTP_HAS_HEAD    ? &server.waits_for_head
                : pair[1] == HOST_HTTP_HAS_BYTES ? &server.waits_for_bytes
                                                 : &server.waits_for_room;
    bool is = *left > 0;
    *left -= is && waits;
    return is;
}

static void serve_wait(const struct host_value *a, struct host_answer *answer)
{
    server.waited++;
    for (struct slice pairs = a[0].bytes; pairs.len; pairs = slice_skip(pairs, 8)) {
        uint32_t pair[2];
        memcpy(pair, pairs.ptr, sizeof pair);
        buf_append_byte(&answer->bytes[0], !is_late(pair, a[1].number != 0) && !(pair[1] == HOST_HTTP_ROOM && server.no_room));
    }
}

static enum host_verdict serve(void *self, const struct host_request *request, struct host_answer *answer)
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

static void forget(void)
{
    struct buf *const seen[] = {&server.method, &server.url, &server.sent_headers, &server.sent, &server.sent_trailers};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        buf_free(seen[i]);
}

static void start_with(struct server s)
{
    bench_start(serve, NULL); /* the guest before goes first: it closes what it has open */
    forget();
    server = s;
}

static void start(void)
{
    start_with((struct server){.status = 200, .headers = "content-type: text/plain\n", .body = "the body"});
}

static int close_all(void **state)
{
    forget();
    return bench_close(state);
}

/* --- fields -------------------------------------------------------------------------------------------------------------------------------- */

enum { INVALID_SYNTAX, FORBIDDEN, IMMUTABLE };

#define TEXT(z) ((union shim_value){.list = {(z), strlen(z)}})

static uint64_t fields_new(void)
{
    CALL("[constructor]fields", N(0));
    return result(0);
}

static void append(uint64_t f, const char *name, const char *value)
{
    CALL("[method]fields.append", N(f), TEXT(name), TEXT(value));
    assert_int_equal(result(0), OK);
}

/* All entries as lines. */
static void assert_entries(uint64_t f, const char *expected)
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

static void fields_keep_their_order_and_no_case(void **state)
{
    (void)state;
    start();
    uint64_t f = fields_new();
    append(f, "X-One", "1");
    append(f, "Y", "2");
    append(f, "x-oNE", "");
    assert_entries(f, "x-one=1\ny=2\nx-one=\n");
    CALL("[method]fields.get", N(f), S("X-ONE"));
    assert_int_equal(bench.results[0].list.len, 2);
    CALL("[method]fields.get", N(f), S("no such"));
    assert_int_equal(bench.results[0].list.len, 0);
    CALL("[method]fields.has", N(f), S("y"));
    assert_true(result(0));
    CALL("[method]fields.has", N(f), S("z"));
    assert_false(result(0));

    CALL("[method]fields.clone", N(f));
    uint64_t copy = result(0);
    const union shim_value values[] = {S("3"), S("4")};
    CALL("[method]fields.set", N(f), S("X-One"), L(values));
    assert_entries(f, "y=2\nx-one=3\nx-one=4\n");
    CALL("[method]fields.delete", N(f), S("Y"));
    CALL("[method]fields.delete", N(f), S("never-there"));
    assert_int_equal(result(0), OK);
    CALL("[method]fields.set", N(f), S("x-one"), ((union shim_value){.list = {NULL, 0}}));
    assert_entries(f, "");
    assert_entries(copy, "x-one=1\ny=2\nx-one=\n"); /* its own */
    append(copy, "z", "5");
}

static const struct {
    const char *name, *value;
    int error; /* -1: none */
} entries[] = {
    {"a", "", -1},
    {"!#$%&'*+-.^_`|~09azAZ", "x", -1},
    {"a", "tab\there, \"quotes\", \x80\xff", -1},
    {"a", "  spaces  ", -1},
    {"content-length", "5", -1},
    {"cookie", "a=b", -1},
    {"authorization", "Bearer x", -1},
    {"", "x", INVALID_SYNTAX},
    {"a b", "x", INVALID_SYNTAX},
    {"a:", "x", INVALID_SYNTAX},
    {":path", "x", INVALID_SYNTAX},
    {"a\n", "x", INVALID_SYNTAX},
    {"a\r", "x", INVALID_SYNTAX},
    {"\xc3\xa9", "x", INVALID_SYNTAX},
    {"a(", "x", INVALID_SYNTAX},
    {"a", "x\r\nhost: evil", INVALID_SYNTAX},
    {"a", "x\n", INVALID_SYNTAX},
    {"a", "\r", INVALID_SYNTAX},
    {"Host", "x", FORBIDDEN},
    {"connection", "close", FORBIDDEN},
    {"TRANSFER-ENCODING", "chunked", FORBIDDEN},
    {"keep-alive", "x", FORBIDDEN},
    {"proxy-connection", "x", FORBIDDEN},
    {"upgrade", "x", FORBIDDEN},
};

static void assert_header_error(int error, const char *name, const char *how)
{
    if (result(0) != (error >= 0) || (error >= 0 && result(1) != (uint64_t)error))
        fail_msg("%s of `%s`: %u %u instead of %d", how, name, (unsigned)result(0), (unsigned)result(1), error);
}

static void names_and_values_are_checked_whichever_way_they_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const char *name = entries[i].name;
        const union shim_value value[] = {TEXT(entries[i].value)}, pair[] = {S("first"), S("1"), TEXT(name), *value};
        start();
        uint64_t f = fields_new();
        append(f, "b", "c");
        CALL("[method]fields.append", N(f), TEXT(name), *value);
        assert_header_error(entries[i].error, name, "append");
        CALL("[method]fields.set", N(f), TEXT(name), L(value));
        assert_header_error(entries[i].error, name, "set");
        CALL("[static]fields.from-list", ((union shim_value){.list = {pair, 2}}));
        assert_header_error(entries[i].error, name, "from-list");
        if (entries[i].error >= 0)
            assert_entries(f, "b=c\n");
        CALL("[method]fields.delete", N(f), TEXT(name));
        if (entries[i].error == FORBIDDEN)
            assert_header_error(FORBIDDEN, name, "delete");
    }
    start();
    CALL("[method]fields.append", N(fields_new()), S("a"), S("nul\0inside"));
    assert_header_error(INVALID_SYNTAX, "a", "append of a NUL");
    CALL("[method]fields.append", N(fields_new()), S("a\0"), S("x"));
    assert_header_error(INVALID_SYNTAX, "a NUL", "append");
    CALL("[static]fields.from-list", ((union shim_value){.list = {NULL, 0}}));
    assert_int_equal(result(0), OK);
    assert_entries(result(1), "");
}

static uint64_t request_of(uint64_t fields)
{
    CALL("[constructor]outgoing-request", N(fields));
    return result(0);
}

static void fields_of_a_request_are_read_only(void **state)
{
    (void)state;
    const union shim_value value[] = {S("2")};
    start();
    uint64_t f = fields_new();
    append(f, "a", "1");
    uint64_t request = request_of(f);
    CALL("[method]outgoing-request.headers", N(request));
    uint64_t view = result(0);
    CALL("[method]fields.append", N(view), S("a"), S("2"));
    assert_header_error(IMMUTABLE, "a", "append");
    CALL("[method]fields.set", N(view), S("a"), L(value));
    assert_header_error(IMMUTABLE, "a", "set");
    CALL("[method]fields.delete", N(view), S("a"));
    assert_header_error(IMMUTABLE, "a", "delete");
    assert_entries(view, "a=1\n");
    CALL("[method]fields.clone", N(view)); /* a clone is its own */
    append(result(0), "b", "2");
    assert_true(bench_drop(KIND_OUTGOING_REQUEST, request)); /* and a view outlives what it was of */
    assert_entries(view, "a=1\n");
    assert_faults(bench_no_resource, "[constructor]outgoing-request", N(f)); /* the request has taken them */
}

static void fields_are_bounded(void **state)
{
    (void)state;
    static char value[4096];
    memset(value, 'v', sizeof value);
    start();
    uint64_t f = fields_new();
    for (size_t i = 0; i < HTTP_FIELDS_MAX / (1 + sizeof value + HTTP_FIELD_OVERHEAD); i++)
        CALL("[method]fields.append", N(f), S("a"), ((union shim_value){.list = {value, sizeof value}}));
    assert_faults("256 KiB", "[method]fields.append", N(f), S("a"), ((union shim_value){.list = {value, sizeof value}}));
    start();
    f = fields_new();
    for (size_t i = 0; i < HTTP_FIELDS_MAX / (1 + HTTP_FIELD_OVERHEAD); i++)
        append(f, "a", ""); /* small ones count too */
    assert_faults("256 KiB", "[method]fields.append", N(f), S("a"), S(""));
}

/* All that a guest's resources keep: bounded together, and given back when they are dropped. */
static void what_resources_keep_is_bounded(void **state)
{
    (void)state;
    static char value[200000];
    memset(value, 'v', sizeof value);
    start();
    uint64_t f = fields_new(), copies = COMPONENT_HELD_MAX / (1 + sizeof value + HTTP_FIELD_OVERHEAD) - 1;
    CALL("[method]fields.append", N(f), S("a"), ((union shim_value){.list = {value, sizeof value}}));
    for (size_t i = 0; i < copies; i++)
        CALL("[method]fields.clone", N(f));
    for (size_t i = 0; i < 10; i++) { /* one goes, one comes */
        assert_true(bench_drop(KIND_FIELDS, result(0)));
        CALL("[method]fields.clone", N(f));
    }
    assert_faults("64 MiB", "[method]fields.clone", N(f));
    assert_true(bench.guest.held <= COMPONENT_HELD_MAX);
}

static void looking_through_fields_is_paid_for(void **state)
{
    (void)state;
    static const char *const functions[] = {"[method]fields.get",    "[method]fields.has",     "[method]fields.set",
                                            "[method]fields.delete", "[method]fields.entries", "[method]fields.clone"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        start();
        uint64_t f = fields_new();
        append(f, "name", "value");
        uint64_t before = bench_fuel();
        CALL(functions[i], N(f), S("x"));
        assert_int_equal(before - bench_fuel(), 4 + 5 + HTTP_FIELD_OVERHEAD);
        bench_set_fuel(10);
        assert_false(TRY_CALL(functions[i], N(f), S("x")));
        assert_int_equal(bench.p1.stop, P1_OUT_OF_FUEL);
    }
}

/* --- requests ---------------------------------------------------------------------------------------------------------------------------- */

static void methods_are_tokens(void **state)
{
    (void)state;
    enum { GET, OTHER = 9 };
    static const struct {
        uint64_t method;
        const char *text;
        bool is_valid;
    } cases[] = {{0, "", 1},
                 {1, "", 1},
                 {2, "", 1},
                 {3, "", 1},
                 {4, "", 1},
                 {5, "", 1},
                 {6, "", 1},
                 {7, "", 1},
                 {8, "", 1},
                 {OTHER, "PROPFIND", 1},
                 {OTHER, "get", 1},
                 {OTHER, "M-SEARCH", 1},
                 {OTHER, "", 0},
                 {OTHER, "GE T", 0},
                 {OTHER, "GET\r\n", 0},
                 {OTHER, "G\xc3\x89T", 0},
                 {OTHER, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1},
                 {OTHER, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0}};
    start();
    uint64_t request = request_of(fields_new());
    CALL("[method]outgoing-request.method", N(request));
    assert_int_equal(result(0), GET);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CALL("[method]outgoing-request.set-method", N(request), N(cases[i].method), TEXT(cases[i].text));
        assert_int_equal(result(0), !cases[i].is_valid);
        if (!cases[i].is_valid)
            continue;
        CALL("[method]outgoing-request.method", N(request));
        assert_int_equal(result(0), cases[i].method);
        if (cases[i].method == OTHER)
            assert_bytes(1, cases[i].text);
    }
}

static void parts_of_the_url_are_only_that(void **state)
{
    (void)state;
    static char long_text[16 * 1024 + 2];
    memset(long_text, 'a', sizeof long_text - 1);
    const struct {
        const char *text;
        bool path, authority;
    } cases[] = {{"/", 1, 0},         {"/a/b?c=d&e", 1, 0},   {"", 1, 0},           {"?q", 1, 0},         {"relative", 1, 1},
                 {"a.example", 1, 1}, {"a.example:80", 1, 1}, {"[::1]:8080", 1, 1}, {"/a#b", 0, 0},       {"#", 0, 0},
                 {"a b", 0, 0},       {"a\tb", 0, 0},         {"a\r\nb", 0, 0},     {"\xc3\xa9", 0, 0},   {"user@host", 1, 0},
                 {"host?x", 1, 0},    {"a\x7f", 0, 0},        {long_text, 0, 0},    {long_text + 1, 1, 1}};
    start();
    uint64_t request = request_of(fields_new());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CALL("[method]outgoing-request.set-path-with-query", N(request), SOME(TEXT(cases[i].text)));
        if (result(0) != !cases[i].path)
            fail_msg("path `%s`", cases[i].text);
        CALL("[method]outgoing-request.set-authority", N(request), SOME(TEXT(cases[i].text)));
        if (result(0) != !cases[i].authority)
            fail_msg("authority `%s`", cases[i].text);
    }
    CALL("[method]outgoing-request.path-with-query", N(request));
    assert_int_equal(result(0), 1);
    assert_bytes(1, long_text + 1); /* what was refused changed nothing */
    CALL("[method]outgoing-request.set-path-with-query", N(request), NONE_);
    CALL("[method]outgoing-request.path-with-query", N(request));
    assert_int_equal(result(0), 0);
    CALL("[method]outgoing-request.set-authority", N(request), NONE_);
    CALL("[method]outgoing-request.authority", N(request));
    assert_int_equal(result(0), 0);
}

static void schemes_are_http_https_or_named(void **state)
{
    (void)state;
    enum { HTTP, HTTPS, OTHER };
    static const struct {
        uint64_t which;
        const char *text;
        bool is_valid;
    } cases[] = {{HTTP, "", 1},
                 {HTTPS, "", 1},
                 {OTHER, "ftp", 1},
                 {OTHER, "", 0},
                 {OTHER, "a b", 0},
                 {OTHER, "a://", 0},
                 {OTHER, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0}};
    start();
    uint64_t request = request_of(fields_new());
    CALL("[method]outgoing-request.scheme", N(request));
    assert_int_equal(result(0), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CALL("[method]outgoing-request.set-scheme", N(request), N(1), N(cases[i].which), TEXT(cases[i].text));
        assert_int_equal(result(0), !cases[i].is_valid);
        if (!cases[i].is_valid)
            continue;
        CALL("[method]outgoing-request.scheme", N(request));
        assert_true(result(0) == 1 && result(1) == cases[i].which);
        if (cases[i].which == OTHER)
            assert_bytes(2, cases[i].text);
    }
    CALL("[method]outgoing-request.set-scheme", N(request), N(0));
    CALL("[method]outgoing-request.scheme", N(request));
    assert_int_equal(result(0), 0);
}

static uint64_t request_to(const char *authority, uint64_t fields)
{
    uint64_t request = request_of(fields);
    CALL("[method]outgoing-request.set-authority", N(request), SOME(TEXT(authority)));
    assert_int_equal(result(0), 0);
    return request;
}

/* The future of a request that goes out. */
static uint64_t sent(uint64_t request)
{
    CALL("handle", N(request), NONE_);
    assert_int_equal(result(0), OK);
    return result(1);
}

static void the_host_gets_the_whole_request(void **state)
{
    (void)state;
    static const struct {
        int scheme; /* -1: none */
        const char *other, *path, *url;
    } cases[] = {
        {-1, "", NULL, "https://h:1"},       {0, "", "/", "http://h:1/"},        {1, "", "/a?b", "https://h:1/a?b"},
        {0, "", "?q", "http://h:1?q"},       {0, "", "bare", "http://h:1/bare"}, {2, "gopher", "/x", "gopher://h:1/x"},
        {0, "", "//two", "http://h:1//two"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        uint64_t f = fields_new();
        append(f, "A", "1");
        append(f, "b", "2: 3");
        uint64_t request = request_to("h:1", f);
        if (cases[i].scheme >= 0)
            CALL("[method]outgoing-request.set-scheme", N(request), N(1), N((uint64_t)cases[i].scheme), TEXT(cases[i].other));
        if (cases[i].path)
            CALL("[method]outgoing-request.set-path-with-query", N(request), SOME(TEXT(cases[i].path)));
        CALL("[method]outgoing-request.set-method", N(request), N(4), N(0));
        sent(request);
        assert_string_equal(buf_str(&server.method), "DELETE");
        assert_string_equal(buf_str(&server.url), cases[i].url);
        assert_string_equal(buf_str(&server.sent_headers), "a: 1\nb: 2: 3\n");
        assert_false(server.has_body);
    }
}

static void options_are_kept_and_reach_the_host_in_milliseconds(void **state)
{
    (void)state;
    static const char *const names[] = {"connect-timeout", "first-byte-timeout", "between-bytes-timeout"};
    static const struct {
        uint64_t some, ns, ms;
    } cases[] = {{0, 0, 0}, {1, 0, 1}, {1, 999999, 1}, {1, 1000000, 1}, {1, 2999999, 2}, {1, UINT64_MAX, UINT64_MAX / 1000000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t k = 0; k < 3; k++) {
            char get[64], set[64];
            snprintf(get, sizeof get, "[method]request-options.%s", names[k]);
            snprintf(set, sizeof set, "[method]request-options.set-%s", names[k]);
            start();
            CALL("[constructor]request-options", N(0));
            uint64_t options = result(0);
            CALL(get, N(options));
            assert_int_equal(result(0), 0);
            CALL(set, N(options), N(cases[i].some), N(cases[i].ns));
            CALL(get, N(options));
            assert_true(result(0) == cases[i].some && result(1) == cases[i].ns);
            uint64_t request = request_to("h", fields_new());
            CALL("handle", N(request), SOME(N(options)));
            for (size_t b = 0; b < 3; b++)
                assert_int_equal(server.bounds_ms[b], b == k ? cases[i].ms : 0);
            assert_faults(bench_no_resource, get, N(options)); /* handed over */
        }
    }
}

/* --- errors ---------------------------------------------------------------------------------------------------------------------------- */

enum { URI_INVALID = 19, BODY_SIZE = 17, INTERNAL = 38 };

static void errors_of_the_host_are_cases_by_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t code;
        const char *inner; /* of internal-error */
    } cases[] = {
        {"DNS-timeout: x", 0, NULL},
        {"DNS-error", 1, NULL},
        {"connection-refused: nobody there", 6, NULL},
        {"TLS-certificate-error: expired", 13, NULL},
        {"HTTP-request-denied: no", 15, NULL},
        {"configuration-error:", 37, NULL},
        {"internal-error: why it is so", INTERNAL, "why it is so"},
        {"internal-error:", INTERNAL, ""},
        {"dns-timeout: case matters", INTERNAL, "dns-timeout: case matters"},
        {"something else", INTERNAL, "something else"},
        {"\xff\xfe", INTERNAL, "??"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start_with((struct server){.open_error = cases[i].text});
        CALL("handle", N(request_to("h", fields_new())), NONE_);
        assert_int_equal(result(0), ERROR);
        assert_int_equal(result(1), cases[i].code);
        assert_int_equal(result(2), cases[i].inner != NULL);
        if (cases[i].inner && cases[i].text[0] != '\xff')
            assert_bytes(3, cases[i].inner);
        start_with((struct server){.head_error = cases[i].text});
        CALL("[method]future-incoming-response.get", N(sent(request_to("h", fields_new()))));
        assert_true(result(0) == 1 && result(1) == OK && result(2) == ERROR);
        assert_int_equal(result(3), cases[i].code);
    }
}

static void a_request_needs_an_authority(void **state)
{
    (void)state;
    start();
    uint64_t request = request_of(fields_new());
    CALL("handle", N(request), NONE_);
    assert_true(result(0) == ERROR && result(1) == URI_INVALID);
    assert_int_equal(server.opened, 0);
    assert_faults(bench_no_resource, "handle", N(request), NONE_); /* it is spent all the same */
}

static void without_a_network_every_request_is_denied(void **state)
{
    (void)state;
    bench_start(NULL, NULL);
    CALL("handle", N(request_to("h", fields_new())), NONE_);
    assert_true(result(0) == ERROR && result(1) == 15);
}

/* --- bodies that go out --------------------------------------------------------------------------------------------------------------- */

static uint64_t body_of(uint64_t request)
{
    CALL("[method]outgoing-request.body", N(request));
    assert_int_equal(result(0), OK);
    return result(1);
}

static uint64_t stream_of(uint64_t body)
{
    CALL("[method]outgoing-body.write", N(body));
    assert_int_equal(result(0), OK);
    return result(1);
}

static uint64_t request_of_length(const char *length)
{
    uint64_t f = fields_new();
    if (length)
        append(f, "Content-Length", length);
    return request_to("h", f);
}

static void a_body_is_written_before_or_after_it_is_sent(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        start();
        uint64_t request = request_of_length(before ? "9" : NULL), body = body_of(request), stream = stream_of(body);
        if (!before)
            sent(request);
        CALL("[method]output-stream.write", N(stream), S("some "));
        CALL("[method]output-stream.blocking-write-and-flush", N(stream), S("body"));
        assert_int_equal(result(0), OK);
        assert_true(bench_drop(KIND_OUTPUT_STREAM, stream));
        uint64_t trailers = fields_new();
        append(trailers, "T", "1");
        CALL("[static]outgoing-body.finish", N(body), SOME(N(trailers)));
        assert_int_equal(result(0), OK);
        if (before)
            sent(request);
        assert_true(server.has_body);
        assert_string_equal(buf_str(&server.sent), "some body");
        assert_string_equal(buf_str(&server.sent_trailers), "t: 1\n");
        assert_int_equal(server.finished, 1);
        assert_int_equal(server.closed, 0);
    }
}

static void there_is_one_body_and_one_stream(void **state)
{
    (void)state;
    start();
    uint64_t request = request_of_length(NULL), body = body_of(request);
    CALL("[method]outgoing-request.body", N(request));
    assert_int_equal(result(0), ERROR);
    stream_of(body);
    CALL("[method]outgoing-body.write", N(body));
    assert_int_equal(result(0), ERROR);
    CALL("[static]outgoing-body.finish", N(body), NONE_);
    assert_faults(bench_no_resource, "[static]outgoing-body.finish", N(body), NONE_);
}

static void an_empty_body_is_none(void **state)
{
    (void)state;
    start();
    uint64_t request = request_of_length(NULL), body = body_of(request);
    CALL("[static]outgoing-body.finish", N(body), NONE_);
    sent(request);
    assert_false(server.has_body);
    assert_int_equal(server.finished, 0);
}

/* Too long, too short, exact; written before or after the request is sent. */
static void a_body_is_as_long_as_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *length, *body;
        bool write_fails, finish_fails;
    } cases[] = {
        {"4", "body", 0, 0}, {"0", "", 0, 0},
        {"3", "body", 1, 1}, {"5", "body", 0, 1},
        {"0", "x", 1, 1},    {"18446744073709551615", "body", 0, 0}, /* no length that is one: the host judges it */
        {"x", "body", 0, 0}, {NULL, "anything", 0, 0},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        size_t k = i / 2;
        start();
        uint64_t request = request_of_length(cases[k].length), body = body_of(request), stream = stream_of(body);
        uint64_t future = i % 2 ? sent(request) : 0;
        CALL("[method]output-stream.write", N(stream), TEXT(cases[k].body));
        if (result(0) != cases[k].write_fails)
            fail_msg("writing `%s` of %s", cases[k].body, cases[k].length);
        if (cases[k].write_fails) {
            uint64_t error = result(2);
            assert_int_equal(result(1), 0); /* last-operation-failed */
            CALL("http-error-code", N(error));
            assert_true(result(0) == 1 && result(1) == BODY_SIZE);
            CALL("[method]error.to-debug-string", N(error));
            assert_true(bench.results[0].list.len > 20);
            CALL("[method]output-stream.write", N(stream), S(""));
            assert_true(result(0) == ERROR && result(1) == 1); /* and closed from there on */
        }
        CALL("[static]outgoing-body.finish", N(body), NONE_);
        assert_int_equal(result(0), cases[k].finish_fails);
        if (cases[k].finish_fails)
            assert_int_equal(result(1), BODY_SIZE);
        if (i % 2) {
            assert_int_equal(server.closed, cases[k].finish_fails); /* nobody takes a part for the whole */
            assert_true(bench_drop(KIND_FUTURE_INCOMING_RESPONSE, future));
        } else {
            CALL("handle", N(request), NONE_);
            assert_int_equal(result(0), cases[k].finish_fails);
            assert_int_equal(server.opened, !cases[k].finish_fails);
        }
    }
}

static void a_dropped_body_is_never_taken_for_a_whole_one(void **state)
{
    (void)state;
    for (int sent_before = 0; sent_before < 2; sent_before++) {
        start();
        uint64_t request = request_of_length(NULL), body = body_of(request), stream = stream_of(body);
        if (sent_before)
            sent(request);
        CALL("[method]output-stream.write", N(stream), S("half"));
        assert_true(bench_drop(KIND_OUTGOING_BODY, body));
        CALL("[method]output-stream.check-write", N(stream));
        assert_true(result(0) == ERROR && result(1) == 1);
        assert_int_equal(server.closed, sent_before);
        assert_int_equal(server.finished, 0);
        if (!sent_before) {
            CALL("handle", N(request), NONE_);
            assert_true(result(0) == ERROR && result(1) == BODY_SIZE);
            assert_int_equal(server.opened, 0);
        }
    }
}

static void a_stream_is_closed_when_its_body_is_finished(void **state)
{
    (void)state;
    start();
    uint64_t request = request_of_length(NULL), body = body_of(request), stream = stream_of(body);
    CALL("[method]output-stream.write", N(stream), S("x"));
    CALL("[static]outgoing-body.finish", N(body), NONE_);
    CALL("[method]output-stream.write", N(stream), S("y"));
    assert_true(result(0) == ERROR && result(1) == 1);
    sent(request);
    CALL("[method]output-stream.write", N(stream), S("z"));
    assert_true(result(0) == ERROR && result(1) == 1);
    assert_string_equal(buf_str(&server.sent), "x");
}

static void a_body_waits_for_its_request_up_to_a_bound(void **state)
{
    (void)state;
    start();
    uint64_t request = request_of_length(NULL), body = body_of(request), stream = stream_of(body);
    CALL("[method]output-stream.write-zeroes", N(stream), N(BODY_WAITING_MAX));
    CALL("[method]output-stream.check-write", N(stream));
    assert_true(result(0) == OK && result(1) == 0);
    CALL("[method]output-stream.subscribe", N(stream));
    uint64_t room = result(0);
    CALL("[method]pollable.ready", N(room));
    assert_false(result(0));
    sent(request); /* now it goes, in pieces */
    assert_int_equal(server.sent.len, BODY_WAITING_MAX);
    assert_int_equal(server.written, BODY_WAITING_MAX >> 20);
    assert_int_equal(bench.guest.held, 0);
    CALL("[method]pollable.ready", N(room));
    assert_true(result(0));
    CALL("[method]output-stream.write", N(stream), S("more"));
    CALL("[static]outgoing-body.finish", N(body), NONE_);
    assert_int_equal(server.finished, 1);

    start();
    stream = stream_of(body_of(request_of_length(NULL)));
    CALL("[method]output-stream.write-zeroes", N(stream), N(BODY_WAITING_MAX));
    assert_faults("a wait for what can never be ready", "[method]output-stream.blocking-write-and-flush", N(stream), S("x"));
    start(); /* and all bodies together */
    for (int i = 0; i < COMPONENT_HELD_MAX / BODY_WAITING_MAX - 1; i++)
        CALL("[method]output-stream.write-zeroes", N(stream_of(body_of(request_of_length(NULL)))), N(BODY_WAITING_MAX));
    assert_faults("64 MiB", "[method]output-stream.write-zeroes", N(stream_of(body_of(request_of_length(NULL)))),
                  N(BODY_WAITING_MAX));
}

static void errors_while_a_body_is_sent_reach_its_stream(void **state)
{
    (void)state;
    start_with((struct server){.write_error = "connection-terminated: gone", .finish_error = "connection-terminated: gone"});
    uint64_t request = request_of_length(NULL), body = body_of(request), stream = stream_of(body);
    sent(request);
    CALL("[method]output-stream.blocking-write-and-flush", N(stream), S("x"));
    assert_true(result(0) == ERROR && result(1) == 0);
    CALL("http-error-code", N(result(2)));
    assert_true(result(0) == 1 && result(1) == 7);
    CALL("[static]outgoing-body.finish", N(body), NONE_);
    assert_true(result(0) == ERROR && result(1) == 7);

    start_with((struct server){.write_error = "connection-terminated: gone"}); /* what had waited */
    request = request_of_length(NULL);
    body = body_of(request);
    CALL("[method]output-stream.write", N(stream_of(body)), S("x"));
    CALL("[static]outgoing-body.finish", N(body), NONE_);
    CALL("handle", N(request), NONE_);
    assert_true(result(0) == ERROR && result(1) == 7);
    assert_int_equal(server.closed, 1);
}

static void a_stream_without_room_takes_nothing(void **state)
{
    (void)state;
    start_with((struct server){.no_room = true});
    uint64_t request = request_of_length(NULL), stream = stream_of(body_of(request));
    sent(request);
    CALL("[method]output-stream.check-write", N(stream));
    assert_true(result(0) == OK && result(1) == 0);
    CALL("get-stdin", N(0));
    CALL("[method]output-stream.splice", N(stream), N(result(0)), N(100));
    assert_true(result(0) == OK && result(1) == 0);
    assert_int_equal(bench.p1.input_at, 0);
    assert_faults("more bytes than check-write allowed", "[method]output-stream.write", N(stream), S("x"));
}

/* --- answers ---------------------------------------------------------------------------------------------------------------------------- */

static uint64_t answer_of(uint64_t future)
{
    CALL("[method]future-incoming-response.get", N(future));
    assert_true(result(0) == 1 && result(1) == OK && result(2) == OK);
    return result(3);
}

static uint64_t incoming_of(uint64_t response)
{
    CALL("[method]incoming-response.consume", N(response));
    assert_int_equal(result(0), OK);
    return result(1);
}

static uint64_t incoming_stream_of(uint64_t body)
{
    CALL("[method]incoming-body.stream", N(body));
    assert_int_equal(result(0), OK);
    return result(1);
}

static void an_answer_comes_once(void **state)
{
    (void)state;
    start_with((struct server){.status = 404,
                               .headers = "A: 1\nb: \n: no name\nbare\nc:  2 \nno\xffname: 1\nno name: 1\nd: \xff\n",
                               .waits_for_head = 2});
    uint64_t future = sent(request_to("h", fields_new()));
    CALL("[method]future-incoming-response.get", N(future));
    assert_int_equal(result(0), 0); /* not yet */
    CALL("[method]future-incoming-response.subscribe", N(future));
    uint64_t pollable = result(0);
    CALL("[method]pollable.ready", N(pollable));
    assert_false(result(0));
    CALL("[method]pollable.block", N(pollable));
    uint64_t response = answer_of(future);
    CALL("[method]future-incoming-response.get", N(future));
    assert_true(result(0) == 1 && result(1) == ERROR); /* taken */
    CALL("[method]incoming-response.status", N(response));
    assert_int_equal(result(0), 404);
    CALL("[method]incoming-response.headers", N(response));
    uint64_t headers = result(0);
    assert_entries(headers, "a=1\nb=\nbare=\nc= 2 \nd=\xff\n");
    CALL("[method]fields.append", N(headers), S("x"), S("y"));
    assert_header_error(IMMUTABLE, "x", "append");
}

static void a_body_comes_in_pieces_to_its_end(void **state)
{
    (void)state;
    start();
    server.trailers = "t: 1\n";
    uint64_t response = answer_of(sent(request_to("h", fields_new()))), body = incoming_of(response);
    CALL("[method]incoming-response.consume", N(response));
    assert_int_equal(result(0), ERROR); /* once */
    uint64_t stream = incoming_stream_of(body);
    CALL("[method]incoming-body.stream", N(body));
    assert_int_equal(result(0), ERROR); /* once */
    CALL("[method]input-stream.read", N(stream), N(2));
    assert_bytes(1, "th");
    CALL("[method]input-stream.blocking-skip", N(stream), N(1));
    assert_int_equal(result(1), 1);
    CALL("[method]input-stream.blocking-read", N(stream), N(100));
    assert_bytes(1, " bo");
    CALL("get-stdout", N(0));
    CALL("[method]output-stream.splice", N(result(0)), N(stream), N(100));
    assert_int_equal(result(1), 2);
    assert_string_equal(buf_str(&bench.output[P1_STDOUT]), "dy");
    CALL("[method]input-stream.read", N(stream), N(1));
    assert_true(result(0) == ERROR && result(1) == 1);
    assert_true(bench_drop(KIND_INPUT_STREAM, stream));
    CALL("[static]incoming-body.finish", N(body));
    uint64_t trailers = result(0);
    CALL("[method]future-trailers.subscribe", N(trailers));
    CALL("[method]pollable.block", N(result(0)));
    CALL("[method]future-trailers.get", N(trailers));
    assert_true(result(0) == 1 && result(1) == OK && result(2) == OK && result(3) == 1);
    assert_entries(result(4), "t=1\n");
    CALL("[method]future-trailers.get", N(trailers));
    assert_true(result(0) == 1 && result(1) == ERROR);
}

static void a_body_that_breaks_off_says_why(void **state)
{
    (void)state;
    start();
    server.read_error = "HTTP-response-incomplete: it broke off";
    uint64_t body = incoming_of(answer_of(sent(request_to("h", fields_new())))), stream = incoming_stream_of(body);
    for (int i = 0; i < 3; i++) {
        CALL("[method]input-stream.read", N(stream), N(100));
        assert_int_equal(result(0), OK);
    }
    CALL("[method]input-stream.read", N(stream), N(100));
    assert_true(result(0) == ERROR && result(1) == 0);
    uint64_t error = result(2);
    CALL("http-error-code", N(error));
    assert_true(result(0) == 1 && result(1) == 25);
    CALL("[method]error.to-debug-string", N(error));
    assert_bytes(0, "HTTP-response-incomplete: it broke off");
    CALL("[method]input-stream.read", N(stream), N(100));
    assert_true(result(0) == ERROR && result(1) == 1);
}

static void trailers_have_their_ends(void **state)
{
    (void)state;
    static const struct {
        const char *trailers, *error;
        bool read_all;
        uint64_t slots[4];
    } cases[] = {
        {"t: 1\n", NULL, false, {1, OK, OK, 0}}, /* of a body that was not read: none */
        {NULL, NULL, true, {1, OK, OK, 0}},
        {NULL, "connection-terminated: x", true, {1, OK, ERROR, 7}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start_with(
            (struct server){.status = 200, .body = "x", .trailers = cases[i].trailers, .trailers_error = cases[i].error});
        uint64_t body = incoming_of(answer_of(sent(request_to("h", fields_new())))), stream = incoming_stream_of(body);
        if (cases[i].read_all)
            CALL("[method]input-stream.read", N(stream), N(9));
        CALL("[static]incoming-body.finish", N(body));
        CALL("[method]future-trailers.get", N(result(0)));
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(result(k), cases[i].slots[k]);
    }
}

/* --- any order -------------------------------------------------------------------------------------------------------------------------- */

enum { THINGS = 7 };

/* All that an exchange with two bodies leaves in a guest's hands. */
static void everything(uint64_t numbers[THINGS])
{
    start();
    uint64_t request = request_of_length(NULL), body = body_of(request);
    numbers[0] = body;
    numbers[1] = stream_of(body);
    numbers[2] = sent(request);
    CALL("[method]future-incoming-response.subscribe", N(numbers[2]));
    numbers[3] = result(0);
    numbers[4] = answer_of(numbers[2]);
    numbers[5] = incoming_of(numbers[4]);
    numbers[6] = incoming_stream_of(numbers[5]);
}

static const enum component_kind kinds[THINGS] = {KIND_OUTGOING_BODY, KIND_OUTPUT_STREAM,     KIND_FUTURE_INCOMING_RESPONSE,
                                                  KIND_POLLABLE,      KIND_INCOMING_RESPONSE, KIND_INCOMING_BODY,
                                                  KIND_INPUT_STREAM};

/* Drops in an order, and uses what is left after each; the exchange is closed once, whatever happens. */
static void drop_in(const int order[THINGS])
{
    uint64_t numbers[THINGS];
    everything(numbers);
    bool gone[THINGS] = {false};
    for (size_t i = 0; i < THINGS; i++) {
        assert_true(bench_drop(kinds[order[i]], numbers[order[i]]));
        gone[order[i]] = true;
        if (!gone[1])
            CALL("[method]output-stream.check-write", N(numbers[1]));
        if (!gone[2])
            CALL("[method]future-incoming-response.get", N(numbers[2]));
        if (!gone[3])
            CALL("[method]pollable.ready", N(numbers[3]));
        if (!gone[4])
            CALL("[method]incoming-response.status", N(numbers[4]));
        if (!gone[6])
            CALL("[method]input-stream.read", N(numbers[6]), N(1));
    }
    assert_int_equal(server.closed, 1);
    assert_int_equal(bench.guest.handles_used, 0);
    assert_int_equal(bench.guest.held, 0);
}

static void permute(int order[THINGS], size_t from)
{
    if (from == THINGS)
        drop_in(order);
    for (size_t i = from; i < THINGS; i++) {
        int swap = order[from];
        order[from] = order[i];
        order[i] = swap;
        permute(order, from + 1);
        order[i] = order[from];
        order[from] = swap;
    }
}

static void things_are_dropped_in_every_order(void **state)
{
    (void)state;
    int order[THINGS] = {0, 1, 2, 3, 4, 5, 6};
    permute(order, 0); /* 5,040 */
}

/* A guest that ends with everything open leaves nothing behind, whether the engine is still there or not. */
static void an_ended_guest_leaves_nothing(void **state)
{
    (void)state;
    uint64_t numbers[THINGS];
    everything(numbers);
    component_free(&bench.guest);
    assert_int_equal(server.closed, 1);
    bench.guest = (struct component){.p1 = &bench.p1};
    everything(numbers);
    bench.outside.host = NULL;
}

/* --- ends in the middle ------------------------------------------------------------------------------------------------------------- */

#define STEP(name, ...)                   \
    do {                                  \
        if (!TRY_CALL(name, __VA_ARGS__)) \
            return false;                 \
    } while (0)

/* A whole exchange with everything that can be waited for. False: the guest was stopped on its way. */
static bool exchange_all(void)
{
    static const union shim_value values[] = {S("1"), S("2")}, pairs[] = {S("a"), S("1"), S("b"), S("2")};
    STEP("[static]fields.from-list", ((union shim_value){.list = {pairs, 2}}));
    uint64_t fields = result(1);
    STEP("[method]fields.set", N(fields), S("c"), L(values));
    STEP("[method]fields.append", N(fields), S("d"), S("3"));
    STEP("[method]fields.delete", N(fields), S("a"));
    STEP("[method]fields.clone", N(fields));
    uint64_t trailers = result(0);
    STEP("[constructor]outgoing-request", N(fields));
    uint64_t request = result(0);
    STEP("[method]outgoing-request.set-authority", N(request), SOME(S("host")));
    STEP("[method]outgoing-request.headers", N(request));
    STEP("[method]outgoing-request.body", N(request));
    uint64_t body = result(1);
    STEP("[method]outgoing-body.write", N(body));
    uint64_t out = result(1);
    STEP("[method]output-stream.subscribe", N(out));
    STEP("[method]output-stream.blocking-write-and-flush", N(out), S("early"));
    STEP("handle", N(request), NONE_);
    uint64_t future = result(1);
    STEP("[method]output-stream.subscribe", N(out));
    STEP("[method]pollable.block", N(result(0)));
    STEP("[method]output-stream.write", N(out), S("late"));
    STEP("[method]output-stream.blocking-write-and-flush", N(out), S("later"));
    STEP("[static]outgoing-body.finish", N(body), SOME(N(trailers)));
    STEP("[method]future-incoming-response.subscribe", N(future));
    uint64_t head = result(0);
    STEP("subscribe-duration", N(3600000000000));
    const union shim_value both[] = {N(result(0)), N(head)};
    STEP("poll", L(both));
    STEP("[method]future-incoming-response.get", N(future));
    uint64_t response = result(3);
    STEP("[method]incoming-response.headers", N(response));
    STEP("[method]incoming-response.consume", N(response));
    uint64_t incoming = result(1);
    STEP("[method]incoming-body.stream", N(incoming));
    uint64_t in = result(1);
    STEP("[method]input-stream.subscribe", N(in));
    STEP("[method]pollable.ready", N(result(0)));
    STEP("[method]input-stream.blocking-read", N(in), N(2));
    STEP("[method]output-stream.splice", N(out), N(in), N(2)); /* closed: nothing is taken */
    STEP("[method]input-stream.skip", N(in), N(100));
    STEP("[method]input-stream.read", N(in), N(100));
    STEP("[method]input-stream.read", N(in), N(100));
    STEP("[static]incoming-body.finish", N(incoming));
    STEP("[method]future-trailers.get", N(result(0)));
    return true;
}

static void start_exchange(void)
{
    start_with((struct server){.status = 200,
                               .headers = "a: b\n",
                               .body = "the body",
                               .trailers = "t: 1\n",
                               .waits_for_head = 1,
                               .waits_for_bytes = 2,
                               .waits_for_room = 2});
}

/* Without instructions from any point on: stopped for that reason, and nothing is left. */
static void instructions_may_end_anywhere(void **state)
{
    (void)state;
    uint64_t fuel = 0;
    for (bool done = false; !done; fuel++) {
        start_exchange();
        bench_set_fuel(fuel + 1);
        done = exchange_all();
        if (!done && bench.p1.stop != P1_OUT_OF_FUEL)
            fail_msg("with %u instructions: %d, %s", (unsigned)fuel, bench.p1.stop, bench.guest.fault ? bench.guest.fault : "");
    }
    assert_in_range(fuel, 500, 5000);
    assert_string_equal(buf_str(&server.sent), "earlylatelater");
    assert_string_equal(buf_str(&server.sent_trailers), "b: 2\nc: 1\nc: 2\nd: 3\n");
}

static unsigned answers_left;

static bool exchange_for_a_while(void *self, struct slice frame, uint32_t number, struct buf *answer)
{
    if (answers_left == 0)
        return false;
    answers_left--;
    return outside_exchange(self, frame, number, answer);
}

/* The engine is gone from any call on. */
static void the_engine_may_go_anywhere(void **state)
{
    (void)state;
    unsigned calls = 0;
    for (bool done = false; !done; calls++) {
        start_exchange();
        bench.port.exchange = exchange_for_a_while;
        answers_left = calls;
        done = exchange_all();
        if (!done && bench.p1.stop != P1_SINK_FAILED)
            fail_msg("after %u calls: %d", calls, bench.p1.stop);
    }
    assert_in_range(calls, 15, 40);
}

/* No room for the host to keep what it is given, from any byte on. */
static void what_is_held_may_be_full_anywhere(void **state)
{
    (void)state;
    size_t room = 0;
    for (bool done = false; !done; room++) {
        start_exchange();
        bench.guest.held = COMPONENT_HELD_MAX - room;
        done = exchange_all();
        bench.guest.held -= COMPONENT_HELD_MAX - room;
        if (!done && (bench.p1.stop != P1_FAULTED || !strstr(bench.guest.fault, "64 MiB")))
            fail_msg("with room for %zu bytes: %d", room, bench.p1.stop);
    }
    assert_in_range(room, 100, 1000);
}

static void many_exchanges_are_asked_about_once_each(void **state)
{
    (void)state;
    enum { EXCHANGES = 32, EACH = 20 };
    static union shim_value all[EXCHANGES * EACH];
    start();
    for (size_t i = 0; i < EXCHANGES; i++) {
        uint64_t future = sent(request_to("h", fields_new()));
        for (size_t k = 0; k < EACH; k++) {
            CALL("[method]future-incoming-response.subscribe", N(future));
            all[EACH * i + k] = N(result(0));
        }
    }
    CALL("poll", L(all));
    assert_int_equal(bench.results[0].list.len, EXCHANGES * EACH);
    assert_int_equal(server.waited, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_keep_their_order_and_no_case),
        cmocka_unit_test(names_and_values_are_checked_whichever_way_they_come),
        cmocka_unit_test(fields_of_a_request_are_read_only),
        cmocka_unit_test(fields_are_bounded),
        cmocka_unit_test(what_resources_keep_is_bounded),
        cmocka_unit_test(looking_through_fields_is_paid_for),
        cmocka_unit_test(methods_are_tokens),
        cmocka_unit_test(parts_of_the_url_are_only_that),
        cmocka_unit_test(schemes_are_http_https_or_named),
        cmocka_unit_test(the_host_gets_the_whole_request),
        cmocka_unit_test(options_are_kept_and_reach_the_host_in_milliseconds),
        cmocka_unit_test(errors_of_the_host_are_cases_by_their_names),
        cmocka_unit_test(a_request_needs_an_authority),
        cmocka_unit_test(without_a_network_every_request_is_denied),
        cmocka_unit_test(a_body_is_written_before_or_after_it_is_sent),
        cmocka_unit_test(there_is_one_body_and_one_stream),
        cmocka_unit_test(an_empty_body_is_none),
        cmocka_unit_test(a_body_is_as_long_as_it_says),
        cmocka_unit_test(a_dropped_body_is_never_taken_for_a_whole_one),
        cmocka_unit_test(a_stream_is_closed_when_its_body_is_finished),
        cmocka_unit_test(a_body_waits_for_its_request_up_to_a_bound),
        cmocka_unit_test(errors_while_a_body_is_sent_reach_its_stream),
        cmocka_unit_test(a_stream_without_room_takes_nothing),
        cmocka_unit_test(an_answer_comes_once),
        cmocka_unit_test(a_body_comes_in_pieces_to_its_end),
        cmocka_unit_test(a_body_that_breaks_off_says_why),
        cmocka_unit_test(trailers_have_their_ends),
        cmocka_unit_test(things_are_dropped_in_every_order),
        cmocka_unit_test(an_ended_guest_leaves_nothing),
        cmocka_unit_test(instructions_may_end_anywhere),
        cmocka_unit_test(the_engine_may_go_anywhere),
        cmocka_unit_test(what_is_held_may_be_full_anywhere),
        cmocka_unit_test(many_exchanges_are_asked_about_once_each),
    };
    return cmocka_run_group_tests_name("wasi:http", tests, bench_open, close_all);
}

/* wasi:http as a client has it: requests, bodies and answers. */
#include "engine/component/test_http.h"
#include <stdio.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests_name("wasi:http", tests, bench_open, close_all);
}

/* The client against our own server and against a socket that misbehaves. */
#include "base/clock.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct http_exchange *_Atomic held;

static void answer(struct http_exchange *x, void *context)
{
    (void)context;
    AUTO(buf) struct buf out = {0};
    static const char *const names[] = {[HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT"};
    buf_append_fmt(&out, "%s %.*s %.*s %.*s %.*s", names[http_request_method(x)], SLICE_FMT(http_request_body(x)),
                   SLICE_FMT(http_request_header(x, "content-type")), SLICE_FMT(http_request_header(x, "authorization")),
                   SLICE_FMT(http_request_header(x, "x-extra")));
    http_reply(x, 200, "text/plain", buf_slice(&out));
}

static void tell_host(struct http_exchange *x, void *context)
{
    (void)context;
    http_reply(x, 200, "text/plain", http_request_header(x, "host"));
}

static void refuse(struct http_exchange *x, void *context)
{
    (void)context;
    http_reply_err(x, err_new(ERR_NOT_FOUND, "no such thing"));
}

static void hold(struct http_exchange *x, void *context)
{
    (void)context;
    held = x;
}

static const struct http_route routes[] = {{HTTP_GET | HTTP_POST | HTTP_PUT, "/answer", answer},
                                           {HTTP_GET, "/refuse", refuse},
                                           {HTTP_GET, "/hold", hold},
                                           {HTTP_GET, "/host", tell_host}};

struct fixture {
    struct http_server *server;
    struct http_client *client;
    char base[64];
};

static int set_up(void **state)
{
    static struct fixture f;
    struct http_server_config config = {.loops = 1, .routes = routes, .route_count = 4};
    assert_null(http_server_start(&config, &f.server));
    assert_null(http_client_new(&f.client));
    snprintf(f.base, sizeof f.base, "http://127.0.0.1:%u", http_server_port(f.server));
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    http_client_free(f->client);
    http_server_stop(f->server, 100);
    return 0;
}

static const char *url(const struct fixture *f, const char *path)
{
    static char text[128];
    snprintf(text, sizeof text, "%s%s", f->base, path);
    return text;
}

static void a_call_carries_its_body_and_headers(void **state)
{
    struct fixture *f = *state;
    AUTO(http_answer) struct http_answer a = {0};
    struct http_header extra = {"X-Extra", "e"};
    struct http_call call = {
        .method = "POST", .url = url(f, "/answer"), .body = SLICE("{}"), .bearer = "tok", .headers = &extra, .header_count = 1};
    assert_null(http_client_call(f->client, &call, &a));
    assert_int_equal(a.status, 200);
    assert_string_equal(buf_str(&a.body), "POST {} application/json Bearer tok e");
    call = (struct http_call){.method = "GET", .url = url(f, "/answer")};
    assert_null(http_client_call(f->client, &call, &a));
    assert_string_equal(buf_str(&a.body), "GET    ");
    call =
        (struct http_call){.method = "PUT", .url = url(f, "/answer"), .content_type = "application/wasm", .body = SLICE("w")};
    assert_null(http_client_call(f->client, &call, &a));
    assert_string_equal(buf_str(&a.body), "PUT w application/wasm  ");
    assert_null(http_expect(&a, "asking"));
}

static void a_status_is_an_answer_and_an_error_when_expected_otherwise(void **state)
{
    struct fixture *f = *state;
    AUTO(http_answer) struct http_answer a = {0};
    struct http_call call = {.method = "GET", .url = url(f, "/refuse")};
    assert_null(http_client_call(f->client, &call, &a));
    assert_int_equal(a.status, 404);
    AUTO(err) struct err *e = http_expect(&a, "asking");
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
    assert_string_equal(err_text(e), "asking: status 404: {\"error\":\"no such thing\"}");
}

static void bad_calls_are_refused_before_they_leave(void **state)
{
    struct fixture *f = *state;
    AUTO(http_answer) struct http_answer a = {0};
    struct http_header broken = {"X-A", "a\r\nX-B: b"};
    struct http_call calls[] = {
        {.method = "GET", .url = "file:///etc/hostname"},
        {.method = "GET", .url = "gopher://127.0.0.1/"},
        {.method = "GET", .url = "http://"},
        {.method = "GET", .url = f->base, .headers = &broken, .header_count = 1},
        {.method = "GET", .url = f->base, .bearer = "a\nb"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        AUTO(err) struct err *e = http_client_call(f->client, &calls[i], &a);
        assert_non_null(e);
        assert_int_equal(err_code(e), ERR_INVALID);
    }
}

static void no_answer_is_unavailable(void **state)
{
    struct fixture *f = *state;
    AUTO(http_answer) struct http_answer a = {0};
    struct http_call refused = {.method = "GET", .url = "http://127.0.0.1:1/"};
    AUTO(err) struct err *e = http_client_call(f->client, &refused, &a);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
    struct http_call late = {.method = "GET", .url = url(f, "/hold"), .timeout_ms = 50};
    AUTO(err) struct err *slow = http_client_call(f->client, &late, &a);
    assert_int_equal(err_code(slow), ERR_UNAVAILABLE);
    http_reply(held, 200, NULL, SLICE(""));
}

static void *interrupt_soon(void *arg)
{
    usleep(50000);
    http_client_interrupt(arg);
    return NULL;
}

static void an_interrupt_ends_a_long_poll_at_once(void **state)
{
    struct fixture *f = *state;
    AUTO(http_answer) struct http_answer a = {0};
    AUTO(http_client) struct http_client *client = NULL;
    assert_null(http_client_new(&client));
    pthread_t thread;
    pthread_create(&thread, NULL, interrupt_soon, client);
    uint64_t before = clock_monotonic_ns(&clock_system);
    struct http_call call = {.method = "GET", .url = url(f, "/hold")};
    AUTO(err) struct err *e = http_client_call(client, &call, &a);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
    assert_true(clock_monotonic_ns(&clock_system) - before < 900 * NS_PER_MS);
    pthread_join(thread, NULL);
    AUTO(err) struct err *again = http_client_call(client, &call, &a);
    assert_non_null(again);
    http_reply(held, 200, NULL, SLICE(""));
}

/* One connection, one fixed answer, then closed. */
struct canned {
    int listener;
    const char *bytes;
};

static void *serve_canned(void *arg)
{
    const struct canned *c = arg;
    char request[4096];
    int fd = accept(c->listener, NULL, NULL);
    ssize_t got = recv(fd, request, sizeof request, 0), sent = send(fd, c->bytes, strlen(c->bytes), MSG_NOSIGNAL);
    (void)got;
    (void)sent;
    close(fd);
    return NULL;
}

static struct err *call_canned(struct fixture *f, const char *bytes, size_t max_len, struct http_answer *a)
{
    struct canned c = {socket(AF_INET, SOCK_STREAM, 0), bytes};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    char where[64];
    pthread_t thread;
    assert_int_equal(bind(c.listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(c.listener, 1), 0);
    getsockname(c.listener, (struct sockaddr *)&at, &len);
    snprintf(where, sizeof where, "http://127.0.0.1:%u/", ntohs(at.sin_port));
    pthread_create(&thread, NULL, serve_canned, &c);
    struct http_call call = {.method = "GET", .url = where, .max_answer_len = max_len, .timeout_ms = 2000};
    struct err *e = http_client_call(f->client, &call, a);
    pthread_join(thread, NULL);
    close(c.listener);
    return e;
}

static void hostile_answers_are_bounded(void **state)
{
    struct fixture *f = *state;
    AUTO(http_answer) struct http_answer a = {0};
    static const struct {
        const char *bytes;
        enum err_code code;
    } cases[] = {
        {"", ERR_UNAVAILABLE},
        {"garbage\r\n\r\n", ERR_UNAVAILABLE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", ERR_UNAVAILABLE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", ERR_LIMIT},
        {"HTTP/1.1 200 OK\r\n\r\n0123456789 until it closes", ERR_LIMIT},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ERR_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(err) struct err *e = call_canned(f, cases[i].bytes, 9, &a);
        assert_non_null(e);
        assert_int_equal(err_code(e), cases[i].code);
        assert_true(a.body.len <= 9);
    }
    assert_null(call_canned(f, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 9, &a));
    assert_int_equal(a.status, 302);
}

/* A name that does not resolve, behind a proxy that does not answer: the address alone decides where the call goes, and only this
 * call. */
static void a_call_with_an_address_goes_nowhere_else(void **state)
{
    struct fixture *f = *state;
    AUTO(http_answer) struct http_answer a = {0};
    char named[96], host[64];
    snprintf(host, sizeof host, "program.invalid:%u", http_server_port(f->server));
    snprintf(named, sizeof named, "http://%s/host", host);
    struct http_call call = {.method = "GET", .url = named, .address = "127.0.0.1"};
    setenv("http_proxy", "http://127.0.0.1:9", 1);
    assert_null(http_client_call(f->client, &call, &a));
    unsetenv("http_proxy");
    assert_int_equal(a.status, 200);
    assert_string_equal(buf_str(&a.body), host);

    static const struct {
        const char *address;
        enum err_code code;
    } cases[] = {{NULL, ERR_UNAVAILABLE},  {"127.0.0.9", ERR_UNAVAILABLE},
                 {"::1", ERR_UNAVAILABLE}, {"program.invalid", ERR_INVALID},
                 {"", ERR_INVALID},        {"127.0.0.1:80:x", ERR_INVALID}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call.address = cases[i].address;
        struct err *e = http_client_call(f->client, &call, &a);
        assert_non_null(e);
        assert_int_equal(err_code(e), cases[i].code);
        err_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_carries_its_body_and_headers),
        cmocka_unit_test(a_status_is_an_answer_and_an_error_when_expected_otherwise),
        cmocka_unit_test(bad_calls_are_refused_before_they_leave),
        cmocka_unit_test(no_answer_is_unavailable),
        cmocka_unit_test(an_interrupt_ends_a_long_poll_at_once),
        cmocka_unit_test(hostile_answers_are_bounded),
        cmocka_unit_test(a_call_with_an_address_goes_nowhere_else),
    };
    return cmocka_run_group_tests_name("http client", tests, set_up, tear_down);
}

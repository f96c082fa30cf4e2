/* The server over real sockets: what it answers, and that no peer can hurt it. */
#include "net/http_client.h"
#include "net/http_server.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX_BODY = 64 << 10, MAX_HEADER = 4 << 10, PARKED_MAX = 64 };

/* Exchanges that a handler kept, for the tests to answer from their own thread. */
static struct {
    pthread_mutex_t mutex;
    struct http_exchange *held[PARKED_MAX];
    size_t count;
} parked = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void echo(struct http_exchange *x, void *context)
{
    assert_ptr_equal(context, &parked);
    http_reply_header(x, "X-Peer", http_request_peer(x));
    http_reply(x, 200, "text/plain", http_request_body(x));
}

static void show(struct http_exchange *x, void *context)
{
    (void)context;
    AUTO(buf) struct buf out = {0};
    struct slice a = http_request_segment(x, "a"), q = http_request_query(x, "q"), h = http_request_header(x, "x-test");
    buf_append_fmt(&out, "%.*s|%.*s|%.*s|%.*s", SLICE_FMT(http_request_path(x)), SLICE_FMT(a), SLICE_FMT(q), SLICE_FMT(h));
    http_reply(x, 200, "text/plain", buf_slice(&out));
}

static void park(struct http_exchange *x, void *context)
{
    (void)context;
    pthread_mutex_lock(&parked.mutex);
    parked.held[parked.count++] = x;
    pthread_mutex_unlock(&parked.mutex);
}

static void answer_error(struct http_exchange *x, void *context)
{
    (void)context;
    bool bug = slice_eq_str(http_request_query(x, "bug"), "1");
    http_reply_err(x, bug ? err_new(ERR_BUG, "a secret \"detail\"") : err_new(ERR_CONFLICT, "the \"thing\" is taken"));
}

static const struct http_route routes[] = {
    {HTTP_POST, "/echo", echo},
    {HTTP_GET | HTTP_HEAD, "/show/{a}", show},
    {HTTP_GET, "/park", park},
    {HTTP_GET, "/fail", answer_error},
};

/* Patience is long where a test is about something else: this machine may be busy. */
enum { LONG_S = 60, SHORT_S = 1 };

static struct http_server *start_with(unsigned loops, unsigned read_timeout_s, unsigned answer_timeout_s)
{
    struct http_server_config config = {
        .loops = loops,
        .max_header_len = MAX_HEADER,
        .max_body_len = MAX_BODY,
        .read_timeout_s = read_timeout_s,
        .answer_timeout_s = answer_timeout_s,
        .cors = true,
        .routes = routes,
        .route_count = 4,
        .context = &parked,
    };
    struct http_server *s = NULL;
    assert_null(http_server_start(&config, &s));
    return s;
}

static struct http_server *start(unsigned loops)
{
    return start_with(loops, LONG_S, LONG_S);
}

static size_t parked_count(void)
{
    pthread_mutex_lock(&parked.mutex);
    size_t count = parked.count;
    pthread_mutex_unlock(&parked.mutex);
    return count;
}

static struct http_exchange *take_parked(void)
{
    for (int i = 0; i < LONG_S * 1000 && !parked_count(); i++)
        usleep(1000);
    pthread_mutex_lock(&parked.mutex);
    struct http_exchange *x = parked.count ? parked.held[--parked.count] : NULL;
    pthread_mutex_unlock(&parked.mutex);
    assert_non_null(x);
    return x;
}

static int dial(const struct http_server *s)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(http_server_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *bytes)
{
    ssize_t sent = send(fd, bytes, strlen(bytes), MSG_NOSIGNAL);
    (void)sent; /* the server may have closed already, which the test then reads */
}

/* Reads until `until` has come `times` times, or the peer closes, or LONG_S have passed; returns a static string. */
static const char *hear(int fd, const char *until, int times)
{
    static char text[256 << 10];
    size_t len = 0;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        text[len] = '\0';
        int seen = 0;
        for (const char *at = text; until && (at = strstr(at, until)); at++)
            seen++;
        if ((until && seen >= times) || poll(&p, 1, LONG_S * 1000) != 1)
            return text;
        ssize_t got = recv(fd, text + len, sizeof text - 1 - len, 0);
        if (got <= 0)
            return text;
        len += (size_t)got;
    }
}

static const char *ask_raw(const struct http_server *s, const char *request)
{
    int fd = dial(s);
    say(fd, request);
    const char *answer = hear(fd, NULL, 0);
    close(fd);
    return answer;
}

#define CLOSE "Connection: close\r\n\r\n"

static void expect_status(const struct http_server *s, const char *request, const char *status)
{
    const char *answer = ask_raw(s, request);
    if (strncmp(answer, "HTTP/1.1 ", 9) || strncmp(answer + 9, status, 3))
        fail_msg("`%.60s` was answered `%.60s`, expected %s", request, answer, status);
}

static void routes_are_taken_by_path_and_method(void **state)
{
    const struct http_server *s = *state;
    const char *answer = ask_raw(s, "GET /show/a%2fb?x=1&q=p+q%21 HTTP/1.1\r\nHost: h\r\nX-Test: t\r\n" CLOSE);
    assert_non_null(strstr(answer, "\r\n\r\n/show/a%2fb|a/b|p q!|t"));
    assert_non_null(strstr(answer, "Access-Control-Allow-Origin: *"));
    answer = ask_raw(s, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n" CLOSE "hello");
    assert_non_null(strstr(answer, "X-Peer: 127.0.0.1"));
    assert_non_null(strstr(answer, "\r\n\r\nhello"));
    answer =
        ask_raw(s, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" CLOSE "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_non_null(strstr(answer, "\r\n\r\nabcde"));
    answer = ask_raw(s, "HEAD /show/x HTTP/1.1\r\nHost: h\r\n" CLOSE);
    assert_true(slice_ends_with(slice_str(answer), SLICE("\r\n\r\n")));
    expect_status(s, "GET /nowhere HTTP/1.1\r\nHost: h\r\n" CLOSE, "404");
    answer = ask_raw(s, "DELETE /show/x HTTP/1.1\r\nHost: h\r\n" CLOSE);
    assert_non_null(strstr(answer, "405"));
    assert_non_null(strstr(answer, "Allow: GET, HEAD"));
    answer = ask_raw(s, "OPTIONS /echo HTTP/1.1\r\nHost: h\r\nAccess-Control-Request-Headers: x-a\r\n" CLOSE);
    assert_non_null(strstr(answer, "204"));
    assert_non_null(strstr(answer, "Access-Control-Allow-Headers: x-a"));
}

static void an_error_is_answered_with_its_status(void **state)
{
    const struct http_server *s = *state;
    const char *answer = ask_raw(s, "GET /fail HTTP/1.1\r\nHost: h\r\n" CLOSE);
    assert_non_null(strstr(answer, "409"));
    assert_non_null(strstr(answer, "{\"error\":\"the \\\"thing\\\" is taken\"}"));
    answer = ask_raw(s, "GET /fail?bug=1 HTTP/1.1\r\nHost: h\r\n" CLOSE);
    assert_non_null(strstr(answer, "500"));
    assert_null(strstr(answer, "secret"));
}

static void what_is_not_http_is_refused(void **state)
{
    const struct http_server *s = *state;
    static const struct {
        const char *request, *status;
    } cases[] = {
        {"GARBAGE\r\n\r\n", "400"},
        {"GET /show/%zz HTTP/1.1\r\nHost: h\r\n" CLOSE, "400"},
        {"GET /show/x?q=%00 HTTP/1.1\r\nHost: h\r\n" CLOSE, "400"},
        {"GET /show/x HTTP/1.1\r\nno colon\r\n\r\n", "400"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n" CLOSE, "400"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n" CLOSE "a", "400"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n" CLOSE "ab", "400"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n" CLOSE "0\r\n\r\n", "400"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n" CLOSE "0\r\n\r\n", "400"},
        {"TRACE /echo HTTP/1.1\r\nHost: h\r\n" CLOSE, "501"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_status(s, cases[i].request, cases[i].status);
}

static void an_oversize_header_or_body_is_refused(void **state)
{
    const struct http_server *s = *state;
    AUTO(buf) struct buf request = {0};
    buf_append_str(&request, "GET /show/x HTTP/1.1\r\nHost: h\r\nX-Long: ");
    for (int i = 0; i < 2 * MAX_HEADER; i++)
        buf_append_byte(&request, 'a');
    buf_append_str(&request, "\r\n" CLOSE);
    expect_status(s, buf_str(&request), "400");

    buf_clear(&request);
    buf_append_fmt(&request, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n" CLOSE, MAX_BODY + 1);
    for (int i = 0; i < MAX_BODY + 1; i++)
        buf_append_byte(&request, 'b');
    expect_status(s, buf_str(&request), "413");
    assert_non_null(strstr(ask_raw(s, buf_str(&request)), "{\"error\":\"the body is larger than 65536 bytes\"}"));

    buf_clear(&request);
    buf_append_str(&request, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" CLOSE "fffffff\r\n");
    for (int i = 0; i < MAX_BODY + 1; i++)
        buf_append_byte(&request, 'c');
    expect_status(s, buf_str(&request), "413");
}

static void refusals_are_json(void **state)
{
    const struct http_server *s = *state;
    static const struct {
        const char *request, *body;
    } cases[] = {
        {"GARBAGE\r\n\r\n", "\r\n\r\n{\"error\":\"this is no HTTP request, or its header is larger than 4096 bytes\"}"},
        {"TRACE /echo HTTP/1.1\r\nHost: h\r\n\r\n", "\r\n\r\n{\"error\":\"this method is not known here\"}"},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nHost: i\r\nContent-Length: 0\r\n\r\n",
         "\r\n\r\n{\"error\":\"Content-Length and Host may stand once\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = dial(s);
        say(fd, cases[i].request);
        const char *answer = hear(fd, NULL, 0);
        if (!strstr(answer, cases[i].body) || !strstr(answer, "application/json") || strstr(answer, "html"))
            fail_msg("%s: %s", cases[i].request, answer);
        close(fd);
    }
}

/* The page of a refused request stands behind the answer that went before it. */
static void a_refusal_waits_for_its_turn(void **state)
{
    const struct http_server *s = *state;
    int fd = dial(s);
    say(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcNONSENSE\r\n\r\n");
    const char *answer = hear(fd, NULL, 0);
    const char *first = strstr(answer, "abc"), *second = strstr(answer, "no HTTP request");
    assert_true(first && second && first < second);
    close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    const struct http_server *s = *state;
    int fd = dial(s);
    say(fd, "GET /park HTTP/1.1\r\nHost: h\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    struct http_exchange *x = take_parked();
    say(fd, "GET /show/third HTTP/1.1\r\nHost: h\r\n\r\n");
    usleep(50000);
    http_reply(x, 200, "text/plain", SLICE("first"));
    const char *answer = hear(fd, "third", 1);
    const char *first = strstr(answer, "first"), *second = strstr(answer, "abc"), *third = strstr(answer, "third");
    assert_true(first && second && third && first < second && second < third);
    close(fd);
}

static void a_slow_request_is_cut_off(void **state)
{
    (void)state;
    struct http_server *s = start_with(1, SHORT_S, LONG_S);
    int fd = dial(s);
    const char *text = "GET /show/x HTTP/1.1\r\nHost: h\r\nX-Slow: a byte at a time for ever and ever";
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t sent = 0;
    for (; text[sent] && poll(&p, 1, 100) == 0; sent++)
        send(fd, text + sent, 1, MSG_NOSIGNAL);
    assert_true(text[sent]); /* each byte did not win it more time */
    assert_non_null(strstr(hear(fd, NULL, 0), "408 Request Timeout"));
    close(fd);
    http_server_stop(s, 100);
}

static void an_exchange_nobody_answers_ends_at_its_deadline(void **state)
{
    (void)state;
    struct http_server *s = start_with(1, LONG_S, SHORT_S);
    int fd = dial(s);
    say(fd, "GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
    struct http_exchange *x = take_parked();
    assert_non_null(strstr(hear(fd, "try again", 1), "503"));
    assert_true(slice_eq_str(http_request_path(x), "/park")); /* still whole for its holder */
    http_reply(x, 200, NULL, SLICE("too late"));
    say(fd, "GET /show/next HTTP/1.1\r\nHost: h\r\n" CLOSE);
    const char *answer = hear(fd, NULL, 0);
    assert_non_null(strstr(answer, "/show/next"));
    assert_null(strstr(answer, "too late"));
    close(fd);
    http_server_stop(s, 100);
}

static void a_peer_may_leave_before_its_answer(void **state)
{
    const struct http_server *s = *state;
    int fd = dial(s);
    say(fd, "GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
    struct http_exchange *x = take_parked();
    close(fd);
    usleep(50000);
    http_reply(x, 200, NULL, SLICE("nobody reads this"));
    expect_status(s, "GET /show/x HTTP/1.1\r\nHost: h\r\n" CLOSE, "200");
}

static void *answer_parked(void *arg)
{
    for (int left = *(int *)arg; left; left--)
        http_reply(take_parked(), 200, "text/plain", SLICE("parked answer"));
    return NULL;
}

static void many_connections_are_answered_from_another_thread(void **state)
{
    const struct http_server *s = *state;
    int fds[32], rounds = 8, total = 32 * 8;
    pthread_t thread;
    pthread_create(&thread, NULL, answer_parked, &total);
    for (int i = 0; i < 32; i++)
        fds[i] = dial(s);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < 32; i++)
            say(fds[i], "GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
        for (int i = 0; i < 32; i++)
            assert_non_null(strstr(hear(fds[i], "parked answer", 1), "parked answer"));
    }
    pthread_join(thread, NULL);
    for (int i = 0; i < 32; i++)
        close(fds[i]);
}

static void a_taken_port_is_a_conflict(void **state)
{
    const struct http_server *s = *state;
    struct http_server_config config = {.port = http_server_port(s)};
    struct http_server *second = NULL;
    AUTO(err) struct err *e = http_server_start(&config, &second);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_CONFLICT);
    char digits[8];
    snprintf(digits, sizeof digits, "%u", config.port);
    assert_non_null(strstr(err_text(e), digits));
    config.address = "example.com";
    AUTO(err) struct err *named = http_server_start(&config, &second);
    assert_int_equal(err_code(named), ERR_INVALID);
}

static void *answer_late(void *arg)
{
    usleep(100000);
    http_reply(arg, 200, "text/plain", SLICE("late answer"));
    return NULL;
}

static void a_stop_waits_for_answers_under_way(void **state)
{
    (void)state;
    struct http_server *s = start(2);
    int fd = dial(s);
    say(fd, "GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
    pthread_t thread;
    pthread_create(&thread, NULL, answer_late, take_parked());
    http_server_stop(s, LONG_S * 1000);
    pthread_join(thread, NULL);
    const char *answer = hear(fd, NULL, 0);
    assert_non_null(strstr(answer, "late answer"));
    assert_non_null(strstr(answer, "Connection: close"));
    close(fd);
}

static void an_answer_after_the_stop_is_dropped(void **state)
{
    (void)state;
    struct http_server *s = start(2);
    int fd = dial(s);
    say(fd, "GET /park HTTP/1.1\r\nHost: h\r\n\r\n");
    struct http_exchange *x = take_parked();
    http_server_stop(s, 20);
    assert_non_null(strstr(hear(fd, NULL, 0), "the service is stopping"));
    http_reply(x, 200, NULL, http_request_path(x));
    close(fd);
}

static atomic_bool stopping;

static void *hammer(void *arg)
{
    const struct sockaddr_in *to = arg;
    while (!atomic_load(&stopping)) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (!connect(fd, (const struct sockaddr *)to, sizeof *to)) {
            char answer[256];
            say(fd, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
            ssize_t got = recv(fd, answer, sizeof answer, 0);
            (void)got;
        }
        close(fd);
    }
    return NULL;
}

static void a_stop_under_load_is_clean(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        struct http_server *s = start(3);
        struct sockaddr_in to = {
            .sin_family = AF_INET, .sin_port = htons(http_server_port(s)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        pthread_t threads[4];
        atomic_store(&stopping, false);
        for (int i = 0; i < 4; i++)
            pthread_create(&threads[i], NULL, hammer, &to);
        usleep(30000);
        http_server_stop(s, 50);
        atomic_store(&stopping, true);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
    }
}

static void at_the_connection_limit_new_ones_wait(void **state)
{
    (void)state;
    struct http_server_config config = {
        .loops = 1, .max_connections = 2, .routes = routes, .route_count = 4, .context = &parked};
    struct http_server *s = NULL;
    assert_null(http_server_start(&config, &s));
    int fds[6];
    for (int i = 0; i < 6; i++) {
        fds[i] = dial(s);
        usleep(2000);
    }
    say(fds[5], "GET /show/late HTTP/1.1\r\nHost: h\r\n\r\n");
    struct pollfd p = {.fd = fds[5], .events = POLLIN};
    assert_int_equal(poll(&p, 1, 150), 0);
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    assert_non_null(strstr(hear(fds[5], "late", 1), "/show/late"));
    close(fds[5]);
    http_server_stop(s, 100);
}

static int set_up(void **state)
{
    *state = start(2);
    return 0;
}

static int tear_down(void **state)
{
    http_server_stop(*state, 1000);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_are_taken_by_path_and_method),
        cmocka_unit_test(an_error_is_answered_with_its_status),
        cmocka_unit_test(what_is_not_http_is_refused),
        cmocka_unit_test(an_oversize_header_or_body_is_refused),
        cmocka_unit_test(refusals_are_json),
        cmocka_unit_test(a_refusal_waits_for_its_turn),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_slow_request_is_cut_off),
        cmocka_unit_test(an_exchange_nobody_answers_ends_at_its_deadline),
        cmocka_unit_test(a_peer_may_leave_before_its_answer),
        cmocka_unit_test(many_connections_are_answered_from_another_thread),
        cmocka_unit_test(a_taken_port_is_a_conflict),
        cmocka_unit_test(a_stop_waits_for_answers_under_way),
        cmocka_unit_test(an_answer_after_the_stop_is_dropped),
        cmocka_unit_test(a_stop_under_load_is_clean),
        cmocka_unit_test(at_the_connection_limit_new_ones_wait),
    };
    return cmocka_run_group_tests_name("http server", tests, set_up, tear_down);
}

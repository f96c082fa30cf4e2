/* HTTP of a program in its cell, through the engine, against servers on loopback that do what they like. */
#include "net/raw_server.h"
#include "worker/host/host_testing.h"

static const struct raw_route routes[] = {
    {"/hello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", NULL},
    {"/redirect", "HTTP/1.1 301 Moved\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n", NULL},
    {"/bomb",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 35\r\n\r\n\x1f\x8b\x08_ten_gigabytes_when_inflated____",
     NULL},
    {"/trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 7\r\n\r\n", NULL},
    {"/echo", NULL, raw_echo},
    {"/silence", NULL, raw_silence},
    {"/trickle", NULL, raw_trickle},
    {"/flood", NULL, raw_flood},
    {"/flood-head", NULL, raw_flood_head},
};

static struct host_fixture f;
static struct raw_server server;
static char script[2000];

static int set_up(void **state)
{
    (void)state;
    host_fixture_open(&f);
    raw_start(&server, routes, sizeof routes / sizeof *routes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    raw_stop(&server);
    host_fixture_close(&f);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    f.config = (struct host_config){.http = true, .reach = EGRESS_LOOPBACK};
    f.id = (struct host_identity){0};
    f.max_seconds = 30;
    return 0;
}

/* Runs a script in which `URL` stands for the server. */
static const char *with_server(const char *text)
{
    AUTO(buf) struct buf out = {0};
    for (const char *at; (at = strstr(text, "URL")); text = at + 3) {
        buf_append(&out, slice_from(text, (size_t)(at - text)));
        buf_append_str(&out, server.url);
    }
    buf_append_str(&out, text);
    snprintf(script, sizeof script, "%s", buf_str(&out));
    return script;
}

static void a_program_fetches(void **state)
{
    (void)state;
    assert_string_equal(complete(&f, with_server("fetch\tGET\tURL/hello\t")), "ok 200 hello\n");
    assert_string_equal(buf_str(&f.egress), "[{\"host\":\"127.0.0.1\",\"bytes\":null,\"allowed\":true,\"reason\":null}]");
    assert_says(complete(&f, with_server("fetch\tPOST\tURL/echo\tcontent-type: text/plain|\tthe body")),
                "\r\ncontent-type: text/plain\r\n");
    assert_says(buf_str(&f.outcome.output), "the body");
}

static void bodies_stream_in_pieces(void **state)
{
    (void)state;
    complete(&f, with_server("open\tPUT\tURL/echo\tcontent-length: 6|\tbody\nwrite\tabc\nwrite\tdef\nfinish\nhead\nread_all\n"
                             "close\nclose\n"));
    assert_int_equal(strncmp(buf_str(&f.outcome.output), "ok 1 \nok \nok \nok \nok 200 ", 25), 0);
    assert_says(buf_str(&f.outcome.output), "abcdef\nok \nerror internal-error: there is no exchange 1\n");
    assert_says(
        complete(&f,
                 with_server("open\tPUT\tURL/echo\tcontent-length: 2097152|\tbody\nwrite_many\t2097152\nfinish\nread_all\n")),
        "wwwwwwwwwwwwwwww\n");
    assert_string_equal(complete(&f, with_server("open\tGET\tURL/trailers\t\nread_all\ntrailers\n")),
                        "ok 1 \nok 2 ab\nok X-Sum: 7\n\n");
}

static void redirects_and_encodings_are_the_programs_business(void **state)
{
    (void)state;
    unsigned before = atomic_load(&server.connections);
    assert_string_equal(complete(&f, with_server("fetch\tGET\tURL/redirect\t")), "ok 301 \n");
    assert_int_equal(atomic_load(&server.connections), before + 1);
    assert_string_equal(complete(&f, "fetch\tGET\thttp://169.254.169.254/\t"),
                        "error 0 internal-error: destination blocked: internal/private/link-local address\n");
    assert_string_equal(complete(&f, with_server("fetch\tGET\tURL/bomb\t")),
                        "ok 200 \x1f\x8b\x08_ten_gigabytes_when_inflated____\n");
}

static struct err *resolve_to(void *self, const char *host, uint64_t deadline_ns, struct net_address *out, size_t *count)
{
    (void)host, (void)deadline_ns;
    assert_true(net_address_parse(slice_str(self), &out[0]));
    *count = 1;
    return NULL;
}

static void names_of_every_blocked_class_are_refused(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "0.0.0.1",         "10.0.0.1",    "100.64.0.1",    "127.0.0.1",       "169.254.169.254", "172.16.0.1",  "192.0.0.1",
        "192.0.2.1",       "192.88.99.1", "192.168.0.1",   "198.18.0.1",      "198.51.100.1",    "203.0.113.1", "224.0.0.1",
        "255.255.255.255", "::",          "::1",           "fc00::1",         "fe80::1",         "fec0::1",     "ff02::1",
        "64:ff9b::a00:1",  "2001:db8::1", "2002:a00:1::1", "::ffff:10.0.0.1", "::10.0.0.1"};
    f.config.reach = EGRESS_PUBLIC;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const struct resolver resolver = {resolve_to, (void *)(uintptr_t)addresses[i]};
        f.config.resolver = &resolver;
        assert_string_equal(complete(&f, "fetch\tGET\thttp://innocent.example/\t"),
                            "error 0 internal-error: destination blocked: internal/private/link-local address\n");
    }
}

static void a_manifests_list_is_all_there_is(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1"};
    f.id = (struct host_identity){.only_listed_hosts = true, .hosts = hosts, .host_count = 1};
    assert_says(complete(&f, with_server("fetch\tGET\tURL/hello\t\nfetch\tGET\thttp://secret.other.example/\t")),
                "ok 200 hello\nerror 0 internal-error: host \"secret.other.example\" is not in the project's manifest network "
                "allowlist\n");
    assert_says(buf_str(&f.egress), "{\"host\":\"secret.other.example\",\"bytes\":null,\"allowed\":false,\"reason\":\"host");
    f.id.host_count = 0;
    assert_says(complete(&f, with_server("fetch\tGET\tURL/hello\t")), "is not in the project's manifest network allowlist\n");
}

static void two_silent_servers_end_the_run_with_the_penalty(void **state)
{
    (void)state;
    f.config.http_head_timeout_ms = 100;
    assert_says(complete(&f, with_server("fetch\tGET\tURL/silence\t\nfetch\tGET\tURL/hello\t")),
                "error 0 connection-timeout: no answer within the run's bound\nok 200 hello\n");
    play(&f, with_server("fetch\tGET\tURL/silence\t\nfetch\tGET\tURL/silence\t\nfetch\tGET\tURL/hello\t"));
    assert_end(&f.outcome, TASK_HTTP_TIMEOUTS);
    assert_int_equal(f.outcome.instructions, 2000000000);
    assert_says(buf_str(&f.outcome.message), "Execution terminated: 2 HTTP requests exceeded 30s timeout limit (penalty).");
}

static void a_slow_body_ends_with_the_run(void **state)
{
    (void)state;
    f.max_seconds = 1;
    play(&f, with_server("open\tGET\tURL/trickle\t\nread_all\n"));
    assert_end(&f.outcome, TASK_DEADLINE);
    assert_in_range(f.outcome.time_ms, 1000, 3000);
}

static void endless_answers_end_at_the_runs_bound(void **state)
{
    (void)state;
    f.id.max_body_len = 1 << 20;
    assert_string_equal(complete(&f, with_server("open\tGET\tURL/flood\t\nread_all\n")),
                        "ok 1 \nerror HTTP-response-body-size: the answers of this run are longer than 1048576 bytes\n");
    assert_says(complete(&f, with_server("fetch\tGET\tURL/flood-head\t")), "error 0 HTTP-response-header-section-size: ");
}

static void a_thousand_requests_are_all(void **state)
{
    (void)state;
    assert_says(complete(&f, "times\t1001\topen\tGET\thttp://10.0.0.1/\t"),
                "error 0 HTTP-request-denied: this run has made its 1000 requests\n");
}

static void the_run_ends_whatever_is_open(void **state)
{
    (void)state;
    assert_says(complete(&f, with_server("times\t33\topen\tGET\tURL/flood\t")),
                "error 0 connection-limit-reached: 32 exchanges are open, close one\n");
}

/* Output of the program and exchanges of its own at the same time. */
static void a_flood_of_output_between_requests(void **state)
{
    (void)state;
    AUTO(buf) struct buf text = {0};
    for (int i = 0; i < 20; i++)
        buf_append_fmt(&text, "fetch\tGET\t%s/hello\t\ntimes\t2000\tnothing_of_the_kind\n", server.url);
    complete(&f, buf_str(&text));
    size_t count = 0;
    for (const char *at = buf_str(&f.outcome.output); (at = strstr(at, "ok 200 hello\n")); at++)
        count++;
    assert_int_equal(count, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_program_fetches, fresh),
        cmocka_unit_test_setup(bodies_stream_in_pieces, fresh),
        cmocka_unit_test_setup(redirects_and_encodings_are_the_programs_business, fresh),
        cmocka_unit_test_setup(names_of_every_blocked_class_are_refused, fresh),
        cmocka_unit_test_setup(a_manifests_list_is_all_there_is, fresh),
        cmocka_unit_test_setup(two_silent_servers_end_the_run_with_the_penalty, fresh),
        cmocka_unit_test_setup(a_slow_body_ends_with_the_run, fresh),
        cmocka_unit_test_setup(endless_answers_end_at_the_runs_bound, fresh),
        cmocka_unit_test_setup(a_thousand_requests_are_all, fresh),
        cmocka_unit_test_setup(the_run_ends_whatever_is_open, fresh),
        cmocka_unit_test_setup(a_flood_of_output_between_requests, fresh),
    };
    return cmocka_run_group_tests_name("HTTP of programs", tests, set_up, tear_down);
}

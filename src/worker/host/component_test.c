/* The outside of a component: wasi:http, near:* and outlayer:* through their raw interfaces (tests/guests/component_http.c). */
#include "net/raw_server.h"
#include "worker/host/storage_peers_fake.h"

static const struct raw_route routes[] = {
    {"/hello", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", NULL},
    {"/empty", "HTTP/1.1 204 No Content\r\n\r\n", NULL},
    {"/trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 7\r\n\r\n", NULL},
    {"/half", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", NULL},
    {"/garbage", "SSH-2.0-OpenSSH\r\n\r\n", NULL},
    {"/echo", NULL, raw_echo},
    {"/silence", NULL, raw_silence},
    {"/trickle", NULL, raw_trickle},
};

static struct host_fixture f;
static struct raw_server server;

static bool is_built(void)
{
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/../guests/component_http.component.wasm", bin_dir());
    return access(buf_str(&path), R_OK) == 0;
}

static int set_up(void **state)
{
    (void)state;
    host_fixture_open_with(&f, "component_http.component");
    raw_start(&server, routes, sizeof routes / sizeof *routes);
    fake_start(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_stop();
    raw_stop(&server);
    host_fixture_close(&f);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    fake_clear_all();
    f.config.http = true;
    f.config.reach = EGRESS_LOOPBACK;
    f.config.http_head_timeout_ms = 0;
    f.id = (struct host_identity){.project_uuid = SLICE("p0123456789abcdef"),
                                  .wasm_hash = SLICE("aa11"),
                                  .account = SLICE("alice.near"),
                                  .has_attached_usd = true,
                                  .attached_usd = 10};
    f.max_seconds = 30;
    return 0;
}

/* "WORD URL/PATH" on a line. */
static const char *ask(const char *word, const char *path)
{
    char line[200];
    snprintf(line, sizeof line, "%s %s%s\n", word, server.url, path);
    return complete(&f, line);
}

static void answers_arrive_with_head_body_and_trailers(void **state)
{
    (void)state;
    assert_string_equal(ask("get", "/hello"), "200 1 hello\n");
    assert_string_equal(ask("get", "/empty"), "204 0 \n");
    assert_string_equal(ask("get", "/trailers"), "200 1 ab trailer x-sum=7\n");
    assert_says(buf_str(&f.egress), "{\"host\":\"127.0.0.1\",\"bytes\":null,\"allowed\":true,\"reason\":null}");
}

static void bodies_are_written_before_or_after_sending(void **state)
{
    (void)state;
    assert_says(ask("post", "/echo"), "POST /echo HTTP/1.1\r\n");
    assert_says(buf_str(&f.outcome.output), "\r\nTransfer-Encoding: chunked\r\n");
    assert_says(buf_str(&f.outcome.output), "te body\r\n0\r\n\r\n");
    assert_says(ask("early", "/echo"), "\r\nContent-Length: 10\r\n");
    assert_says(buf_str(&f.outcome.output), "\r\n\r\nearly body");
}

/* Numbers are places in wasi:http's error-code. */
static void faults_are_error_codes(void **state)
{
    (void)state;
    assert_string_equal(ask("short", "/echo"), "error 17 \n");
    assert_string_equal(ask("dropped", "/echo"), "error 17 \n");
    assert_string_equal(ask("get", "/garbage"), "error 35 \n");
    assert_string_equal(ask("impatient", "/silence"), "error 9 \n");
    assert_string_equal(ask("get", "/half"), "200 1 half stream error 25 \n");
    assert_string_equal(complete(&f, "get http://127.0.0.1:1/\n"), "error 6 \n");
    assert_string_equal(complete(&f, "get http://10.0.0.1/\n"),
                        "error 38 destination blocked: internal/private/link-local address\n");
    f.config.http = false;
    assert_string_equal(complete(&f, "get http://10.0.0.1/\n"), "error 15 \n");
}

static void exchanges_and_timers_are_waited_for_together(void **state)
{
    (void)state;
    assert_string_equal(ask("both", "/silence"), "0 1 1 1 \n");
}

static void fields_keep_the_rules(void **state)
{
    (void)state;
    assert_string_equal(complete(&f, "fields\n"), "2 2 0 1 x-one 10 10 11 12 \n");
}

static void silence_and_slowness_end_the_run(void **state)
{
    (void)state;
    char twice[300];
    snprintf(twice, sizeof twice, "get %s/silence\nget %s/silence\nget %s/hello\n", server.url, server.url, server.url);
    f.config.http_head_timeout_ms = 100;
    play(&f, twice);
    assert_end(&f.outcome, TASK_HTTP_TIMEOUTS);
    snprintf(twice, sizeof twice, "get %s/trickle\n", server.url);
    f.max_seconds = 1;
    play(&f, twice);
    assert_end(&f.outcome, TASK_DEADLINE);
}

static void near_and_wallet_are_linked_by_the_table(void **state)
{
    (void)state;
    assert_string_equal(
        complete(&f, "near\n"),
        "near:rpc/api is not available: this worker offers no access to the chain||private|value|0 5 refund_usd "
        "can only be called once per execution|WASM imports outlayer:wallet/api but wallet is not available\n");
}

/* Every function of wasi:http/types, wasi:http/outgoing-handler, near:* and outlayer:* has the signature of its WIT. */
static void a_component_may_import_everything(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    struct hash hash;
    uint64_t compile_ms = 0;
    read_guest("all.component", &wasm);
    assert_ok(engine_prepare(f.engine.engine, buf_slice(&wasm), &hash, &compile_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_component_may_import_everything, fresh),
        cmocka_unit_test_setup(answers_arrive_with_head_body_and_trailers, fresh),
        cmocka_unit_test_setup(bodies_are_written_before_or_after_sending, fresh),
        cmocka_unit_test_setup(faults_are_error_codes, fresh),
        cmocka_unit_test_setup(exchanges_and_timers_are_waited_for_together, fresh),
        cmocka_unit_test_setup(fields_keep_the_rules, fresh),
        cmocka_unit_test_setup(silence_and_slowness_end_the_run, fresh),
        cmocka_unit_test_setup(near_and_wallet_are_linked_by_the_table, fresh),
    };
    if (!is_built()) {
        print_message("skipped: no component guests, `make componentize` builds the tool that makes them\n");
        return 77;
    }
    return cmocka_run_group_tests_name("the outside of components", tests, set_up, tear_down);
}

/* outlayer:wallet against a stand-in for the coordinator that records what it is asked. */
#include "worker/host/host_testing.h"

static struct host_fixture f;
static struct http_server *coordinator;
static char url[64], asked[1000];
static unsigned requests;
static int answer_status;
static const char *answer_body;

static const char *name_of(enum http_method method)
{
    return method == HTTP_GET ? "GET" : "POST";
}

static void record(struct http_exchange *x, void *context)
{
    (void)context;
    requests++;
    assert_true(slice_eq_str(http_request_header(x, "x-wallet-id"), "w-1"));
    assert_true(slice_eq_str(http_request_header(x, "x-internal-wallet-auth"), "capability of job 7"));
    assert_null(http_request_header(x, "authorization").ptr); /* never the worker's own token */
    struct slice query = {0};
    struct slice chain = http_request_query(x, "chain"), token = http_request_query(x, "token");
    if (chain.ptr || token.ptr)
        query = SLICE("?");
    snprintf(asked, sizeof asked, "%s %.*s%.*s%.*s&%.*s %.*s", name_of(http_request_method(x)), SLICE_FMT(http_request_path(x)),
             SLICE_FMT(query), SLICE_FMT(chain), SLICE_FMT(token), SLICE_FMT(http_request_body(x)));
    http_reply(x, answer_status, NULL, slice_str(answer_body));
}

static int set_up(void **state)
{
    (void)state;
    static const struct http_route routes[] = {
        {HTTP_GET | HTTP_POST, "/wallet/v1/{a}", record},
        {HTTP_GET | HTTP_POST, "/wallet/v1/{a}/{b}", record},
        {HTTP_GET | HTTP_POST, "/wallet/v1/{a}/{b}/{c}", record},
    };
    const struct http_server_config config = {.address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 3};
    host_fixture_open(&f);
    assert_ok(http_server_start(&config, &coordinator));
    snprintf(url, sizeof url, "http://127.0.0.1:%u", http_server_port(coordinator));
    f.config.coordinator = (struct host_peer){url, "the worker's own token", NULL};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_server_stop(coordinator, 100);
    host_fixture_close(&f);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    requests = 0;
    answer_status = 200;
    answer_body = "{\"verbatim\": 1.50}";
    f.id = (struct host_identity){.wallet_id = SLICE("w-1"), .wallet_capability = SLICE("capability of job 7")};
    return 0;
}

static void each_function_is_one_request(void **state)
{
    (void)state;
    static const struct {
        const char *script, *asks;
    } cases[] = {
        {"wallet_get_address\tbit coin&x=y", "GET /wallet/v1/address?bit coin&x=y& "},
        {"wallet_withdraw\tnear\tbob.near\t5\t", "POST /wallet/v1/intents/withdraw& {\"chain\":\"near\",\"to\":\"bob.near\","
                                                 "\"amount\":\"5\",\"token\":null}"},
        {"wallet_withdraw_dry_run\tnear\tbob.near\t5\tusdc",
         "POST /wallet/v1/intents/withdraw/dry-run& "
         "{\"chain\":\"near\",\"to\":\"bob.near\",\"amount\":\"5\",\"token\":\"usdc\"}"},
        {"wallet_get_request_status\t../../admin?x", "GET /wallet/v1/requests/..%2F..%2Fadmin%3Fx& "},
        {"wallet_get_request_status\t..", "GET /wallet/v1/requests/..& "},
        {"wallet_list_tokens", "GET /wallet/v1/tokens& "},
        {"wallet_transfer\t\tbob.near\t7",
         "POST /wallet/v1/transfer& {\"chain\":\"near\",\"receiver_id\":\"bob.near\",\"amount\":\"7\"}"},
        {"wallet_get_balance\t\t", "GET /wallet/v1/balance?near& "},
        {"wallet_get_balance\tbase\tusdc", "GET /wallet/v1/balance?base&usdc "},
        {"wallet_intents_deposit\tusdc\t3", "POST /wallet/v1/intents/deposit& {\"token\":\"usdc\",\"amount\":\"3\"}"},
        {"wallet_swap\ta\tb\t1\t",
         "POST /wallet/v1/intents/swap& {\"token_in\":\"a\",\"token_out\":\"b\",\"amount_in\":\"1\",\"min_amount_out\":null}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(complete(&f, cases[i].script), "ok {\"verbatim\": 1.50}\n");
        assert_string_equal(asked, cases[i].asks);
    }
}

static void what_is_missing_is_named_and_counted(void **state)
{
    (void)state;
    static const struct {
        const char *script, *says;
    } cases[] = {
        {"wallet_get_address\t", "error chain parameter is required\n"},
        {"wallet_withdraw\tnear\t\t5\t", "error chain, to, and amount are required\n"},
        {"wallet_get_request_status\t", "error request_id is required\n"},
        {"wallet_transfer\tnear\t\t5", "error to and amount are required\n"},
        {"wallet_intents_deposit\tusdc\t", "error token and amount are required\n"},
        {"wallet_swap\ta\tb\t\t1", "error token_in, token_out, and amount_in are required\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(complete(&f, cases[i].script), cases[i].says);
    assert_int_equal(requests, 0);
    assert_says(complete(&f, "times\t50\twallet_get_address\t\nwallet_list_tokens\nwallet_get_id\n"),
                "error Wallet rate limit exceeded: 50 calls (max: 50)\nok w-1\n");
}

static void refusals_are_condensed_to_what_a_program_routes_on(void **state)
{
    (void)state;
    static const struct {
        const char *body, *says;
    } cases[] = {
        {"{\"error\":\"wallet_busy\",\"message\":\"try again\",\"terminal\":false,\"in_flight_request_id\":\"r-9\"}",
         "error wallet_busy: try again terminal=false in_flight_request_id=r-9\n"},
        {"{\"error\":\"wallet_frozen\"}", "error wallet_frozen\n"},
        {"{\"message\":\"no code\"}", "error no code\n"},
        {"{\"other\":1}", "error {\"other\":1}\n"},
        {"plain text", "error plain text\n"},
    };
    answer_status = 409;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answer_body = cases[i].body;
        assert_string_equal(complete(&f, "wallet_list_tokens\n"), cases[i].says);
    }
}

/* The worker's own token could act for any wallet: without a capability of the job there is no wallet. */
static void without_a_capability_there_is_no_wallet(void **state)
{
    (void)state;
    f.id.wallet_capability = (struct slice){0};
    assert_says(complete(&f, "wallet_list_tokens\nwallet_get_id\n"),
                "error WASM imports outlayer:wallet/api but wallet is not available.");
    assert_int_equal(requests, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_function_is_one_request, fresh),
        cmocka_unit_test_setup(what_is_missing_is_named_and_counted, fresh),
        cmocka_unit_test_setup(refusals_are_condensed_to_what_a_program_routes_on, fresh),
        cmocka_unit_test_setup(without_a_capability_there_is_no_wallet, fresh),
    };
    return cmocka_run_group_tests_name("outlayer:wallet", tests, set_up, tear_down);
}

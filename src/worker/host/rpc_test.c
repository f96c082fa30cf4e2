/* near:rpc: what the node is asked, and what the program hears. */
#include "near/node_fake.h"
#include "worker/host/host_testing.h"

static struct host_fixture f;
static struct http_server *node;
static char url[100], asked[4096];
static unsigned requests;
static int answer_status;
static const char *answer_body;

/* Notes "METHOD PARAMS" as they came, every digit of them. */
static void record(struct http_exchange *x, void *context)
{
    (void)context;
    static const struct slice head = {(const uint8_t *)"{\"jsonrpc\":\"2.0\",\"id\":\"proxy\",\"method\":\"", 40};
    struct slice body = http_request_body(x), method;
    requests++;
    assert_true(slice_starts_with(body, head));
    struct slice params = slice_skip(slice_cut(slice_skip(body, head.len), '"', &method), strlen(",\"params\":"));
    snprintf(asked, sizeof asked, "%.*s %.*s", SLICE_FMT(method), (int)params.len - 1, (const char *)params.ptr);
    http_reply(x, answer_status, NULL, slice_str(answer_body));
}

static int set_up(void **state)
{
    (void)state;
    static const struct http_route routes[] = {{HTTP_POST, "/{key}", record}};
    const struct http_server_config config = {.address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 1};
    host_fixture_open(&f);
    assert_ok(http_server_start(&config, &node));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/provider-key", http_server_port(node));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_server_stop(node, 100);
    host_fixture_close(&f);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    requests = 0;
    answer_status = 200;
    answer_body = "{\"jsonrpc\":\"2.0\",\"result\":{\"z\":1,\"a\":340282366920938463463374607431768211455},\"id\":\"proxy\"}";
    f.config = (struct host_config){.rpc_url = url, .rpc_transactions = true};
    return 0;
}

#define WHOLE "ok {\"id\":\"proxy\",\"jsonrpc\":\"2.0\",\"result\":{\"a\":340282366920938463463374607431768211455,\"z\":1}}\n"

static void each_function_asks_its_method(void **state)
{
    (void)state;
    static const struct {
        const char *script, *asks;
    } cases[] = {
        {"rpc_view_account\ta.near\t",
         "query {\"request_type\":\"view_account\",\"account_id\":\"a.near\",\"finality\":\"final\"}"},
        {"rpc_view_account\ta.near\toptimistic",
         "query {\"request_type\":\"view_account\",\"account_id\":\"a.near\",\"finality\":\"optimistic\"}"},
        {"rpc_view_account\ta.near\t18446744073709551615",
         "query {\"request_type\":\"view_account\",\"account_id\":\"a.near\",\"block_id\":18446744073709551615}"},
        {"rpc_view_account\ta.near\t18446744073709551616",
         "query {\"request_type\":\"view_account\",\"account_id\":\"a.near\",\"block_id\":\"18446744073709551616\"}"},
        {"rpc_view_access_key\ta.near\ted25519:k\tfinal",
         "query {\"request_type\":\"view_access_key\",\"account_id\":\"a.near\","
         "\"public_key\":\"ed25519:k\",\"finality\":\"final\"}"},
        {"rpc_view_access_key_list\ta.near\tHASH",
         "query {\"request_type\":\"view_access_key_list\",\"account_id\":\"a.near\",\"block_id\":\"HASH\"}"},
        {"rpc_view_code\ta.near\t", "query {\"request_type\":\"view_code\",\"account_id\":\"a.near\",\"finality\":\"final\"}"},
        {"rpc_view_state\ta.near\tcA==\t", "query {\"request_type\":\"view_state\",\"account_id\":\"a.near\","
                                           "\"prefix_base64\":\"cA==\",\"finality\":\"final\"}"},
        {"rpc_block\t7", "block {\"block_id\":7}"},
        {"rpc_chunk\tHASH", "chunk {\"chunk_id\":\"HASH\"}"},
        {"rpc_chunk\t12,3", "chunk {\"block_id\":12,\"shard_id\":3}"},
        {"rpc_chunk\tx,y", "chunk {\"block_id\":0,\"shard_id\":0}"},
        {"rpc_changes\t", "EXPERIMENTAL_changes_in_block {\"finality\":\"final\"}"},
        {"rpc_send_tx\tAAAA\t", "send_tx {\"signed_tx_base64\":\"AAAA\",\"wait_until\":\"EXECUTED_OPTIMISTIC\"}"},
        {"rpc_send_tx\tAAAA\tNONE", "send_tx {\"signed_tx_base64\":\"AAAA\",\"wait_until\":\"NONE\"}"},
        {"rpc_tx_status\tH\ta.near\t", "EXPERIMENTAL_tx_status {\"tx_hash\":\"H\",\"sender_account_id\":\"a.near\"}"},
        {"rpc_tx_status\tH\ta.near\tFINAL",
         "EXPERIMENTAL_tx_status {\"tx_hash\":\"H\",\"sender_account_id\":\"a.near\",\"wait_until\":\"FINAL\"}"},
        {"rpc_receipt\tR", "EXPERIMENTAL_receipt {\"receipt_id\":\"R\"}"},
        {"rpc_gas_price\t", "gas_price [null]"},
        {"rpc_gas_price\t9", "gas_price [9]"},
        {"rpc_gas_price\tHASH", "gas_price [\"HASH\"]"},
        {"rpc_status", "status []"},
        {"rpc_network_info", "network_info []"},
        {"rpc_validators\t", "validators [null]"},
        {"rpc_validators\tEPOCH", "validators [\"EPOCH\"]"},
        {"rpc_raw\tanything\t{\"a\":[1]}", "anything {\"a\":[1]}"},
        {"rpc_raw\tanything\tno JSON", "anything []"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(complete(&f, cases[i].script), WHOLE);
        assert_string_equal(asked, cases[i].asks);
    }
}

static void a_view_gives_what_the_method_returned(void **state)
{
    (void)state;
    answer_body = "{\"jsonrpc\":\"2.0\",\"id\":\"proxy\",\"result\":{\"result\":[34,52,50,34],\"logs\":[],\"block_height\":7}}";
    assert_string_equal(complete(&f, "rpc_view\tc.near\tget\t{}\t"), "ok \"42\"\n");
    assert_string_equal(asked, "query {\"request_type\":\"call_function\",\"account_id\":\"c.near\",\"method_name\":\"get\","
                               "\"args_base64\":\"e30=\",\"finality\":\"final\"}");
    answer_body = "{\"result\":{\"result\":[255,104]}}";
    assert_string_equal(complete(&f, "rpc_view\tc.near\tget\t{}\t"), "ok \xef\xbf\xbdh\n");
    answer_body = "{\"error\":{\"message\":\"no such contract\"}}";
    assert_string_equal(complete(&f, "rpc_view\tc.near\tget\t{}\t"), "ok {\"error\":{\"message\":\"no such contract\"}}\n");
    answer_body = "{\"result\":{\"gas_price\":\"100000000\"}}";
    assert_string_equal(complete(&f, "rpc_gas_price\t"), "ok \"100000000\"\n");
}

static void errors_never_name_the_nodes_address(void **state)
{
    (void)state;
    assert_string_equal(complete(&f, "rpc_chunk\t1,2,3"), "error Invalid format. Use 'block_id,shard_id' or 'chunk_id'\n");
    answer_body = "<html>";
    assert_string_equal(complete(&f, "rpc_status"), "error Failed to parse RPC response\n");
    answer_status = 429;
    answer_body = "slow down";
    assert_string_equal(complete(&f, "rpc_status"), "error RPC returned status 429: slow down\n");
    f.config.rpc_url = "http://127.0.0.1:1/provider-key";
    assert_string_equal(complete(&f, "rpc_status"), "error Failed to send RPC request\n");
    assert_null(strstr(buf_str(&f.outcome.error_text), "provider-key"));
}

static void a_run_has_a_hundred_calls(void **state)
{
    (void)state;
    assert_says(complete(&f, "times\t100\trpc_status\nrpc_block\t\nrpc_block\t\n"),
                "\nerror RPC rate limit exceeded: 100 calls (max: 100)\nerror RPC rate limit exceeded: 101 calls (max: 100)\n");
    assert_int_equal(requests, 100);
    f.config.rpc_max_calls = 2;
    assert_says(complete(&f, "times\t3\trpc_status\n"), "error RPC rate limit exceeded: 2 calls (max: 2)\n");
}

static void transactions_can_be_switched_off(void **state)
{
    (void)state;
    f.config.rpc_transactions = false;
    assert_string_equal(complete(&f, "rpc_send_tx\tAA\t\nrpc_raw\tbroadcast_tx_async\t[]\nrpc_raw\tbroadcast_tx_commit\t[]\n"
                                     "rpc_raw\tsend_tx\t{}\n"),
                        "error Transaction method 'send_tx' is disabled\n"
                        "error Transaction method 'broadcast_tx_async' is disabled\n"
                        "error Transaction method 'broadcast_tx_commit' is disabled\n"
                        "error Transaction method 'send_tx' is disabled\n");
    assert_int_equal(requests, 0);
    assert_says(complete(&f, "times\t100\trpc_send_tx\tAA\t\nrpc_status\n"), "ok {"); /* these were not counted */
}

/* With these a node's owner changes the chain under everybody. */
static void methods_of_the_nodes_owner_are_nobodys(void **state)
{
    (void)state;
    assert_string_equal(complete(&f, "rpc_raw\tsandbox_patch_state\t{}\nrpc_raw\tadv_produce_blocks\t{}\n"),
                        "error Method 'sandbox_patch_state' is disabled\nerror Method 'adv_produce_blocks' is disabled\n");
    assert_int_equal(requests, 0);
}

static void what_cannot_be_signed_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *script, *says;
    } cases[] = {
        {"rpc_call\ta.near\tKEY\tc.near\tm\t{}\tx\t1\t", "error Invalid deposit: "},
        {"rpc_call\ta.near\tKEY\tc.near\tm\t{}\t1\t1.5\t", "error Invalid gas: "},
        {"rpc_transfer\ta.near\tKEY\tc.near\t-1\t", "error Invalid amount: "},
        {"rpc_transfer\ta.near\ted25519:secret\tc.near\t1\t", "error Invalid secret key: expected curve:base58\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_says(complete(&f, cases[i].script), cases[i].says);
        assert_null(strstr(buf_str(&f.outcome.output), "secret:"));
    }
    assert_int_equal(requests, 0);
}

static void a_program_signs_with_its_own_key(void **state)
{
    (void)state;
    static struct node_fake chain;
    static const uint8_t seed[32] = {7};
    struct secret_key key = secret_key_from_seed(seed);
    char text[SECRET_TEXT_MAX], script[500], hash[HASH_TEXT_MAX + 8];
    node_start(&chain);
    f.config.rpc_url = chain.url;
    snprintf(script, sizeof script, "rpc_call\top.test\t%s\tc.test\tset\t{\"n\":1}\t1\t30000000000000\t\n",
             secret_key_text(&key, text));
    const char *printed = complete(&f, script);
    assert_int_equal(chain.sends, 1);
    assert_string_equal(chain.methods[0], "set");
    assert_string_equal(chain.args[0], "{\"n\":1}");
    snprintf(hash, sizeof hash, "ok %s\n", hash_text(&chain.executed[0], text));
    assert_string_equal(printed, hash);
    chain.steps[0] = NODE_REFUSE_BALANCE;
    chain.step_count = 1;
    assert_says(complete(&f, script), "error RPC error: Server error\n");
    chain.steps[1] = NODE_FAIL;
    chain.step_count = 2;
    chain.failure = "no";
    assert_says(complete(&f, script), "error Transaction failed: {\"ActionError\":");
    node_stop(&chain);
}

static void without_a_node_there_is_none(void **state)
{
    (void)state;
    f.config.rpc_url = NULL;
    assert_says(complete(&f, "rpc_status"), "error near:rpc/api is not available");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_function_asks_its_method, fresh),
        cmocka_unit_test_setup(a_view_gives_what_the_method_returned, fresh),
        cmocka_unit_test_setup(errors_never_name_the_nodes_address, fresh),
        cmocka_unit_test_setup(a_run_has_a_hundred_calls, fresh),
        cmocka_unit_test_setup(transactions_can_be_switched_off, fresh),
        cmocka_unit_test_setup(methods_of_the_nodes_owner_are_nobodys, fresh),
        cmocka_unit_test_setup(what_cannot_be_signed_is_named, fresh),
        cmocka_unit_test_setup(a_program_signs_with_its_own_key, fresh),
        cmocka_unit_test_setup(without_a_node_there_is_none, fresh),
    };
    return cmocka_run_group_tests_name("near:rpc", tests, set_up, tear_down);
}

/* Collateral and its history, with a register contract that holds what each test wants; documents are the simulator's. */
#include "codec/base64.h"
#include "coordinator/api_testing.h"
#include "tee/simulator/simulator.h"

enum { NOW = 1770000000, DAY = 86400 };

static struct buf view_answer; /* what get_collaterals returns, as JSON; empty: the node fails */
static int asked;

static void handle_node(struct http_exchange *x, void *context)
{
    AUTO(buf) struct buf body = {0};
    (void)context;
    asked++;
    if (view_answer.len == 0) {
        http_reply(x, 500, NULL, SLICE("{}"));
        return;
    }
    buf_append_str(&body, "{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"result\":{\"logs\":[],\"block_height\":1,\"block_hash\":"
                          "\"11111111111111111111111111111111\",\"result\":[");
    for (size_t i = 0; i < view_answer.len; i++)
        buf_append_fmt(&body, i ? ",%u" : "%u", view_answer.ptr[i]);
    buf_append_str(&body, "]}}");
    http_reply(x, 200, NULL, buf_slice(&body));
}

static const struct http_route node_routes[] = {{HTTP_POST, "/", handle_node}};

static struct http_server *node;
static char node_url[64];

static struct err *restart(struct fixture *f)
{
    coordinator_stop(f->c);
    f->c = NULL;
    return coordinator_start(&f->settings, &clock_system, &f->c);
}

static int set_up_chain(void **state)
{
    struct http_server_config config = {.address = "127.0.0.1", .loops = 1, .routes = node_routes, .route_count = 1};
    if (set_up(state))
        return -1;
    struct fixture *f = *state;
    assert_ok(http_server_start(&config, &node));
    snprintf(node_url, sizeof node_url, "http://127.0.0.1:%u", http_server_port(node));
    f->settings.operator_account_id = "worker.test.near";
    f->settings.near_rpc_url = node_url;
    asked = 0;
    buf_clear(&view_answer);
    assert_ok(restart(f));
    return 0;
}

static int tear_down_chain(void **state)
{
    http_server_stop(node, 100);
    buf_free(&view_answer);
    return tear_down(state);
}

/* The contract holds one document of this day. */
static void hold(uint64_t now)
{
    struct simulator_config config = {.now = now, .seed = "the platform of the tests"};
    AUTO(simulator_output) struct simulator_output made = {0};
    simulator_make(&config, &made);
    AUTO(json) json_t *list = json_array();
    json_array_append_new(list, json_doc_string(buf_slice(&made.collateral)));
    buf_clear(&view_answer);
    json_doc_write(list, &view_answer);
}

static json_t *collateral_at(struct fixture *f, uint64_t at)
{
    char path[128];
    snprintf(path, sizeof path, "/public/collateral?fmspc=51D000000000&at=%llu", (unsigned long long)at);
    assert_int_equal(call_with(f, (struct http_call){.method = "GET"}, path), 200);
    return answer_json(f);
}

static void the_contracts_documents_are_given_out(void **state)
{
    struct fixture *f = *state;
    hold(NOW);
    AUTO(json) json_t *found = collateral_at(f, NOW);
    assert_string_equal(json_string_value(json_object_get(found, "fmspc")), "51d000000000");
    assert_string_equal(json_string_value(json_object_get(found, "contract_id")), "worker.test.near");
    assert_true(json_is_true(json_object_get(found, "covers_requested_time")));
    assert_int_equal(json_integer_value(json_object_get(found, "valid_from")), NOW - DAY);
    assert_int_equal(json_integer_value(json_object_get(found, "valid_until")), NOW + 29 * DAY);
    AUTO(json) json_t *held = NULL;
    assert_ok(json_doc_parse(buf_slice(&view_answer), &held));
    assert_string_equal(json_string_value(json_object_get(found, "collateral")), json_string_value(json_array_get(held, 0)));
}

static void superseded_documents_stay_to_be_had(void **state)
{
    struct fixture *f = *state;
    hold(NOW);
    json_decref(collateral_at(f, NOW));
    hold(NOW + 60 * DAY);
    assert_ok(restart(f)); /* which asks again */
    AUTO(json) json_t *newer = collateral_at(f, NOW + 60 * DAY);
    AUTO(json) json_t *older = collateral_at(f, NOW);
    AUTO(json) json_t *between = collateral_at(f, NOW + 45 * DAY);
    assert_int_equal(json_integer_value(json_object_get(newer, "valid_from")), NOW + 59 * DAY);
    assert_int_equal(json_integer_value(json_object_get(older, "valid_from")), NOW - DAY);
    assert_true(json_is_true(json_object_get(older, "covers_requested_time")));
    assert_true(json_is_false(json_object_get(between, "covers_requested_time")));
}

static void the_contract_is_not_asked_at_every_call(void **state)
{
    struct fixture *f = *state;
    hold(NOW);
    for (int i = 0; i < 5; i++)
        json_decref(collateral_at(f, NOW));
    assert_int_equal(asked, 1);
}

static void a_chain_that_does_not_answer_hides_nothing(void **state)
{
    struct fixture *f = *state;
    hold(NOW);
    json_decref(collateral_at(f, NOW));
    buf_clear(&view_answer);
    assert_ok(restart(f));
    json_decref(collateral_at(f, NOW));
}

static void unknown_platforms_and_wrong_questions(void **state)
{
    struct fixture *f = *state;
    hold(NOW);
    assert_int_equal(call_with(f, (struct http_call){.method = "GET"}, "/public/collateral?fmspc=000000000000"), 404);
    static const char *const wrong[] = {"/public/collateral", "/public/collateral?fmspc=51d0",
                                        "/public/collateral?fmspc=51d00000000z",
                                        "/public/collateral?fmspc=51d000000000&at=soon"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(call_with(f, (struct http_call){.method = "GET"}, wrong[i]), 400);
}

static void what_does_not_read_is_passed_over(void **state)
{
    struct fixture *f = *state;
    buf_append_str(&view_answer, "[\"not json\",\"{}\",7]");
    assert_int_equal(call_with(f, (struct http_call){.method = "GET"}, "/public/collateral?fmspc=51d000000000"), 404);
}

int main(void)
{
#define WITH_CHAIN(test) cmocka_unit_test_setup_teardown(test, set_up_chain, tear_down_chain)
    const struct CMUnitTest tests[] = {
        WITH_CHAIN(the_contracts_documents_are_given_out),   WITH_CHAIN(superseded_documents_stay_to_be_had),
        WITH_CHAIN(the_contract_is_not_asked_at_every_call), WITH_CHAIN(a_chain_that_does_not_answer_hides_nothing),
        WITH_CHAIN(unknown_platforms_and_wrong_questions),   WITH_CHAIN(what_does_not_read_is_passed_over),
    };
    log_start("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

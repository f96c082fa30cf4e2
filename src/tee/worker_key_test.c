/* Against a node that says what each test wants. */
#include "base/test.h"
#include "codec/json_doc.h"
#include "net/http_server.h"
#include "tee/worker_key.h"
#include <stdio.h>

static const char *answer; /* the body of the node's next answers */

static void handle(struct http_exchange *x, void *context)
{
    (void)context;
    http_reply(x, 200, NULL, slice_str(answer));
}

static const struct http_route routes[] = {{HTTP_POST, "/", handle}};

struct fixture {
    struct http_server *node;
    struct rpc_client *client;
};

static struct fixture f;

static int set_up(void **state)
{
    struct http_server_config config = {.address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 1};
    char url[64];
    (void)state;
    assert_ok(http_server_start(&config, &f.node));
    snprintf(url, sizeof url, "http://127.0.0.1:%u", http_server_port(f.node));
    assert_ok(rpc_client_new(&(struct rpc_config){.url = url, .attempts = 1}, &f.client));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rpc_client_free(f.client);
    http_server_stop(f.node, 100);
    return 0;
}

static struct err *check(const char *body)
{
    static const struct public_key key = {.curve = KEY_ED25519};
    answer = body;
    return tee_worker_key_check(f.client, SLICE("worker.near"), SLICE("outlayer.near"), &key);
}

#define KEY(permission)         "{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"result\":{\"nonce\":1,\"permission\":" permission "}}"
#define CALL(receiver, methods) WITH_ALLOWANCE("null", receiver, methods)
#define WITH_ALLOWANCE(allowance, receiver, methods) \
    KEY("{\"FunctionCall\":{\"allowance\":" allowance ",\"receiver_id\":\"" receiver "\",\"method_names\":[" methods "]}}")
#define METHODS "\"resolve_execution\",\"submit_execution_output_and_resolve\",\"resume_topup\",\"resume_delete_payment_key\""

static void the_key_of_the_registration_is_one(void **state)
{
    (void)state;
    assert_ok(check(CALL("outlayer.near", METHODS)));
}

static void keys_of_any_other_kind_are_none(void **state)
{
    (void)state;
    assert_fails(check(KEY("\"FullAccess\"")), ERR_DENIED, "the key has full access to worker.near, a worker's key has not");
    assert_fails(check(CALL("other.near", METHODS)), ERR_DENIED, "the key is for another contract than outlayer.near");
    static const char *const others[] = {CALL("outlayer.near", ""), CALL("outlayer.near", "\"resolve_execution\""),
                                         CALL("outlayer.near", METHODS ",\"set_owner\""), CALL("outlayer.near", "1,2,3,4")};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_fails(check(others[i]), ERR_DENIED, "the key may call other methods than a worker's key");
}

static struct err *check_able(const char *body)
{
    static const struct public_key key = {.curve = KEY_ED25519};
    answer = body;
    return tee_worker_key_check_able(f.client, SLICE("worker.near"), SLICE("outlayer.near"), &key);
}

/* Registered it is all the same. */
static void a_key_without_allowance_is_not_able(void **state)
{
    (void)state;
    static const char poor[] = WITH_ALLOWANCE("\"499999999999999999999999\"", "outlayer.near", METHODS);
    assert_ok(check_able(WITH_ALLOWANCE("\"500000000000000000000000\"", "outlayer.near", METHODS)));
    assert_ok(check_able(CALL("outlayer.near", METHODS)));
    assert_ok(check(poor));
    assert_fails(check_able(poor), ERR_DENIED, "the key's allowance is used up: 499999999999999999999999 yoctoNEAR are left");
    assert_fails(check_able(CALL("other.near", METHODS)), ERR_DENIED, "the key is for another contract than outlayer.near");
    AUTO(err) struct err *odd = check_able(WITH_ALLOWANCE("\"much\"", "outlayer.near", METHODS));
    assert_int_equal(err_code(odd), ERR_INVALID);
}

static void a_missing_key_and_a_silent_node_are_told_apart(void **state)
{
    (void)state;
    AUTO(err) struct err *absent =
        check("{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":"
              "\"UNKNOWN_ACCESS_KEY\",\"info\":{}},\"code\":-32000,\"message\":\"Server error\",\"data\":\"\"}}");
    assert_int_equal(err_code(absent), ERR_NOT_FOUND);
    AUTO(err) struct err *silent =
        check("{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":"
              "\"UNAVAILABLE_SHARD\",\"info\":{}},\"code\":-32000,\"message\":\"Server error\",\"data\":\"\"}}");
    assert_int_equal(err_code(silent), ERR_UNAVAILABLE);
    AUTO(err) struct err *odd = check("{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"result\":{\"nonce\":1}}");
    assert_int_equal(err_code(odd), ERR_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_key_of_the_registration_is_one),
        TEST(keys_of_any_other_kind_are_none),
        TEST(a_key_without_allowance_is_not_able),
        TEST(a_missing_key_and_a_silent_node_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

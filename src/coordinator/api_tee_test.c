/* TEE sessions as workers make them, with a node that says what each test wants. */
#include "coordinator/api_testing.h"
#include "tee/session.h"
#include <unistd.h>

#define KEY_OF_A_WORKER                                                                                                        \
    "{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"result\":{\"nonce\":1,\"permission\":{\"FunctionCall\":{\"allowance\":null,"          \
    "\"receiver_id\":"                                                                                                         \
    "\"outlayer.test.near\",\"method_names\":[\"resolve_execution\",\"submit_execution_output_and_resolve\",\"resume_topup\"," \
    "\"resume_delete_payment_key\"]}}}}"
#define FULL_ACCESS "{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"result\":{\"nonce\":1,\"permission\":\"FullAccess\"}}"
#define NO_KEY                                                                                                            \
    "{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"UNKNOWN_ACCESS_KEY\"," \
    "\"info\":{}},\"code\":-32000,\"message\":\"Server error\",\"data\":\"\"}}"

static const char *node_answer;

static void handle_node(struct http_exchange *x, void *context)
{
    (void)context;
    http_reply(x, 200, NULL, slice_str(node_answer));
}

static const struct http_route node_routes[] = {{HTTP_POST, "/", handle_node}};

static struct http_server *node;
static char node_url[64];

/* The coordinator once more, this time with a chain to ask and sessions asked for. */
static int set_up_tee(void **state)
{
    struct http_server_config config = {.address = "127.0.0.1", .loops = 1, .routes = node_routes, .route_count = 1};
    if (set_up(state))
        return -1;
    struct fixture *f = *state;
    coordinator_stop(f->c);
    f->c = NULL;
    assert_ok(http_server_start(&config, &node));
    snprintf(node_url, sizeof node_url, "http://127.0.0.1:%u", http_server_port(node));
    node_answer = KEY_OF_A_WORKER;
    f->settings.operator_account_id = "worker.test.near";
    f->settings.near_rpc_url = node_url;
    f->settings.require_tee_session = true;
    assert_ok(coordinator_start(&f->settings, &clock_system, &f->c));
    return 0;
}

static int tear_down_tee(void **state)
{
    http_server_stop(node, 100);
    return tear_down(state);
}

static const char *challenge(struct fixture *f)
{
    assert_int_equal(post(f, "/workers/tee-challenge", "{}"), 200);
    AUTO(json) json_t *answer = answer_json(f);
    return arena_str(&f->arena, json_doc_text(json_object_get(answer, "challenge")));
}

static const char *registration(struct fixture *f, const char *challenge_hex, struct slice origin)
{
    static const uint8_t seed[32] = {9};
    struct secret_key key = secret_key_from_seed(seed);
    AUTO(json) json_t *body = NULL;
    AUTO(buf) struct buf text = {0};
    assert_ok(tee_session_answer(&key, slice_str(challenge_hex), origin, &body));
    json_doc_write(body, &text);
    return arena_str(&f->arena, buf_slice(&text));
}

static struct slice own_origin(struct fixture *f)
{
    return slice_str(coordinator_url(f->c));
}

static const char *session(struct fixture *f, struct slice origin)
{
    assert_int_equal(post(f, "/workers/register-tee", registration(f, challenge(f), origin)), 200);
    AUTO(json) json_t *answer = answer_json(f);
    return arena_str(&f->arena, json_doc_text(json_object_get(answer, "session_id")));
}

static int claim(struct fixture *f, const char *session_id)
{
    const struct http_header headers[] = {{"X-TEE-Session", session_id}};
    return call_with(f,
                     (struct http_call){.method = "POST",
                                        .bearer = TOKEN,
                                        .body = slice_str(claim_body(f, 1)),
                                        .headers = headers,
                                        .header_count = session_id ? 1 : 0},
                     "/jobs/claim");
}

static void only_a_session_may_claim_a_run(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(claim(f, NULL), 401);
    assert_int_equal(claim(f, "0d4b6a5e-1111-4222-8333-444455556666"), 401);
    const char *id = session(f, own_origin(f));
    assert_int_equal(strlen(id), 36);
    assert_int_equal(claim(f, id), 200);
    assert_int_equal(claim(f, session(f, (struct slice){0})), 200); /* as existing workers sign */
    assert_int_equal(claim(f, id), 401);                            /* the newer one replaced it */
}

static void a_challenge_is_good_once_and_for_its_token(void **state)
{
    struct fixture *f = *state;
    const char *body = registration(f, challenge(f), own_origin(f));
    assert_int_equal(post(f, "/workers/register-tee", body), 200);
    assert_int_equal(post(f, "/workers/register-tee", body), 400);
    assert_body(f, "{\"error\":\"Invalid or expired challenge\"}");
    assert_int_equal(call_with(f, (struct http_call){.method = "POST", .body = slice_str(body)}, "/workers/register-tee"), 401);
    assert_int_equal(call_with(f, (struct http_call){.method = "POST"}, "/workers/tee-challenge"), 401);
    assert_int_equal(post(f, "/workers/register-tee", registration(f, node_url[0] ? f->code_hash : "", own_origin(f))), 400);
}

/* A refused answer has used its challenge up all the same. */
static void a_wrong_signature_or_another_services_is_refused(void **state)
{
    struct fixture *f = *state;
    const char *given = challenge(f);
    assert_int_equal(post(f, "/workers/register-tee", registration(f, given, SLICE("https://relay.example"))), 403);
    assert_non_null(strstr(buf_str(&f->answer.body), "Signature verification failed: it was made for the service at"));
    assert_int_equal(post(f, "/workers/register-tee", registration(f, given, own_origin(f))), 400);
    assert_int_equal(post(f, "/workers/register-tee", "{\"challenge\":7}"), 422);
}

static void the_chain_decides_about_the_key(void **state)
{
    struct fixture *f = *state;
    node_answer = FULL_ACCESS;
    assert_int_equal(post(f, "/workers/register-tee", registration(f, challenge(f), own_origin(f))), 403);
    node_answer = NO_KEY;
    assert_int_equal(post(f, "/workers/register-tee", registration(f, challenge(f), own_origin(f))), 403);
    assert_body(f, "{\"error\":\"Public key not registered on contract\"}");
    node_answer = "nonsense";
    assert_int_equal(post(f, "/workers/register-tee", registration(f, challenge(f), own_origin(f))), 500);
}

/* Restarted with a question a second. */
static void recheck_often(struct fixture *f)
{
    coordinator_stop(f->c);
    f->settings.tee_recheck_seconds = 1;
    assert_ok(coordinator_start(&f->settings, &clock_system, &f->c));
}

static bool has_session(struct fixture *f, const char *id)
{
    return claim(f, id) != 401;
}

static void a_session_ends_soon_after_its_key(void **state)
{
    struct fixture *f = *state;
    recheck_often(f);
    const char *id = session(f, own_origin(f));
    assert_true(has_session(f, id));
    node_answer = FULL_ACCESS;
    for (int i = 0; has_session(f, id) && i < 100; i++)
        usleep(100 * 1000);
    assert_false(has_session(f, id));
    assert_int_equal(post(f, "/workers/register-tee", registration(f, challenge(f), own_origin(f))), 403);
}

static void a_session_outlives_a_silent_chain_and_a_good_key(void **state)
{
    struct fixture *f = *state;
    recheck_often(f);
    const char *id = session(f, own_origin(f));
    usleep(2500 * 1000);
    assert_true(has_session(f, id));
    node_answer = "nonsense";
    usleep(2500 * 1000);
    assert_true(has_session(f, id));
}

static void without_an_operator_account_nobody_registers(void **state)
{
    struct fixture *f = *state;
    coordinator_stop(f->c);
    f->settings.operator_account_id = "";
    assert_ok(coordinator_start(&f->settings, &clock_system, &f->c));
    assert_int_equal(post(f, "/workers/register-tee", registration(f, challenge(f), own_origin(f))), 500);
    assert_body(f, "{\"error\":\"TEE verification not configured\"}");
}

int main(void)
{
    log_start("test", LOG_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_tee, tear_down_tee)
    const struct CMUnitTest tests[] = {
        TEST(only_a_session_may_claim_a_run),
        TEST(a_challenge_is_good_once_and_for_its_token),
        TEST(a_wrong_signature_or_another_services_is_refused),
        TEST(the_chain_decides_about_the_key),
        TEST(a_session_ends_soon_after_its_key),
        TEST(a_session_outlives_a_silent_chain_and_a_good_key),
        TEST(without_an_operator_account_nobody_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

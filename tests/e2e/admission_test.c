/* Who may work: a worker whose measurements are not approved cannot register, answer or open a session; approved it can, and retired it cannot any more.
 * The worker is this test: a key of its own, and quotes of the stack's simulated platform. */
#include "codec/hex.h"
#include "net/http_client.h"
#include "tee/session.h"
#include "tee/simulator/seed.h"
#include "tee/worker_key.h"
#include "world.h"
#include <string.h>

static struct {
    struct world *w;
    struct secret_key key;
    struct measurements measurements;
    char key_text[KEY_TEXT_MAX];
} t;

static int start(void **state)
{
    if (world_start(state))
        return -1;
    t.w = *state;
    secret_key_generate(&entropy_system, &t.key);
    struct public_key public_key = secret_key_public(&t.key);
    public_key_text(&public_key, t.key_text);
    simulator_worker_measurements(&t.measurements);
    t.measurements.of[MEASUREMENT_RTMR3][0] ^= 1; /* other software */
    return 0;
}

static int end(void **state)
{
    secret_key_wipe(&t.key);
    return world_end(state);
}

/* --- what a worker does ------------------------------------------------------------------------------------------------------ */

/* NULL, or what the chain or the contract said. */
static struct err *call_with(struct signer *signer, const char *contract, const char *method, struct slice args)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    TRY(signer_call(signer, slice_str(contract), method, args, 300 * TERA_GAS, 0, TX_LEVEL_FINAL, &outcome));
    return tx_outcome_expect(&outcome, method);
}

static struct err *call_as(const char *account_id, const char *contract, const char *method, struct slice args)
{
    AUTO(signer) struct signer *signer = NULL;
    assert_ok(stack_signer(&t.w->stack, account_id, &signer));
    return call_with(signer, contract, method, args);
}

/* A quote for `report_data`, made now. */
static void make_quote(const uint8_t report_data[REPORT_DATA_LEN], struct buf *out)
{
    AUTO(simulator_output) struct simulator_output made = {0};
    struct simulator_config config = {.measurements = t.measurements, .now = clock_wall_ns(&clock_system) / NS_PER_SEC};
    assert_ok(simulator_seed_read(t.w->stack.simulator_seed_path, config.seed));
    memcpy(config.report_data, report_data, REPORT_DATA_LEN);
    simulator_make(&config, &made);
    buf_append(out, buf_slice(&made.quote));
}

static struct err *register_key(void)
{
    AUTO(buf) struct buf quote = {0}, args = {0};
    uint8_t report_data[REPORT_DATA_LEN] = {0};
    struct public_key public_key = secret_key_public(&t.key);
    memcpy(report_data, public_key.raw, 32);
    make_quote(report_data, &quote);
    buf_append_fmt(&args, "{\"public_key\":\"%s\",\"tdx_quote_hex\":\"", t.key_text);
    hex_append(&args, buf_slice(&quote));
    buf_append_str(&args, "\"}");
    return call_as(STACK_INIT_ID, STACK_OPERATOR_ID, "register_worker_key", buf_slice(&args));
}

/* A call with the worker's key, as the register contract's account. */
static struct err *call_with_key(const char *contract, const char *method)
{
    AUTO(signer) struct signer *signer = NULL;
    struct account_id operator_id;
    assert_ok(account_id_parse(SLICE(STACK_OPERATOR_ID), &operator_id));
    const struct signer_config config = {
        .rpc = {.url = t.w->stack.rpc_url}, .account_id = &operator_id, .key = &t.key, .patience_ms = 5000};
    assert_ok(signer_new(&config, &signer));
    return call_with(signer, contract, method, SLICE("{}"));
}

static struct err *resolve(void)
{
    return call_with_key(STACK_CONTRACT_ID, "resolve_execution");
}

static int post(const char *path, struct slice body, struct http_answer *answer)
{
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(buf) struct buf url = {0};
    assert_ok(http_client_new(&client));
    buf_append_fmt(&url, "%s%s", t.w->stack.coordinator_url, path);
    const struct http_call call = {.method = "POST", .url = buf_str(&url), .body = body, .bearer = t.w->stack.worker_token};
    assert_ok(http_client_call(client, &call, answer));
    return answer->status;
}

/* The status of the coordinator's answer. */
static int open_session(void)
{
    AUTO(http_answer) struct http_answer given = {0}, answer = {0};
    AUTO(json) json_t *challenge = NULL, *body = NULL;
    AUTO(buf) struct buf text = {0};
    assert_int_equal(post("/workers/tee-challenge", SLICE("{}"), &given), 200);
    assert_ok(json_doc_parse(buf_slice(&given.body), &challenge));
    assert_ok(tee_session_answer(&t.key, json_doc_text(json_object_get(challenge, "challenge")),
                                 slice_str(t.w->stack.coordinator_url), &body));
    json_doc_write(body, &text);
    return post("/workers/register-tee", buf_slice(&text), &answer);
}

/* Whether the key is a worker's on chain: NULL, else why not. */
static struct err *chain_says(void)
{
    struct public_key public_key = secret_key_public(&t.key);
    return tee_worker_key_check(t.w->rpc, SLICE(STACK_OPERATOR_ID), SLICE(STACK_CONTRACT_ID), &public_key);
}

/* --- what its owner does ------------------------------------------------------------------------------------------------------ */

static void as_owner(const char *method, const char *more)
{
    AUTO(buf) struct buf args = {0};
    buf_append_str(&args, "{\"measurements\":");
    measurements_write_json(&t.measurements, &args);
    buf_append_fmt(&args, "%s}", more);
    assert_ok(call_as(STACK_ROOT_ID, STACK_OPERATOR_ID, method, buf_slice(&args)));
}

/* Takes `e`: an error with this code, and these words in its text. */
static void assert_refused(struct err *e, enum err_code code, const char *words)
{
    assert_non_null(e);
    if (err_code(e) != code || !strstr(err_text(e), words))
        fail_msg("`%s` does not say `%s`", err_text(e), words);
    err_free(e);
}

/* --- what is true -------------------------------------------------------------------------------------------------------------- */

static void assert_an_approved_worker_serves(void)
{
    const char *answer = NULL;
    uint64_t id = t.w->asked;
    assert_ok(world_ask(t.w, t.w->program_hash, 10000000, TX_LEVEL_FINAL));
    assert_ok(asker_answer(t.w->rpc, id, &t.w->arena, &answer));
    assert_string_equal(answer, WORLD_ANSWER);
}

static void a_worker_that_is_not_approved_is_nobody(void **state)
{
    (void)state;
    const char *answer = "{\"request_id\":0,\"response\":{\"success\":true,\"output\":{\"Text\":\"mine\"},\"error\":null,"
                         "\"resources_used\":{\"instructions\":1,\"time_ms\":1,\"compile_time_ms\":null}}}";
    assert_refused(register_key(), ERR_INVALID, "Worker measurements not approved. MRTD=");
    assert_refused(chain_says(), ERR_NOT_FOUND, "");
    assert_refused(resolve(), ERR_DENIED, "access key");
    assert_refused(call_as(ASKER_USER_ID, STACK_CONTRACT_ID, "resolve_execution", slice_str(answer)), ERR_INVALID,
                   "Only operator can call this");
    assert_int_equal(open_session(), 403);
    assert_an_approved_worker_serves();
}

static void approved_it_is_a_worker(void **state)
{
    (void)state;
    as_owner("add_approved_measurements", "");
    assert_ok(register_key());
    assert_ok(chain_says());
    assert_int_equal(open_session(), 200);
    assert_refused(resolve(), ERR_INVALID,
                   "resolve_execution"); /* the contract reads what it says now, and finds nothing in it */
    assert_refused(call_with_key(STACK_CONTRACT_ID, "set_paused"), ERR_DENIED, "MethodNameMismatch");
    assert_refused(call_with_key(STACK_OPERATOR_ID, "resolve_execution"), ERR_DENIED, "ReceiverMismatch");
}

/* Withdrawn measurements keep new keys out, and removing the keys ends those that are in. */
static void retired_it_is_nobody_again(void **state)
{
    (void)state;
    as_owner("remove_approved_measurements", "");
    as_owner("remove_worker_keys_by_measurements", ",\"limit\":10");
    assert_refused(register_key(), ERR_INVALID, "Worker measurements not approved. MRTD=");
    assert_refused(chain_says(), ERR_NOT_FOUND, "");
    assert_refused(resolve(), ERR_DENIED, "access key");
    assert_int_equal(open_session(), 403);
    assert_an_approved_worker_serves();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_that_is_not_approved_is_nobody),
        cmocka_unit_test(approved_it_is_a_worker),
        cmocka_unit_test(retired_it_is_nobody_again),
    };
    return cmocka_run_group_tests_name("admission", tests, start, end);
}

#include "near/node_fake.h"
#include "near/signer.h"

static struct node_fake node;
static struct signer *signer;

static void start(const enum node_step *steps, size_t count)
{
    static const uint8_t seed[32] = {7};
    struct secret_key key = secret_key_from_seed(seed);
    struct account_id id;
    node = (struct node_fake){.nonce = 100, .step_count = count, .failure = "Smart contract panicked: no"};
    for (size_t i = 0; i < count; i++)
        node.steps[i] = steps[i];
    node_start(&node);
    assert_ok(account_id_parse(SLICE("op.test"), &id));
    const struct signer_config config = {
        .rpc = {.url = node.url, .attempts = 2, .first_pause_ms = 1}, .account_id = &id, .key = &key, .patience_ms = 1500};
    assert_ok(signer_new(&config, &signer));
}

static int stop(void **state)
{
    (void)state;
    signer_free(signer);
    node_stop(&node);
    return 0;
}

static struct err *call(struct tx_outcome *out)
{
    return signer_call(signer, SLICE("c.test"), "ping", SLICE("{}"), 1000, 0, TX_LEVEL_EXECUTED_OPTIMISTIC, out);
}

static void a_call_is_signed_sent_and_read(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome first = {0}, second = {0};
    start(NULL, 0);
    assert_ok(call(&first));
    assert_ok(call(&second));
    assert_int_equal(first.status, TX_SUCCEEDED);
    assert_true(slice_eq_str(first.value, "42"));
    assert_int_equal(first.receipt_count, 1);
    assert_true(slice_eq_str(first.receipts[0].logs[0], "hello"));
    assert_int_equal(first.gas_burnt, 2000);
    assert_true(first.tokens_burnt == 14);
    assert_ok(tx_outcome_expect(&first, "ping"));
    assert_int_equal(node.executed_nonce[0], 101);
    assert_int_equal(node.executed_nonce[1], 102);
    assert_int_equal(node.key_views, 1); /* the nonce is kept */
    assert_string_equal(node.methods[0], "ping");
}

static void a_failed_execution_is_an_outcome(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start((const enum node_step[]){NODE_FAIL}, 1);
    assert_ok(call(&outcome));
    assert_int_equal(outcome.status, TX_FAILED);
    assert_true(slice_eq_str(outcome.failure, "Smart contract panicked: no"));
    AUTO(err) struct err *e = tx_outcome_expect(&outcome, "ping");
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_INVALID);
}

static void a_used_nonce_is_read_again(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start((const enum node_step[]){NODE_REFUSE_NONCE, NODE_REFUSE_EXPIRED}, 2);
    assert_ok(call(&outcome));
    assert_int_equal(node.executed_count, 1);
    assert_int_equal(node.executed_nonce[0], 111);
    assert_int_equal(node.sends, 3);
}

static void a_lost_answer_does_not_execute_twice(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start((const enum node_step[]){NODE_LOSE_ANSWER}, 1);
    assert_ok(call(&outcome));
    assert_int_equal(outcome.status, TX_SUCCEEDED);
    assert_int_equal(node.executed_count, 1);
    assert_int_equal(node.sends, 2);
}

static void a_broken_node_is_asked_again_with_the_same_bytes(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start((const enum node_step[]){NODE_BREAK, NODE_IGNORE, NODE_EXECUTE}, 3);
    assert_ok(call(&outcome));
    assert_int_equal(node.executed_count, 1);
    assert_int_equal(node.executed_nonce[0], 101);
}

/* After a silence a refusal of the nonce proves nothing: our own bytes may have used it. Only the hash decides. */
static void a_refusal_after_a_silence_is_checked_by_hash(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start((const enum node_step[]){NODE_IGNORE, NODE_REFUSE_NONCE, NODE_IGNORE, NODE_IGNORE, NODE_IGNORE, NODE_IGNORE,
                                   NODE_IGNORE, NODE_IGNORE, NODE_IGNORE, NODE_IGNORE, NODE_IGNORE, NODE_IGNORE, NODE_IGNORE},
          13);
    AUTO(err) struct err *e = call(&outcome);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE); /* never "refused": it might have been taken */
    assert_int_equal(node.executed_count, 0);
    static const struct hash none = {0};
    assert_false(hash_eq(&outcome.hash, &none));
}

static void an_account_that_cannot_pay_is_told_so(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start((const enum node_step[]){NODE_REFUSE_BALANCE}, 1);
    AUTO(err) struct err *e = call(&outcome);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_LIMIT);
    assert_non_null(strstr(err_text(e), "NotEnoughBalance: {\"signer_id\":\"op.test\",\"balance\":\"1\",\"cost\":\"2\"}"));
    assert_int_equal(node.sends, 1);
}

/* With its words in it. */
static void expect_refusal(enum node_step step, enum err_code code, const char *words)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start(&step, 1);
    AUTO(err) struct err *e = call(&outcome);
    assert_non_null(e);
    assert_int_equal(err_code(e), code);
    assert_non_null(strstr(err_text(e), words));
    assert_int_equal(node.sends, 1);
    assert_int_equal(node.executed_count, 0);
}

static void a_key_that_may_not_send_is_denied(void **state)
{
    (void)state;
    expect_refusal(NODE_REFUSE_KEY, ERR_DENIED, "InvalidAccessKeyError: {\"AccessKeyNotFound\":{\"account_id\":\"op.test\"}}");
    AUTO(tx_outcome) struct tx_outcome again = {0};
    AUTO(err) struct err *e = call(&again); /* its nonce is asked for now, of a key that is not there */
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_DENIED);
    assert_int_equal(node.sends, 1);
}

/* Its nonce is its own. */
static void another_key_goes_on(void **state)
{
    (void)state;
    static const uint8_t seed[32] = {8};
    AUTO(tx_outcome) struct tx_outcome first = {0}, second = {0};
    struct secret_key key = secret_key_from_seed(seed);
    start(NULL, 0);
    assert_ok(call(&first));
    node.nonce = 7;
    signer_use_key(signer, &key);
    assert_ok(call(&second));
    assert_int_equal(node.executed_nonce[1], 8);
    assert_int_equal(node.key_views, 2);
}

static void a_key_without_allowance_is_denied(void **state)
{
    (void)state;
    expect_refusal(NODE_REFUSE_ALLOWANCE, ERR_DENIED, "InvalidAccessKeyError: {\"NotEnoughAllowance\":");
}

static void what_cannot_be_a_transaction_is_invalid(void **state)
{
    (void)state;
    expect_refusal(NODE_REFUSE_SIZE, ERR_INVALID, "TransactionSizeExceeded: {\"size\":2,\"limit\":1}");
}

/* Some nodes hold in a block what turns out invalid when it is executed. */
static void a_key_that_was_refused_in_a_block_is_denied(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start((const enum node_step[]){NODE_HOLD_INVALID}, 1);
    assert_ok(call(&outcome));
    assert_int_equal(outcome.status, TX_FAILED);
    assert_int_equal(outcome.refusal, TX_REFUSED_KEY);
    AUTO(err) struct err *e = tx_outcome_expect(&outcome, "ping");
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_DENIED);
}

static void a_crowded_shard_and_an_unwilling_provider_decide_nothing(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start((const enum node_step[]){NODE_REFUSE_CROWD, NODE_DENY, NODE_EXECUTE}, 3);
    assert_ok(call(&outcome));
    assert_int_equal(node.sends, 3);
    assert_int_equal(node.executed_count, 1);
    assert_int_equal(node.executed_nonce[0], 101);
}

/* The transaction may have removed the very key that signed it. */
static void a_key_that_is_gone_after_a_silence_is_checked_by_hash(void **state)
{
    (void)state;
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    start((const enum node_step[]){NODE_IGNORE, NODE_REFUSE_KEY, NODE_REFUSE_KEY, NODE_EXECUTE}, 4);
    assert_ok(call(&outcome));
    assert_int_equal(node.executed_count, 1);
    assert_int_equal(node.sends, 4);
}

static void refusals_have_codes(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum tx_refusal refusal;
        enum err_code code;
    } cases[] = {
        {"{\"InvalidNonce\":{}}", TX_REFUSED_NONCE, ERR_UNAVAILABLE},
        {"\"Expired\"", TX_REFUSED_EXPIRED, ERR_UNAVAILABLE},
        {"{\"InvalidAccessKeyError\":\"RequiresFullAccess\"}", TX_REFUSED_KEY, ERR_DENIED},
        {"{\"InvalidAccessKeyError\":{\"MethodNameMismatch\":{\"method_name\":\"m\"}}}", TX_REFUSED_KEY, ERR_DENIED},
        {"{\"InvalidAccessKeyError\":{\"ReceiverMismatch\":{}}}", TX_REFUSED_KEY, ERR_DENIED},
        {"{\"SignerDoesNotExist\":{\"signer_id\":\"op.test\"}}", TX_REFUSED_KEY, ERR_DENIED},
        {"{\"NotEnoughBalance\":{}}", TX_REFUSED_BALANCE, ERR_LIMIT},
        {"{\"LackBalanceForState\":{}}", TX_REFUSED_BALANCE, ERR_LIMIT},
        {"{\"ShardStuck\":{}}", TX_UNDECIDED, ERR_UNAVAILABLE},
        {"{\"StorageError\":\"x\"}", TX_UNDECIDED, ERR_UNAVAILABLE},
        {"{\"ActionsValidation\":\"x\"}", TX_REFUSED, ERR_INVALID},
        {"\"InvalidSignature\"", TX_REFUSED, ERR_INVALID},
        {"7", TX_REFUSED, ERR_INVALID},
        {"[]", TX_REFUSED, ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *kind = NULL;
        assert_ok(json_doc_parse(slice_str(cases[i].json), &kind));
        if (tx_refusal_of(kind) != cases[i].refusal || tx_refusal_code(cases[i].refusal) != cases[i].code)
            fail_msg("%s", cases[i].json);
    }
}

static void views_carry_values_and_panics(void **state)
{
    (void)state;
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    AUTO(buf) struct buf value = {0};
    start(NULL, 0);
    node.view = "{\"a\":1}";
    assert_ok(rpc_client_new(&(struct rpc_config){.url = node.url}, &rpc));
    assert_ok(rpc_view_call(rpc, SLICE("c.test"), "get", SLICE("{}"), &value));
    assert_string_equal(buf_str(&value), "{\"a\":1}");
    json_t *result = NULL;
    assert_fails(rpc_call(rpc, "tx", json_object(), &result), ERR_NOT_FOUND,
                 "NEAR node refuses tx: UNKNOWN_TRANSACTION: no such thing");
}

static void a_node_that_is_not_there_is_unavailable_and_unnamed(void **state)
{
    (void)state;
    AUTO(rpc_client) struct rpc_client *rpc = NULL;
    struct rpc_block block;
    start(NULL, 0);
    assert_ok(rpc_client_new(&(struct rpc_config){.url = "http://127.0.0.1:1/?key=secret", .attempts = 2, .first_pause_ms = 1},
                             &rpc));
    assert_fails(rpc_final_block(rpc, &block), ERR_UNAVAILABLE,
                 "NEAR node does not answer block; check that the RPC address is right and up");
}

static void failures_read_as_sentences(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"ExecutionError\":\"Smart contract panicked: x\"}}}}",
         "Smart contract panicked: x"},
        {"{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"MethodResolveError\":\"MethodNotFound\"}}}}",
         "MethodResolveError: MethodNotFound"},
        {"{\"ActionError\":{\"index\":0,\"kind\":{\"AccountDoesNotExist\":{\"account_id\":\"x.test\"}}}}",
         "AccountDoesNotExist: {\"account_id\":\"x.test\"}"},
        {"{\"InvalidTxError\":\"Expired\"}", "Expired"},
        {"{\"InvalidTxError\":{\"InvalidNonce\":{\"tx_nonce\":4,\"ak_nonce\":9}}}",
         "InvalidNonce: {\"tx_nonce\":4,\"ak_nonce\":9}"},
        {"7", "7"},
        {"{}", "{}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(arena) struct arena arena = {0};
        AUTO(json) json_t *failure = NULL;
        assert_ok(json_doc_parse(slice_str(cases[i].json), &failure));
        struct slice text = tx_failure_text(failure, &arena);
        if (!slice_eq_str(text, cases[i].text))
            fail_msg("%.*s", SLICE_FMT(text));
    }
}

static void an_outcome_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[]",
        "{\"status\":7}",
        "{\"status\":{\"SuccessValue\":\"!\"}}",
        "{\"transaction\":{\"hash\":\"0\"}}",
        "{\"transaction_outcome\":{\"id\":\"x\"}}",
        "{\"transaction_outcome\":[]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        AUTO(tx_outcome) struct tx_outcome out = {0};
        AUTO(json) json_t *answer = NULL;
        assert_ok(json_doc_parse(slice_str(texts[i]), &answer));
        AUTO(err) struct err *e = tx_outcome_read(answer, &out);
        if (!e || err_code(e) != ERR_INVALID)
            fail_msg("%s", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_call_is_signed_sent_and_read, stop),
        cmocka_unit_test_teardown(a_failed_execution_is_an_outcome, stop),
        cmocka_unit_test_teardown(a_used_nonce_is_read_again, stop),
        cmocka_unit_test_teardown(a_lost_answer_does_not_execute_twice, stop),
        cmocka_unit_test_teardown(a_broken_node_is_asked_again_with_the_same_bytes, stop),
        cmocka_unit_test_teardown(a_refusal_after_a_silence_is_checked_by_hash, stop),
        cmocka_unit_test_teardown(an_account_that_cannot_pay_is_told_so, stop),
        cmocka_unit_test_teardown(a_key_that_may_not_send_is_denied, stop),
        cmocka_unit_test_teardown(another_key_goes_on, stop),
        cmocka_unit_test_teardown(a_key_without_allowance_is_denied, stop),
        cmocka_unit_test_teardown(what_cannot_be_a_transaction_is_invalid, stop),
        cmocka_unit_test_teardown(a_key_that_was_refused_in_a_block_is_denied, stop),
        cmocka_unit_test_teardown(a_crowded_shard_and_an_unwilling_provider_decide_nothing, stop),
        cmocka_unit_test_teardown(a_key_that_is_gone_after_a_silence_is_checked_by_hash, stop),
        cmocka_unit_test(refusals_have_codes),
        cmocka_unit_test_teardown(views_carry_values_and_panics, stop),
        cmocka_unit_test_teardown(a_node_that_is_not_there_is_unavailable_and_unnamed, stop),
        cmocka_unit_test(failures_read_as_sentences),
        cmocka_unit_test(an_outcome_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

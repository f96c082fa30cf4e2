/* A contract checks a record by itself: contracts/kit/attestation.h, with records that the worker's own code signed. Under a key that it keeps, on the virtual machine;
 * with the register contract's help, on a chain. */
#include "base/test.h"
#include "codec/base64.h"
#include "devnet/vm/scenario.h"
#include "register_world.h"
#include "tee/attestation/v2.h"

enum { STRANGER_SEED = 9 };

static const char output[] = "{\"answer\":42}";

struct signed_run {
    struct attestation_record record;
    struct attestation_v2 attestation;
};

static void sign_run(uint8_t seed, struct signed_run *out)
{
    uint8_t secret[ED25519_SECRET_LEN], seed_bytes[ED25519_SEED_LEN];
    memset(seed_bytes, seed, sizeof seed_bytes);
    out->record = (struct attestation_record){
        .chain = SLICE("devnet"),
        .contract = SLICE("outlayer.devnet"),
        .subject = ATTESTATION_REQUEST,
        .request_id = 7,
        .outcome = SLICE("completed"),
        .max_instructions = 10000000000,
        .max_memory_mb = 128,
        .max_seconds = 60,
        .instructions = 123456,
        .time_ms = 12,
        .caller = SLICE("alice.devnet"),
        .project = SLICE("alice.devnet/application"),
        .secrets = SLICE("alice.devnet/default"),
        .block_height = 1000,
        .time_s = 1767225600,
    };
    memset(out->record.code, 0xc0, sizeof out->record.code);
    struct hash h = hash_sha256(slice_str(output));
    memcpy(out->record.output, h.bytes, HASH_LEN);
    ed25519_from_seed(seed_bytes, out->record.worker_key, secret);
    attestation_v2_sign(&out->record, secret, &out->attestation);
}

static void auto_signed_run(struct signed_run *s)
{
    attestation_v2_free(&s->attestation);
}

static json_t *bytes_json(const uint8_t *bytes, size_t len)
{
    json_t *list = json_array();
    for (size_t i = 0; i < len; i++)
        json_array_append_new(list, json_integer(bytes[i]));
    return list;
}

static json_t *call_json(const char *method, json_t *input)
{
    return json_pack("{ss so ss ss ss sI}", "method", method, "input", input, "signer", "bob.devnet", "predecessor",
                     "bob.devnet", "balance", "100000000000000000000000000", "timestamp", (json_int_t)1767225600000000000);
}

/* What both methods of the contract take. */
static json_t *check_args(const struct attestation_v2 *a, const char *text, uint8_t code)
{
    AUTO(buf) struct buf record = {0};
    AUTO(buf) struct buf signature = {0};
    uint8_t hash[HASH_LEN];
    memset(hash, code, sizeof hash);
    base64_append(&record, buf_slice(&a->record));
    hex_append(&signature, slice_from(a->signature, sizeof a->signature));
    return json_pack("{ss ss ss so}", "record", buf_str(&record), "signature", buf_str(&signature), "output", text, "code",
                     bytes_json(hash, sizeof hash));
}

static json_t *check_json(const struct attestation_v2 *a, const char *text, uint8_t code)
{
    return call_json("check", check_args(a, text, code));
}

/* Trusts `key`, then makes the call; the outcome of the call. */
static json_t *outcome_of(const uint8_t *key, json_t *call)
{
    struct vm *vm = NULL;
    struct account_id account;
    AUTO(buf) struct buf path = {0};
    AUTO(buf) struct buf wasm = {0};
    AUTO(json) json_t *trust = call_json("trust", json_pack("{so}", "key", bytes_json(key, ED25519_PUBLIC_LEN)));
    AUTO(json) json_t *check = call;
    AUTO(json) json_t *trusted = NULL;
    json_t *outcome = NULL;
    buf_append_fmt(&path, "%s/checker.wasm", getenv("OUTLAYER_CONTRACTS"));
    assert_ok(account_id_parse(SLICE("checker.devnet"), &account));
    assert_ok(fs_read(buf_str(&path), 1 << 20, &wasm));
    assert_ok(vm_new(NULL, &vm));
    struct scenario *s = scenario_new(vm, &account, buf_slice(&wasm));
    assert_ok(scenario_call(s, trust, true, &trusted));
    assert_true(json_is_null(json_object_get(trusted, "aborted")));
    assert_ok(scenario_call(s, check, true, &outcome));
    scenario_free(s);
    vm_free(vm);
    return outcome;
}

static void assert_refused(const uint8_t *key, json_t *call, const char *why)
{
    AUTO(json) json_t *outcome = outcome_of(key, call);
    const char *aborted = json_string_value(json_object_get(outcome, "aborted"));
    assert_non_null(aborted);
    if (!strstr(aborted, why))
        fail_msg("refused with %s, expected %s", aborted, why);
}

static void test_a_contract_checks_a_record_for_less_than_a_tgas(void **state)
{
    (void)state;
    AUTO(signed_run) struct signed_run s = {0};
    sign_run(WORKER_SEED, &s);
    AUTO(json) json_t *outcome = outcome_of(s.record.worker_key, check_json(&s.attestation, output, 0xc0));
    char *whole = json_dumps(outcome, JSON_COMPACT);
    if (!json_is_null(json_object_get(outcome, "aborted")))
        fail_msg("%s", whole);
    free(whole);
    uint64_t burnt = (uint64_t)json_integer_value(json_object_get(outcome, "burnt"));
    print_message("checking a record of %zu bytes burns %.3f TGas\n", s.attestation.record.len, (double)burnt / (double)TGAS);
    assert_true(burnt < TGAS);
}

static void test_what_a_contract_refuses(void **state)
{
    (void)state;
    AUTO(signed_run) struct signed_run s = {0};
    AUTO(signed_run) struct signed_run stranger = {0};
    sign_run(WORKER_SEED, &s);
    sign_run(STRANGER_SEED, &stranger);
    assert_refused(s.record.worker_key, check_json(&stranger.attestation, output, 0xc0), "Not signed by the trusted worker");
    assert_refused(s.record.worker_key, check_json(&s.attestation, "{\"answer\":43}", 0xc0), "Another run");
    assert_refused(s.record.worker_key, check_json(&s.attestation, output, 0xc1), "Another run");
    memcpy(s.attestation.signature, stranger.attestation.signature, sizeof s.attestation.signature);
    assert_refused(s.record.worker_key, check_json(&s.attestation, output, 0xc0), "Not signed by the trusted worker");
    s.attestation.record.len--;
    assert_refused(s.record.worker_key, check_json(&s.attestation, output, 0xc0), "Not signed by the trusted worker");
}

/* ---- with the register contract ---- */

static struct chain_tx_status ask(struct world *w, const char *method, json_t *args)
{
    AUTO(buf) struct buf text = {0};
    json_doc_write(args, &text);
    json_decref(args);
    const struct action action = call_of(method, buf_str(&text), 30 * TGAS, 0);
    return run(w->c, &w->asker, ASKER, &action, 1, &w->arena);
}

/* A contract that trusts the register contract, which knows one worker. */
static void prepare(struct world *w)
{
    deploy(w, &w->asker, "checker");
    make_ready(w);
    must_call(w, &w->worker, "register_worker_key", registration(w));
    struct chain_tx_status s = ask(w, "trust_register", json_pack("{ss}", "register_id", CONTRACT));
    success_of(&s, 0);
}

static struct chain_tx_status check_registered(struct world *w, const struct signed_run *s, const char *text)
{
    return ask(w, "check_registered", check_args(&s->attestation, text, 0xc0));
}

/* Gas of a receipt's instructions and host calls; what is left of its gas are receipts and actions. */
static uint64_t computed(const struct outcome *o)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < o->profile_count; i++) {
        if (slice_eq(o->profile[i].category, SLICE("WASM_HOST_COST")))
            sum += o->profile[i].gas;
    }
    return sum;
}

static double in_tgas(uint64_t gas)
{
    return (double)gas / (double)TGAS;
}

static const struct outcome *outcome_of_call(const struct chain_tx_status *s, const char *method)
{
    for (size_t i = 0; i < s->receipt_count; i++) {
        const struct receipt *r = &s->receipts[i].receipt;
        if (r->action_count && r->actions[0].kind == ACTION_FUNCTION_CALL && slice_eq_str(r->actions[0].call.method, method))
            return &s->receipts[i].outcome;
    }
    fail_msg("%s was not called", method);
    return NULL;
}

static void assert_refused_in(const struct chain_tx_status *s, const char *method, const char *why)
{
    const struct outcome *o = outcome_of_call(s, method);
    if (o->status != OUTCOME_FAILURE || !memmem(o->failure.ptr, o->failure.len, why, strlen(why)))
        fail_msg("%s: %.*s, expected %s", method, SLICE_FMT(o->failure), why);
}

static void test_a_contract_asks_the_register_contract_for_less_than_a_tgas_of_its_own(void **state)
{
    struct world *w = *state;
    AUTO(signed_run) struct signed_run s = {0};
    static const char *const calls[] = {"check_registered", "get_worker_key", "on_registered"};
    uint64_t computing[3], whole;
    sign_run(WORKER_SEED, &s);
    prepare(w);
    struct chain_tx_status status = check_registered(w, &s, output);
    whole = status.tx.outcome.gas_burnt;
    for (size_t i = 0; i < status.receipt_count; i++)
        whole += success_of(&status, i)->gas_burnt;
    for (size_t i = 0; i < 3; i++) {
        const struct outcome *o = outcome_of_call(&status, calls[i]);
        computing[i] = computed(o);
        print_message("%s burns %.3f TGas, %.3f of it computing\n", calls[i], in_tgas(o->gas_burnt), in_tgas(computing[i]));
    }
    uint64_t own = computing[0] + computing[2];
    print_message("the contract computes %.3f TGas, the whole transaction burns %.3f TGas\n", in_tgas(own), in_tgas(whole));
    assert_true(slice_eq_str(outcome_of_call(&status, "on_registered")->value, "\"alice.devnet\""));
    assert_true(own < TGAS);
}

static void test_what_a_contract_refuses_that_asks_the_register_contract(void **state)
{
    struct world *w = *state;
    AUTO(signed_run) struct signed_run s = {0};
    AUTO(signed_run) struct signed_run stranger = {0};
    sign_run(WORKER_SEED, &s);
    sign_run(STRANGER_SEED, &stranger);
    prepare(w);
    struct chain_tx_status status = check_registered(w, &stranger, output);
    assert_refused_in(&status, "on_registered", "Signed by nobody that the register contract knows");
    status = check_registered(w, &s, "{\"answer\":43}");
    assert_refused_in(&status, "on_registered", "Another run");
    memcpy(stranger.attestation.signature, s.attestation.signature, sizeof s.attestation.signature);
    status = check_registered(w, &stranger, output);
    assert_refused_in(&status, "check_registered", "The record is not one that its worker's key signed");
    must_call(w, &w->owner, "clear_all_approved_measurements", json_object());
    status = check_registered(w, &s, output);
    assert_refused_in(&status, "on_registered", "Signed by a worker whose enclave is approved no more");
    must_call(w, &w->owner, "remove_worker_keys_by_measurements", json_pack("{s:o}", "measurements", measurements_value(w)));
    status = check_registered(w, &s, output);
    assert_refused_in(&status, "on_registered", "Signed by nobody that the register contract knows");
    status = ask(w, "trust_register", json_pack("{ss}", "register_id", OWNER)); /* no contract there */
    success_of(&status, 0);
    status = check_registered(w, &s, output);
    assert_refused_in(&status, "on_registered", "The register contract did not answer");
}

static void test_only_the_contract_itself_calls_its_callback(void **state)
{
    struct world *w = *state;
    prepare(w);
    const struct action action = call_of("on_registered", "", 30 * TGAS, 0);
    struct chain_tx_status status = run(w->c, &w->owner, ASKER, &action, 1, &w->arena);
    assert_refused_in(&status, "on_registered", "Method on_registered is private");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_contract_checks_a_record_for_less_than_a_tgas),
        cmocka_unit_test(test_what_a_contract_refuses),
        cmocka_unit_test_setup_teardown(test_a_contract_asks_the_register_contract_for_less_than_a_tgas_of_its_own, begin, end),
        cmocka_unit_test_setup_teardown(test_what_a_contract_refuses_that_asks_the_register_contract, begin, end),
        cmocka_unit_test_setup_teardown(test_only_the_contract_itself_calls_its_callback, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

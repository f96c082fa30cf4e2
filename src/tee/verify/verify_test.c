/* One good attestation, and everything that can be wrong with it. */
#include "base/test.h"
#include "codec/base64.h"
#include "tee/attestation/v1.h"
#include "tee/attestation/v2.h"
#include "tee/simulator/simulator.h"
#include "tee/verify/verify.h"
#include <string.h>

enum { NOW = 1770000100 };

#define INPUT  "{\"n\":1}"
#define OUTPUT "{\"answer\":42}"

struct world {
    struct attestation_record record;
    uint8_t secret[ED25519_SECRET_LEN];
    struct simulator_config platform;
    struct simulator_output made; /* collateral and root */
    json_t *attestation, *chain;
    struct verify_evidence evidence;
};

static struct attestation_record record_of(struct world *w)
{
    static const uint8_t seed[ED25519_SEED_LEN] = "a worker of the tests";
    struct attestation_record r = {.chain = SLICE("devnet"),
                                   .contract = SLICE("outlayer.test.near"),
                                   .subject = ATTESTATION_REQUEST,
                                   .request_id = 41,
                                   .outcome = SLICE("completed"),
                                   .max_instructions = 1000,
                                   .max_memory_mb = 64,
                                   .max_seconds = 10,
                                   .instructions = 999,
                                   .time_ms = 5,
                                   .caller = SLICE("alice.test.near"),
                                   .block_height = 77,
                                   .time_s = NOW};
    struct hash input = hash_sha256(SLICE(INPUT)), output = hash_sha256(SLICE(OUTPUT));
    memset(r.code, 0xc0, sizeof r.code);
    memcpy(r.input, input.bytes, HASH_LEN);
    memcpy(r.output, output.bytes, HASH_LEN);
    ed25519_from_seed(seed, r.worker_key, w->secret);
    return r;
}

static void quote_of(struct world *w, const uint8_t *report_data, struct buf *out)
{
    AUTO(simulator_output) struct simulator_output made = {0};
    struct simulator_config config = w->platform;
    memcpy(config.report_data, report_data, REPORT_DATA_LEN);
    simulator_make(&config, &made);
    buf_append(out, buf_slice(&made.quote));
}

/* The second version, of a batch of two; the other record is nobody's. */
static json_t *make_v2(struct world *w)
{
    AUTO(attestation_v2) struct attestation_v2 a = {.has_batch = true};
    AUTO(buf) struct buf text = {0};
    uint8_t report_data[REPORT_DATA_LEN];
    json_t *doc = NULL;
    attestation_v2_sign(&w->record, w->secret, &a);
    struct hash leaves[2] = {merkle_leaf(buf_slice(&a.record)), {{7}}}, root = merkle_root(leaves, 2);
    merkle_prove(leaves, 2, 0, &a.path);
    attestation_batch_report_data(&root, 2, report_data);
    quote_of(w, report_data, &a.quote);
    attestation_v2_write(&a, &text);
    assert_ok(json_doc_parse(buf_slice(&text), &doc));
    return doc;
}

static void set_hash(json_t *doc, const char *name, struct slice of)
{
    char hex[HASH_HEX_MAX];
    struct hash h = hash_sha256(of);
    json_object_set_new(doc, name, json_string(hash_hex(&h, hex)));
}

static json_t *make_v1(struct world *w)
{
    AUTO(buf) struct buf quote = {0}, text = {0};
    struct attestation_v1 a;
    uint8_t report_data[REPORT_DATA_LEN];
    json_t *doc = json_pack("{si ss ss sI sI ss}", "task_id", 5, "task_type", "execute", "caller_account_id", "alice.test.near",
                            "block_height", (json_int_t)77, "timestamp", (json_int_t)NOW, "build_target", "wasm32-wasip1");
    set_hash(doc, "input_hash", SLICE(INPUT));
    set_hash(doc, "output_hash", SLICE(OUTPUT));
    assert_ok(attestation_v1_read(doc, &a));
    attestation_v1_report_data(&a, report_data);
    quote_of(w, report_data, &quote);
    base64_append(&text, buf_slice(&quote));
    json_object_set_new(doc, "tdx_quote", json_string(buf_str(&text)));
    return doc;
}

static int make_world(void **state)
{
    static struct world w;
    memset(&w, 0, sizeof w);
    w.platform = (struct simulator_config){.now = NOW, .seed = "the platform of the tests"};
    simulator_make(&w.platform, &w.made);
    w.record = record_of(&w);
    w.attestation = make_v1(&w);
    json_object_set_new(w.attestation, "attestation_v2", make_v2(&w));
    w.chain = json_pack("{sI ss ss ss ss sb sI sI sI sI sI sI}", "request_id", (json_int_t)41, "caller", "alice.test.near",
                        "code_hash", "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0", "input", INPUT,
                        "output", OUTPUT, "success", 1, "max_instructions", (json_int_t)1000, "max_memory_mb", (json_int_t)64,
                        "max_seconds", (json_int_t)10, "requested_height", (json_int_t)77, "requested_at",
                        (json_int_t)(NOW - 2), "resolved_at", (json_int_t)(NOW + 2));
    w.evidence = (struct verify_evidence){.attestation = w.attestation,
                                          .collateral = buf_slice(&w.made.collateral),
                                          .root = buf_slice(&w.made.root),
                                          .network = "devnet",
                                          .contract_id = "outlayer.test.near",
                                          .chain = w.chain,
                                          .approved = VERIFY_YES,
                                          .registered = VERIFY_YES,
                                          .approved_by = "worker.test.near",
                                          .registered_by = "worker.test.near"};
    *state = &w;
    return 0;
}

static int free_world(void **state)
{
    struct world *w = *state;
    json_decref(w->attestation);
    json_decref(w->chain);
    simulator_output_free(&w->made);
    return 0;
}

static const struct verify_step *step_of(const struct verify_report *r, const char *group, const char *id)
{
    for (size_t i = 0; i < r->count; i++) {
        if (!strcmp(r->steps[i].group, group) && !strcmp(r->steps[i].id, id))
            return &r->steps[i];
    }
    fail_msg("there is no step %s/%s", group, id);
    return NULL;
}

static void assert_step(const struct verify_evidence *e, const char *group, const char *id, enum verify_verdict verdict)
{
    AUTO(verify_report) struct verify_report r = {0};
    verify_run(e, &r);
    const struct verify_step *s = step_of(&r, group, id);
    if (s->verdict != verdict)
        fail_msg("%s/%s is %s (%s), expected %s", group, id, verify_verdict_name(s->verdict), s->seen,
                 verify_verdict_name(verdict));
    assert_int_equal(verify_report_verdict(&r), verdict);
}

static void test_a_good_attestation_passes_every_step(void **state)
{
    const struct world *w = *state;
    AUTO(verify_report) struct verify_report r = {0};
    verify_run(&w->evidence, &r);
    for (size_t i = 0; i < r.count; i++) {
        if (r.steps[i].verdict != VERIFY_PASS)
            fail_msg("%s/%s is %s: %s", r.steps[i].group, r.steps[i].id, verify_verdict_name(r.steps[i].verdict),
                     r.steps[i].seen);
    }
    assert_int_equal(verify_report_verdict(&r), VERIFY_PASS);
    assert_true(r.count > 40);
    assert_string_equal(r.tcb_status, "UpToDate");
    AUTO(json) json_t *doc = verify_report_json(&r);
    assert_string_equal(json_string_value(json_object_get(doc, "verdict")), "pass");
    assert_int_equal(json_array_size(json_object_get(doc, "steps")), r.count);
}

static void test_the_simulators_root_is_named_and_refused_on_public_networks(void **state)
{
    struct world *w = *state;
    AUTO(verify_report) struct verify_report r = {0};
    verify_run(&w->evidence, &r);
    assert_true(r.simulated);
    assert_non_null(strstr(step_of(&r, "root", "root")->seen, "SIMULATOR"));
    static const char *const networks[] = {"mainnet", "testnet", "betanet", ""};
    for (size_t i = 0; i < 2; i++) {
        AUTO(verify_report) struct verify_report refused = {0};
        w->evidence.network = networks[i];
        verify_run(&w->evidence, &refused);
        assert_int_equal(step_of(&refused, "root", "root")->verdict, VERIFY_FAIL);
        assert_int_equal(verify_report_verdict(&refused), VERIFY_FAIL);
    }
}

static void test_without_the_simulators_root_its_quotes_fail(void **state)
{
    struct world *w = *state;
    w->evidence.root = (struct slice){0};
    AUTO(verify_report) struct verify_report r = {0};
    verify_run(&w->evidence, &r);
    assert_false(r.simulated);
    assert_int_equal(verify_report_verdict(&r), VERIFY_FAIL);
    assert_string_equal(verify_report_first(&r, VERIFY_FAIL)->group, "quote");
}

/* Record with one field changed, its signature and batch as they were. */
static void put_record(struct world *w, const struct attestation_record *changed)
{
    AUTO(buf) struct buf bytes = {0}, text = {0};
    attestation_record_write(changed, &bytes);
    base64_append(&text, buf_slice(&bytes));
    json_object_set_new(json_object_get(w->attestation, "attestation_v2"), "record", json_string(buf_str(&text)));
}

static void assert_changed_record_fails_at(struct world *w, const struct attestation_record *changed, const char *id)
{
    put_record(w, changed);
    assert_step(&w->evidence, "record", "signature", VERIFY_FAIL);
    assert_step(&w->evidence, "record", "batch", VERIFY_FAIL);
    assert_step(&w->evidence, "request", id, VERIFY_FAIL);
}

static void test_one_other_bit_of_the_record_fails_at_its_line(void **state)
{
    struct world *w = *state;
    struct attestation_record r = w->record;
    r.input[5] ^= 1;
    assert_changed_record_fails_at(w, &r, "input");
    r = w->record;
    r.output[5] ^= 1;
    assert_changed_record_fails_at(w, &r, "output");
    r = w->record;
    r.code[31] ^= 0x80;
    assert_changed_record_fails_at(w, &r, "code");
    r = w->record;
    r.caller = SLICE("alice.test.neas");
    assert_changed_record_fails_at(w, &r, "caller");
    r = w->record;
    r.time_s ^= 1 << 12;
    assert_changed_record_fails_at(w, &r, "time");
    r = w->record;
    r.request_id ^= 1;
    assert_changed_record_fails_at(w, &r, "request");
    r = w->record;
    r.block_height ^= 1;
    assert_changed_record_fails_at(w, &r, "block");
    r = w->record;
    r.chain = SLICE("devnes");
    assert_changed_record_fails_at(w, &r, "chain");
    r = w->record;
    r.outcome = SLICE("trap");
    assert_changed_record_fails_at(w, &r, "outcome");
    r = w->record;
    r.max_instructions ^= 1 << 20;
    assert_changed_record_fails_at(w, &r, "limits");
}

/* A worker that signs and quotes what did not happen. */
static void test_a_signed_lie_fails_where_the_chain_knows_better(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *member, *value, *id;
    } cases[] = {{"input", "{\"n\":2}", "input"},
                 {"output", "{\"answer\":43}", "output"},
                 {"caller", "bob.test.near", "caller"},
                 {"code_hash", "d0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0", "code"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *before = json_deep_copy(w->chain);
        json_object_set_new(w->chain, cases[i].member, json_string(cases[i].value));
        assert_step(&w->evidence, "request", cases[i].id, VERIFY_FAIL);
        AUTO(verify_report) struct verify_report r = {0};
        verify_run(&w->evidence, &r);
        assert_int_equal(step_of(&r, "record", "signature")->verdict, VERIFY_PASS);
        json_object_update(w->chain, before);
    }
}

static void test_missing_evidence_is_never_a_pass(void **state)
{
    struct world *w = *state;
    struct verify_evidence e = w->evidence;
    e.collateral = (struct slice){0};
    assert_step(&e, "quote", "quote", VERIFY_UNPROVEN);
    assert_step(&e, "record", "batch", VERIFY_UNPROVEN);
    assert_step(&e, "enclave", "measurements", VERIFY_UNPROVEN);
    assert_step(&e, "version_1", "binding", VERIFY_UNPROVEN);
    e = w->evidence;
    e.approved = VERIFY_NOT_ASKED;
    assert_step(&e, "enclave", "measurements", VERIFY_UNPROVEN);
    e = w->evidence;
    e.registered = VERIFY_NOT_ASKED;
    assert_step(&e, "enclave", "worker_key", VERIFY_UNPROVEN);
    e = w->evidence;
    e.chain = NULL;
    static const char *const of_the_chain[] = {"request", "code",   "input", "output", "outcome",
                                               "caller",  "limits", "block", "time"};
    for (size_t i = 0; i < sizeof of_the_chain / sizeof *of_the_chain; i++)
        assert_step(&e, "request", of_the_chain[i], VERIFY_UNPROVEN);
}

static void test_a_record_without_a_quote_is_unproven(void **state)
{
    struct world *w = *state;
    json_object_set_new(json_object_get(w->attestation, "attestation_v2"), "batch", json_null());
    assert_step(&w->evidence, "record", "batch", VERIFY_UNPROVEN);
    assert_step(&w->evidence, "quote", "quote", VERIFY_UNPROVEN);
}

static void test_measurements_that_are_not_approved_fail(void **state)
{
    struct world *w = *state;
    w->evidence.approved = VERIFY_NO;
    assert_step(&w->evidence, "enclave", "measurements", VERIFY_FAIL);
}

static void test_payloads_given_by_hand_win_over_the_chains(void **state)
{
    struct world *w = *state;
    w->evidence.chain = NULL;
    w->evidence.input = SLICE(INPUT);
    w->evidence.output = SLICE(OUTPUT "\n");
    assert_step(&w->evidence, "request", "output", VERIFY_FAIL);
}

static void make_call(struct world *w)
{
    w->record.subject = ATTESTATION_CALL;
    w->record.call_id = SLICE("c-4711");
    json_object_set_new(w->attestation, "attestation_v2", make_v2(w));
    json_object_set_new(w->attestation, "call_id", json_string("c-4711"));
    w->evidence.chain = NULL;
}

static void test_a_call_is_proven_with_its_callers_copies(void **state)
{
    struct world *w = *state;
    make_call(w);
    assert_step(&w->evidence, "request", "input", VERIFY_UNPROVEN);
    assert_step(&w->evidence, "request", "output", VERIFY_UNPROVEN);
    w->evidence.input = SLICE(INPUT);
    w->evidence.output = SLICE(OUTPUT);
    assert_step(&w->evidence, "request", "statement", VERIFY_PASS);
    w->evidence.call_id = SLICE("c-4711");
    assert_step(&w->evidence, "request", "call", VERIFY_PASS);
    w->evidence.call_id = SLICE("c-4712"); /* another than was asked for */
    assert_step(&w->evidence, "request", "call", VERIFY_FAIL);
    w->evidence.call_id = (struct slice){0};
    json_object_set_new(w->attestation, "call_id", json_string("c-4712"));
    assert_step(&w->evidence, "request", "call", VERIFY_FAIL);
    w->record.instructions = w->record.max_instructions + 1;
    make_call(w);
    assert_step(&w->evidence, "request", "limits", VERIFY_FAIL);
    w->evidence.output = SLICE("another");
    assert_step(&w->evidence, "request", "output", VERIFY_FAIL);
}

static void test_version_1_is_checked_too(void **state)
{
    struct world *w = *state;
    json_object_set_new(w->attestation, "caller_account_id", json_string("mallory.test.near"));
    assert_step(&w->evidence, "version_1", "binding", VERIFY_FAIL);
    json_object_set_new(w->attestation, "caller_account_id", json_string("alice.test.near"));
    json_object_set_new(w->attestation, "tdx_quote", json_string("no-attestation-dev-mode"));
    assert_step(&w->evidence, "version_1", "quote", VERIFY_FAIL);
}

/* Else bytes could move between the record's texts, which stand in a row without their lengths. */
static void test_a_hash_of_version_1_has_one_form(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"wasm_hash", "input_hash", "output_hash"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        AUTO(json) json_t *changed = json_deep_copy(w->attestation);
        struct verify_evidence e = w->evidence;
        e.attestation = changed;
        static const char *const malformed[] = {"", "C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0",
                                                "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
                                                "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c"};
        for (size_t m = 0; m < sizeof malformed / sizeof *malformed; m++) {
            json_object_set_new(changed, names[i], json_string(malformed[m]));
            assert_step(&e, "version_1", "form", VERIFY_FAIL);
        }
    }
}

static void test_texts_of_version_1_keep_to_their_alphabets(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name, *text;
        enum verify_verdict verdict;
    } cases[] = {
        {"commit_hash", "main https", VERIFY_FAIL},
        {"build_target", "wasm32-wasip1\n", VERIFY_FAIL},
        {"caller_account_id", "Alice", VERIFY_FAIL},
        {"caller_account_id", "alice.near\x01", VERIFY_FAIL},
        {"project_id", "alice near/app", VERIFY_FAIL},
        {"secrets_ref", "alice.NEAR/default", VERIFY_FAIL},
        {"project_id", "alice.near/Any App", VERIFY_PASS},
        {"commit_hash", "feature/a_b.c-1", VERIFY_UNPROVEN},
        {"repo_url", "https://example.org/a", VERIFY_UNPROVEN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *changed = json_deep_copy(w->attestation);
        struct verify_evidence e = w->evidence;
        e.attestation = changed;
        json_object_set_new(changed, cases[i].name, json_string(cases[i].text));
        AUTO(verify_report) struct verify_report r = {0};
        verify_run(&e, &r);
        if (step_of(&r, "version_1", "form")->verdict != cases[i].verdict)
            fail_msg("%s `%s`: %s", cases[i].name, cases[i].text, step_of(&r, "version_1", "form")->seen);
    }
}

/* Its hash ends with the block height: the verifier must say what it does not cover. */
static void test_an_old_record_names_what_it_does_not_cover(void **state)
{
    struct world *w = *state;
    AUTO(buf) struct buf quote = {0}, text = {0};
    struct attestation_v1 a;
    uint8_t report_data[REPORT_DATA_LEN];
    json_object_del(w->attestation, "attestation_v2");
    json_object_set_new(w->attestation, "timestamp", json_integer(ATTESTATION_V1_FROM - 1));
    assert_ok(attestation_v1_read(w->attestation, &a));
    attestation_v1_report_data(&a, report_data);
    quote_of(w, report_data, &quote);
    base64_append(&text, buf_slice(&quote));
    json_object_set_new(w->attestation, "tdx_quote", json_string(buf_str(&text)));
    w->platform.now = ATTESTATION_V1_FROM - 1;
    simulator_output_free(&w->made);
    simulator_make(&w->platform, &w->made);
    w->evidence.collateral = buf_slice(&w->made.collateral);
    w->evidence.root = buf_slice(&w->made.root);
    AUTO(verify_report) struct verify_report r = {0};
    verify_run(&w->evidence, &r);
    assert_non_null(
        strstr(step_of(&r, "version_1", "binding")->seen, "covers neither caller, project, secrets, time nor payment"));
    assert_int_equal(verify_report_verdict(&r), VERIFY_PASS);
}

/* As existing workers write them. */
static void test_a_record_of_version_1_alone(void **state)
{
    struct world *w = *state;
    json_object_del(w->attestation, "attestation_v2");
    AUTO(verify_report) struct verify_report r = {0};
    verify_run(&w->evidence, &r);
    if (verify_report_verdict(&r) != VERIFY_PASS)
        fail_msg("%s: %s", verify_report_first(&r, verify_report_verdict(&r))->id,
                 verify_report_first(&r, verify_report_verdict(&r))->seen);
    assert_string_equal(r.tcb_status, "UpToDate");
    json_object_set_new(w->chain, "input", json_string("other"));
    assert_step(&w->evidence, "version_1", "input", VERIFY_FAIL);
}

static void test_nonsense_is_no_record(void **state)
{
    struct world *w = *state;
    json_object_set_new(w->attestation, "attestation_v2", json_string("nonsense"));
    assert_step(&w->evidence, "record", "form", VERIFY_FAIL);
    AUTO(json) json_t *empty = json_object();
    w->evidence.attestation = empty;
    assert_step(&w->evidence, "version_1", "form", VERIFY_FAIL);
}

/* --- what a transaction shows ----------------------------------------------------------------------------------------------- */

static bool fake_block(void *context, const char *block_hash, struct verify_block *out)
{
    (void)context;
    *out = (struct verify_block){.height = 77, .time_s = strcmp(block_hash, "asked") ? 1002 : 1000};
    return true;
}

/* `callback_args` are what the contract calls itself with when the answer is there. */
static json_t *tx_of(const char *callback_args, const char *event, const char *value)
{
    AUTO(buf) struct buf base64 = {0}, args = {0};
    base64_append(&base64, slice_str(value));
    base64_append(&args, slice_str(callback_args));
    json_t *asked = json_pack(
        "{ss ss s{ss s[ss] s{ss}}}", "id", "r1", "block_hash", "asked", "outcome", "executor_id", "outlayer.test.near", "logs",
        "hello",
        "EVENT_JSON:{\"event\":\"execution_requested\",\"data\":[{\"request_data\":\"{\\\"request_id\\\":41,\\\"sender_id\\\":"
        "\\\"alice\\\","
        "\\\"input_data\\\":\\\"in\\\",\\\"code_source\\\":{\\\"WasmUrl\\\":{\\\"hash\\\":\\\"c0\\\"}},"
        "\\\"resource_limits\\\":{\\\"max_instructions\\\":1,\\\"max_memory_mb\\\":2,\\\"max_execution_seconds\\\":3}}\"}]}",
        "status", "SuccessReceiptId", "x");
    json_t *settled = json_pack("{ss ss s{ss s[s] s{ss}}}", "id", "r2", "block_hash", "settled", "outcome", "executor_id",
                                "outlayer.test.near", "logs", event, "status", "SuccessValue", buf_str(&base64));
    json_t *callback = json_pack("{ss s{s{s[{s{ss ss}}]}}}", "receipt_id", "r2", "receipt", "Action", "actions", "FunctionCall",
                                 "method_name", "on_execution_response", "args", buf_str(&args));
    return json_pack("{s[oo] s[o]}", "receipts_outcome", asked, settled, "receipts", callback);
}

static void test_a_transaction_shows_request_and_answer(void **state)
{
    (void)state;
    AUTO(json) json_t *tx =
        tx_of("{\"request_id\":41}", "EVENT_JSON:{\"event\":\"execution_completed\",\"data\":[{\"success\":true}]}", "\"out\"");
    AUTO(json) json_t *chain = NULL;
    assert_ok(verify_chain_read(tx, "outlayer.test.near", 41, fake_block, NULL, &chain));
    AUTO(json) json_t *wanted =
        json_pack("{ss si ss ss si si si ss si si sb ss si}", "contract_id", "outlayer.test.near", "request_id", 41, "caller",
                  "alice", "code_hash", "c0", "max_instructions", 1, "max_memory_mb", 2, "max_seconds", 3, "input", "in",
                  "requested_height", 77, "requested_at", 1000, "success", 1, "output", "\"out\"", "resolved_at", 1002);
    assert_true(json_equal(chain, wanted));
}

static void test_a_failure_and_anothers_request(void **state)
{
    (void)state;
    AUTO(json) json_t *tx =
        tx_of("{\"request_id\":41}", "EVENT_JSON:{\"event\":\"execution_completed\",\"data\":[{\"success\":false}]}", "null");
    AUTO(json) json_t *chain = NULL;
    AUTO(json) json_t *other = NULL;
    assert_ok(verify_chain_read(tx, "outlayer.test.near", 41, NULL, NULL, &chain));
    assert_true(json_is_false(json_object_get(chain, "success")));
    assert_null(json_object_get(chain, "output"));
    assert_fails(verify_chain_read(tx, "outlayer.test.near", 42, NULL, NULL, &other), ERR_NOT_FOUND,
                 "the transaction makes no request 42 of outlayer.test.near");
}

/* A transaction may make several requests; each has a callback of its own. */
static void test_the_answer_to_another_request_of_the_transaction(void **state)
{
    (void)state;
    AUTO(json) json_t *tx =
        tx_of("{\"request_id\":42}", "EVENT_JSON:{\"event\":\"execution_completed\",\"data\":[{\"success\":true}]}", "\"out\"");
    AUTO(json) json_t *chain = NULL;
    assert_ok(verify_chain_read(tx, "outlayer.test.near", 41, NULL, NULL, &chain));
    assert_null(json_object_get(chain, "success"));
    assert_null(json_object_get(chain, "output"));
}

/* A request whose input is not in its event: `actions` are those of the receipt that asked, or of the transaction. */
static json_t *chain_of_long_input(const char *receipt_id, const char *method, const char *args)
{
    AUTO(buf) struct buf base64 = {0};
    json_t *chain = NULL;
    base64_append(&base64, slice_str(args));
    AUTO(json) json_t *tx = json_pack(
        "{s[{ss ss s{ss s[s] s{ss}}}] s[{ss s{s{s[{s{ss ss}}]}}}] s{s[{s{ss ss}}]} s{s{s[s]}}}", "receipts_outcome", "id", "r1",
        "block_hash", "asked", "outcome", "executor_id", "outlayer.test.near", "logs",
        "EVENT_JSON:{\"event\":\"execution_requested\",\"data\":[{\"request_data\":\"{\\\"request_id\\\":41,"
        "\\\"input_data\\\":\\\"\\\",\\\"input_data_in_state\\\":true}\"}]}",
        "status", "SuccessReceiptId", "x", "receipts", "receipt_id", receipt_id, "receipt", "Action", "actions", "FunctionCall",
        "method_name", method, "args", buf_str(&base64), "transaction", "actions", "FunctionCall", "method_name",
        "request_execution", "args", "eyJpbnB1dF9kYXRhIjoiZGlyZWN0In0=", "transaction_outcome", "outcome", "receipt_ids", "r1");
    assert_non_null(tx);
    assert_ok(verify_chain_read(tx, "outlayer.test.near", 41, NULL, NULL, &chain));
    return chain;
}

static void test_an_input_too_long_for_the_event_is_read_from_the_call(void **state)
{
    (void)state;
    static const struct {
        const char *receipt_id, *method, *args, *input; /* NULL: not known */
    } cases[] = {
        {"r1", "request_execution", "{\"input_data\":\"long\"}", "long"},
        {"r1", "request_execution", "{}", NULL},
        {"r1", "request_execution", "nonsense", NULL},
        {"r1", "another_method", "{\"input_data\":\"long\"}", NULL},
        {"r2", "request_execution", "{\"input_data\":\"another's\"}",
         "direct"}, /* {"input_data":"direct"} of the transaction */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *chain = chain_of_long_input(cases[i].receipt_id, cases[i].method, cases[i].args);
        const char *input = json_string_value(json_object_get(chain, "input"));
        if (!input != !cases[i].input || (input && strcmp(input, cases[i].input)))
            fail_msg("case %zu: %s", i, input ? input : "none");
    }
}

/* Anybody can log the same words from a contract of their own. */
static void test_events_of_another_contract_do_not_count(void **state)
{
    (void)state;
    AUTO(json) json_t *tx = tx_of("", "", "");
    AUTO(json) json_t *chain = NULL;
    AUTO(err) struct err *e = verify_chain_read(tx, "real.test.near", 41, NULL, NULL, &chain);
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, free_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_good_attestation_passes_every_step),
        IN_WORLD(test_the_simulators_root_is_named_and_refused_on_public_networks),
        IN_WORLD(test_without_the_simulators_root_its_quotes_fail),
        IN_WORLD(test_one_other_bit_of_the_record_fails_at_its_line),
        IN_WORLD(test_a_signed_lie_fails_where_the_chain_knows_better),
        IN_WORLD(test_missing_evidence_is_never_a_pass),
        IN_WORLD(test_a_record_without_a_quote_is_unproven),
        IN_WORLD(test_measurements_that_are_not_approved_fail),
        IN_WORLD(test_payloads_given_by_hand_win_over_the_chains),
        IN_WORLD(test_a_call_is_proven_with_its_callers_copies),
        IN_WORLD(test_version_1_is_checked_too),
        IN_WORLD(test_a_hash_of_version_1_has_one_form),
        IN_WORLD(test_texts_of_version_1_keep_to_their_alphabets),
        IN_WORLD(test_an_old_record_names_what_it_does_not_cover),
        IN_WORLD(test_a_record_of_version_1_alone),
        IN_WORLD(test_nonsense_is_no_record),
        cmocka_unit_test(test_a_transaction_shows_request_and_answer),
        cmocka_unit_test(test_a_failure_and_anothers_request),
        cmocka_unit_test(test_the_answer_to_another_request_of_the_transaction),
        cmocka_unit_test(test_an_input_too_long_for_the_event_is_read_from_the_call),
        cmocka_unit_test(test_events_of_another_contract_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

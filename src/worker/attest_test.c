/* Attestations from the fixed answer to the coordinator, with the simulator's quotes and a coordinator of the test. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/test.h"
#include "codec/base64.h"
#include "net/http_server.h"
#include "tee/attestation/v1.h"
#include "tee/attestation/v2.h"
#include "worker/attest.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPORT_DATA_AT = 568 };

static struct {
    char dir[64];
    struct worker_settings settings;
    struct identity identity;
    struct journal *journal;
    struct stop stop;
    struct attester attester;
    struct http_server *server;
    pthread_mutex_t lock;
    json_t *taken; /* bodies, in order */
    int refuse;    /* this status for the next calls; 0: take them */
    int refusals;  /* how many of them are left */
} f;

static void take(struct http_exchange *x, void *context)
{
    (void)context;
    pthread_mutex_lock(&f.lock);
    bool refuse = f.refusals > 0;
    f.refusals -= refuse;
    if (!refuse) {
        json_t *body = NULL;
        assert_ok(json_doc_parse(http_request_body(x), &body));
        json_array_append_new(f.taken, body);
    }
    pthread_mutex_unlock(&f.lock);
    http_reply(x, refuse ? f.refuse : 201, "application/json", SLICE(""));
}

static const struct http_route routes[] = {{HTTP_POST, "/attestations", take}};

static int set_up(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    snprintf(f.dir, sizeof f.dir, "/tmp/outlayer-attest-XXXXXX");
    if (!mkdtemp(f.dir))
        return -1;
    char path[128];
    snprintf(path, sizeof path, "%s/seed", f.dir);
    assert_ok(fs_write_atomic(path, SLICE("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"), 0600));
    static char seed_path[128];
    memcpy(seed_path, path, sizeof seed_path);
    f.settings = (struct worker_settings){.data_dir = f.dir,
                                          .network_id = "devnet",
                                          .contract_id = "outlayer.test.near",
                                          .tee_mode = "simulator",
                                          .tee_simulator_seed_file = seed_path};
    pthread_mutex_init(&f.lock, NULL);
    f.taken = json_array();
    stop_init(&f.stop);
    assert_ok(identity_open(&f.settings, &f.identity));
    snprintf(path, sizeof path, "%s/journal.db", f.dir);
    assert_ok(journal_open(path, &f.journal));
    const struct http_server_config config = {.address = "127.0.0.1", .loops = 1, .routes = routes, .route_count = 1};
    assert_ok(http_server_start(&config, &f.server));
    snprintf(path, sizeof path, "http://127.0.0.1:%u", http_server_port(f.server));
    f.attester = (struct attester){.identity = &f.identity, .journal = f.journal, .stop = &f.stop};
    attester_init(&f.attester);
    assert_ok(coordinator_client_new(path, "token", &f.attester.coordinator));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    coordinator_client_free(f.attester.coordinator);
    http_server_stop(f.server, 100);
    journal_close(f.journal);
    identity_close(&f.identity);
    json_decref(f.taken);
    err_free(fs_remove_tree(f.dir));
    return 0;
}

/* 32 bytes. */
static const uint8_t *public_key_of(const struct identity *i)
{
    return i->key.raw + 32;
}

static json_t *request_doc(void)
{
    json_t *doc = NULL;
    assert_ok(json_doc_parse(
        SLICE("{\"request_id\":41,\"data_id\":\"ab\",\"input_data\":\"{\\\"n\\\":1}\",\"user_account_id\":\"alice.test.near\","
              "\"project_id\":\"alice.test.near/app\",\"attached_usd\":\"0\","
              "\"code_source\":{\"type\":\"WasmUrl\",\"url\":\"http://x\",\"hash\":\"00\",\"build_target\":\"wasm32-wasip1\"},"
              "\"secrets_ref\":{\"account_id\":\"alice.test.near\",\"profile\":\"default\"},"
              "\"context\":{\"block_height\":77,\"transaction_hash\":\"9tx\"}}"),
        &doc));
    return doc;
}

/* A job that answered `output` (tagged JSON), or failed when it is NULL; its answer and attestation go into the journal. */
static void run_job(uint64_t job_id, const char *output, struct attest_made *made)
{
    AUTO(json) json_t *request = request_doc();
    AUTO(json) json_t *info = json_pack("{sI si}", "job_id", (json_int_t)job_id, "created_at", 1770000000);
    AUTO(response) struct response r = {
        .success = output != NULL, .outcome = output ? OUTCOME_COMPLETED : OUTCOME_TRAP, .instructions = 9, .time_ms = 3};
    struct attest_facts facts = {.request = request,
                                 .info = info,
                                 .job_id = job_id,
                                 .request_id = 41,
                                 .input = attest_input_hash(request),
                                 .has_code = true,
                                 .limits = {.max_instructions = 100, .max_memory_mb = 64, .max_seconds = 10},
                                 .ended_s = 1770000001};
    uint64_t id = 0;
    memset(facts.code.bytes, 0xc0, sizeof facts.code.bytes);
    buf_append_str(&r.output, output ? output : "");
    attest_make(&f.identity.key, &f.settings, &facts, &r, made);
    const struct journal_attestation a = attest_made_entry(made, job_id);
    assert_ok(journal_claim(f.journal, job_id, 41, SLICE("ab"), SLICE(""), &id));
    const struct journal_entry answer = {.id = id, .delivery = SLICE("{}"), .completion = SLICE("{}")};
    assert_ok(journal_set_executed(f.journal, &answer, &a));
    assert_ok(journal_set_delivered(f.journal, id, SLICE("{}")));
}

static void the_record_says_what_ran(void **state)
{
    (void)state;
    AUTO(attest_made) struct attest_made made = {0};
    struct attestation_record r;
    run_job(5, "{\"Json\":{\"b\":1,\"a\":[2, 3]}}", &made);
    assert_true(attestation_record_read(buf_slice(&made.record), &r));
    assert_true(ed25519_verify(public_key_of(&f.identity), buf_slice(&made.record), made.signature));
    assert_memory_equal(r.worker_key, public_key_of(&f.identity), sizeof r.worker_key);
    assert_true(slice_eq_str(r.chain, "devnet") && slice_eq_str(r.contract, "outlayer.test.near"));
    assert_true(slice_eq_str(r.caller, "alice.test.near") && slice_eq_str(r.project, "alice.test.near/app"));
    assert_true(slice_eq_str(r.secrets, "alice.test.near/default") && slice_eq_str(r.outcome, "completed"));
    assert_int_equal(r.request_id, 41);
    assert_int_equal(r.block_height, 77);
    assert_int_equal(r.max_memory_mb, 64);
    assert_int_equal(r.instructions, 9);
    assert_int_equal(r.time_s, 1770000001);
    struct hash input = hash_sha256(SLICE("{\"n\":1}")), output = hash_sha256(SLICE("{\"a\":[2,3],\"b\":1}"));
    assert_memory_equal(r.input, input.bytes, HASH_LEN);
    assert_memory_equal(r.output, output.bytes, HASH_LEN);
}

static void a_failure_is_attested_too(void **state)
{
    (void)state;
    AUTO(attest_made) struct attest_made made = {0};
    AUTO(json) json_t *body = NULL;
    struct attestation_record r;
    struct slice output_hash;
    char hex[HASH_HEX_MAX];
    struct hash nothing = hash_sha256(SLICE("")), failed = attestation_v1_failed_hash(true);
    run_job(5, NULL, &made);
    assert_true(attestation_record_read(buf_slice(&made.record), &r));
    assert_true(slice_eq_str(r.outcome, "trap"));
    assert_memory_equal(r.output, nothing.bytes, HASH_LEN);
    assert_ok(json_doc_parse(buf_slice(&made.body), &body));
    assert_ok(json_doc_str(body, "output_hash", &output_hash));
    assert_true(slice_eq_str(output_hash, hash_hex(&failed, hex)));
}

/* A run whose process was killed: the next one knows what the journal kept of it, and says no more than that. */
static void a_lost_run_is_attested_from_what_was_kept(void **state)
{
    (void)state;
    AUTO(json) json_t *request = request_doc(), *doc = NULL;
    AUTO(json) json_t *info = json_pack("{si}", "created_at", 1770000000);
    AUTO(buf) struct buf kept = {0};
    AUTO(attest_made) struct attest_made made = {0};
    AUTO(response) struct response r = {0};
    struct attestation_record record;
    static const uint8_t none[HASH_LEN];
    const struct attest_facts before = {.request = request,
                                        .info = info,
                                        .checksum = SLICE("c0ffee"),
                                        .input = attest_input_hash(request),
                                        .limits = {.max_instructions = UINT64_MAX, .max_memory_mb = 64, .max_seconds = 10}};
    struct attest_facts after;
    attest_facts_write(&before, &kept);
    assert_null(strstr(buf_str(&kept), "input_data")); /* the input may be large */
    assert_ok(attest_facts_read(buf_slice(&kept), &doc, &after));
    assert_false(after.has_code);
    after.job_id = 5;
    after.request_id = 41;
    after.ended_s = 1770000009;
    response_fail(&r, OUTCOME_WORKER_LOST, "Worker lost");
    attest_make(&f.identity.key, &f.settings, &after, &r, &made);
    assert_true(attestation_record_read(buf_slice(&made.record), &record));
    struct hash input = hash_sha256(SLICE("{\"n\":1}")), nothing = hash_sha256(SLICE(""));
    assert_true(slice_eq_str(record.outcome, "worker_lost") && slice_eq_str(record.caller, "alice.test.near"));
    assert_true(slice_eq_str(record.project, "alice.test.near/app") && slice_eq_str(record.secrets, "alice.test.near/default"));
    assert_memory_equal(record.input, input.bytes, HASH_LEN);
    assert_memory_equal(record.output, nothing.bytes, HASH_LEN);
    assert_memory_equal(record.code, none, HASH_LEN);
    assert_int_equal(record.instructions, 0);
    assert_true(record.max_instructions == UINT64_MAX);
    assert_int_equal(record.max_memory_mb, 64);
    assert_int_equal(record.max_seconds, 10);
    assert_int_equal(record.block_height, 77);
    assert_int_equal(record.time_s, 1770000009);
    AUTO(json) json_t *body = NULL;
    struct attestation_v1 v1;
    assert_ok(json_doc_parse(buf_slice(&made.body), &body));
    assert_ok(attestation_v1_read(body, &v1));
    assert_true(slice_eq_str(v1.wasm_hash, "c0ffee") && slice_eq_str(v1.build_target, "wasm32-wasip1"));
    assert_int_equal(v1.timestamp, 1770000000);
    assert_null(json_object_get(body, "executed_wasm_sha256"));
}

/* Once it has ended, it is known too what ran, and when it ended. */
static void what_is_kept_of_an_ended_run_names_its_code(void **state)
{
    (void)state;
    AUTO(json) json_t *request = request_doc();
    AUTO(json) json_t *doc = NULL;
    AUTO(buf) struct buf kept = {0};
    struct attest_facts before = {.request = request, .has_code = true, .ended_s = 1770000009}, after;
    memset(before.code.bytes, 0xc0, sizeof before.code.bytes);
    attest_facts_write(&before, &kept);
    assert_ok(attest_facts_read(buf_slice(&kept), &doc, &after));
    assert_true(after.has_code);
    assert_memory_equal(after.code.bytes, before.code.bytes, HASH_LEN);
    assert_int_equal(after.ended_s, 1770000009);
}

static void damaged_facts_are_an_error(void **state)
{
    (void)state;
#define HASH "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0"
    static const char *const damaged[] = {"",
                                          "{",
                                          "[]",
                                          "{\"request\":{}}",
                                          "{\"input\":\"00\"}",
                                          "{\"input\":\"" HASH "\",\"code\":\"00\"}",
                                          "{\"input\":\"" HASH "\",\"code\":7}",
                                          "{\"input\":\"" HASH "\",\"ended_s\":-1}"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        AUTO(json) json_t *doc = NULL;
        struct attest_facts facts;
        AUTO(err) struct err *e = attest_facts_read(slice_str(damaged[i]), &doc, &facts);
        assert_int_equal(err_code(e), ERR_INVALID);
    }
}

/* The report data of a quote, in base64 in a document. */
static void report_data_of(const json_t *doc, const char *member, uint8_t out[REPORT_DATA_LEN])
{
    AUTO(buf) struct buf quote = {0};
    assert_true(base64_decode(json_doc_text(json_object_get(doc, member)), &quote, NULL));
    memcpy(out, quote.ptr + REPORT_DATA_AT, REPORT_DATA_LEN);
}

static void every_job_of_a_batch_gets_its_quotes(void **state)
{
    (void)state;
    for (uint64_t job = 1; job <= 3; job++) {
        AUTO(attest_made) struct attest_made made = {0};
        run_job(job, "{\"Text\":\"ok\"}", &made);
    }
    assert_ok(attester_round(&f.attester));
    assert_int_equal(json_array_size(f.taken), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *body = json_array_get(f.taken, i);
        AUTO(attestation_v2) struct attestation_v2 v2 = {0};
        struct attestation_v1 v1;
        struct attestation_record r;
        uint8_t wanted[REPORT_DATA_LEN], got[REPORT_DATA_LEN];
        assert_int_equal(json_integer_value(json_object_get(body, "task_id")), i + 1);
        assert_ok(attestation_v1_read(body, &v1));
        attestation_v1_report_data(&v1, wanted);
        report_data_of(body, "tdx_quote", got);
        assert_memory_equal(got, wanted, sizeof wanted);
        assert_ok(attestation_v2_read(json_object_get(body, "attestation_v2"), &v2));
        assert_true(attestation_v2_check(&v2, &r));
        assert_int_equal(v2.path.count, 3);
        assert_true(attestation_v2_report_data(&v2, wanted));
        report_data_of(json_object_get(json_object_get(body, "attestation_v2"), "batch"), "quote", got);
        assert_memory_equal(got, wanted, sizeof wanted);
    }
    assert_ok(attester_round(&f.attester));
    assert_int_equal(json_array_size(f.taken), 3); /* nothing is left */
}

/* Version 2 speaks of runs, so a compilation has none, and no place in the batch. */
static void a_compilation_is_attested_in_version_1(void **state)
{
    (void)state;
    AUTO(attest_made) struct attest_made run = {0}, compiled = {0};
    AUTO(json) json_t *request = request_doc();
    AUTO(json) json_t *info = json_pack("{si}", "created_at", 1770000000);
    struct hash program = hash_sha256(SLICE("a program"));
    char hex[HASH_HEX_MAX];
    const struct attest_facts facts = {.request = request, .info = info, .job_id = 8, .request_id = 41};
    attest_make_compile(&facts, &program, &compiled);
    const struct journal_attestation entry = attest_made_entry(&compiled, 8);
    assert_ok(journal_attest(f.journal, &entry));
    run_job(9, "{\"Text\":\"ok\"}", &run);
    assert_ok(attester_round(&f.attester));
    assert_int_equal(json_array_size(f.taken), 2);
    const json_t *body = json_array_get(f.taken, 0);
    struct attestation_v1 v1;
    uint8_t wanted[REPORT_DATA_LEN], got[REPORT_DATA_LEN];
    assert_ok(attestation_v1_read(body, &v1));
    assert_true(slice_eq_str(v1.task_type, "compile") && slice_eq_str(v1.output_hash, hash_hex(&program, hex)));
    assert_true(slice_eq_str(v1.build_target, "wasm32-wasip1") && slice_eq_str(v1.caller, "alice.test.near"));
    assert_null(v1.input_hash.ptr);
    assert_null(v1.wasm_hash.ptr);
    assert_null(v1.attached_usd.ptr);
    assert_null(v1.secrets.ptr);
    attestation_v1_report_data(&v1, wanted);
    report_data_of(body, "tdx_quote", got);
    assert_memory_equal(got, wanted, sizeof wanted);
    assert_null(json_object_get(body, "attestation_v2"));
    AUTO(attestation_v2) struct attestation_v2 v2 = {0};
    assert_ok(attestation_v2_read(json_object_get(json_array_get(f.taken, 1), "attestation_v2"), &v2));
    assert_int_equal(v2.path.count, 1);
}

static void what_the_coordinator_does_not_take_now_waits(void **state)
{
    (void)state;
    AUTO(attest_made) struct attest_made made = {0};
    run_job(5, "{\"Text\":\"ok\"}", &made);
    f.refuse = 503;
    f.refusals = 1;
    AUTO(err) struct err *e = attester_round(&f.attester);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
    assert_ok(attester_round(&f.attester));
    assert_int_equal(json_array_size(f.taken), 1);
}

static void what_it_will_never_take_goes(void **state)
{
    (void)state;
    AUTO(attest_made) struct attest_made made = {0};
    run_job(5, "{\"Text\":\"ok\"}", &made);
    f.refuse = 409;
    f.refusals = 1;
    assert_ok(attester_round(&f.attester));
    assert_ok(attester_round(&f.attester));
    assert_int_equal(json_array_size(f.taken), 0);
}

/* The process dies between the answer and the quote, and between the quote and the coordinator. */
static void a_crash_loses_no_attestation(void **state)
{
    (void)state;
    AUTO(attest_made) struct attest_made made = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/journal.db", f.dir);
    run_job(5, "{\"Text\":\"ok\"}", &made);
    for (int crash = 0; crash < 2; crash++) {
        journal_close(f.journal);
        assert_ok(journal_open(path, &f.journal));
        f.attester.journal = f.journal;
        f.refuse = 503;
        f.refusals = crash == 0;
        err_free(attester_round(&f.attester));
    }
    assert_int_equal(json_array_size(f.taken), 1);
}

/* Before any job, once: who this is, with the quote that binds its key. */
static void a_start_is_attested(void **state)
{
    (void)state;
    uint8_t report_data[REPORT_DATA_LEN];
    f.settings.worker_id = "devnet-executor-1";
    f.attester.settings = &f.settings;
    assert_ok(attester_tell_start(&f.attester));
    assert_int_equal(json_array_size(f.taken), 1);
    const json_t *body = json_array_get(f.taken, 0);
    assert_int_equal(json_integer_value(json_object_get(body, "task_id")), -1);
    assert_string_equal(json_string_value(json_object_get(body, "repo_url")), "worker://devnet-executor-1");
    assert_string_equal(json_string_value(json_object_get(body, "build_target")), "simulator");
    assert_string_equal(json_string_value(json_object_get(body, "output_hash")), "worker_startup");
    report_data_of(body, "tdx_quote", report_data);
    assert_memory_equal(report_data, public_key_of(&f.identity), 32);
}

static size_t taken(void)
{
    pthread_mutex_lock(&f.lock);
    size_t count = json_array_size(f.taken);
    pthread_mutex_unlock(&f.lock);
    return count;
}

static void *run_attester(void *context)
{
    attester_run(context);
    return NULL;
}

static void a_new_key_is_attested_like_a_start(void **state)
{
    (void)state;
    pthread_t thread;
    uint8_t report_data[REPORT_DATA_LEN];
    f.settings.worker_id = "devnet-executor-1";
    f.attester.settings = &f.settings;
    assert_int_equal(pthread_create(&thread, NULL, run_attester, &f.attester), 0);
    while (taken() < 1)
        usleep(1000);
    assert_ok(identity_renew(&f.identity, &f.settings));
    attester_tell_again(&f.attester);
    while (taken() < 2)
        usleep(1000);
    stop_want(&f.stop);
    attester_wake(&f.attester);
    pthread_join(thread, NULL);
    assert_int_equal(json_array_size(f.taken), 2);
    report_data_of(json_array_get(f.taken, 1), "tdx_quote", report_data);
    assert_memory_equal(report_data, public_key_of(&f.identity), 32);
}

static void the_key_is_made_once_and_kept_from_others(void **state)
{
    (void)state;
    struct identity again = {0};
    char path[128];
    struct stat st;
    assert_ok(identity_open(&f.settings, &again));
    assert_memory_equal(again.key.raw, f.identity.key.raw, sizeof again.key.raw);
    identity_close(&again);
    snprintf(path, sizeof path, "%s/worker-keypair.json", f.dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    AUTO(buf) struct buf quote = {0};
    assert_ok(identity_quote_key(&f.identity, NULL, &quote));
    assert_memory_equal(quote.ptr + REPORT_DATA_AT, public_key_of(&f.identity), 32);
    assert_ok(fs_write_atomic(path, SLICE("{\"private_key\":\"ed25519:zz\"}"), 0600));
    AUTO(err) struct err *e = identity_open(&f.settings, &again);
    assert_int_equal(err_code(e), ERR_INVALID);
    identity_close(&again);
}

static void a_renewed_key_takes_the_place_of_the_old_one(void **state)
{
    (void)state;
    struct identity again = {0};
    AUTO(buf) struct buf quote = {0};
    uint8_t old[32], nonce[IDENTITY_NONCE_LEN] = {1, 2, 3};
    memcpy(old, public_key_of(&f.identity), sizeof old);
    assert_ok(identity_renew(&f.identity, &f.settings));
    assert_memory_not_equal(public_key_of(&f.identity), old, sizeof old);
    assert_ok(identity_open(&f.settings, &again));
    assert_memory_equal(again.key.raw, f.identity.key.raw, sizeof again.key.raw);
    identity_close(&again);
    assert_ok(identity_quote_key(&f.identity, nonce, &quote));
    assert_memory_equal(quote.ptr + REPORT_DATA_AT, public_key_of(&f.identity), 32);
    assert_memory_equal(quote.ptr + REPORT_DATA_AT + 32, nonce, sizeof nonce);
}

static void a_key_that_cannot_be_stored_does_not_replace_the_old_one(void **state)
{
    (void)state;
    struct secret_key old = f.identity.key;
    const char *dir = f.settings.data_dir;
    f.settings.data_dir = "/tmp/outlayer-attest-nowhere";
    AUTO(err) struct err *e = identity_renew(&f.identity, &f.settings);
    f.settings.data_dir = dir;
    assert_non_null(e);
    assert_memory_equal(f.identity.key.raw, old.raw, sizeof old.raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_record_says_what_ran, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failure_is_attested_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lost_run_is_attested_from_what_was_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_kept_of_an_ended_run_names_its_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_facts_are_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_job_of_a_batch_gets_its_quotes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_compilation_is_attested_in_version_1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_coordinator_does_not_take_now_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_will_never_take_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crash_loses_no_attestation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_start_is_attested, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_key_is_attested_like_a_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_key_is_made_once_and_kept_from_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_renewed_key_takes_the_place_of_the_old_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_cannot_be_stored_does_not_replace_the_old_one, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Jobs from poll to report, against a scripted node, a coordinator of a few lines and the real engine. */
#include "base/fs.h"
#include "codec/attestation_record.h"
#include "engine/artifact.h"
#include "engine/settings.h"
#include "near/node_fake.h"
#include "worker/job.h"
#include "worker/monitor.h"
#include <stdlib.h>
#include <unistd.h>

#define ID_LIST "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"
#define ID_HEX  "0101010101010101010101010101010101010101010101010101010101010101"
#define WAITING \
    "{\"request_id\":41,\"data_id\":[" ID_LIST "],\"payment\":50000000000000000000000,\"input_data\":\"large input\"}"

/* A module whose _start does nothing: (module (func (export "_start")) (memory (export "memory") 1)). */
static const uint8_t quiet_wasm[] = {0, 'a', 's', 'm', 1,   0,   0,   0,   1, 4, 1,   0x60, 0,   0,   3,   2,   1,
                                     0, 5,   3,   1,   0,   1,   7,   19,  2, 6, '_', 's',  't', 'a', 'r', 't', 0,
                                     0, 6,   'm', 'e', 'm', 'o', 'r', 'y', 2, 0, 10,  4,    1,   2,   0,   0x0b};

static struct fixture {
    struct node_fake node;
    struct stop stop;
    char dir[64], url[64];
    struct journal *journal;
    struct signer *signer;
    struct rpc_client *rpc;
    struct worker_settings settings;
    struct job_context job;
    _Atomic uint64_t current;
    /* the coordinator */
    const char *claim_answer;     /* NULL: 409 */
    unsigned claims, claims_lost; /* so many of the first get no answer */
    unsigned claims_denied;       /* so many of the first are forbidden */
    char claim_ids[8][40];
    struct slice stored; /* its copy of any program; NULL pointer: 404 */
    int complete_status, create_status, file_status;
    unsigned creates, uploads;
    char completion[4096], created[8192], egress[4096];
} f;

static void claim(struct http_exchange *x, void *context)
{
    (void)context;
    AUTO(json) json_t *body = NULL;
    struct slice id;
    assert_ok(json_doc_parse(http_request_body(x), &body));
    assert_ok(json_doc_str(body, "claim_id", &id));
    snprintf(f.claim_ids[f.claims % 8], sizeof f.claim_ids[0], "%.*s", SLICE_FMT(id));
    if (f.claims++ < f.claims_lost + f.claims_denied) {
        http_reply(x, f.claims_denied ? 403 : 502, NULL, SLICE(""));
        return;
    }
    http_reply(x, f.claim_answer ? 200 : 409, NULL, slice_str(f.claim_answer ? f.claim_answer : "{}"));
}

static void complete(struct http_exchange *x, void *context)
{
    (void)context;
    snprintf(f.completion, sizeof f.completion, "%.*s", SLICE_FMT(http_request_body(x)));
    http_reply(x, f.complete_status, NULL, SLICE(""));
}

static void create(struct http_exchange *x, void *context)
{
    (void)context;
    snprintf(f.created, sizeof f.created, "%.*s", SLICE_FMT(http_request_body(x)));
    /* the first is not answered, as by a coordinator that is just starting */
    int status = f.creates++ ? f.create_status : 503;
    http_reply(x, status, NULL, SLICE("{\"request_id\":41,\"created\":true}"));
}

static void get_wasm(struct http_exchange *x, void *context)
{
    (void)context;
    http_reply(x, f.stored.ptr ? 200 : 404, "application/wasm", f.stored);
}

static void upload(struct http_exchange *x, void *context)
{
    (void)context;
    f.uploads++;
    http_reply(x, 201, NULL, SLICE(""));
}

static void take_egress(struct http_exchange *x, void *context)
{
    (void)context;
    snprintf(f.egress, sizeof f.egress, "%.*s", SLICE_FMT(http_request_body(x)));
    http_reply(x, 200, NULL, SLICE("{}"));
}

static void give_file(struct http_exchange *x, void *context)
{
    (void)context;
    http_reply(x, f.file_status, "application/wasm", slice_from(quiet_wasm, sizeof quiet_wasm));
}

static void start_server(void)
{
    static const struct http_route routes[] = {
        {HTTP_POST, "/", node_handle_alone},     {HTTP_POST, "/jobs/claim", claim},
        {HTTP_POST, "/jobs/complete", complete}, {HTTP_POST, "/executions/create", create},
        {HTTP_GET, "/wasm/{hash}", get_wasm},    {HTTP_POST, "/wasm/upload", upload},
        {HTTP_GET, "/file.wasm", give_file},     {HTTP_POST, "/egress-audit", take_egress},
    };
    const struct http_server_config config = {.address = "127.0.0.1",
                                              .loops = 1,
                                              .routes = routes,
                                              .route_count = sizeof routes / sizeof *routes,
                                              .context = &f.node};
    pthread_mutex_init(&f.node.lock, NULL);
    assert_ok(http_server_start(&config, &f.node.server));
    snprintf(f.url, sizeof f.url, "http://127.0.0.1:%u", http_server_port(f.node.server));
}

static void start_signer(void)
{
    static const uint8_t seed[32] = {7};
    struct secret_key key = secret_key_from_seed(seed);
    struct account_id id;
    assert_ok(account_id_parse(SLICE("op.test"), &id));
    const struct rpc_config rpc = {.url = f.url, .attempts = 1};
    const struct signer_config config = {.rpc = rpc, .account_id = &id, .key = &key, .patience_ms = 300};
    assert_ok(signer_new(&config, &f.signer));
    assert_ok(rpc_client_new(&rpc, &f.rpc));
}

static int start(void **state)
{
    (void)state;
    f = (struct fixture){.complete_status = 200, .create_status = 201, .file_status = 200, .dir = "/tmp/outlayer-job-XXXXXX"};
    f.node = (struct node_fake){.nonce = 100, .view = WAITING, .head_height = 9, .failure = "Smart contract panicked: no"};
    stop_init(&f.stop);
    if (!mkdtemp(f.dir))
        return -1;
    start_server();
    start_signer();
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/journal.db", f.dir);
    assert_ok(journal_open(buf_str(&path), &f.journal));
    f.settings = (struct worker_settings){.worker_id = "w",
                                          .network_id = "devnet",
                                          .contract_id = "c.test",
                                          .max_execution_seconds_cap = 10,
                                          .max_memory_mb_cap = 64,
                                          .max_output_bytes = 4096,
                                          .event_standard = "near-outlayer",
                                          .event_function = "execution_requested",
                                          .event_min_version = "",
                                          .allow_local_downloads = true};
    f.job = (struct job_context){.settings = &f.settings, .journal = f.journal, .current_job = &f.current};
    f.job.delivery =
        (struct delivery){.signer = f.signer, .rpc = f.rpc, .contract_id = "c.test", .stop = &f.stop, .patience_ms = 1};
    assert_ok(coordinator_client_new(f.url, "token", &f.job.coordinator));
    assert_ok(http_client_new(&f.job.downloads));
    const struct engine_config engine = {.program_dir = getenv("OUTLAYER_BIN"), .cache_dir = f.dir};
    assert_ok(engine_open(&engine, &f.job.engine));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    engine_close(f.job.engine);
    http_client_free(f.job.downloads);
    coordinator_client_free(f.job.coordinator);
    journal_close(f.journal);
    rpc_client_free(f.rpc);
    signer_free(f.signer);
    node_stop(&f.node);
    err_free(fs_remove_tree(f.dir));
    return 0;
}

/* What a poll gives: the quiet program under `hash`, from the file of the test's server. */
static json_t *polled(const char *hash)
{
    AUTO(buf) struct buf text = {0};
    json_t *request = NULL;
    buf_append_fmt(&text,
                   "{\"request_id\":41,\"data_id\":\"" ID_HEX
                   "\",\"code_source\":{\"type\":\"WasmUrl\",\"url\":\"%s/file.wasm\","
                   "\"hash\":\"%s\",\"build_target\":\"wasm32-wasip1\"},\"resource_limits\":{\"max_instructions\":1000000,"
                   "\"max_memory_mb\":16,\"max_execution_seconds\":5},\"input_data\":\"\",\"response_format\":\"Text\","
                   "\"context\":{\"sender_id\":\"alice.test\"},\"compile_only\":false,\"force_rebuild\":false,"
                   "\"store_on_fastfs\":false,\"is_https_call\":false}",
                   f.url, hash);
    assert_ok(json_doc_parse(buf_slice(&text), &request));
    return request;
}

static const char *quiet_hash(void)
{
    static char hex[HASH_HEX_MAX];
    struct hash hash = hash_sha256(slice_from(quiet_wasm, sizeof quiet_wasm));
    return hash_hex(&hash, hex);
}

#define EXECUTE_JOB "{\"jobs\":[{\"job_id\":5,\"job_type\":\"execute\",\"allowed\":true}]}"

static void expect_sent(size_t index, const char *method, const char *part)
{
    assert_true(index < f.node.executed_count);
    assert_string_equal(f.node.methods[index], method);
    if (!strstr(f.node.args[index], part))
        fail_msg("%s", f.node.args[index]);
}

static void expect_outcome(const char *name)
{
    AUTO(json) json_t *report = NULL;
    struct slice outcome;
    assert_ok(json_doc_parse(slice_str(f.completion), &report));
    assert_ok(json_doc_str(report, "outcome", &outcome));
    assert_string_equal(json_string_value(json_object_get(report, "outcome")), name);
}

static void expect_journal_empty(void)
{
    AUTO(arena) struct arena arena = {0};
    struct journal_entry entry;
    bool found = true;
    assert_ok(journal_take(f.journal, &arena, &entry, &found));
    assert_false(found);
}

static void run(const char *hash)
{
    AUTO(json) json_t *request = polled(hash);
    assert_ok(job_run(&f.job, request));
}

static void a_job_is_run_answered_and_reported(void **state)
{
    (void)state;
    f.claim_answer = EXECUTE_JOB;
    run(quiet_hash());
    assert_int_equal(f.node.executed_count, 1);
    expect_sent(0, "resolve_execution",
                "{\"request_id\":41,\"response\":{\"success\":true,\"output\":{\"Text\":\"\"},\"error\":null");
    expect_outcome("completed");
    assert_non_null(strstr(f.completion, "\"success\":true"));
    assert_non_null(strstr(f.completion, "\"actual_cost_yocto\":\"1234500000000000000000\""));
    expect_journal_empty();
}

static void a_job_of_another_worker_is_left_alone(void **state)
{
    (void)state;
    f.claim_answer = NULL;
    run(quiet_hash());
    f.claim_answer = "{\"jobs\":[]}";
    run(quiet_hash());
    f.claim_answer = "{\"jobs\":[{\"job_id\":5,\"job_type\":\"execute\",\"allowed\":false}]}";
    run(quiet_hash());
    assert_int_equal(f.node.sends, 0);
    assert_string_equal(f.completion, "");
}

static void a_claim_without_an_answer_is_repeated_under_its_name(void **state)
{
    (void)state;
    f.claim_answer = EXECUTE_JOB;
    f.claims_lost = 2;
    run(quiet_hash());
    run(quiet_hash());
    assert_int_equal(f.claims, 4);
    assert_int_equal(strlen(f.claim_ids[0]), 32);
    assert_string_equal(f.claim_ids[1], f.claim_ids[0]);
    assert_string_equal(f.claim_ids[2], f.claim_ids[0]);
    assert_string_not_equal(f.claim_ids[3], f.claim_ids[0]);
    assert_int_equal(f.node.executed_count, 2);
}

/* An artifact of ours that this machine does not load: the engine finds out only when the program is to run. */
static void a_program_that_is_gone_when_it_should_run_is_prepared_again(void **state)
{
    (void)state;
    struct artifact_store *store = NULL;
    struct hash hash = hash_sha256(slice_from(quiet_wasm, sizeof quiet_wasm));
    AUTO(fd) int fd = -1;
    assert_ok(artifact_store_open(f.dir, SETTINGS_LABEL, 1 << 20, &store));
    assert_ok(memory_file_new("foreign", SLICE("for another machine"), &fd));
    assert_ok(artifact_put(store, &hash, fd));
    artifact_store_close(store);
    assert_true(engine_has(f.job.engine, &hash));
    f.claim_answer = EXECUTE_JOB;
    run(quiet_hash());
    expect_sent(0, "resolve_execution", "\"success\":true");
}

static void run_for_project(const char *project, const char *input, const char *outcome)
{
    AUTO(json) json_t *request = polled(quiet_hash());
    json_object_set_new(request, "project_id", json_string(project));
    json_object_set_new(request, "input_data", json_string(input));
    assert_ok(job_run(&f.job, request));
    expect_outcome(outcome);
}

static void a_connectors_call_without_an_operation_never_runs(void **state)
{
    (void)state;
    f.claim_answer = EXECUTE_JOB;
    f.settings.network_id = "testnet";
    run_for_project("connectors.outlayer.testnet/weather", "{}", "invalid_request");
    expect_sent(0, "resolve_execution",
                "\"success\":false,\"output\":null,\"error\":\"This is a connector call and its input does not name");
    assert_non_null(strstr(f.completion, "\"instructions\":0"));
    run_for_project("connectors.outlayer.testnet/weather", "{\"operation\":\"look\"}", "completed");
    run_for_project("alice.testnet/weather", "{}", "completed");
}

static void a_request_in_an_unknown_format_is_refused(void **state)
{
    (void)state;
    AUTO(json) json_t *request = polled(quiet_hash());
    f.claim_answer = EXECUTE_JOB;
    json_object_set_new(request, "response_format", json_string("Poem"));
    assert_ok(job_run(&f.job, request));
    expect_outcome("invalid_request");
    expect_sent(0, "resolve_execution", "\"error\":\"The request cannot be run: ");
}

static void bytes_with_another_hash_never_run(void **state)
{
    (void)state;
    static const char wrong[] = "00000000000000000000000000000000000000000000000000000000000000aa";
    f.claim_answer = EXECUTE_JOB;
    f.stored = SLICE("\0asm of somebody else");
    run(wrong);
    expect_sent(0, "resolve_execution", "\"success\":false");
    expect_sent(0, "resolve_execution", "Hash mismatch!");
    expect_outcome("hash_mismatch");
    assert_non_null(strstr(f.completion, "\"error_category\":\"failed\""));
}

static void a_program_that_is_none_is_a_typed_failure(void **state)
{
    (void)state;
    char hex[HASH_HEX_MAX];
    f.stored = SLICE("this is not WebAssembly");
    struct hash hash = hash_sha256(f.stored);
    f.claim_answer = EXECUTE_JOB;
    run(hash_hex(&hash, hex));
    expect_sent(0, "resolve_execution", "Failed to load WASM binary: ");
    expect_outcome("invalid_program");
    assert_non_null(strstr(f.completion, "\"error_category\":\"execution_failed\""));
}

static void a_job_that_names_other_code_than_its_request_is_refused(void **state)
{
    (void)state;
    f.claim_answer = "{\"jobs\":[{\"job_id\":5,\"job_type\":\"execute\",\"allowed\":true,\"wasm_checksum\":\"ab\"}]}";
    run(quiet_hash());
    expect_sent(0, "resolve_execution", "the job names other code than the request");
    expect_outcome("invalid_source");
}

/* What a coordinator says that knows no outcomes, or other ones. */
static void an_earlier_failure_without_a_known_outcome_is_one_of_compiling(void **state)
{
    (void)state;
    static const char *const members[] = {"", ",\"outcome\":null", ",\"outcome\":\"completed\"", ",\"outcome\":\"odd\"",
                                          ",\"outcome\":7"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        AUTO(buf) struct buf answer = {0};
        buf_append_fmt(&answer,
                       "{\"jobs\":[{\"job_id\":5,\"job_type\":\"execute\",\"allowed\":true,\"compile_error\":\"no\"%s}]}",
                       members[i]);
        f.claim_answer = buf_str(&answer);
        run(quiet_hash());
        expect_outcome("compile_failed");
        assert_non_null(strstr(f.completion, "\"error_category\":\"compilation_failed\""));
    }
}

static void what_cannot_be_fetched_is_a_failed_download(void **state)
{
    (void)state;
    f.claim_answer = EXECUTE_JOB;
    f.file_status = 410;
    run(quiet_hash());
    expect_sent(0, "resolve_execution", "HTTP error: 410");
    expect_outcome("download_failed");
}

static void an_earlier_failure_is_only_told(void **state)
{
    (void)state;
    f.claim_answer = "{\"jobs\":[{\"job_id\":5,\"job_type\":\"execute\",\"allowed\":true,\"compile_error\":\"Worker lost\","
                     "\"error_category\":\"failed\",\"outcome\":\"worker_lost\"}]}";
    run(quiet_hash());
    expect_sent(0, "resolve_execution", "\"error\":\"Worker lost\"");
    expect_outcome("worker_lost");
    assert_non_null(strstr(f.completion, "\"error_category\":\"failed\""));
    f.node.view = "null"; /* and not even that when the chain has settled it */
    run(quiet_hash());
    assert_int_equal(f.node.sends, 1);
}

static void a_compile_job_fetches_checks_and_stores(void **state)
{
    (void)state;
    f.claim_answer = "{\"jobs\":[{\"job_id\":6,\"job_type\":\"compile\",\"allowed\":true}]}";
    run(quiet_hash());
    assert_int_equal(f.uploads, 1);
    assert_int_equal(f.node.sends, 0);
    assert_non_null(strstr(f.completion, "\"success\":true"));
    assert_non_null(strstr(f.completion, quiet_hash()));
    expect_outcome("completed");
    run("00000000000000000000000000000000000000000000000000000000000000aa");
    assert_int_equal(f.uploads, 1);
    assert_non_null(strstr(f.completion, "Hash mismatch!"));
    expect_outcome("hash_mismatch");
    assert_non_null(strstr(f.completion, "\"error_category\":\"compilation_failed\""));
}

/* What waits in the journal to be quoted: how many, and of the first its members. */
static size_t attested(json_t **first)
{
    AUTO(arena) struct arena arena = {0};
    struct journal_attestation *list = ARENA_ARRAY(&arena, struct journal_attestation, JOURNAL_BATCH_MAX);
    size_t count = 0;
    assert_ok(journal_attestations(f.journal, false, &arena, list, &count));
    if (count)
        assert_ok(json_doc_parse(list[0].body, first));
    return count;
}

static struct identity an_identity(void)
{
    static const uint8_t seed[32] = {7};
    return (struct identity){.key = secret_key_from_seed(seed)};
}

static void a_stored_program_is_attested_a_missing_one_is_not(void **state)
{
    (void)state;
    AUTO(json) json_t *first = NULL;
    struct identity identity = an_identity();
    struct attester attester = {.identity = &identity};
    attester_init(&attester);
    f.job.attester = &attester;
    f.claim_answer = "{\"jobs\":[{\"job_id\":6,\"job_type\":\"compile\",\"allowed\":true,\"created_at\":1770000000}]}";
    run("00000000000000000000000000000000000000000000000000000000000000aa");
    assert_int_equal(attested(&first), 0);
    run(quiet_hash());
    assert_int_equal(attested(&first), 1);
    assert_string_equal(json_string_value(json_object_get(first, "task_type")), "compile");
    assert_string_equal(json_string_value(json_object_get(first, "output_hash")), quiet_hash());
    assert_int_equal(json_integer_value(json_object_get(first, "timestamp")), 1770000000);
    assert_true(attester.wanted);
}

static void an_answer_the_contract_refuses_becomes_a_failure(void **state)
{
    (void)state;
    f.claim_answer = EXECUTE_JOB;
    f.node.steps[0] = NODE_FAIL;
    f.node.step_count = 1;
    run(quiet_hash());
    assert_int_equal(f.node.executed_count, 2);
    expect_sent(1, "resolve_execution", "Failed to submit to NEAR: ");
    expect_outcome("contract_refused");
    assert_non_null(strstr(f.completion, "\"success\":false"));
    expect_journal_empty();
}

/* What is attested is what the chain was told, not what the program gave. */
static void an_answer_the_contract_refuses_is_attested_as_a_failure(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    AUTO(json) json_t *body = NULL;
    struct journal_attestation *list = ARENA_ARRAY(&arena, struct journal_attestation, JOURNAL_BATCH_MAX);
    struct identity identity = an_identity();
    struct attester attester = {.identity = &identity};
    struct attestation_record record;
    struct hash nothing = hash_sha256(SLICE("")), failed = hash_sha256(SLICE("[EXECUTION-FAILED]")),
                code = hash_sha256(slice_from(quiet_wasm, sizeof quiet_wasm));
    char hex[HASH_HEX_MAX];
    size_t count = 0;
    attester_init(&attester);
    f.job.attester = &attester;
    f.claim_answer = "{\"jobs\":[{\"job_id\":5,\"job_type\":\"execute\",\"allowed\":true,\"created_at\":1770000000}]}";
    f.node.steps[0] = NODE_FAIL;
    f.node.step_count = 1;
    run(quiet_hash());
    expect_outcome("contract_refused");
    assert_ok(journal_attestations(f.journal, false, &arena, list, &count));
    assert_int_equal(count, 1);
    assert_true(attestation_record_read(list[0].record, &record));
    assert_true(slice_eq_str(record.outcome, "contract_refused"));
    assert_memory_equal(record.output, nothing.bytes, HASH_LEN);
    assert_memory_equal(record.code, code.bytes, HASH_LEN);
    assert_true(record.time_s > 1770000000);
    assert_ok(json_doc_parse(list[0].body, &body));
    assert_string_equal(json_string_value(json_object_get(body, "output_hash")), hash_hex(&failed, hex));
    expect_journal_empty();
}

static void a_request_that_the_chain_settled_is_not_answered_again(void **state)
{
    (void)state;
    AUTO(json) json_t *first = NULL;
    struct identity identity = an_identity();
    struct attester attester = {.identity = &identity};
    attester_init(&attester);
    f.job.attester = &attester;
    static const char *const texts[] = {"Smart contract panicked: Execution request not found",
                                        "Smart contract panicked: Unable to resume execution promise"};
    f.claim_answer = EXECUTE_JOB;
    for (size_t i = 0; i < 2; i++) {
        f.node.failure = texts[i];
        f.node.steps[f.node.step_count++] = NODE_FAIL;
        run(quiet_hash());
        assert_int_equal(f.node.executed_count, i + 1);
        assert_int_equal(attested(&first), 0); /* it is somebody else's answer that the chain has */
    }
    expect_journal_empty();
}

/* A process that died at each point leaves this in its journal. */
static void leave(enum journal_state state)
{
    uint64_t id = 0;
    assert_ok(journal_claim(f.journal, 5, 41, SLICE(ID_HEX), SLICE(""), &id));
    const struct journal_entry answer = {
        .id = id,
        .delivery =
            SLICE("{\"method\":\"resolve_execution\",\"args\":{\"request_id\":41,\"response\":{\"n\":12345678901234567890}}}"),
        .completion = SLICE("{\"job_id\":5,\"actual_cost_yocto\":null}")};
    if (state >= JOURNAL_EXECUTED)
        assert_ok(journal_set_executed(f.journal, &answer, NULL));
    if (state >= JOURNAL_DELIVERED)
        assert_ok(journal_set_delivered(f.journal, id, SLICE("{\"job_id\":5,\"actual_cost_yocto\":\"1\"}")));
    assert_ok(journal_release(f.journal, id));
}

static void recover(void)
{
    bool found = false;
    assert_ok(job_recover(&f.job, &found));
    assert_true(found);
    expect_journal_empty();
}

static void what_may_have_run_is_answered_and_not_run_again(void **state)
{
    (void)state;
    leave(JOURNAL_CLAIMED);
    recover();
    expect_sent(0, "resolve_execution", "\"success\":false");
    expect_sent(0, "resolve_execution", "Worker lost: ");
    expect_outcome("worker_lost");
    assert_non_null(strstr(f.completion, "\"error_category\":\"failed\""));
}

static void what_ran_is_delivered_as_it_stands(void **state)
{
    (void)state;
    leave(JOURNAL_EXECUTED);
    recover();
    expect_sent(0, "resolve_execution", "{\"request_id\":41,\"response\":{\"n\":12345678901234567890}}");
    assert_string_equal(f.completion, "{\"job_id\":5,\"actual_cost_yocto\":\"1234500000000000000000\"}");
}

static void what_was_delivered_before_the_crash_is_not_sent_again(void **state)
{
    (void)state;
    f.node.view = "null";
    leave(JOURNAL_EXECUTED);
    recover();
    assert_int_equal(f.node.sends, 0);
    f.node.view = "{\"request_id\":41,\"data_id\":[9]}"; /* the number of another chain's request */
    leave(JOURNAL_EXECUTED);
    recover();
    assert_int_equal(f.node.sends, 0);
    assert_string_equal(f.completion, "{\"job_id\":5,\"actual_cost_yocto\":null}");
}

static void what_was_delivered_is_only_reported(void **state)
{
    (void)state;
    leave(JOURNAL_DELIVERED);
    recover();
    assert_int_equal(f.node.views + f.node.sends, 0);
    assert_string_equal(f.completion, "{\"job_id\":5,\"actual_cost_yocto\":\"1\"}");
}

static void an_unreachable_chain_leaves_the_answer_in_the_journal(void **state)
{
    (void)state;
    bool found = false;
    f.claim_answer = EXECUTE_JOB;
    for (f.node.step_count = 0; f.node.step_count < NODE_STEPS_MAX; f.node.step_count++)
        f.node.steps[f.node.step_count] = NODE_BREAK;
    AUTO(json) json_t *request = polled(quiet_hash());
    AUTO(err) struct err *e = job_run(&f.job, request);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
    f.node.step_next = f.node.step_count = 0;
    assert_ok(job_recover(&f.job, &found));
    assert_true(found);
    assert_int_equal(f.node.executed_count, 1);
    expect_journal_empty();
}

/* The run stays in the journal with its answer, and nobody is told that it has ended. */
static void expect_kept(enum err_code code)
{
    AUTO(json) json_t *request = polled(quiet_hash());
    AUTO(err) struct err *e = job_run(&f.job, request);
    assert_non_null(e);
    assert_int_equal(err_code(e), code);
    assert_string_equal(f.completion, "");
}

static void expect_delivered_once(void)
{
    f.node.key_gone = false;
    recover();
    assert_int_equal(f.node.executed_count, 1);
    expect_sent(0, "resolve_execution", "\"success\":true");
    expect_outcome("completed");
}

static void a_key_that_may_not_send_leaves_the_answer_in_the_journal(void **state)
{
    (void)state;
    bool found = false;
    f.claim_answer = EXECUTE_JOB;
    f.node.steps[0] = NODE_REFUSE_KEY;
    f.node.step_count = 1;
    expect_kept(ERR_DENIED);
    AUTO(err) struct err *still = job_recover(&f.job, &found);
    assert_non_null(still);
    assert_int_equal(err_code(still), ERR_DENIED);
    assert_string_equal(f.completion, "");
    expect_delivered_once();
}

static void a_key_without_allowance_leaves_the_answer_in_the_journal(void **state)
{
    (void)state;
    f.claim_answer = EXECUTE_JOB;
    f.node.steps[0] = NODE_REFUSE_ALLOWANCE;
    f.node.step_count = 1;
    expect_kept(ERR_DENIED);
    expect_delivered_once();
}

static void an_account_that_cannot_pay_leaves_the_answer_in_the_journal(void **state)
{
    (void)state;
    f.claim_answer = EXECUTE_JOB;
    f.node.steps[0] = NODE_REFUSE_BALANCE;
    f.node.step_count = 1;
    expect_kept(ERR_LIMIT);
    expect_delivered_once();
}

static void a_failure_that_the_key_may_not_send_is_kept_too(void **state)
{
    (void)state;
    f.claim_answer = EXECUTE_JOB;
    f.node.steps[0] = NODE_FAIL;
    f.node.steps[1] = NODE_REFUSE_KEY;
    f.node.step_count = 2;
    expect_kept(ERR_DENIED);
    f.node.key_gone = false;
    recover(); /* with the failure: the chain has refused the answer, and is not asked for that again */
    assert_int_equal(f.node.executed_count, 2);
    expect_sent(1, "resolve_execution", "Failed to submit to NEAR: ");
    expect_outcome("contract_refused");
}

/* A worker that does not register: its key comes back or does not. */
static void use_admission(struct admission *a)
{
    static const uint8_t seed[32] = {7};
    struct secret_key key = secret_key_from_seed(seed);
    f.settings.init_account_credentials = "";
    f.settings.near_rpc_url = f.url;
    f.settings.operator_account_id = "op.test";
    *a = (struct admission){
        .settings = &f.settings, .signer = f.signer, .key = secret_key_public(&key), .stop = &f.stop, .first_pause_ms = 10};
    admission_init(a);
    assert_true(admission_enter(a));
    f.job.delivery.admission = a;
}

static void a_refused_key_is_told_and_what_it_left_is_delivered_when_it_is_back(void **state)
{
    (void)state;
    struct admission admission;
    use_admission(&admission);
    f.claim_answer = EXECUTE_JOB;
    f.node.steps[0] = NODE_REFUSE_KEY;
    f.node.step_count = 1;
    expect_kept(ERR_DENIED);
    assert_false(admission_is_admitted(&admission));
    f.node.key_gone = false;
    assert_true(admission_enter(&admission));
    assert_true(admission_take_left_over(&admission));
    expect_delivered_once();
    assert_int_equal(admission.pause_ms, 0);
}

static void a_claim_that_is_refused_for_the_key_is_repeated_when_it_is_back(void **state)
{
    (void)state;
    struct admission admission;
    use_admission(&admission);
    f.claim_answer = EXECUTE_JOB;
    f.claims_denied = 1;
    run(quiet_hash());
    assert_int_equal(f.claims, 2);
    assert_string_equal(f.claim_ids[1], f.claim_ids[0]);
    assert_int_equal(f.node.executed_count, 1);
    assert_true(admission_is_admitted(&admission));
}

static void a_claim_of_a_worker_that_ends_unadmitted_is_given_up(void **state)
{
    (void)state;
    struct admission admission;
    use_admission(&admission);
    AUTO(json) json_t *request = polled(quiet_hash());
    f.claims_denied = 1;
    f.node.key_gone = true;
    stop_want(&f.stop);
    AUTO(err) struct err *e = job_run(&f.job, request);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_DENIED);
    assert_int_equal(f.claims, 1);
}

static void a_report_the_coordinator_refuses_ends_the_job(void **state)
{
    (void)state;
    f.claim_answer = EXECUTE_JOB;
    f.complete_status = 404;
    run(quiet_hash());
    assert_int_equal(f.node.executed_count, 1);
    expect_journal_empty();
}

/* --- the monitor ---------------------------------------------------------------------------------------------------------- */

static struct monitor monitor_of(void)
{
    static _Atomic uint64_t height;
    return (struct monitor){.settings = &f.settings,
                            .journal = f.journal,
                            .coordinator = f.job.coordinator,
                            .delivery = f.job.delivery,
                            .height = &height};
}

/* A block at height 9 with one receipt whose only log is `log`. */
static void scan(const char *executor, const char *status, const char *log)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *quoted = json_string(log);
    AUTO(block) struct block block = {0};
    json_t *document = NULL;
    bool done = false;
    struct monitor m = monitor_of();
    buf_append_fmt(
        &text,
        "{\"block\":{\"header\":{\"height\":9,\"hash\":\"H\",\"timestamp\":1}},\"shards\":[{\"receipt_execution_outcomes\":["
        "{\"tx_hash\":\"T\",\"receipt\":{\"receiver_id\":\"%s\",\"receipt_id\":\"R\"},\"execution_outcome\":{\"outcome\":{"
        "\"status\":{\"%s\":\"\"},\"logs\":[",
        executor, status);
    json_doc_write(quoted, &text);
    buf_append_str(&text, "]}}}]}]}");
    assert_ok(json_doc_parse(buf_slice(&text), &document));
    assert_ok(block_read(document, &block));
    assert_ok(monitor_scan(&m, &block, &done));
    assert_true(done);
}

static const char *event_line(const char *memory, bool in_state)
{
    static char line[4096];
    snprintf(
        line, sizeof line,
        "EVENT_JSON:{\"standard\":\"near-outlayer\",\"version\":\"1.0.0\",\"event\":\"execution_requested\",\"data\":[{"
        "\"request_data\":\"{\\\"request_id\\\":41,\\\"sender_id\\\":\\\"a.test\\\",\\\"code_source\\\":{\\\"WasmUrl\\\":"
        "{\\\"url\\\":\\\"u\\\",\\\"hash\\\":\\\"h\\\"}},\\\"resource_limits\\\":{\\\"max_instructions\\\":1,"
        "\\\"max_memory_mb\\\":%s,\\\"max_execution_seconds\\\":1},\\\"input_data\\\":\\\"\\\",\\\"input_data_in_state\\\":%s,"
        "\\\"payment\\\":\\\"1\\\",\\\"timestamp\\\":5}\",\"data_id\":[" ID_LIST "],\"timestamp\":5}]}",
        memory, in_state ? "true" : "false");
    return line;
}

static void a_request_is_handed_over_until_the_coordinator_has_it(void **state)
{
    (void)state;
    uint64_t height = 0;
    bool known = false;
    scan("c.test", "SuccessValue", event_line("16", false));
    assert_int_equal(f.creates, 2);
    assert_non_null(strstr(f.created, "\"request_id\":41"));
    assert_ok(journal_cursor(f.journal, &height, &known));
    assert_int_equal(height, 10);
}

static void a_large_input_is_fetched_from_the_contract(void **state)
{
    (void)state;
    scan("c.test", "SuccessValue", event_line("16", true));
    assert_non_null(strstr(f.created, "\"input_data\":\"large input\""));
    f.creates = 1;
    f.node.view = "null"; /* settled meanwhile */
    scan("c.test", "SuccessValue", event_line("16", true));
    assert_int_equal(f.creates, 1);
}

static void what_did_not_happen_or_is_not_ours_is_passed_over(void **state)
{
    (void)state;
    scan("c.test", "Failure", event_line("16", false));
    scan("other.test", "SuccessValue", event_line("16", false));
    scan("c.test", "SuccessValue", "hello EVENT_JSON:{}");
    assert_int_equal(f.creates, 0);
}

static void a_request_that_can_be_no_job_is_answered_on_chain(void **state)
{
    (void)state;
    scan("c.test", "SuccessValue", event_line("null", false));
    assert_int_equal(f.creates, 0);
    expect_sent(0, "resolve_execution", "The request cannot be run: ");
    f.create_status = 400;
    scan("c.test", "SuccessValue", event_line("16", false));
    assert_int_equal(f.creates, 2);
    expect_sent(1, "resolve_execution", "\"success\":false");
}

static void *bring_key_back(void *context)
{
    struct admission *admission = context;
    while (admission_is_admitted(admission))
        usleep(1000);
    pthread_mutex_lock(&f.node.lock);
    f.node.key_gone = false;
    pthread_mutex_unlock(&f.node.lock);
    return admission_enter(admission) ? context : NULL;
}

static void a_refusal_that_the_key_may_not_send_holds_the_block(void **state)
{
    (void)state;
    struct admission admission;
    pthread_t thread;
    use_admission(&admission);
    f.node.steps[0] = NODE_REFUSE_KEY;
    f.node.step_count = 1;
    assert_int_equal(pthread_create(&thread, NULL, bring_key_back, &admission), 0);
    scan("c.test", "SuccessValue", event_line("null", false));
    pthread_join(thread, NULL);
    assert_int_equal(f.node.executed_count, 1);
    expect_sent(0, "resolve_execution", "The request cannot be run: ");
}

static void a_journal_of_another_chain_is_refused(void **state)
{
    (void)state;
    struct monitor m = monitor_of();
    assert_ok(monitor_start(&m));
    assert_int_equal(m.next, 9);
    assert_ok(journal_set_cursor(f.journal, 5000));
    AUTO(err) struct err *e = monitor_start(&m);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_CONFLICT);
}

/* Reads tests/guests/asker.c and gives it a manifest. */
static void read_asker(struct buf *out)
{
    AUTO(buf) struct buf path = {0};
    static const char manifest[] = "{\"capabilities\":{\"network\":[\"127.0.0.1\"]},\"connector_id\":\"test\"}";
    buf_append_fmt(&path, "%s/../guests/asker.wasm", getenv("OUTLAYER_BIN"));
    assert_ok(fs_read(buf_str(&path), 1 << 20, out));
    buf_append_byte(out, 0);
    buf_append_byte(out, 18 + sizeof manifest - 1);
    buf_append(out, SLICE("\x11outlayer.manifest"));
    buf_append(out, slice_from(manifest, sizeof manifest - 1));
}

/* A program asks the chain, the network and for a refund; what it may is its manifest's. */
static void a_program_asks_the_outside(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0}, input = {0};
    char hex[HASH_HEX_MAX];
    read_asker(&wasm);
    struct hash hash = hash_sha256(buf_slice(&wasm));
    f.stored = buf_slice(&wasm);
    f.claim_answer = EXECUTE_JOB;
    f.settings.near_rpc_url = f.settings.rpc_proxy_url = f.url;
    f.settings.rpc_proxy_enabled = f.settings.allow_local_egress = true;
    f.settings.rpc_proxy_max_calls = 100;
    f.settings.api_base_url = f.url;
    f.settings.keystore_base_url = "";
    f.job.outside = job_outside(&f.settings);
    buf_append_fmt(&input,
                   "rpc_view\tc.test\tget\t{}\t\nfetch\tGET\t%s/wasm/none\t\nfetch\tGET\thttp://elsewhere.example/\t\n"
                   "payment_refund_usd\t400\nstorage_get\tk\n",
                   f.url);
    for (int run_number = 0; run_number < 2; run_number++) { /* the second time from the cache */
        AUTO(json) json_t *request = polled(hash_hex(&hash, hex));
        f.egress[0] = '\0';
        json_object_set_new(request, "input_data", json_string(buf_str(&input)));
        json_object_set_new(request, "attached_usd", json_string("1000"));
        json_object_set_new(request, "resource_limits",
                            json_pack("{s:I,s:i,s:i}", "max_instructions", (json_int_t)100000000, "max_memory_mb", 16,
                                      "max_execution_seconds", 5));
        assert_ok(job_run(&f.job, request));
        assert_non_null(strstr(f.completion, "\"refund_usd\":\"400\""));
        assert_non_null(strstr(f.completion, "ok {\\\"request_id\\\":41"));
        assert_non_null(
            strstr(f.completion, "host \\\"elsewhere.example\\\" is not in the project's manifest network allowlist"));
        assert_non_null(strstr(f.completion, "storage is not configured"));
        assert_non_null(strstr(f.egress,
                               "\"connector_id\":\"test\",\"declared_limits\":[],\"records\":[{\"host\":\"127.0.0.1\","
                               "\"bytes\":null,\"allowed\":true,\"reason\":null},{\"host\":\"elsewhere.example\""));
    }
}

int main(void)
{
    if (!getenv("OUTLAYER_BIN"))
        return 77;
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_program_asks_the_outside),
        WITH_FIXTURE(a_job_is_run_answered_and_reported),
        WITH_FIXTURE(a_job_of_another_worker_is_left_alone),
        WITH_FIXTURE(a_claim_without_an_answer_is_repeated_under_its_name),
        WITH_FIXTURE(a_program_that_is_gone_when_it_should_run_is_prepared_again),
        WITH_FIXTURE(a_connectors_call_without_an_operation_never_runs),
        WITH_FIXTURE(a_request_in_an_unknown_format_is_refused),
        WITH_FIXTURE(bytes_with_another_hash_never_run),
        WITH_FIXTURE(a_program_that_is_none_is_a_typed_failure),
        WITH_FIXTURE(a_job_that_names_other_code_than_its_request_is_refused),
        WITH_FIXTURE(an_earlier_failure_without_a_known_outcome_is_one_of_compiling),
        WITH_FIXTURE(what_cannot_be_fetched_is_a_failed_download),
        WITH_FIXTURE(an_earlier_failure_is_only_told),
        WITH_FIXTURE(a_compile_job_fetches_checks_and_stores),
        WITH_FIXTURE(a_stored_program_is_attested_a_missing_one_is_not),
        WITH_FIXTURE(an_answer_the_contract_refuses_becomes_a_failure),
        WITH_FIXTURE(an_answer_the_contract_refuses_is_attested_as_a_failure),
        WITH_FIXTURE(a_request_that_the_chain_settled_is_not_answered_again),
        WITH_FIXTURE(what_may_have_run_is_answered_and_not_run_again),
        WITH_FIXTURE(what_ran_is_delivered_as_it_stands),
        WITH_FIXTURE(what_was_delivered_before_the_crash_is_not_sent_again),
        WITH_FIXTURE(what_was_delivered_is_only_reported),
        WITH_FIXTURE(an_unreachable_chain_leaves_the_answer_in_the_journal),
        WITH_FIXTURE(a_key_that_may_not_send_leaves_the_answer_in_the_journal),
        WITH_FIXTURE(a_key_without_allowance_leaves_the_answer_in_the_journal),
        WITH_FIXTURE(an_account_that_cannot_pay_leaves_the_answer_in_the_journal),
        WITH_FIXTURE(a_failure_that_the_key_may_not_send_is_kept_too),
        WITH_FIXTURE(a_refused_key_is_told_and_what_it_left_is_delivered_when_it_is_back),
        WITH_FIXTURE(a_claim_that_is_refused_for_the_key_is_repeated_when_it_is_back),
        WITH_FIXTURE(a_claim_of_a_worker_that_ends_unadmitted_is_given_up),
        WITH_FIXTURE(a_report_the_coordinator_refuses_ends_the_job),
        WITH_FIXTURE(a_request_is_handed_over_until_the_coordinator_has_it),
        WITH_FIXTURE(a_large_input_is_fetched_from_the_contract),
        WITH_FIXTURE(what_did_not_happen_or_is_not_ours_is_passed_over),
        WITH_FIXTURE(a_request_that_can_be_no_job_is_answered_on_chain),
        WITH_FIXTURE(a_refusal_that_the_key_may_not_send_holds_the_block),
        WITH_FIXTURE(a_journal_of_another_chain_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

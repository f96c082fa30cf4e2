/* The state machine against a clock that stands still until it is told. */
#include "base/fs.h"
#include "base/log.h"
#include "base/test.h"
#include "codec/json_doc.h"
#include "coordinator/machine.h"
#include "coordinator/schema.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE SLICE("\0asm\1\0\0\0")
#define BOTH (CAN_COMPILE | CAN_EXECUTE)

enum { SECOND_MS = 1000 };

struct fixture {
    char folder[64];
    uint64_t now_ms;
    struct clock clock;
    struct db *db;
    struct wasm_store wasm;
    struct machine m;
    struct arena arena;
    char code_hash[HASH_HEX_MAX];
    char item[4096]; /* the last polled item */
};

static uint64_t fake_now_ns(void *self)
{
    const struct fixture *f = self;
    return f->now_ms * NS_PER_MS;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct hash hash = hash_sha256(CODE);
    hash_hex(&hash, f->code_hash);
    snprintf(f->folder, sizeof f->folder, "/tmp/outlayer-machine-test-XXXXXX");
    f->now_ms = 1000000;
    f->clock = (struct clock){fake_now_ns, fake_now_ns, f};
    if (!mkdtemp(f->folder) || db_open(":memory:", coordinator_migrations, coordinator_migration_count, &f->db) ||
        wasm_store_open(&f->wasm, f->folder, 1 << 20))
        return -1;
    f->m = (struct machine){f->db,
                            &f->clock,
                            &f->wasm,
                            {
                                .task_lease_ms = 30 * SECOND_MS,
                                .overhead_ms = 60 * SECOND_MS,
                                .download_ms = 60 * SECOND_MS,
                                .execution_cap_ms = 180 * SECOND_MS,
                                .compile_limit_ms = 300 * SECOND_MS,
                                .compile_attempts = 3,
                                .claim_attempts = 5,
                                .delivery_attempts = 5,
                            }};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    wasm_store_close(&f->wasm);
    db_close(f->db);
    arena_free(&f->arena);
    err_free(fs_remove_tree(f->folder));
    free(f);
    return 0;
}

/* Steps, each as the service runs it: one transaction. */

static void commit(struct fixture *f, struct err *e)
{
    if (e)
        fail_msg("%s", err_text(e));
    assert_ok(db_commit(f->db));
}

static void put_code(struct fixture *f, const char *checksum)
{
    const struct wasm_origin origin = {SLICE("r"), SLICE("c"), SLICE("t")};
    assert_ok(wasm_store_write(&f->wasm, slice_str(checksum), CODE));
    assert_ok(wasm_row_put(f->db, slice_str(checksum), f->code_hash, CODE.len, &origin, f->now_ms));
}

static bool create_from(struct fixture *f, uint64_t id, const char *source, const char *more)
{
    AUTO(json) json_t *doc = NULL;
    struct msg_create msg;
    bool created = false;
    const char *body =
        arena_fmt(&f->arena,
                  "{\"request_id\":%llu,\"data_id\":\"aa\",\"code_source\":%s,\"input_data\":\"in\",\"resource_limits\":"
                  "{\"max_instructions\":1,\"max_memory_mb\":1,\"max_execution_seconds\":10},"
                  "\"response_format\":\"Json\"%s}",
                  (unsigned long long)id, source, more);
    assert_ok(json_doc_parse(slice_str(body), &doc));
    assert_ok(msg_create_parse(doc, &f->arena, &msg));
    assert_ok(db_begin(f->db));
    commit(f, machine_create(&f->m, &msg, &created));
    return created;
}

static bool create(struct fixture *f, uint64_t id)
{
    return create_from(f, id, arena_fmt(&f->arena, "{\"type\":\"WasmUrl\",\"url\":\"u\",\"hash\":\"%s\"}", f->code_hash), "");
}

static const char github[] = "{\"type\":\"GitHub\",\"repo\":\"o/r\",\"commit\":\"c\"}";

static const char *github_checksum(struct fixture *f)
{
    struct hash hash = hash_sha256(SLICE("https://github.com/o/r:c:wasm32-wasip1"));
    char *hex = arena_alloc(&f->arena, HASH_HEX_MAX);
    return hash_hex(&hash, hex);
}

static bool poll(struct fixture *f, unsigned capabilities, const char *token)
{
    AUTO(buf) struct buf item = {0};
    bool found = false;
    assert_ok(db_begin(f->db));
    commit(f, machine_poll(&f->m, capabilities, token, &item, &found));
    snprintf(f->item, sizeof f->item, "%s", buf_str(&item));
    return found;
}

static bool claim(struct fixture *f, uint64_t id, unsigned capabilities, const char *token, struct job_info *job)
{
    struct msg_claim msg = {.request_id = id, .data_id = SLICE("aa"), .worker_id = SLICE("w"), .capabilities = capabilities};
    bool found = false;
    assert_ok(db_begin(f->db));
    commit(f, machine_claim(&f->m, &msg, token, &f->arena, job, &found));
    return found;
}

static struct job_info poll_and_claim(struct fixture *f, uint64_t id, unsigned capabilities)
{
    struct job_info job;
    assert_true(poll(f, capabilities, "t"));
    assert_true(claim(f, id, capabilities, "t", &job));
    return job;
}

static struct err *try_complete(struct fixture *f, uint64_t job_id, enum job_status status, const char *token)
{
    struct msg_complete msg = {.job_id = job_id, .status = status, .time_ms = 5, .instructions = 7};
    if (status != JOB_COMPLETED)
        msg.error = SLICE("it broke"), msg.outcome = SLICE("hash_mismatch");
    TRY(db_begin(f->db));
    struct err *e = machine_complete(&f->m, &msg, token);
    if (e)
        db_rollback(f->db);
    return e ? e : db_commit(f->db);
}

static void complete(struct fixture *f, uint64_t job_id, enum job_status status)
{
    assert_ok(try_complete(f, job_id, status, "t"));
}

static unsigned sweep(struct fixture *f)
{
    unsigned count = 0;
    for (bool more = true; more; count += more) {
        assert_ok(db_begin(f->db));
        commit(f, machine_sweep(&f->m, &more));
    }
    return count;
}

static const char *ask(struct fixture *f, const char *sql)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    assert_ok(db_prepare(f->db, arena_str(&f->arena, slice_str(sql)), &s));
    assert_ok(db_step(s, &row));
    return row && !db_is_null(s, 0) ? arena_str(&f->arena, db_text(s, 0)) : "nothing";
}

#define assert_state(f, id, name) \
    assert_string_equal(ask(f, "SELECT state FROM execution_requests WHERE request_id = " #id), name)
#define assert_queue(f, id, name)                                                                                   \
    assert_string_equal(ask(f, "SELECT queue FROM task_queue WHERE request_pk = (SELECT id FROM execution_requests" \
                               " WHERE request_id = " #id ")"),                                                     \
                        name)

/* Create. */

static void creation_is_idempotent_by_request_and_data_id(void **state)
{
    struct fixture *f = *state;
    assert_true(create(f, 1));
    assert_false(create(f, 1));
    assert_false(create_from(f, 1, github, "")); /* the first one stays */
    assert_string_equal(ask(f, "SELECT count(*) FROM task_queue"), "1");
    assert_string_equal(ask(f, "SELECT github_repo FROM execution_requests"), "nothing");
}

static void present_code_goes_to_execute_and_missing_code_to_compile(void **state)
{
    struct fixture *f = *state;
    create(f, 1);
    assert_queue(f, 1, "compile");
    put_code(f, f->code_hash);
    create(f, 2);
    assert_queue(f, 2, "execute");
    create_from(f, 3, arena_fmt(&f->arena, "{\"type\":\"WasmUrl\",\"url\":\"u\",\"hash\":\"%s\"}", f->code_hash),
                ",\"force_rebuild\":true");
    assert_queue(f, 3, "compile");
}

static void an_impossible_hash_is_answered_with_a_failure(void **state)
{
    struct fixture *f = *state;
    create_from(f, 1, "{\"type\":\"WasmUrl\",\"url\":\"u\",\"hash\":\"12\"}", "");
    struct job_info job = poll_and_claim(f, 1, CAN_EXECUTE);
    assert_false(job.is_compile);
    assert_non_null(job.compile_error.ptr);
    assert_true(slice_eq_str(job.error_category, "failed"));
}

/* Poll. */

static void an_item_is_leased_to_one_worker_and_offered_again_after_its_lease(void **state)
{
    struct fixture *f = *state;
    struct job_info job;
    create(f, 1);
    assert_true(poll(f, BOTH, "t"));
    assert_false(poll(f, BOTH, "other"));
    assert_false(claim(f, 1, BOTH, "other", &job));
    f->now_ms += 30 * SECOND_MS;
    assert_false(claim(f, 1, BOTH, "t", &job)); /* too late */
    assert_int_equal(sweep(f), 1);
    assert_true(poll(f, BOTH, "other"));
    assert_true(claim(f, 1, BOTH, "other", &job));
}

static void an_item_nobody_claims_is_given_up(void **state)
{
    struct fixture *f = *state;
    create(f, 1);
    for (int i = 0; i < 5; i++) {
        assert_state(f, 1, "queued_compile");
        assert_true(poll(f, BOTH, "t"));
        f->now_ms += 30 * SECOND_MS;
        assert_int_equal(sweep(f), 1);
    }
    assert_state(f, 1, "failed");
    assert_queue(f, 1, "nothing");
    assert_false(poll(f, BOTH, "t"));
}

static void queues_follow_capabilities_and_age(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    create_from(f, 2, github, "");
    create_from(f, 3, github, "");
    assert_true(poll(f, BOTH, "t")); /* compiles first */
    assert_non_null(strstr(f->item, "\"request_id\":2,"));
    f->now_ms += 30 * SECOND_MS + 1;
    assert_true(poll(f, BOTH, "t")); /* but not before an execute item that has waited */
    assert_non_null(strstr(f->item, "\"request_id\":1,"));
    assert_false(poll(f, CAN_EXECUTE, "t"));
    assert_true(poll(f, CAN_COMPILE, "t"));
    assert_false(poll(f, CAN_COMPILE, "t"));
}

static void an_item_carries_the_whole_request(void **state)
{
    struct fixture *f = *state;
    create_from(f, 1, github,
                ",\"secrets_ref\":{\"profile\":\"p\",\"account_id\":\"a\"},\"context\":{\"gas_burnt\":5},\"other\":1");
    assert_true(poll(f, BOTH, "t"));
    AUTO(json) json_t *item = NULL;
    assert_ok(json_doc_parse(slice_str(f->item), &item));
    static const char *const members[] = {"request_id",      "data_id",       "resource_limits", "input_data",
                                          "response_format", "context",       "compile_only",    "force_rebuild",
                                          "store_on_fastfs", "is_https_call", "code_source",     "secrets_ref"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_non_null(json_object_get(item, members[i]));
    assert_int_equal(json_object_size(item), sizeof members / sizeof *members);
    const json_t *context = json_object_get(item, "context");
    assert_int_equal(json_object_size(context), 9);
    assert_int_equal(json_integer_value(json_object_get(context, "gas_burnt")), 5);
    assert_true(json_is_null(json_object_get(context, "sender_id")));
    assert_string_equal(json_string_value(json_object_get(item, "response_format")), "Json");
    assert_string_equal(json_string_value(json_object_get(json_object_get(item, "code_source"), "repo")),
                        "https://github.com/o/r");
}

/* Claim, in the order of the protocol's table. */

static void an_unknown_request_gives_no_job(void **state)
{
    struct fixture *f = *state;
    struct job_info job;
    assert_false(claim(f, 9, BOTH, "t", &job));
}

static void a_final_or_running_request_gives_no_job(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    struct job_info job = poll_and_claim(f, 1, BOTH), none;
    assert_false(claim(f, 1, BOTH, "t", &none));
    complete(f, job.job_id, JOB_COMPLETED);
    assert_false(claim(f, 1, BOTH, "t", &none));
    assert_state(f, 1, "done");
}

static void a_failed_compile_is_told_by_an_execute_job(void **state)
{
    struct fixture *f = *state;
    create_from(f, 1, github, ",\"force_rebuild\":true,\"compile_only\":true");
    struct job_info job = poll_and_claim(f, 1, BOTH);
    assert_true(job.is_compile);
    complete(f, job.job_id, JOB_COMPILATION_FAILED);
    assert_state(f, 1, "queued_execute");
    job = poll_and_claim(f, 1, BOTH);
    assert_non_null(strstr(f->item, "\"compile_only\":false"));
    assert_non_null(strstr(f->item, "\"force_rebuild\":false"));
    assert_false(job.is_compile);
    assert_true(slice_eq_str(job.compile_error, "it broke"));
    assert_true(slice_eq_str(job.error_category, "compilation_failed"));
    assert_true(slice_eq_str(job.outcome, "hash_mismatch"));
    complete(f, job.job_id, JOB_COMPILATION_FAILED);
    assert_state(f, 1, "failed");
}

static void compile_then_execute_with_one_worker(void **state)
{
    struct fixture *f = *state;
    create_from(f, 1, github, "");
    struct job_info job = poll_and_claim(f, 1, BOTH);
    assert_true(job.is_compile);
    assert_true(slice_eq_str(job.wasm_checksum, github_checksum(f)));
    put_code(f, github_checksum(f));
    complete(f, job.job_id, JOB_COMPLETED);
    job = poll_and_claim(f, 1, BOTH);
    assert_false(job.is_compile);
    assert_true(job.has_compile_time);
    assert_int_equal(job.compile_time_ms, 5);
    assert_null(job.compile_error.ptr);
    complete(f, job.job_id, JOB_COMPLETED);
    assert_state(f, 1, "done");
}

static void force_rebuild_compiles_once_and_then_executes(void **state)
{
    struct fixture *f = *state;
    put_code(f, github_checksum(f));
    create_from(f, 1, github, ",\"force_rebuild\":true");
    struct job_info job = poll_and_claim(f, 1, BOTH);
    assert_true(job.is_compile);
    complete(f, job.job_id, JOB_COMPLETED);
    job = poll_and_claim(f, 1, BOTH);
    assert_false(job.is_compile);
}

static void missing_code_moves_to_those_who_compile(void **state)
{
    struct fixture *f = *state;
    struct job_info job;
    put_code(f, f->code_hash);
    create(f, 1);
    assert_queue(f, 1, "execute");
    assert_ok(wasm_row_delete(f->db, slice_str(f->code_hash))); /* evicted */
    assert_true(poll(f, CAN_EXECUTE, "t"));
    assert_false(claim(f, 1, CAN_EXECUTE, "t", &job));
    assert_queue(f, 1, "compile");
    assert_state(f, 1, "queued_compile");
    job = poll_and_claim(f, 1, CAN_COMPILE);
    assert_true(job.is_compile);
}

static void code_that_came_by_other_ways_moves_to_those_who_execute(void **state)
{
    struct fixture *f = *state;
    struct job_info job;
    create(f, 1);
    put_code(f, f->code_hash);
    assert_true(poll(f, CAN_COMPILE, "t"));
    assert_false(claim(f, 1, CAN_COMPILE, "t", &job));
    assert_queue(f, 1, "execute");
    job = poll_and_claim(f, 1, CAN_EXECUTE);
    assert_false(job.is_compile);
}

static void compile_only_gives_the_checksum_as_result(void **state)
{
    struct fixture *f = *state;
    create_from(f, 1, github, ",\"compile_only\":true");
    struct job_info job = poll_and_claim(f, 1, CAN_COMPILE);
    put_code(f, github_checksum(f));
    complete(f, job.job_id, JOB_COMPLETED);
    job = poll_and_claim(f, 1, CAN_EXECUTE);
    assert_false(job.is_compile);
    assert_non_null(strstr(f->item, arena_fmt(&f->arena, "\"compile_result\":\"%s\"", github_checksum(f))));

    create_from(f, 2, github, ",\"compile_only\":true"); /* compiled already */
    job = poll_and_claim(f, 2, CAN_EXECUTE);
    assert_false(job.is_compile);
}

static bool claim_named(struct fixture *f, const char *claim_id, const char *worker_id, struct job_info *job)
{
    struct msg_claim msg = {.request_id = 1,
                            .data_id = SLICE("aa"),
                            .worker_id = slice_str(worker_id),
                            .claim_id = slice_str(claim_id),
                            .capabilities = BOTH};
    bool found = false;
    assert_ok(db_begin(f->db));
    commit(f, machine_claim(&f->m, &msg, "t", &f->arena, job, &found));
    return found;
}

static void a_claim_repeated_under_its_name_gets_the_same_job(void **state)
{
    struct fixture *f = *state;
    struct job_info first, again;
    put_code(f, f->code_hash);
    create(f, 1);
    assert_true(poll(f, BOTH, "t"));
    assert_true(claim_named(f, "c1", "w", &first));
    assert_true(claim_named(f, "c1", "w", &again));
    assert_int_equal(first.job_id, again.job_id);
    assert_int_equal(first.created_s, again.created_s);
    assert_false(claim_named(f, "c2", "w", &again));
    assert_false(claim_named(f, "c1", "v", &again));
    complete(f, first.job_id, JOB_COMPLETED);
    assert_false(claim_named(f, "c1", "w", &again));
}

static void items_are_free_again_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct job_info job;
    create(f, 1);
    assert_true(poll(f, BOTH, "t"));
    assert_ok(machine_free_items(&f->m));
    assert_false(claim(f, 1, BOTH, "t", &job));
    assert_true(poll(f, BOTH, "other"));
}

/* Complete. */

static void a_compile_without_its_upload_failed(void **state)
{
    struct fixture *f = *state;
    create_from(f, 1, github, "");
    struct job_info job = poll_and_claim(f, 1, BOTH);
    complete(f, job.job_id, JOB_COMPLETED);
    job = poll_and_claim(f, 1, BOTH);
    assert_true(slice_eq_str(job.compile_error, "Compiled WASM was not uploaded"));
}

static void a_second_completion_changes_nothing(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    struct job_info job = poll_and_claim(f, 1, BOTH);
    complete(f, job.job_id, JOB_COMPLETED);
    complete(f, job.job_id, JOB_EXECUTION_FAILED);
    assert_state(f, 1, "done");
    assert_string_equal(ask(f, "SELECT status FROM jobs"), "completed");
    assert_string_equal(ask(f, "SELECT count(*) || ' ' || sum(success) FROM execution_history"), "1 1");
}

static void only_the_claiming_token_completes(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    struct job_info job = poll_and_claim(f, 1, BOTH);
    assert_fails(try_complete(f, job.job_id, JOB_COMPLETED, "other"), ERR_CONFLICT, "job 1 was claimed with another token");
    assert_fails(try_complete(f, 77, JOB_COMPLETED, "t"), ERR_NOT_FOUND, "there is no job 77");
    assert_state(f, 1, "executing");
}

/* Lost leases. */

static void a_lost_execution_is_told_and_never_run_again(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    poll_and_claim(f, 1, BOTH);
    f->now_ms += (10 + 2 * 60 + 60) * SECOND_MS - 1;
    assert_int_equal(sweep(f), 0);
    f->now_ms += 1;
    assert_int_equal(sweep(f), 1);
    assert_state(f, 1, "queued_execute");
    assert_string_equal(ask(f, "SELECT status || ' ' || lost FROM jobs"), "failed 1");
    struct job_info job = poll_and_claim(f, 1, BOTH);
    assert_false(job.is_compile);
    assert_true(slice_starts_with(job.compile_error, SLICE("Worker lost")));
    assert_true(slice_eq_str(job.error_category, "failed"));
    assert_true(slice_eq_str(job.outcome, "worker_lost"));
    assert_string_equal(ask(f, "SELECT outcome FROM jobs WHERE lost = 1"), "worker_lost");
    complete(f, job.job_id, JOB_FAILED);
    assert_string_equal(ask(f, "SELECT outcome FROM jobs WHERE lost = 0"), "hash_mismatch");
    assert_state(f, 1, "failed");
    assert_string_equal(ask(f, "SELECT count(*) FROM execution_history"), "2");
}

static void deliveries_that_are_lost_too_end(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    for (int i = 0; i < 5; i++) {
        struct job_info job = poll_and_claim(f, 1, BOTH);
        assert_int_equal(job.compile_error.ptr != NULL, i > 0);
        f->now_ms += 1000 * SECOND_MS;
        assert_int_equal(sweep(f), 1);
    }
    assert_state(f, 1, "failed");
    assert_queue(f, 1, "nothing");
}

static void a_late_report_of_a_lost_job_still_counts(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    struct job_info job = poll_and_claim(f, 1, BOTH);
    f->now_ms += 1000 * SECOND_MS;
    sweep(f);
    complete(f, job.job_id, JOB_COMPLETED);
    assert_state(f, 1, "done");
    assert_queue(f, 1, "nothing");
    assert_string_equal(ask(f, "SELECT status || ' ' || lost FROM jobs"), "completed 0");
    assert_string_equal(ask(f, "SELECT count(*) || ' ' || sum(success) FROM execution_history"), "1 1");
}

static void a_late_report_during_the_delivery_decides_the_end(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    struct job_info lost = poll_and_claim(f, 1, BOTH);
    f->now_ms += 1000 * SECOND_MS;
    sweep(f);
    struct job_info delivery = poll_and_claim(f, 1, BOTH);
    complete(f, lost.job_id, JOB_COMPLETED);
    assert_state(f, 1, "executing");
    complete(f, delivery.job_id, JOB_FAILED); /* the chain knew the answer already */
    assert_state(f, 1, "done");
}

static void a_lost_compile_is_repeated_and_then_told(void **state)
{
    struct fixture *f = *state;
    create_from(f, 1, github, "");
    for (int i = 0; i < 3; i++) {
        struct job_info job = poll_and_claim(f, 1, BOTH);
        assert_true(job.is_compile);
        f->now_ms += 420 * SECOND_MS;
        assert_int_equal(sweep(f), 1);
    }
    struct job_info job = poll_and_claim(f, 1, BOTH);
    assert_false(job.is_compile);
    assert_true(slice_starts_with(job.compile_error, SLICE("Worker lost")));
}

static void a_late_compile_helps_the_next_claim(void **state)
{
    struct fixture *f = *state;
    create_from(f, 1, github, "");
    struct job_info job = poll_and_claim(f, 1, BOTH);
    f->now_ms += 420 * SECOND_MS;
    sweep(f);
    put_code(f, github_checksum(f));
    complete(f, job.job_id, JOB_COMPLETED);
    assert_state(f, 1, "queued_compile");
    job = poll_and_claim(f, 1, BOTH);
    assert_false(job.is_compile);
    assert_null(job.compile_error.ptr);
}

static void heartbeats_keep_a_job_up_to_twice_its_lease(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    AUTO(buf) struct buf jobs = {0};
    struct job_info job = poll_and_claim(f, 1, BOTH);
    uint64_t budget_ms = 190 * SECOND_MS, claimed_ms = f->now_ms;
    buf_append_fmt(&jobs, "[999,%llu]", (unsigned long long)job.job_id);
    while (f->now_ms < claimed_ms + 2 * budget_ms - 30 * SECOND_MS) {
        f->now_ms += 30 * SECOND_MS;
        assert_ok(machine_renew(&f->m, SLICE("w"), "t", buf_slice(&jobs)));
        assert_ok(machine_renew(&f->m, SLICE("w"), "other", buf_slice(&jobs)));
        assert_int_equal(sweep(f), 0);
    }
    f->now_ms = claimed_ms + 2 * budget_ms;
    assert_ok(machine_renew(&f->m, SLICE("w"), "t", buf_slice(&jobs)));
    assert_int_equal(sweep(f), 1);
}

static void a_restarted_worker_gives_back_what_it_held(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    create(f, 1);
    create(f, 2);
    poll_and_claim(f, 1, BOTH);
    poll_and_claim(f, 2, BOTH);
    assert_ok(machine_worker_restarted(&f->m, SLICE("w"), "other", SLICE("[]")));
    assert_ok(machine_worker_restarted(&f->m, SLICE("v"), "t", SLICE("[]")));
    assert_state(f, 1, "executing");
    assert_ok(machine_worker_restarted(&f->m, SLICE("w"), "t", SLICE("[]")));
    assert_state(f, 1, "queued_execute");
    assert_state(f, 2, "queued_execute");
}

static void a_restarted_worker_keeps_what_it_will_still_report(void **state)
{
    struct fixture *f = *state;
    AUTO(buf) struct buf kept = {0};
    put_code(f, f->code_hash);
    create(f, 1);
    create(f, 2);
    struct job_info job = poll_and_claim(f, 1, BOTH);
    poll_and_claim(f, 2, BOTH);
    buf_append_fmt(&kept, "[%llu,999]", (unsigned long long)job.job_id);
    assert_ok(machine_worker_restarted(&f->m, SLICE("w"), "t", buf_slice(&kept)));
    assert_state(f, 1, "executing");
    assert_state(f, 2, "queued_execute");
}

/* Repair and store. */

static void repair_restores_missing_items_and_drops_strays(void **state)
{
    struct fixture *f = *state;
    uint64_t repaired = 0;
    put_code(f, f->code_hash);
    create(f, 1);
    create(f, 2);
    assert_ok(machine_repair(&f->m, &repaired));
    assert_int_equal(repaired, 0);
    assert_ok(db_exec(f->db, "DELETE FROM task_queue WHERE request_pk = 1"));
    assert_ok(db_exec(f->db, "UPDATE execution_requests SET state = 'done' WHERE id = 2"));
    assert_ok(machine_repair(&f->m, &repaired));
    assert_int_equal(repaired, 2);
    assert_queue(f, 1, "execute");
    assert_queue(f, 2, "nothing");
}

static void damaged_and_missing_files_read_as_absent(void **state)
{
    struct fixture *f = *state;
    AUTO(buf) struct buf bytes = {0};
    struct wasm_row row;
    bool found = false;
    put_code(f, f->code_hash);
    assert_ok(wasm_row_find(&f->wasm, f->db, slice_str(f->code_hash), &row, &found));
    assert_true(found);
    assert_ok(wasm_store_read(&f->wasm, &row, &bytes));
    assert_true(slice_eq(buf_slice(&bytes), CODE));
    const char *path = arena_fmt(&f->arena, "%s/%s.wasm", f->folder, f->code_hash);
    assert_ok(fs_write_atomic(path, SLICE("\0asm\2\0\0\0"), 0600));
    buf_clear(&bytes);
    struct err *e = wasm_store_read(&f->wasm, &row, &bytes);
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
    err_free(e);
    assert_int_equal(unlink(path), 0);
    assert_ok(wasm_row_find(&f->wasm, f->db, slice_str(f->code_hash), &row, &found));
    assert_false(found);
    assert_string_equal(ask(f, "SELECT count(*) FROM wasm_cache"), "0");
}

static void reconciling_removes_leftovers(void **state)
{
    struct fixture *f = *state;
    put_code(f, f->code_hash);
    const char *temporary = arena_fmt(&f->arena, "%s/%s.wasm.12.tmp", f->folder, f->code_hash);
    assert_ok(fs_write_atomic(temporary, SLICE("x"), 0600));
    f->now_ms = clock_wall_ns(&clock_system) / NS_PER_MS;
    assert_ok(wasm_store_reconcile(&f->wasm, f->db, f->now_ms));
    assert_false(fs_exists(temporary));
    assert_true(fs_exists(arena_fmt(&f->arena, "%s/%s.wasm", f->folder, f->code_hash)));
    assert_ok(wasm_row_delete(f->db, slice_str(f->code_hash)));
    assert_ok(wasm_store_reconcile(&f->wasm, f->db, f->now_ms)); /* too young to be an orphan */
    assert_true(fs_exists(arena_fmt(&f->arena, "%s/%s.wasm", f->folder, f->code_hash)));
    assert_ok(wasm_store_reconcile(&f->wasm, f->db, f->now_ms + 2 * 3600 * SECOND_MS));
    assert_false(fs_exists(arena_fmt(&f->arena, "%s/%s.wasm", f->folder, f->code_hash)));
}

int main(void)
{
    log_start("test", LOG_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(creation_is_idempotent_by_request_and_data_id),
        TEST(present_code_goes_to_execute_and_missing_code_to_compile),
        TEST(an_impossible_hash_is_answered_with_a_failure),
        TEST(an_item_is_leased_to_one_worker_and_offered_again_after_its_lease),
        TEST(an_item_nobody_claims_is_given_up),
        TEST(queues_follow_capabilities_and_age),
        TEST(an_item_carries_the_whole_request),
        TEST(an_unknown_request_gives_no_job),
        TEST(a_final_or_running_request_gives_no_job),
        TEST(a_failed_compile_is_told_by_an_execute_job),
        TEST(compile_then_execute_with_one_worker),
        TEST(force_rebuild_compiles_once_and_then_executes),
        TEST(missing_code_moves_to_those_who_compile),
        TEST(code_that_came_by_other_ways_moves_to_those_who_execute),
        TEST(compile_only_gives_the_checksum_as_result),
        TEST(a_claim_repeated_under_its_name_gets_the_same_job),
        TEST(items_are_free_again_after_a_restart),
        TEST(a_compile_without_its_upload_failed),
        TEST(a_second_completion_changes_nothing),
        TEST(only_the_claiming_token_completes),
        TEST(a_lost_execution_is_told_and_never_run_again),
        TEST(deliveries_that_are_lost_too_end),
        TEST(a_late_report_of_a_lost_job_still_counts),
        TEST(a_late_report_during_the_delivery_decides_the_end),
        TEST(a_lost_compile_is_repeated_and_then_told),
        TEST(a_late_compile_helps_the_next_claim),
        TEST(heartbeats_keep_a_job_up_to_twice_its_lease),
        TEST(a_restarted_worker_gives_back_what_it_held),
        TEST(a_restarted_worker_keeps_what_it_will_still_report),
        TEST(repair_restores_missing_items_and_drops_strays),
        TEST(damaged_and_missing_files_read_as_absent),
        TEST(reconciling_removes_leftovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

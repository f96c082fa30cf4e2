/* The HTTP interface as workers and strangers see it, the service in this process. */
#include "coordinator/api_testing.h"
#include <unistd.h>

static void a_request_goes_through_to_its_end(void **state)
{
    struct fixture *f = *state;
    uint64_t job_id = start_job(f, 7);
    const char *body =
        arena_fmt(&f->arena,
                  "{\"job_id\":%llu,\"success\":true,\"output\":{\"Text\":\"out\"},\"error\":null,\"time_ms\":12,"
                  "\"instructions\":345,\"wasm_checksum\":\"%s\",\"actual_cost_yocto\":\"9\","
                  "\"compile_cost_yocto\":null,\"outcome\":\"completed\",\"refund_usd\":\"0\"}",
                  (unsigned long long)job_id, f->code_hash);
    assert_int_equal(post(f, "/jobs/complete", body), 200);
    assert_body(f, "");
    assert_int_equal(post(f, "/jobs/complete", body), 200); /* twice is once */
    assert_int_equal(get(f, "/public/jobs?request_id=7"), 200);
    AUTO(json) json_t *jobs = answer_json(f);
    assert_int_equal(json_array_size(jobs), 1);
    const json_t *job = json_array_get(jobs, 0);
    assert_int_equal(json_object_size(job), 26);
    assert_string_equal(json_string_value(json_object_get(job, "outcome")), "completed");
    assert_true(json_is_true(json_object_get(job, "success")));
    assert_string_equal(json_string_value(json_object_get(job, "status")), "completed");
    assert_int_equal(json_integer_value(json_object_get(job, "instructions_used")), 345);
    assert_int_equal(get(f, "/executions/poll?timeout=0&capabilities=compilation,execution"), 204);
}

static void creating_twice_answers_200_and_false(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(post(f, "/executions/create", create_body(f, 1)), 201);
    assert_body(f, "{\"request_id\":1,\"created\":true}");
    assert_int_equal(post(f, "/executions/create", create_body(f, 1)), 200);
    assert_body(f, "{\"request_id\":1,\"created\":false}");
}

/* Refusals. */

static void worker_routes_want_the_token(void **state)
{
    struct fixture *f = *state;
    static const char *const posts[] = {"/executions/create", "/jobs/claim",  "/jobs/complete", "/workers/heartbeat",
                                        "/locks/acquire",     "/wasm/upload", "/attestations"};
    static const char *const gets[] = {"/executions/poll?queue=execute", "/workers/block-cursor", "/wasm/abc",
                                       "/wasm/exists/abc"};
    static const char *const tokens[] = {NULL, "", "wrong", TOKEN "x"};
    for (size_t t = 0; t < sizeof tokens / sizeof *tokens; t++) {
        for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
            assert_int_equal(
                call_with(f, (struct http_call){.method = "POST", .bearer = tokens[t], .body = SLICE("{}")}, posts[i]), 401);
            assert_body(f, "");
        }
        for (size_t i = 0; i < sizeof gets / sizeof *gets; i++)
            assert_int_equal(call_with(f, (struct http_call){.method = "GET", .bearer = tokens[t]}, gets[i]), 401);
        assert_int_equal(call_with(f, (struct http_call){.method = "PUT", .bearer = tokens[t], .body = CODE}, "/wasm/abc"),
                         401);
        assert_int_equal(call_with(f, (struct http_call){.method = "DELETE", .bearer = tokens[t]}, "/locks/release/k"), 401);
    }
}

static void bodies_that_are_not_json_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bodies[] = {"", "{", "nonsense", "{\"a\":1}x", "{\"a\":1,\"a\":2}", "\xff", "{\"a\":\"\xc3\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        assert_int_equal(post(f, "/executions/create", bodies[i]), 400);
    struct http_call call = {.method = "POST", .bearer = TOKEN, .body = SLICE("{}"), .content_type = "text/plain"};
    assert_int_equal(call_with(f, call, "/jobs/claim"), 415);
    call.content_type = "application/jsonx";
    assert_int_equal(call_with(f, call, "/jobs/claim"), 415);
    call.content_type = "Application/JSON; charset=utf-8";
    assert_int_equal(call_with(f, call, "/jobs/claim"), 422);
}

static void missing_and_wrong_members_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const create[] = {"request_id", "data_id", "code_source", "resource_limits", "input_data", NULL};
    static const char *const claim[] = {"request_id", "data_id", "worker_id", "capabilities", NULL};
    static const char *const complete[] = {"job_id", "success", "time_ms", "instructions", NULL};
    static const char *const heartbeat[] = {"worker_id", "worker_name", "status", NULL};
    static const char *const lock[] = {"lock_key", "worker_id", "ttl_seconds", NULL};
    each_member_is_checked(f, "/executions/create", create_body(f, 1), create);
    each_member_is_checked(f, "/jobs/claim", claim_body(f, 1), claim);
    each_member_is_checked(f, "/jobs/complete", "{\"job_id\":1,\"success\":true,\"time_ms\":1,\"instructions\":1}", complete);
    each_member_is_checked(f, "/workers/heartbeat", "{\"worker_id\":\"w\",\"worker_name\":\"w\",\"status\":\"online\"}",
                           heartbeat);
    each_member_is_checked(f, "/locks/acquire", "{\"lock_key\":\"k\",\"worker_id\":\"w\",\"ttl_seconds\":1}", lock);
    assert_int_equal(post(f, "/executions/create", "[]"), 422);
    assert_int_equal(get(f, "/executions/poll?timeout=0&queue=compile"), 204); /* nothing of that came in */
}

static void wrong_values_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(post(f, "/jobs/claim", "{\"request_id\":1,\"data_id\":\"zz\",\"worker_id\":\"w\",\"capabilities\":[]}"),
                     422);
    assert_int_equal(post(f, "/jobs/claim", "{\"request_id\":1,\"data_id\":\"aa\",\"worker_id\":\"\",\"capabilities\":[]}"),
                     422);
    assert_int_equal(
        post(f, "/jobs/claim", "{\"request_id\":1,\"data_id\":\"aa\",\"worker_id\":\"w\",\"capabilities\":[\"x\"]}"), 400);
    assert_int_equal(post(f, "/jobs/complete",
                          "{\"job_id\":1,\"success\":false,\"time_ms\":1,\"instructions\":1,\"error_category\":\"strange\"}"),
                     422);
    assert_int_equal(post(f, "/jobs/complete",
                          "{\"job_id\":1,\"success\":true,\"time_ms\":1,\"instructions\":1,\"actual_cost_yocto\":\"-1\"}"),
                     422);
    assert_int_equal(
        post(f, "/jobs/complete", "{\"job_id\":99999999999999999999,\"success\":true,\"time_ms\":1,\"instructions\":1}"), 422);
    static const char *const polls[] = {"",
                                        "?timeout=1",
                                        "?queue=other",
                                        "?capabilities=",
                                        "?capabilities=x,y",
                                        "?queue=execute&timeout=-1",
                                        "?queue=execute&timeout=",
                                        "?queue=execute&timeout=1e3"};
    for (size_t i = 0; i < sizeof polls / sizeof *polls; i++)
        assert_int_equal(get(f, arena_fmt(&f->arena, "/executions/poll%s", polls[i])), 400);
}

static void a_huge_body_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO(buf) struct buf body = {0};
    buf_append_str(&body, "{\"request_id\":\"");
    memset(buf_reserve(&body, 11 << 20), 'x', 11 << 20);
    body.len += 11 << 20;
    struct http_call call = {.method = "POST", .bearer = TOKEN, .body = buf_slice(&body)};
    assert_int_equal(call_with(f, call, "/executions/create"), 413);
    memset(buf_reserve(&body, 2 << 20), 'x', 2 << 20);
    body.len += 2 << 20;
    call.body = buf_slice(&body);
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(buf) struct buf url = {0};
    buf_append_fmt(&url, "%s/executions/create", coordinator_url(f->c));
    call.url = buf_str(&url);
    AUTO(err) struct err *e = http_client_call(f->client, &call, &answer); /* may break off while sending */
    assert_true(e ? err_code(e) == ERR_UNAVAILABLE : answer.status == 413);
    assert_int_equal(get(f, "/health"), 200);
}

static void unknown_jobs_tokens_and_paths(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(post(f, "/jobs/complete", "{\"job_id\":1,\"success\":true,\"time_ms\":1,\"instructions\":1}"), 404);
    assert_body(f, "");
    assert_int_equal(post(f, "/jobs/claim", claim_body(f, 5)), 200);
    AUTO(json) json_t *answer = answer_json(f);
    assert_int_equal(json_array_size(json_object_get(answer, "jobs")), 0);
    assert_int_equal(json_object_size(json_object_get(answer, "pricing")), 11);
    assert_int_equal(get(f, "/nothing/here"), 404);
    assert_body(f, "{\"error\":\"not_found\",\"message\":\"Unknown endpoint\"}");
    assert_int_equal(get(f, "/jobs/claim"), 405);
}

/* Long polls. */

struct poller {
    struct fixture *f;
    struct http_answer answer;
};

static void *poll_in_thread(void *arg)
{
    struct poller *p = arg;
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(buf) struct buf url = {0};
    buf_append_fmt(&url, "%s/executions/poll?timeout=20&queue=compile", coordinator_url(p->f->c));
    struct http_call call = {.method = "GET", .bearer = TOKEN, .url = buf_str(&url)};
    err_free(http_client_new(&client));
    err_free(http_client_call(client, &call, &p->answer));
    return NULL;
}

static void wait_for_pollers(struct fixture *f, const char *count)
{
    for (int i = 0; i < 500; i++) {
        assert_int_equal(get(f, "/metrics"), 200);
        if (strstr(buf_str(&f->answer.body), arena_fmt(&f->arena, "polls_waiting %s\n", count)))
            return;
        usleep(10000);
    }
    fail_msg("there are never %s waiting polls", count);
}

static void a_waiting_poll_is_woken_by_a_request(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 3 };
    struct poller pollers[COUNT] = {0};
    pthread_t threads[COUNT];
    for (int i = 0; i < COUNT; i++) {
        pollers[i].f = f;
        assert_int_equal(pthread_create(&threads[i], NULL, poll_in_thread, &pollers[i]), 0);
    }
    wait_for_pollers(f, "3");
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(post(f, "/executions/create", create_body(f, (uint64_t)i)), 201);
    for (int i = 0; i < COUNT; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(pollers[i].answer.status, 200);
        http_answer_free(&pollers[i].answer);
    }
    assert_int_equal(get(f, "/executions/poll?timeout=0&queue=compile"), 204); /* each item went to one of them */
}

static void a_poll_ends_with_204_at_its_time(void **state)
{
    struct fixture *f = *state;
    uint64_t before = clock_monotonic_ns(&clock_system);
    assert_int_equal(get(f, "/executions/poll?timeout=1&queue=compile"), 204);
    uint64_t took_ms = (clock_monotonic_ns(&clock_system) - before) / NS_PER_MS;
    assert_true(took_ms >= 900 && took_ms < 5000);
}

static void a_poller_that_left_takes_nothing(void **state)
{
    struct fixture *f = *state;
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(buf) struct buf url = {0};
    buf_append_fmt(&url, "%s/executions/poll?timeout=20&queue=compile", coordinator_url(f->c));
    assert_ok(http_client_new(&client));
    struct err *e = http_client_call(
        client, &(struct http_call){.method = "GET", .bearer = TOKEN, .url = buf_str(&url), .timeout_ms = 100}, &answer);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
    err_free(e);
    wait_for_pollers(f, "0"); /* each transaction drops who has gone */
    assert_int_equal(post(f, "/executions/create", create_body(f, 1)), 201);
    assert_int_equal(get(f, "/executions/poll?timeout=0&queue=compile"), 200);
}

static void stopping_answers_the_pollers(void **state)
{
    struct fixture *f = *state;
    struct poller poller = {.f = f};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, poll_in_thread, &poller), 0);
    wait_for_pollers(f, "1");
    coordinator_stop(f->c);
    pthread_join(thread, NULL);
    assert_int_equal(poller.answer.status, 204);
    http_answer_free(&poller.answer);
    assert_ok(coordinator_start(&f->settings, &clock_system, &f->c));
}

/* The code store. */

static void code_comes_back_under_its_hash(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_fmt(&f->arena, "/wasm/%s", f->code_hash);
    assert_int_equal(get(f, path), 404);
    assert_int_equal(put_code(f, f->code_hash, CODE), 201);
    assert_int_equal(put_code(f, f->code_hash, CODE), 201);
    assert_int_equal(get(f, path), 200);
    assert_true(slice_eq(buf_slice(&f->answer.body), CODE));
    assert_int_equal(get(f, arena_fmt(&f->arena, "/public/wasm/exists/%s", f->code_hash)), 200);
    AUTO(json) json_t *exists = answer_json(f);
    assert_true(json_is_true(json_object_get(exists, "exists")));
    assert_true(json_is_string(json_object_get(exists, "created_at")));
}

static void code_under_a_wrong_name_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"x", "%2e%2e%2fpasswd", "ABCD",
                                        "0000000000000000000000000000000000000000000000000000000000000000"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(put_code(f, names[i], CODE), 400);
        assert_int_equal(get(f, arena_fmt(&f->arena, "/wasm/%s", names[i])), 404);
        assert_int_equal(get(f, arena_fmt(&f->arena, "/public/wasm/exists/%s", names[i])), 200);
        assert_body(f, "{\"exists\":false,\"created_at\":null}");
    }
    struct hash hash = hash_sha256(SLICE("text"));
    char hex[HASH_HEX_MAX];
    assert_int_equal(put_code(f, hash_hex(&hash, hex), SLICE("text")), 400); /* right name, no WebAssembly */
}

static void damaged_code_is_forgotten(void **state)
{
    struct fixture *f = *state;
    const char *path = arena_fmt(&f->arena, "/wasm/%s", f->code_hash);
    assert_int_equal(put_code(f, f->code_hash, CODE), 201);
    assert_ok(fs_write_atomic(arena_fmt(&f->arena, "%s%s.wasm", f->folder, path), SLICE("\0asm\2\0\0\0"), 0600));
    assert_int_equal(get(f, path), 404);
    assert_int_equal(put_code(f, f->code_hash, CODE), 201);
    assert_int_equal(get(f, path), 200);
}

static int upload(struct fixture *f, const char *checksum, const char *repo, const char *commit, struct slice bytes)
{
    AUTO(buf) struct buf form = {0};
    const char *const parts[][2] = {{"checksum", checksum}, {"repo_url", repo}, {"commit_hash", commit}};
    for (size_t i = 0; i < 3; i++)
        buf_append_fmt(&form, "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", parts[i][0], parts[i][1]);
    buf_append_str(&form, "--b\r\nContent-Disposition: form-data; name=\"wasm_file\"; filename=\"x.wasm\"\r\n\r\n");
    buf_append(&form, bytes);
    buf_append_str(&form, "\r\n--b--\r\n");
    return call_with(
        f,
        (struct http_call){
            .method = "POST", .bearer = TOKEN, .body = buf_slice(&form), .content_type = "multipart/form-data; boundary=b"},
        "/wasm/upload");
}

static void uploads_are_checked_against_their_checksum(void **state)
{
    struct fixture *f = *state;
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    assert_int_equal(upload(f, f->code_hash, "url:https://x/y", "hash:z", CODE), 201);
    assert_int_equal(upload(f, zeros, "url:https://x/y", "hash:z", CODE), 400);
    assert_int_equal(upload(f, zeros, "https://github.com/o/r", "c", CODE), 409); /* nobody compiles that */
    assert_int_equal(upload(f, "../../x", "https://github.com/o/r", "c", CODE), 400);
    assert_int_equal(upload(f, f->code_hash, "", "c", CODE), 400);
    assert_int_equal(post(f, "/wasm/upload", "{}"), 400);
}

static void a_build_is_taken_from_the_worker_that_compiles_it(void **state)
{
    struct fixture *f = *state;
    struct hash hash = hash_sha256(SLICE("https://github.com/o/r:c:wasm32-wasip1"));
    char hex[HASH_HEX_MAX];
    hash_hex(&hash, hex);
    assert_int_equal(
        post(f, "/executions/create",
             "{\"request_id\":1,\"data_id\":\"aabb\",\"code_source\":{\"type\":\"GitHub\",\"repo\":\"o/r\",\"commit\":"
             "\"c\"},\"resource_limits\":{\"max_instructions\":1,\"max_memory_mb\":1,\"max_execution_seconds\":1},"
             "\"input_data\":\"\"}"),
        201);
    assert_int_equal(get(f, "/executions/poll?timeout=0&queue=compile"), 200);
    assert_int_equal(post(f, "/jobs/claim", claim_body(f, 1)), 200);
    assert_non_null(strstr(buf_str(&f->answer.body), "\"job_type\":\"compile\""));
    assert_int_equal(upload(f, hex, "https://github.com/o/r", "c", CODE), 201);
    assert_int_equal(upload(f, hex, "https://github.com/o/r", "c", SLICE("\0asm\2\0\0\0")), 201); /* kept as it was */
    assert_int_equal(get(f, arena_fmt(&f->arena, "/wasm/%s", hex)), 200);
    assert_true(slice_eq(buf_slice(&f->answer.body), CODE));
    assert_int_equal(post(f, "/jobs/complete", "{\"job_id\":1,\"success\":true,\"time_ms\":1,\"instructions\":0}"), 200);
    assert_int_equal(upload(f, hex, "https://github.com/o/r", "c", CODE), 409);
    assert_int_equal(get(f, "/executions/poll?timeout=0&queue=execute"), 200);
}

/* Workers. */

static void heartbeats_are_shown_and_move_the_cursor(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(get(f, "/workers/block-cursor"), 200);
    assert_body(f, "{\"block_height\":null}");
    const char *format = "{\"worker_id\":\"w\",\"worker_name\":\"n\",\"status\":\"%s\",\"current_task_id\":null,"
                         "\"event_monitor_block_height\":%u}";
    static const struct {
        unsigned height;
        const char *expected;
    } steps[] = {{5000, "{\"block_height\":5000}"},
                 {4000, "{\"block_height\":5000}"},
                 {6001, "{\"block_height\":5000}"}, /* over the jump allowed */
                 {6000, "{\"block_height\":6000}"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        AUTO(buf) struct buf body = {0};
        buf_append_fmt(&body, format, "rather odd", steps[i].height);
        assert_int_equal(post(f, "/workers/heartbeat", buf_str(&body)), 200);
        assert_int_equal(get(f, "/workers/block-cursor"), 200);
        assert_body(f, steps[i].expected);
    }
    assert_int_equal(get(f, "/public/workers"), 200);
    AUTO(json) json_t *workers = answer_json(f);
    assert_int_equal(json_array_size(workers), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(workers, 0), "status")), "stale");
}

/* A lease of four seconds, of eight when it is renewed. */
static void a_heartbeat_keeps_the_jobs_that_it_names(void **state)
{
    struct fixture *f = *state;
    coordinator_stop(f->c);
    f->settings.worker_overhead_seconds = f->settings.download_seconds = 0;
    f->settings.execution_cap_seconds = 4;
    assert_ok(coordinator_start(&f->settings, &clock_system, &f->c));
    uint64_t kept = start_job(f, 3);
    start_job(f, 4);
    usleep(2000 * 1000);
    const char *body =
        arena_fmt(&f->arena, "{\"worker_id\":\"w1\",\"worker_name\":\"w1\",\"status\":\"online\",\"kept_jobs\":[%llu]}",
                  (unsigned long long)kept);
    assert_int_equal(post(f, "/workers/heartbeat", body), 200);
    usleep(3000 * 1000);
    assert_int_equal(get(f, "/executions/poll?timeout=0&queue=execute"), 200);
    AUTO(json) json_t *lost = answer_json(f);
    assert_int_equal(json_integer_value(json_object_get(lost, "request_id")), 4);
    assert_int_equal(get(f, "/executions/poll?timeout=0&queue=execute"), 204);
}

static void a_worker_that_starts_again_loses_what_it_held(void **state)
{
    struct fixture *f = *state;
    start_job(f, 3);
    assert_int_equal(post(f, "/workers/heartbeat",
                          "{\"worker_id\":\"w1\",\"worker_name\":\"w1\",\"status\":\"online\",\"just_started\":true}"),
                     200);
    assert_int_equal(get(f, "/executions/poll?timeout=0&queue=execute"), 200);
    assert_int_equal(post(f, "/jobs/claim", claim_body(f, 3)), 200);
    assert_non_null(strstr(buf_str(&f->answer.body), "\"compile_error\":\"Worker lost"));
}

static void locks_have_one_holder(void **state)
{
    struct fixture *f = *state;
    const char *body = "{\"lock_key\":\"compile:a/b:c\",\"worker_id\":\"w\",\"ttl_seconds\":300}";
    assert_int_equal(post(f, "/locks/acquire", body), 200);
    assert_body(f, "{\"acquired\":true}");
    assert_int_equal(post(f, "/locks/acquire", body), 200);
    assert_body(f, "{\"acquired\":false}");
    struct http_call release = {.method = "DELETE", .bearer = TOKEN};
    assert_int_equal(call_with(f, release, "/locks/release/compile%3Aa%2Fb%3Ac"), 200);
    assert_int_equal(call_with(f, release, "/locks/release/never"), 200);
    assert_int_equal(post(f, "/locks/acquire", body), 200);
    assert_body(f, "{\"acquired\":true}");
}

/* Public. */

static void public_views_need_no_token(void **state)
{
    struct fixture *f = *state;
    static const char *const paths[] = {
        "/health",         "/metrics",       "/public/jobs?limit=0&offset=x", "/public/jobs?source=https",
        "/public/workers", "/public/pricing"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_int_equal(call_with(f, (struct http_call){.method = "GET"}, paths[i]), 200);
    call_with(f, (struct http_call){.method = "GET"}, "/health");
    assert_body(f, "OK");
    start_job(f, 1);
    assert_int_equal(get(f, "/metrics"), 200);
    const char *text = buf_str(&f->answer.body);
    assert_non_null(strstr(text, "outlayer_coordinator_requests{state=\"executing\"} 1\n"));
    assert_non_null(strstr(text, "outlayer_coordinator_jobs_live{type=\"execute\"} 1\n"));
    assert_non_null(strstr(text, "outlayer_coordinator_http_replies_total{status=\"200\"} "));
}

static void wrong_settings_are_named(void **state)
{
    struct fixture *f = *state;
    struct coordinator *c = NULL;
    struct coordinator_settings s = f->settings;
    s.listen = "nowhere";
    assert_fails(coordinator_start(&s, &clock_system, &c), ERR_INVALID,
                 "LISTEN is `nowhere`, expected an address and a port such as 127.0.0.1:8080");
    s = f->settings;
    s.worker_token = "short";
    assert_fails(coordinator_start(&s, &clock_system, &c), ERR_INVALID,
                 "recovering: WORKER_TOKEN has 5 characters, expected at least 16");
    s = f->settings;
    s.db_sync = "sometimes";
    assert_fails(coordinator_start(&s, &clock_system, &c), ERR_INVALID, "DB_SYNC is `sometimes`, expected full or normal");
}

int main(void)
{
    log_start("test", LOG_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_request_goes_through_to_its_end),
        TEST(creating_twice_answers_200_and_false),
        TEST(worker_routes_want_the_token),
        TEST(bodies_that_are_not_json_are_refused),
        TEST(missing_and_wrong_members_are_refused),
        TEST(wrong_values_are_refused),
        TEST(a_huge_body_is_refused),
        TEST(unknown_jobs_tokens_and_paths),
        TEST(a_waiting_poll_is_woken_by_a_request),
        TEST(a_poll_ends_with_204_at_its_time),
        TEST(a_poller_that_left_takes_nothing),
        TEST(stopping_answers_the_pollers),
        TEST(code_comes_back_under_its_hash),
        TEST(code_under_a_wrong_name_is_refused),
        TEST(damaged_code_is_forgotten),
        TEST(uploads_are_checked_against_their_checksum),
        TEST(a_build_is_taken_from_the_worker_that_compiles_it),
        TEST(heartbeats_are_shown_and_move_the_cursor),
        TEST(a_heartbeat_keeps_the_jobs_that_it_names),
        TEST(a_worker_that_starts_again_loses_what_it_held),
        TEST(locks_have_one_holder),
        TEST(public_views_need_no_token),
        TEST(wrong_settings_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

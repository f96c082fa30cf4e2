/* The service as a process, killed at any moment while two workers are at it: every request that was taken ends in an answer, and no
 * program is run twice. The workers here stand in for real ones; what they must not lose is noted in this process. */
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/test.h"
#include "codec/json_doc.h"
#include "crypto/hash.h"
#include "net/http_client.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN "a-token-of-the-worker"
#define CODE  SLICE("\0asm\1\0\0\0")

enum { ROUNDS = 25, REQUESTS_MAX = 20000, WORKERS = 2, SKIPPED = 77, SETTLE_MS = 30000 };

static struct {
    char folder[64], url[64], listen[64];
    const char *program;
    char code_hash[HASH_HEX_MAX];
    pid_t pid;
    atomic_bool creating, working;
    atomic_uint created;
    atomic_uchar runs[REQUESTS_MAX], answers[REQUESTS_MAX];
} world;

/* The process. */

static void exec_service(int out)
{
    char *const argv[] = {(char *)(uintptr_t)world.program, NULL};
    dup2(out, STDOUT_FILENO);
    setenv("LISTEN", world.listen, 1);
    setenv("DATA_DIR", world.folder, 1);
    setenv("WORKER_TOKEN", TOKEN, 1);
    setenv("LOG_LEVEL", "error", 1);
    setenv("TASK_LEASE_SECONDS", "1", 1);
    setenv("EXECUTION_CAP_SECONDS", "1", 1);
    setenv("WORKER_OVERHEAD_SECONDS", "0", 1);
    setenv("WASM_DOWNLOAD_SECONDS", "0", 1);
    setenv("SWEEP_INTERVAL_MS", "20", 1);
    execv(world.program, argv);
    _exit(127);
}

static void start_service(void)
{
    int fds[2];
    char line[256] = "";
    assert_int_equal(pipe(fds), 0);
    world.pid = fork();
    assert_true(world.pid >= 0);
    if (world.pid == 0)
        exec_service(fds[1]);
    close(fds[1]);
    FILE *out = fdopen(fds[0], "r");
    if (!out)
        abort();
    assert_non_null(fgets(line, sizeof line, out));
    fclose(out);
    AUTO(json) json_t *ready = NULL;
    assert_ok(json_doc_parse(slice_str(line), &ready));
    assert_true(json_is_true(json_object_get(ready, "ready")));
    const char *url = json_string_value(json_object_get(ready, "url"));
    snprintf(world.url, sizeof world.url, "%s", url);
    snprintf(world.listen, sizeof world.listen, "%s", url + strlen("http://"));
}

static int stop_service(int signal_number)
{
    int status = 0;
    kill(world.pid, signal_number);
    waitpid(world.pid, &status, 0);
    return status;
}

/* Calls that are repeated while the service is away. */

static int call_once(struct http_client *client, const char *method, const char *path, struct slice body, struct buf *out)
{
    AUTO(http_answer) struct http_answer answer = {0};
    AUTO(buf) struct buf url = {0};
    buf_append_fmt(&url, "%s%s", world.url, path);
    const struct http_call call = {.method = method, .url = buf_str(&url), .bearer = TOKEN, .body = body, .timeout_ms = 5000};
    AUTO(err) struct err *e = http_client_call(client, &call, &answer);
    if (e)
        return 0;
    buf_clear(out);
    buf_append(out, buf_slice(&answer.body));
    return answer.status;
}

static int call_until_answered(struct http_client *client, const char *method, const char *path, struct slice body,
                               struct buf *out)
{
    for (;;) {
        int status = call_once(client, method, path, body, out);
        if (status && status != 503)
            return status;
        usleep(2000);
    }
}

static void *create_requests(void *arg)
{
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(buf) struct buf body = {0}, answer = {0};
    (void)arg;
    err_free(http_client_new(&client));
    for (unsigned id = 0; world.creating && id < REQUESTS_MAX; id++) {
        buf_clear(&body);
        buf_append_fmt(
            &body,
            "{\"request_id\":%u,\"data_id\":\"aa\",\"code_source\":{\"type\":\"WasmUrl\",\"url\":\"u\",\"hash\":\"%s\"},"
            "\"resource_limits\":{\"max_instructions\":1,\"max_memory_mb\":1,\"max_execution_seconds\":1},"
            "\"input_data\":\"\"}",
            id, world.code_hash);
        int status = call_until_answered(client, "POST", "/executions/create", buf_slice(&body), &answer);
        if (status != 201 && status != 200)
            abort();
        world.created = id + 1;
        usleep(1000);
    }
    return NULL;
}

static void work_on(struct http_client *client, const char *name, uint64_t id, struct buf *answer)
{
    AUTO(buf) struct buf body = {0};
    AUTO(json) json_t *doc = NULL;
    buf_append_fmt(
        &body,
        "{\"request_id\":%llu,\"data_id\":\"aa\",\"worker_id\":\"%s\",\"capabilities\":[\"execution\"],\"claim_id\":\"%s-%d\"}",
        (unsigned long long)id, name, name, rand());
    /* One of the two repeats a claim that got no answer, the other leaves its job to the lease. */
    int status = name[0] == 'a' ? call_until_answered(client, "POST", "/jobs/claim", buf_slice(&body), answer)
                                : call_once(client, "POST", "/jobs/claim", buf_slice(&body), answer);
    if (status != 200)
        return;
    AUTO(err) struct err *e = json_doc_parse(buf_slice(answer), &doc);
    const json_t *job = json_array_get(json_object_get(doc, "jobs"), 0);
    if (e || !job)
        return;
    bool is_delivery = !json_is_null(json_object_get(job, "compile_error"));
    if (!is_delivery)
        world.runs[id]++;
    world.answers[id]++;
    buf_clear(&body);
    buf_append_fmt(&body, "{\"job_id\":%lld,\"success\":%s,\"time_ms\":1,\"instructions\":1}",
                   json_integer_value(json_object_get(job, "job_id")), is_delivery ? "false" : "true");
    if (call_until_answered(client, "POST", "/jobs/complete", buf_slice(&body), answer) != 200)
        abort();
}

static void *work(void *arg)
{
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(buf) struct buf answer = {0};
    err_free(http_client_new(&client));
    while (world.working) {
        AUTO(json) json_t *item = NULL;
        int status = call_once(client, "GET", "/executions/poll?timeout=1&queue=execute", (struct slice){0}, &answer);
        if (status != 200) {
            usleep(status == 204 ? 0 : 2000);
            continue;
        }
        AUTO(err) struct err *e = json_doc_parse(buf_slice(&answer), &item);
        uint64_t id = (uint64_t)json_integer_value(json_object_get(item, "request_id"));
        if (!e && id < REQUESTS_MAX)
            work_on(client, arg, id, &answer);
    }
    return NULL;
}

static bool all_is_final(void)
{
    static const char *const open_states[] = {"queued_compile", "compiling", "queued_execute", "executing"};
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(buf) struct buf metrics = {0};
    assert_ok(http_client_new(&client));
    assert_int_equal(call_until_answered(client, "GET", "/metrics", (struct slice){0}, &metrics), 200);
    for (size_t i = 0; i < sizeof open_states / sizeof *open_states; i++) {
        char label[64];
        snprintf(label, sizeof label, "requests{state=\"%s\"}", open_states[i]);
        if (strstr(buf_str(&metrics), label))
            return false;
    }
    return true;
}

static void publish_code(void)
{
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(buf) struct buf path = {0}, answer = {0};
    struct hash hash = hash_sha256(CODE);
    buf_append_fmt(&path, "/wasm/%s", hash_hex(&hash, world.code_hash));
    assert_ok(http_client_new(&client));
    assert_int_equal(call_until_answered(client, "PUT", buf_str(&path), CODE, &answer), 201);
}

static void killed_at_any_moment_every_request_is_answered(void **state)
{
    (void)state;
    pthread_t creator, workers[WORKERS];
    static const char *const names[WORKERS] = {"a", "b"};
    start_service();
    publish_code();
    world.creating = world.working = true;
    assert_int_equal(pthread_create(&creator, NULL, create_requests, NULL), 0);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&workers[i], NULL, work, (void *)(uintptr_t)names[i]), 0);
    for (int round = 0; round < ROUNDS; round++) {
        usleep(20000 + (unsigned)rand() % 100000);
        stop_service(SIGKILL);
        start_service();
    }
    world.creating = false;
    pthread_join(creator, NULL);
    for (int waited_ms = 0; !all_is_final() && waited_ms < SETTLE_MS; waited_ms += 50)
        usleep(50000);
    assert_true(all_is_final());
    world.working = false;
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);

    unsigned runs = 0, told = 0;
    for (unsigned id = 0; id < world.created; id++) {
        if (world.runs[id] > 1 || world.answers[id] < 1)
            fail_msg("request %u ran %u times and was answered %u times", id, world.runs[id], world.answers[id]);
        runs += world.runs[id];
        told += !world.runs[id];
    }
    print_message("%u requests: %u ran once, %u were told of their loss\n", world.created, runs, told);
    assert_true(world.created > ROUNDS);
    int status = stop_service(SIGTERM);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_at_any_moment_every_request_is_answered)};
    const char *folder = getenv("OUTLAYER_BIN");
    char program[512];
    if (!folder) {
        print_message("OUTLAYER_BIN does not name the folder of the programs\n");
        return SKIPPED;
    }
    log_start("test", LOG_ERROR);
    snprintf(program, sizeof program, "%s/outlayer-coordinator", folder);
    snprintf(world.listen, sizeof world.listen, "127.0.0.1:0");
    snprintf(world.folder, sizeof world.folder, "/tmp/outlayer-coordinator-crash-XXXXXX");
    world.program = program;
    if (!mkdtemp(world.folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed)
        stop_service(SIGKILL);
    err_free(fs_remove_tree(world.folder));
    return failed;
}

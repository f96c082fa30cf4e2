/* The service in the test's own process, and calls to it: what the tests of the HTTP interface share. */
#pragma once
#include "base/buf.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/test.h"
#include "codec/json_doc.h"
#include "coordinator/coordinator.h"
#include "net/http_client.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN "a-token-of-the-worker"
#define CODE  SLICE("\0asm\1\0\0\0")

struct fixture {
    char folder[64];
    struct coordinator_settings settings;
    struct coordinator *c;
    struct http_client *client;
    struct http_answer answer; /* of the last call */
    struct arena arena;
    char code_hash[HASH_HEX_MAX];
};

static inline int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    struct hash hash = hash_sha256(CODE);
    hash_hex(&hash, f->code_hash);
    snprintf(f->folder, sizeof f->folder, "/tmp/outlayer-coordinator-test-XXXXXX");
    f->settings = (struct coordinator_settings){
        .listen = "127.0.0.1:0",
        .data_dir = f->folder,
        .worker_token = TOKEN,
        .contract_id = "outlayer.test.near",
        .network_id = "devnet",
        .db_sync = "normal",
        .operator_account_id = "",
        .near_rpc_url = "",
        .public_origin = "",
        .public_rpc_url = "",
        .task_lease_seconds = 30,
        .worker_overhead_seconds = 60,
        .download_seconds = 60,
        .execution_cap_seconds = 180,
        .compile_cap_seconds = 300,
        .compile_max_attempts = 3,
        .max_wasm_upload_bytes = 12 << 20,
        .wasm_cache_max_size_gb = 1,
        .block_cursor_max_jump = 1000,
        .sweep_interval_ms = 20,
        .tee_recheck_seconds = 3600,
    };
    struct err *e = mkdtemp(f->folder) ? coordinator_start(&f->settings, &clock_system, &f->c) : err_new(ERR_BUG, "no folder");
    if (!e)
        e = http_client_new(&f->client);
    if (e) {
        print_error("%s\n", err_text(e));
        err_free(e);
        return -1;
    }
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    http_answer_free(&f->answer);
    http_client_free(f->client);
    coordinator_stop(f->c);
    arena_free(&f->arena);
    err_free(fs_remove_tree(f->folder));
    mem_free(f);
    return 0;
}

/* One call; returns its status and leaves the body in f->answer. */
static inline int call_with(struct fixture *f, struct http_call call, const char *path)
{
    AUTO(buf) struct buf url = {0};
    buf_append_fmt(&url, "%s%s", coordinator_url(f->c), path);
    call.url = buf_str(&url);
    http_answer_free(&f->answer);
    f->answer = (struct http_answer){0};
    assert_ok(http_client_call(f->client, &call, &f->answer));
    return f->answer.status;
}

static inline int get(struct fixture *f, const char *path)
{
    return call_with(f, (struct http_call){.method = "GET", .bearer = TOKEN}, path);
}

static inline int post(struct fixture *f, const char *path, const char *body)
{
    return call_with(f, (struct http_call){.method = "POST", .bearer = TOKEN, .body = slice_str(body)}, path);
}

static inline json_t *answer_json(struct fixture *f)
{
    json_t *doc = NULL;
    assert_ok(json_doc_parse(buf_slice(&f->answer.body), &doc));
    return doc;
}

#define assert_body(f, text) assert_true(slice_eq_str(buf_slice(&(f)->answer.body), (text)))

static inline const char *create_body(struct fixture *f, uint64_t id)
{
    return arena_fmt(
        &f->arena,
        "{\"request_id\":%llu,\"data_id\":\"aabb\",\"code_source\":{\"type\":\"WasmUrl\",\"url\":\"https://x/y\","
        "\"hash\":\"%s\",\"build_target\":\"wasm32-wasip1\"},\"resource_limits\":{\"max_instructions\":1000,"
        "\"max_memory_mb\":16,\"max_execution_seconds\":5},\"input_data\":\"\\u00e9\",\"response_format\":\"Text\","
        "\"context\":{\"sender_id\":\"a.near\",\"block_timestamp\":1785309658000000000}}",
        (unsigned long long)id, f->code_hash);
}

static inline const char *claim_body(struct fixture *f, uint64_t id)
{
    return arena_fmt(
        &f->arena,
        "{\"request_id\":%llu,\"data_id\":\"aabb\",\"worker_id\":\"w1\",\"capabilities\":[\"compilation\",\"execution\"],"
        "\"compile_only\":false,\"force_rebuild\":false,\"has_compile_result\":false}",
        (unsigned long long)id);
}

static inline int put_code(struct fixture *f, const char *name, struct slice bytes)
{
    const char *path = arena_fmt(&f->arena, "/wasm/%s", name);
    return call_with(f, (struct http_call){.method = "PUT", .bearer = TOKEN, .body = bytes, .content_type = "application/wasm"},
                     path);
}

/* Creates, polls and claims an execute job; returns its id. */
static inline uint64_t start_job(struct fixture *f, uint64_t id)
{
    assert_int_equal(put_code(f, f->code_hash, CODE), 201);
    assert_int_equal(post(f, "/executions/create", create_body(f, id)), 201);
    assert_int_equal(get(f, "/executions/poll?timeout=5&queue=execute"), 200);
    assert_int_equal(post(f, "/jobs/claim", claim_body(f, id)), 200);
    AUTO(json) json_t *answer = answer_json(f);
    const json_t *job = json_array_get(json_object_get(answer, "jobs"), 0);
    assert_string_equal(json_string_value(json_object_get(job, "job_type")), "execute");
    return (uint64_t)json_integer_value(json_object_get(job, "job_id"));
}

/* Every member left out, and every member of another kind. */
static inline void each_member_is_checked(struct fixture *f, const char *path, const char *good, const char *const *needed)
{
    AUTO(json) json_t *doc = NULL;
    assert_ok(json_doc_parse(slice_str(good), &doc));
    for (; *needed; needed++) {
        json_t *kept = json_incref(json_object_get(doc, *needed));
        assert_non_null(kept);
        json_t *wrong[] = {NULL, json_null(), json_pack("[[]]"), json_pack("{s:[]}", "type"), json_real(-1.5)};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            AUTO(buf) struct buf body = {0};
            if (wrong[i])
                json_object_set_new(doc, *needed, wrong[i]);
            else
                json_object_del(doc, *needed);
            json_doc_write(doc, &body);
            if (post(f, path, buf_str(&body)) != 422)
                fail_msg("%s took %s", path, buf_str(&body));
        }
        json_object_set_new(doc, *needed, kept);
    }
}

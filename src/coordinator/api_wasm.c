/* The code store over HTTP. */
#include "base/log.h"
#include "codec/json_doc.h"
#include "coordinator/multipart.h"
#include "coordinator/service.h"
#include <stdio.h>
#include <time.h>

struct call {
    struct slice checksum;
    struct wasm_row row; /* what was there */
    bool found, full;

    struct worker_identity who;
    struct wasm_origin origin;
    struct slice bytes;
    char content_hash[HASH_HEX_MAX];
    bool may_build, may_replace; /* the caller compiles this checksum now; and was asked to do it again */
};

static struct err *do_find(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return wasm_row_find(&c->wasm, c->db, call->checksum, &call->row, &call->found);
}

static struct err *do_touch(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return wasm_row_touch(c->db, &call->row, machine_now_ms(&c->machine));
}

static struct err *do_forget(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return wasm_row_delete(c->db, call->checksum);
}

/* Reads outside the lock: a large file must not hold up the queue. */
static struct err *read_code(struct coordinator *c, struct call *call, struct buf *out)
{
    TRY(coordinator_transact(c, do_find, call));
    if (!call->found)
        return err_new(ERR_NOT_FOUND, "no code of that checksum");
    struct err *e = wasm_store_read(&c->wasm, &call->row, out);
    if (!e)
        return coordinator_transact(c, do_touch, call);
    if (err_code(e) != ERR_NOT_FOUND && err_code(e) != ERR_LIMIT)
        return e;
    log_error("code in the store is not what it was; forgetting it", LOG_SLICE("checksum", call->checksum), LOG_ERR(e));
    err_free(e);
    TRY(coordinator_transact(c, do_forget, call));
    return err_new(ERR_NOT_FOUND, "no code of that checksum");
}

void handle_wasm_get(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    struct worker_identity who;
    AUTO(buf) struct buf bytes = {0};
    struct call call = {.checksum = http_request_segment(x, "checksum")};
    if (!api_authenticate(c, x, NULL, &who))
        return;
    struct err *e = code_checksum_is_valid(call.checksum) ? read_code(c, &call, &bytes)
                                                          : err_new(ERR_NOT_FOUND, "no code of that checksum");
    if (e) {
        api_reply_err(c, x, e);
        return;
    }
    c->replies[200]++;
    http_reply(x, 200, "application/octet-stream", buf_slice(&bytes));
}

/* 2026-02-01T10:00:00.123+00:00 */
static json_t *rfc3339(uint64_t ms)
{
    char day[32], text[48];
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    snprintf(text, sizeof text, "%s.%03u+00:00", day, (unsigned)(ms % 1000));
    return json_string(text);
}

/* Both for workers, with their token, and for the public. */
void handle_wasm_exists(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    struct worker_identity who;
    struct call call = {.checksum = http_request_segment(x, "checksum")};
    bool is_public = slice_starts_with(http_request_path(x), SLICE("/public/"));
    if (!is_public && !api_authenticate(c, x, NULL, &who))
        return;
    if (code_checksum_is_valid(call.checksum)) {
        struct err *e = coordinator_transact(c, do_find, &call);
        if (e) {
            api_reply_err(c, x, e);
            return;
        }
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "exists", json_boolean(call.found));
    json_object_set_new(answer, "created_at", call.found ? rfc3339(call.row.created_ms) : json_null());
    api_reply_json(c, x, 200, answer);
}

/* Writing. */

static struct err *do_measure(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    uint64_t used = 0;
    TRY(do_find(c, call));
    TRY(wasm_store_size(c->db, &used));
    TRY(machine_compiles(&c->machine, call->checksum, call->who.token_hash, &call->may_build, &call->may_replace));
    call->full = used + call->bytes.len > c->settings->wasm_cache_max_size_gb << 30;
    return NULL;
}

static struct err *do_put(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return wasm_row_put(c->db, call->checksum, call->content_hash, call->bytes.len, &call->origin, machine_now_ms(&c->machine));
}

/* Workers cache code by its checksum: bytes that are there are not replaced behind their backs. */
static struct err *store_code(struct coordinator *c, struct call *call)
{
    bool content_addressed = slice_eq_str(call->checksum, call->content_hash);
    TRY(coordinator_transact(c, do_measure, call));
    if (!content_addressed && !call->may_build)
        return err_new(ERR_CONFLICT, "a build is taken only from the worker that compiles it now");
    if (call->found && (content_addressed || !call->may_replace))
        return NULL;
    if (call->full)
        return err_new(ERR_LIMIT, "the code store is full");
    TRY(wasm_store_write(&c->wasm, call->checksum, call->bytes));
    return coordinator_transact(c, do_put, call);
}

static void hash_content(struct call *call)
{
    struct hash hash = hash_sha256(call->bytes);
    hash_hex(&hash, call->content_hash);
}

static void reply_stored(struct coordinator *c, struct http_exchange *x, struct err *e)
{
    if (!e) {
        api_reply(c, x, 201, (struct slice){0});
    } else if (err_code(e) == ERR_INVALID) {
        json_t *answer = json_object();
        json_object_set_new(answer, "error", json_doc_string(slice_str(err_text(e))));
        api_reply_json(c, x, 400, answer);
        err_free(e);
    } else {
        api_reply_err(c, x, e);
    }
}

/* Bytes are named by their own hash here, so whoever may write can only write what the name says. */
void handle_wasm_put(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    struct call call = {.checksum = http_request_segment(x, "checksum"), .bytes = http_request_body(x)};
    if (!api_authenticate(c, x, NULL, &call.who))
        return;
    hash_content(&call);
    call.origin = (struct wasm_origin){SLICE("put"), call.checksum, SLICE("wasm32-wasip1")};
    if (!slice_eq_str(call.checksum, call.content_hash))
        reply_stored(c, x,
                     err_new(ERR_INVALID, "the SHA-256 of these %zu bytes is %s, not the name they were sent under",
                             call.bytes.len, call.content_hash));
    else
        reply_stored(c, x, store_code(c, &call));
}

static struct err *read_form(const struct multipart *form, struct call *call)
{
    struct slice target = multipart_value(form, "build_target");
    call->checksum = multipart_value(form, "checksum");
    call->bytes = multipart_value(form, "wasm_file");
    call->origin = (struct wasm_origin){
        .repo_url = multipart_value(form, "repo_url"),
        .commit_hash = multipart_value(form, "commit_hash"),
        .build_target = target.len ? target : SLICE("wasm32-wasip1"),
    };
    if (!call->bytes.ptr || !call->origin.repo_url.len || !call->origin.commit_hash.len)
        return err_new(ERR_INVALID, "the form needs the parts checksum, repo_url, commit_hash and wasm_file");
    if (!code_checksum_is_valid(call->checksum))
        return err_new(ERR_INVALID, "part checksum is not 64 lower-case hex digits");
    hash_content(call);
    if (slice_starts_with(call->origin.repo_url, SLICE("url:")) && !slice_eq_str(call->checksum, call->content_hash))
        return err_new(ERR_INVALID, "the SHA-256 of part wasm_file is %s, not the checksum it was sent under",
                       call->content_hash);
    return NULL;
}

void handle_wasm_upload(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    struct call call = {0};
    struct multipart form;
    if (!api_authenticate(c, x, "compile", &call.who))
        return;
    struct err *e = multipart_parse(http_request_header(x, "content-type"), http_request_body(x), &form);
    if (!e)
        e = read_form(&form, &call);
    reply_stored(c, x, e ? e : store_code(c, &call));
}

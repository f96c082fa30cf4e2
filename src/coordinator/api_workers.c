/* Heartbeats, the monitor's cursor, advisory locks. */
#include "base/u128.h"
#include "codec/json_doc.h"
#include "coordinator/service.h"

struct call {
    struct arena arena;
    struct worker_identity who;
    union {
        struct msg_heartbeat heartbeat;
        struct msg_lock lock;
        struct slice key;
        uint64_t height;
    };
    bool result;
};

static void auto_call(struct call *call)
{
    arena_free(&call->arena);
}

static struct err *renew_named_job(struct coordinator *c, const struct call *call)
{
    u128 job_id = 0;
    AUTO(buf) struct buf jobs = {0};
    const struct msg_heartbeat *h = &call->heartbeat;
    if (!h->current_task_id.ptr || !u128_parse(h->current_task_id, &job_id) || job_id > INT64_MAX)
        return NULL;
    buf_append_fmt(&jobs, "[%llu]", (unsigned long long)job_id);
    return machine_renew(&c->machine, h->worker_id, call->who.token_hash, buf_slice(&jobs));
}

static struct err *do_heartbeat(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    const struct msg_heartbeat *h = &call->heartbeat;
    uint64_t now_ms = machine_now_ms(&c->machine);
    TRY(worker_note_heartbeat(c->db, h, now_ms));
    if (h->has_block_height)
        TRY(worker_move_cursor(c->db, c->settings->contract_id, h->block_height, c->settings->block_cursor_max_jump,
                               call->who.token_hash, now_ms));
    if (h->just_started)
        return machine_worker_restarted(&c->machine, h->worker_id, call->who.token_hash, h->kept_jobs);
    TRY(renew_named_job(c, call));
    return machine_renew(&c->machine, h->worker_id, call->who.token_hash, h->kept_jobs);
}

void handle_heartbeat(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    AUTO(call) struct call call = {0};
    AUTO(json) json_t *body = NULL;
    if (!api_authenticate(c, x, NULL, &call.who) || !api_read_body(c, x, &body))
        return;
    struct err *e = msg_heartbeat_parse(body, &call.arena, &call.heartbeat);
    if (!e)
        e = coordinator_transact(c, do_heartbeat, &call);
    if (e)
        api_reply_err(c, x, e);
    else
        api_reply(c, x, 200, (struct slice){0});
}

static struct err *do_read_cursor(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return worker_read_cursor(c->db, c->settings->contract_id, &call->height, &call->result);
}

void handle_block_cursor(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    AUTO(call) struct call call = {0};
    if (!api_authenticate(c, x, "monitor", &call.who))
        return;
    struct err *e = coordinator_transact(c, do_read_cursor, &call);
    if (e) {
        api_reply_err(c, x, e);
        return;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "block_height", call.result ? json_integer((json_int_t)call.height) : json_null());
    api_reply_json(c, x, 200, answer);
}

static struct err *do_acquire(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return worker_lock_acquire(c->db, &call->lock, call->who.token_hash, machine_now_ms(&c->machine), &call->result);
}

void handle_lock_acquire(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    AUTO(call) struct call call = {0};
    AUTO(json) json_t *body = NULL;
    if (!api_authenticate(c, x, "compile", &call.who) || !api_read_body(c, x, &body))
        return;
    struct err *e = msg_lock_parse(body, &call.arena, &call.lock);
    if (!e)
        e = coordinator_transact(c, do_acquire, &call);
    if (e) {
        api_reply_err(c, x, e);
        return;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "acquired", json_boolean(call.result));
    api_reply_json(c, x, 200, answer);
}

static struct err *do_release(struct coordinator *c, void *arg)
{
    struct call *call = arg;
    return worker_lock_release(c->db, call->key, call->who.token_hash);
}

void handle_lock_release(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    AUTO(call) struct call call = {.key = http_request_segment(x, "key")};
    if (!api_authenticate(c, x, "compile", &call.who))
        return;
    struct err *e = coordinator_transact(c, do_release, &call);
    if (e)
        api_reply_err(c, x, e);
    else
        api_reply(c, x, 200, (struct slice){0});
}

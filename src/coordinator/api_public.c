/* What anybody may read. */
#include "base/u128.h"
#include "codec/json_doc.h"
#include "coordinator/service.h"
#include <stdio.h>
#include <time.h>

enum { JOBS_DEFAULT = 50, JOBS_MAX = 100, WORKERS_MAX = 1000, OFFLINE_AFTER_MS = 120 * 1000, ERROR_SHOWN_MAX = 2000 };

static json_t *text_column(struct db_stmt *s, int column)
{
    return db_is_null(s, column) ? json_null() : json_doc_string(db_text(s, column));
}

static json_t *u64_column(struct db_stmt *s, int column)
{
    return db_is_null(s, column) ? json_null() : json_integer((json_int_t)db_u64(s, column));
}

/* 2026-02-01T10:00:00.123Z */
static json_t *time_column(struct db_stmt *s, int column)
{
    char day[32], text[48];
    uint64_t ms = db_u64(s, column);
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    snprintf(text, sizeof text, "%s.%03uZ", day, (unsigned)(ms % 1000));
    return json_string(text);
}

json_t *pricing_write(void)
{
    static const char *const texts[][2] = {
        {"base_fee", "10000000000000000000000"},
        {"per_instruction_fee", "1000000000000000"},
        {"per_ms_fee", "1000000000000000000"},
        {"per_compile_ms_fee", "2000000000000000000"},
        {"base_fee_usd", "1000"},
        {"per_instruction_fee_usd", "1"},
        {"per_sec_fee_usd", "1"},
        {"per_compile_ms_fee_usd", "10"},
    };
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_object_set_new(out, texts[i][0], json_string(texts[i][1]));
    json_object_set_new(out, "max_compilation_seconds", json_integer(PRICING_MAX_COMPILATION_S));
    json_object_set_new(out, "max_instructions", json_integer(100000000000));
    json_object_set_new(out, "max_execution_seconds", json_integer(PRICING_MAX_EXECUTION_S));
    return out;
}

void handle_pricing(struct http_exchange *x, void *context)
{
    api_reply_json(context, x, 200, pricing_write());
}

static struct err *do_nothing(struct coordinator *c, void *arg)
{
    (void)c, (void)arg;
    return NULL;
}

void handle_health(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    struct err *e = coordinator_transact(c, do_nothing, NULL);
    if (e) {
        api_reply_err(c, x, e);
        return;
    }
    c->replies[200]++;
    http_reply(x, 200, "text/plain; charset=utf-8", SLICE("OK"));
}

/* Job list. */

struct job_view {
    uint64_t limit, offset, request_id; /* 0: any */
    uint64_t job_id;                    /* 0: any */
    struct slice user_account_id;       /* NULL pointer: any */
    json_t *out;
};

static const char select_jobs[] =
    "SELECT h.id, h.job_id, r.request_id, r.data_id, j.worker_id, h.success, j.status, j.error_details, j.job_type,"
    " h.execution_time_ms, h.compile_time_ms, h.instructions_used, r.user_account_id, r.near_payment_yocto,"
    " h.actual_cost_yocto, h.compile_cost_yocto, r.github_repo, r.github_commit, r.transaction_hash, h.created_ms,"
    " r.is_https, r.project_id, j.outcome"
    " FROM execution_history h JOIN jobs j ON j.job_id = h.job_id JOIN execution_requests r ON r.id = h.request_pk"
    " WHERE (?3 = 0 OR r.request_id = ?3) AND (?4 = 0 OR h.job_id = ?4) AND (?5 IS NULL OR r.user_account_id = ?5)"
    " ORDER BY h.id DESC LIMIT ?1 OFFSET ?2";

static json_t *write_job_row(struct db_stmt *s)
{
    json_t *out = json_object();
    json_object_set_new(out, "id", u64_column(s, 0));
    json_object_set_new(out, "job_id", u64_column(s, 1));
    json_object_set_new(out, "request_id", u64_column(s, 2));
    json_object_set_new(out, "data_id", text_column(s, 3));
    json_object_set_new(out, "worker_id", text_column(s, 4));
    json_object_set_new(out, "success", json_boolean(db_u64(s, 5)));
    json_object_set_new(out, "status", text_column(s, 6));
    json_object_set_new(out, "error_details",
                        db_is_null(s, 7) ? json_null() : json_doc_string(json_doc_cut_utf8(db_text(s, 7), ERROR_SHOWN_MAX)));
    json_object_set_new(out, "outcome", text_column(s, 22));
    json_object_set_new(out, "job_type", text_column(s, 8));
    json_object_set_new(out, "execution_time_ms", u64_column(s, 9));
    json_object_set_new(out, "compile_time_ms", u64_column(s, 10));
    json_object_set_new(out, "instructions_used", u64_column(s, 11));
    json_object_set_new(out, "resolve_tx_id", json_null());
    json_object_set_new(out, "user_account_id", text_column(s, 12));
    json_object_set_new(out, "near_payment_yocto", text_column(s, 13));
    json_object_set_new(out, "actual_cost_yocto", text_column(s, 14));
    json_object_set_new(out, "compile_cost_yocto", text_column(s, 15));
    json_object_set_new(out, "github_repo", text_column(s, 16));
    json_object_set_new(out, "github_commit", text_column(s, 17));
    json_object_set_new(out, "transaction_hash", text_column(s, 18));
    json_object_set_new(out, "created_at", time_column(s, 19));
    json_object_set_new(out, "is_https_call", json_boolean(db_u64(s, 20)));
    json_object_set_new(out, "call_id", json_null());
    json_object_set_new(out, "project_id", text_column(s, 21));
    json_object_set_new(out, "compute_cost_usd", json_null());
    return out;
}

static struct err *do_list_jobs(struct coordinator *c, void *arg)
{
    struct job_view *view = arg;
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(c->db, select_jobs, &s));
    db_bind_u64(s, 1, view->limit);
    db_bind_u64(s, 2, view->offset);
    db_bind_u64(s, 3, view->request_id);
    db_bind_u64(s, 4, view->job_id);
    if (view->user_account_id.ptr)
        db_bind_text(s, 5, view->user_account_id);
    TRY(db_step(s, &row));
    while (row) {
        json_array_append_new(view->out, write_job_row(s));
        TRY(db_step(s, &row));
    }
    return NULL;
}

/* A parameter that is a whole number; `fallback` when it is missing or anything else. */
static uint64_t query_u64(struct http_exchange *x, const char *name, uint64_t fallback)
{
    u128 value = 0;
    struct slice text = http_request_query(x, name);
    return text.ptr && u128_parse(text, &value) && value <= INT64_MAX ? (uint64_t)value : fallback;
}

static void reply_list(struct coordinator *c, struct http_exchange *x, struct err *e, json_t *list)
{
    if (!e) {
        api_reply_json(c, x, 200, list);
        return;
    }
    json_decref(list);
    api_reply_err(c, x, e);
}

void handle_jobs(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    uint64_t limit = query_u64(x, "limit", JOBS_DEFAULT);
    struct job_view view = {
        .limit = limit < 1          ? 1
                 : limit > JOBS_MAX ? JOBS_MAX
                                    : limit,
        .offset = query_u64(x, "offset", 0),
        .request_id = query_u64(x, "request_id", 0),
        .job_id = query_u64(x, "job_id", 0),
        .user_account_id = http_request_query(x, "user_account_id"),
        .out = json_array(),
    };
    struct slice source = http_request_query(x, "source");
    struct err *e = slice_eq_str(source, "https") ? NULL : coordinator_transact(c, do_list_jobs, &view);
    reply_list(c, x, e, view.out);
}

/* Workers. */

static const char select_workers[] =
    "SELECT w.worker_id, w.instance, w.worker_name, w.status, w.current_task_id, w.last_heartbeat_ms,"
    " (SELECT count(*) FROM execution_history h JOIN jobs j ON j.job_id = h.job_id"
    "  WHERE j.worker_id = w.worker_id AND h.success = 1),"
    " (SELECT count(*) FROM execution_history h JOIN jobs j ON j.job_id = h.job_id"
    "  WHERE j.worker_id = w.worker_id AND h.success = 0)"
    " FROM worker_status w ORDER BY w.last_heartbeat_ms DESC LIMIT ?1";

static json_t *write_worker_row(struct db_stmt *s, uint64_t now_ms)
{
    bool offline = now_ms > db_u64(s, 5) + OFFLINE_AFTER_MS;
    json_t *out = json_object();
    json_object_set_new(out, "worker_id", text_column(s, 0));
    json_object_set_new(out, "instance", text_column(s, 1));
    json_object_set_new(out, "worker_name", text_column(s, 2));
    json_object_set_new(out, "status", offline ? json_string("offline") : text_column(s, 3));
    json_object_set_new(out, "current_task_id", text_column(s, 4));
    json_object_set_new(out, "last_heartbeat_at", time_column(s, 5));
    json_object_set_new(out, "total_tasks_completed", u64_column(s, 6));
    json_object_set_new(out, "total_tasks_failed", u64_column(s, 7));
    json_object_set_new(out, "uptime_seconds", json_null());
    return out;
}

static struct err *do_list_workers(struct coordinator *c, void *arg)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(c->db, select_workers, &s));
    db_bind_u64(s, 1, WORKERS_MAX);
    TRY(db_step(s, &row));
    while (row) {
        json_array_append_new(arg, write_worker_row(s, machine_now_ms(&c->machine)));
        TRY(db_step(s, &row));
    }
    return NULL;
}

void handle_workers(struct http_exchange *x, void *context)
{
    json_t *list = json_array();
    reply_list(context, x, coordinator_transact(context, do_list_workers, list), list);
}

/* GET /metrics: Prometheus text (exposition format 0.0.4). */
#include "coordinator/service.h"

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_append_fmt(out, "# HELP outlayer_coordinator_%s %s\n# TYPE outlayer_coordinator_%s %s\n", name, help, name, type);
}

/* A statement of (label, value) rows; no text of a user is a label. */
static struct err *write_rows(struct coordinator *c, const char *sql, const char *name, const char *label, struct buf *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(c->db, sql, &s));
    db_bind_u64(s, 1, machine_now_ms(&c->machine));
    TRY(db_step(s, &row));
    while (row) {
        buf_append_fmt(out, "outlayer_coordinator_%s{%s=\"%.*s\"} %llu\n", name, label, SLICE_FMT(db_text(s, 0)),
                       (unsigned long long)db_u64(s, 1));
        TRY(db_step(s, &row));
    }
    return NULL;
}

static struct err *do_measure(struct coordinator *c, void *arg)
{
    struct buf *out = arg;
    uint64_t bytes = 0;
    head(out, "requests", "gauge", "Requests by state.");
    TRY(write_rows(c, "SELECT state, count(*) FROM execution_requests WHERE ?1 > 0 GROUP BY state", "requests", "state", out));
    head(out, "queue_items", "gauge", "Queue items by queue, leased ones included.");
    TRY(write_rows(c, "SELECT queue, count(*) FROM task_queue WHERE ?1 > 0 GROUP BY queue", "queue_items", "queue", out));
    head(out, "queue_oldest_age_ms", "gauge", "Age of the oldest queue item.");
    TRY(write_rows(c, "SELECT queue, max(?1 - min(created_ms), 0) FROM task_queue GROUP BY queue", "queue_oldest_age_ms",
                   "queue", out));
    head(out, "queue_leases", "gauge", "Queue items that a worker holds and has not claimed yet.");
    TRY(write_rows(c, "SELECT queue, count(*) FROM task_queue WHERE lease_until_ms > ?1 GROUP BY queue", "queue_leases",
                   "queue", out));
    head(out, "jobs_live", "gauge", "Claimed jobs by type.");
    TRY(write_rows(c, "SELECT job_type, count(*) FROM jobs WHERE status = 'in_progress' AND ?1 > 0 GROUP BY job_type",
                   "jobs_live", "type", out));
    head(out, "jobs_lost", "gauge", "Jobs whose lease ended and whose worker has not reported since.");
    TRY(write_rows(c, "SELECT job_type, count(*) FROM jobs WHERE lost = 1 AND ?1 > 0 GROUP BY job_type", "jobs_lost", "type",
                   out));
    head(out, "jobs_ended", "gauge", "Jobs that ended, by outcome: `denied` is a program that broke out of its sandbox.");
    TRY(write_rows(c, "SELECT outcome, count(*) FROM jobs WHERE outcome IS NOT NULL AND ?1 > 0 GROUP BY outcome", "jobs_ended",
                   "outcome", out));
    head(out, "egress_attempts", "gauge",
         "What programs asked of the network in the days that are kept, by whether it was allowed.");
    TRY(write_rows(c, "SELECT allowed, count(*) FROM egress_audit WHERE ?1 > 0 GROUP BY allowed", "egress_attempts", "allowed",
                   out));
    TRY(wasm_store_size(c->db, &bytes));
    head(out, "wasm_store_bytes", "gauge", "Bytes of code in the store.");
    buf_append_fmt(out, "outlayer_coordinator_wasm_store_bytes %llu\n", (unsigned long long)bytes);
    return NULL;
}

void handle_metrics(struct http_exchange *x, void *context)
{
    struct coordinator *c = context;
    AUTO(buf) struct buf out = {0};
    struct err *e = coordinator_transact(c, do_measure, &out);
    if (e) {
        api_reply_err(c, x, e);
        return;
    }
    head(&out, "polls_waiting", "gauge", "Long polls that wait for an item.");
    buf_append_fmt(&out, "outlayer_coordinator_polls_waiting %llu\n", (unsigned long long)c->polls_waiting);
    head(&out, "http_replies_total", "counter", "Answers of the API by status.");
    c->replies[200]++;
    for (size_t status = 0; status < STATUS_MAX; status++) {
        if (c->replies[status])
            buf_append_fmt(&out, "outlayer_coordinator_http_replies_total{status=\"%zu\"} %llu\n", status,
                           (unsigned long long)c->replies[status]);
    }
    http_reply(x, 200, "text/plain; version=0.0.4; charset=utf-8", buf_slice(&out));
}

/* Leases that run out, leases that are kept, and the repair of what should never break. */
#include "base/log.h"
#include "coordinator/request.h"

enum { RENEW_MS = 60 * 1000 };

static struct err *give_up(struct machine *m, uint64_t request_pk)
{
    static const struct request_failure unclaimed = {SLICE("Task could not be claimed"), SLICE("failed"), SLICE("unclaimed")};
    AUTO(arena) struct arena arena = {0};
    struct request r;
    TRY(request_load(m->db, request_pk, &arena, &r));
    log_error("a request was offered too often and is given up", LOG_U64("request_row", request_pk));
    TRY(request_set_failure(m, &r, &unclaimed));
    return request_apply(m, &r, EVENT_GIVEN_UP);
}

static struct err *free_item(struct machine *m, uint64_t id)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(
        m->db, "UPDATE task_queue SET lease_until_ms = NULL, lease_token_hash = NULL, attempts = attempts + 1 WHERE id = ?1",
        &s));
    db_bind_u64(s, 1, id);
    return db_run(s);
}

static struct err *sweep_item(struct machine *m, bool *more)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(m->db,
                   "SELECT id, request_pk, attempts FROM task_queue WHERE lease_until_ms IS NOT NULL AND lease_until_ms <= ?1"
                   " ORDER BY lease_until_ms LIMIT 1",
                   &s));
    db_bind_u64(s, 1, machine_now_ms(m));
    TRY(db_step(s, more));
    if (!*more)
        return NULL;
    uint64_t id = db_u64(s, 0), request_pk = db_u64(s, 1), attempts = db_u64(s, 2);
    db_reset(s);
    return attempts + 1 < m->settings.claim_attempts ? free_item(m, id) : give_up(m, request_pk);
}

static struct err *sweep_job(struct machine *m, bool *more)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    struct job job;
    TRY(db_prepare(
        m->db, "SELECT job_id FROM jobs WHERE status = 'in_progress' AND lease_until_ms <= ?1 ORDER BY lease_until_ms LIMIT 1",
        &s));
    db_bind_u64(s, 1, machine_now_ms(m));
    TRY(db_step(s, more));
    if (!*more)
        return NULL;
    TRY(job_load(m->db, db_u64(s, 0), &job));
    db_reset(s);
    return job_lose(m, &job);
}

struct err *machine_sweep(struct machine *m, bool *more)
{
    TRY(sweep_item(m, more));
    return *more ? NULL : sweep_job(m, more);
}

struct err *machine_renew(struct machine *m, struct slice worker_id, const char *token_hash, struct slice jobs)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db,
                   "UPDATE jobs SET lease_until_ms = min(lease_limit_ms, max(lease_until_ms, ?4))"
                   " WHERE job_id IN (SELECT value FROM json_each(?1))"
                   " AND worker_id = ?2 AND token_hash = ?3 AND status = 'in_progress'",
                   &s));
    db_bind_text(s, 1, jobs);
    db_bind_text(s, 2, worker_id);
    db_bind_text(s, 3, slice_str(token_hash));
    db_bind_u64(s, 4, machine_now_ms(m) + RENEW_MS);
    return db_run(s);
}

static struct err *find_lost_job(struct machine *m, struct slice worker_id, const char *token_hash, struct slice kept_jobs,
                                 struct job *out, bool *found)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(m->db,
                   "SELECT job_id FROM jobs WHERE status = 'in_progress' AND worker_id = ?1 AND token_hash = ?2"
                   " AND job_id NOT IN (SELECT value FROM json_each(?3)) LIMIT 1",
                   &s));
    db_bind_text(s, 1, worker_id);
    db_bind_text(s, 2, slice_str(token_hash));
    db_bind_text(s, 3, kept_jobs);
    TRY(db_step(s, found));
    return *found ? job_load(m->db, db_u64(s, 0), out) : NULL;
}

struct err *machine_worker_restarted(struct machine *m, struct slice worker_id, const char *token_hash, struct slice kept_jobs)
{
    struct job job;
    bool found = false;
    TRY(find_lost_job(m, worker_id, token_hash, kept_jobs, &job, &found));
    while (found) {
        TRY(job_lose(m, &job));
        TRY(find_lost_job(m, worker_id, token_hash, kept_jobs, &job, &found));
    }
    return NULL;
}

struct err *machine_free_items(struct machine *m)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(
        m->db, "UPDATE task_queue SET lease_until_ms = NULL, lease_token_hash = NULL WHERE lease_until_ms IS NOT NULL", &s));
    return db_run(s);
}

static struct err *repair_with(struct machine *m, const char *sql, uint64_t *repaired)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db, sql, &s));
    db_bind_u64(s, 1, machine_now_ms(m));
    TRY(db_run(s));
    *repaired += db_changes(m->db);
    return NULL;
}

struct err *machine_repair(struct machine *m, uint64_t *repaired)
{
    *repaired = 0;
    TRY(repair_with(m,
                    "INSERT INTO task_queue (request_pk, queue, available_ms, created_ms)"
                    " SELECT id, CASE state WHEN 'queued_compile' THEN 'compile' ELSE 'execute' END, ?1, ?1"
                    " FROM execution_requests WHERE state IN ('queued_compile', 'queued_execute')"
                    " AND NOT EXISTS (SELECT 1 FROM task_queue WHERE request_pk = execution_requests.id)",
                    repaired));
    return repair_with(m,
                       "DELETE FROM task_queue WHERE ?1 > 0 AND NOT EXISTS (SELECT 1 FROM execution_requests"
                       " WHERE id = request_pk AND state IN ('queued_compile', 'queued_execute'))",
                       repaired);
}

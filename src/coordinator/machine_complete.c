/* Jobs end: reported by their worker, or lost with it. */
#include "base/log.h"
#include "coordinator/request.h"

static const struct slice worker_lost = SLICE("Worker lost: the job did not end in its time"),
                          lost_outcome = SLICE("worker_lost");

static const char insert_history[] =
    "INSERT INTO execution_history (job_id, request_pk, success, execution_time_ms, compile_time_ms, instructions_used,"
    " actual_cost_yocto, compile_cost_yocto, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    " ON CONFLICT (job_id) DO UPDATE SET success = excluded.success, execution_time_ms = excluded.execution_time_ms,"
    " compile_time_ms = excluded.compile_time_ms, instructions_used = excluded.instructions_used,"
    " actual_cost_yocto = excluded.actual_cost_yocto, compile_cost_yocto = excluded.compile_cost_yocto";

struct err *job_write_history(struct machine *m, const struct job *job, const struct msg_complete *msg)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db, insert_history, &s));
    db_bind_u64(s, 1, job->job_id);
    db_bind_u64(s, 2, job->request_pk);
    db_bind_u64(s, 3, msg->status == JOB_COMPLETED);
    if (job->is_compile) {
        db_bind_u64(s, 5, msg->time_ms);
    } else {
        db_bind_u64(s, 4, msg->time_ms);
        db_bind_u64(s, 6, msg->instructions);
        db_bind_text_opt(s, 7, msg->actual_cost_yocto);
    }
    db_bind_text_opt(s, 8, msg->compile_cost_yocto);
    db_bind_u64(s, 9, machine_now_ms(m));
    return db_run(s);
}

static const char update_job[] =
    "UPDATE jobs SET status = ?2, lost = ?3, error_details = ?4, wasm_checksum = coalesce(?5, wasm_checksum),"
    " compile_cost_yocto = coalesce(?6, compile_cost_yocto), compile_time_ms = coalesce(?7, compile_time_ms), updated_ms = ?8,"
    " completed_ms = ?8, outcome = ?9 WHERE job_id = ?1";

static struct err *end_job(struct machine *m, const struct job *job, const struct msg_complete *msg, bool lost)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db, update_job, &s));
    db_bind_u64(s, 1, job->job_id);
    db_bind_text(s, 2, slice_str(job_status_name(msg->status)));
    db_bind_u64(s, 3, lost);
    db_bind_text_opt(s, 4, msg->error);
    db_bind_text_opt(s, 5, msg->wasm_checksum);
    if (job->is_compile) {
        db_bind_text_opt(s, 6, msg->compile_cost_yocto);
        db_bind_u64(s, 7, msg->time_ms);
    }
    db_bind_u64(s, 8, machine_now_ms(m));
    db_bind_text_opt(s, 9, msg->outcome);
    TRY(db_run(s));
    return job_write_history(m, job, msg);
}

static struct err *compile_ended(struct machine *m, struct request *r, const struct msg_complete *msg)
{
    if (msg->status != JOB_COMPLETED) {
        const struct request_failure failure = {.text = msg->error.ptr ? msg->error : SLICE("Compilation failed"),
                                                .category = slice_str(job_status_name(msg->status)),
                                                .outcome = msg->outcome};
        TRY(request_set_failure(m, r, &failure));
        return request_apply(m, r, EVENT_COMPILE_ENDED);
    }
    if (r->force_rebuild)
        TRY(request_clear_force_rebuild(m, r));
    if (msg->compile_result.ptr)
        TRY(request_set_compile_result(m, r, msg->compile_result));
    else if (r->compile_only && !r->compile_result.ptr)
        TRY(request_set_compile_result(m, r, r->wasm_checksum));
    return request_apply(m, r, EVENT_COMPILE_ENDED);
}

static struct err *complete_compile(struct machine *m, const struct job *job, const struct msg_complete *msg)
{
    AUTO(arena) struct arena arena = {0};
    struct msg_complete ended = *msg;
    struct request r;
    struct wasm_row row;
    bool present = false;
    TRY(request_load(m->db, job->request_pk, &arena, &r));
    TRY(wasm_row_find(m->wasm, m->db, r.wasm_checksum, &row, &present));
    if (ended.status == JOB_COMPLETED && !present) {
        ended.status = JOB_COMPILATION_FAILED;
        ended.error = SLICE("Compiled WASM was not uploaded");
        ended.outcome = SLICE("compile_failed");
    }
    TRY(end_job(m, job, &ended, false));
    /* After a late report the request is queued again or further; the next claim sees the job as it now is. */
    return job->lost ? NULL : compile_ended(m, &r, &ended);
}

static struct err *any_execute_completed(struct db *db, uint64_t request_pk, bool *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(db, "SELECT 1 FROM jobs WHERE request_pk = ?1 AND job_type = 'execute' AND status = 'completed' LIMIT 1",
                   &s));
    db_bind_u64(s, 1, request_pk);
    return db_step(s, out);
}

static struct err *complete_execute(struct machine *m, const struct job *job, const struct msg_complete *msg)
{
    AUTO(arena) struct arena arena = {0};
    struct request r;
    bool done = false;
    TRY(end_job(m, job, msg, false));
    TRY(request_load(m->db, job->request_pk, &arena, &r));
    /* A late report ends the request while the delivery of its loss is still queued, and only notes itself after that. */
    bool moves = job->lost ? r.state == REQUEST_QUEUED_EXECUTE : true;
    TRY(any_execute_completed(m->db, job->request_pk, &done));
    return moves ? request_apply(m, &r, done ? EVENT_EXECUTE_DONE : EVENT_EXECUTE_FAILED) : NULL;
}

struct err *machine_complete(struct machine *m, const struct msg_complete *msg, const char *token_hash)
{
    struct job job;
    TRY(job_load(m->db, msg->job_id, &job));
    if (!slice_eq_str(slice_str(token_hash), job.token_hash))
        return err_new(ERR_CONFLICT, "job %llu was claimed with another token", (unsigned long long)job.job_id);
    if (!job.in_progress && !job.lost)
        return NULL;
    return job.is_compile ? complete_compile(m, &job, msg) : complete_execute(m, &job, msg);
}

static struct err *lose_compile(struct machine *m, const struct job *job, struct request *r)
{
    if (job->attempt < m->settings.compile_attempts)
        return request_apply(m, r, EVENT_COMPILE_LOST);
    const struct request_failure failure = {worker_lost, SLICE("compilation_failed"), lost_outcome};
    TRY(request_set_failure(m, r, &failure));
    return request_apply(m, r, EVENT_COMPILE_ENDED);
}

static struct err *lose_execute(struct machine *m, const struct job *job, struct request *r)
{
    const struct request_failure failure = {worker_lost, SLICE("failed"), lost_outcome};
    TRY(request_set_failure(m, r, &failure));
    return request_apply(m, r, job->attempt < m->settings.delivery_attempts ? EVENT_EXECUTE_LOST : EVENT_GIVEN_UP);
}

struct err *job_lose(struct machine *m, const struct job *job)
{
    AUTO(arena) struct arena arena = {0};
    struct request r;
    log_warn("a job's lease ended without a report", LOG_U64("job_id", job->job_id), LOG_U64("attempt", job->attempt));
    const struct msg_complete report = {.status = JOB_FAILED, .error = worker_lost, .outcome = lost_outcome};
    TRY(end_job(m, job, &report, true));
    TRY(request_load(m->db, job->request_pk, &arena, &r));
    return job->is_compile ? lose_compile(m, job, &r) : lose_execute(m, job, &r);
}

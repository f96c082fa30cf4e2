/* A worker that holds a queue item asks for its job. The rules are numbered as in the protocol's claim table. */
#include "base/log.h"
#include "coordinator/request.h"

struct claim {
    struct machine *m;
    const struct msg_claim *msg;
    const char *token_hash;
    struct arena *arena;
    struct request r;
    bool code_present, has_result, compiled; /* compiled: the newest compile job of this request went well */
};

static struct err *item_is_leased(struct claim *c, bool *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(c->m->db, "SELECT 1 FROM task_queue WHERE request_pk = ?1 AND lease_token_hash = ?2 AND lease_until_ms > ?3",
                   &s));
    db_bind_u64(s, 1, c->r.pk);
    db_bind_text(s, 2, slice_str(c->token_hash));
    db_bind_u64(s, 3, machine_now_ms(c->m));
    return db_step(s, out);
}

/* What the newest compile job left for the execute job's answer. */
static struct err *read_compile_job(struct claim *c, struct job_info *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(c->m->db,
                   "SELECT status = 'completed', compile_cost_yocto, compile_time_ms FROM jobs"
                   " WHERE request_pk = ?1 AND job_type = 'compile' ORDER BY attempt DESC LIMIT 1",
                   &s));
    db_bind_u64(s, 1, c->r.pk);
    TRY(db_step(s, &row));
    if (!row)
        return NULL;
    c->compiled = db_u64(s, 0);
    if (!db_is_null(s, 1))
        out->compile_cost_yocto = arena_copy(c->arena, db_text(s, 1));
    out->has_compile_time = !db_is_null(s, 2);
    out->compile_time_ms = db_u64(s, 2);
    return NULL;
}

/* How long a job may take before its worker counts as lost. */
static uint64_t budget_ms(const struct machine *m, const struct request *r, bool is_compile)
{
    const struct machine_settings *s = &m->settings;
    if (is_compile)
        return s->compile_limit_ms + 2 * s->overhead_ms;
    uint64_t cap_s = s->execution_cap_ms / 1000;
    uint64_t run_ms = r->execution_seconds < cap_s ? r->execution_seconds * 1000 : s->execution_cap_ms;
    return run_ms + 2 * s->overhead_ms + s->download_ms;
}

static void describe_job(const struct claim *c, uint64_t job_id, uint64_t created_s, bool is_compile, struct job_info *out)
{
    out->job_id = job_id;
    out->created_s = created_s;
    out->is_compile = is_compile;
    out->wasm_checksum = c->r.wasm_checksum;
    out->project_id = c->r.project_id;
    out->project_uuid = c->r.project_uuid;
    out->compile_error = c->r.failure.text;
    out->error_category = c->r.failure.category;
    out->outcome = c->r.failure.outcome;
}

static const char insert_job[] =
    "INSERT INTO jobs (request_pk, job_type, attempt, status, worker_id, token_hash, wasm_checksum, lease_until_ms,"
    " lease_limit_ms, created_s, updated_ms, claim_id)"
    " SELECT ?1, ?2, 1 + count(*), 'in_progress', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM jobs"
    " WHERE request_pk = ?1 AND job_type = ?2 RETURNING job_id";

static struct err *start_job(struct claim *c, bool is_compile, struct job_info *out, bool *found)
{
    uint64_t now_ms = machine_now_ms(c->m), budget = budget_ms(c->m, &c->r, is_compile);
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(c->m->db, insert_job, &s));
    db_bind_u64(s, 1, c->r.pk);
    db_bind_text(s, 2, is_compile ? SLICE("compile") : SLICE("execute"));
    db_bind_text(s, 3, c->msg->worker_id);
    db_bind_text(s, 4, slice_str(c->token_hash));
    if (c->r.wasm_checksum.ptr)
        db_bind_text(s, 5, c->r.wasm_checksum);
    db_bind_u64(s, 6, now_ms + budget);
    db_bind_u64(s, 7, now_ms + 2 * budget);
    db_bind_u64(s, 8, now_ms / 1000);
    db_bind_u64(s, 9, now_ms);
    if (c->msg->claim_id.ptr)
        db_bind_text(s, 10, c->msg->claim_id);
    TRY(db_step(s, found));
    if (!*found)
        return err_new(ERR_BUG, "a job was not inserted");
    describe_job(c, db_u64(s, 0), now_ms / 1000, is_compile, out);
    return request_apply(c->m, &c->r, is_compile ? EVENT_CLAIM_COMPILE : EVENT_CLAIM_EXECUTE);
}

/* The answer to a claim may be lost on its way: the same claim again gets the same job. */
static struct err *find_claimed(struct claim *c, struct job_info *out, bool *found)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(c->m->db,
                   "SELECT job_id, created_s, job_type = 'compile' FROM jobs WHERE request_pk = ?1 AND status = 'in_progress'"
                   " AND token_hash = ?2 AND worker_id = ?3 AND claim_id = ?4",
                   &s));
    db_bind_u64(s, 1, c->r.pk);
    db_bind_text(s, 2, slice_str(c->token_hash));
    db_bind_text(s, 3, c->msg->worker_id);
    db_bind_text(s, 4, c->msg->claim_id);
    TRY(db_step(s, found));
    if (*found)
        describe_job(c, db_u64(s, 0), db_u64(s, 1), db_u64(s, 2), out);
    return NULL;
}

/* An execute job, or the item goes to those who can execute. */
static struct err *execute_or_return(struct claim *c, struct job_info *out, bool *found)
{
    if (c->msg->capabilities & CAN_EXECUTE)
        return start_job(c, false, out, found);
    return request_apply(c->m, &c->r, EVENT_CODE_PRESENT);
}

static struct err *decide(struct claim *c, struct job_info *out, bool *found)
{
    if (c->r.failure.text.ptr) /* 3 */
        return execute_or_return(c, out, found);
    if (c->has_result && c->msg->capabilities & CAN_EXECUTE) /* 4 */
        return start_job(c, false, out, found);
    if (!c->code_present || (c->r.force_rebuild && !c->compiled)) { /* 5 */
        if (c->msg->capabilities & CAN_COMPILE)
            return start_job(c, true, out, found);
        return request_apply(c->m, &c->r, EVENT_CODE_MISSING);
    }
    if (c->r.compile_only && !c->has_result) /* 6 */
        TRY(request_set_compile_result(c->m, &c->r, c->r.wasm_checksum));
    return execute_or_return(c, out, found); /* 7, 8 */
}

struct err *machine_claim(struct machine *m, const struct msg_claim *msg, const char *token_hash, struct arena *arena,
                          struct job_info *out, bool *found)
{
    struct claim c = {.m = m, .msg = msg, .token_hash = token_hash, .arena = arena};
    struct wasm_row row;
    bool known = false, leased = false;
    *found = false;
    *out = (struct job_info){0};
    TRY(request_find(m->db, msg->request_id, msg->data_id, arena, &c.r, &known));
    if (!known) { /* 1 */
        log_warn("claim of a request that is not known", LOG_U64("request_id", msg->request_id));
        return NULL;
    }
    TRY(read_compile_job(&c, out));
    TRY(item_is_leased(&c, &leased)); /* 2: a request that is final or has a live job has no item either */
    if (!leased)
        return msg->claim_id.ptr ? find_claimed(&c, out, found) : NULL;
    TRY(wasm_row_find(m->wasm, m->db, c.r.wasm_checksum, &row, &c.code_present));
    c.has_result = c.r.compile_result.ptr || msg->has_compile_result;
    return decide(&c, out, found);
}

struct err *machine_compiles(struct machine *m, struct slice checksum, const char *token_hash, bool *compiles, bool *replaces)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(
        m->db,
        "SELECT max(r.force_rebuild) FROM execution_requests r JOIN jobs j ON j.request_pk = r.id"
        " WHERE r.wasm_checksum = ?1 AND r.state = 'compiling' AND j.job_type = 'compile' AND j.status = 'in_progress'"
        " AND j.token_hash = ?2",
        &s));
    db_bind_text(s, 1, checksum);
    db_bind_text(s, 2, slice_str(token_hash));
    TRY(db_step(s, compiles));
    *compiles = *compiles && !db_is_null(s, 0);
    *replaces = *compiles && db_u64(s, 0);
    return NULL;
}

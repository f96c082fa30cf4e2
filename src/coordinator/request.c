#include "coordinator/request.h"
#include "base/log.h"
#include <string.h>

static const char *const state_names[REQUEST_STATES] = {
    [REQUEST_QUEUED_COMPILE] = "queued_compile",
    [REQUEST_COMPILING] = "compiling",
    [REQUEST_QUEUED_EXECUTE] = "queued_execute",
    [REQUEST_EXECUTING] = "executing",
    [REQUEST_DONE] = "done",
    [REQUEST_FAILED] = "failed",
    [REQUEST_EXPIRED] = "expired",
};

static const struct transition {
    enum request_state from;
    enum request_event event;
    enum request_state to;
} transitions[] = {
    {REQUEST_QUEUED_COMPILE, EVENT_CLAIM_COMPILE, REQUEST_COMPILING},
    {REQUEST_QUEUED_COMPILE, EVENT_CLAIM_EXECUTE, REQUEST_EXECUTING}, /* the code came by other ways, or a failure is told */
    {REQUEST_QUEUED_COMPILE, EVENT_CODE_MISSING, REQUEST_QUEUED_COMPILE},
    {REQUEST_QUEUED_COMPILE, EVENT_CODE_PRESENT, REQUEST_QUEUED_EXECUTE},
    {REQUEST_QUEUED_COMPILE, EVENT_GIVEN_UP, REQUEST_FAILED},

    {REQUEST_COMPILING, EVENT_COMPILE_ENDED, REQUEST_QUEUED_EXECUTE},
    {REQUEST_COMPILING, EVENT_COMPILE_LOST, REQUEST_QUEUED_COMPILE},

    {REQUEST_QUEUED_EXECUTE, EVENT_CLAIM_COMPILE, REQUEST_COMPILING}, /* the code was evicted */
    {REQUEST_QUEUED_EXECUTE, EVENT_CLAIM_EXECUTE, REQUEST_EXECUTING},
    {REQUEST_QUEUED_EXECUTE, EVENT_CODE_MISSING, REQUEST_QUEUED_COMPILE},
    {REQUEST_QUEUED_EXECUTE, EVENT_CODE_PRESENT, REQUEST_QUEUED_EXECUTE},
    {REQUEST_QUEUED_EXECUTE, EVENT_EXECUTE_DONE, REQUEST_DONE},     /* a lost job's worker reports after all, */
    {REQUEST_QUEUED_EXECUTE, EVENT_EXECUTE_FAILED, REQUEST_FAILED}, /* before its loss was delivered */
    {REQUEST_QUEUED_EXECUTE, EVENT_GIVEN_UP, REQUEST_FAILED},

    {REQUEST_EXECUTING, EVENT_EXECUTE_DONE, REQUEST_DONE},
    {REQUEST_EXECUTING, EVENT_EXECUTE_FAILED, REQUEST_FAILED},
    {REQUEST_EXECUTING, EVENT_EXECUTE_LOST, REQUEST_QUEUED_EXECUTE},
    {REQUEST_EXECUTING, EVENT_GIVEN_UP, REQUEST_FAILED},
};

static const char *queue_of(enum request_state state)
{
    if (state == REQUEST_QUEUED_COMPILE)
        return "compile";
    return state == REQUEST_QUEUED_EXECUTE ? "execute" : NULL;
}

const char *request_state_name(enum request_state state)
{
    return state_names[state];
}

static enum request_state state_of(struct slice name)
{
    enum request_state state = 0;
    while (state < REQUEST_EXPIRED && !slice_eq_str(name, state_names[state]))
        state++;
    return state;
}

#define REQUEST_COLUMNS                                                                                               \
    "SELECT id, state, compile_only, force_rebuild, execution_seconds, wasm_checksum, compile_result, compile_error," \
    " error_category, project_id, project_uuid, failure_outcome FROM execution_requests "

static struct slice text_column(struct db_stmt *s, int column, struct arena *arena)
{
    return db_is_null(s, column) ? (struct slice){0} : arena_copy(arena, db_text(s, column));
}

static struct err *read_request(struct db_stmt *s, struct arena *arena, struct request *out, bool *found)
{
    TRY(db_step(s, found));
    if (!*found)
        return NULL;
    *out = (struct request){
        .pk = db_u64(s, 0),
        .state = state_of(db_text(s, 1)),
        .compile_only = db_u64(s, 2),
        .force_rebuild = db_u64(s, 3),
        .execution_seconds = db_u64(s, 4),
        .wasm_checksum = text_column(s, 5, arena),
        .compile_result = text_column(s, 6, arena),
        .failure.text = text_column(s, 7, arena),
        .failure.category = text_column(s, 8, arena),
        .failure.outcome = text_column(s, 11, arena),
        .project_id = text_column(s, 9, arena),
        .project_uuid = text_column(s, 10, arena),
    };
    return NULL;
}

struct err *request_find(struct db *db, uint64_t request_id, struct slice data_id, struct arena *arena, struct request *out,
                         bool *found)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(db, REQUEST_COLUMNS "WHERE request_id = ?1 AND data_id = ?2", &s));
    db_bind_u64(s, 1, request_id);
    db_bind_text(s, 2, data_id);
    return read_request(s, arena, out, found);
}

struct err *request_load(struct db *db, uint64_t pk, struct arena *arena, struct request *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool found = false;
    TRY(db_prepare(db, REQUEST_COLUMNS "WHERE id = ?1", &s));
    db_bind_u64(s, 1, pk);
    TRY(read_request(s, arena, out, &found));
    return found ? NULL : err_new(ERR_BUG, "request row %llu is gone", (unsigned long long)pk);
}

static struct err *put_queue_item(struct machine *m, uint64_t pk, const char *queue)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db,
                   "INSERT INTO task_queue (request_pk, queue, available_ms, created_ms) VALUES (?1, ?2, ?3, ?3)"
                   " ON CONFLICT (request_pk) DO UPDATE SET queue = excluded.queue, available_ms = excluded.available_ms,"
                   " lease_until_ms = NULL, lease_token_hash = NULL",
                   &s));
    db_bind_u64(s, 1, pk);
    db_bind_text(s, 2, slice_str(queue));
    db_bind_u64(s, 3, machine_now_ms(m));
    return db_run(s);
}

static struct err *drop_queue_item(struct machine *m, uint64_t pk)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db, "DELETE FROM task_queue WHERE request_pk = ?1", &s));
    db_bind_u64(s, 1, pk);
    return db_run(s);
}

struct err *request_enter(struct machine *m, struct request *r, enum request_state to)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db, "UPDATE execution_requests SET state = ?2, updated_ms = ?3 WHERE id = ?1", &s));
    db_bind_u64(s, 1, r->pk);
    db_bind_text(s, 2, slice_str(state_names[to]));
    db_bind_u64(s, 3, machine_now_ms(m));
    TRY(db_run(s));
    r->state = to;
    return queue_of(to) ? put_queue_item(m, r->pk, queue_of(to)) : drop_queue_item(m, r->pk);
}

struct err *request_apply(struct machine *m, struct request *r, enum request_event event)
{
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++) {
        if (transitions[i].from == r->state && transitions[i].event == event)
            return request_enter(m, r, transitions[i].to);
    }
    return err_new(ERR_BUG, "request row %llu in state %s cannot take event %d", (unsigned long long)r->pk,
                   state_names[r->state], (int)event);
}

struct err *request_set_failure(struct machine *m, struct request *r, const struct request_failure *failure)
{
    if (r->failure.text.ptr)
        return NULL;
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db,
                   "UPDATE execution_requests SET compile_error = ?2, error_category = ?3, failure_outcome = ?4,"
                   " compile_only = 0, force_rebuild = 0 WHERE id = ?1",
                   &s));
    db_bind_u64(s, 1, r->pk);
    db_bind_text(s, 2, failure->text);
    db_bind_text(s, 3, failure->category);
    if (failure->outcome.ptr)
        db_bind_text(s, 4, failure->outcome);
    TRY(db_run(s));
    r->failure = *failure;
    r->compile_only = r->force_rebuild = false;
    return NULL;
}

struct err *request_set_compile_result(struct machine *m, struct request *r, struct slice result)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db, "UPDATE execution_requests SET compile_result = ?2 WHERE id = ?1", &s));
    db_bind_u64(s, 1, r->pk);
    db_bind_text(s, 2, result);
    r->compile_result = result;
    return db_run(s);
}

struct err *request_clear_force_rebuild(struct machine *m, struct request *r)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db, "UPDATE execution_requests SET force_rebuild = 0 WHERE id = ?1", &s));
    db_bind_u64(s, 1, r->pk);
    r->force_rebuild = false;
    return db_run(s);
}

struct err *job_load(struct db *db, uint64_t job_id, struct job *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(db,
                   "SELECT job_id, request_pk, attempt, job_type = 'compile', status = 'in_progress', lost, token_hash,"
                   " created_s FROM jobs"
                   " WHERE job_id = ?1",
                   &s));
    db_bind_u64(s, 1, job_id);
    TRY(db_step(s, &row));
    if (!row)
        return err_new(ERR_NOT_FOUND, "there is no job %llu", (unsigned long long)job_id);
    *out = (struct job){
        .job_id = db_u64(s, 0),
        .request_pk = db_u64(s, 1),
        .attempt = db_u64(s, 2),
        .created_s = db_u64(s, 7),
        .is_compile = db_u64(s, 3),
        .in_progress = db_u64(s, 4),
        .lost = db_u64(s, 5),
    };
    struct slice token = db_text(s, 6);
    memcpy(out->token_hash, token.ptr, token.len < HASH_HEX_MAX ? token.len : HASH_HEX_MAX - 1);
    return NULL;
}

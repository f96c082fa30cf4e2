/* Requests come in, and workers are offered them. */
#include "base/arena.h"
#include "codec/json_doc.h"
#include "coordinator/request.h"

enum { EXECUTE_FIRST_AFTER_MS = 30 * 1000 };

static const char insert_request[] =
    "INSERT INTO execution_requests (request_id, data_id, state, request_json, code_source_json, wasm_checksum, github_repo,"
    " github_commit, compile_only, force_rebuild, execution_seconds, project_id, project_uuid, user_account_id,"
    " near_payment_yocto, transaction_hash, created_ms, updated_ms)"
    " VALUES (?1, ?2, 'queued_compile', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16)"
    " ON CONFLICT (request_id, data_id) DO NOTHING RETURNING id";

static struct err *insert(struct machine *m, const struct msg_create *msg, uint64_t *pk, bool *created)
{
    AUTO(buf) struct buf source = {0};
    AUTO(json) json_t *source_doc = code_source_write(&msg->source);
    json_doc_write(source_doc, &source);
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(m->db, insert_request, &s));
    db_bind_u64(s, 1, msg->request_id);
    db_bind_text(s, 2, msg->data_id);
    db_bind_text(s, 3, msg->request_json);
    db_bind_text(s, 4, buf_slice(&source));
    db_bind_text_opt(s, 5, msg->source.checksum[0] ? slice_str(msg->source.checksum) : (struct slice){0});
    db_bind_text_opt(s, 6, msg->source.repo);
    db_bind_text_opt(s, 7, msg->source.commit);
    db_bind_u64(s, 8, msg->compile_only);
    db_bind_u64(s, 9, msg->force_rebuild);
    db_bind_u64(s, 10, msg->execution_seconds);
    db_bind_text_opt(s, 11, msg->project_id);
    db_bind_text_opt(s, 12, msg->project_uuid);
    db_bind_text_opt(s, 13, msg->user_account_id);
    db_bind_text_opt(s, 14, msg->near_payment_yocto);
    db_bind_text_opt(s, 15, msg->transaction_hash);
    db_bind_u64(s, 16, machine_now_ms(m));
    TRY(db_step(s, created));
    if (*created)
        *pk = db_u64(s, 0);
    return NULL;
}

struct err *machine_create(struct machine *m, const struct msg_create *msg, bool *created)
{
    struct request r = {0};
    TRY(insert(m, msg, &r.pk, created));
    if (!*created)
        return NULL;
    if (!msg->source.checksum[0]) {
        static const struct request_failure no_code = {SLICE("The code's hash is not 64 hex digits: no code can match it"),
                                                       SLICE("failed"), SLICE("invalid_source")};
        TRY(request_set_failure(m, &r, &no_code));
        return request_enter(m, &r, REQUEST_QUEUED_EXECUTE);
    }
    struct wasm_row row;
    bool present = false;
    TRY(wasm_row_find(m->wasm, m->db, slice_str(msg->source.checksum), &row, &present));
    return request_enter(m, &r, msg->force_rebuild || !present ? REQUEST_QUEUED_COMPILE : REQUEST_QUEUED_EXECUTE);
}

struct item {
    bool found;
    uint64_t id, request_pk, available_ms;
};

static struct err *find_free(struct db *db, const char *queue, struct item *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(db,
                   "SELECT id, request_pk, available_ms FROM task_queue WHERE queue = ?1 AND lease_until_ms IS NULL"
                   " ORDER BY available_ms, id LIMIT 1",
                   &s));
    db_bind_text(s, 1, slice_str(queue));
    TRY(db_step(s, &out->found));
    if (out->found)
        *out = (struct item){true, db_u64(s, 0), db_u64(s, 1), db_u64(s, 2)};
    return NULL;
}

/* Compiles go first, unless an execute item has waited long: compiles must not starve calls. */
static struct err *choose(struct machine *m, unsigned capabilities, struct item *out)
{
    struct item compile = {0}, execute = {0};
    if (capabilities & CAN_COMPILE)
        TRY(find_free(m->db, "compile", &compile));
    if (capabilities & CAN_EXECUTE)
        TRY(find_free(m->db, "execute", &execute));
    bool waited = execute.found && execute.available_ms + EXECUTE_FIRST_AFTER_MS < machine_now_ms(m);
    *out = compile.found && !waited ? compile : execute;
    return NULL;
}

static struct err *lease(struct machine *m, const struct item *item, const char *token_hash)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(m->db, "UPDATE task_queue SET lease_until_ms = ?2, lease_token_hash = ?3 WHERE id = ?1", &s));
    db_bind_u64(s, 1, item->id);
    db_bind_u64(s, 2, machine_now_ms(m) + m->settings.task_lease_ms);
    db_bind_text(s, 3, slice_str(token_hash));
    return db_run(s);
}

/* The stored document with what has changed since: the source apart, and what a compile left. */
static struct err *write_item(struct machine *m, uint64_t request_pk, struct buf *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(m->db,
                   "SELECT request_json, code_source_json, compile_only, force_rebuild, compile_result FROM execution_requests"
                   " WHERE id = ?1",
                   &s));
    db_bind_u64(s, 1, request_pk);
    TRY(db_step(s, &row));
    if (!row)
        return err_new(ERR_BUG, "queue item of request row %llu, which is gone", (unsigned long long)request_pk);
    AUTO(json) json_t *doc = NULL;
    json_t *source = NULL;
    TRY_DOING(json_doc_parse(db_text(s, 0), &doc), "stored request");
    if (!db_is_null(s, 1)) {
        TRY_DOING(json_doc_parse(db_text(s, 1), &source), "stored code source");
        json_object_set_new(doc, "code_source", source);
    }
    json_object_set_new(doc, "compile_only", json_boolean(db_u64(s, 2)));
    json_object_set_new(doc, "force_rebuild", json_boolean(db_u64(s, 3)));
    if (!db_is_null(s, 4))
        json_object_set_new(doc, "compile_result", json_doc_string(db_text(s, 4)));
    json_doc_write(doc, out);
    return NULL;
}

struct err *machine_poll(struct machine *m, unsigned capabilities, const char *token_hash, struct buf *out, bool *found)
{
    struct item item = {0};
    TRY(choose(m, capabilities, &item));
    *found = item.found;
    if (!item.found)
        return NULL;
    TRY(lease(m, &item, token_hash));
    return write_item(m, item.request_pk, out);
}

#include "coordinator/egress_audit.h"
#include "codec/json_doc.h"
#include "coordinator/request.h"
#include <string.h>

enum { HOST_MAX = 255, TEXT_MAX = 300 };

static struct err *read_text(const json_t *object, const char *name, size_t max, struct slice *out)
{
    TRY(json_doc_str_opt(object, name, out));
    return out->len <= max ? NULL : err_new(ERR_INVALID, "member `%s` is longer than %zu bytes", name, max);
}

struct record {
    struct slice host, reason;
    uint64_t bytes;
    bool has_bytes, allowed;
};

static struct err *read_record(const json_t *object, struct record *out)
{
    *out = (struct record){0};
    TRY(json_doc_str(object, "host", &out->host));
    TRY(read_text(object, "host", HOST_MAX, &out->host));
    TRY(read_text(object, "reason", TEXT_MAX, &out->reason));
    TRY(json_doc_bool(object, "allowed", &out->allowed));
    out->has_bytes = json_is_integer(json_object_get(object, "bytes"));
    return out->has_bytes ? json_doc_u64(object, "bytes", &out->bytes) : NULL;
}

struct err *egress_audit_parse(const json_t *body, struct egress_audit *out)
{
    struct record record;
    *out = (struct egress_audit){.records = json_object_get(body, "records")};
    TRY(json_doc_u64(body, "job_id", &out->job_id));
    TRY(read_text(body, "project_id", TEXT_MAX, &out->project_id));
    TRY(read_text(body, "wasm_checksum", TEXT_MAX, &out->checksum));
    TRY(read_text(body, "executed_wasm_sha256", TEXT_MAX, &out->executed));
    TRY(read_text(body, "connector_id", TEXT_MAX, &out->connector_id));
    if (!json_is_array(out->records) || json_array_size(out->records) > EGRESS_RECORDS_MAX)
        return err_new(ERR_INVALID, "member `records` is no array of at most %d", EGRESS_RECORDS_MAX);
    for (size_t i = 0; i < json_array_size(out->records); i++)
        TRY_DOING(read_record(json_array_get(out->records, i), &record), "records[%zu]", i);
    return NULL;
}

static struct err *insert(struct db *db, const struct egress_audit *a, const struct record *r, uint64_t now_ms)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(
        db,
        "INSERT INTO egress_audit (job_id, project_id, wasm_checksum, executed_wasm_sha256, connector_id, host, bytes,"
        " allowed, reason, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &s));
    db_bind_u64(s, 1, a->job_id);
    db_bind_text_opt(s, 2, a->project_id);
    db_bind_text_opt(s, 3, a->checksum);
    db_bind_text_opt(s, 4, a->executed);
    db_bind_text_opt(s, 5, a->connector_id);
    db_bind_text(s, 6, r->host);
    if (r->has_bytes)
        db_bind_u64(s, 7, r->bytes);
    else
        db_bind_null(s, 7);
    db_bind_u64(s, 8, r->allowed);
    db_bind_text_opt(s, 9, r->reason);
    db_bind_u64(s, 10, now_ms);
    return db_run(s);
}

static struct err *is_known(struct db *db, uint64_t job_id, bool *known)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(db, "SELECT 1 FROM egress_audit WHERE job_id = ?1 LIMIT 1", &s));
    db_bind_u64(s, 1, job_id);
    return db_step(s, known);
}

static struct err *forget_old(struct db *db, uint64_t now_ms)
{
    const uint64_t kept_ms = EGRESS_KEPT_DAYS * UINT64_C(24 * 3600 * 1000);
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, "DELETE FROM egress_audit WHERE created_ms < ?1", &s));
    db_bind_u64(s, 1, now_ms > kept_ms ? now_ms - kept_ms : 0);
    return db_run(s);
}

struct err *egress_audit_store(struct db *db, const struct egress_audit *audit, const char *token_hash, uint64_t now_ms)
{
    struct job job;
    struct record record;
    bool known = false;
    TRY(job_load(db, audit->job_id, &job));
    if (strcmp(job.token_hash, token_hash) != 0)
        return err_new(ERR_NOT_FOUND, "there is no job %llu", (unsigned long long)audit->job_id);
    TRY(is_known(db, audit->job_id, &known));
    for (size_t i = 0; !known && i < json_array_size(audit->records); i++) {
        TRY(read_record(json_array_get(audit->records, i), &record));
        TRY(insert(db, audit, &record, now_ms));
    }
    return forget_old(db, now_ms);
}

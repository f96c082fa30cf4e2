#include "coordinator/attestation.h"
#include "base/u128.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "coordinator/members.h"
#include "coordinator/request.h"
#include "dcap/quote.h"
#include "tee/attestation/v2.h"
#include <inttypes.h>

/* Where a TD report's RTMR3 stands in a quote of version 4; version 5 has 6 bytes more in front of the body. */
enum {
    RTMR_LEN = 48,
    RTMR3_AT_V4 = sizeof(struct quote_header) + offsetof(struct td_report, rtmr) + 3 * RTMR_LEN,
    RTMR3_AT_V5 = RTMR3_AT_V4 + 6,
    QUOTE_MAX = 64 * 1024,
    TEXT_MAX = 4096
};

static const struct member members[] = {
    {"task_type", MEMBER_STR, MEMBER_MUST},
    {"request_id", MEMBER_U64, MEMBER_MAY},
    {"caller_account_id", MEMBER_STR, MEMBER_MAY},
    {"transaction_hash", MEMBER_STR, MEMBER_MAY},
    {"block_height", MEMBER_U64, MEMBER_MAY},
    {"call_id", MEMBER_STR, MEMBER_MAY},
    {"payment_key_owner", MEMBER_STR, MEMBER_MAY},
    {"payment_key_nonce", MEMBER_U64, MEMBER_MAY},
    {"repo_url", MEMBER_STR, MEMBER_MAY},
    {"commit_hash", MEMBER_STR, MEMBER_MAY},
    {"build_target", MEMBER_STR, MEMBER_MAY},
    {"wasm_hash", MEMBER_SHA256, MEMBER_MAY},
    {"executed_wasm_sha256", MEMBER_SHA256, MEMBER_MAY},
    {"input_hash", MEMBER_SHA256, MEMBER_MAY},
    {"output_hash", MEMBER_STR, MEMBER_MUST}, /* a word when a worker starts, else a hash */
    {"project_id", MEMBER_STR, MEMBER_MAY},
    {"secrets_ref", MEMBER_STR, MEMBER_MAY},
    {"attached_usd", MEMBER_YOCTO, MEMBER_MAY},
    {"timestamp", MEMBER_U64, MEMBER_MAY},
    {NULL, 0, 0},
};

/* What every attestation of a job carries besides. */
static const struct member of_a_job[] = {
    {"output_hash", MEMBER_SHA256, MEMBER_MUST},
    {"timestamp", MEMBER_U64, MEMBER_MUST},
    {NULL, 0, 0},
};
static const struct member of_a_run[] = {{"input_hash", MEMBER_SHA256, MEMBER_MUST}, {NULL, 0, 0}};

static struct err *parse_task(const json_t *body, struct attestation *out)
{
    const json_t *id = json_object_get(body, "task_id");
    struct slice type = {0};
    if (!json_is_integer(id) || json_integer_value(id) < -1)
        return err_new(ERR_INVALID, "member `task_id` is neither a job's id nor -1");
    out->task_id = json_integer_value(id);
    TRY(json_doc_str(body, "task_type", &type));
    out->is_compile = slice_eq_str(type, "compile");
    if (!out->is_compile && !slice_eq_str(type, "execute"))
        return err_new(ERR_INVALID, "member `task_type` is neither compile nor execute");
    return NULL;
}

static struct err *check_lengths(const json_t *record)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)record, name, value)
    {
        if (json_string_length(value) > TEXT_MAX)
            return err_new(ERR_INVALID, "member `%s` has %zu bytes, expected at most %d", name, json_string_length(value),
                           TEXT_MAX);
    }
    return NULL;
}

/* Hex is also base64, so it is tried first; a quote in base64 is never all hex digits. */
static struct err *parse_quote(const json_t *body, struct arena *arena, struct slice *out)
{
    AUTO(buf) struct buf bytes = {0};
    struct slice text = {0};
    TRY(json_doc_str(body, "tdx_quote", &text));
    if (text.len > (size_t)2 * QUOTE_MAX)
        return err_new(ERR_INVALID, "member `tdx_quote` is longer than a quote of %d bytes", QUOTE_MAX);
    if (!hex_decode_append(text, &bytes, NULL) && !base64_decode(text, &bytes, NULL))
        return err_new(ERR_INVALID, "member `tdx_quote` is neither base64 nor hex");
    *out = arena_copy(arena, buf_slice(&bytes));
    return NULL;
}

static struct err *read_measurement(struct slice quote, char out[2 * RTMR_LEN + 1])
{
    unsigned version = quote.len >= 2 ? (unsigned)(quote.ptr[0] | quote.ptr[1] << 8) : 0;
    size_t at = version == 4 ? RTMR3_AT_V4 : RTMR3_AT_V5;
    if ((version != 4 && version != 5) || quote.len < at + RTMR_LEN)
        return err_new(ERR_INVALID, "member `tdx_quote` has %zu bytes and version %u, expected a TDX quote of version 4 or 5",
                       quote.len, version);
    hex_encode(slice_from(quote.ptr + at, RTMR_LEN), out);
    out[2 * RTMR_LEN] = '\0';
    return NULL;
}

static struct slice text_member(const json_t *record, const char *name, struct arena *arena)
{
    struct slice text = json_doc_text(json_object_get(record, name));
    return text.ptr ? arena_copy(arena, text) : text;
}

static struct err *parse_record(const json_t *body, struct arena *arena, struct attestation *out)
{
    AUTO(json) json_t *record = json_object();
    AUTO(buf) struct buf text = {0};
    json_object_set_new(record, "task_id", json_integer(out->task_id));
    TRY(members_copy(body, members, record));
    if (out->task_id >= 0)
        TRY(members_copy(body, of_a_job, record));
    if (out->task_id >= 0 && !out->is_compile)
        TRY(members_copy(body, of_a_run, record));
    TRY(check_lengths(record));
    out->call_id = text_member(record, "call_id", arena);
    out->transaction_hash = text_member(record, "transaction_hash", arena);
    out->has_request = json_object_get(record, "request_id") != NULL;
    TRY(json_doc_u64_opt(record, "request_id", &out->request_id));
    TRY(json_doc_u64_opt(record, "timestamp", &out->timestamp_s));
    json_doc_write(record, &text);
    out->record_json = arena_copy(arena, buf_slice(&text));
    return NULL;
}

/* The second version travels beside the first. Its form is checked, so that what is given out later is in its one form. */
static struct err *parse_v2(const json_t *body, struct arena *arena, struct attestation *out)
{
    const json_t *member = json_object_get(body, "attestation_v2");
    AUTO(attestation_v2) struct attestation_v2 v2 = {0};
    AUTO(buf) struct buf text = {0};
    if (!member || json_is_null(member))
        return NULL;
    TRY_DOING(attestation_v2_read(member, &v2), "member `attestation_v2`");
    attestation_v2_write(&v2, &text);
    out->v2_json = arena_copy(arena, buf_slice(&text));
    return NULL;
}

struct err *attestation_parse(const json_t *body, struct arena *arena, struct attestation *out)
{
    *out = (struct attestation){0};
    if (!json_is_object(body))
        return err_new(ERR_INVALID, "the body is not a JSON object");
    TRY(parse_task(body, out));
    TRY(parse_v2(body, arena, out));
    TRY(parse_record(body, arena, out));
    TRY(parse_quote(body, arena, &out->quote));
    return read_measurement(out->quote, out->measurement);
}

static struct err *check_job(struct db *db, const struct attestation *a, const char *token_hash)
{
    struct job job;
    TRY(job_load(db, (uint64_t)a->task_id, &job));
    if (!slice_eq_str(slice_str(token_hash), job.token_hash))
        return err_new(ERR_CONFLICT, "job %" PRId64 " was claimed with another token", a->task_id);
    if (job.is_compile != a->is_compile)
        return err_new(ERR_INVALID, "member `task_type` is %s, the job is not", a->is_compile ? "compile" : "execute");
    if (job.created_s != a->timestamp_s)
        return err_new(ERR_INVALID, "member `timestamp` is %" PRIu64 ", the job was created at %" PRIu64, a->timestamp_s,
                       job.created_s);
    return NULL;
}

static const char insert_attestation[] =
    "INSERT INTO task_attestations (task_id, task_type, tdx_quote, worker_measurement, record_json, request_id,"
    " transaction_hash, call_id, token_hash, created_ms, v2_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    " ON CONFLICT DO NOTHING";

static struct err *insert(struct db *db, const struct attestation *a, const char *token_hash, uint64_t now_ms)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, insert_attestation, &s));
    db_bind_i64(s, 1, a->task_id);
    db_bind_text(s, 2, a->is_compile ? SLICE("compile") : SLICE("execute"));
    db_bind_blob(s, 3, a->quote);
    db_bind_text(s, 4, slice_str(a->measurement));
    db_bind_text(s, 5, a->record_json);
    if (a->has_request)
        db_bind_u64(s, 6, a->request_id);
    db_bind_text_opt(s, 7, a->transaction_hash);
    db_bind_text_opt(s, 8, a->call_id);
    db_bind_text(s, 9, slice_str(token_hash));
    db_bind_u64(s, 10, now_ms);
    db_bind_text_opt(s, 11, a->v2_json);
    return db_run(s);
}

static struct err *note_on_token(struct db *db, const struct attestation *a, const char *token_hash, uint64_t now_ms)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, "UPDATE worker_auth_tokens SET last_seen_rtmr3 = ?2, last_attestation_ms = ?3 WHERE token_hash = ?1",
                   &s));
    db_bind_text(s, 1, slice_str(token_hash));
    db_bind_text(s, 2, slice_str(a->measurement));
    db_bind_u64(s, 3, now_ms);
    return db_run(s);
}

struct err *attestation_store(struct db *db, const struct attestation *a, const char *token_hash, uint64_t now_ms,
                              bool *created)
{
    if (a->task_id >= 0)
        TRY(check_job(db, a, token_hash));
    TRY(insert(db, a, token_hash, now_ms));
    *created = db_changes(db) == 1;
    return *created ? note_on_token(db, a, token_hash, now_ms) : NULL;
}

/* A run before a compilation, then the newest. */
#define FIND(condition)                                                                                      \
    "SELECT id, record_json, tdx_quote, worker_measurement, v2_json FROM task_attestations WHERE " condition \
    " AND task_id >= 0"                                                                                      \
    " ORDER BY task_type = 'execute' DESC, id DESC LIMIT 1"

static const char *const find_sql[] = {
    [ATTESTATION_BY_TASK] = FIND("task_id = ?1"),
    [ATTESTATION_BY_CALL] = FIND("call_id = ?1"),
    [ATTESTATION_BY_TX] = FIND("transaction_hash = ?1"),
    [ATTESTATION_BY_REQUEST] = FIND("request_id = ?1"),
};

/* False: the value cannot be a key of this kind, so nothing stands under it. */
static bool bind_key(struct db_stmt *s, enum attestation_key key, struct slice value)
{
    u128 number = 0;
    if (key == ATTESTATION_BY_CALL || key == ATTESTATION_BY_TX) {
        db_bind_text(s, 1, value);
        return true;
    }
    if (!u128_parse(value, &number) || number > INT64_MAX)
        return false;
    db_bind_u64(s, 1, (uint64_t)number);
    return true;
}

static struct err *write_row(struct db_stmt *s, json_t **out)
{
    AUTO(buf) struct buf quote = {0};
    TRY(json_doc_parse(db_text(s, 1), out));
    base64_append(&quote, db_blob(s, 2));
    json_object_set_new(*out, "id", json_integer((json_int_t)db_u64(s, 0)));
    json_object_set_new(*out, "tdx_quote", json_doc_string(buf_slice(&quote)));
    json_object_set_new(*out, "worker_measurement", json_doc_string(db_text(s, 3)));
    if (!db_is_null(s, 4)) {
        AUTO(json) json_t *v2 = NULL;
        TRY(json_doc_parse(db_text(s, 4), &v2));
        json_object_set(*out, "attestation_v2", v2);
    }
    return NULL;
}

struct err *attestation_find(struct db *db, enum attestation_key key, struct slice value, json_t **out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    *out = NULL;
    TRY(db_prepare(db, find_sql[key], &s));
    if (!bind_key(s, key, value))
        return NULL;
    TRY(db_step(s, &row));
    return row ? write_row(s, out) : NULL;
}

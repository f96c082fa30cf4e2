#include "coordinator/message.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/json_doc.h"
#include "coordinator/members.h"
#include <string.h>

enum { NAME_MAX_LEN = 256, DATA_ID_MAX_LEN = 128, OUTCOME_MAX_LEN = 40 };

static const struct member request_members[] = {
    {"request_id", MEMBER_U64, MEMBER_MUST},
    {"data_id", MEMBER_STR, MEMBER_MUST},
    {"input_data", MEMBER_STR, MEMBER_MUST},
    {"user_account_id", MEMBER_STR, MEMBER_MAY},
    {"near_payment_yocto", MEMBER_YOCTO, MEMBER_MAY},
    {"attached_usd", MEMBER_YOCTO, MEMBER_MAY},
    {"transaction_hash", MEMBER_STR, MEMBER_MAY},
    {"project_uuid", MEMBER_STR, MEMBER_MAY},
    {"project_id", MEMBER_STR, MEMBER_MAY},
    {"compile_only", MEMBER_BOOL, MEMBER_OR_FALSE},
    {"force_rebuild", MEMBER_BOOL, MEMBER_OR_FALSE},
    {"store_on_fastfs", MEMBER_BOOL, MEMBER_OR_FALSE},
    {NULL, 0, 0},
};

static const struct member limit_members[] = {
    {"max_instructions", MEMBER_U64, MEMBER_MUST},
    {"max_memory_mb", MEMBER_U64, MEMBER_MUST},
    {"max_execution_seconds", MEMBER_U64, MEMBER_MUST},
    {NULL, 0, 0},
};

static const struct member context_members[] = {
    {"sender_id", MEMBER_STR, MEMBER_OR_NULL},        {"block_height", MEMBER_U64, MEMBER_OR_NULL},
    {"block_timestamp", MEMBER_U64, MEMBER_OR_NULL},  {"contract_id", MEMBER_STR, MEMBER_OR_NULL},
    {"transaction_hash", MEMBER_STR, MEMBER_OR_NULL}, {"receipt_id", MEMBER_STR, MEMBER_OR_NULL},
    {"predecessor_id", MEMBER_STR, MEMBER_OR_NULL},   {"signer_public_key", MEMBER_STR, MEMBER_OR_NULL},
    {"gas_burnt", MEMBER_U64, MEMBER_OR_NULL},        {NULL, 0, 0},
};

static const struct member secrets_members[] = {
    {"profile", MEMBER_STR, MEMBER_MUST},
    {"account_id", MEMBER_STR, MEMBER_MUST},
    {NULL, 0, 0},
};

static const char *const status_names[] = {
    [JOB_PENDING] = "pending",
    [JOB_IN_PROGRESS] = "in_progress",
    [JOB_COMPLETED] = "completed",
    [JOB_FAILED] = "failed",
    [JOB_COMPILATION_FAILED] = "compilation_failed",
    [JOB_EXECUTION_FAILED] = "execution_failed",
    [JOB_ACCESS_DENIED] = "access_denied",
    [JOB_INSUFFICIENT_PAYMENT] = "insufficient_payment",
    [JOB_CUSTOM] = "custom",
};

const char *job_status_name(enum job_status status)
{
    return status_names[status];
}

static struct err *copy_format(const json_t *from, json_t *to)
{
    struct slice format = SLICE("Text");
    TRY(json_doc_str_opt(from, "response_format", &format));
    if (!slice_eq_str(format, "Bytes") && !slice_eq_str(format, "Text") && !slice_eq_str(format, "Json"))
        return err_new(ERR_INVALID, "member `response_format` is none of Bytes, Text and Json");
    json_object_set_new(to, "response_format", json_doc_string(format));
    return NULL;
}

static struct slice text_or_null(const json_t *object, const char *name, struct arena *arena)
{
    struct slice text = json_doc_text(json_object_get(object, name));
    return text.ptr ? arena_copy(arena, text) : text;
}

static struct err *check_data_id(struct slice id)
{
    if (id.len == 0 || id.len > DATA_ID_MAX_LEN)
        return err_new(ERR_INVALID, "member `data_id` has %zu characters, expected 1 to %d", id.len, DATA_ID_MAX_LEN);
    for (size_t i = 0; i < id.len; i++) {
        if (!memchr("0123456789abcdefABCDEF", id.ptr[i], 22))
            return err_new(ERR_INVALID, "member `data_id` is not hex");
    }
    return NULL;
}

static struct err *build_request(const json_t *body, json_t *request)
{
    TRY(members_copy(body, request_members, request));
    TRY(members_copy_object(body, "resource_limits", limit_members, request));
    TRY(members_copy_object(body, "context", context_members, request));
    TRY(copy_format(body, request));
    const json_t *secrets = json_object_get(body, "secrets_ref");
    if (secrets && !json_is_null(secrets))
        TRY(members_copy_object(body, "secrets_ref", secrets_members, request));
    json_object_set_new(request, "is_https_call", json_false());

    bool bound = false;
    TRY(json_doc_bool_opt(body, "use_bound_identity", &bound));
    if (bound) /* nobody is bound to anybody here; an empty sender makes the worker refuse */
        json_object_set_new(json_object_get(request, "context"), "sender_id", json_string(""));
    return NULL;
}

static struct err *expect_object(const json_t *body)
{
    return json_is_object(body) ? NULL : err_new(ERR_INVALID, "the body is not a JSON object");
}

struct err *msg_create_parse(const json_t *body, struct arena *arena, struct msg_create *out)
{
    TRY(expect_object(body));
    AUTO(json) json_t *request = json_object();
    AUTO(buf) struct buf text = {0};
    *out = (struct msg_create){0};
    TRY(build_request(body, request));
    TRY(json_doc_u64(request, "request_id", &out->request_id));
    out->data_id = text_or_null(request, "data_id", arena);
    TRY(check_data_id(out->data_id));
    TRY_DOING(code_source_parse(json_object_get(body, "code_source"), arena, &out->source), "member `code_source`");
    TRY(json_doc_u64(json_object_get(request, "resource_limits"), "max_execution_seconds", &out->execution_seconds));
    out->compile_only = json_is_true(json_object_get(request, "compile_only"));
    out->force_rebuild = json_is_true(json_object_get(request, "force_rebuild"));
    out->project_id = text_or_null(request, "project_id", arena);
    out->project_uuid = text_or_null(request, "project_uuid", arena);
    out->user_account_id = text_or_null(request, "user_account_id", arena);
    out->near_payment_yocto = text_or_null(request, "near_payment_yocto", arena);
    out->transaction_hash = text_or_null(request, "transaction_hash", arena);
    json_doc_write(request, &text);
    out->request_json = arena_copy(arena, buf_slice(&text));
    return NULL;
}

static struct err *parse_name(const json_t *body, const char *name, struct arena *arena, struct slice *out)
{
    TRY(json_doc_str(body, name, out));
    if (out->len == 0 || out->len > NAME_MAX_LEN)
        return err_new(ERR_INVALID, "member `%s` has %zu bytes, expected 1 to %d", name, out->len, NAME_MAX_LEN);
    *out = arena_copy(arena, *out);
    return NULL;
}

static unsigned capability_of(struct slice word)
{
    if (slice_eq_str(word, "compilation"))
        return CAN_COMPILE;
    return slice_eq_str(word, "execution") ? CAN_EXECUTE : 0;
}

unsigned msg_capabilities_parse(struct slice list)
{
    unsigned found = 0;
    while (list.len) {
        struct slice word;
        list = slice_cut(list, ',', &word);
        while (word.len && (word.ptr[0] == ' ' || word.ptr[0] == '\t'))
            word = slice_skip(word, 1);
        while (word.len && (word.ptr[word.len - 1] == ' ' || word.ptr[word.len - 1] == '\t'))
            word.len--;
        found |= capability_of(word);
    }
    return found;
}

struct err *msg_claim_parse(const json_t *body, struct arena *arena, struct msg_claim *out)
{
    TRY(expect_object(body));
    *out = (struct msg_claim){0};
    TRY(json_doc_u64(body, "request_id", &out->request_id));
    TRY(json_doc_str(body, "data_id", &out->data_id));
    TRY(check_data_id(out->data_id));
    out->data_id = arena_copy(arena, out->data_id);
    TRY(parse_name(body, "worker_id", arena, &out->worker_id));
    const json_t *claim_id = json_object_get(body, "claim_id");
    if (claim_id && !json_is_null(claim_id))
        TRY(parse_name(body, "claim_id", arena, &out->claim_id));
    TRY(json_doc_bool_opt(body, "has_compile_result", &out->has_compile_result));
    const json_t *list = json_object_get(body, "capabilities");
    if (!json_is_array(list))
        return err_new(ERR_INVALID, "member `capabilities` is not an array of strings");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *word = json_array_get(list, i);
        if (!json_is_string(word))
            return err_new(ERR_INVALID, "member `capabilities` is not an array of strings");
        out->capabilities |= capability_of(json_doc_text(word));
    }
    return NULL;
}

static struct err *parse_status(const json_t *body, enum job_status *out)
{
    bool success = false;
    struct slice category = SLICE("failed");
    TRY(json_doc_bool(body, "success", &success));
    TRY(json_doc_str_opt(body, "error_category", &category));
    for (size_t i = 0; i < sizeof status_names / sizeof *status_names; i++) {
        if (!slice_eq_str(category, status_names[i]))
            continue;
        *out = success ? JOB_COMPLETED : i <= JOB_COMPLETED ? JOB_FAILED : (enum job_status)i;
        return NULL;
    }
    return err_new(ERR_INVALID, "member `error_category` is none of the known categories");
}

static struct err *parse_decimal_opt(const json_t *body, const char *name, struct arena *arena, struct slice *out)
{
    TRY(json_doc_str_opt(body, name, out));
    if (!out->ptr)
        return NULL;
    *out = arena_copy(arena, *out);
    return member_check_decimal(name, *out);
}

/* A word for machines: what it means is between the worker and whoever reads it. */
static struct err *parse_outcome(const json_t *body, struct arena *arena, struct slice *out)
{
    TRY(json_doc_str_opt(body, "outcome", out));
    if (!out->ptr)
        return NULL;
    bool good = out->len > 0 && out->len <= OUTCOME_MAX_LEN;
    for (size_t i = 0; good && i < out->len; i++)
        good = (out->ptr[i] >= 'a' && out->ptr[i] <= 'z') || out->ptr[i] == '_';
    *out = arena_copy(arena, *out);
    return good ? NULL
                : err_new(ERR_INVALID, "member `outcome` is not a word of 1 to %d small letters and underscores",
                          OUTCOME_MAX_LEN);
}

struct err *msg_complete_parse(const json_t *body, struct arena *arena, struct msg_complete *out)
{
    TRY(expect_object(body));
    *out = (struct msg_complete){0};
    TRY(json_doc_u64(body, "job_id", &out->job_id));
    TRY(parse_status(body, &out->status));
    TRY(json_doc_u64(body, "time_ms", &out->time_ms));
    TRY(json_doc_u64(body, "instructions", &out->instructions));
    TRY(json_doc_str_opt(body, "error", &out->error));
    if (out->error.ptr)
        out->error = arena_copy(arena, json_doc_cut_utf8(out->error, MSG_ERROR_MAX));
    TRY(parse_outcome(body, arena, &out->outcome));
    TRY(json_doc_str_opt(body, "wasm_checksum", &out->wasm_checksum));
    if (out->wasm_checksum.ptr && !code_checksum_is_valid(out->wasm_checksum))
        return err_new(ERR_INVALID, "member `wasm_checksum` is not 64 lower-case hex digits");
    out->wasm_checksum = text_or_null(body, "wasm_checksum", arena);
    TRY(parse_decimal_opt(body, "actual_cost_yocto", arena, &out->actual_cost_yocto));
    TRY(parse_decimal_opt(body, "compile_cost_yocto", arena, &out->compile_cost_yocto));
    TRY(json_doc_str_opt(body, "compile_result", &out->compile_result));
    out->compile_result = text_or_null(body, "compile_result", arena);
    return NULL;
}

/* The protocol says text or null; a number is what a job id is. */
static struct err *parse_task_id(const json_t *body, struct arena *arena, struct slice *out)
{
    const json_t *value = json_object_get(body, "current_task_id");
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        *out = slice_str(arena_fmt(arena, "%lld", (long long)json_integer_value(value)));
    else if (json_is_string(value) && json_string_length(value) <= NAME_MAX_LEN)
        *out = arena_copy(arena, json_doc_text(value));
    else if (value && !json_is_null(value))
        return err_new(ERR_INVALID, "member `current_task_id` is neither a text nor a whole number");
    return NULL;
}

static struct err *parse_kept_jobs(const json_t *body, struct arena *arena, struct slice *out)
{
    AUTO(buf) struct buf text = {0};
    const json_t *list = json_object_get(body, "kept_jobs"), *id;
    size_t i;
    *out = SLICE("[]");
    if (!list || json_is_null(list))
        return NULL;
    if (!json_is_array(list) || json_array_size(list) > MSG_KEPT_JOBS_MAX)
        return err_new(ERR_INVALID, "member `kept_jobs` is not an array of at most %d job ids", MSG_KEPT_JOBS_MAX);
    json_array_foreach(list, i, id)
    {
        if (!json_is_integer(id))
            return err_new(ERR_INVALID, "member `kept_jobs` holds something that is no job id");
    }
    json_doc_write(list, &text);
    *out = arena_copy(arena, buf_slice(&text));
    return NULL;
}

struct err *msg_heartbeat_parse(const json_t *body, struct arena *arena, struct msg_heartbeat *out)
{
    TRY(expect_object(body));
    *out = (struct msg_heartbeat){0};
    TRY(parse_name(body, "worker_id", arena, &out->worker_id));
    TRY(parse_name(body, "worker_name", arena, &out->worker_name));
    TRY(parse_name(body, "status", arena, &out->status));
    if (!slice_eq_str(out->status, "online") && !slice_eq_str(out->status, "busy") && !slice_eq_str(out->status, "offline"))
        out->status = SLICE("stale");
    TRY(parse_task_id(body, arena, &out->current_task_id));
    TRY(parse_kept_jobs(body, arena, &out->kept_jobs));
    const json_t *height = json_object_get(body, "event_monitor_block_height");
    out->has_block_height = height && !json_is_null(height);
    TRY(json_doc_u64_opt(body, "event_monitor_block_height", &out->block_height));
    return json_doc_bool_opt(body, "just_started", &out->just_started);
}

struct err *msg_lock_parse(const json_t *body, struct arena *arena, struct msg_lock *out)
{
    TRY(expect_object(body));
    *out = (struct msg_lock){0};
    TRY(parse_name(body, "lock_key", arena, &out->lock_key));
    TRY(parse_name(body, "worker_id", arena, &out->worker_id));
    return json_doc_u64(body, "ttl_seconds", &out->ttl_seconds);
}

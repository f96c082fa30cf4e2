#include "worker/event.h"
#include "base/u128.h"
#include "codec/hex.h"
#include "crypto/hash.h"

static const struct slice mark = {(const uint8_t *)"EVENT_JSON:", 11};

void execution_event_free(struct execution_event *e)
{
    json_decref(e->request);
    e->request = NULL;
}

/* "1.2.3" to three numbers; false for anything else. */
static bool read_version(struct slice text, unsigned out[3])
{
    struct slice part, rest = text;
    for (int i = 0; i < 3; i++) {
        u128 value;
        rest = slice_cut(rest, '.', &part);
        if (!u128_parse(part, &value) || value > UINT32_MAX || (i < 2) != (rest.ptr != NULL))
            return false;
        out[i] = (unsigned)value;
    }
    return true;
}

static bool version_is_enough(struct slice version, const char *min_version)
{
    unsigned have[3], need[3];
    if (!*min_version)
        return true;
    if (!read_version(version, have) || !read_version(slice_str(min_version), need))
        return false;
    for (int i = 0; i < 3; i++) {
        if (have[i] != need[i])
            return have[i] > need[i];
    }
    return true;
}

bool event_line_matches(struct slice line, const struct event_filter *filter, json_t **data)
{
    AUTO(json) json_t *event = NULL;
    if (!slice_starts_with(line, mark))
        return false;
    struct err *e = json_doc_parse(slice_skip(line, mark.len), &event);
    if (e) {
        err_free(e);
        return false;
    }
    const json_t *list = json_object_get(event, "data");
    if (!slice_eq_str(json_doc_text(json_object_get(event, "standard")), filter->standard) ||
        !slice_eq_str(json_doc_text(json_object_get(event, "event")), filter->event) ||
        !version_is_enough(json_doc_text(json_object_get(event, "version")), filter->min_version) || !json_array_size(list))
        return false;
    *data = json_incref(json_array_get(list, 0));
    return true;
}

static struct err *read_data_id(const json_t *list, char out[65])
{
    uint8_t bytes[HASH_LEN];
    if (json_array_size(list) != HASH_LEN)
        return err_new(ERR_INVALID, "member `data_id` is not an array of 32 integers");
    for (size_t i = 0; i < HASH_LEN; i++) {
        const json_t *item = json_array_get(list, i);
        json_int_t byte = json_integer_value(item);
        if (!json_is_integer(item) || byte < 0 || byte > 255)
            return err_new(ERR_INVALID, "item %zu of `data_id` is not an integer from 0 to 255", i);
        bytes[i] = (uint8_t)byte;
    }
    hex_encode(slice_from(bytes, HASH_LEN), out);
    out[2 * HASH_LEN] = '\0';
    return NULL;
}

static struct err *check_limits(const json_t *limits)
{
    uint64_t n;
    TRY(json_doc_u64(limits, "max_instructions", &n));
    TRY(json_doc_u64(limits, "max_execution_seconds", &n));
    TRY(json_doc_u64(limits, "max_memory_mb", &n));
    return n <= UINT32_MAX ? NULL : err_new(ERR_INVALID, "member `max_memory_mb` is over 2^32");
}

static struct err *check_format(const json_t *request)
{
    struct slice format = SLICE("Text");
    TRY(json_doc_str_opt(request, "response_format", &format));
    if (slice_eq_str(format, "Text") || slice_eq_str(format, "Bytes") || slice_eq_str(format, "Json"))
        return NULL;
    return err_new(ERR_INVALID, "member `response_format` is none of Bytes, Text and Json");
}

static struct err *check_request(const json_t *request, struct execution_event *out)
{
    static const char *const flags[] = {"compile_only", "force_rebuild", "store_on_fastfs", "use_bound_identity"};
    AUTO(json) json_t *source = NULL;
    struct slice text;
    bool flag;
    TRY(json_doc_str(request, "sender_id", &text));
    TRY(json_doc_str(request, "input_data", &text));
    TRY(json_doc_str(request, "payment", &text));
    TRY(json_doc_bool_opt(request, "input_data_in_state", &out->input_in_state));
    TRY(json_doc_str_opt(request, "attached_usd", &text));
    TRY(json_doc_str_opt(request, "project_id", &text));
    TRY(json_doc_str_opt(request, "project_uuid", &text));
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        TRY(json_doc_bool_opt(request, flags[i], &flag));
    TRY(check_format(request));
    TRY_DOING(check_limits(json_object_get(request, "resource_limits")), "`resource_limits`");
    return err_doing(event_code_source(json_object_get(request, "code_source"), "", &source), "`code_source`");
}

struct err *event_read_request(const json_t *data, struct execution_event *out, bool *id_known)
{
    struct slice text;
    *id_known = false;
    TRY(json_doc_str(data, "request_data", &text));
    TRY_DOING(json_doc_parse(text, &out->request), "`request_data`");
    TRY_DOING(json_doc_u64(out->request, "request_id", &out->request_id), "`request_data`");
    *id_known = true;
    TRY(read_data_id(json_object_get(data, "data_id"), out->data_id));
    TRY_DOING(json_doc_u64(out->request, "timestamp", &out->timestamp_ns), "`request_data`");
    return err_doing(check_request(out->request, out), "`request_data`");
}

struct err *event_code_source(const json_t *chain_form, const char *default_target, json_t **out)
{
    static const char *const kinds[][3] = {{"WasmUrl", "url", "hash"}, {"GitHub", "repo", "commit"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const json_t *fields = json_object_get(chain_form, kinds[i][0]);
        struct slice first, second, target = slice_str(default_target);
        if (!fields || json_object_size(chain_form) != 1)
            continue;
        TRY(json_doc_str(fields, kinds[i][1], &first));
        TRY(json_doc_str(fields, kinds[i][2], &second));
        TRY(json_doc_str_opt(fields, "build_target", &target));
        json_t *source = json_object();
        json_object_set_new(source, "type", json_string(kinds[i][0]));
        json_object_set_new(source, kinds[i][1], json_doc_string(first));
        json_object_set_new(source, kinds[i][2], json_doc_string(second));
        json_object_set_new(source, "build_target", json_doc_string(target));
        *out = source;
        return NULL;
    }
    return err_new(ERR_INVALID, "neither {\"WasmUrl\":…} nor {\"GitHub\":…}");
}

static void set_text(json_t *object, const char *name, struct slice text)
{
    if (text.len)
        json_object_set_new(object, name, json_doc_string(text));
}

/* Copies a member that is there and not null. */
static void copy(json_t *to, const char *to_name, const json_t *from, const char *name)
{
    json_t *value = json_object_get(from, name);
    if (value && !json_is_null(value))
        json_object_set(to, to_name, value);
}

static json_t *context_of(const struct execution_event *e, const struct event_place *place)
{
    json_t *context = json_object();
    copy(context, "sender_id", e->request, "sender_id");
    json_object_set_new(context, "block_height", json_integer((json_int_t)place->block_height));
    json_object_set_new(context, "block_timestamp", json_integer((json_int_t)e->timestamp_ns));
    json_object_set_new(context, "gas_burnt", json_integer((json_int_t)place->gas_burnt));
    set_text(context, "contract_id", place->contract_id);
    set_text(context, "transaction_hash", place->transaction_hash);
    set_text(context, "receipt_id", place->receipt_id);
    set_text(context, "predecessor_id", place->predecessor_id);
    set_text(context, "signer_public_key", place->signer_public_key);
    return context;
}

json_t *event_create_body(const struct execution_event *e, const struct event_place *place, struct slice input)
{
    static const char *const flags[] = {"compile_only", "force_rebuild", "store_on_fastfs", "use_bound_identity"};
    static const char *const same[] = {"input_data",   "resource_limits", "secrets_ref",
                                       "attached_usd", "project_uuid",    "project_id"};
    json_t *body = json_object(), *source = NULL;
    struct slice format = SLICE("Text");
    err_free(json_doc_str_opt(e->request, "response_format", &format));
    err_free(event_code_source(json_object_get(e->request, "code_source"), "wasm32-wasi", &source));
    json_object_set_new(body, "request_id", json_integer((json_int_t)e->request_id));
    json_object_set_new(body, "data_id", json_string(e->data_id));
    json_object_set_new(body, "code_source", source);
    json_object_set_new(body, "response_format", json_doc_string(format));
    json_object_set_new(body, "context", context_of(e, place));
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        copy(body, same[i], e->request, same[i]);
    copy(body, "user_account_id", e->request, "sender_id");
    copy(body, "near_payment_yocto", e->request, "payment");
    set_text(body, "transaction_hash", place->transaction_hash);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        json_object_set_new(body, flags[i], json_boolean(json_is_true(json_object_get(e->request, flags[i]))));
    if (input.ptr)
        json_object_set_new(body, "input_data", json_doc_string(input));
    return body;
}

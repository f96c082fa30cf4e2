/* What the main contract may log, for its tests: no control character anywhere, and whatever starts as an event is one of the events it
 * knows, whole: members, their order, their kinds. What users supplied stands in them as JSON strings, so a line that parses has it escaped. */
#pragma once
#include "codec/json_doc.h"
#include <string.h>

struct event_shape {
    const char *name, *members; /* in order; a comma after each */
};

static const struct event_shape event_shapes[] = {
    {"execution_requested", "request_data,data_id,timestamp,"},
    {"execution_completed", "sender_id,code_source,resources_used,success,error_message,payment_charged,payment_refunded,"
                            "compilation_note,timestamp,"},
};

/* Of `system_event`: an object with one member of this name. */
static const struct event_shape system_event_shapes[] = {
    {"TopUpPaymentKey", "data_id,owner,nonce,amount,encrypted_data,"},
    {"DeletePaymentKey", "data_id,owner,nonce,"},
    {"SubscriptionPurchased", "owner,nonce,plan,paid_usd,payer,"},
    {"WalletPolicyUpdated", "wallet_pubkey,owner,encrypted_data,frozen,"},
    {"WalletPolicyDeleted", "wallet_pubkey,owner,refunded_to,"},
    {"WalletFrozenChanged", "wallet_pubkey,owner,frozen,"},
    {"StorageRefundToChanged", "item,storage_refund_to,"},
    {"ProjectStorageCleanup", "project_id,project_uuid,timestamp,"},
    {"ProjectTransferAccepted", "new_owner,from,name,"},
    {"ProjectTransferRevoked", "new_owner,from,name,"},
    {"ProjectTransferred", "old_project_id,new_project_id,project_uuid,old_owner,new_owner,"},
};

static const char request_data_members[] =
    "request_id,sender_id,predecessor_id,code_source,resource_limits,input_data,input_data_in_state,secrets_ref,"
    "response_format,payment,attached_usd,timestamp,compile_only,force_rebuild,store_on_fastfs,use_bound_identity,"
    "project_uuid,project_id,";

static inline bool event_has_members(json_t *object, const char *members)
{
    AUTO(buf) struct buf names = {0};
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        buf_append_str(&names, name);
        buf_append_str(&names, ",");
    }
    return json_is_object(object) && strcmp(buf_str(&names), members) == 0;
}

static inline bool event_is_one_of(const struct event_shape *shapes, size_t count, const char *name, json_t *value)
{
    for (size_t i = 0; name && i < count; i++) {
        if (strcmp(shapes[i].name, name) == 0)
            return event_has_members(value, shapes[i].members);
    }
    return false;
}

static inline bool event_request_data_is_known(const json_t *element)
{
    AUTO(json) json_t *data = NULL;
    struct err *e = json_doc_parse(json_doc_text(json_object_get(element, "request_data")), &data);
    err_free(e);
    return !e && event_has_members(data, request_data_members);
}

static inline bool event_is_known(const char *event, json_t *element)
{
    if (strcmp(event, "system_event") == 0)
        return json_object_size(element) == 1 &&
               event_is_one_of(system_event_shapes, sizeof system_event_shapes / sizeof *system_event_shapes,
                               json_object_iter_key(json_object_iter(element)),
                               json_object_iter_value(json_object_iter(element)));
    return event_is_one_of(event_shapes, sizeof event_shapes / sizeof *event_shapes, event, element) &&
           (strcmp(event, "execution_requested") != 0 || event_request_data_is_known(element));
}

/* The event's JSON as a new reference; NULL when the line is none. */
static inline json_t *event_of_log(struct slice line)
{
    static const struct slice mark = SLICE("EVENT_JSON:");
    json_t *event = NULL;
    if (slice_starts_with(line, mark))
        err_free(json_doc_parse(slice_skip(line, mark.len), &event));
    return event;
}

/* Whoever looks for events anywhere in a line takes what follows the mark: it must be no JSON but at the start. */
static inline bool event_is_inside(struct slice line)
{
    for (size_t i = 1; i < line.len; i++) {
        AUTO(json) json_t *event = event_of_log(slice_skip(line, i));
        if (event)
            return true;
    }
    return false;
}

/* What is wrong with a line, or NULL. */
static inline const char *event_fault(struct slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] < 0x20)
            return "a control character";
    }
    if (event_is_inside(line))
        return "an event inside";
    if (!slice_starts_with(line, SLICE("EVENT_JSON:")))
        return NULL;
    AUTO(json) json_t *event = event_of_log(line);
    if (!event)
        return "an event that is no JSON";
    const json_t *data = json_object_get(event, "data");
    const char *name = json_string_value(json_object_get(event, "event"));
    if (!event_has_members(event, "standard,version,event,data,") || !name || json_array_size(data) != 1)
        return "an event without the members of one";
    return event_is_known(name, json_array_get(data, 0)) ? NULL : "an event that the contract does not have";
}

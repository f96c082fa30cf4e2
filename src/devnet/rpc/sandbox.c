/* near-sandbox's extras: state patches and fast-forward. */
#include "codec/base64.h"
#include "devnet/rpc/request.h"

enum { RECORDS_MAX = 10000 };

/* The records' members are not parameters of their own: they are read with jansson and judged here. */

static bool record_fault(struct rpc_request *r, size_t index, const char *member, const char *wanted)
{
    return rpc_bad_params(r, "Failed parsing args: record %zu: `%s` is not %s", index, member, wanted);
}

static struct slice text_of(const json_t *object, const char *name)
{
    return json_doc_text(json_object_get(object, name));
}

static bool bytes_of(struct rpc_request *r, size_t index, const json_t *object, const char *name, struct slice *out)
{
    AUTO(buf) struct buf bytes = {0};
    struct slice text = text_of(object, name);
    if (!text.ptr || !base64_decode(text, &bytes, NULL))
        return record_fault(r, index, name, "base64");
    *out = arena_copy(&r->arena, buf_slice(&bytes));
    return true;
}

static bool read_account(struct rpc_request *r, size_t index, const json_t *record, struct chain_patch *out)
{
    const json_t *account = json_object_get(record, "account"), *usage = json_object_get(account, "storage_usage");
    out->kind = CHAIN_PATCH_ACCOUNT;
    if (!u128_parse(text_of(account, "amount"), &out->account.amount))
        return record_fault(r, index, "account.amount", "a decimal string");
    if (!u128_parse(text_of(account, "locked"), &out->account.locked))
        return record_fault(r, index, "account.locked", "a decimal string");
    if (!hash_parse_text(text_of(account, "code_hash"), &out->account.code_hash))
        return record_fault(r, index, "account.code_hash", "the base58 of 32 bytes");
    if (!json_is_integer(usage) || json_integer_value(usage) < 0)
        return record_fault(r, index, "account.storage_usage", "a number of bytes");
    out->account.storage_usage = (uint64_t)json_integer_value(usage);
    return true;
}

static bool read_permission(struct rpc_request *r, size_t index, const json_t *permission, struct access_key *out)
{
    const json_t *call = json_object_get(permission, "FunctionCall"), *allowance = json_object_get(call, "allowance");
    const json_t *methods = json_object_get(call, "method_names");
    out->permission = PERMISSION_FULL_ACCESS;
    if (slice_eq_str(json_doc_text(permission), "FullAccess"))
        return true;
    out->permission = PERMISSION_FUNCTION_CALL;
    out->has_allowance = json_is_string(allowance);
    if (out->has_allowance && !u128_parse(json_doc_text(allowance), &out->allowance))
        return record_fault(r, index, "allowance", "a decimal string");
    if (!text_of(call, "receiver_id").ptr || !json_is_array(methods))
        return record_fault(r, index, "permission",
                            "\"FullAccess\" or {\"FunctionCall\":{allowance,receiver_id,method_names}}");
    struct slice *names = ARENA_ARRAY(&r->arena, struct slice, json_array_size(methods));
    for (size_t i = 0; i < json_array_size(methods); i++)
        names[i] = json_doc_text(json_array_get(methods, i));
    out->receiver_id = text_of(call, "receiver_id");
    out->method_names = names;
    out->method_count = json_array_size(methods);
    return true;
}

static bool read_key(struct rpc_request *r, size_t index, const json_t *record, struct chain_patch *out)
{
    const json_t *key = json_object_get(record, "access_key"), *nonce = json_object_get(key, "nonce");
    out->kind = CHAIN_PATCH_KEY;
    AUTO(err) struct err *e = public_key_parse(text_of(record, "public_key"), &out->public_key);
    if (e)
        return record_fault(r, index, "public_key", "a public key");
    if (!json_is_integer(nonce) || json_integer_value(nonce) < 0)
        return record_fault(r, index, "nonce", "a number");
    out->access_key.nonce = (uint64_t)json_integer_value(nonce);
    return read_permission(r, index, json_object_get(key, "permission"), &out->access_key);
}

static bool read_code(struct rpc_request *r, size_t index, const json_t *record, struct chain_patch *out)
{
    out->kind = CHAIN_PATCH_CODE;
    return bytes_of(r, index, record, "code", &out->code);
}

static bool read_data(struct rpc_request *r, size_t index, const json_t *record, struct chain_patch *out)
{
    out->kind = CHAIN_PATCH_DATA;
    NEED(bytes_of(r, index, record, "data_key", &out->data_key));
    return bytes_of(r, index, record, "value", &out->value);
}

static bool read_record(struct rpc_request *r, size_t index, const json_t *item, struct chain_patch *out)
{
    static const struct {
        const char *name;
        bool (*read)(struct rpc_request *r, size_t index, const json_t *record, struct chain_patch *out);
    } kinds[] = {{"Account", read_account}, {"AccessKey", read_key}, {"Contract", read_code}, {"Data", read_data}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const json_t *record = json_object_get(item, kinds[i].name);
        if (!record)
            continue;
        NEED(rpc_account_of(r, text_of(record, "account_id"), &out->account_id));
        return kinds[i].read(r, index, record, out);
    }
    return rpc_bad_params(r, "Failed parsing args: record %zu is none of Account, AccessKey, Contract, Data", index);
}

bool rpc_patch_state(struct rpc_request *r)
{
    const json_t *records = rpc_param(r, "records");
    size_t count = json_array_size(records);
    if (!json_is_array(records) || count > RECORDS_MAX)
        return rpc_bad_params(r, "Failed parsing args: `records` is not a list of at most %d records", RECORDS_MAX);
    struct chain_patch *patch = ARENA_ARRAY(&r->arena, struct chain_patch, count);
    for (size_t i = 0; i < count; i++)
        NEED(read_record(r, i, json_array_get(records, i), &patch[i]));
    struct err *e = chain_patch_state(r->chain, patch, count);
    if (e)
        return rpc_internal(r, e);
    r->result = json_object();
    return true;
}

bool rpc_fast_forward(struct rpc_request *r)
{
    static const json_int_t most = 10000000; /* a year of seconds is three times that */
    const json_t *delta = rpc_param(r, "delta_height");
    if (!json_is_integer(delta) || json_integer_value(delta) < 1 || json_integer_value(delta) > most)
        return rpc_bad_params(r, "Failed parsing args: `delta_height` is not a number from 1 to %lld", (long long)most);
    struct err *e = chain_fast_forward(r->chain, (uint64_t)json_integer_value(delta));
    if (e)
        return rpc_internal(r, e);
    r->result = json_object();
    return true;
}

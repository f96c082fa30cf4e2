#include "devnet/rpc/records.h"
#include "base/fs.h"
#include "base/log.h"
#include "codec/base64.h"
#include "devnet/rpc/view.h"
#include <errno.h>

enum { GENESIS_LEN_MAX = 256 << 20 };

/* How far a copy begins ahead of what was copied: blocks that another process made meanwhile are passed as well. */
enum { HEIGHT_MARGIN = 100 };

static const uint64_t GENESIS_HEIGHT_MAX = UINT64_C(1) << 40;

/* ---- Reading ---- */

static struct err *wrong(const char *member, const char *wanted)
{
    return err_new(ERR_INVALID, "`%s` is not %s", member, wanted);
}

static struct slice text_of(const json_t *object, const char *name)
{
    return json_doc_text(json_object_get(object, name));
}

static struct err *read_bytes(const json_t *object, const char *name, struct arena *arena, struct slice *out)
{
    AUTO(buf) struct buf bytes = {0};
    struct slice text = text_of(object, name);
    if (!text.ptr || !base64_decode(text, &bytes, NULL))
        return wrong(name, "base64");
    *out = arena_copy(arena, buf_slice(&bytes));
    return NULL;
}

/* The global contract that the account uses, if it does. */
static struct err *read_global(const json_t *account, struct chain_account *out)
{
    struct slice hash = text_of(account, "global_contract_hash"), id = text_of(account, "global_contract_account_id");
    out->is_global = hash.ptr || id.ptr;
    out->global.kind = id.ptr ? GLOBAL_BY_ACCOUNT : GLOBAL_BY_HASH;
    if (id.ptr)
        return account_id_parse(id, &out->global.account_id);
    if (hash.ptr && !hash_parse_text(hash, &out->global.code_hash))
        return wrong("account.global_contract_hash", "the base58 of 32 bytes");
    return NULL;
}

static struct err *read_account(const json_t *record, struct arena *arena, struct chain_patch *out)
{
    const json_t *account = json_object_get(record, "account");
    (void)arena;
    out->kind = CHAIN_PATCH_ACCOUNT;
    if (!u128_parse(text_of(account, "amount"), &out->account.amount))
        return wrong("account.amount", "a decimal string");
    if (!u128_parse(text_of(account, "locked"), &out->account.locked))
        return wrong("account.locked", "a decimal string");
    if (!hash_parse_text(text_of(account, "code_hash"), &out->account.code_hash))
        return wrong("account.code_hash", "the base58 of 32 bytes");
    TRY(json_doc_u64(account, "storage_usage", &out->account.storage_usage));
    return read_global(account, &out->account);
}

static struct err *read_call_permission(const json_t *call, struct arena *arena, struct access_key *out)
{
    const json_t *allowance = json_object_get(call, "allowance"), *methods = json_object_get(call, "method_names");
    out->has_allowance = json_is_string(allowance);
    if (out->has_allowance && !u128_parse(json_doc_text(allowance), &out->allowance))
        return wrong("allowance", "a decimal string");
    if (!text_of(call, "receiver_id").ptr || !json_is_array(methods))
        return wrong("permission", "\"FullAccess\" or {\"FunctionCall\":{allowance,receiver_id,method_names}}");
    struct slice *names = ARENA_ARRAY(arena, struct slice, json_array_size(methods));
    for (size_t i = 0; i < json_array_size(methods); i++)
        names[i] = json_doc_text(json_array_get(methods, i));
    out->receiver_id = text_of(call, "receiver_id");
    out->method_names = names;
    out->method_count = json_array_size(methods);
    return NULL;
}

static struct err *read_u16(const json_t *object, const char *name, uint16_t *out)
{
    uint64_t number;
    TRY(json_doc_u64(object, name, &number));
    if (number > UINT16_MAX)
        return wrong(name, "a number up to 65535");
    *out = (uint16_t)number;
    return NULL;
}

static struct err *read_gas_key_info(const json_t *info, struct access_key *out)
{
    if (!u128_parse(json_doc_text(json_object_get(info, "balance")), &out->gas_balance))
        return wrong("balance", "a decimal string");
    return read_u16(info, "num_nonces", &out->nonce_count);
}

static struct err *read_permission(const json_t *permission, struct arena *arena, struct access_key *out)
{
    const json_t *gas_key = json_object_get(permission, "GasKeyFullAccess");
    const json_t *limited = json_object_get(permission, "GasKeyFunctionCall"); /* [info, permission] */
    out->permission = PERMISSION_FULL_ACCESS;
    if (slice_eq_str(json_doc_text(permission), "FullAccess"))
        return NULL;
    out->permission = PERMISSION_GAS_KEY_FULL_ACCESS;
    if (gas_key)
        return read_gas_key_info(gas_key, out);
    out->permission = PERMISSION_GAS_KEY_FUNCTION_CALL;
    if (limited) {
        TRY(read_gas_key_info(json_array_get(limited, 0), out));
        return read_call_permission(json_array_get(limited, 1), arena, out);
    }
    out->permission = PERMISSION_FUNCTION_CALL;
    return read_call_permission(json_object_get(permission, "FunctionCall"), arena, out);
}

static struct err *read_gas_key_nonce(const json_t *record, struct arena *arena, struct chain_patch *out)
{
    (void)arena;
    out->kind = CHAIN_PATCH_GAS_KEY_NONCE;
    TRY_DOING(public_key_parse(text_of(record, "public_key"), &out->public_key), "`public_key`");
    TRY(read_u16(record, "index", &out->nonce_index));
    return json_doc_u64(record, "nonce", &out->nonce);
}

static struct err *read_key(const json_t *record, struct arena *arena, struct chain_patch *out)
{
    const json_t *key = json_object_get(record, "access_key");
    out->kind = CHAIN_PATCH_KEY;
    TRY_DOING(public_key_parse(text_of(record, "public_key"), &out->public_key), "`public_key`");
    TRY(json_doc_u64(key, "nonce", &out->access_key.nonce));
    return read_permission(json_object_get(key, "permission"), arena, &out->access_key);
}

static struct err *read_code(const json_t *record, struct arena *arena, struct chain_patch *out)
{
    out->kind = CHAIN_PATCH_CODE;
    return read_bytes(record, "code", arena, &out->code);
}

static struct err *read_data(const json_t *record, struct arena *arena, struct chain_patch *out)
{
    out->kind = CHAIN_PATCH_DATA;
    TRY(read_bytes(record, "data_key", arena, &out->data_key));
    return read_bytes(record, "value", arena, &out->value);
}

static struct err *read_global_code(const json_t *record, struct arena *arena, struct chain_patch *out)
{
    struct slice hash = text_of(record, "hash");
    out->kind = CHAIN_PATCH_GLOBAL;
    out->global.kind = hash.ptr ? GLOBAL_BY_HASH : GLOBAL_BY_ACCOUNT;
    if (!hash.ptr)
        TRY(account_id_parse(text_of(record, "account_id"), &out->global.account_id));
    else if (!hash_parse_text(hash, &out->global.code_hash))
        return wrong("hash", "the base58 of 32 bytes");
    return read_bytes(record, "code", arena, &out->code);
}

static struct err *read_record(const json_t *item, struct arena *arena, struct chain_patch *out)
{
    static const struct {
        const char *name;
        struct err *(*read)(const json_t *record, struct arena *arena, struct chain_patch *out);
    } kinds[] = {{"Account", read_account}, {"AccessKey", read_key}, {"GasKeyNonce", read_gas_key_nonce},
                 {"Contract", read_code},   {"Data", read_data},     {"GlobalContract", read_global_code}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const json_t *record = json_object_get(item, kinds[i].name);
        if (!record)
            continue;
        if (kinds[i].read != read_global_code)
            TRY(account_id_parse(text_of(record, "account_id"), &out->account_id));
        return kinds[i].read(record, arena, out);
    }
    return err_new(ERR_INVALID, "it is none of Account, AccessKey, GasKeyNonce, Contract, Data, GlobalContract");
}

struct err *records_read(const json_t *list, struct arena *arena, struct chain_patch **out, size_t *count)
{
    if (!json_is_array(list))
        return err_new(ERR_INVALID, "`records` is not a list");
    *count = json_array_size(list);
    *out = ARENA_ARRAY(arena, struct chain_patch, *count);
    for (size_t i = 0; i < *count; i++)
        TRY_DOING(read_record(json_array_get(list, i), arena, &(*out)[i]), "record %zu", i);
    return NULL;
}

/* ---- Writing ---- */

static json_t *account_view(const struct chain_account *a)
{
    json_t *view = json_pack("{s:o,s:o,s:o,s:o,s:s}", "amount", view_u128(a->amount), "locked", view_u128(a->locked),
                             "code_hash", view_hash(&a->code_hash), "storage_usage", json_doc_number(a->storage_usage),
                             "version", a->is_global ? "V2" : "V1");
    if (a->is_global && a->global.kind == GLOBAL_BY_HASH)
        json_object_set_new(view, "global_contract_hash", view_hash(&a->global.code_hash));
    else if (a->is_global)
        json_object_set_new(view, "global_contract_account_id", view_account_id(&a->global.account_id));
    return view;
}

static json_t *global_view(const struct chain_patch *p)
{
    bool by_hash = p->global.kind == GLOBAL_BY_HASH;
    return json_pack("{s:{s:o,s:o}}", "GlobalContract", by_hash ? "hash" : "account_id",
                     by_hash ? view_hash(&p->global.code_hash) : view_account_id(&p->global.account_id), "code",
                     view_base64(p->code));
}

json_t *records_view(const struct chain_patch *p)
{
    if (p->kind == CHAIN_PATCH_GLOBAL)
        return global_view(p);
    json_t *id = view_account_id(&p->account_id);
    if (p->kind == CHAIN_PATCH_ACCOUNT)
        return json_pack("{s:{s:o,s:o}}", "Account", "account_id", id, "account", account_view(&p->account));
    if (p->kind == CHAIN_PATCH_KEY)
        return json_pack("{s:{s:o,s:o,s:o}}", "AccessKey", "account_id", id, "public_key", view_public_key(&p->public_key),
                         "access_key", view_native_access_key(&p->access_key));
    if (p->kind == CHAIN_PATCH_GAS_KEY_NONCE)
        return json_pack("{s:{s:o,s:o,s:i,s:o}}", "GasKeyNonce", "account_id", id, "public_key",
                         view_public_key(&p->public_key), "index", p->nonce_index, "nonce", json_doc_number(p->nonce));
    if (p->kind == CHAIN_PATCH_CODE)
        return json_pack("{s:{s:o,s:o}}", "Contract", "account_id", id, "code", view_base64(p->code));
    return json_pack("{s:{s:o,s:o,s:o}}", "Data", "account_id", id, "data_key", view_base64(p->data_key), "value",
                     view_base64(p->value));
}

/* ---- Files ---- */

struct err *genesis_load(struct chain *c, const char *path)
{
    AUTO(buf) struct buf text = {0};
    AUTO(arena) struct arena arena = {0};
    AUTO(json) json_t *document = NULL;
    struct chain_block head;
    struct chain_patch *records = NULL;
    size_t count = 0;
    uint64_t height = 1;
    TRY(chain_head(c, &head));
    if (head.height > 0)
        return NULL;
    TRY(fs_read(path, GENESIS_LEN_MAX, &text));
    TRY_DOING(json_doc_parse(buf_slice(&text), &document), "genesis file %s", path);
    TRY_DOING(records_read(json_object_get(document, "records"), &arena, &records, &count), "genesis file %s", path);
    TRY_DOING(json_doc_u64_opt(document, "genesis_height", &height), "genesis file %s", path);
    if (height < 1 || height > GENESIS_HEIGHT_MAX)
        return err_new(ERR_INVALID, "genesis file %s: `genesis_height` is not a number from 1 to 2^40", path);
    TRY_DOING(chain_begin_at(c, height, records, count), "genesis file %s", path);
    log_info("genesis is read from a file", LOG_STR("path", path), LOG_U64("records", count));
    return NULL;
}

struct writing {
    FILE *to;
    uint64_t count;
};

static struct err *write_record(void *self, const struct chain_patch *record)
{
    struct writing *w = self;
    AUTO(json) json_t *value = records_view(record);
    AUTO(buf) struct buf text = {0};
    json_doc_write(value, &text);
    if (fprintf(w->to, "%s\n  %s", w->count++ ? "," : "", buf_str(&text)) < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "writing the records");
    return NULL;
}

struct err *genesis_write(struct chain *c, FILE *to, uint64_t *record_count)
{
    struct writing w = {.to = to};
    struct chain_block head;
    TRY(chain_head(c, &head));
    fprintf(to, "{\"chain_id\":\"%s\",\"protocol_version\":%d,\"genesis_height\":%llu,\"records\":[", chain_id(c),
            CHAIN_PROTOCOL_VERSION, (unsigned long long)head.height + HEIGHT_MARGIN);
    TRY(chain_export(c, write_record, &w));
    fprintf(to, "\n]}\n");
    *record_count = w.count;
    return fflush(to) ? err_errno(ERR_UNAVAILABLE, errno, "writing the records") : NULL;
}

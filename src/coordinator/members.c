#include "coordinator/members.h"
#include "base/u128.h"
#include "codec/hex.h"
#include "codec/json_doc.h"

enum { SHA256_LEN = 32 };

struct err *member_check_decimal(const char *name, struct slice text)
{
    u128 value;
    if (!u128_parse(text, &value))
        return err_new(ERR_INVALID, "member `%s` is not a decimal number below 2^128", name);
    return NULL;
}

static struct err *check_sha256(const char *name, struct slice text)
{
    uint8_t bytes[SHA256_LEN];
    return hex_decode(text, bytes, sizeof bytes, NULL) ? NULL : err_new(ERR_INVALID, "member `%s` is not 64 hex digits", name);
}

static struct err *check_value(const json_t *object, const struct member *m)
{
    struct slice text = {0};
    uint64_t number;
    bool truth;
    switch (m->kind) {
    case MEMBER_U64:
        return json_doc_u64(object, m->name, &number);
    case MEMBER_BOOL:
        return json_doc_bool(object, m->name, &truth);
    case MEMBER_STR:
        return json_doc_str(object, m->name, &text);
    case MEMBER_YOCTO:
        TRY(json_doc_str(object, m->name, &text));
        return member_check_decimal(m->name, text);
    case MEMBER_SHA256:
        TRY(json_doc_str(object, m->name, &text));
        return check_sha256(m->name, text);
    }
    return err_new(ERR_BUG, "member `%s` has no kind", m->name);
}

struct err *members_copy(const json_t *from, const struct member *members, json_t *to)
{
    for (const struct member *m = members; m->name; m++) {
        json_t *value = json_object_get(from, m->name);
        bool given = value && !json_is_null(value);
        if (given || m->rule == MEMBER_MUST) {
            TRY(check_value(from, m));
            json_object_set(to, m->name, value);
        } else if (m->rule == MEMBER_OR_NULL) {
            json_object_set_new(to, m->name, json_null());
        } else if (m->rule == MEMBER_OR_FALSE) {
            json_object_set_new(to, m->name, json_false());
        }
    }
    return NULL;
}

struct err *members_copy_object(const json_t *from, const char *name, const struct member *members, json_t *to)
{
    const json_t *value = json_object_get(from, name);
    if (value && !json_is_null(value) && !json_is_object(value))
        return err_new(ERR_INVALID, "member `%s` is not an object", name);
    json_t *copy = json_object();
    json_object_set_new(to, name, copy);
    TRY_DOING(members_copy(value, members, copy), "member `%s`", name);
    return NULL;
}

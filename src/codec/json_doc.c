#include "codec/json_doc.h"
#include <stdio.h>
#include <string.h>

static json_t *load(struct slice text, size_t more_flags, json_error_t *why)
{
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL | more_flags;
    return json_loadb(text.len ? (const char *)text.ptr : "", text.len, flags, why);
}

struct err *json_doc_parse(struct slice text, json_t **out)
{
    json_error_t why;
    json_t *doc = load(text, 0, &why);
    if (!doc && json_error_code(&why) == json_error_numeric_overflow)
        doc = load(text, JSON_DECODE_INT_AS_REAL, &why);
    if (!doc)
        return err_new(ERR_INVALID, "not JSON at line %d, column %d: error %d of the parser", why.line, why.column,
                       (int)json_error_code(&why));
    *out = doc;
    return NULL;
}

/* A large number is a string of this byte, which no UTF-8 text has, and its digits. */
static const char large_mark = '\xff';

json_t *json_doc_number(uint64_t value)
{
    char text[24];
    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    int len = snprintf(text, sizeof text, "%c%llu", large_mark, (unsigned long long)value);
    return json_stringn_nocheck(text, (size_t)len);
}

static int append_text(const char *text, size_t len, void *out)
{
    buf_append(out, slice_from(text, len));
    return 0;
}

static bool is_large(const json_t *value)
{
    const char *text = json_string_value(value);
    return text && *text == large_mark;
}

static bool has_large(const json_t *value)
{
    const char *name;
    json_t *member;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (has_large(json_array_get(value, i)))
            return true;
    }
    json_object_foreach((json_t *)value, name, member)
    {
        if (has_large(member))
            return true;
    }
    return is_large(value);
}

static void write_array(const json_t *value, struct buf *out)
{
    for (size_t i = 0; i < json_array_size(value); i++) {
        buf_append_str(out, i ? "," : "[");
        json_doc_write(json_array_get(value, i), out);
    }
    buf_append_str(out, "]");
}

static void write_object(const json_t *value, struct buf *out)
{
    const char *name, *before = "{";
    json_t *member;
    json_object_foreach((json_t *)value, name, member)
    {
        AUTO(json) json_t *text = json_string_nocheck(name);
        buf_append_str(out, before);
        json_doc_write(text, out);
        buf_append_str(out, ":");
        json_doc_write(member, out);
        before = ",";
    }
    buf_append_str(out, "}");
}

void json_doc_write(const json_t *value, struct buf *out)
{
    if (!has_large(value))
        json_dump_callback(value, append_text, out, JSON_COMPACT | JSON_ENCODE_ANY);
    else if (json_is_array(value))
        write_array(value, out);
    else if (json_is_object(value))
        write_object(value, out);
    else
        buf_append_str(out, json_string_value(value) + 1);
}

/* Length of the UTF-8 sequence at the start (RFC 3629, table 3-7 of Unicode), 0 when there is none. */
static size_t utf8_sequence_len(struct slice s)
{
    uint8_t lead = s.ptr[0], low = 0x80, high = 0xbf;
    size_t len = 0;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        len = 2;
    else if (lead >= 0xe0 && lead <= 0xef)
        len = 3;
    else if (lead >= 0xf0 && lead <= 0xf4)
        len = 4;
    if (len == 0 || s.len < len)
        return 0;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    if (s.ptr[1] < low || s.ptr[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((s.ptr[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

void json_doc_clean_utf8(struct slice text, struct buf *out)
{
    while (text.len) {
        size_t len = utf8_sequence_len(text);
        if (len)
            buf_append(out, slice_first(text, len));
        else
            buf_append_str(out, "\xef\xbf\xbd");
        text = slice_skip(text, len ? len : 1);
    }
}

struct slice json_doc_cut_utf8(struct slice text, size_t max_len)
{
    if (text.len <= max_len)
        return text;
    while (max_len && (text.ptr[max_len] & 0xc0) == 0x80)
        max_len--;
    return slice_first(text, max_len);
}

json_t *json_doc_string(struct slice text)
{
    json_t *value = json_stringn(text.len ? (const char *)text.ptr : "", text.len);
    if (value)
        return value;
    AUTO(buf) struct buf clean = {0};
    json_doc_clean_utf8(text, &clean);
    return json_stringn((const char *)clean.ptr, clean.len);
}

struct slice json_doc_text(const json_t *value)
{
    if (!json_is_string(value))
        return (struct slice){NULL, 0};
    return slice_from(json_string_value(value), json_string_length(value));
}

static bool read_u64(const json_t *value, uint64_t *out)
{
    static const double exact_max = 9007199254740992.0; /* 2^53 */
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (uint64_t)json_integer_value(value);
        return true;
    }
    double real = json_real_value(value);
    if (!json_is_real(value) || real < 0 || real >= exact_max || real != (double)(uint64_t)real)
        return false;
    *out = (uint64_t)real;
    return true;
}

static struct err *wrong_kind(const json_t *object, const char *name, const char *wanted)
{
    if (!json_is_object(object))
        return err_new(ERR_INVALID, "expected an object with the member `%s`", name);
    if (!json_object_get(object, name))
        return err_new(ERR_INVALID, "member `%s` is missing", name);
    return err_new(ERR_INVALID, "member `%s` is not %s", name, wanted);
}

struct err *json_doc_str(const json_t *object, const char *name, struct slice *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value))
        return wrong_kind(object, name, "a string");
    *out = json_doc_text(value);
    return NULL;
}

struct err *json_doc_u64(const json_t *object, const char *name, uint64_t *out)
{
    return read_u64(json_object_get(object, name), out) ? NULL : wrong_kind(object, name, "a whole number from 0 to 2^63 - 1");
}

struct err *json_doc_bool(const json_t *object, const char *name, bool *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_boolean(value))
        return wrong_kind(object, name, "true or false");
    *out = json_is_true(value);
    return NULL;
}

struct err *json_doc_u128(const json_t *object, const char *name, u128 *out)
{
    struct slice text;
    TRY(json_doc_str(object, name, &text));
    if (!u128_parse(text, out))
        return err_new(ERR_INVALID, "member `%s` is not a decimal number below 2^128", name);
    return NULL;
}

static bool is_given(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return value && !json_is_null(value);
}

struct err *json_doc_str_opt(const json_t *object, const char *name, struct slice *out)
{
    return is_given(object, name) ? json_doc_str(object, name, out) : NULL;
}

struct err *json_doc_u64_opt(const json_t *object, const char *name, uint64_t *out)
{
    return is_given(object, name) ? json_doc_u64(object, name, out) : NULL;
}

struct err *json_doc_bool_opt(const json_t *object, const char *name, bool *out)
{
    return is_given(object, name) ? json_doc_bool(object, name, out) : NULL;
}

bool json_doc_bytes(const json_t *array, struct buf *out)
{
    size_t i;
    const json_t *item;
    if (!json_is_array(array))
        return false;
    json_array_foreach(array, i, item)
    {
        json_int_t byte = json_integer_value(item);
        if (!json_is_integer(item) || byte < 0 || byte > UINT8_MAX)
            return false;
        buf_append_byte(out, (uint8_t)byte);
    }
    return true;
}

#include "base/mem.h"
#include "kit/schema_parts.h"
#include "kit/text.h"

static void read_field(const struct field *f, struct json_reader *r, uint8_t *base);

static size_t uint_len(const struct field *f)
{
    return (size_t)1 << (f->type - FIELD_U8);
}

/* Little endian, as the machine is. */
static uint64_t load_uint(const struct field *f, const uint8_t *at)
{
    uint64_t value = 0;
    __builtin_memcpy(&value, at, uint_len(f));
    return value;
}

static void read_uint(const struct field *f, struct json_reader *r, uint8_t *at)
{
    static const char names[][4] = {"u8", "u16", "u32", "u64"};
    size_t len = uint_len(f);
    uint64_t value = json_read_u64(r, UINT64_MAX >> (64 - 8 * len), slice_str(names[f->type - FIELD_U8]));
    __builtin_memcpy(at, &value, len);
}

static struct slice read_string(struct json_reader *r)
{
    struct buf *room = buf_new(); /* the arena keeps it */
    return json_read_string(r, room);
}

static struct slice read_account(struct json_reader *r)
{
    struct buf *why = buf_new();
    struct slice id = read_string(r);
    if (!r->fault && !account_id_check(id, why))
        json_fail(r, JSON_CUSTOM, buf_slice(why));
    return id;
}

static struct slice read_bytes(struct json_reader *r)
{
    struct buf *bytes = buf_new();
    json_begin_array(r, SLICE("a sequence"));
    buf_reserve(bytes, 1);
    while (json_next_item(r))
        buf_append_byte(bytes, (uint8_t)json_read_u64(r, UINT8_MAX, SLICE("u8")));
    return buf_slice(bytes);
}

static void read_bytes32(struct json_reader *r, uint8_t *at)
{
    struct slice bytes = read_bytes(r);
    if (!r->fault && bytes.len != 32)
        json_fail(r, JSON_CUSTOM, SLICE("invalid length, expected an array of length 32"));
    if (!r->fault)
        __builtin_memcpy(at, bytes.ptr, 32);
}

static struct slice read_any(struct json_reader *r)
{
    struct buf *text = buf_new();
    json_write_sorted(text, r);
    return buf_slice(text);
}

static void read_list(const struct schema *of, struct json_reader *r, struct list *list)
{
    struct buf *items = buf_new();
    json_begin_array(r, SLICE("a sequence"));
    for (list->count = 0; json_next_item(r); list->count++) {
        uint8_t *item = buf_reserve(items, of->size);
        __builtin_memset(item, 0, of->size);
        items->len += of->size;
        schema_read_json(of, r, item);
    }
    list->items = items->ptr;
}

static void read_value(const struct field *f, struct json_reader *r, uint8_t *at)
{
    switch (f->type) {
    case FIELD_BOOL:
        *(bool *)at = json_read_bool(r);
        break;
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
        read_uint(f, r, at);
        break;
    case FIELD_U128:
    case FIELD_U128_NUMBER:
        if (schema_has(FIELD_U128) || schema_has(FIELD_U128_NUMBER))
            *(u128 *)(void *)at = json_read_u128(r);
        break;
    case FIELD_STRING:
        *(struct slice *)(void *)at = read_string(r);
        break;
    case FIELD_BYTES32:
        if (schema_has(FIELD_BYTES32))
            read_bytes32(r, at);
        break;
    case FIELD_ACCOUNT:
        *(struct slice *)(void *)at = read_account(r);
        break;
    case FIELD_BYTES:
        if (schema_has(FIELD_BYTES))
            *(struct slice *)(void *)at = read_bytes(r);
        break;
    case FIELD_JSON:
        if (schema_has(FIELD_JSON))
            *(struct slice *)(void *)at = read_any(r);
        break;
    case FIELD_SCHEMA:
        schema_read_json(f->nested->of, r, at);
        break;
    case FIELD_LIST:
        if (schema_has(FIELD_LIST))
            read_list(f->nested->of, r, (struct list *)(void *)at);
        break;
    case FIELD_BOX:
        if (schema_has(FIELD_BOX))
            schema_read_json(f->nested->of, r, *(void **)(void *)at = mem_calloc(1, f->nested->of->size));
        break;
    case FIELD_UNIT:
        if (schema_has(FIELD_UNIT) && !json_read_null(r))
            json_fail_type(r, SLICE("unit variant"));
        break;
    }
}

static void read_field(const struct field *f, struct json_reader *r, uint8_t *base)
{
    if (f->flags & FIELD_IS_OPT) {
        if (json_read_null(r))
            return;
        if (f->has_offset)
            base[f->has_offset] = true;
    }
    read_value(f, r, base + f->offset);
}

static const struct field *find(const struct schema *s, struct slice name)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct field *f = &s->fields[i];
        if (f->name_len == name.len && slice_eq(field_name(f), name))
            return f;
    }
    return NULL;
}

/* With `head`, only until every field was seen. */
static __attribute__((noinline)) void read_struct(const struct schema *s, struct json_reader *r, uint8_t *base, bool head)
{
    struct buf *room = buf_new(), *expected = buf_new();
    struct slice name;
    uint64_t seen = 0, all = ((uint64_t)1 << s->count) - 1;
    if (json_peek(r) != JSON_KIND_OBJECT) {
        append_text(expected, "struct {}", s->name);
        json_fail_type(r, buf_slice(expected));
        return;
    }
    json_begin_object(r, slice_str(s->name));
    while (!(head && seen == all) && json_next_key(r, &name, room)) {
        const struct field *f = find(s, name);
        if (!f) {
            json_skip(r);
            continue;
        }
        uint64_t bit = 1ull << (f - s->fields);
        if (seen & bit)
            json_fail(r, JSON_DUPLICATE_FIELD, field_name(f));
        seen |= bit;
        read_field(f, r, base);
    }
    for (size_t i = 0; i < s->count && !r->fault; i++) {
        if (!(seen >> i & 1) && !s->fields[i].flags)
            json_fail(r, JSON_MISSING_FIELD, field_name(&s->fields[i]));
    }
}

static void fail_variant(const struct schema *s, struct json_reader *r, struct slice name)
{
    struct buf *why = buf_new();
    append_text(why, "unknown variant `{}`, expected {}", name, s->count > 2 ? "one of " : "");
    for (size_t i = 0; i < s->count; i++)
        append_text(why, "{}`{}`", i == 0 ? "" : s->count == 2 ? " or " : ", ", field_name(&s->fields[i]));
    json_fail(r, JSON_CUSTOM, buf_slice(why));
}

static void read_variant(const struct schema *s, struct json_reader *r, struct slice name, bool alone, uint8_t *base)
{
    const struct field *f = r->fault ? NULL : find(s, name);
    if (r->fault)
        return;
    if (!f) {
        fail_variant(s, r, name);
        return;
    }
    *base = (uint8_t)(f - s->fields);
    if (!alone)
        read_value(f, r, base + f->offset);
    else if (f->type != FIELD_UNIT)
        json_fail(r, JSON_CUSTOM, SLICE("invalid type: unit variant, expected newtype variant"));
}

static void read_enum(const struct schema *s, struct json_reader *r, uint8_t *base)
{
    struct buf *room = buf_new();
    struct slice name;
    enum json_kind kind = json_peek(r);
    if (kind == JSON_KIND_STRING) {
        read_variant(s, r, json_read_string(r, room), true, base);
    } else if (kind == JSON_KIND_OBJECT) {
        json_begin_object(r, slice_str(s->name));
        if (json_next_key(r, &name, room))
            read_variant(s, r, name, false, base);
        if (json_next_key(r, &name, NULL) || r->fresh)
            json_fail(r, JSON_EXPECTED_VALUE, (struct slice){0});
    } else {
        json_fail(r, JSON_EXPECTED_VALUE, (struct slice){0});
    }
}

void schema_read_json(const struct schema *s, struct json_reader *r, void *value)
{
    if (schema_is(s, SCHEMA_ENUM))
        read_enum(s, r, value);
    else if (schema_is(s, SCHEMA_PLAIN))
        read_field(s->fields, r, value);
    else
        read_struct(s, r, value, false);
}

void schema_read_json_head(const struct schema *s, struct json_reader *r, void *value)
{
    read_struct(s, r, value, true);
}

static void write_list(const struct schema *of, const struct list *list, struct buf *out)
{
    json_write_open(out, '[');
    for (uint32_t i = 0; i < list->count; i++)
        schema_write_json(of, (const uint8_t *)list->items + (size_t)i * of->size, out);
    json_write_close(out, ']');
}

static void write_value(const struct field *f, const uint8_t *at, struct buf *out)
{
    const struct slice *slice = (const struct slice *)(const void *)at;
    switch (f->type) {
    case FIELD_BOOL:
        json_write_bool(out, *at);
        break;
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
        json_write_u64(out, load_uint(f, at));
        break;
    case FIELD_U128:
        if (schema_has(FIELD_U128))
            json_write_u128(out, *(const u128 *)(const void *)at);
        break;
    case FIELD_U128_NUMBER:
        if (schema_has(FIELD_U128_NUMBER))
            json_write_u128_bare(out, *(const u128 *)(const void *)at);
        break;
    case FIELD_STRING:
    case FIELD_ACCOUNT:
        json_write_string(out, *slice);
        break;
    case FIELD_BYTES32:
        if (schema_has(FIELD_BYTES32))
            json_write_bytes(out, slice_from(at, 32));
        break;
    case FIELD_BYTES:
        if (schema_has(FIELD_BYTES))
            json_write_bytes(out, *slice);
        break;
    case FIELD_JSON:
        if (schema_has(FIELD_JSON))
            json_write_raw(out, *slice);
        break;
    case FIELD_SCHEMA:
        schema_write_json(f->nested->of, at, out);
        break;
    case FIELD_LIST:
        if (schema_has(FIELD_LIST))
            write_list(f->nested->of, (const struct list *)(const void *)at, out);
        break;
    case FIELD_BOX:
        if (schema_has(FIELD_BOX))
            schema_write_json(f->nested->of, *(void *const *)(const void *)at, out);
        break;
    case FIELD_UNIT:
        if (schema_has(FIELD_UNIT))
            json_write_null(out);
        break;
    }
}

static void write_field(const struct field *f, const uint8_t *base, struct buf *out)
{
    if (!(f->flags & FIELD_IS_OPT) || field_is_there(f, base))
        write_value(f, base + f->offset, out);
    else
        json_write_null(out);
}

void schema_write_json(const struct schema *s, const void *value, struct buf *out)
{
    const uint8_t *base = value;
    const struct field *f = s->fields;
    if (schema_is(s, SCHEMA_ENUM)) {
        f += *base;
        if (f->type == FIELD_UNIT) {
            json_write_string(out, field_name(f));
            return;
        }
    } else if (schema_is(s, SCHEMA_PLAIN)) {
        write_field(f, base, out);
        return;
    }
    json_write_open(out, '{');
    for (const struct field *end = schema_is(s, SCHEMA_ENUM) ? f + 1 : f + s->count; f < end; f++) {
        json_write_name(out, field_name(f));
        write_field(f, base, out);
    }
    json_write_close(out, '}');
}

#include "base/mem.h"
#include "kit/schema_parts.h"
#include "kit/text.h"

bool field_is_there(const struct field *f, const void *value)
{
    const uint8_t *base = value;
    return f->has_offset ? base[f->has_offset] : ((const struct slice *)(const void *)(base + f->offset))->ptr != NULL;
}

static size_t fixed_len(const struct field *f)
{
    static const uint8_t lens[] = {[FIELD_BOOL] = 1, [FIELD_U8] = 1,    [FIELD_U16] = 2,      [FIELD_U32] = 4,
                                   [FIELD_U64] = 8,  [FIELD_U128] = 16, [FIELD_BYTES32] = 32, [FIELD_U128_NUMBER] = 16};
    return f->type < sizeof lens ? lens[f->type] : 0;
}

static void read_list(const struct schema *of, struct borsh_reader *r, struct list *list)
{
    struct buf *items = buf_new();
    list->count = borsh_read_count(r, 1);
    for (uint32_t i = 0; i < list->count && !r->failed; i++) {
        uint8_t *item = buf_reserve(items, of->size);
        __builtin_memset(item, 0, of->size);
        items->len += of->size;
        schema_read_borsh(of, r, item);
    }
    list->items = items->ptr;
}

static void read_value(const struct field *f, struct borsh_reader *r, uint8_t *at)
{
    size_t len = fixed_len(f);
    if (len) {
        struct slice bytes = borsh_read_bytes(r, len);
        if (!r->failed)
            __builtin_memcpy(at, bytes.ptr, len);
    } else if (field_is(f, FIELD_SCHEMA)) {
        schema_read_borsh(f->nested->of, r, at);
    } else if (field_is(f, FIELD_LIST)) {
        read_list(f->nested->of, r, (struct list *)(void *)at);
    } else if (field_is(f, FIELD_BOX)) {
        *(void **)(void *)at = mem_calloc(1, f->nested->of->size);
        schema_read_borsh(f->nested->of, r, *(void **)(void *)at);
    } else if (!field_is(f, FIELD_UNIT)) {
        *(struct slice *)(void *)at = borsh_read_string(r);
    }
}

static void read_field(const struct field *f, struct borsh_reader *r, uint8_t *base)
{
    if (f->flags & FIELD_IS_OPT) {
        if (!borsh_read_bool(r))
            return;
        if (f->has_offset)
            base[f->has_offset] = true;
    }
    read_value(f, r, base + f->offset);
}

void schema_read_borsh(const struct schema *s, struct borsh_reader *r, void *value)
{
    if (schema_is(s, SCHEMA_ENUM)) {
        uint8_t variant = borsh_read_u8(r);
        *(uint8_t *)value = variant;
        if (variant >= s->count)
            r->failed = true;
        else
            read_field(&s->fields[variant], r, value);
        return;
    }
    for (size_t i = 0; i < s->count; i++)
        read_field(&s->fields[i], r, value);
}

static void write_list(const struct schema *of, const struct list *list, struct buf *out)
{
    borsh_write_u32(out, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        schema_write_borsh(of, (const uint8_t *)list->items + (size_t)i * of->size, out);
}

static void write_field(const struct field *f, const uint8_t *base, struct buf *out)
{
    const uint8_t *at = base + f->offset;
    size_t len = fixed_len(f);
    if (f->flags & FIELD_IS_OPT) {
        bool there = field_is_there(f, base);
        borsh_write_u8(out, there);
        if (!there)
            return;
    }
    if (len)
        buf_append(out, slice_from(at, len));
    else if (field_is(f, FIELD_SCHEMA))
        schema_write_borsh(f->nested->of, at, out);
    else if (field_is(f, FIELD_LIST))
        write_list(f->nested->of, (const struct list *)(const void *)at, out);
    else if (field_is(f, FIELD_BOX))
        schema_write_borsh(f->nested->of, *(void *const *)(const void *)at, out);
    else if (!field_is(f, FIELD_UNIT))
        borsh_write_string(out, *(const struct slice *)(const void *)at);
}

void schema_write_borsh(const struct schema *s, const void *value, struct buf *out)
{
    const uint8_t *base = value;
    if (schema_is(s, SCHEMA_ENUM)) {
        borsh_write_u8(out, *base);
        write_field(&s->fields[*base], base, out);
        return;
    }
    for (size_t i = 0; i < s->count; i++)
        write_field(&s->fields[i], base, out);
}

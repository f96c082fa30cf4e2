/* One table for each struct: what its fields are called and of which type. From it come the JSON reader with near-sdk's error
 * texts, the JSON writer, and the borsh reader and writer.
 *
 *     struct greeting { struct slice to; uint64_t times; bool has_times; };
 *     static const struct field greeting_fields[] = {
 *         FIELD(struct greeting, to),
 *         FIELD_OPT(struct greeting, times),
 *     };
 *     static const struct schema greeting_schema = STRUCT("Greeting", struct greeting, greeting_fields);
 *
 * The type of a field follows from its C type:
 *
 * | C type        | JSON                         | borsh                |
 * |---------------|------------------------------|----------------------|
 * | bool          | true, false                  | u8 0 or 1            |
 * | uint8..64_t   | whole number                 | little endian        |
 * | u128          | string of decimal digits     | 16 bytes             |
 * | struct slice  | string                       | u32 length, bytes    |
 * | uint8_t[32]   | array of 32 numbers          | 32 bytes             |
 *
 * and, named explicitly: FIELD_AS for other renderings of those (an account id, a byte list, free-form JSON, a bare number), FIELD_OF
 * for a struct, an enum or a list with a schema of its own. An optional field (`…_OPT`) may be missing or null; it needs a
 * `bool has_<name>` beside it, except slices, whose pointer is NULL then. A field with a default (`…_DEFAULT`) may be missing, and is
 * zero then. Members that no table names are ignored. */
#pragma once
#include "base/buf.h"
#include "base/u128.h"
#include "codec/borsh.h"
#include "codec/json.h"

enum field_type {
    FIELD_BOOL,
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_U64,
    FIELD_U128,
    FIELD_STRING,
    FIELD_BYTES32,
    /* for FIELD_AS: */
    FIELD_ACCOUNT,     /* a string that is a valid account id */
    FIELD_BYTES,       /* struct slice: JSON array of numbers up to 255 */
    FIELD_JSON,        /* struct slice: any JSON, compact, members sorted; borsh: its text */
    FIELD_U128_NUMBER, /* u128 as a bare JSON number; written only */
    /* for FIELD_OF: */
    FIELD_SCHEMA,
    FIELD_LIST, /* struct list of what the schema describes */
    FIELD_BOX,  /* pointer to what the schema describes: types that contain themselves */
    /* for UNIT: */
    FIELD_UNIT,
};

enum { FIELD_IS_OPT = 1, FIELD_HAS_DEFAULT = 2 };

struct schema;

/* Packed, because a contract has hundreds of them and pays for its size on every call. */
struct field {
    const char *name;
    const struct schema *of;
    uint16_t offset, has_offset; /* bytes from the start of the struct */
    uint8_t name_len;
    uint8_t type : 6, flags : 2;
} __attribute__((packed, aligned(2)));

static inline struct slice field_name(const struct field *f)
{
    return slice_from(f->name, f->name_len);
}

/* A struct; or an enum, tagged by the name of its variant: the C struct starts with a uint8_t that is the variant's place in the
 * table, and the fields are the variants. */
struct schema {
    struct slice name;
    const struct field *fields;
    uint16_t size; /* of the C struct */
    uint8_t count;
    bool is_enum;
};

struct list {
    void *items;
    uint32_t count;
};

#define FIELD_TYPE(T, m)            \
    _Generic(((T *)0)->m,           \
        bool: FIELD_BOOL,           \
        uint8_t: FIELD_U8,          \
        uint16_t: FIELD_U16,        \
        uint32_t: FIELD_U32,        \
        uint64_t: FIELD_U64,        \
        u128: FIELD_U128,           \
        struct slice: FIELD_STRING, \
        uint8_t *: FIELD_BYTES32)

/* In full: any JSON name, any member, and more of struct field's members at the end. */
#define FIELD_NAMED(text, T, m, kind, schema, ...) \
    {.name = (text),                               \
     .name_len = sizeof(text) - 1,                 \
     .of = (schema),                               \
     .offset = offsetof(T, m),                     \
     .type = (kind)__VA_OPT__(, ) __VA_ARGS__}
#define FIELD_MAYBE(T, m) .flags = FIELD_IS_OPT, .has_offset = offsetof(T, has_##m)

#define FIELD(T, m)                 FIELD_NAMED(#m, T, m, FIELD_TYPE(T, m), NULL)
#define FIELD_OPT(T, m)             FIELD_NAMED(#m, T, m, FIELD_TYPE(T, m), NULL, FIELD_MAYBE(T, m))
#define FIELD_DEFAULT(T, m)         FIELD_NAMED(#m, T, m, FIELD_TYPE(T, m), NULL, .flags = FIELD_HAS_DEFAULT)
#define FIELD_AS(T, m, kind)        FIELD_NAMED(#m, T, m, kind, NULL)
#define FIELD_SLICE_OPT(T, m, kind) FIELD_NAMED(#m, T, m, kind, NULL, .flags = FIELD_IS_OPT)
#define FIELD_OF(T, m, schema)      FIELD_NAMED(#m, T, m, FIELD_SCHEMA, schema)
#define FIELD_OF_OPT(T, m, schema)  FIELD_NAMED(#m, T, m, FIELD_SCHEMA, schema, FIELD_MAYBE(T, m))
#define FIELD_LIST_OF(T, m, schema) FIELD_NAMED(#m, T, m, FIELD_LIST, schema)
#define FIELD_BOX_OF(T, m, schema)  FIELD_NAMED(#m, T, m, FIELD_BOX, schema)
/* A variant: its JSON name, and the member that is its content. */
#define VARIANT(text, T, m, schema)  FIELD_NAMED(text, T, m, FIELD_SCHEMA, schema)
#define VARIANT_AS(text, T, m, kind) FIELD_NAMED(text, T, m, kind, NULL)
#define UNIT(text)                   {.name = (text), .name_len = sizeof(text) - 1, .type = FIELD_UNIT}

#define SCHEMA_OF(text, T, table, is_an_enum)             \
    {.name = {(const uint8_t *)(text), sizeof(text) - 1}, \
     .fields = (table),                                   \
     .size = sizeof(T),                                   \
     .count = sizeof(table) / sizeof *(table),            \
     .is_enum = (is_an_enum)}
#define STRUCT(text, T, table) SCHEMA_OF(text, T, table, false)
#define ENUM(text, T, table)   SCHEMA_OF(text, T, table, true)
/* For lists of one plain type: the table has one nameless field at offset 0. */
#define PLAIN(T, table) SCHEMA_OF("", T, table, false)

/* `value` is zeroed by the caller. Faults stay in the reader. Slices are borrowed from the reader's text. */
void schema_read_json(const struct schema *s, struct json_reader *r, void *value);
/* The same for a struct, but stops when every field was there: for text that this contract wrote itself. */
void schema_read_json_head(const struct schema *s, struct json_reader *r, void *value);
void schema_write_json(const struct schema *s, const void *value, struct buf *out);

/* As above; a reader that failed leaves `value` undefined. Slices are borrowed from the reader's bytes. */
void schema_read_borsh(const struct schema *s, struct borsh_reader *r, void *value);
void schema_write_borsh(const struct schema *s, const void *value, struct buf *out);

/* NEAR's rule: 2 to 64 bytes of a-z 0-9 - _ . without a separator at either end or two in a row. On false *fault says why, in the
 * words of NEAR's account id library. */
bool account_id_check(struct slice id, struct buf *fault);

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
    /* for UNIT: */
    FIELD_UNIT,
    /* for FIELD_OF: */
    FIELD_SCHEMA,
    FIELD_LIST, /* struct list of what the schema describes */
    FIELD_BOX,  /* pointer to what the schema describes: types that contain themselves */
};

enum { FIELD_IS_OPT = 1, FIELD_HAS_DEFAULT = 2 };

struct schema;

/* Eight bytes, because a contract has hundreds of them and pays for its size on every call. */
struct field {
    union {
        const char *name;
        const struct nested *nested; /* of types from FIELD_SCHEMA on */
    };
    uint32_t offset : 10, has_offset : 10; /* bytes from the start of the struct */
    uint32_t name_len : 6, type : 4, flags : 2;
};

struct nested {
    const char *name;
    const struct schema *of;
};

static inline bool field_is_nested(const struct field *f)
{
    return f->type >= FIELD_SCHEMA;
}

static inline struct slice field_name(const struct field *f)
{
    return slice_from(field_is_nested(f) ? f->nested->name : f->name, f->name_len);
}

/* A struct; or an enum, tagged by the name of its variant: the C struct starts with a uint8_t that is the variant's place in the
 * table, and the fields are the variants; or a bare value. */
enum schema_kind { SCHEMA_STRUCT, SCHEMA_ENUM, SCHEMA_PLAIN };

struct schema {
    const char *name; /* for faults of the reader */
    const struct field *fields;
    uint16_t size; /* of the C struct */
    uint8_t count;
    uint8_t kind;
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
#define FIELD_NAMED(text, T, m, kind, ...) \
    {.name = (text), .name_len = sizeof(text) - 1, .offset = offsetof(T, m), .type = (kind)__VA_OPT__(, ) __VA_ARGS__}
#define FIELD_NESTED(text, T, m, kind, schema, ...)      \
    {.nested = &(const struct nested){(text), (schema)}, \
     .name_len = sizeof(text) - 1,                       \
     .offset = offsetof(T, m),                           \
     .type = (kind)__VA_OPT__(, ) __VA_ARGS__}
#define FIELD_MAYBE(T, m) .flags = FIELD_IS_OPT, .has_offset = offsetof(T, has_##m)

#define FIELD(T, m)         FIELD_NAMED(#m, T, m, FIELD_TYPE(T, m))
#define FIELD_OPT(T, m)     FIELD_NAMED(#m, T, m, FIELD_TYPE(T, m), FIELD_MAYBE(T, m))
#define FIELD_DEFAULT(T, m) FIELD_NAMED(#m, T, m, FIELD_TYPE(T, m), .flags = FIELD_HAS_DEFAULT)
/* Of a record that is only kept in storage, where names are not written. */
#define FIELD_KEPT(T, m)            {.offset = offsetof(T, m), .type = FIELD_TYPE(T, m)}
#define FIELD_AS(T, m, kind)        FIELD_NAMED(#m, T, m, kind)
#define FIELD_SLICE_OPT(T, m, kind) FIELD_NAMED(#m, T, m, kind, .flags = FIELD_IS_OPT)
#define FIELD_OF(T, m, schema)      FIELD_NESTED(#m, T, m, FIELD_SCHEMA, schema)
#define FIELD_OF_OPT(T, m, schema)  FIELD_NESTED(#m, T, m, FIELD_SCHEMA, schema, FIELD_MAYBE(T, m))
#define FIELD_LIST_OF(T, m, schema) FIELD_NESTED(#m, T, m, FIELD_LIST, schema)
#define FIELD_BOX_OF(T, m, schema)  FIELD_NESTED(#m, T, m, FIELD_BOX, schema)
/* A variant: its JSON name, and the member that is its content. */
#define VARIANT(text, T, m, schema)  FIELD_NESTED(text, T, m, FIELD_SCHEMA, schema)
#define VARIANT_AS(text, T, m, kind) FIELD_NAMED(text, T, m, kind)
#define UNIT(text)                   {.name = (text), .name_len = sizeof(text) - 1, .type = FIELD_UNIT}

#define SCHEMA_FIRST(text, T, table, n, a_kind) \
    {.name = (text), .fields = (table), .size = sizeof(T), .count = (n), .kind = (a_kind)}
#define SCHEMA_OF(text, T, table, a_kind) SCHEMA_FIRST(text, T, table, sizeof(table) / sizeof *(table), a_kind)
#define STRUCT(text, T, table)            SCHEMA_OF(text, T, table, SCHEMA_STRUCT)
#define ENUM(text, T, table)              SCHEMA_OF(text, T, table, SCHEMA_ENUM)
/* A struct of the table's first n fields. */
#define STRUCT_FIRST(text, T, table, n) SCHEMA_FIRST(text, T, table, n, SCHEMA_STRUCT)
/* A struct that is never read from JSON: its name is nowhere said. */
#define RECORD(T, table) SCHEMA_OF(NULL, T, table, SCHEMA_STRUCT)
/* A bare value: the table has one nameless field at offset 0, which is of a plain type or a list. */
#define LIST_ITSELF(schema) {.nested = &(const struct nested){.of = (schema)}, .type = FIELD_LIST}
#define PLAIN(T, table)     SCHEMA_OF(NULL, T, table, SCHEMA_PLAIN)

/* Is the optional field there? A slice has no flag of its own: its pointer tells. */
bool field_is_there(const struct field *f, const void *value);

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

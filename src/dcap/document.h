/* Intel's documents, TCB info and QE identity: JSON read from the exact bytes that Intel signed, without allocating, and kept in a record.
 * Freestanding.
 *
 * There is one table for each kind of object: what its members are called, of which form they are, and where in the C struct they go. From it come the
 * reader of the JSON and both directions of the record's form (record.c).
 *
 *     static const struct document_member svn_members[] = {
 *         DOCUMENT_PLAIN("isvsvn", struct tcb_svn_level, svn, DOCUMENT_NUMBER),
 *     };
 *
 * Members that no table names are passed over; those of the table must be there once, unless they are optional, spelt without escapes, of the right type and
 * length. */
#pragma once
#include "codec/json.h"
#include "dcap/tcb.h"

enum document_form {
    DOCUMENT_HEX,        /* array of bytes: a string of two hex digits for each */
    DOCUMENT_NUMBER,     /* unsigned integer: a whole number that fits; of no bytes: the number 0 */
    DOCUMENT_TIME,       /* uint64_t, seconds since 1970: 2025-06-19T10:32:27Z */
    DOCUMENT_CHOICE,     /* uint8_t: a string out of `of`, names that each end with a NUL; kept is its place there */
    DOCUMENT_MODULE_ID,  /* uint8_t: TDX_nn, where nn are two hex digits */
    DOCUMENT_COMPONENTS, /* array of bytes: a list of {"svn": n}, one for each; `of` is the sentence about another count */
    DOCUMENT_ADVISORIES, /* struct slice, between the brackets: a list of advisories */
    DOCUMENT_OBJECT,     /* what `of` describes */
    DOCUMENT_LIST,       /* array of up to `len` of what `of` describes, and how many there are */
    DOCUMENT_TEXT,       /* struct slice; for readers of their own (collateral.c) */
};

struct document_member {
    const char *name;
    const void *of;
    uint32_t at : 13;      /* bytes from the start of the struct */
    uint32_t count_at : 7; /* of a uint8_t that counts the list's items, or whether the optional member is there; 0: none */
    uint32_t form : 4;     /* enum document_form */
    uint32_t len : 8;      /* bytes of the struct's member; of a choice or list how many there can be */
};

struct document_object {
    const struct document_member *members;
    uint16_t size;  /* of the C struct */
    uint8_t needed; /* the members that must be there come first */
    uint8_t count;
};

#define DOCUMENT_PLAIN(text, T, m, a_form) {.name = (text), .at = offsetof(T, m), .form = (a_form), .len = sizeof(((T *)0)->m)}
#define DOCUMENT_CHOICE_OF(text, T, m, names, n) \
    {.name = (text), .of = (names), .at = offsetof(T, m), .form = DOCUMENT_CHOICE, .len = (n)}
#define DOCUMENT_COMPONENTS_OF(text, T, m, other_count, ...) \
    {.name = (text),                                         \
     .of = (other_count),                                    \
     .at = offsetof(T, m),                                   \
     .form = DOCUMENT_COMPONENTS,                            \
     .len = sizeof(((T *)0)->m) __VA_OPT__(, ) __VA_ARGS__}
/* For an optional member: `has` says that it is there. */
#define DOCUMENT_HAS(T, has) .count_at = offsetof(T, has)
#define DOCUMENT_OBJECT_OPT(text, T, m, has, object) \
    {.name = (text), .of = (object), .at = offsetof(T, m), DOCUMENT_HAS(T, has), .form = DOCUMENT_OBJECT, .len = 1}
#define DOCUMENT_LIST_OF(text, T, items, number, object) \
    {.name = (text),                                     \
     .of = (object),                                     \
     .at = offsetof(T, items),                           \
     .count_at = offsetof(T, number),                    \
     .form = DOCUMENT_LIST,                              \
     .len = sizeof(((T *)0)->items) / sizeof *((T *)0)->items}
/* An object whose members go into the struct itself. */
#define DOCUMENT_PART(text, object) {.name = (text), .of = (object), .form = DOCUMENT_OBJECT}

#define DOCUMENT_TABLE(T, table, a_needed) \
    {.members = (table), .size = sizeof(T), .needed = (a_needed), .count = sizeof(table) / sizeof *(table)}

/* `tcbLevels` of a module or of an identity: struct tcb_svn_level. */
extern const struct document_object document_svn_level;

/* What was wrong and where. */
struct document_fault {
    struct slice what; /* "fmspc", or "not hex of the right length"… */
    size_t at;         /* bytes of the text up to it */
};

/* Reads the whole text into a struct of the object's; its slices are borrowed from the text. False: *fault says what was wrong. */
bool document_read(struct slice text, const struct document_object *o, void *out, struct document_fault *fault);

/* Gives the next member that the table names, with the reader before its value; NULL at the end of the object. *seen starts as 0. */
const struct document_member *document_next(struct json_reader *r, const struct document_object *o, uint32_t *seen);

/* Says whether all was well and nothing follows. */
bool document_end(struct json_reader *r, struct document_fault *fault);

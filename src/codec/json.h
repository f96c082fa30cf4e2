/* JSON (RFC 8259) without a tree: a reader that walks a text and a writer that appends compact text. Freestanding; contracts
 * and services use the same code.
 *
 * Reading is pulling: the caller knows what must come next and asks for it. The first thing that is wrong stays in the reader
 * (`fault`) and every later read gives zero, an empty slice or false, so a message's reader is a list of reads with one check at
 * its end (json_end). Texts and positions of faults are those that NEAR contracts answer with (serde_json's), because clients
 * match them. Strings must be UTF-8; nesting is at most JSON_DEPTH_MAX.
 *
 *     struct json_reader r = json_reader_of(text);
 *     struct buf room = {0};
 *     struct slice key;
 *     json_begin_object(&r, SLICE("a map"));
 *     while (json_next_key(&r, &key, &room)) {
 *         if (slice_eq(key, SLICE("nonce")))
 *             nonce = json_read_u64(&r, UINT64_MAX, SLICE("u64"));
 *         else
 *             json_skip(&r);
 *     }
 *     if (!json_end(&r))
 *         json_write_fault(&r, &message);
 */
#pragma once
#include "base/buf.h"
#include "base/u128.h"

enum { JSON_DEPTH_MAX = 128 };

/* What can be wrong, and how the sentence about it begins. */
#define JSON_FAULTS(X)                                                                                           \
    X(FINE, "")                                                                                                  \
    X(EOF_LIST, "EOF while parsing a list")                                                                      \
    X(EOF_OBJECT, "EOF while parsing an object")                                                                 \
    X(EOF_STRING, "EOF while parsing a string")                                                                  \
    X(EOF_VALUE, "EOF while parsing a value")                                                                    \
    X(EXPECTED_COLON, "expected `:`")                                                                            \
    X(EXPECTED_LIST_END, "expected `,` or `]`")                                                                  \
    X(EXPECTED_OBJECT_END, "expected `,` or `}`")                                                                \
    X(EXPECTED_IDENT, "expected ident")                                                                          \
    X(EXPECTED_VALUE, "expected value")                                                                          \
    X(BAD_ESCAPE, "invalid escape")                                                                              \
    X(BAD_NUMBER, "invalid number")                                                                              \
    X(BAD_CODE_POINT, "invalid unicode code point")                                                              \
    X(CONTROL_CHARACTER, "control character (\\u0000-\\u001F) found while parsing a string")                     \
    X(KEY_NOT_STRING, "key must be a string")                                                                    \
    X(LONE_SURROGATE, "lone leading surrogate in hex escape")                                                    \
    X(TRAILING_COMMA, "trailing comma")                                                                          \
    X(TRAILING_CHARACTERS, "trailing characters")                                                                \
    X(SHORT_HEX_ESCAPE, "unexpected end of hex escape")                                                          \
    X(TOO_DEEP, "recursion limit exceeded")                                                                      \
    X(MISSING_FIELD, "missing field `")     /* fault_expected: the field's name */                               \
    X(DUPLICATE_FIELD, "duplicate field `") /* fault_expected: the field's name */                               \
    X(INVALID_TYPE, "invalid type: ")       /* fault_found: the value's text; fault_expected: what was wanted */ \
    X(INVALID_VALUE, "invalid value: ")     /* as INVALID_TYPE */                                                \
    X(CUSTOM, "")                           /* fault_expected: the whole sentence */

enum json_fault {
#define X(name, text) JSON_##name,
    JSON_FAULTS(X)
#undef X
};

enum json_kind {
    JSON_KIND_NOTHING, /* end of text, a fault, or a byte that starts no value */
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_NUMBER,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT,
};

struct json_reader {
    struct slice text;
    size_t at; /* bytes read */
    size_t key_end;
    uint16_t depth;
    bool fresh; /* a container was just opened: no comma before its first item */
    enum json_fault fault;
    size_t fault_at; /* bytes of the text up to and including the fault */
    struct slice fault_found, fault_expected;
};

static inline struct json_reader json_reader_of(struct slice text)
{
    return (struct json_reader){.text = text};
}

/* What comes next, past white space. */
enum json_kind json_peek(struct json_reader *r);

/* Enters `{`. `expected` is what a fault says was wanted, as everywhere below. */
bool json_begin_object(struct json_reader *r, struct slice expected);
/* The next member's name, with the reader standing before its value; false past `}` or at a fault. *key is borrowed from the text,
 * or from `room` when it had escapes, until room's next use. */
bool json_next_key(struct json_reader *r, struct slice *key, struct buf *room);

/* Enters `[`, and stands before the next item or, giving false, past `]`. */
bool json_begin_array(struct json_reader *r, struct slice expected);
bool json_next_item(struct json_reader *r);

/* The string's content: borrowed from the text, or from `room` when it had escapes. */
struct slice json_read_string(struct json_reader *r, struct buf *room);
bool json_read_bool(struct json_reader *r);
/* Takes a null and says true; leaves anything else where it is. */
bool json_read_null(struct json_reader *r);
/* A whole number from 0 to `max`; `expected` names the type. */
uint64_t json_read_u64(struct json_reader *r, uint64_t max, struct slice expected);
/* NEAR's U128: decimal digits in a string. */
u128 json_read_u128(struct json_reader *r);

/* Passes one value of any kind, checking its syntax. */
void json_skip(struct json_reader *r);
/* As json_skip, and gives the value's text without the white space around it. */
struct slice json_read_raw(struct json_reader *r);

/* Only white space is left and nothing was wrong. */
bool json_end(struct json_reader *r);

/* Reports a fault that the caller found in the value or name just read. The first fault wins. */
void json_fail(struct json_reader *r, enum json_fault fault, struct slice expected);
/* The next value is not what `expected` says. */
void json_fail_type(struct json_reader *r, struct slice expected);
/* Appends the fault's sentence with its place: "missing field `url` at line 1 column 18". */
void json_write_fault(const struct json_reader *r, struct buf *out);

/* Writing. The buffer is empty or ends in JSON written so far: a comma goes in front of whatever does not follow `{`, `[` or `:`.
 * Strings must be UTF-8; `"`, `\` and control characters are escaped, everything else is written as it is. */
void json_write_open(struct buf *out, uint8_t bracket);  /* `{` or `[` */
void json_write_close(struct buf *out, uint8_t bracket); /* `}` or `]` */
void json_write_key(struct buf *out, struct slice name);
void json_write_name(struct buf *out, struct slice name); /* a key that needs no escaping */
void json_write_string(struct buf *out, struct slice text);
void json_write_u64(struct buf *out, uint64_t value);
void json_write_u128(struct buf *out, u128 value);      /* a string of digits, as NEAR's U128 */
void json_write_u128_bare(struct buf *out, u128 value); /* a number */
void json_write_bool(struct buf *out, bool value);
void json_write_null(struct buf *out);
void json_write_bytes(struct buf *out, struct slice bytes); /* an array of numbers */
/* A value that is JSON already. */
void json_write_raw(struct buf *out, struct slice json);

/* Appends `text` as it stands between the quotes of a JSON string. */
void json_escape(struct buf *out, struct slice text);
/* Appends decimal digits, without JSON's commas. */
void json_digits(struct buf *out, uint64_t value);
void json_digits_u128(struct buf *out, u128 value);

/* Reads one value and appends it in the form whose bytes everyone agrees on: compact, members sorted by the bytes of their names,
 * the last of equal names kept. Numbers keep their digits. */
void json_write_sorted(struct buf *out, struct json_reader *r);

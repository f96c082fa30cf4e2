/* JSON documents of services: jansson with this project's slices and errors.
 *
 * jansson holds integers up to 2^63 - 1 and refuses a document with a larger one, while NEAR prints 128-bit money as numbers in
 * places. Such a document is read again with all its numbers as reals: json_doc_u64 then takes whole numbers below 2^53 only,
 * and whoever does not ask for the large one is not hurt. Duplicate keys, bytes that are not UTF-8 and nesting past jansson's
 * 2048 levels are errors. Slices are borrowed from the document.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/u128.h"
#include <jansson.h>

/* `AUTO(json) json_t *doc = NULL;` */
static inline void auto_json(json_t **doc)
{
    json_decref(*doc);
}

/* Parses any JSON value that fills `text`; *out is a new reference. ERR_INVALID gives place and reason, never the text. */
struct err *json_doc_parse(struct slice text, json_t **out);

/* A new whole number. jansson has no place for one over 2^63 - 1: such a value is written right by json_doc_write, but is no
 * number to jansson's own functions. */
json_t *json_doc_number(uint64_t value);

/* The compact text of any value, appended. */
void json_doc_write(const json_t *value, struct buf *out);

/* A new string value of `text`; bytes that are not UTF-8 are replaced by U+FFFD. */
json_t *json_doc_string(struct slice text);

/* Appends `text` with every byte that belongs to no valid UTF-8 sequence replaced by U+FFFD. */
void json_doc_clean_utf8(struct slice text, struct buf *out);

/* The start of `text`, at most `max_len` bytes, that ends where a character ends. */
struct slice json_doc_cut_utf8(struct slice text, size_t max_len);

/* The string's bytes; a NULL pointer for any other value. */
struct slice json_doc_text(const json_t *value);

/* Appends the bytes of an array of numbers from 0 to 255; false, with what came before appended, when it is none. */
bool json_doc_bytes(const json_t *array, struct buf *out);

/* Members that must be there: ERR_INVALID says which is missing or of another kind. */
struct err *json_doc_str(const json_t *object, const char *name, struct slice *out);
struct err *json_doc_u64(const json_t *object, const char *name, uint64_t *out);
struct err *json_doc_bool(const json_t *object, const char *name, bool *out);
/* Money as NEAR writes it: a string of decimal digits. */
struct err *json_doc_u128(const json_t *object, const char *name, u128 *out);

/* Members that may be missing or null: *out is then left alone. Another kind is ERR_INVALID. */
struct err *json_doc_str_opt(const json_t *object, const char *name, struct slice *out);
struct err *json_doc_u64_opt(const json_t *object, const char *name, uint64_t *out);
struct err *json_doc_bool_opt(const json_t *object, const char *name, bool *out);

/* Tables of JSON members: what a body may carry, of which kind, and what is kept when it carries nothing. */
#pragma once
#include "base/err.h"
#include "base/slice.h"
#include <jansson.h>

enum member_kind {
    MEMBER_STR,
    MEMBER_U64,
    MEMBER_BOOL,
    MEMBER_YOCTO,  /* a string of decimal digits below 2^128 */
    MEMBER_SHA256, /* a string of 64 hex digits */
};

enum member_rule { MEMBER_MUST, MEMBER_MAY, MEMBER_OR_NULL, MEMBER_OR_FALSE };

struct member {
    const char *name; /* NULL: the end of the table */
    enum member_kind kind;
    enum member_rule rule;
};

/* Copies the members of the table from `from` to `to`; whatever else stands in `from` stays behind, null counts as missing.
 * ERR_INVALID names the member that is missing or of another kind. */
struct err *members_copy(const json_t *from, const struct member *members, json_t *to);

/* The same for the member `name` that is an object; a missing one counts as empty. */
struct err *members_copy_object(const json_t *from, const char *name, const struct member *members, json_t *to);

/* ERR_INVALID names the member when `text` is not a decimal number below 2^128. */
struct err *member_check_decimal(const char *name, struct slice text);

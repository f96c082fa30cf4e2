/* multipart/form-data (RFC 7578 over RFC 2046 section 5.1), for small forms with one large file: no nested parts, no encodings. */
#pragma once
#include "base/err.h"
#include "base/slice.h"

struct multipart_part {
    struct slice name, value; /* borrowed from the body */
};

enum { MULTIPART_PARTS_MAX = 16 };

struct multipart {
    struct multipart_part parts[MULTIPART_PARTS_MAX];
    size_t count;
};

/* ERR_INVALID when the content type has no boundary of 1 to 70 characters, or the body is not the parts it announces. */
struct err *multipart_parse(struct slice content_type, struct slice body, struct multipart *out);

/* The value of the first part of that name; a NULL pointer when there is none. */
struct slice multipart_value(const struct multipart *m, const char *name);

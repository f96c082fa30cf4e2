/* What TCB info and QE identity have in common: JSON read from the exact bytes that Intel signed, without allocating. Members that are not
 * known are passed over; known ones must be there once, spelt without escapes, of the right type and length. Freestanding. */
#pragma once
#include "codec/json.h"
#include "dcap/tcb.h"

/* What was wrong and where. */
struct document_fault {
    struct slice what; /* "fmspc", or "a number of members"… */
    size_t at;         /* bytes of the text up to it */
};

/* The names of an object's members, in the order of an enum. */
struct document_members {
    const char *const *names;
    size_t count;
    uint32_t needed; /* bit i: the i-th must be there */
};

/* Gives the index of the next known member, with the reader before its value; DOCUMENT_END at the end of the object. *seen starts as 0. */
enum { DOCUMENT_END = -1 };
int document_next(struct json_reader *r, const struct document_members *members, uint32_t *seen);

/* A string of exactly 2 * len hex digits. */
void document_hex(struct json_reader *r, uint8_t *out, size_t len);
uint64_t document_time(struct json_reader *r);
uint32_t document_number(struct json_reader *r, uint32_t max);
/* A string that is `yes` or `no`. */
bool document_either(struct json_reader *r, struct slice yes, struct slice no);

/* Members of levels, which all have them. */
void document_status(struct json_reader *r, struct tcb_verdict *out);
void document_advisories(struct json_reader *r, struct tcb_verdict *out);
/* `tcbLevels` of a module or of an identity. */
void document_svn_levels(struct json_reader *r, struct tcb_svn_levels *out);

/* Says whether all was well and nothing follows. */
bool document_end(struct json_reader *r, struct document_fault *fault);

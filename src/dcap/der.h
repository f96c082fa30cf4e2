/* DER (ITU-T X.690) read strictly: definite lengths in their shortest form, one-byte tags, nothing left over. Freestanding.
 *
 * A cursor never passes its end; the first thing that is wrong sets `failed`, and every later read gives an empty slice or zero. So a structure's
 * reader is a list of reads with one check at its end. Depth is the reader's own: nothing here recurses. */
#pragma once
#include "base/slice.h"

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0xa0, /* [n], constructed: add n */
};

struct der {
    struct slice rest;
    bool failed;
};

static inline struct der der_of(struct slice bytes)
{
    return (struct der){bytes, false};
}

/* The next value has this tag. */
static inline bool der_is(const struct der *d, uint8_t tag)
{
    return !d->failed && d->rest.len && d->rest.ptr[0] == tag;
}

/* Everything was read and nothing failed. */
static inline bool der_done(const struct der *d)
{
    return !d->failed && d->rest.len == 0;
}

/* The content of the next value, which must have this tag. */
struct slice der_take(struct der *d, uint8_t tag);
/* The same with tag and length in front. */
struct slice der_take_whole(struct der *d, uint8_t tag);
/* Whatever comes next, whole. */
struct slice der_take_any(struct der *d);

/* Reads on inside of a constructed value; der_leave fails the outer cursor unless the inner one read everything. */
struct der der_enter(struct der *d, uint8_t tag);
void der_leave(struct der *d, const struct der *inner);

/* A non-negative INTEGER in its shortest form: its big-endian bytes without the zero in front of a set top bit; one byte for 0. */
struct slice der_take_unsigned(struct der *d);
/* The same with a value of at most `max`. */
uint32_t der_take_small(struct der *d, uint8_t tag, uint32_t max);
/* 0x00 or 0xff. */
bool der_take_boolean(struct der *d);
/* A BIT STRING of whole bytes. */
struct slice der_take_bytes(struct der *d);
/* UTCTime or GeneralizedTime, in seconds since 1970. */
uint64_t der_take_time(struct der *d);

/* Ecdsa-Sig-Value to r ‖ s, 32 bytes each: integers non-negative, minimal, at most 32 bytes. */
bool der_read_signature(struct slice bytes, uint8_t out[64]);

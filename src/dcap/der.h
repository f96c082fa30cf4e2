/* DER (ITU-T X.690) read strictly: definite lengths in their shortest form, one-byte tags, nothing left over. Freestanding.
 *
 * A structure is read by its form: a list of steps, each with the tag that must come next and what becomes of the value.
 *
 *     enum { SERIAL = 1, NAME, VALUES };
 *     static const struct der_step form[] = {
 *         {DER_SEQUENCE, DER_ENTER},
 *         {DER_INTEGER, SERIAL},
 *         {DER_SEQUENCE, NAME | DER_WHOLE | DER_OPTIONAL},
 *         {0, DER_LEAVE},
 *     };
 *     struct slice values[VALUES];
 *     if (!der_read(form, &rest, values) || rest.len)
 *         …
 */
#pragma once
#include "base/slice.h"

enum {
    DER_ANY = 0, /* in a form: whatever comes */
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0xa0, /* [n], constructed: add n */
};

/* What becomes of a value: the place among the values that its content goes to, 0 to 15 (0 for what nobody asks), and any of these. */
enum {
    DER_PLACE = 0x0f,
    DER_ENTER = 0x10,    /* the next steps are about its content, up to DER_LEAVE, where all of it must be read */
    DER_WHOLE = 0x20,    /* its place gets tag and length too */
    DER_OPTIONAL = 0x40, /* when another tag comes, or nothing, its place gets a NULL */
    DER_LEAVE = 0x80,
    DER_DEPTH_MAX = 4, /* of entered values */
};

struct der_step {
    uint8_t tag, how;
};

/* Takes the value of that form from the start of *rest. False: it is not of the form; `values` and *rest are then undefined. */
bool der_read(const struct der_step *form, struct slice *rest, struct slice *values);

/* Takes a value with this tag: its content; a NULL when something else comes, *rest is then undefined. */
struct slice der_take(struct slice *rest, uint8_t tag);

/* An INTEGER's content, non-negative and in its shortest form, without the zero in front of a set top bit; one byte for 0. Empty when it is not so. */
struct slice der_unsigned(struct slice content);
/* The same as a number. False when it is not one, or more than `max`. */
bool der_small(struct slice content, uint32_t max, uint32_t *out);
/* A BIT STRING's content when it is of whole bytes; else empty. */
struct slice der_bits(struct slice content);
/* UTCTime or GeneralizedTime, whole, in seconds since 1970. */
bool der_time(struct slice whole, uint64_t *seconds);

/* Ecdsa-Sig-Value to r ‖ s, 32 bytes each: integers non-negative, minimal, at most 32 bytes. */
bool der_read_signature(struct slice bytes, uint8_t out[64]);

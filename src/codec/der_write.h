/* DER (ITU-T X.690) written into a buffer. A constructed value is opened, filled and closed; closing puts tag and length in front of
 * what was written since. Freestanding.
 *
 *     size_t start = der_open(&out);
 *     der_write_uint(&out, 2);
 *     der_close(&out, DER_WRITE_SEQUENCE, start);
 */
#pragma once
#include "base/buf.h"

enum {
    DER_WRITE_BOOLEAN = 0x01,
    DER_WRITE_INTEGER = 0x02,
    DER_WRITE_BIT_STRING = 0x03,
    DER_WRITE_OCTET_STRING = 0x04,
    DER_WRITE_OID = 0x06,
    DER_WRITE_ENUMERATED = 0x0a,
    DER_WRITE_UTF8 = 0x0c,
    DER_WRITE_PRINTABLE = 0x13,
    DER_WRITE_UTC_TIME = 0x17,
    DER_WRITE_GENERALIZED_TIME = 0x18,
    DER_WRITE_SEQUENCE = 0x30,
    DER_WRITE_SET = 0x31,
    DER_WRITE_CONTEXT = 0xa0, /* [n], constructed: add n */
};

/* One value with its content. */
void der_write(struct buf *out, uint8_t tag, struct slice content);

/* Where a value's content starts; to be handed to der_close. */
size_t der_open(const struct buf *out);
void der_close(struct buf *out, uint8_t tag, size_t start);

/* A non-negative INTEGER from big-endian bytes: leading zeros go, and one comes back where the top bit is set. */
void der_write_integer(struct buf *out, struct slice magnitude);
void der_write_uint(struct buf *out, uint64_t value);

/* A BIT STRING of whole bytes. */
void der_write_bits(struct buf *out, struct slice bytes);

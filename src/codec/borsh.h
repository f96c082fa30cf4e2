/* Borsh (borsh.io): little-endian integers of fixed width, u32 length before strings and vectors, one tag byte before options
 * and enums, no padding. Freestanding.
 *
 * Reading goes through a cursor that never passes the end: the first value that does not fit sets `failed`, and every later read
 * gives zero. So a message's reader is a list of reads with one check at its end (borsh_done).
 */
#pragma once
#include "base/buf.h"
#include "base/u128.h"

struct borsh_reader {
    struct slice rest;
    bool failed;
};

static inline struct borsh_reader borsh_reader_of(struct slice bytes)
{
    return (struct borsh_reader){bytes, false};
}

/* Borrows the next `len` bytes. */
struct slice borsh_read_bytes(struct borsh_reader *r, size_t len);

/* Reads a u32 length and borrows that many bytes. */
struct slice borsh_read_string(struct borsh_reader *r);

uint8_t borsh_read_u8(struct borsh_reader *r);
uint16_t borsh_read_u16(struct borsh_reader *r);
uint32_t borsh_read_u32(struct borsh_reader *r);
uint64_t borsh_read_u64(struct borsh_reader *r);
u128 borsh_read_u128(struct borsh_reader *r);

/* A bool or option tag: anything but 0 and 1 fails. */
bool borsh_read_bool(struct borsh_reader *r);

/* A vector's length; fails when fewer than `count * item_min_len` bytes are left, so that a lying count cannot ask for memory. */
uint32_t borsh_read_count(struct borsh_reader *r, size_t item_min_len);

/* Everything was read and nothing failed. */
static inline bool borsh_done(const struct borsh_reader *r)
{
    return !r->failed && r->rest.len == 0;
}

void borsh_write_u8(struct buf *out, uint8_t v);
void borsh_write_u16(struct buf *out, uint16_t v);
void borsh_write_u32(struct buf *out, uint32_t v);
void borsh_write_u64(struct buf *out, uint64_t v);
void borsh_write_u128(struct buf *out, u128 v);
void borsh_write_string(struct buf *out, struct slice bytes);

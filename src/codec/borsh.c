#include "codec/borsh.h"

struct slice borsh_read_bytes(struct borsh_reader *r, size_t len)
{
    if (r->failed || r->rest.len < len) {
        r->failed = true;
        return (struct slice){0};
    }
    struct slice out = slice_first(r->rest, len);
    r->rest = slice_skip(r->rest, len);
    return out;
}

/* `width` little-endian bytes, at most 8. */
static uint64_t read_uint(struct borsh_reader *r, size_t width)
{
    struct slice bytes = borsh_read_bytes(r, width);
    uint64_t v = 0;
    for (size_t i = 0; i < bytes.len; i++)
        v |= (uint64_t)bytes.ptr[i] << (8 * i);
    return v;
}

uint8_t borsh_read_u8(struct borsh_reader *r)
{
    return (uint8_t)read_uint(r, 1);
}

uint16_t borsh_read_u16(struct borsh_reader *r)
{
    return (uint16_t)read_uint(r, 2);
}

uint32_t borsh_read_u32(struct borsh_reader *r)
{
    return (uint32_t)read_uint(r, 4);
}

uint64_t borsh_read_u64(struct borsh_reader *r)
{
    return read_uint(r, 8);
}

u128 borsh_read_u128(struct borsh_reader *r)
{
    struct slice bytes = borsh_read_bytes(r, 16);
    u128 v = 0;
    for (size_t i = 0; i < bytes.len; i++)
        v |= (u128)bytes.ptr[i] << (8 * i);
    return v;
}

struct slice borsh_read_string(struct borsh_reader *r)
{
    uint32_t len = borsh_read_u32(r);
    return borsh_read_bytes(r, len);
}

bool borsh_read_bool(struct borsh_reader *r)
{
    uint8_t tag = borsh_read_u8(r);
    if (tag > 1)
        r->failed = true;
    return tag == 1;
}

uint32_t borsh_read_count(struct borsh_reader *r, size_t item_min_len)
{
    uint32_t count = borsh_read_u32(r);
    if ((uint64_t)count * item_min_len > r->rest.len)
        r->failed = true;
    return r->failed ? 0 : count;
}

static void write_uint(struct buf *out, uint64_t v, size_t width)
{
    uint8_t *at = buf_reserve(out, width);
    for (size_t i = 0; i < width; i++)
        at[i] = (uint8_t)(v >> (8 * i));
    out->len += width;
}

void borsh_write_u8(struct buf *out, uint8_t v)
{
    write_uint(out, v, 1);
}

void borsh_write_u16(struct buf *out, uint16_t v)
{
    write_uint(out, v, 2);
}

void borsh_write_u32(struct buf *out, uint32_t v)
{
    write_uint(out, v, 4);
}

void borsh_write_u64(struct buf *out, uint64_t v)
{
    write_uint(out, v, 8);
}

void borsh_write_u128(struct buf *out, u128 v)
{
    write_uint(out, (uint64_t)v, 8);
    write_uint(out, (uint64_t)(v >> 64), 8);
}

void borsh_write_string(struct buf *out, struct slice bytes)
{
    borsh_write_u32(out, (uint32_t)bytes.len);
    buf_append(out, bytes);
}

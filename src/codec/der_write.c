#include "codec/der_write.h"

enum { LONG_FORM = 0x80 };

/* Tag and length of a value with `len` content bytes; at most 10 bytes. */
static size_t make_head(uint8_t tag, size_t len, uint8_t *head)
{
    size_t count = 0;
    head[0] = tag;
    if (len < LONG_FORM) {
        head[1] = (uint8_t)len;
        return 2;
    }
    for (size_t rest = len; rest; rest >>= 8)
        count++;
    head[1] = (uint8_t)(LONG_FORM | count);
    for (size_t i = 0; i < count; i++)
        head[2 + i] = (uint8_t)(len >> 8 * (count - 1 - i));
    return 2 + count;
}

void der_write(struct buf *out, uint8_t tag, struct slice content)
{
    uint8_t head[10];
    buf_append(out, slice_from(head, make_head(tag, content.len, head)));
    buf_append(out, content);
}

size_t der_open(const struct buf *out)
{
    return out->len;
}

void der_close(struct buf *out, uint8_t tag, size_t start)
{
    uint8_t head[10];
    size_t len = out->len - start, head_len = make_head(tag, len, head);
    (void)buf_reserve(out, head_len);
    __builtin_memmove(out->ptr + start + head_len, out->ptr + start, len);
    __builtin_memcpy(out->ptr + start, head, head_len);
    out->len += head_len;
}

void der_write_integer(struct buf *out, struct slice magnitude)
{
    while (magnitude.len > 1 && magnitude.ptr[0] == 0)
        magnitude = slice_skip(magnitude, 1);
    size_t start = der_open(out);
    if (magnitude.len == 0 || magnitude.ptr[0] & 0x80)
        buf_append_byte(out, 0);
    buf_append(out, magnitude);
    der_close(out, DER_WRITE_INTEGER, start);
}

void der_write_uint(struct buf *out, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> 8 * (7 - i));
    der_write_integer(out, slice_from(bytes, sizeof bytes));
}

void der_write_bits(struct buf *out, struct slice bytes)
{
    size_t start = der_open(out);
    buf_append_byte(out, 0); /* no unused bits */
    buf_append(out, bytes);
    der_close(out, DER_WRITE_BIT_STRING, start);
}

#include "codec/hex.h"

void hex_encode(struct slice bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        *out++ = digits[bytes.ptr[i] >> 4];
        *out++ = digits[bytes.ptr[i] & 15];
    }
}

void hex_append(struct buf *out, struct slice bytes)
{
    hex_encode(bytes, (char *)buf_reserve(out, 2 * bytes.len));
    out->len += 2 * bytes.len;
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool fault(size_t at, size_t *fault_at)
{
    if (fault_at)
        *fault_at = at;
    return false;
}

bool hex_decode(struct slice text, uint8_t *out, size_t len, size_t *fault_at)
{
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.ptr[i]);
        if (digit < 0 || i >= 2 * len)
            return fault(i, fault_at);
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
    }
    return text.len == 2 * len || fault(text.len, fault_at);
}

bool hex_decode_append(struct slice text, struct buf *out, size_t *fault_at)
{
    /* An odd text asks for half a byte more than it has, so that hex_decode finds its end too early. */
    size_t len = (text.len + 1) / 2;
    if (!hex_decode(text, buf_reserve(out, len), len, fault_at))
        return false;
    out->len += len;
    return true;
}

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

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit of a text is the lowest byte of a word");

/* Eight digits at once to four bytes; false when one of them is no digit. Adding moves a byte that is large enough into its top bit. */
static bool decode_word(const uint8_t *text, uint8_t *out)
{
    uint64_t w, tops = EACH_BYTE(0x80);
    __builtin_memcpy(&w, text, sizeof w);
    uint64_t lower = w | EACH_BYTE(0x20);
    uint64_t digit = (w + EACH_BYTE(0x80 - '0')) & ~(w + EACH_BYTE(0x7f - '9'));
    uint64_t letter = (lower + EACH_BYTE(0x80 - 'a')) & ~(lower + EACH_BYTE(0x7f - 'f'));
    if ((w & tops) || ((digit | letter) & tops) != tops)
        return false;
    w = (w & EACH_BYTE(0x0f)) + 9 * (w >> 6 & EACH_BYTE(1));
    w = (w << 4 | w >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    w = (w | w >> 8) & UINT64_C(0x0000ffff0000ffff);
    uint32_t bytes = (uint32_t)(w | w >> 16);
    __builtin_memcpy(out, &bytes, sizeof bytes);
    return true;
}

bool hex_decode(struct slice text, uint8_t *out, size_t len, size_t *fault_at)
{
    size_t i = 0;
    while (text.len - i >= 8 && len >= i / 2 + 4 && decode_word(text.ptr + i, out + i / 2))
        i += 8;
    for (; i < text.len; i++) {
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

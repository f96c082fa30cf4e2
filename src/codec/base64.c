#include "codec/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct slice bytes, char *out)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = (uint32_t)bytes.ptr[i] << 16;
        if (have > 1)
            bits |= (uint32_t)bytes.ptr[i + 1] << 8;
        if (have > 2)
            bits |= bytes.ptr[i + 2];
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = have > 1 ? alphabet[bits >> 6 & 63] : '=';
        *out++ = have > 2 ? alphabet[bits & 63] : '=';
    }
}

void base64_append(struct buf *out, struct slice bytes)
{
    size_t len = BASE64_ENCODED_LEN(bytes.len);
    base64_encode(bytes, (char *)buf_reserve(out, len));
    out->len += len;
}

static int digit_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Reads up to 4 digits of one group into *bits, left aligned in 24; returns how many there are before the first other character. */
static size_t read_group(struct slice group, uint32_t *bits)
{
    *bits = 0;
    for (size_t i = 0; i < group.len; i++) {
        int digit = digit_of(group.ptr[i]);
        if (digit < 0)
            return i;
        *bits |= (uint32_t)digit << (18 - 6 * i);
    }
    return group.len;
}

/* Checks the group that ends the text with `digits` (2 or 3) digits: the rest is padding and the unused bits are zero. Gives the
 * index of the first fault in the group, or 4. */
static size_t check_last_group(struct slice group, size_t digits, uint32_t bits)
{
    uint32_t unused = digits == 2 ? 0xffff : 0xff;
    for (size_t i = digits; i < 4; i++) {
        if (group.ptr[i] != '=')
            return i;
    }
    return bits & unused ? digits - 1 : 4;
}

static bool fault(size_t at, size_t *fault_at)
{
    if (fault_at)
        *fault_at = at;
    return false;
}

bool base64_decode(struct slice text, struct buf *out, size_t *fault_at)
{
    uint8_t *start = buf_reserve(out, text.len / 4 * 3), *end = start;
    for (size_t at = 0; at < text.len; at += 4) {
        struct slice group = slice_first(slice_skip(text, at), 4);
        uint32_t bits;
        size_t digits = read_group(group, &bits), wrong = digits;
        if (digits >= 2 && digits < 4 && group.len == 4 && at + 4 == text.len)
            wrong = check_last_group(group, digits, bits);
        if (wrong < 4)
            return fault(at + wrong, fault_at);
        for (size_t i = 1; i < digits; i++, bits <<= 8)
            *end++ = (uint8_t)(bits >> 16);
    }
    out->len += (size_t)(end - start);
    return true;
}

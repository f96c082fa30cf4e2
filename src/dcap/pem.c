#include "dcap/pem.h"

#define BEGIN SLICE("-----BEGIN CERTIFICATE-----")
#define END   SLICE("-----END CERTIFICATE-----")

static bool take(struct slice *text, struct slice word)
{
    if (!slice_starts_with(*text, word))
        return false;
    *text = slice_skip(*text, word.len);
    return true;
}

static bool take_line_end(struct slice *text)
{
    return take(text, SLICE("\n")) || take(text, SLICE("\r\n"));
}

/* Passes one certificate. */
static bool take_certificate(struct slice *text, struct slice *base64)
{
    size_t len = 0;
    if (!take(text, BEGIN) || !take_line_end(text))
        return false;
    while (len < text->len && text->ptr[len] != '-')
        len++;
    *base64 = slice_first(*text, len);
    *text = slice_skip(*text, len);
    return len && base64->ptr[len - 1] == '\n' && take(text, END) && (take_line_end(text) || text->len == 0);
}

bool pem_read(struct slice text, struct pem_chain *out)
{
    out->count = 0;
    if (slice_ends_with(text, SLICE("\0")))
        text.len--;
    while (text.len) {
        if (take_line_end(&text))
            continue;
        if (out->count == PEM_CHAIN_MAX || !take_certificate(&text, &out->certs[out->count]))
            return false;
        out->count++;
    }
    return true;
}

enum { DIGIT_NONE = 64, DIGIT_FIRST = '+', DIGIT_LAST = 'z' };

static uint32_t digit_of(uint8_t c)
{
#define __ DIGIT_NONE
    static const uint8_t digits[DIGIT_LAST - DIGIT_FIRST + 1] = {
        62, __, __, __, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, __, __, __, __, __, __, __, 0,  1,  2,  3,  4,
        5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, __, __, __, __, __, __,
        26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
    };
#undef __
    uint8_t at = (uint8_t)(c - DIGIT_FIRST);
    return at < sizeof digits ? digits[at] : DIGIT_NONE;
}

/* Takes as many groups of four digits as come. */
static uint8_t *take_groups(struct slice *text, uint8_t *to)
{
    const uint8_t *at = text->ptr, *end = at + text->len;
    while (end - at >= 4) {
        uint32_t a = digit_of(at[0]), b = digit_of(at[1]), c = digit_of(at[2]), d = digit_of(at[3]);
        if ((a | b | c | d) & DIGIT_NONE)
            break;
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        to[0] = (uint8_t)(bits >> 16);
        to[1] = (uint8_t)(bits >> 8);
        to[2] = (uint8_t)bits;
        to += 3;
        at += 4;
    }
    *text = slice_from(at, (size_t)(end - at));
    return to;
}

/* The last group: two or three digits, padding, and unused bits that are zero. */
static uint8_t *take_last_group(struct slice *text, uint8_t *to)
{
    bool two = text->ptr[2] == '=';
    uint32_t a = digit_of(text->ptr[0]), b = digit_of(text->ptr[1]), c = two ? 0 : digit_of(text->ptr[2]);
    uint32_t bits = a << 18 | b << 12 | c << 6;
    if (((a | b | c) & DIGIT_NONE) || text->ptr[3] != '=' || bits & (two ? 0xffff : 0xff))
        return NULL;
    *to++ = (uint8_t)(bits >> 16);
    if (!two)
        *to++ = (uint8_t)(bits >> 8);
    *text = slice_skip(*text, 4);
    return to;
}

bool pem_decode(struct slice base64, struct room *room, struct slice *der)
{
    uint8_t *start = room_take(room, base64.len / 4 * 3 + 3), *end = start;
    if (!start)
        return false;
    while (base64.len) {
        end = take_groups(&base64, end);
        if (base64.len >= 4 && digit_of(base64.ptr[0]) != DIGIT_NONE) {
            end = take_last_group(&base64, end);
            if (!end || slice_skip(base64, 2).len) /* a line feed, and nothing after it */
                return false;
        }
        if (!take_line_end(&base64))
            return false;
    }
    *der = slice_from(start, (size_t)(end - start));
    return true;
}

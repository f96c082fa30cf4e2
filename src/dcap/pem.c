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

enum { DIGIT_NONE = 64 };

static uint32_t digit_of(uint8_t c)
{
    if (c >= 'a')
        return c <= 'z' ? c - 'a' + 26u : DIGIT_NONE;
    if (c >= 'A')
        return c <= 'Z' ? c - 'A' + 0u : DIGIT_NONE;
    if (c >= '0')
        return c <= '9' ? c - '0' + 52u : DIGIT_NONE;
    return c == '+' ? 62 : c == '/' ? 63 : DIGIT_NONE;
}

/* Padding may follow `digits` digits of the last group, of which `bits` are left over. */
static bool ends_well(struct slice rest, size_t digits, uint32_t bits)
{
    struct slice padding = slice_first(SLICE("=="), digits % 4 ? 4 - digits % 4 : 0);
    return digits % 4 != 1 && bits == 0 && take(&rest, padding) && take_line_end(&rest) && rest.len == 0;
}

bool pem_decode(struct slice base64, struct room *room, struct slice *der)
{
    uint8_t *start = room_take(room, base64.len / 4 * 3 + 3), *end = start;
    uint32_t bits = 0, held = 0; /* digits not written yet, and how many bits they are */
    size_t at = 0, digits = 0;
    if (!start)
        return false;
    for (; at < base64.len; at++) {
        uint32_t digit = digit_of(base64.ptr[at]);
        if (digit == DIGIT_NONE) {
            struct slice rest = slice_skip(base64, at);
            if (rest.len > 1 && take_line_end(&rest) && rest.len && digit_of(rest.ptr[0]) != DIGIT_NONE) {
                at = base64.len - rest.len - 1;
                continue;
            }
            break;
        }
        digits++;
        bits = bits << 6 | digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *end++ = (uint8_t)(bits >> held);
            bits &= (1u << held) - 1;
        }
    }
    *der = slice_from(start, (size_t)(end - start));
    return ends_well(slice_skip(base64, at), digits, bits);
}

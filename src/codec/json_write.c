/* Every writer reserves its worst case once and then writes through a pointer: in a contract each instruction is paid for. */
#include "codec/json.h"
#include "codec/json_scan.h"

enum { ESCAPE_MAX = 6, ESCAPE_CHUNK = 512, U64_DIGITS_MAX = 20 };

static inline uint8_t *open_value(struct buf *out, size_t len_max)
{
    uint8_t *at = buf_reserve(out, len_max + 1);
    if (out->len && at[-1] != '{' && at[-1] != '[' && at[-1] != ':')
        *at++ = ',';
    return at;
}

static inline void close_value(struct buf *out, const uint8_t *end)
{
    out->len = (size_t)(end - out->ptr);
}

void json_write_open(struct buf *out, uint8_t bracket)
{
    uint8_t *at = open_value(out, 1);
    *at++ = bracket;
    close_value(out, at);
}

void json_write_close(struct buf *out, uint8_t bracket)
{
    buf_append_byte(out, bracket);
}

static uint8_t *escape_byte(uint8_t *at, uint8_t c)
{
    static const char hex[] = "0123456789abcdef", short_names[] = "btn.fr";
    *at++ = '\\';
    if (c >= 0x20) {
        *at++ = c;
    } else if (c >= '\b' && c <= '\r' && c != '\v') {
        *at++ = (uint8_t)short_names[c - '\b'];
    } else {
        __builtin_memcpy(at, "u00", 3);
        at[3] = (uint8_t)hex[c >> 4];
        at[4] = (uint8_t)hex[c & 15];
        at += 5;
    }
    return at;
}

/* Copies pairs of words that stay as they are. */
static inline uint8_t *copy_pairs(uint8_t *at, const uint8_t **from, const uint8_t *stop)
{
    const uint8_t *s = *from;
    for (; stop - s >= 2 * JSON_WORD; s += 2 * JSON_WORD, at += 2 * JSON_WORD) {
        uint64_t a = json_word(s), b = json_word(s + JSON_WORD);
        if (json_stops(a) | json_stops(b))
            break;
        __builtin_memcpy(at, &a, sizeof a);
        __builtin_memcpy(at + JSON_WORD, &b, sizeof b);
    }
    *from = s;
    return at;
}

/* Copies a word, then goes on behind what of it stays as it is. */
static uint8_t *escape_words(uint8_t *at, const uint8_t **from, const uint8_t *stop)
{
    const uint8_t *s = *from;
    int words = 0;
    while (stop - s >= JSON_WORD) {
        uint64_t w = json_word(s);
        unsigned plain = json_first_stop(w);
        __builtin_memcpy(at, &w, sizeof w);
        at += plain;
        s += plain;
        if (plain == JSON_WORD) {
            if (++words == JSON_LONG)
                at = copy_pairs(at, &s, stop);
            continue;
        }
        words = 0;
        if (*s < 0x80)
            at = escape_byte(at, *s++);
        else
            *at++ = *s++;
    }
    *from = s;
    return at;
}

void json_escape(struct buf *out, struct slice text)
{
    if (text.len == 0)
        return;
    const uint8_t *from = text.ptr, *end = from + text.len;
    while (from < end) {
        const uint8_t *stop = (size_t)(end - from) > ESCAPE_CHUNK ? from + ESCAPE_CHUNK : end;
        uint8_t *at = buf_reserve(out, (size_t)(stop - from) * ESCAPE_MAX);
        for (at = escape_words(at, &from, stop); from < stop; from++) {
            if (json_is_escaped(*from))
                at = escape_byte(at, *from);
            else
                *at++ = *from;
        }
        close_value(out, at);
    }
}

void json_write_string(struct buf *out, struct slice text)
{
    uint8_t *at = open_value(out, 1);
    *at++ = '"';
    close_value(out, at);
    json_escape(out, text);
    buf_append_byte(out, '"');
}

void json_write_key(struct buf *out, struct slice name)
{
    json_write_string(out, name);
    buf_append_byte(out, ':');
}

void json_write_name(struct buf *out, struct slice name)
{
    uint8_t *at = open_value(out, name.len + 3);
    *at++ = '"';
    __builtin_memcpy(at, name.ptr, name.len);
    at += name.len;
    *at++ = '"';
    *at++ = ':';
    close_value(out, at);
}

static uint8_t *digits_to(uint8_t *at, uint64_t value)
{
    uint8_t *end = at + 1;
    for (uint64_t rest = value / 10; rest; rest /= 10)
        end++;
    for (uint8_t *digit = end; digit > at; value /= 10)
        *--digit = (uint8_t)('0' + value % 10);
    return end;
}

void json_digits(struct buf *out, uint64_t value)
{
    close_value(out, digits_to(buf_reserve(out, U64_DIGITS_MAX), value));
}

void json_write_u64(struct buf *out, uint64_t value)
{
    close_value(out, digits_to(open_value(out, U64_DIGITS_MAX), value));
}

void json_digits_u128(struct buf *out, u128 value)
{
    uint8_t *at = buf_reserve(out, U128_DIGITS_MAX);
    close_value(out, at + u128_format(value, (char *)at));
}

void json_write_u128_bare(struct buf *out, u128 value)
{
    close_value(out, open_value(out, 0));
    json_digits_u128(out, value);
}

void json_write_u128(struct buf *out, u128 value)
{
    uint8_t *at = open_value(out, 1);
    *at++ = '"';
    close_value(out, at);
    json_digits_u128(out, value);
    buf_append_byte(out, '"');
}

void json_write_bytes(struct buf *out, struct slice bytes)
{
    enum { ITEM_MAX = 4 };
    uint8_t *at = open_value(out, bytes.len * ITEM_MAX + 2);
    *at++ = '[';
    for (size_t i = 0; i < bytes.len; i++) {
        uint32_t v = bytes.ptr[i];
        if (i)
            *at++ = ',';
        if (v >= 100)
            *at++ = (uint8_t)('0' + v / 100);
        if (v >= 10)
            *at++ = (uint8_t)('0' + v / 10 % 10);
        *at++ = (uint8_t)('0' + v % 10);
    }
    *at++ = ']';
    close_value(out, at);
}

void json_write_bool(struct buf *out, bool value)
{
    json_write_raw(out, value ? SLICE("true") : SLICE("false"));
}

void json_write_null(struct buf *out)
{
    json_write_raw(out, SLICE("null"));
}

void json_write_raw(struct buf *out, struct slice json)
{
    uint8_t *at = open_value(out, json.len);
    if (json.len)
        __builtin_memcpy(at, json.ptr, json.len);
    close_value(out, at + json.len);
}

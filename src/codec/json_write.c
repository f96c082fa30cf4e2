#include "codec/json.h"
#include "codec/json_scan.h"

static void separate(struct buf *out)
{
    uint8_t last = out->len ? out->ptr[out->len - 1] : '[';
    if (last != '{' && last != '[' && last != ':')
        buf_append_byte(out, ',');
}

void json_write_open(struct buf *out, uint8_t bracket)
{
    separate(out);
    buf_append_byte(out, bracket);
}

void json_write_close(struct buf *out, uint8_t bracket)
{
    buf_append_byte(out, bracket);
}

static void escape_byte(struct buf *out, uint8_t c)
{
    static const char hex[] = "0123456789abcdef", short_names[] = "btn.fr";
    buf_append_byte(out, '\\');
    if (c >= 0x20) {
        buf_append_byte(out, c);
    } else if (c >= '\b' && c <= '\r' && c != '\v') {
        buf_append_byte(out, (uint8_t)short_names[c - '\b']);
    } else {
        buf_append(out, SLICE("u00"));
        buf_append_byte(out, (uint8_t)hex[c >> 4]);
        buf_append_byte(out, (uint8_t)hex[c & 15]);
    }
}

void json_escape(struct buf *out, struct slice text)
{
    for (;;) {
        size_t run = json_plain_run(text.ptr, text.len, false);
        buf_append(out, slice_first(text, run));
        if (run == text.len)
            return;
        escape_byte(out, text.ptr[run]);
        text = slice_skip(text, run + 1);
    }
}

void json_write_string(struct buf *out, struct slice text)
{
    separate(out);
    buf_append_byte(out, '"');
    json_escape(out, text);
    buf_append_byte(out, '"');
}

void json_write_key(struct buf *out, struct slice name)
{
    json_write_string(out, name);
    buf_append_byte(out, ':');
}

void json_digits(struct buf *out, uint64_t value)
{
    uint8_t text[20], *at = text + sizeof text;
    do {
        *--at = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_append(out, slice_from(at, (size_t)(text + sizeof text - at)));
}

void json_write_u64(struct buf *out, uint64_t value)
{
    separate(out);
    json_digits(out, value);
}

static void append_u128(struct buf *out, u128 value)
{
    char text[U128_DIGITS_MAX];
    buf_append(out, slice_from(text, u128_format(value, text)));
}

void json_write_u128_bare(struct buf *out, u128 value)
{
    separate(out);
    append_u128(out, value);
}

void json_write_u128(struct buf *out, u128 value)
{
    separate(out);
    buf_append_byte(out, '"');
    append_u128(out, value);
    buf_append_byte(out, '"');
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
    separate(out);
    buf_append(out, json);
}

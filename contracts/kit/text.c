#include "kit/text.h"
#include "codec/json.h"
#include "kit/host.h"

static void append_arg(struct buf *out, const struct text_arg *arg)
{
    char digits[U128_DIGITS_MAX];
    switch (arg->kind) {
    case TEXT_NUMBER:
        json_digits(out, arg->number);
        break;
    case TEXT_WIDE_NUMBER:
        buf_append(out, slice_from(digits, u128_format(*arg->wide, digits)));
        break;
    case TEXT_SLICE:
        buf_append(out, arg->slice);
        break;
    case TEXT_QUOTED:
        buf_append_byte(out, '"');
        json_escape(out, arg->slice);
        buf_append_byte(out, '"');
        break;
    case TEXT_ESCAPED:
        json_escape(out, arg->slice);
        break;
    }
}

void text_append(struct buf *out, const char *format, const struct text_arg *args)
{
    const char *at = format, *start = at;
    while (*at) {
        if (*at != '{' || at[1] != '}') {
            at++;
            continue;
        }
        buf_append(out, slice_from(start, (size_t)(at - start)));
        append_arg(out, args++);
        start = at += 2;
    }
    buf_append(out, slice_from(start, (size_t)(at - start)));
}

/* Bytes of the white space character at the start of `s`; 0 when something else is there. */
static size_t white_space_len(struct slice s)
{
    if (s.len >= 1 && (s.ptr[0] == ' ' || (s.ptr[0] >= '\t' && s.ptr[0] <= '\r')))
        return 1;
    if (s.len >= 2 && s.ptr[0] == 0xc2 && (s.ptr[1] == 0x85 || s.ptr[1] == 0xa0))
        return 2;
    if (s.len < 3)
        return 0;
    uint32_t c = (uint32_t)s.ptr[0] << 16 | (uint32_t)s.ptr[1] << 8 | s.ptr[2];
    bool white = c == 0xe19a80 || (c >= 0xe28080 && c <= 0xe2808a) || c == 0xe280a8 || c == 0xe280a9 || c == 0xe280af ||
                 c == 0xe2819f || c == 0xe38080;
    return white ? 3 : 0;
}

struct slice text_trim(struct slice text)
{
    enum { CHARACTER_MAX = 3 };
    for (size_t len; (len = white_space_len(text));)
        text = slice_skip(text, len);
    for (size_t len = 1; len <= CHARACTER_MAX && len <= text.len; len++) {
        if (white_space_len(slice_skip(text, text.len - len)) == len) {
            text.len -= len;
            len = 0;
        }
    }
    return text;
}

void log_line(struct slice line)
{
    host_log_utf8(line.len, host_address(line.ptr));
}

void text_log(const char *format, const struct text_arg *args)
{
    struct buf line = {0};
    text_append(&line, format, args);
    log_line(buf_slice(&line));
}

/* The host counts a panic's text as log and refuses one that is too long, so a stranger's long string is cut, where a character ends. */
void text_panic(const char *format, const struct text_arg *args)
{
    enum { PANIC_MAX = 4096 };
    struct buf line = {0};
    text_append(&line, format, args);
    if (line.len > PANIC_MAX) {
        line.len = PANIC_MAX;
        while ((line.ptr[line.len] & 0xc0) == 0x80)
            line.len--;
    }
    host_panic_utf8(line.len, host_address(line.ptr));
}

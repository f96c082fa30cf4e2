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

void text_append(struct buf *out, struct slice format, const struct text_arg *args)
{
    const uint8_t *at = format.ptr, *end = at + format.len, *start = at;
    while (at < end) {
        if (*at != '{' || end - at < 2 || at[1] != '}') {
            at++;
            continue;
        }
        buf_append(out, slice_from(start, (size_t)(at - start)));
        append_arg(out, args++);
        start = at += 2;
    }
    buf_append(out, slice_from(start, (size_t)(end - start)));
}

void log_line(struct slice line)
{
    host_log_utf8(line.len, host_address(line.ptr));
}

void text_log(struct slice format, const struct text_arg *args)
{
    struct buf line = {0};
    text_append(&line, format, args);
    log_line(buf_slice(&line));
}

/* The host counts a panic's text as log and refuses one that is too long, so a stranger's long string is cut, where a character ends. */
void text_panic(struct slice format, const struct text_arg *args)
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

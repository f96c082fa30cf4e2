#include "kit/text.h"
#include "codec/json.h"
#include "kit/host.h"

enum { CODE_ARGUMENT = 1, CODE_PAIR = 0x80 };

/* What the bytes from CODE_PAIR on stand for; zeros: for themselves. The build fills it in. */
static const uint8_t text_pairs[CODE_PAIR][2] __attribute__((section("text_pairs"))) = {{0}};

struct sentence {
    struct buf *out;
    uint32_t kinds;
    const union text_value *args;
};

static void append_codes(struct sentence *s, const char *codes);

static void append_argument(struct sentence *s)
{
    const union text_value *arg = s->args++;
    enum text_kind kind = s->kinds & 15;
    char digits[U128_DIGITS_MAX];
    s->kinds >>= 4;
    if (kind == TEXT_QUOTED)
        buf_append_byte(s->out, '"');
    switch (kind) {
    case TEXT_NUMBER:
        json_digits(s->out, arg->number);
        break;
    case TEXT_WIDE:
        buf_append(s->out, slice_from(digits, u128_format(*arg->wide, digits)));
        break;
    case TEXT_SLICE:
        buf_append(s->out, arg->slice);
        break;
    case TEXT_QUOTED:
    case TEXT_ESCAPED:
        json_escape(s->out, arg->slice);
        break;
    case TEXT_STRING:
        buf_append_str(s->out, arg->string);
        break;
    case TEXT_TEXT:
        append_codes(s, arg->text.codes);
        break;
    }
    if (kind == TEXT_QUOTED)
        buf_append_byte(s->out, '"');
}

static void append_code(struct sentence *s, uint8_t code)
{
    const uint8_t *pair = text_pairs[code % CODE_PAIR];
    if (code == CODE_ARGUMENT) {
        append_argument(s);
    } else if (code < CODE_PAIR || !pair[0]) {
        buf_append_byte(s->out, code);
    } else {
        append_code(s, pair[0]);
        append_code(s, pair[1]);
    }
}

static void append_codes(struct sentence *s, const char *codes)
{
    while (*codes)
        append_code(s, (uint8_t)*codes++);
}

void text_append(struct buf *out, struct text format, uint32_t kinds, const union text_value *args)
{
    append_codes(&(struct sentence){out, kinds, args}, format.codes);
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

void text_log(struct text format, uint32_t kinds, const union text_value *args)
{
    struct buf line = {0};
    text_append(&line, format, kinds, args);
    log_line(buf_slice(&line));
}

/* The host counts a panic's text as log and refuses one that is too long, so a stranger's long string is cut, where a character ends. */
void text_panic(struct text format, uint32_t kinds, const union text_value *args)
{
    enum { PANIC_MAX = 4096 };
    struct buf line = {0};
    text_append(&line, format, kinds, args);
    if (line.len > PANIC_MAX) {
        line.len = PANIC_MAX;
        while ((line.ptr[line.len] & 0xc0) == 0x80)
            line.len--;
    }
    host_panic_utf8(line.len, host_address(line.ptr));
}

__attribute__((noinline)) void text_require(bool condition, struct text format)
{
    if (!condition)
        text_panic(format, 0, NULL);
}

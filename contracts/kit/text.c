#include "kit/text.h"
#include "base/mem.h"
#include "base/sentence.h"
#include "codec/json.h"
#include "kit/host.h"

enum { CODE_ARGUMENT = 1, FIRST_PAIR = 0x80, PAIRS = 0x80 + 0x20 };

/* What the bytes stand for that are not ASCII's: 128 to 255, then 0 to 31. Zeros: for themselves. The build fills it in. */
static const uint8_t text_pairs[PAIRS][2] __attribute__((section("text_pairs"))) = {{0}};

enum { TEXT_ARGS_MAX = 6, KIND_BITS = 4 };

static struct {
    uint32_t kinds;
    uint64_t values[TEXT_ARGS_MAX];
} kept;

static __attribute__((noinline)) void keep(uint32_t kinds, size_t at, uint64_t value)
{
    kept.kinds = kinds;
    kept.values[at] = value;
}

void text_args_1(uint32_t kinds, uint64_t a)
{
    keep(kinds, 0, a);
}

void text_args_2(uint32_t kinds, uint64_t a, uint64_t b)
{
    text_args_1(kinds, a);
    keep(kinds, 1, b);
}

void text_args_3(uint32_t kinds, uint64_t a, uint64_t b, uint64_t c)
{
    text_args_2(kinds, a, b);
    keep(kinds, 2, c);
}

void text_args_4(uint32_t kinds, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    text_args_3(kinds, a, b, c);
    keep(kinds, 3, d);
}

void text_args_5(uint32_t kinds, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    text_args_4(kinds, a, b, c, d);
    keep(kinds, 4, e);
}

void text_args_6(uint32_t kinds, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    text_args_5(kinds, a, b, c, d, e);
    keep(kinds, 5, f);
}

static const void *address(uint64_t value)
{
    return (const void *)(uintptr_t)value;
}

static struct slice slice_of(uint64_t value)
{
    struct slice s;
    __builtin_memcpy(&s, &value, sizeof s);
    return s;
}

/* Bit k: some sentence of the contract has an argument of kind k. The build finds it out (cmake/contract_ir.py); what no sentence needs is left out. */
static const uint32_t text_parts[1] __attribute__((section("text_parts"))) = {UINT32_MAX};

static inline bool text_has(enum text_kind kind)
{
    return *text_parts >> kind & 1;
}

struct sentence {
    struct buf *out;
    uint32_t kinds;
    const uint64_t *values;
};

static void append_codes(struct sentence *s, const char *codes);

static void append_argument(struct sentence *s)
{
    enum text_kind kind = s->kinds & ((1 << KIND_BITS) - 1);
    uint64_t value = *s->values++;
    s->kinds >>= KIND_BITS;
    if (kind == TEXT_QUOTED)
        buf_append_byte(s->out, '"');
    switch (kind) {
    case TEXT_NUMBER:
        json_digits(s->out, value);
        break;
    case TEXT_WIDE:
        if (text_has(TEXT_WIDE))
            json_digits_u128(s->out, *(const u128 *)address(value));
        break;
    case TEXT_SLICE:
        buf_append(s->out, slice_of(value));
        break;
    case TEXT_QUOTED:
    case TEXT_ESCAPED:
        json_escape(s->out, slice_of(value));
        break;
    case TEXT_STRING:
        buf_append_str(s->out, address(value));
        break;
    case TEXT_TEXT:
        append_codes(s, address(value));
        break;
    }
    if (kind == TEXT_QUOTED)
        buf_append_byte(s->out, '"');
}

static void append_code(struct sentence *s, uint8_t code)
{
    uint8_t pair = (uint8_t)(code - FIRST_PAIR);
    if (code == CODE_ARGUMENT) {
        append_argument(s);
    } else if (pair >= PAIRS || !text_pairs[pair][0]) {
        buf_append_byte(s->out, code);
    } else {
        append_code(s, text_pairs[pair][0]);
        append_code(s, text_pairs[pair][1]);
    }
}

static void append_codes(struct sentence *s, const char *codes)
{
    while (*codes)
        append_code(s, (uint8_t)*codes++);
}

void text_append(struct buf *out, struct text format)
{
    struct sentence s = {out, kept.kinds, kept.values};
    append_codes(&s, format.codes);
}

void sentence_append(struct buf *out, const char *table, size_t number)
{
    while (number--)
        table += __builtin_strlen(table) + 1;
    text_append(out, (struct text){table});
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

struct buf *buf_new(void)
{
    return mem_calloc(1, sizeof(struct buf));
}

void log_line(struct slice line)
{
    host_log_utf8(line.len, host_address(line.ptr));
}

void text_log(struct text format)
{
    struct buf *line = buf_new();
    text_append(line, format);
    log_line(buf_slice(line));
}

/* The host counts a panic's text as log and refuses one that is too long, so a stranger's long string is cut, where a character ends. */
void text_panic(struct text format)
{
    enum { PANIC_MAX = 4096 };
    struct buf *line = buf_new();
    text_append(line, format);
    if (line->len > PANIC_MAX) {
        line->len = PANIC_MAX;
        while ((line->ptr[line->len] & 0xc0) == 0x80)
            line->len--;
    }
    host_panic_utf8(line->len, host_address(line->ptr));
}

__attribute__((noinline)) void text_require(bool condition, struct text format)
{
    if (!condition)
        text_panic(format);
}

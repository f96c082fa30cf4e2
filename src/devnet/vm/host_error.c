#include "devnet/vm/host_error.h"
#include "base/buf.h"
#include <inttypes.h>
#include <string.h>

static const struct {
    const char *name, *text, *a, *b, *s;
} errors[] = {
#define X(id, name, text, a, b, s) [HOST_##id] = {name, text, a, b, s},
    HOST_ERRORS(X)
#undef X
};

const char *host_error_name(const struct host_error *e)
{
    return errors[e->kind].name;
}

static void append_placeholder(struct buf *out, char name, const struct host_error *e)
{
    if (name == 's')
        buf_append(out, e->text);
    else
        buf_append_fmt(out, "%" PRIu64, name == 'a' ? e->a : e->b);
}

const char *host_error_text(const struct host_error *e, struct arena *arena)
{
    AUTO(buf) struct buf out = {0};
    for (const char *p = errors[e->kind].text; *p; p++) {
        if (*p != '{') {
            buf_append_byte(&out, (uint8_t)*p);
            continue;
        }
        append_placeholder(&out, p[1], e);
        p += 2;
    }
    return arena_str(arena, buf_slice(&out));
}

/* Characters that Rust's Debug for strings prints as \u{…}: controls, and the invisible ones people meet. */
static bool is_invisible(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* The first character of valid UTF-8. */
static size_t decode_utf8(struct slice s, uint32_t *out)
{
    uint8_t lead = s.ptr[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t c = len == 1 ? lead : lead & (0x7fu >> len);
    for (size_t i = 1; i < len && i < s.len; i++)
        c = c << 6 | (s.ptr[i] & 0x3f);
    *out = c;
    return len < s.len ? len : s.len;
}

static void append_quoted(struct buf *out, struct slice text)
{
    static const char plain[] = "\"\\\n\r\t", letter[] = "\"\\nrt";
    buf_append_byte(out, '"');
    while (text.len > 0) {
        uint32_t c;
        size_t len = decode_utf8(text, &c);
        const char *escape = c && c < 0x80 ? strchr(plain, (int)c) : NULL;
        if (escape)
            buf_append_fmt(out, "\\%c", letter[escape - plain]);
        else if (c == 0)
            buf_append_str(out, "\\0");
        else if (is_invisible(c))
            buf_append_fmt(out, "\\u{%" PRIx32 "}", c);
        else
            buf_append(out, slice_first(text, len));
        text = slice_skip(text, len);
    }
    buf_append_byte(out, '"');
}

const char *host_error_debug(const struct host_error *e, struct arena *arena)
{
    AUTO(buf) struct buf out = {0};
    buf_append_fmt(&out, "HostError(%s", errors[e->kind].name);
    if (errors[e->kind].a)
        buf_append_fmt(&out, " { %s: %" PRIu64, errors[e->kind].a, e->a);
    if (errors[e->kind].b)
        buf_append_fmt(&out, ", %s: %" PRIu64, errors[e->kind].b, e->b);
    if (errors[e->kind].s) {
        buf_append_fmt(&out, " { %s: ", errors[e->kind].s);
        append_quoted(&out, e->text);
    }
    buf_append_str(&out, errors[e->kind].a || errors[e->kind].s ? " })" : ")");
    return arena_str(arena, buf_slice(&out));
}

#include "wasm/cursor.h"
#include "codec/leb128.h"

static void fail(struct wasm_cursor *c)
{
    c->failed = true;
    c->rest = (struct slice){NULL, 0};
}

uint8_t wasm_read_byte(struct wasm_cursor *c)
{
    if (c->rest.len == 0) {
        fail(c);
        return 0;
    }
    uint8_t byte = *c->rest.ptr;
    c->rest.ptr++;
    c->rest.len--;
    return byte;
}

uint32_t wasm_read_u32(struct wasm_cursor *c)
{
    uint32_t v = 0;
    if (c->failed || !leb128_read_u32(&c->rest, &v))
        fail(c);
    return v;
}

void wasm_skip_s32(struct wasm_cursor *c)
{
    int32_t v = 0;
    if (c->failed || !leb128_read_s32(&c->rest, &v))
        fail(c);
}

void wasm_skip_s64(struct wasm_cursor *c)
{
    int64_t v = 0;
    if (c->failed || !leb128_read_s64(&c->rest, &v))
        fail(c);
}

struct slice wasm_read_bytes(struct wasm_cursor *c, size_t len)
{
    if (c->failed || len > c->rest.len) {
        fail(c);
        return (struct slice){NULL, 0};
    }
    struct slice bytes = {c->rest.ptr, len};
    c->rest = slice_skip(c->rest, len);
    return bytes;
}

struct slice wasm_read_name(struct wasm_cursor *c)
{
    uint32_t len = wasm_read_u32(c);
    if (len > WASM_NAME_MAX)
        fail(c);
    struct slice name = wasm_read_bytes(c, len);
    if (!c->failed && !wasm_is_utf8(name))
        fail(c);
    return name;
}

uint32_t wasm_read_count(struct wasm_cursor *c, size_t item_min_len)
{
    uint32_t count = wasm_read_u32(c);
    if (count > c->rest.len / item_min_len)
        fail(c);
    return c->failed ? 0 : count;
}

/* The well-formed byte sequences of the Unicode Standard, table 3-7: only the second byte's range depends on the first. */
static size_t utf8_sequence_len(struct slice s, uint8_t *second_min, uint8_t *second_max)
{
    uint8_t lead = s.ptr[0];
    *second_min = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *second_max = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

bool wasm_is_utf8(struct slice text)
{
    while (text.len > 0) {
        uint8_t second_min, second_max;
        size_t len = utf8_sequence_len(text, &second_min, &second_max);
        if (len == 0 || len > text.len)
            return false;
        if (len > 1 && (text.ptr[1] < second_min || text.ptr[1] > second_max))
            return false;
        for (size_t i = 2; i < len; i++) {
            if ((text.ptr[i] & 0xc0) != 0x80)
                return false;
        }
        text = slice_skip(text, len);
    }
    return true;
}

#include "net/http_target.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte an escape at `at` stands for, or -1. */
static int escaped_byte(struct slice text, size_t at)
{
    if (text.len - at < 3)
        return -1;
    int high = hex_digit(text.ptr[at + 1]), low = hex_digit(text.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool http_escapes_valid(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%' && escaped_byte(text, i) <= 0)
            return false;
    }
    return true;
}

struct slice http_unescape(struct arena *a, struct slice text, bool form)
{
    uint8_t *out = arena_alloc(a, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int byte = text.ptr[i] == '%' ? escaped_byte(text, i) : -1;
        if (byte >= 0)
            i += 2;
        else
            byte = form && text.ptr[i] == '+' ? ' ' : text.ptr[i];
        out[len++] = (uint8_t)byte;
    }
    return slice_from(out, len);
}

static bool is_named(struct slice segment)
{
    return segment.len > 2 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}';
}

bool http_path_matches(const char *pattern, struct slice path)
{
    struct slice rest = slice_str(pattern);
    while (rest.ptr && path.ptr) {
        struct slice want, have;
        rest = slice_cut(rest, '/', &want);
        path = slice_cut(path, '/', &have);
        if (is_named(want) ? have.len == 0 : !slice_eq(want, have))
            return false;
    }
    return !rest.ptr && !path.ptr;
}

struct slice http_path_segment(const char *pattern, struct slice path, const char *name)
{
    struct slice rest = slice_str(pattern);
    while (rest.ptr && path.ptr) {
        struct slice want, have;
        rest = slice_cut(rest, '/', &want);
        path = slice_cut(path, '/', &have);
        if (is_named(want) && slice_eq_str(slice_from(want.ptr + 1, want.len - 2), name))
            return have;
    }
    return slice_from(NULL, 0);
}

struct slice http_query_value(struct arena *a, struct slice query, const char *name)
{
    while (query.ptr) {
        struct slice pair, key;
        query = slice_cut(query, '&', &pair);
        struct slice value = slice_cut(pair, '=', &key);
        if (slice_eq_str(http_unescape(a, key, true), name))
            return http_unescape(a, value, true);
    }
    return slice_from(NULL, 0);
}

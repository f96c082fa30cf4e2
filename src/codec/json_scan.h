/* Shared by the reader and the writer: which bytes of a string need no attention. */
#pragma once
#include "base/slice.h"

/* How many bytes from `at` on are neither `"`, `\`, control characters nor, with `ascii`, bytes above 0x7f. Looks at eight bytes at a
 * time: a byte of (x - 0x01..) has its top bit set for the first zero byte of x, and borrows only reach bytes after a hit. */
static inline size_t json_plain_run(const uint8_t *at, size_t len, bool ascii)
{
    const uint64_t ones = 0x0101010101010101u, top = 0x8080808080808080u;
    size_t n = 0;
    for (; len - n >= 8; n += 8) {
        uint64_t w;
        __builtin_memcpy(&w, at + n, 8);
        uint64_t hit = (w - ones * 0x20) | ((w ^ ones * '"') - ones) | ((w ^ ones * '\\') - ones) | w;
        if (hit & top)
            break;
    }
    for (; n < len; n++) {
        uint8_t c = at[n];
        if (c < 0x20 || c == '"' || c == '\\' || (ascii && c > 0x7f))
            break;
    }
    return n;
}

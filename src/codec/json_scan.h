/* Shared by the reader and the writer: the bytes that cannot stand in a JSON string as they are, found eight at a time. */
#pragma once
#include "base/slice.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte of a text is the lowest of a word");

enum { JSON_WORD = sizeof(uint64_t) };

static inline bool json_is_escaped(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static inline uint64_t json_word(const uint8_t *at)
{
    uint64_t w;
    __builtin_memcpy(&w, at, sizeof w);
    return w;
}

/* The place, 0 to 7, of the first byte of `w` that is escaped or not ASCII; JSON_WORD when there is none. x - 0x01.. has the top bit of a
 * zero byte of x set, and a borrow only reaches the bytes after a hit, so the lowest bit that shows is right. */
static inline unsigned json_first_stop(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t hits = ((w - ones * 0x20) | ((w ^ ones * '"') - ones) | ((w ^ ones * '\\') - ones) | w) & tops;
    return (unsigned)(hits ? __builtin_ctzll(hits) : 64) / 8;
}

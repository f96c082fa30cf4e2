/* Shared by the reader and the writer: the bytes that cannot stand in a JSON string as they are, found eight at a time. */
#pragma once
#include "base/slice.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte of a text is the lowest of a word");

/* After JSON_LONG plain words a text is taken for a long one, and read in pairs of words. */
enum { JSON_WORD = sizeof(uint64_t), JSON_LONG = 4 };

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

/* Has the top bit of the first byte of `w` that is escaped or not ASCII, if there is one, and perhaps of bytes after it: x - 0x01.. has the top
 * bit of a zero byte of x set, and a borrow only reaches the bytes after a hit. */
static inline uint64_t json_stops(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    return ((w - ones * 0x20) | ((w ^ ones * '"') - ones) | ((w ^ ones * '\\') - ones) | w) & tops;
}

/* The place, 0 to 7, of the first such byte; JSON_WORD when there is none. */
static inline unsigned json_first_stop(uint64_t w)
{
    uint64_t stops = json_stops(w);
    return (unsigned)(stops ? __builtin_ctzll(stops) : 64) / 8;
}

/* Past as many pairs of words as stay as they are. */
static inline const uint8_t *json_plain_pairs(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 2 * JSON_WORD && !(json_stops(json_word(at)) | json_stops(json_word(at + JSON_WORD))))
        at += 2 * JSON_WORD;
    return at;
}

/* Exact 128-bit unsigned integers: money in yoctoNEAR and token units. Freestanding.
 *
 * JSON carries them as decimal strings (NEAR convention), borsh as 16 little-endian bytes.
 */
#pragma once
#include "base/slice.h"

typedef unsigned __int128 u128;

#define U128_MAX (~(u128)0)

/* Longest decimal text: 340282366920938463463374607431768211455. */
enum { U128_DIGITS_MAX = 39 };

static inline bool u128_add(u128 a, u128 b, u128 *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline bool u128_sub(u128 a, u128 b, u128 *out)
{
    return !__builtin_sub_overflow(a, b, out);
}

/* False on overflow. Written without the compiler's 128-bit overflow helper, which contracts have no library for. */
static inline bool u128_mul(u128 a, u128 b, u128 *out)
{
    uint64_t a1 = (uint64_t)(a >> 64), a0 = (uint64_t)a, b1 = (uint64_t)(b >> 64), b0 = (uint64_t)b;
    if (a1 && b1)
        return false;
    u128 cross = (u128)(a1 ? a1 : a0) * (a1 ? b0 : b1); /* at most one of a1, b1 is non-zero */
    if (!a1 && !b1)
        cross = 0;
    if (cross >> 64)
        return false;
    return u128_add(cross << 64, (u128)a0 * b0, out);
}

/* Divides by a number below 2^32 without a library call; *rest may be NULL. */
static inline u128 u128_div_small(u128 a, uint32_t by, uint32_t *rest)
{
    uint32_t limb[4] = {(uint32_t)(a >> 96), (uint32_t)(a >> 64), (uint32_t)(a >> 32), (uint32_t)a};
    uint64_t carry = 0;
    u128 out = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t part = carry << 32 | limb[i];
        out = out << 32 | part / by;
        carry = part % by;
    }
    if (rest)
        *rest = (uint32_t)carry;
    return out;
}

/* Writes the decimal digits to `out` (no terminator) and returns their count, 1 to U128_DIGITS_MAX. */
static inline size_t u128_format(u128 value, char out[U128_DIGITS_MAX])
{
    char reversed[U128_DIGITS_MAX];
    size_t n = 0;
    while (value >> 64) {
        uint32_t chunk = 0;
        value = u128_div_small(value, 1000000000, &chunk);
        for (int i = 0; i < 9; i++, chunk /= 10)
            reversed[n++] = (char)('0' + chunk % 10);
    }
    uint64_t low = (uint64_t)value;
    do {
        reversed[n++] = (char)('0' + low % 10);
        low /= 10;
    } while (low);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

/* Reads decimal digits only (no sign, no space, at least one digit; leading zeros are fine). False, with *out untouched,
 * when `text` is not such a number or exceeds 2^128 - 1. */
static inline bool u128_parse(struct slice text, u128 *out)
{
    u128 value = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.ptr[i] - '0');
        if (digit > 9 || value > U128_MAX / 10 || !u128_add(value * 10, digit, &value))
            return false;
    }
    *out = value;
    return true;
}

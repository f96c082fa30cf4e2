/* Both directions are long division between base 2^32 and base 58^5, the largest power of 58 below 2^32: one 64-bit step for
 * each pair of limbs instead of one for each pair of digits, about 25 times fewer. */
#include "codec/base58.h"

enum {
    LIMB_DIGITS = 5,
    WORDS_MAX = BASE58_BYTES_MAX / 4,
    LIMBS_MAX = BASE58_TEXT_MAX / LIMB_DIGITS,
};

static const uint32_t limb_base = 58 * 58 * 58 * 58 * 58;

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/* The digit of a character, or -1. The alphabet is ASCII's digits and letters without 0, I, O and l. */
static int digit_of(uint8_t c)
{
    if (c >= '1' && c <= '9')
        return c - '1';
    if (c >= 'A' && c <= 'Z' && c != 'I' && c != 'O')
        return c - 'A' + 9 - (c > 'I') - (c > 'O');
    if (c >= 'a' && c <= 'z' && c != 'l')
        return c - 'a' + 33 - (c > 'l');
    return -1;
}

static size_t count_leading(struct slice s, uint8_t byte)
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] == byte)
        n++;
    return n;
}

/* value = value * factor + carry, over `*count` limbs of base `base`, lowest first; base 0 stands for 2^32. False when it would
 * need more than `max` limbs. */
static bool multiply_add(uint32_t *limbs, size_t *count, size_t max, uint64_t factor, uint64_t carry, uint64_t base)
{
    for (size_t i = 0; i < *count; i++) {
        carry += limbs[i] * factor;
        limbs[i] = (uint32_t)(base ? carry % base : carry);
        carry = base ? carry / base : carry >> 32;
    }
    while (carry) {
        if (*count == max)
            return false;
        limbs[(*count)++] = (uint32_t)(base ? carry % base : carry);
        carry = base ? carry / base : carry >> 32;
    }
    return true;
}

/* Writes the limbs' digits, highest first and without leading zeros. */
static size_t write_digits(const uint32_t *limbs, size_t count, char *out)
{
    size_t n = 0;
    for (size_t i = count; i-- > 0;) {
        char digits[LIMB_DIGITS];
        uint32_t limb = limbs[i];
        for (size_t d = LIMB_DIGITS; d-- > 0; limb /= 58)
            digits[d] = alphabet[limb % 58];
        for (size_t d = 0; d < LIMB_DIGITS; d++) {
            if (n || digits[d] != alphabet[0])
                out[n++] = digits[d];
        }
    }
    return n;
}

size_t base58_encode(struct slice bytes, char *out)
{
    if (bytes.len > BASE58_BYTES_MAX)
        return 0;
    size_t zeros = count_leading(bytes, 0), count = 0;
    uint32_t limbs[LIMBS_MAX];
    for (size_t i = 0; i < zeros; i++)
        *out++ = alphabet[0];
    for (size_t i = zeros; i < bytes.len;) {
        uint32_t word = 0;
        do
            word = word << 8 | bytes.ptr[i++];
        while ((bytes.len - i) % 4);
        multiply_add(limbs, &count, LIMBS_MAX, UINT64_C(1) << 32, word, limb_base);
    }
    return zeros + write_digits(limbs, count, out);
}

/* Writes the words' bytes, highest first and without leading zeros; false when they are more than `room`. */
static bool write_bytes(const uint32_t *words, size_t count, uint8_t *out, size_t room, size_t *len)
{
    size_t n = 0;
    for (size_t i = 4 * count; i-- > 0;) {
        uint8_t byte = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
        if (!n && !byte)
            continue;
        if (n == room)
            return false;
        out[n++] = byte;
    }
    *len = n;
    return true;
}

static bool fault(size_t at, size_t *fault_at)
{
    if (fault_at)
        *fault_at = at;
    return false;
}

bool base58_decode(struct slice text, uint8_t out[BASE58_BYTES_MAX], size_t *len, size_t *fault_at)
{
    if (text.len > BASE58_TEXT_MAX)
        return fault(BASE58_TEXT_MAX, fault_at);
    size_t zeros = count_leading(text, (uint8_t)alphabet[0]), count = 0, tail = 0;
    uint32_t words[WORDS_MAX];
    for (size_t i = zeros; i < text.len;) {
        uint32_t limb = 0, factor = 1;
        do {
            int digit = digit_of(text.ptr[i]);
            if (digit < 0)
                return fault(i, fault_at);
            limb = limb * 58 + (uint32_t)digit;
            factor *= 58;
            i++;
        } while ((text.len - i) % LIMB_DIGITS);
        if (!multiply_add(words, &count, WORDS_MAX, factor, limb, 0))
            return fault(text.len, fault_at);
    }
    if (zeros > BASE58_BYTES_MAX || !write_bytes(words, count, out + zeros, BASE58_BYTES_MAX - zeros, &tail))
        return fault(text.len, fault_at);
    for (size_t i = 0; i < zeros; i++)
        out[i] = 0;
    *len = zeros + tail;
    return true;
}

bool base58_decode_exact(struct slice text, uint8_t *out, size_t len, size_t *fault_at)
{
    uint8_t bytes[BASE58_BYTES_MAX];
    size_t got = 0;
    if (!base58_decode(text, bytes, &got, fault_at))
        return false;
    if (got != len)
        return fault(text.len, fault_at);
    __builtin_memcpy(out, bytes, len);
    return true;
}

#include "crypto/keccak.h"
#include <string.h>

enum { LANES = 25, ROUNDS = 24, STATE_LEN = 200 };

static uint64_t rotate(uint64_t v, unsigned by)
{
    return by ? v << by | v >> (64 - by) : v;
}

static void mix_columns(uint64_t a[LANES])
{
    uint64_t c[5];
    for (int x = 0; x < 5; x++)
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (int i = 0; i < LANES; i++)
        a[i] ^= c[(i + 4) % 5] ^ rotate(c[(i + 1) % 5], 1);
}

/* Each lane moves from (x, y) to (y, 2x + 3y), turned by a triangular number of bits. */
static void move_lanes(uint64_t a[LANES])
{
    uint64_t lane = a[1];
    int x = 1, y = 0;
    for (unsigned t = 0; t < LANES - 1; t++) {
        int next_y = (2 * x + 3 * y) % 5;
        x = y;
        y = next_y;
        uint64_t old = a[x + 5 * y];
        a[x + 5 * y] = rotate(lane, (t + 1) * (t + 2) / 2 % 64);
        lane = old;
    }
}

static void mix_rows(uint64_t a[LANES])
{
    for (int y = 0; y < LANES; y += 5) {
        uint64_t row[5];
        memcpy(row, a + y, sizeof row);
        for (int x = 0; x < 5; x++)
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

/* Round constants come from a shift register over x^8 + x^6 + x^5 + x^4 + 1. */
static uint64_t round_constant(uint8_t *shift)
{
    uint64_t constant = 0;
    for (int j = 0; j < 7; j++) {
        if (*shift & 1)
            constant |= UINT64_C(1) << ((1 << j) - 1);
        *shift = (uint8_t)(*shift << 1 ^ (*shift & 0x80 ? 0x71 : 0));
    }
    return constant;
}

static void permute(uint64_t a[LANES])
{
    uint8_t shift = 1;
    for (int round = 0; round < ROUNDS; round++) {
        mix_columns(a);
        move_lanes(a);
        mix_rows(a);
        a[0] ^= round_constant(&shift);
    }
}

static void absorb(uint64_t a[LANES], const uint8_t *block, size_t len)
{
    for (size_t i = 0; i < len; i++)
        a[i / 8] ^= (uint64_t)block[i] << 8 * (i % 8);
}

void keccak(struct slice bytes, uint8_t *digest, size_t digest_len)
{
    uint64_t a[LANES] = {0};
    uint8_t last[STATE_LEN] = {0};
    size_t rate = STATE_LEN - 2 * digest_len;
    for (; bytes.len >= rate; bytes = slice_skip(bytes, rate)) {
        absorb(a, bytes.ptr, rate);
        permute(a);
    }
    if (bytes.len)
        memcpy(last, bytes.ptr, bytes.len);
    last[bytes.len] ^= 0x01;
    last[rate - 1] ^= 0x80;
    absorb(a, last, rate);
    permute(a);
    for (size_t i = 0; i < digest_len; i++)
        digest[i] = (uint8_t)(a[i / 8] >> 8 * (i % 8));
}

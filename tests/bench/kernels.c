/* Five kernels for the metering benchmark, each a function of the module that returns a checksum. No C library. */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) uint32_t name(void)

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

/* SHA-256's compression function (FIPS 180-4, 6.2.2) with round constants from a generator: the work is the same. */
static void compress(uint32_t state[8], const uint32_t block[16], const uint32_t constants[64])
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = block[i];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
    for (int i = 0; i < 8; i++)
        v[i] = state[i];
    for (int i = 0; i < 64; i++) {
        uint32_t t = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
                     constants[i] + w[i];
        uint32_t u = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        for (int k = 7; k > 0; k--)
            v[k] = v[k - 1];
        v[4] += t;
        v[0] = t + u;
    }
    for (int i = 0; i < 8; i++)
        state[i] += v[i];
}

static uint32_t seed;

static uint32_t next(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed;
}

EXPORT(sha256)
{
    uint32_t constants[64], state[8], block[16];
    seed = 1;
    for (int i = 0; i < 64; i++)
        constants[i] = next();
    for (int i = 0; i < 8; i++)
        state[i] = next();
    for (int n = 0; n < 60000; n++) {
        for (int i = 0; i < 16; i++)
            block[i] = state[i & 7] + (uint32_t)n;
        compress(state, block, constants);
    }
    return state[0];
}

enum { SIEVE = 4000000, SORTED = 400000, SIDE = 220 };

EXPORT(sieve)
{
    static uint8_t composite[SIEVE];
    uint32_t count = 0;
    for (int i = 2; i < SIEVE; i++)
        composite[i] = 0;
    for (int i = 2; i < SIEVE; i++) {
        if (composite[i])
            continue;
        count++;
        for (int k = 2 * i; k < SIEVE; k += i)
            composite[k] = 1;
    }
    return count;
}

static void sort(uint32_t *a, int low, int high)
{
    while (low < high) {
        uint32_t pivot = a[low + (high - low) / 2];
        int i = low, k = high;
        while (i <= k) {
            while (a[i] < pivot)
                i++;
            while (a[k] > pivot)
                k--;
            if (i > k)
                break;
            uint32_t t = a[i];
            a[i++] = a[k];
            a[k--] = t;
        }
        sort(a, low, k);
        low = i;
    }
}

EXPORT(qsort)
{
    static uint32_t a[SORTED];
    seed = 2;
    for (int i = 0; i < SORTED; i++)
        a[i] = next();
    sort(a, 0, SORTED - 1);
    return a[SORTED / 2];
}

EXPORT(matrix)
{
    static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
    seed = 3;
    for (int i = 0; i < SIDE; i++)
        for (int k = 0; k < SIDE; k++) {
            a[i][k] = next() % 1000;
            b[i][k] = next() % 1000;
        }
    for (int i = 0; i < SIDE; i++)
        for (int k = 0; k < SIDE; k++) {
            double sum = 0;
            for (int m = 0; m < SIDE; m++)
                sum += a[i][m] * b[m][k];
            c[i][k] = sum;
        }
    return (uint32_t)((uint64_t)c[SIDE / 2][SIDE / 3] & 0xffffffff);
}

static uint32_t fib_of(uint32_t n)
{
    return n < 2 ? n : fib_of(n - 1) + fib_of(n - 2);
}

EXPORT(fib)
{
    static volatile uint32_t n = 32;
    return fib_of(n);
}

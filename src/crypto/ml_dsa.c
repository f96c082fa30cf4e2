#include "crypto/ml_dsa.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
    Q = 8380417,
    N = 256,
    ROWS = 6,    /* k */
    COLUMNS = 5, /* l */
    D = 13,      /* low bits that the public key leaves out */
    TAU = 49,    /* coefficients of the challenge that are not 0 */
    GAMMA1 = 1 << 19,
    GAMMA2 = (Q - 1) / 32,
    BETA = 196,
    OMEGA = 55, /* hints at most */
    CHALLENGE_LEN = 48,
    SEED_LEN = 32,
    DIGEST_LEN = 64,
    T1_LEN = 320, /* of one polynomial, 10 bits a coefficient */
    Z_LEN = 640,  /* 20 bits */
    W1_LEN = 128, /* 4 bits */
};

/* Coefficients from 0 to Q - 1. */
struct poly {
    uint32_t at[N];
};

/* ---- Arithmetic ---- */

static uint32_t add(uint32_t a, uint32_t b)
{
    return (a + b) % Q;
}

static uint32_t subtract(uint32_t a, uint32_t b)
{
    return (a + Q - b) % Q;
}

static uint32_t multiply(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % Q);
}

/* Powers of 1753, a 512th root of unity, in the order in which the transform needs them: with the exponents' bits reversed. */
static void make_zetas(uint32_t zetas[N])
{
    uint32_t powers[N] = {1};
    for (int i = 1; i < N; i++)
        powers[i] = multiply(powers[i - 1], 1753);
    for (unsigned i = 0; i < N; i++) {
        unsigned reversed = 0;
        for (int bit = 0; bit < 8; bit++)
            reversed |= (i >> bit & 1) << (7 - bit);
        zetas[i] = powers[reversed];
    }
}

static void transform(const uint32_t zetas[N], struct poly *p)
{
    int m = 0;
    for (int len = N / 2; len >= 1; len /= 2) {
        for (int start = 0; start < N; start += 2 * len) {
            uint32_t zeta = zetas[++m];
            for (int j = start; j < start + len; j++) {
                uint32_t t = multiply(zeta, p->at[j + len]);
                p->at[j + len] = subtract(p->at[j], t);
                p->at[j] = add(p->at[j], t);
            }
        }
    }
}

static void transform_back(const uint32_t zetas[N], struct poly *p)
{
    enum { INVERSE_OF_N = 8347681 };
    int m = N;
    for (int len = 1; len < N; len *= 2) {
        for (int start = 0; start < N; start += 2 * len) {
            uint32_t zeta = Q - zetas[--m];
            for (int j = start; j < start + len; j++) {
                uint32_t t = p->at[j];
                p->at[j] = add(t, p->at[j + len]);
                p->at[j + len] = multiply(zeta, subtract(t, p->at[j + len]));
            }
        }
    }
    for (int i = 0; i < N; i++)
        p->at[i] = multiply(p->at[i], INVERSE_OF_N);
}

static void add_product(struct poly *sum, const struct poly *a, const struct poly *b)
{
    for (int i = 0; i < N; i++)
        sum->at[i] = add(sum->at[i], multiply(a->at[i], b->at[i]));
}

/* ---- Hashing ---- */

static EVP_MD_CTX *digest_parts(const EVP_MD *function, const struct slice *parts, size_t count)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, function, NULL);
    for (size_t i = 0; ok && i < count; i++)
        ok = EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len);
    if (!ok)
        abort(); /* OpenSSL has no memory */
    return ctx;
}

static void shake(const EVP_MD *function, const struct slice *parts, size_t count, uint8_t *out, size_t out_len)
{
    EVP_MD_CTX *ctx = digest_parts(function, parts, count);
    if (!EVP_DigestFinalXOF(ctx, out, out_len))
        abort();
    EVP_MD_CTX_free(ctx);
}

void ml_dsa_key_digest(struct slice domain, const uint8_t key[ML_DSA_PUBLIC_LEN], uint8_t out[ML_DSA_DIGEST_LEN])
{
    EVP_MD_CTX *ctx = digest_parts(EVP_sha3_256(), (struct slice[]){domain, slice_from(key, ML_DSA_PUBLIC_LEN)}, 2);
    if (!EVP_DigestFinal_ex(ctx, out, NULL))
        abort();
    EVP_MD_CTX_free(ctx);
}

/* One polynomial of the matrix: 23-bit numbers of a stream, those below Q. Not enough of them in so many bytes is less likely than a broken
 * machine, and would be found by taking more. */
static void sample_uniform(const uint8_t *seed, uint8_t column, uint8_t row, struct poly *out)
{
    enum { STREAM_LEN = 1344 };
    uint8_t stream[STREAM_LEN];
    const uint8_t place[] = {column, row};
    int count = 0;
    shake(EVP_shake128(), (struct slice[]){slice_from(seed, SEED_LEN), slice_from(place, sizeof place)}, 2, stream,
          sizeof stream);
    for (int i = 0; i + 3 <= STREAM_LEN && count < N; i += 3) {
        uint32_t v = stream[i] | (uint32_t)stream[i + 1] << 8 | (uint32_t)(stream[i + 2] & 0x7f) << 16;
        if (v < Q)
            out->at[count++] = v;
    }
    if (count < N)
        abort();
}

/* The challenge: TAU coefficients are 1 or -1, at places and with signs that the hash draws. */
static void sample_in_ball(const uint8_t *challenge, struct poly *out)
{
    enum { STREAM_LEN = 8 + 16 * 136 };
    uint8_t stream[STREAM_LEN];
    size_t at = 8;
    uint64_t signs = 0;
    shake(EVP_shake256(), (struct slice[]){slice_from(challenge, CHALLENGE_LEN)}, 1, stream, sizeof stream);
    for (int i = 0; i < 8; i++)
        signs |= (uint64_t)stream[i] << 8 * i;
    memset(out, 0, sizeof *out);
    for (int i = N - TAU; i < N; i++, signs >>= 1) {
        while (at < sizeof stream && stream[at] > i)
            at++;
        if (at == sizeof stream)
            abort(); /* less likely than a broken machine */
        int j = stream[at++];
        out->at[i] = out->at[j];
        out->at[j] = signs & 1 ? Q - 1 : 1;
    }
}

/* ---- Encodings ---- */

/* `bits` of little-endian numbers packed without gaps. */
static uint32_t unpack(const uint8_t *bytes, unsigned bits, unsigned index)
{
    uint32_t v = 0;
    for (unsigned i = 0, from = bits * index; i < bits; i++, from++)
        v |= (uint32_t)(bytes[from / 8] >> from % 8 & 1) << i;
    return v;
}

/* False when a coefficient is too large for a signature. */
static bool unpack_z(const uint8_t *bytes, struct poly *out)
{
    for (unsigned i = 0; i < N; i++) {
        int32_t v = GAMMA1 - (int32_t)unpack(bytes, 20, i);
        if (v >= GAMMA1 - BETA || v <= BETA - GAMMA1)
            return false;
        out->at[i] = v < 0 ? (uint32_t)(v + Q) : (uint32_t)v;
    }
    return true;
}

/* Which coefficients have a hint: places in ascending order for each polynomial, then where each polynomial's end; unused places are 0. */
static bool unpack_hints(const uint8_t *bytes, bool hints[ROWS][N])
{
    unsigned at = 0;
    memset(hints, 0, ROWS * N * sizeof(bool));
    for (int row = 0; row < ROWS; row++) {
        unsigned first = at, end = bytes[OMEGA + row];
        if (end < at || end > OMEGA)
            return false;
        for (; at < end; at++) {
            if (at > first && bytes[at - 1] >= bytes[at])
                return false;
            hints[row][bytes[at]] = true;
        }
    }
    for (; at < OMEGA; at++)
        if (bytes[at])
            return false;
    return true;
}

/* The high bits of `v`, moved by one towards where the hint says the true ones are. */
static uint8_t high_bits(uint32_t v, bool hint)
{
    enum { STEPS = (Q - 1) / (2 * GAMMA2) };
    int32_t low = (int32_t)(v % (2 * GAMMA2));
    if (low > GAMMA2)
        low -= 2 * GAMMA2;
    uint32_t rest = v - (uint32_t)low;
    uint32_t high = rest == Q - 1 ? 0 : rest / (2 * GAMMA2);
    if (rest == Q - 1)
        low--;
    if (!hint)
        return (uint8_t)high;
    return (uint8_t)(low > 0 ? (high + 1) % STEPS : (high + STEPS - 1) % STEPS);
}

static void pack_high_bits(const struct poly *w, const bool hints[N], uint8_t out[W1_LEN])
{
    for (int i = 0; i < W1_LEN; i++)
        out[i] = (uint8_t)(high_bits(w->at[2 * i], hints[2 * i]) | high_bits(w->at[2 * i + 1], hints[2 * i + 1]) << 4);
}

/* ---- Verifying ---- */

/* Row of A z - c t1 2^D, all in the transform's domain, then back. */
static void compute_row(const uint32_t zetas[N], const uint8_t *key, int row, const struct poly z[COLUMNS],
                        const struct poly *c, struct poly *out)
{
    struct poly a, t1, product = {0};
    memset(out, 0, sizeof *out);
    for (int column = 0; column < COLUMNS; column++) {
        sample_uniform(key, (uint8_t)column, (uint8_t)row, &a);
        add_product(out, &a, &z[column]);
    }
    for (unsigned i = 0; i < N; i++)
        t1.at[i] = multiply(unpack(key + SEED_LEN + row * T1_LEN, 10, i), 1 << D);
    transform(zetas, &t1);
    add_product(&product, c, &t1);
    for (int i = 0; i < N; i++)
        out->at[i] = subtract(out->at[i], product.at[i]);
    transform_back(zetas, out);
}

bool ml_dsa_verify(const uint8_t signature[ML_DSA_SIGNATURE_LEN], const uint8_t key[ML_DSA_PUBLIC_LEN], struct slice message)
{
    static const uint8_t pure_without_context[] = {0, 0};
    uint32_t zetas[N];
    struct poly z[COLUMNS], c, w;
    bool hints[ROWS][N];
    uint8_t key_digest[DIGEST_LEN], digest[DIGEST_LEN], high[ROWS][W1_LEN], challenge[CHALLENGE_LEN];
    const uint8_t *z_bytes = signature + CHALLENGE_LEN, *hint_bytes = z_bytes + COLUMNS * Z_LEN;
    if (!unpack_hints(hint_bytes, hints))
        return false;
    make_zetas(zetas);
    for (int i = 0; i < COLUMNS; i++) {
        if (!unpack_z(z_bytes + i * Z_LEN, &z[i]))
            return false;
        transform(zetas, &z[i]);
    }
    sample_in_ball(signature, &c);
    transform(zetas, &c);
    for (int row = 0; row < ROWS; row++) {
        compute_row(zetas, key, row, z, &c, &w);
        pack_high_bits(&w, hints[row], high[row]);
    }
    shake(EVP_shake256(), (struct slice[]){slice_from(key, ML_DSA_PUBLIC_LEN)}, 1, key_digest, sizeof key_digest);
    shake(EVP_shake256(),
          (struct slice[]){slice_from(key_digest, sizeof key_digest),
                           slice_from(pure_without_context, sizeof pure_without_context), message},
          3, digest, sizeof digest);
    shake(EVP_shake256(), (struct slice[]){slice_from(digest, sizeof digest), slice_from(high, sizeof high)}, 2, challenge,
          sizeof challenge);
    return memcmp(challenge, signature, CHALLENGE_LEN) == 0;
}

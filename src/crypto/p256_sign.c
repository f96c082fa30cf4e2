#include "crypto/p256_sign.h"
#include "base/auto.h"
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <sodium.h>
#include <string.h>

enum { FIELD_LEN = 32, HMAC_LEN = 32 };

struct curve {
    EC_GROUP *group;
    BN_CTX *ctx;
};

static void auto_curve(struct curve *c)
{
    BN_CTX_free(c->ctx);
    EC_GROUP_free(c->group);
}

static void auto_bn(BIGNUM **n)
{
    BN_clear_free(*n);
}

static void auto_point(EC_POINT **p)
{
    EC_POINT_free(*p);
}

static struct curve curve_new(void)
{
    return (struct curve){EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), BN_CTX_new()};
}

static BIGNUM *bn_from(const uint8_t bytes[FIELD_LEN])
{
    return BN_bin2bn(bytes, FIELD_LEN, NULL);
}

static bool is_scalar(const struct curve *c, const BIGNUM *n)
{
    return !BN_is_zero(n) && BN_cmp(n, EC_GROUP_get0_order(c->group)) < 0;
}

/* The coordinates of n times the generator. */
static bool base_multiple(const struct curve *c, const BIGNUM *n, BIGNUM *x, BIGNUM *y)
{
    AUTO(point) EC_POINT *point = EC_POINT_new(c->group);
    return EC_POINT_mul(c->group, point, n, NULL, NULL, c->ctx) &&
           EC_POINT_get_affine_coordinates(c->group, point, x, y, c->ctx);
}

bool p256_sign_public(const uint8_t secret[P256_SIGN_SECRET_LEN], uint8_t public_out[P256_SIGN_PUBLIC_LEN])
{
    AUTO(curve) struct curve c = curve_new();
    AUTO(bn) BIGNUM *d = bn_from(secret);
    AUTO(bn) BIGNUM *x = BN_new();
    AUTO(bn) BIGNUM *y = BN_new();
    return is_scalar(&c, d) && base_multiple(&c, d, x, y) && BN_bn2binpad(x, public_out, FIELD_LEN) == FIELD_LEN &&
           BN_bn2binpad(y, public_out + FIELD_LEN, FIELD_LEN) == FIELD_LEN;
}

/* HMAC-SHA-256 under `key` of value ‖ tag? ‖ tail. */
static void hmac(const uint8_t *key, const uint8_t *value, int tag, struct slice tail, uint8_t *out)
{
    crypto_auth_hmacsha256_state state;
    uint8_t byte = (uint8_t)tag;
    crypto_auth_hmacsha256_init(&state, key, HMAC_LEN);
    crypto_auth_hmacsha256_update(&state, value, HMAC_LEN);
    if (tag >= 0)
        crypto_auth_hmacsha256_update(&state, &byte, 1);
    crypto_auth_hmacsha256_update(&state, tail.ptr, tail.len);
    crypto_auth_hmacsha256_final(&state, out);
}

/* RFC 6979's generator of nonces (section 3.2, steps b to h). */
struct nonce {
    uint8_t key[HMAC_LEN], value[HMAC_LEN];
};

static void nonce_mix(struct nonce *n, int tag, struct slice seed)
{
    hmac(n->key, n->value, tag, seed, n->key);
    hmac(n->key, n->value, -1, slice_from(NULL, 0), n->value);
}

static void nonce_start(struct nonce *n, const uint8_t *secret, const uint8_t *reduced_digest)
{
    uint8_t seed[2 * FIELD_LEN];
    memcpy(seed, secret, FIELD_LEN);
    memcpy(seed + FIELD_LEN, reduced_digest, FIELD_LEN);
    memset(n->key, 0, sizeof n->key);
    memset(n->value, 1, sizeof n->value);
    nonce_mix(n, 0, slice_from(seed, sizeof seed));
    nonce_mix(n, 1, slice_from(seed, sizeof seed));
    sodium_memzero(seed, sizeof seed);
}

static BIGNUM *nonce_next(struct nonce *n)
{
    hmac(n->key, n->value, -1, slice_from(NULL, 0), n->value);
    return bn_from(n->value);
}

/* One attempt with the nonce k; false when k, r or s is unusable. */
static bool sign_with(const struct curve *c, const BIGNUM *d, const BIGNUM *z, const BIGNUM *k, uint8_t *out)
{
    const BIGNUM *order = EC_GROUP_get0_order(c->group);
    AUTO(bn) BIGNUM *r = BN_new();
    AUTO(bn) BIGNUM *s = BN_new();
    AUTO(bn) BIGNUM *inverse = BN_new();
    if (!is_scalar(c, k) || !base_multiple(c, k, r, s) || !BN_nnmod(r, r, order, c->ctx) || BN_is_zero(r))
        return false;
    bool ok = BN_mod_mul(s, r, d, order, c->ctx) && BN_mod_add(s, s, z, order, c->ctx) &&
              BN_mod_inverse(inverse, k, order, c->ctx) && BN_mod_mul(s, s, inverse, order, c->ctx);
    return ok && !BN_is_zero(s) && BN_bn2binpad(r, out, FIELD_LEN) == FIELD_LEN &&
           BN_bn2binpad(s, out + FIELD_LEN, FIELD_LEN) == FIELD_LEN;
}

void p256_sign(const uint8_t secret[P256_SIGN_SECRET_LEN], const uint8_t digest[P256_SIGN_DIGEST_LEN],
               uint8_t out[P256_SIGN_SIGNATURE_LEN])
{
    AUTO(curve) struct curve c = curve_new();
    AUTO(bn) BIGNUM *d = bn_from(secret);
    AUTO(bn) BIGNUM *z = bn_from(digest);
    uint8_t reduced[FIELD_LEN];
    struct nonce nonce;
    BN_nnmod(z, z, EC_GROUP_get0_order(c.group), c.ctx);
    BN_bn2binpad(z, reduced, FIELD_LEN);
    nonce_start(&nonce, secret, reduced);
    for (;;) {
        AUTO(bn) BIGNUM *k = nonce_next(&nonce);
        if (sign_with(&c, d, z, k, out))
            break;
        nonce_mix(&nonce, 0, slice_from(NULL, 0));
    }
    sodium_memzero(&nonce, sizeof nonce);
}

void p256_sign_flip_s(uint8_t signature[P256_SIGN_SIGNATURE_LEN])
{
    AUTO(curve) struct curve c = curve_new();
    AUTO(bn) BIGNUM *s = bn_from(signature + FIELD_LEN);
    BN_sub(s, EC_GROUP_get0_order(c.group), s);
    BN_bn2binpad(s, signature + FIELD_LEN, FIELD_LEN);
}

#include "crypto/secp.h"
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <sodium.h>
#include <string.h>

enum { COMPACT_LEN = 64, UNCOMPRESSED_LEN = 65, UNCOMPRESSED_TAG = 4 };

static bool parse_signature(const uint8_t *bytes, secp256k1_ecdsa_recoverable_signature *out)
{
    const secp256k1_context *c = secp256k1_context_static;
    return bytes[COMPACT_LEN] <= 3 && secp256k1_ecdsa_recoverable_signature_parse_compact(c, out, bytes, bytes[COMPACT_LEN]);
}

static void write_public(const secp256k1_pubkey *key, uint8_t *out)
{
    uint8_t bytes[UNCOMPRESSED_LEN];
    size_t len = sizeof bytes;
    secp256k1_ec_pubkey_serialize(secp256k1_context_static, bytes, &len, key, SECP256K1_EC_UNCOMPRESSED);
    memcpy(out, bytes + 1, SECP_PUBLIC_LEN);
}

bool secp_verify(const uint8_t public_key[SECP_PUBLIC_LEN], const uint8_t digest[SECP_DIGEST_LEN],
                 const uint8_t signature[SECP_SIGNATURE_LEN])
{
    const secp256k1_context *c = secp256k1_context_static;
    secp256k1_ecdsa_recoverable_signature recoverable;
    secp256k1_ecdsa_signature plain;
    secp256k1_pubkey key;
    uint8_t bytes[UNCOMPRESSED_LEN] = {UNCOMPRESSED_TAG};
    memcpy(bytes + 1, public_key, SECP_PUBLIC_LEN);
    if (!parse_signature(signature, &recoverable) || !secp256k1_ec_pubkey_parse(c, &key, bytes, sizeof bytes))
        return false;
    secp256k1_ecdsa_recoverable_signature_convert(c, &plain, &recoverable);
    return secp256k1_ecdsa_verify(c, &plain, digest, &key);
}

bool secp_recover(const uint8_t digest[SECP_DIGEST_LEN], const uint8_t signature[SECP_SIGNATURE_LEN],
                  uint8_t public_out[SECP_PUBLIC_LEN])
{
    secp256k1_ecdsa_recoverable_signature recoverable;
    secp256k1_pubkey key;
    if (!parse_signature(signature, &recoverable) ||
        !secp256k1_ecdsa_recover(secp256k1_context_static, &key, &recoverable, digest))
        return false;
    write_public(&key, public_out);
    return true;
}

/* A context for work with secrets, blinded against side channels. */
static secp256k1_context *signing_context(void)
{
    uint8_t seed[32];
    secp256k1_context *c = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    randombytes_buf(seed, sizeof seed);
    (void)!secp256k1_context_randomize(c, seed);
    sodium_memzero(seed, sizeof seed);
    return c;
}

bool secp_public(const uint8_t secret[SECP_SECRET_LEN], uint8_t public_out[SECP_PUBLIC_LEN])
{
    secp256k1_context *c = signing_context();
    secp256k1_pubkey key;
    bool ok = secp256k1_ec_pubkey_create(c, &key, secret);
    secp256k1_context_destroy(c);
    if (ok)
        write_public(&key, public_out);
    return ok;
}

void secp_sign(const uint8_t secret[SECP_SECRET_LEN], const uint8_t digest[SECP_DIGEST_LEN], uint8_t out[SECP_SIGNATURE_LEN])
{
    secp256k1_context *c = signing_context();
    secp256k1_ecdsa_recoverable_signature signature;
    int v = 0;
    memset(out, 0, SECP_SIGNATURE_LEN);
    if (secp256k1_ecdsa_sign_recoverable(c, &signature, digest, secret, NULL, NULL)) {
        secp256k1_ecdsa_recoverable_signature_serialize_compact(c, out, &v, &signature);
        out[COMPACT_LEN] = (uint8_t)v;
    }
    secp256k1_context_destroy(c);
}

#include "crypto/ed25519.h"
#include <sodium.h>

_Static_assert(ED25519_SEED_LEN == crypto_sign_SEEDBYTES && ED25519_PUBLIC_LEN == crypto_sign_PUBLICKEYBYTES &&
                   ED25519_SECRET_LEN == crypto_sign_SECRETKEYBYTES && ED25519_SIGNATURE_LEN == crypto_sign_BYTES,
               "libsodium's Ed25519 has other sizes");

void ed25519_from_seed(const uint8_t seed[ED25519_SEED_LEN], uint8_t public_out[ED25519_PUBLIC_LEN],
                       uint8_t secret_out[ED25519_SECRET_LEN])
{
    crypto_sign_seed_keypair(public_out, secret_out, seed);
}

void ed25519_sign(const uint8_t secret[ED25519_SECRET_LEN], struct slice message, uint8_t out[ED25519_SIGNATURE_LEN])
{
    crypto_sign_detached(out, NULL, message.ptr, message.len, secret);
}

bool ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_LEN], struct slice message,
                    const uint8_t signature[ED25519_SIGNATURE_LEN])
{
    return crypto_sign_verify_detached(signature, message.ptr, message.len, public_key) == 0;
}

bool ed25519_public_is_valid(const uint8_t public_key[ED25519_PUBLIC_LEN])
{
    return crypto_core_ed25519_is_valid_point(public_key) == 1;
}

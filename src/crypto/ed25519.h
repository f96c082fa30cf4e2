/* Ed25519 signatures (RFC 8032), over libsodium: non-canonical S and small-order keys are refused on verification. */
#pragma once
#include "base/entropy.h"
#include "base/slice.h"

enum { ED25519_SEED_LEN = 32, ED25519_PUBLIC_LEN = 32, ED25519_SECRET_LEN = 64, ED25519_SIGNATURE_LEN = 64 };

/* The secret form is seed ‖ public, as in NEAR's key texts. */
void ed25519_from_seed(const uint8_t seed[ED25519_SEED_LEN], uint8_t public_out[ED25519_PUBLIC_LEN],
                       uint8_t secret_out[ED25519_SECRET_LEN]);

void ed25519_sign(const uint8_t secret[ED25519_SECRET_LEN], struct slice message, uint8_t out[ED25519_SIGNATURE_LEN]);

bool ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_LEN], struct slice message,
                    const uint8_t signature[ED25519_SIGNATURE_LEN]);

/* Whether it is a point of the main subgroup, as every key is that was made from a secret. */
bool ed25519_public_is_valid(const uint8_t public_key[ED25519_PUBLIC_LEN]);

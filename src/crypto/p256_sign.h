/* Deterministic ECDSA over P-256, over OpenSSL's field and curve arithmetic: equal key and digest give equal bytes, so that what is signed with it
 * can be made again from a seed. A public key is x ‖ y (no 0x04 in front), a signature r ‖ s; s may be in either half of the order.
 *
 * For keys that may be known, such as those of the TDX simulator: nothing here hides its timing.
 * Source: FIPS 186-5 section 6; RFC 6979 section 3.2 for the nonce.
 */
#pragma once
#include "base/slice.h"

enum { P256_SIGN_SECRET_LEN = 32, P256_SIGN_PUBLIC_LEN = 64, P256_SIGN_DIGEST_LEN = 32, P256_SIGN_SIGNATURE_LEN = 64 };

/* False for a secret that is zero or not below the order. */
bool p256_sign_public(const uint8_t secret[P256_SIGN_SECRET_LEN], uint8_t public_out[P256_SIGN_PUBLIC_LEN]);

/* `secret` is one that p256_sign_public accepts. */
void p256_sign(const uint8_t secret[P256_SIGN_SECRET_LEN], const uint8_t digest[P256_SIGN_DIGEST_LEN],
               uint8_t out[P256_SIGN_SIGNATURE_LEN]);

/* The other signature of the same digest by the same key: s becomes order - s. Verifiers of ECDSA must take both. */
void p256_sign_flip_s(uint8_t signature[P256_SIGN_SIGNATURE_LEN]);

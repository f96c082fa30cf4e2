/* Recoverable ECDSA over secp256k1, as NEAR and Ethereum keep keys and signatures, over libsecp256k1.
 *
 * A public key is x ‖ y (no 0x04 in front). A signature is r ‖ s ‖ v, where v in 0..3 says which of the points with that r was meant. What
 * is signed is a 32-byte digest.
 * Source: SEC 1 version 2, sections 4.1.3 (signing), 4.1.4 (verification), 4.1.6 (recovery); RFC 6979 for the nonce.
 */
#pragma once
#include "base/slice.h"

enum { SECP_PUBLIC_LEN = 64, SECP_SECRET_LEN = 32, SECP_DIGEST_LEN = 32, SECP_SIGNATURE_LEN = 65 };

/* As NEAR verifies: s must be in the lower half of the order, v in 0..3 but not of the key, and the key on the curve. */
bool secp_verify(const uint8_t public_key[SECP_PUBLIC_LEN], const uint8_t digest[SECP_DIGEST_LEN],
                 const uint8_t signature[SECP_SIGNATURE_LEN]);

/* The key that made the signature; s may be in either half. False when there is none. */
bool secp_recover(const uint8_t digest[SECP_DIGEST_LEN], const uint8_t signature[SECP_SIGNATURE_LEN],
                  uint8_t public_out[SECP_PUBLIC_LEN]);

/* False for a secret that is zero or not below the order. */
bool secp_public(const uint8_t secret[SECP_SECRET_LEN], uint8_t public_out[SECP_PUBLIC_LEN]);

/* `secret` is one that secp_public accepts. The signature has the lower s. */
void secp_sign(const uint8_t secret[SECP_SECRET_LEN], const uint8_t digest[SECP_DIGEST_LEN], uint8_t out[SECP_SIGNATURE_LEN]);

/* ECDSA on P-256 (FIPS 186-5, NIST SP 800-186), over OpenSSL: verification for Intel's quotes. Signing is in p256_sign.h.
 *
 * A key is x ‖ y, a signature r ‖ s, 32 bytes each, big-endian; what is signed is a digest. */
#pragma once
#include "base/slice.h"

enum { P256_KEY_LEN = 64, P256_SIGNATURE_LEN = 64, P256_DIGEST_LEN = 32 };

/* False too for a key that is no point of the curve, and for r or s outside of 1 to the order less one. s may be in either half: Intel's signatures
 * are. Any thread; the first call of a thread is slower. */
bool p256_verify(const uint8_t signature[P256_SIGNATURE_LEN], const uint8_t digest[P256_DIGEST_LEN],
                 const uint8_t key[P256_KEY_LEN]);

/* What the host computes faster than a contract can. */
#pragma once
#include "base/slice.h"

enum { SHA256_LEN = 32, ED25519_KEY_LEN = 32, ED25519_SIGNATURE_LEN = 64, SECP256K1_KEY_LEN = 64 };

void sha256(struct slice bytes, uint8_t hash[SHA256_LEN]);
bool ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_LEN], struct slice message, const uint8_t key[ED25519_KEY_LEN]);
/* ECDSA on P-256: r ‖ s, the digest, x ‖ y. False too for numbers out of range and for an x that no point has; of y only its lowest bit is asked. */
bool p256_verify(const uint8_t signature[64], const uint8_t digest[SHA256_LEN], const uint8_t key[64]);
/* The key (x, then y) that made the signature r, s over `hash`, with recovery id `v`. False when there is none, or s is in the upper half. */
bool secp256k1_recover(const uint8_t signature[64], uint8_t v, const uint8_t hash[SHA256_LEN], uint8_t key[SECP256K1_KEY_LEN]);

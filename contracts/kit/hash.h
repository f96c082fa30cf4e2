/* What the host computes faster than a contract can. */
#pragma once
#include "base/slice.h"

enum { SHA256_LEN = 32, ED25519_KEY_LEN = 32, ED25519_SIGNATURE_LEN = 64 };

void sha256(struct slice bytes, uint8_t hash[SHA256_LEN]);
bool ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_LEN], struct slice message, const uint8_t key[ED25519_KEY_LEN]);

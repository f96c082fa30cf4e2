#include "kit/hash.h"
#include "kit/host.h"

enum { REG = 0 };

void sha256(struct slice bytes, uint8_t hash[SHA256_LEN])
{
    host_sha256(bytes.len, host_address(bytes.ptr), REG);
    host_read_register(REG, host_address(hash));
}

bool ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_LEN], struct slice message, const uint8_t key[ED25519_KEY_LEN])
{
    return host_ed25519_verify(ED25519_SIGNATURE_LEN, host_address(signature), message.len, host_address(message.ptr),
                               ED25519_KEY_LEN, host_address(key)) != 0;
}

bool p256_verify(const uint8_t signature[64], const uint8_t digest[SHA256_LEN], const uint8_t key[64])
{
    uint8_t compressed[33] = {(uint8_t)(2 + (key[63] & 1))};
    __builtin_memcpy(compressed + 1, key, 32);
    return host_p256_verify(64, host_address(signature), SHA256_LEN, host_address(digest), sizeof compressed,
                            host_address(compressed)) != 0;
}

bool secp256k1_recover(const uint8_t signature[64], uint8_t v, const uint8_t hash[SHA256_LEN], uint8_t key[SECP256K1_KEY_LEN])
{
    if (!host_ecrecover(SHA256_LEN, host_address(hash), 64, host_address(signature), v, true, REG))
        return false;
    host_read_register(REG, host_address(key));
    return true;
}

#include "crypto/hash.h"
#include "codec/base58.h"
#include "codec/hex.h"
#include <openssl/evp.h>
#include <sodium.h>

_Static_assert(HASH_LEN == crypto_hash_sha256_BYTES, "libsodium's SHA-256 has another size");
_Static_assert(HASH_TEXT_MAX > BASE58_ENCODED_MAX(HASH_LEN), "no room for the terminator");

/* From here on libcrypto, which takes a microsecond to begin, is several times as fast. */
enum { LARGE_LEN = 16 * 1024 };

struct hash hash_sha256(struct slice bytes)
{
    struct hash h;
    if (bytes.len < LARGE_LEN || !EVP_Digest(bytes.ptr, bytes.len, h.bytes, NULL, EVP_sha256(), NULL))
        crypto_hash_sha256(h.bytes, bytes.ptr, bytes.len);
    return h;
}

struct hash hash_sha256_parts(const struct slice *parts, size_t count)
{
    struct hash h;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, parts[i].ptr, parts[i].len);
    crypto_hash_sha256_final(&state, h.bytes);
    return h;
}

const char *hash_text(const struct hash *h, char out[HASH_TEXT_MAX])
{
    out[base58_encode(hash_slice(h), out)] = '\0';
    return out;
}

const char *hash_hex(const struct hash *h, char out[HASH_HEX_MAX])
{
    hex_encode(hash_slice(h), out);
    out[HASH_HEX_MAX - 1] = '\0';
    return out;
}

bool hash_parse_text(struct slice text, struct hash *out)
{
    return base58_decode_exact(text, out->bytes, HASH_LEN, NULL);
}

bool hash_parse_hex(struct slice text, struct hash *out)
{
    struct hash h;
    if (!hex_decode(text, h.bytes, HASH_LEN, NULL))
        return false;
    *out = h;
    return true;
}

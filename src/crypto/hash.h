/* SHA-256 (FIPS 180-4), over libsodium; what is large over libcrypto, which has the processor's own instructions for it. */
#pragma once
#include "base/slice.h"

enum { HASH_LEN = 32 };

/* NEAR's CryptoHash: 32 bytes, base58 in text (codec/base58.h). */
struct hash {
    uint8_t bytes[HASH_LEN];
};

struct hash hash_sha256(struct slice bytes);

/* Of several slices in a row, as if they were one. */
struct hash hash_sha256_parts(const struct slice *parts, size_t count);

static inline struct slice hash_slice(const struct hash *h)
{
    return (struct slice){h->bytes, HASH_LEN};
}

static inline bool hash_eq(const struct hash *a, const struct hash *b)
{
    return __builtin_memcmp(a->bytes, b->bytes, HASH_LEN) == 0;
}

/* Plain base58, at most 44 characters and a terminator. */
enum { HASH_TEXT_MAX = 45 };
const char *hash_text(const struct hash *h, char out[HASH_TEXT_MAX]);

/* Lower-case hex, 64 characters and a terminator: how code is named. */
enum { HASH_HEX_MAX = 65 };
const char *hash_hex(const struct hash *h, char out[HASH_HEX_MAX]);

/* Read the two text forms; false, with *out untouched, when `text` is not one of exactly 32 bytes. Hex may be of either case. */
bool hash_parse_text(struct slice text, struct hash *out);
bool hash_parse_hex(struct slice text, struct hash *out);

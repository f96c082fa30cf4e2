/* Base58 with the Bitcoin alphabet: how NEAR writes hashes, keys and signatures. Freestanding.
 *
 * The work grows with the square of the length, so both directions are bounded: BASE58_BYTES_MAX bytes, BASE58_TEXT_MAX characters.
 * Each leading zero byte is one leading `1`. */
#pragma once
#include "base/slice.h"

/* As long as the longest signature, which is one of ML-DSA-65. */
enum { BASE58_BYTES_MAX = 3312, BASE58_TEXT_MAX = 4540 };

/* Room that the text of `len` bytes needs at most, without a terminator: log(256) / log(58) is 1.3657. */
#define BASE58_ENCODED_MAX(len) ((len) * 137 / 100 + 1)

/* Writes the text of `bytes` to `out`, which has room for BASE58_ENCODED_MAX(bytes.len), without a terminator, and returns its
 * length. More than BASE58_BYTES_MAX bytes are not encoded: the result is 0. */
size_t base58_encode(struct slice bytes, char *out);

/* Decodes `text` to `out` and sets *len. False when `text` has another character or stands for more than BASE58_BYTES_MAX bytes;
 * *fault_at (may be NULL) is then the index of the first wrong character, BASE58_TEXT_MAX when the text is longer than that, or
 * text.len when the value is too large. */
bool base58_decode(struct slice text, uint8_t out[BASE58_BYTES_MAX], size_t *len, size_t *fault_at);

/* Decodes a text that stands for exactly `len` bytes; another length is a fault at text.len. */
bool base58_decode_exact(struct slice text, uint8_t *out, size_t len, size_t *fault_at);

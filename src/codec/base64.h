/* Base64 (RFC 4648 section 4): standard alphabet, padded. Freestanding.
 *
 * Decoding is strict, so that one value has one text: no spaces, no missing padding, and the unused bits of the last digit are zero. */
#pragma once
#include "base/buf.h"

/* Characters that `len` bytes give. */
#define BASE64_ENCODED_LEN(len) (((len) + 2) / 3 * 4)

/* Writes BASE64_ENCODED_LEN(bytes.len) characters to `out`, without a terminator. */
void base64_encode(struct slice bytes, char *out);

void base64_append(struct buf *out, struct slice bytes);

/* Appends the bytes that `text` stands for. On failure `out` is unchanged and *fault_at (may be NULL) is the index of the first wrong
 * character, or text.len when it ends too early. */
bool base64_decode(struct slice text, struct buf *out, size_t *fault_at);

/* Hexadecimal text, two digits a byte. Freestanding.
 *
 * Encoding gives lower case; decoding takes both cases and nothing else: no prefix, no spaces. */
#pragma once
#include "base/buf.h"

/* Writes 2 * bytes.len digits to `out`, without a terminator. */
void hex_encode(struct slice bytes, char *out);

void hex_append(struct buf *out, struct slice bytes);

/* Decodes `text` into the `len` bytes at `out`. False when `text` is anything but 2 * len digits; *fault_at (may be NULL) is then
 * the index of the first character that is wrong or too many, or text.len when it ends too early. `out` may be partly written. */
bool hex_decode(struct slice text, uint8_t *out, size_t len, size_t *fault_at);

/* As hex_decode, of any even length, appended to `out`, which is unchanged on failure. */
bool hex_decode_append(struct slice text, struct buf *out, size_t *fault_at);

/* Text that a guest or the engine library made, fit for people: valid UTF-8 without control characters. */
#pragma once
#include "base/buf.h"

enum text_lines { TEXT_ONE_LINE, TEXT_KEEP_LINES };

/* Appends at most `max_len` bytes of `text`, cut between characters. What is no UTF-8 becomes '?'. Control characters become
 * spaces, except, under TEXT_KEEP_LINES, newline and tab; under TEXT_ONE_LINE white space in a row becomes one space.
 * Returns true when all of `text` found room. */
bool text_append_clean(struct buf *out, struct slice text, size_t max_len, enum text_lines lines);

/* True when the bytes are UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool text_is_utf8(struct slice text);

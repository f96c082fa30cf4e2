/* LEB128 integers as WebAssembly has them (core specification, "Values: Integers"): at most ceil(bits / 7) bytes, and the unused bits
 * of the last one are zero, or copies of the sign. Longer forms of small values within that bound are fine. Freestanding.
 *
 * Reading takes the integer off the front of *rest. On failure (false) *rest and *out are untouched, so that rest->ptr is the
 * place of the fault. */
#pragma once
#include "base/buf.h"

bool leb128_read_u32(struct slice *rest, uint32_t *out);
bool leb128_read_u64(struct slice *rest, uint64_t *out);
bool leb128_read_s32(struct slice *rest, int32_t *out);
bool leb128_read_s64(struct slice *rest, int64_t *out);
/* A block type's index: 33 bits, signed. */
bool leb128_read_s33(struct slice *rest, int64_t *out);

/* Append the shortest form. */
void leb128_append_u32(struct buf *out, uint32_t v);
void leb128_append_u64(struct buf *out, uint64_t v);
void leb128_append_s32(struct buf *out, int32_t v);
void leb128_append_s64(struct buf *out, int64_t v);

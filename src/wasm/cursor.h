/* Reading a WebAssembly binary front to back. The cursor never passes the end: the first value that does not fit or is malformed
 * sets `failed`, and every later read gives zero or an empty slice, so a section's reader checks once.
 * Source: WebAssembly core specification, "Binary Format: Values". */
#pragma once
#include "base/slice.h"

struct wasm_cursor {
    struct slice rest;
    bool failed;
};

static inline struct wasm_cursor wasm_cursor_of(struct slice bytes)
{
    return (struct wasm_cursor){bytes, false};
}

uint8_t wasm_read_byte(struct wasm_cursor *c);
uint32_t wasm_read_u32(struct wasm_cursor *c);
/* Signed integers are read only to be skipped: the rewriter copies them as they are. */
void wasm_skip_s32(struct wasm_cursor *c);
void wasm_skip_s64(struct wasm_cursor *c);

/* Borrows the next `len` bytes. */
struct slice wasm_read_bytes(struct wasm_cursor *c, size_t len);

/* A u32 length and that many bytes of UTF-8, at most WASM_NAME_MAX. */
enum { WASM_NAME_MAX = 100000 };
struct slice wasm_read_name(struct wasm_cursor *c);

/* A vector's length; fails when fewer than `count * item_min_len` bytes are left, so that a lying count cannot ask for memory. */
uint32_t wasm_read_count(struct wasm_cursor *c, size_t item_min_len);

bool wasm_is_utf8(struct slice text);

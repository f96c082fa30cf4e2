/* A growing byte buffer with one owner. The zero value is an empty buffer; `AUTO(buf) struct buf b = {0};` frees it.
 * Appending never fails (base/mem.h).
 *
 * Freestanding apart from buf_append_fmt: a contract's kit brings its own mem_alloc, mem_realloc and mem_free. */
#pragma once
#include "base/auto.h"
#include "base/slice.h"

struct buf {
    uint8_t *ptr;
    size_t len, cap; /* bytes */
};

/* Makes room for `more` bytes after the present ones and returns where they start; `len` does not change. */
uint8_t *buf_reserve(struct buf *b, size_t more);

void buf_append(struct buf *b, struct slice bytes);
void buf_append_str(struct buf *b, const char *s);
void buf_append_byte(struct buf *b, uint8_t byte);
/* printf into the buffer; services and tools only. */
void buf_append_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts a NUL after the bytes (not counted in `len`) and returns them as a C string, borrowed until the next change. */
const char *buf_str(struct buf *b);

/* A buffer starts with what a slice is, and this says it to the compiler: in a contract it is one load. */
static inline struct slice buf_slice(const struct buf *b)
{
    struct slice s;
    _Static_assert(offsetof(struct buf, len) == offsetof(struct slice, len), "a slice in front");
    __builtin_memcpy(&s, b, sizeof s);
    return s;
}

/* Empties without freeing. */
static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}

/* Frees and becomes the zero value. */
void buf_free(struct buf *b);

static inline void auto_buf(struct buf *b)
{
    buf_free(b);
}

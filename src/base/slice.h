/* Borrowed bytes. A slice never owns; whoever made the bytes says how long they live. Freestanding. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
    const uint8_t *ptr;
    size_t len; /* bytes */
};

/* A slice over a string literal, usable in initialisers. */
#define SLICE(literal) ((struct slice){(const uint8_t *)(literal), sizeof(literal) - 1})

/* The arguments of a `%.*s`. */
#define SLICE_FMT(s) (int)(s).len, (const char *)(s).ptr

static inline struct slice slice_from(const void *ptr, size_t len)
{
    return (struct slice){(const uint8_t *)ptr, len};
}

/* The bytes of a C string without its terminator. NULL gives an empty slice. */
static inline struct slice slice_str(const char *s)
{
    return (struct slice){(const uint8_t *)s, s ? __builtin_strlen(s) : 0};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || __builtin_memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_eq_str(struct slice a, const char *b)
{
    return slice_eq(a, slice_str(b));
}

static inline bool slice_starts_with(struct slice s, struct slice head)
{
    return s.len >= head.len && slice_eq((struct slice){s.ptr, head.len}, head);
}

/* What stands from `at` on; empty when `at` is at or past the end. */
static inline struct slice slice_skip(struct slice s, size_t at)
{
    if (at > s.len)
        at = s.len;
    return at ? (struct slice){s.ptr + at, s.len - at} : s;
}

static inline bool slice_ends_with(struct slice s, struct slice tail)
{
    return s.len >= tail.len && slice_eq(slice_skip(s, s.len - tail.len), tail);
}

/* Byte order, a shorter prefix first: <0, 0 or >0. */
static inline int slice_cmp(struct slice a, struct slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? __builtin_memcmp(a.ptr, b.ptr, n) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* At most `len` bytes from the start. */
static inline struct slice slice_first(struct slice s, size_t len)
{
    return (struct slice){s.ptr, len < s.len ? len : s.len};
}

/* Cuts `s` at the first `sep`: *head is what stands before it, the result what follows. Without `sep` *head is all of `s`
 * and the result is empty with a NULL pointer. */
static inline struct slice slice_cut(struct slice s, uint8_t sep, struct slice *head)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == sep) {
            *head = (struct slice){s.ptr, i};
            return (struct slice){s.ptr + i + 1, s.len - i - 1};
        }
    }
    *head = s;
    return (struct slice){NULL, 0};
}

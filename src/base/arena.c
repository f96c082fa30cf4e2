#include "base/arena.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK_LEN = 64 * 1024, ALIGN = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t len;
    _Alignas(ALIGN) uint8_t bytes[];
};

void *arena_alloc(struct arena *a, size_t len)
{
    /* Half of all there is stands for more than that: mem_alloc refuses it, and no sum below wraps. */
    len = len > SIZE_MAX / 2 ? SIZE_MAX / 2 : (len + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!a->chunks || a->chunks->len - a->used < len) {
        size_t chunk_len = len > CHUNK_LEN ? len : CHUNK_LEN;
        struct arena_chunk *chunk = mem_alloc(sizeof *chunk + chunk_len);
        *chunk = (struct arena_chunk){.next = a->chunks, .len = chunk_len};
        a->chunks = chunk;
        a->used = 0;
    }
    void *out = a->chunks->bytes + a->used;
    a->used += len;
    return memset(out, 0, len);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t len;
    return arena_alloc(a, __builtin_mul_overflow(count, size, &len) ? SIZE_MAX : len);
}

struct slice arena_copy(struct arena *a, struct slice bytes)
{
    return slice_from(arena_str(a, bytes), bytes.len);
}

char *arena_str(struct arena *a, struct slice bytes)
{
    char *copy = arena_alloc(a, bytes.len + 1);
    if (bytes.len)
        memcpy(copy, bytes.ptr, bytes.len);
    return copy;
}

char *arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *out = arena_alloc(a, (size_t)(len < 0 ? 0 : len) + 1);
    if (len > 0)
        vsnprintf(out, (size_t)len + 1, fmt, again);
    va_end(again);
    return out;
}

void arena_free(struct arena *a)
{
    while (a->chunks) {
        struct arena_chunk *next = a->chunks->next;
        mem_free(a->chunks);
        a->chunks = next;
    }
    a->used = 0;
}

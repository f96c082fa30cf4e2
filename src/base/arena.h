/* Many allocations, one free: what belongs to one request, block or task lives in its arena. The zero value is an empty arena;
 * `AUTO(arena) struct arena a = {0};` frees it. Pointers are 16-byte aligned and live until arena_free. */
#pragma once
#include "base/auto.h"
#include "base/slice.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    size_t used;                /* bytes taken of the newest chunk */
};

/* `len` zeroed bytes; never NULL. */
void *arena_alloc(struct arena *a, size_t len) __attribute__((returns_nonnull));

/* `count` zeroed items; a product past SIZE_MAX ends the process as running out of memory does. */
void *arena_array(struct arena *a, size_t count, size_t size) __attribute__((returns_nonnull));

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))

/* A copy of `bytes`, with a NUL behind it that is not counted. */
struct slice arena_copy(struct arena *a, struct slice bytes);

/* A terminated copy. */
char *arena_str(struct arena *a, struct slice bytes);

char *arena_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Frees everything and becomes the zero value. */
void arena_free(struct arena *a);

static inline void auto_arena(struct arena *a)
{
    arena_free(a);
}

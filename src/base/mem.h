/* Allocation for services and tools.
 *
 * Running out of memory ends the process with one clear line on standard error: every size that comes from outside is bounded
 * before it is allocated, all durable state is transactional, and the processes that run strangers' code are other processes.
 * (docs/decisions/0002-out-of-memory.md)
 */
#pragma once
#include "base/auto.h"
#include <stddef.h>

/* Uninitialised bytes; never NULL, also for 0. Free with mem_free. */
void *mem_alloc(size_t len) __attribute__((malloc, returns_nonnull, warn_unused_result));

/* `count` zeroed items of `size` bytes; never NULL. */
void *mem_calloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));

/* Grows or shrinks; takes and returns ownership. */
void *mem_realloc(void *ptr, size_t len) __attribute__((returns_nonnull, warn_unused_result));

/* A terminated copy of `len` bytes. */
char *mem_copy_str(const void *ptr, size_t len) __attribute__((malloc, returns_nonnull, warn_unused_result));

void mem_free(void *ptr);

/* `AUTO(str) char *s = …;` for any pointer from this module. */
static inline void auto_str(char **s)
{
    mem_free(*s);
}

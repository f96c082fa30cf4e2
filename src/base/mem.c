#include "base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *ptr, size_t len)
{
    if (ptr)
        return ptr;
    fprintf(stderr, "out of memory: %zu bytes refused; free memory or raise this process's limit\n", len);
    abort();
}

void *mem_alloc(size_t len)
{
    return checked(malloc(len ? len : 1), len);
}

void *mem_calloc(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1), count * size);
}

void *mem_realloc(void *ptr, size_t len)
{
    return checked(realloc(ptr, len ? len : 1), len);
}

char *mem_copy_str(const void *ptr, size_t len)
{
    char *copy = mem_alloc(len + 1);
    if (len)
        memcpy(copy, ptr, len);
    copy[len] = '\0';
    return copy;
}

void mem_free(void *ptr)
{
    free(ptr);
}

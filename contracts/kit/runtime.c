/* What the compiler and the freestanding code of src/ expect of a C library: memory copies, 128-bit multiplication, an allocator.
 *
 * Copies run eight bytes at a time, four to a turn: about 0.8 instructions a byte. The bulk memory.copy instruction is priced at 32
 * instructions and one more for each byte, so it never wins (docs/contract.md has the measurements). */
#include "base/mem.h"
#include "base/u128.h"
#include "kit/text.h"

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *s);
u128 __multi3(u128 a, u128 b);

typedef uint64_t word __attribute__((aligned(1), may_alias));
typedef uint32_t word4 __attribute__((aligned(1), may_alias));
typedef uint16_t word2 __attribute__((aligned(1), may_alias));

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    for (; len >= 32; len -= 32, d += 32, s += 32) {
        ((word *)d)[0] = ((const word *)s)[0];
        ((word *)d)[1] = ((const word *)s)[1];
        ((word *)d)[2] = ((const word *)s)[2];
        ((word *)d)[3] = ((const word *)s)[3];
    }
    for (; len >= 8; len -= 8, d += 8, s += 8)
        *(word *)d = *(const word *)s;
    if (len & 4) {
        *(word4 *)d = *(const word4 *)s;
        d += 4, s += 4;
    }
    if (len & 2) {
        *(word2 *)d = *(const word2 *)s;
        d += 2, s += 2;
    }
    if (len & 1)
        *d = *s;
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= len)
        return memcpy(to, from, len);
    while (len--)
        d[len] = s[len];
    return to;
}

void *memset(void *to, int byte, size_t len)
{
    uint8_t *d = to;
    uint64_t pattern = 0x0101010101010101u * (uint8_t)byte;
    for (; len >= 8; len -= 8, d += 8)
        *(word *)d = pattern;
    for (; len; len--)
        *d++ = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a, *y = b;
    for (; len >= 8 && *(const word *)x == *(const word *)y; len -= 8)
        x += 8, y += 8;
    for (; len; len--, x++, y++) {
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

size_t strlen(const char *s)
{
    size_t len = 0;
    while (s[len])
        len++;
    return len;
}

static u128 mul64(uint64_t a, uint64_t b)
{
    uint64_t a1 = a >> 32, a0 = (uint32_t)a, b1 = b >> 32, b0 = (uint32_t)b;
    uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32), middle = a0 * b1 + (uint32_t)cross;
    return (u128)(a1 * b1 + (cross >> 32) + (middle >> 32)) << 64 | (middle << 32 | (uint32_t)low);
}

/* What `*` on u128 compiles to. */
u128 __multi3(u128 a, u128 b)
{
    uint64_t high = (uint64_t)(a >> 64) * (uint64_t)b + (uint64_t)a * (uint64_t)(b >> 64);
    return mul64((uint64_t)a, (uint64_t)b) + ((u128)high << 64);
}

/* The arena of a call: bytes are handed out upwards and never taken back, except that the newest block grows in place. A fresh
 * instance runs every call, so nothing needs freeing. Blocks carry their length in front. */

extern uint8_t __heap_base; /* the linker aligns it to 16 */

enum { ALIGN = 16, PAGE_LEN = 65536 };

static uint8_t *heap_end = &__heap_base;

static uint32_t *len_of(void *block)
{
    return (uint32_t *)block - 1;
}

static void make_room(void)
{
    size_t have = __builtin_wasm_memory_size(0) * PAGE_LEN, need = (size_t)(uintptr_t)heap_end;
    if (need > have && __builtin_wasm_memory_grow(0, (need - have + PAGE_LEN - 1) / PAGE_LEN) == (size_t)-1)
        panic_text("out of memory");
}

static void set_block_end(uint8_t *block, size_t len)
{
    enum { BLOCK_MAX = 64 * 1024 * 1024 };
    if (len > BLOCK_MAX)
        panic_text("out of memory");
    heap_end = block + ((len + ALIGN - 1) & ~(size_t)(ALIGN - 1));
    make_room();
    *len_of(block) = (uint32_t)len;
}

void *mem_alloc(size_t len)
{
    uint8_t *block = heap_end + ALIGN;
    set_block_end(block, len);
    return block;
}

/* Memory starts as zeros, and no byte of it is handed out twice. */
void *mem_calloc(size_t count, size_t size)
{
    return mem_alloc(count * size);
}

void *mem_realloc(void *ptr, size_t len)
{
    if (!ptr)
        return mem_alloc(len);
    size_t had = *len_of(ptr);
    if (len <= had)
        return ptr;
    if ((uint8_t *)ptr + ((had + ALIGN - 1) & ~(size_t)(ALIGN - 1)) == heap_end) {
        set_block_end(ptr, len);
        return ptr;
    }
    void *moved = mem_alloc(len);
    return memcpy(moved, ptr, had);
}

void mem_free(void *ptr)
{
    (void)ptr;
}

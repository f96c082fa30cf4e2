#include "base/buf.h"
#include "base/mem.h"

uint8_t *buf_reserve(struct buf *b, size_t more)
{
    if (!b->ptr || b->cap - b->len < more) {
        size_t need;
        if (__builtin_add_overflow(b->len, more, &need))
            need = SIZE_MAX; /* mem_realloc refuses it */
        size_t cap = b->cap > 32 ? b->cap : 32;
        cap = cap > SIZE_MAX / 2 || 2 * cap < need ? need : 2 * cap;
        b->ptr = mem_realloc(b->ptr, cap);
        b->cap = cap;
    }
    return b->ptr + b->len;
}

void buf_append(struct buf *b, struct slice bytes)
{
    if (bytes.len == 0)
        return;
    __builtin_memcpy(buf_reserve(b, bytes.len), bytes.ptr, bytes.len);
    b->len += bytes.len;
}

void buf_append_str(struct buf *b, const char *s)
{
    buf_append(b, slice_str(s));
}

void buf_append_byte(struct buf *b, uint8_t byte)
{
    *buf_reserve(b, 1) = byte;
    b->len++;
}

void buf_free(struct buf *b)
{
    mem_free(b->ptr);
    *b = (struct buf){0};
}

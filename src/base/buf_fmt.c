/* The part of struct buf that needs a C library; contracts do without it. */
#include "base/buf.h"
#include <stdarg.h>
#include <stdio.h>

void buf_append_fmt(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len > 0) {
        size_t room = (size_t)len + 1;
        vsnprintf((char *)buf_reserve(b, room), room, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

const char *buf_str(struct buf *b)
{
    *buf_reserve(b, 1) = '\0';
    return (const char *)b->ptr;
}

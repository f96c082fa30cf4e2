/* The three descriptors a program starts with. */
#include "engine/wasi_p1/call.h"
#include <string.h>

enum { IOVEC_LEN = 8, IOVECS_MAX = 1024, FDSTAT_LEN = 24, FILESTAT_LEN = 64 };

enum { RIGHT_FD_READ = 1 << 1, RIGHT_FD_WRITE = 1 << 6, RIGHT_POLL = 1 << 27 };

/* The `at`-th piece of an iovec array; P1_FAULT when it lies outside of memory. */
static enum p1_errno iovec(const struct p1_call *c, uint32_t array, uint32_t at, uint8_t **ptr, uint32_t *len)
{
    uint64_t base = 0, count = 0, place = (uint64_t)array + (uint64_t)at * IOVEC_LEN;
    if (place > UINT32_MAX || !p1_get(c, (uint32_t)place, 8, &base))
        return P1_FAULT;
    count = base >> 32;
    *ptr = p1_range(c, (uint32_t)base, count);
    *len = (uint32_t)count;
    return *ptr ? P1_SUCCESS : P1_FAULT;
}

bool p1_take_input(struct p1 *p1, wasmtime_context_t *store, size_t max_len, struct slice *out)
{
    *out = slice_first(slice_skip(p1->input, p1->input_at), max_len);
    if (!p1_charge(p1, store, out->len))
        return false;
    p1->input_at += out->len;
    return true;
}

enum p1_errno p1_fd_read(struct p1_call *c)
{
    uint32_t array = p1_u32(c, 1), count = p1_u32(c, 2), total = 0;
    if (p1_u32(c, 0) != P1_STDIN)
        return P1_BADF;
    if (count > IOVECS_MAX)
        return P1_INVAL;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *to = NULL;
        uint32_t room = 0;
        enum p1_errno error = iovec(c, array, i, &to, &room);
        if (error)
            return error;
        struct slice part;
        if (!p1_take_input(c->p1, c->store, room < UINT32_MAX - total ? room : UINT32_MAX - total, &part))
            return P1_SUCCESS;
        if (part.len)
            memcpy(to, part.ptr, part.len);
        total += (uint32_t)part.len;
    }
    return p1_put(c, p1_u32(c, 3), total, 4) ? P1_SUCCESS : P1_FAULT;
}

bool p1_deliver(struct p1 *p1, wasmtime_context_t *store, enum p1_stream stream, struct slice bytes)
{
    if (stream == P1_STDOUT && bytes.len > p1->max_output_len - p1->output_len) {
        p1->stop = P1_OUTPUT_LIMIT;
        return false;
    }
    if (!p1_charge(p1, store, bytes.len))
        return false;
    if (stream == P1_STDOUT)
        p1->output_len += bytes.len;
    if (bytes.len && !p1->sink(p1->sink_self, stream, bytes))
        p1->stop = P1_SINK_FAILED;
    return p1->stop == P1_RUNNING;
}

enum p1_errno p1_fd_write(struct p1_call *c)
{
    uint32_t stream = p1_u32(c, 0), array = p1_u32(c, 1), count = p1_u32(c, 2);
    uint64_t total = 0;
    if (stream == P1_STDIN)
        return P1_BADF;
    if (count > IOVECS_MAX)
        return P1_INVAL;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *from = NULL;
        uint32_t len = 0;
        enum p1_errno error = iovec(c, array, i, &from, &len);
        if (error)
            return error;
        total += len;
        if (total > UINT32_MAX)
            return P1_OVERFLOW;
        if (!p1_deliver(c->p1, c->store, (enum p1_stream)stream, slice_from(from, len)))
            return P1_SUCCESS;
    }
    return p1_put(c, p1_u32(c, 3), total, 4) ? P1_SUCCESS : P1_FAULT;
}

enum p1_errno p1_fd_close(struct p1_call *c)
{
    c->p1->closed[p1_u32(c, 0)] = true;
    return P1_SUCCESS;
}

/* File type 0, "unknown", as for a pipe: a character device would be taken for a terminal. */
enum p1_errno p1_fd_fdstat_get(struct p1_call *c)
{
    uint32_t at = p1_u32(c, 1);
    uint8_t *to = p1_range(c, at, FDSTAT_LEN);
    if (!to)
        return P1_FAULT;
    memset(to, 0, FDSTAT_LEN);
    p1_put(c, at + 8, (p1_u32(c, 0) == P1_STDIN ? RIGHT_FD_READ : RIGHT_FD_WRITE) | RIGHT_POLL, 8);
    return P1_SUCCESS;
}

enum p1_errno p1_fd_filestat_get(struct p1_call *c)
{
    uint8_t *to = p1_range(c, p1_u32(c, 1), FILESTAT_LEN);
    if (!to)
        return P1_FAULT;
    memset(to, 0, FILESTAT_LEN);
    return P1_SUCCESS;
}

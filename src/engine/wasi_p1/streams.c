/* The three descriptors a program starts with. */
#include "engine/wasi_p1/call.h"
#include <string.h>

enum { IOVEC_LEN = 8, IOVECS_MAX = 1024, FDSTAT_LEN = 24, FILESTAT_LEN = 64 };

enum { FDFLAGS = 0x1f }; /* append, dsync, nonblock, rsync, sync */

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

/* Before anything moves: all pieces lie in memory, and so does the place for the number of bytes, which fits 32 bits. A list that the
 * call itself overwrites is looked at again, piece by piece. */
static enum p1_errno check_pieces(const struct p1_call *c)
{
    uint32_t array = p1_u32(c, 1), count = p1_u32(c, 2);
    uint64_t total = 0;
    if (count > IOVECS_MAX)
        return P1_INVAL;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *ptr = NULL;
        uint32_t len = 0;
        enum p1_errno error = iovec(c, array, i, &ptr, &len);
        if (error)
            return error;
        total += len;
    }
    if (total > UINT32_MAX)
        return P1_INVAL;
    return p1_range(c, p1_u32(c, 3), 4) ? P1_SUCCESS : P1_FAULT;
}

enum p1_errno p1_fd_read(struct p1_call *c)
{
    uint32_t array = p1_u32(c, 1), count = p1_u32(c, 2), total = 0;
    enum p1_errno error = c->stream == P1_STDIN ? check_pieces(c) : P1_BADF;
    for (uint32_t i = 0; i < count && !error; i++) {
        uint8_t *to = NULL;
        uint32_t room = 0;
        struct slice part;
        error = iovec(c, array, i, &to, &room);
        if (error)
            break;
        if (!p1_take_input(c->p1, c->store, room, &part))
            return P1_SUCCESS;
        if (part.len)
            memcpy(to, part.ptr, part.len);
        total += (uint32_t)part.len;
    }
    if (!error)
        p1_put(c, p1_u32(c, 3), total, 4);
    return error;
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
    uint32_t array = p1_u32(c, 1), count = p1_u32(c, 2), total = 0;
    enum p1_errno error = c->stream == P1_STDIN ? P1_BADF : check_pieces(c);
    for (uint32_t i = 0; i < count && !error; i++) {
        uint8_t *from = NULL;
        uint32_t len = 0;
        error = iovec(c, array, i, &from, &len);
        if (!error && !p1_deliver(c->p1, c->store, c->stream, slice_from(from, len)))
            return P1_SUCCESS;
        total += len;
    }
    if (!error)
        p1_put(c, p1_u32(c, 3), total, 4);
    return error;
}

bool p1_stream_of(const struct p1 *p1, uint32_t fd, enum p1_stream *out)
{
    enum p1_descriptor is = fd < P1_STREAMS ? p1->descriptors[fd] : P1_FD_CLOSED;
    if (is == P1_FD_CLOSED)
        return false;
    *out = is == P1_FD_OWN ? (enum p1_stream)fd : (enum p1_stream)(is - P1_FD_STDIN);
    return true;
}

enum p1_errno p1_fd_close(struct p1_call *c)
{
    c->p1->descriptors[p1_u32(c, 0)] = P1_FD_CLOSED;
    return P1_SUCCESS;
}

/* As dup2 and close: `to` is what `from` was. Both are open; the standard has no other way to get at a free number. */
enum p1_errno p1_fd_renumber(struct p1_call *c)
{
    uint32_t from = p1_u32(c, 0), to = p1_u32(c, 1);
    enum p1_stream replaced;
    if (!p1_stream_of(c->p1, to, &replaced))
        return P1_BADF;
    c->p1->descriptors[from] = P1_FD_CLOSED;
    c->p1->descriptors[to] = (enum p1_descriptor)(P1_FD_STDIN + c->stream);
    return P1_SUCCESS;
}

/* No stream ever blocks or keeps anything back, so every flag there is already holds. */
enum p1_errno p1_fd_fdstat_set_flags(struct p1_call *c)
{
    return p1_u32(c, 1) & ~(uint32_t)FDFLAGS ? P1_INVAL : P1_SUCCESS;
}

/* File type 0, "unknown", as for a pipe: a character device would be taken for a terminal. */
enum p1_errno p1_fd_fdstat_get(struct p1_call *c)
{
    uint32_t at = p1_u32(c, 1);
    uint8_t *to = p1_range(c, at, FDSTAT_LEN);
    if (!to)
        return P1_FAULT;
    memset(to, 0, FDSTAT_LEN);
    p1_put(c, at + 8, (c->stream == P1_STDIN ? RIGHT_FD_READ : RIGHT_FD_WRITE) | RIGHT_POLL, 8);
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

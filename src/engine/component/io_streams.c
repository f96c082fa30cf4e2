/* wasi:io/streams. A blocking function asks, waits for the stream's pollable when there is nothing yet, and asks again. */
#include "base/mem.h"
#include "engine/component/streams.h"

/* BLOCKING_MAX is the standard's, for its functions that write and flush; READ_MAX and ZEROES are how much one call moves here. */
enum { BLOCKING_MAX = 4096, READ_MAX = 1 << 20 };

static const uint8_t zeroes[64 * 1024];

struct input_stream {
    const struct input_stream_ops *ops;
    void *self;
};

struct output_stream {
    const struct output_stream_ops *ops;
    void *self;
};

static void drop_input(void *object)
{
    struct input_stream *s = object;
    if (s->ops->drop)
        s->ops->drop(s->self);
    mem_free(s);
}

static void drop_output(void *object)
{
    struct output_stream *s = object;
    if (s->ops->drop)
        s->ops->drop(s->self);
    mem_free(s);
}

bool input_stream_new(struct component_call *c, const struct input_stream_ops *ops, void *self, union shim_value *slot)
{
    struct input_stream *s = mem_alloc(sizeof *s);
    *s = (struct input_stream){ops, self};
    return component_handle_new(c, KIND_INPUT_STREAM, s, drop_input, slot);
}

bool output_stream_new(struct component_call *c, const struct output_stream_ops *ops, void *self, union shim_value *slot)
{
    struct output_stream *s = mem_alloc(sizeof *s);
    *s = (struct output_stream){ops, self};
    return component_handle_new(c, KIND_OUTPUT_STREAM, s, drop_output, slot);
}

static struct input_stream *input(struct component_call *c, size_t arg)
{
    return component_handle_get(c, KIND_INPUT_STREAM, c->args[arg].n);
}

static struct output_stream *output(struct component_call *c)
{
    return component_handle_get(c, KIND_OUTPUT_STREAM, c->args[0].n);
}

static bool wait_for(struct component_call *c, struct pollable p)
{
    const struct pollable *one = &p;
    bool goes_on = pollable_wait(c, &one, 1);
    if (p.drop)
        p.drop(p.self);
    return goes_on;
}

/* The result of a function that ended in another state than STREAM_OK. */
static bool return_state(struct component_call *c, enum stream_state state, struct component_error *error)
{
    enum { ERROR_FAILED, ERROR_CLOSED }; /* cases of stream-error */
    if (state == STREAM_STOPPED)
        return false;
    c->results[0].n = state != STREAM_OK;
    c->results[1].n = state == STREAM_CLOSED ? ERROR_CLOSED : ERROR_FAILED;
    return state != STREAM_FAILED || component_handle_new(c, KIND_ERROR, error, mem_free, &c->results[2]);
}

enum wait { NOW, BLOCKING };

static enum stream_state read_some(struct component_call *c, const struct input_stream *s, uint64_t max_len, enum wait wait,
                                   struct slice *out, struct component_error **error)
{
    for (;;) {
        enum stream_state state = s->ops->read(c, s->self, max_len < READ_MAX ? max_len : READ_MAX, out, error);
        if (state != STREAM_OK || out->len || max_len == 0 || wait == NOW)
            return state;
        if (!wait_for(c, s->ops->pollable(s->self)))
            return STREAM_STOPPED;
    }
}

static bool read_as(struct component_call *c, enum wait wait)
{
    struct component_error *error = NULL;
    struct slice bytes = {0};
    const struct input_stream *s = input(c, 0);
    if (!s)
        return false;
    enum stream_state state = read_some(c, s, c->args[1].n, wait, &bytes, &error);
    if (state != STREAM_OK)
        return return_state(c, state, error);
    c->results[1].list = (struct shim_list){bytes.ptr, bytes.len};
    return true;
}

static bool read(struct component_call *c)
{
    return read_as(c, NOW);
}

static bool blocking_read(struct component_call *c)
{
    return read_as(c, BLOCKING);
}

static bool skip_as(struct component_call *c, enum wait wait)
{
    struct component_error *error = NULL;
    struct slice bytes = {0};
    const struct input_stream *s = input(c, 0);
    if (!s)
        return false;
    enum stream_state state = read_some(c, s, c->args[1].n, wait, &bytes, &error);
    if (state != STREAM_OK)
        return return_state(c, state, error);
    c->results[1].n = bytes.len;
    return true;
}

static bool skip(struct component_call *c)
{
    return skip_as(c, NOW);
}

static bool blocking_skip(struct component_call *c)
{
    return skip_as(c, BLOCKING);
}

static bool subscribe_input(struct component_call *c)
{
    const struct input_stream *s = input(c, 0);
    return s && pollable_return(c, s->ops->pollable(s->self));
}

static bool subscribe_output(struct component_call *c)
{
    const struct output_stream *s = output(c);
    return s && pollable_return(c, s->ops->pollable(s->self));
}

/* How much the stream takes; under BLOCKING never 0. */
static enum stream_state check_room(struct component_call *c, const struct output_stream *s, enum wait wait, uint64_t *room,
                                    struct component_error **error)
{
    for (;;) {
        enum stream_state state = s->ops->check(c, s->self, room, error);
        if (state != STREAM_OK || *room || wait == NOW)
            return state;
        if (!wait_for(c, s->ops->pollable(s->self)))
            return STREAM_STOPPED;
    }
}

static bool check_write(struct component_call *c)
{
    struct component_error *error = NULL;
    const struct output_stream *s = output(c);
    if (!s)
        return false;
    enum stream_state state = check_room(c, s, NOW, &c->results[1].n, &error);
    return state == STREAM_OK || return_state(c, state, error);
}

/* More than check-write allows is a fault of the guest. */
static enum stream_state write_now(struct component_call *c, const struct output_stream *s, struct slice bytes,
                                   struct component_error **error)
{
    uint64_t room = 0;
    enum stream_state state = check_room(c, s, NOW, &room, error);
    if (state != STREAM_OK)
        return state;
    if (bytes.len <= room)
        return s->ops->write(c, s->self, bytes, error);
    component_fault(c->guest, "a write of more bytes than check-write allowed");
    return STREAM_STOPPED;
}

static enum stream_state write_all(struct component_call *c, const struct output_stream *s, struct slice bytes,
                                   struct component_error **error)
{
    while (bytes.len) {
        uint64_t room = 0;
        enum stream_state state = check_room(c, s, BLOCKING, &room, error);
        struct slice part = slice_first(bytes, room < bytes.len ? room : bytes.len);
        if (state == STREAM_OK)
            state = s->ops->write(c, s->self, part, error);
        if (state != STREAM_OK)
            return state;
        bytes = slice_skip(bytes, part.len);
    }
    return STREAM_OK;
}

static bool write_and_flush(struct component_call *c, struct slice bytes)
{
    struct component_error *error = NULL;
    const struct output_stream *s = output(c);
    if (!s)
        return false;
    if (bytes.len > BLOCKING_MAX)
        return component_fault(c->guest, "a blocking write of more than 4096 bytes");
    enum stream_state state = write_all(c, s, bytes, &error);
    return return_state(c, state, error);
}

static bool write(struct component_call *c)
{
    struct component_error *error = NULL;
    const struct output_stream *s = output(c);
    if (!s)
        return false;
    enum stream_state state = write_now(c, s, slice_from(c->args[1].list.ptr, c->args[1].list.len), &error);
    return return_state(c, state, error);
}

static bool blocking_write_and_flush(struct component_call *c)
{
    return write_and_flush(c, slice_from(c->args[1].list.ptr, c->args[1].list.len));
}

/* What was written has been sent. */
static bool flush(struct component_call *c)
{
    return output(c) != NULL;
}

static enum stream_state zeroes_now(struct component_call *c, const struct output_stream *s, uint64_t len,
                                    struct component_error **error)
{
    uint64_t room = 0;
    enum stream_state state = check_room(c, s, NOW, &room, error);
    if (state == STREAM_OK && len > room) {
        component_fault(c->guest, "a write of more zeroes than check-write allowed");
        return STREAM_STOPPED;
    }
    for (uint64_t left = len; state == STREAM_OK && left;) {
        struct slice part = slice_first(slice_from(zeroes, sizeof zeroes), left);
        state = s->ops->write(c, s->self, part, error);
        left -= part.len;
    }
    return state;
}

static bool write_zeroes(struct component_call *c)
{
    struct component_error *error = NULL;
    const struct output_stream *s = output(c);
    if (!s)
        return false;
    enum stream_state state = zeroes_now(c, s, c->args[1].n, &error);
    return return_state(c, state, error);
}

static bool blocking_write_zeroes_and_flush(struct component_call *c)
{
    if (c->args[1].n > BLOCKING_MAX)
        return component_fault(c->guest, "a blocking write of more than 4096 zeroes");
    return write_and_flush(c, slice_from(zeroes, c->args[1].n));
}

static bool splice_as(struct component_call *c, enum wait wait)
{
    struct component_error *error = NULL;
    struct slice bytes = {0};
    uint64_t room = 0;
    const struct output_stream *to = output(c);
    const struct input_stream *from = to ? input(c, 1) : NULL;
    if (!from)
        return false;
    enum stream_state state = check_room(c, to, wait, &room, &error);
    if (state == STREAM_OK)
        state = read_some(c, from, c->args[2].n < room ? c->args[2].n : room, wait, &bytes, &error);
    if (state == STREAM_OK)
        state = to->ops->write(c, to->self, bytes, &error);
    if (state != STREAM_OK)
        return return_state(c, state, error);
    c->results[1].n = bytes.len;
    return true;
}

static bool splice(struct component_call *c)
{
    return splice_as(c, NOW);
}

static bool blocking_splice(struct component_call *c)
{
    return splice_as(c, BLOCKING);
}

static const struct component_type_row types[] = {
    {"stream-error", "variant{last-operation-failed(own<error>), closed}"},
    {0},
};

static const struct component_resource_row resources[] = {
    {"input-stream", KIND_INPUT_STREAM},
    {"output-stream", KIND_OUTPUT_STREAM},
    {0},
};

#define IN  "(borrow<input-stream>"
#define OUT "(borrow<output-stream>"

static const struct component_function_row functions[] = {
    {"[method]input-stream.read", IN ", u64) -> result<list<u8>, stream-error>", read},
    {"[method]input-stream.blocking-read", IN ", u64) -> result<list<u8>, stream-error>", blocking_read},
    {"[method]input-stream.skip", IN ", u64) -> result<u64, stream-error>", skip},
    {"[method]input-stream.blocking-skip", IN ", u64) -> result<u64, stream-error>", blocking_skip},
    {"[method]input-stream.subscribe", IN ") -> own<pollable>", subscribe_input},
    {"[method]output-stream.check-write", OUT ") -> result<u64, stream-error>", check_write},
    {"[method]output-stream.write", OUT ", list<u8>) -> result<_, stream-error>", write},
    {"[method]output-stream.blocking-write-and-flush", OUT ", list<u8>) -> result<_, stream-error>", blocking_write_and_flush},
    {"[method]output-stream.flush", OUT ") -> result<_, stream-error>", flush},
    {"[method]output-stream.blocking-flush", OUT ") -> result<_, stream-error>", flush},
    {"[method]output-stream.subscribe", OUT ") -> own<pollable>", subscribe_output},
    {"[method]output-stream.write-zeroes", OUT ", u64) -> result<_, stream-error>", write_zeroes},
    {"[method]output-stream.blocking-write-zeroes-and-flush", OUT ", u64) -> result<_, stream-error>",
     blocking_write_zeroes_and_flush},
    {"[method]output-stream.splice", OUT ", borrow<input-stream>, u64) -> result<u64, stream-error>", splice},
    {"[method]output-stream.blocking-splice", OUT ", borrow<input-stream>, u64) -> result<u64, stream-error>", blocking_splice},
    {0},
};

const struct component_interface component_io_streams = {"wasi:io/streams@0.2.0", types, resources, functions};

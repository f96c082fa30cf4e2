/* Inside component: streams of bytes behind `input-stream` and `output-stream`.
 *
 * A kind of stream is a table of functions that never wait; io_streams.c makes the blocking ones of them with the stream's pollable. */
#pragma once
#include "engine/component/error.h"
#include "engine/component/poll.h"

enum stream_state {
    STREAM_OK,
    STREAM_CLOSED,
    STREAM_FAILED,  /* *error says why; it is the caller's */
    STREAM_STOPPED, /* the guest is */
};

struct input_stream_ops {
    /* At most `max_len` bytes that are there now; none: not yet. They stay where they are until the next call of the guest. */
    enum stream_state (*read)(struct component_call *c, void *self, size_t max_len, struct slice *out,
                              struct component_error **error);
    /* Ready when `read` has something to say. */
    struct pollable (*pollable)(void *self);
    void (*drop)(void *self); /* or NULL */
};

struct output_stream_ops {
    /* How many bytes `write` takes now; 0: none yet. */
    enum stream_state (*check)(struct component_call *c, void *self, uint64_t *len, struct component_error **error);
    /* Sends at once, so there is nothing to flush. */
    enum stream_state (*write)(struct component_call *c, void *self, struct slice bytes, struct component_error **error);
    /* Ready when `check` has something to say. */
    struct pollable (*pollable)(void *self);
    void (*drop)(void *self); /* or NULL */
};

/* Give the guest a stream: *slot is its number. Take self, also when they fail. */
bool input_stream_new(struct component_call *c, const struct input_stream_ops *ops, void *self, union shim_value *slot);
bool output_stream_new(struct component_call *c, const struct output_stream_ops *ops, void *self, union shim_value *slot);

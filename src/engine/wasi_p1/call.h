/* Inside wasi_p1: one call of a guest, and the error numbers of the standard. */
#pragma once
#include "engine/wasi_p1/wasi_p1.h"

enum p1_errno {
    P1_SUCCESS = 0,
    P1_BADF = 8,
    P1_FAULT = 21,
    P1_INVAL = 28,
    P1_NOTDIR = 54,
    P1_NOTSOCK = 57,
    P1_NOTSUP = 58,
    P1_SPIPE = 70,
};

struct p1_call {
    struct p1 *p1;
    wasmtime_context_t *store;
    enum p1_stream stream; /* behind the descriptor that the function takes */
    uint8_t *memory;       /* the guest's, valid during this call */
    size_t memory_len;
    const wasmtime_val_raw_t *args;
};

/* Fills in a call: who calls, with which arguments, and where its memory is. */
void p1_call_begin(struct p1_call *c, wasmtime_caller_t *caller, const wasmtime_val_raw_t *args);

/* The type of a function; one letter a value: i for i32, I for i64. The caller deletes it. */
wasm_functype_t *p1_function_type(const char *params, const char *results);

static inline uint32_t p1_u32(const struct p1_call *c, size_t arg)
{
    return (uint32_t)c->args[arg].i32;
}

/* Host bytes at `ptr`, or NULL when the range is not all in memory, or there is none. */
static inline uint8_t *p1_range(const struct p1_call *c, uint32_t ptr, uint64_t len)
{
    return c->memory && (uint64_t)ptr + len <= c->memory_len ? c->memory + ptr : NULL;
}

/* Little-endian stores and loads of guest memory; false: out of bounds. */
bool p1_put(const struct p1_call *c, uint32_t ptr, uint64_t value, size_t len);
bool p1_get(const struct p1_call *c, uint32_t ptr, size_t len, uint64_t *value);

/* The stream behind a descriptor; false: it is not open. */
bool p1_stream_of(const struct p1 *p1, uint32_t fd, enum p1_stream *out);

typedef enum p1_errno p1_function(struct p1_call *c);

p1_function p1_fd_close, p1_fd_fdstat_get, p1_fd_fdstat_set_flags, p1_fd_filestat_get, p1_fd_read, p1_fd_renumber, p1_fd_write;
p1_function p1_args_get, p1_args_sizes_get, p1_environ_get, p1_environ_sizes_get, p1_clock_res_get, p1_clock_time_get,
    p1_poll_oneoff, p1_proc_exit, p1_random_get, p1_sched_yield;

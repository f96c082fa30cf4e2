/* WASI preview 1 for a program without files and sockets: `wasi_snapshot_preview1`, all 46 functions by name.
 *
 * Standard input is the task's input, standard output and error go to a sink; arguments are none, the environment is the task's.
 * Nothing blocks except a sleep, which the caller's deadline ends with a kill. What needs a file or a socket answers with the
 * error a system without any would give. Bytes moved by the host (reads, writes, random) cost one instruction each.
 *
 * Source: the WebAssembly System Interface, snapshot preview 1 ("witx" definitions). */
#pragma once
#include "base/slice.h"
#include <wasmtime.h>

enum p1_stop {
    P1_RUNNING,
    P1_EXITED,       /* proc_exit; see exit_code */
    P1_OUTPUT_LIMIT, /* standard output would have passed its limit */
    P1_OUT_OF_FUEL,  /* the host's work for the guest used up its instructions */
    P1_SINK_FAILED,  /* the sink did not take the bytes */
};

enum p1_stream { P1_STDIN = 0, P1_STDOUT = 1, P1_STDERR = 2, P1_STREAMS };

/* Takes bytes of one write to P1_STDOUT or P1_STDERR; false ends the guest. */
typedef bool p1_sink(void *self, enum p1_stream stream, struct slice bytes);

/* One guest's view of the system: the data of its store. */
struct p1 {
    struct slice input;       /* standard input */
    struct slice environment; /* NAME=VALUE, each with a NUL behind it */
    uint32_t environment_count;
    uint64_t max_output_len; /* bytes of standard output */
    p1_sink *sink;
    void *sink_self;
    struct host_port *port; /* to the outside (engine/host_call.h); NULL: there is none */

    /* What has happened; zero at the start. */
    size_t input_at;
    uint64_t output_len;
    bool closed[P1_STREAMS];
    enum p1_stop stop;
    int exit_code;
};

/* Defines all functions in a linker. A store made from it must carry a `struct p1 *` as its data. NULL, or an error that the
 * caller deletes. */
wasmtime_error_t *p1_define(wasmtime_linker_t *linker);

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
    P1_CALL_LIMIT,   /* it has made HOST_CALLS_MAX calls of the outside */
    P1_FAULTED,      /* a component broke the contract of a host function */
};

enum p1_stream { P1_STDIN = 0, P1_STDOUT = 1, P1_STDERR = 2, P1_STREAMS };

/* What a descriptor is: the stream of its own number, another's that was renumbered to it, or nothing. */
enum p1_descriptor { P1_FD_OWN, P1_FD_STDIN, P1_FD_STDOUT, P1_FD_STDERR, P1_FD_CLOSED };

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
    enum p1_descriptor descriptors[P1_STREAMS];
    enum p1_stop stop;
    int exit_code;
};

/* Defines all functions in a linker. A store made from it must carry a `struct p1 *` as its data. NULL, or an error that the
 * caller deletes. */
wasmtime_error_t *p1_define(wasmtime_linker_t *linker);

/* What the interfaces of components share with these functions, so that both worlds have one meaning and one price.
 *
 * Takes `units` of the guest's instructions; false: it has not that many, and the guest is stopped. */
bool p1_charge(struct p1 *p1, wasmtime_context_t *store, uint64_t units);

/* The next bytes of standard input, at most `max_len`; none: its end. Borrowed from the task. False: stopped. */
bool p1_take_input(struct p1 *p1, wasmtime_context_t *store, size_t max_len, struct slice *out);

/* Writes to P1_STDOUT or P1_STDERR. False: stopped. */
bool p1_deliver(struct p1 *p1, wasmtime_context_t *store, enum p1_stream stream, struct slice bytes);

enum p1_clock { P1_CLOCK_WALL, P1_CLOCK_MONOTONIC };

/* Coarse on purpose: fine clocks help to spy on neighbours. */
enum { P1_CLOCK_STEP_NS = 1000 };

uint64_t p1_clock_ns(enum p1_clock clock);

/* The caller's deadline kills a process that sleeps past it. */
void p1_sleep_ns(uint64_t ns);

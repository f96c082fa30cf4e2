/* WASI 0.2 (`wasi:cli/command`, every patch level) for a program without files and sockets.
 *
 * Streams, environment, output limit and the price of moving bytes are those of preview 1 (wasi_p1.h): a component and a module
 * doing the same work pay the same. There is no file: nothing is preopened. Sockets exist to be refused. Terminals are absent.
 *
 * An interface is a file of this folder with its tables (call.h): WIT signatures beside small functions. wasmtime compares every
 * signature with what the program means by it when the program is linked (shim.h), so a function of ours never sees a value of
 * another type.
 *
 * Resources are numbers of a table that belongs to the guest, at most COMPONENT_HANDLES_MAX at a time.
 *
 * Source: the WebAssembly System Interface 0.2, its WIT packages wasi:io, cli, clocks, random, filesystem, sockets. */
#pragma once
#include "base/arena.h"
#include "engine/component/shim.h"
#include "engine/wasi_p1/wasi_p1.h"

enum { COMPONENT_HANDLES_MAX = 10000 };

/* Bytes that one call may hand to the host. */
enum { COMPONENT_ARGUMENT_MAX = 32 << 20 };

/* Bytes that the resources of a guest may keep here, outside of its memory: header fields, bodies that wait for their request. */
enum { COMPONENT_HELD_MAX = 64 << 20 };

struct component_handle;

/* One guest: the data of its store. Zero but for p1. */
struct component {
    struct p1 *p1;
    const char *fault; /* why p1->stop is P1_FAULTED */

    struct component_handle *handles;
    uint32_t handles_room, handles_used; /* entries there are, entries in use */
    uint32_t handles_free;               /* the first free one; see handles.c */
    size_t held;                         /* bytes that its resources keep */
    struct arena results;                /* what the last call's results point to */
};

/* Defines all interfaces; a store of a program linked with it must carry a `struct component *` as its data. */
wasmtime_error_t *component_linker_new(const wasm_engine_t *engine, shim_linker_t **out);

/* Frees what the guest left behind. */
void component_free(struct component *guest);

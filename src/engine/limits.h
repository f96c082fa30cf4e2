/* Limits of a store that are asked for one by one. Implemented in third_party/engine/src/limits.rs: wasmtime's C API has fixed limits,
 * and none on the sum of all tables. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <wasmtime.h>

typedef struct shim_limits {
    size_t instances, tables, memories; /* how many there may be */

    /* A table grows, or begins, to `to` elements, within its own maximum. False: it may not, and the guest is told so. */
    bool (*grow_table)(void *env, size_t from, size_t to);
    void *env;
} shim_limits_t;

/* *limits stays the caller's and where it is as long as the store is there. Linear memories are not limited here but by their
 * creator. */
void shim_store_limit(wasmtime_store_t *store, shim_limits_t *limits);

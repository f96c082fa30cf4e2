/* The engine's side of the compiler process: one process per program, killed when it takes too long. */
#pragma once
#include "base/err.h"
#include "base/slice.h"
#include "engine/cgroup.h"

struct compiler_limits {
    uint64_t max_ms;     /* wall clock; processor time is bounded by it on every processor */
    uint64_t max_memory; /* bytes of address space */
};

/* Compiles `wasm` with the program at `path`, in `group`. *artifact is a memory file, not sealed yet, that nobody else holds; the caller
 * closes it. ERR_INVALID: the program cannot run here, and why. ERR_LIMIT: the compiler hit its limits or died of the program. */
struct err *compiler_run(const char *path, const struct compiler_limits *limits, const struct cgroup *group, struct slice wasm,
                         int *artifact);

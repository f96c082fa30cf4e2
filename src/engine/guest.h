/* Runs one program in this very process: the inside of a task's process, and what the benchmark compares it with. */
#pragma once
#include "engine/component/component.h"
#include "engine/engine.h"
#include "engine/limits.h"
#include "engine/memory.h"
#include "engine/wasi_p1/wasi_p1.h"

/* The engine and its host functions. The zero value is empty. */
struct guest_host {
    struct memory_budget memory;
    wasm_engine_t *engine;
    wasmtime_linker_t *modules;
    shim_linker_t *components;
};

/* `host` must stay where it is until guest_host_close: the engine points into it. */
struct err *guest_host_open(struct guest_host *host);

/* The same, only to compile and to check: no program is ever executable. */
struct err *guest_host_open_compiler(struct guest_host *host);
void guest_host_close(struct guest_host *host);

/* Checks that a compiled module is a command this host can run: it exports `_start: () -> ()` and imports only what is here.
 * ERR_INVALID says what is wrong. */
struct err *guest_check_module(struct guest_host *host, const wasmtime_module_t *module);

/* The same of a component: it exports `run` of wasi:cli/run@0.2. */
struct err *guest_check_component(struct guest_host *host, const wasmtime_component_t *component);

/* A program ready to be instantiated: one of the two is there. The zero value is none. */
struct guest_program {
    wasmtime_instance_pre_t *module;
    shim_program_t *component;
    bool has_start;              /* a start section: code of its own runs when it is instantiated */
    uint32_t added_instructions; /* that instantiating it takes beyond the program's own: they are not on its bill */
};

/* Stands behind the engine library's bytes at the end of every artifact: what only the program's own bytes tell, and what merging its
 * data segments (wasm/merge_data.h) added to them. */
struct artifact_tail {
    uint32_t magic, has_start, added_instructions;
};

enum { ARTIFACT_TAIL_MAGIC = 0x4f4c4132 }; /* "OLA2" */

/* What a module with so many segments fewer and bytes of filler more (wasm_merge_data) takes more when it is instantiated: one for each
 * byte, and one for the constant that was each segment's offset. Never less than before. */
static inline uint32_t guest_added_instructions(uint32_t segments_fewer, uint32_t filler_len)
{
    return filler_len - segments_fewer;
}

/* Maps the artifact in `fd`, which must never change again; fd stays the caller's. ERR_INVALID: this engine does not load it. */
struct err *guest_load(struct guest_host *host, int fd, struct guest_program *out);

/* Leaves the zero value. */
void guest_program_free(struct guest_program *program);

/* More than a program lives to use: an instruction takes time, and so does each byte that one moves. */
#define GUEST_INSTRUCTIONS_MAX ((uint64_t)INT64_MAX)

struct guest_limits {
    uint64_t max_instructions; /* at most GUEST_INSTRUCTIONS_MAX */
    uint64_t max_memory;       /* bytes */
};

struct guest_result {
    enum task_end end; /* all but TASK_DEADLINE */
    bool is_component;
    int exit_code;
    uint64_t instructions, peak_memory;
    struct buf detail; /* what happened, in a few words, when end is not TASK_COMPLETED */
};

/* A program instantiated. The zero value is none; otherwise it must stay where it is. */
struct guest_instance {
    wasmtime_store_t *store;
    shim_limits_t limits;
    wasmtime_func_t start;                  /* of a module */
    wasmtime_component_instance_t instance; /* of a component, */
    struct component component;             /* and what its host functions look at */
    uint64_t instructions;                  /* what instantiating took: bytes of data count */
};

/* Instantiates before the task is known, in at most CELL_WAITING_MEMORY_MAX bytes of memory. Leaves none when the program wants more, or
 * has code of its own that would run; guest_run does it then. `p1` is what its host functions will look at, filled in later. */
void guest_instantiate_early(struct guest_host *host, const struct guest_program *program, struct p1 *p1,
                             struct guest_instance *out);

/* Runs `_start` or `run` once, in the instance that was made early or, if there is none or it is over the limits, in a new one, which
 * it leaves there. The outcome is the same. */
void guest_run(struct guest_host *host, const struct guest_program *program, struct guest_instance *instance,
               const struct guest_limits *limits, struct p1 *p1, struct guest_result *out);

/* Frees an instance. A process that ends with it need not: that is quicker. None is fine. */
void guest_instance_free(struct guest_instance *instance);

/* The text of an error of the engine library, in one line; takes the error. */
void guest_error_text(wasmtime_error_t *error, struct buf *out);

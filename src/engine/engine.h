/* Runs strangers' WASI programs: one task, one process.
 *
 *     caller (worker, `outlayer wasm run`)
 *        │ engine_prepare(wasm) ──► compiler process: no secrets, bounded; its artifact is authenticated here
 *        │ engine_run(task)     ──► zygote (never compiled, no secrets, one thread) ──fork──► the task's process, its cell
 *        ▼                                                        socket: input in, output and outcome out
 *     typed outcome
 *
 * The process programs are `outlayer-compiler` and `outlayer-zygote`, found beside the caller's own program. An engine is used by
 * one thread at a time; several tasks may be under way when several threads have an engine each (one cache folder serves all).
 * engine_close or the caller's end, however it ends, leaves no process behind. What a program asks of the outside is answered by the
 * caller (engine/host.h), on the thread that runs the task.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"
#include "engine/cgroup.h"
#include "engine/host.h"

struct engine;

struct engine_config {
    const char *program_dir;     /* where the process programs are; NULL: beside this one */
    const char *cache_dir;       /* artifacts, by content hash, engine version and settings */
    uint64_t max_cache_len;      /* bytes of artifacts on disk, the least recently used go first; 0: 1 GiB */
    uint64_t max_compile_ms;     /* 0: 120 s */
    uint64_t max_compile_memory; /* bytes, 0: 4 GiB */
    uint64_t max_wasm_len;       /* bytes, 0: 64 MiB */
    bool no_waiting;             /* keep no process ready for the next task */
    struct cgroup_tree *groups;  /* where the engine makes groups for its processes; outlives it; NULL: it makes none */
    uint64_t max_memory_mb;      /* the most that a task's limits will give, for the groups; 0: 4096 */
};

struct err *engine_open(const struct engine_config *config, struct engine **out);
void engine_close(struct engine *e);

/* Appends what confines the engine's tasks on this machine, beside the limits, for people: "system call filters, network namespace, no
 * capabilities, Landlock 7, control groups". docs/engine.md explains each. ERR_UNAVAILABLE: it cannot run tasks at all. */
struct err *engine_confinement(struct engine *e, struct buf *out);

struct task_limits {
    uint64_t max_instructions; /* the engine's fuel */
    uint64_t max_memory_mb;    /* MiB of linear memory */
    uint64_t max_seconds;      /* wall clock, ends in a kill */
    uint64_t max_output_len;   /* bytes of standard output, 0: 4 MiB */
};

/* Bytes of input, and of environment names and values together. */
enum { TASK_INPUT_MAX = 64 << 20, TASK_ENV_MAX = 1 << 20 };

/* The name is not empty and has no '='; neither has a NUL. */
struct task_env {
    struct slice name, value;
};

struct task {
    struct hash code_hash; /* of the program, prepared before */
    struct slice input;    /* standard input */
    const struct task_env *env;
    size_t env_count;
    struct task_limits limits;
    const struct task_host *host; /* NULL: there is no outside */
};

enum task_end {
    TASK_COMPLETED,  /* returned, or exit(0) */
    TASK_GUEST_EXIT, /* exit(n), n ≠ 0; of a component also: `run` returned an error */
    TASK_TRAP,       /* unreachable, bounds, division … */
    TASK_OUT_OF_INSTRUCTIONS,
    TASK_DEADLINE,
    TASK_OUT_OF_MEMORY, /* over its memory limit */
    TASK_OUTPUT_LIMIT,
    TASK_INVALID_PROGRAM, /* not a program this engine runs; says why */
    TASK_HTTP_TIMEOUTS,   /* waited for too many HTTP answers that did not come */
    TASK_CALL_LIMIT,      /* over HOST_CALLS_MAX */
    TASK_DENIED,          /* broke out of its program and did what no program can: a forbidden system call, a false report */
    TASK_HOST_FAULT,      /* ours: the process died, the artifact was bad … */
};

/* "completed", "guest_exit", "trap", "out_of_instructions", "deadline", "out_of_memory", "output_limit", "invalid_program",
 * "http_timeouts", "call_limit", "denied", "host_fault". */
const char *task_end_name(enum task_end end);

struct task_outcome {
    enum task_end end;
    struct buf output;     /* standard output, at most max_output_len bytes */
    struct buf error_text; /* the last 64 KiB of standard error */
    struct buf message;    /* for people, clean UTF-8, when end is not TASK_COMPLETED */
    bool is_component;     /* of WASI 0.2; false: a module, of preview 1 */
    int exit_code;
    uint64_t instructions; /* all that were allowed after TASK_DEADLINE, TASK_HTTP_TIMEOUTS and TASK_DENIED */
    bool at_least;         /* the engine lost count at a trap: there were so many instructions or more */
    uint64_t peak_memory;  /* the most bytes of linear memory and tables there were; 0 when its process could not say */
    uint64_t host_calls;
    uint64_t time_ms, time_ns; /* wall clock of the run, without compiling; time_ms is rounded up */
};

void task_outcome_free(struct task_outcome *o);

static inline void auto_task_outcome(struct task_outcome *o)
{
    task_outcome_free(o);
}

/* Compiles `wasm` unless its artifact is in the cache. *hash is SHA-256 of the bytes, *compile_ms what it took (0: cached).
 * ERR_INVALID: the program cannot be run here, and why (too large, not WebAssembly, an import that does not exist …);
 * ERR_LIMIT: the compiler ran into its own limits. */
struct err *engine_prepare(struct engine *e, struct slice wasm, struct hash *hash, uint64_t *compile_ms);

/* What the program says of itself: the payload of its custom section `outlayer.manifest` (src/wasm/custom.h), kept with the compiled
 * program and authenticated as it is. Appends it; nothing when it has none or one over ENGINE_MANIFEST_MAX. ERR_NOT_FOUND: the
 * program is not prepared, or what was kept is damaged. */
struct err *engine_manifest(struct engine *e, const struct hash *code_hash, struct buf *out);

enum { ENGINE_MANIFEST_MAX = 64 * 1024 };

/* True when there is an artifact of this program whose authentication code is right; a damaged one is removed. */
bool engine_has(struct engine *e, const struct hash *code_hash);

/* What there is of a prepared program. ERR_NOT_FOUND: it is not prepared. */
struct engine_artifact {
    uint64_t len;      /* bytes of native code and what belongs to it */
    bool is_component; /* false: a module */
};

struct err *engine_artifact(struct engine *e, const struct hash *code_hash, struct engine_artifact *out);

/* Runs one task to its end. Whatever the guest does is an outcome; so is the end of its process or of the zygote in the middle
 * (TASK_HOST_FAULT; the next task finds a new zygote). Frees nothing of *out that was there before: hand in a zero value.
 *
 * An error means that nothing has run. ERR_NOT_FOUND: the program is not prepared, or its artifact was damaged and is gone:
 * prepare it (again). ERR_INVALID, ERR_LIMIT: the task's input, environment or limits cannot be. ERR_UNAVAILABLE: the engine
 * itself cannot run tasks now (no zygote, no descriptors). */
struct err *engine_run(struct engine *e, const struct task *task, struct task_outcome *out);

#include "engine/engine.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/artifact.h"
#include "engine/compiler.h"
#include "engine/process.h"
#include "engine/run.h"
#include "engine/settings.h"
#include "engine/trivial.h"
#include "engine/waiting.h"
#include "wasm/custom.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
    DEFAULT_COMPILE_MS = 120000,
    DEFAULT_WASM_LEN = 64 << 20,
    DEFAULT_MEMORY_MB = 4096,
    CELLS_MAX = 64,            /* with the zygote and those that have ended and are not reaped */
    COMPILER_THREADS_MORE = 8, /* than processors */
    COMPILED_MAX = 32          /* artifacts kept open, so that a new zygote needs no second check */
};

#define MANIFEST_LABEL         "manifest-2"
#define DEFAULT_CACHE_LEN      (UINT64_C(1) << 30)
#define DEFAULT_COMPILE_MEMORY (UINT64_C(4) << 30)

struct compiled {
    struct hash code;
    int fd; /* sealed; 0: free */
    uint64_t used_at;
};

struct engine {
    char *compiler, *zygote_program; /* paths */
    struct compiler_limits compiler_limits;
    uint64_t max_wasm_len;
    struct artifact_store *artifacts;
    struct artifact_store *manifests; /* beside them, under a label of their own: nothing in here is ever taken for code */
    struct compiled compiled[COMPILED_MAX];
    uint64_t uses;
    struct cgroup cells, compilers; /* the zero value: the host has none */
    struct zygote zygote;
    bool no_waiting;
    struct waiting waiting;
    struct buf confinement; /* what the zygote says holds it and its cells */
};

/* What a new zygote runs once to be warm for both kinds of programs: the trivial module, and a component whose `run` asks
 * wasi:clocks/monotonic-clock for `now`. */
#define WARM_COMPONENT                                                                                             \
    SLICE("\0\x61sm\x0d\0\x01\0\x07\x10\x01\x42\x02\x01@\0\0w\x04\0\x03now\x01\0\x0a&\x01\0!wasi:clocks/monotoni"  \
          "c-clock@0.2.0\x05\0\x01:\0\x61sm\x01\0\0\0\x01\x09\x02`\0\x01~`\0\x01\x7f\x02\x08\x01\0\x03now\0\0\x03" \
          "\x02\x01\x01\x05\x03\x01\0\x01\x07\x07\x01\x03run\0\x01\x0a\x09\x01\x07\0\x10\0\x1a\x41\0\x0b\x06\x08"  \
          "\x01\x01\0\0\x03now\x08\x05\x01\x01\0\0\0\x02\x0f\x02\x01\x01\x03now\0\0\0\0\x01\0\x12\0\x06\x09\x01\0" \
          "\0\x01\x01\x03run\x07\x08\x02j\0\0@\0\0\x01\x08\x06\x01\0\0\x01\0\x02\x05\x0a\x01\x01\x01\0\x03run\x01" \
          "\x01\x0b\x18\x01\0\x12wasi:cli/run@0.2.0\x05\x01\0")

static struct err *find_program(const char *dir, const char *name, char **out)
{
    char self[4096];
    AUTO(buf) struct buf path = {0};
    if (!dir) {
        ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
        if (len < 0)
            return err_errno(ERR_UNAVAILABLE, errno, "finding this program's folder");
        self[len] = '\0';
        *strrchr(self, '/') = '\0';
        dir = self;
    }
    buf_append_fmt(&path, "%s/%s", dir, name);
    if (access(buf_str(&path), X_OK))
        return err_errno(ERR_NOT_FOUND, errno, "the engine needs the program %s", buf_str(&path));
    *out = mem_copy_str(path.ptr, path.len);
    return NULL;
}

static struct err *open_parts(struct engine *e, const struct engine_config *config)
{
    TRY(find_program(config->program_dir, "outlayer-compiler", &e->compiler));
    TRY(find_program(config->program_dir, "outlayer-zygote", &e->zygote_program));
    uint64_t max_cache_len = config->max_cache_len ? config->max_cache_len : DEFAULT_CACHE_LEN;
    TRY(artifact_store_open(config->cache_dir, SETTINGS_LABEL, max_cache_len, &e->artifacts));
    return artifact_store_open(config->cache_dir, MANIFEST_LABEL, max_cache_len, &e->manifests);
}

/* All that its processes may take by their own limits, added up: nothing that keeps to those is ever stopped by these. */
static struct err *open_groups(struct engine *e, const struct engine_config *config)
{
    uint64_t max_memory_mb = config->max_memory_mb ? config->max_memory_mb : DEFAULT_MEMORY_MB;
    const struct cgroup_limits cells = {.max_memory = (max_memory_mb << 20) + TASK_INPUT_MAX + TASK_ENV_MAX +
                                                      CELL_OWN_MEMORY_MAX +
                                                      (WAITING_PROGRAMS + 1) * WAITING_EACH * CELL_WAITING_MEMORY_MAX,
                                        .max_processes = CELLS_MAX};
    const struct cgroup_limits compilers = {.max_memory = e->compiler_limits.max_memory + ARTIFACT_LEN_MAX,
                                            .max_processes = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN) + COMPILER_THREADS_MORE};
    if (!config->groups)
        return NULL;
    TRY(cgroup_new(config->groups, "cells", &cells, &e->cells));
    return cgroup_new(config->groups, "compilers", &compilers, &e->compilers);
}

struct err *engine_open(const struct engine_config *config, struct engine **out)
{
    struct engine *e = mem_calloc(1, sizeof *e);
    e->compiler_limits.max_ms = config->max_compile_ms ? config->max_compile_ms : DEFAULT_COMPILE_MS;
    e->compiler_limits.max_memory = config->max_compile_memory ? config->max_compile_memory : DEFAULT_COMPILE_MEMORY;
    e->max_wasm_len = config->max_wasm_len ? config->max_wasm_len : DEFAULT_WASM_LEN;
    e->no_waiting = config->no_waiting;
    struct err *error = open_parts(e, config);
    if (!error)
        error = open_groups(e, config);
    if (error)
        engine_close(e);
    else
        *out = e;
    return error;
}

static void stop_zygote(struct engine *e)
{
    waiting_drop(&e->waiting, NULL);
    zygote_stop(&e->zygote);
}

void engine_close(struct engine *e)
{
    if (!e)
        return;
    stop_zygote(e);
    cgroup_free(&e->cells);
    cgroup_free(&e->compilers);
    for (size_t i = 0; i < COMPILED_MAX; i++)
        if (e->compiled[i].fd)
            close(e->compiled[i].fd);
    artifact_store_close(e->artifacts);
    artifact_store_close(e->manifests);
    buf_free(&e->confinement);
    mem_free(e->compiler);
    mem_free(e->zygote_program);
    mem_free(e);
}

static struct compiled *find_compiled(struct engine *e, const struct hash *code)
{
    for (size_t i = 0; i < COMPILED_MAX; i++)
        if (e->compiled[i].fd && hash_eq(&e->compiled[i].code, code))
            return &e->compiled[i];
    return NULL;
}

static void forget_compiled(struct engine *e, struct compiled *c)
{
    if (c->fd) {
        waiting_drop(&e->waiting, &c->code);
        close(c->fd);
    }
    *c = (struct compiled){0};
}

static struct compiled *oldest_compiled(struct engine *e)
{
    struct compiled *found = &e->compiled[0];
    for (size_t i = 0; i < COMPILED_MAX; i++)
        if (e->compiled[i].used_at < found->used_at)
            found = &e->compiled[i];
    return found;
}

/* The verified artifact, from memory or disk. *fd stays the engine's. */
static struct err *artifact_of(struct engine *e, const struct hash *code, int *fd)
{
    struct compiled *c = find_compiled(e, code);
    if (!c) {
        TRY(artifact_get(e->artifacts, code, fd));
        c = oldest_compiled(e);
        forget_compiled(e, c);
        *c = (struct compiled){.code = *code, .fd = *fd};
    } else {
        artifact_touch(e->artifacts, code);
    }
    c->used_at = ++e->uses;
    *fd = c->fd;
    return NULL;
}

static void drop_artifact(struct engine *e, const struct hash *code)
{
    struct compiled *c = find_compiled(e, code);
    if (c)
        forget_compiled(e, c);
    artifact_remove(e->artifacts, code);
}

/* Spare cells have what the zygote had loaded when they were forked. */
static void renew_spare(struct engine *e)
{
    waiting_drop_spare(&e->waiting);
    if (!e->no_waiting)
        waiting_refill_spare(&e->waiting, &e->zygote);
}

/* Gives the zygote an artifact. *status is ZYGOTE_DONE or ZYGOTE_BAD_ARTIFACT: compiled for another processor. */
static struct err *hand_over(struct engine *e, enum zygote_op op, const struct hash *code, int artifact,
                             enum zygote_status *status)
{
    AUTO(buf) struct buf text = {0};
    TRY(zygote_ask(&e->zygote, op, code, artifact, status, &text));
    if (*status == ZYGOTE_BAD_ARTIFACT)
        log_warn("an artifact does not load and will be made again", LOG_STR("why", buf_str(&text)));
    else if (*status != ZYGOTE_DONE)
        return err_new(ERR_UNAVAILABLE, "loading a program: %s", buf_str(&text));
    if (op == ZYGOTE_LOAD && *status == ZYGOTE_DONE)
        renew_spare(e);
    if (op == ZYGOTE_WARM) {
        buf_clear(&e->confinement);
        buf_append(&e->confinement, buf_slice(&text));
    }
    return NULL;
}

static struct err *compile(struct engine *e, struct slice wasm, const struct hash *code)
{
    AUTO(fd) int artifact = -1;
    TRY(compiler_run(e->compiler, &e->compiler_limits, &e->compilers, wasm, &artifact));
    return artifact_put(e->artifacts, code, artifact);
}

/* Compiles unless a good artifact is there. */
static struct err *ensure_artifact(struct engine *e, struct slice wasm, const struct hash *code, int *fd, uint64_t *compile_ms)
{
    struct err *missing = artifact_of(e, code, fd);
    if (!missing)
        return NULL;
    if (err_code(missing) != ERR_NOT_FOUND && err_code(missing) != ERR_INVALID)
        return missing;
    err_free(missing);
    uint64_t start = clock_monotonic_ns(&clock_system);
    TRY(compile(e, wasm, code));
    *compile_ms += (clock_monotonic_ns(&clock_system) - start + NS_PER_MS - 1) / NS_PER_MS;
    return artifact_of(e, code, fd);
}

/* The artifact in the zygote; one that does not load there is made again, once. */
static struct err *load(struct engine *e, enum zygote_op op, struct slice wasm, const struct hash *code, uint64_t *compile_ms)
{
    enum zygote_status status = ZYGOTE_BAD_ARTIFACT;
    for (int attempt = 0; attempt < 2 && status == ZYGOTE_BAD_ARTIFACT; attempt++) {
        int fd = -1;
        TRY(ensure_artifact(e, wasm, code, &fd, compile_ms));
        TRY(hand_over(e, op, code, fd, &status));
        if (status == ZYGOTE_BAD_ARTIFACT)
            drop_artifact(e, code);
    }
    return status == ZYGOTE_DONE ? NULL : err_new(ERR_BUG, "what the compiler makes does not load in the zygote");
}

static struct err *warm(struct engine *e, struct slice wasm)
{
    struct hash code = hash_sha256(wasm);
    uint64_t compile_ms = 0;
    return load(e, ZYGOTE_WARM, wasm, &code, &compile_ms);
}

static struct err *ensure_zygote(struct engine *e)
{
    if (zygote_alive(&e->zygote))
        return NULL;
    if (e->zygote.pid)
        log_warn("the zygote has died; starting another");
    stop_zygote(e);
    TRY(zygote_start(&e->zygote, e->zygote_program, &e->cells));
    TRY_DOING(warm(e, trivial_program), "warming up the engine");
    TRY_DOING(warm(e, WARM_COMPONENT), "warming up the engine for components");
    return NULL;
}

/* One byte stands before the payload, so that a program without one has an entry as well. */
static struct err *keep_manifest(struct engine *e, struct slice wasm, const struct hash *code)
{
    AUTO(fd) int kept = -1;
    AUTO(fd) int fd = -1;
    AUTO(buf) struct buf bytes = {0};
    AUTO(err) struct err *missing = artifact_get(e->manifests, code, &kept);
    if (!missing)
        return NULL;
    struct slice manifest = wasm_find_custom(wasm, SLICE("outlayer.manifest"));
    buf_append_byte(&bytes, 1);
    if (manifest.len <= ENGINE_MANIFEST_MAX)
        buf_append(&bytes, manifest);
    TRY(memory_file_new("manifest", buf_slice(&bytes), &fd));
    return artifact_put(e->manifests, code, fd);
}

struct err *engine_manifest(struct engine *e, const struct hash *code_hash, struct buf *out)
{
    AUTO(fd) int fd = -1;
    AUTO(buf) struct buf bytes = {0};
    struct err *error = artifact_get(e->manifests, code_hash, &fd);
    if (error && err_code(error) == ERR_INVALID) {
        err_free(error);
        return err_new(ERR_NOT_FOUND, "what was kept of the program is damaged: prepare it again");
    }
    TRY(error);
    if (lseek(fd, 0, SEEK_SET))
        return err_errno(ERR_UNAVAILABLE, errno, "reading a program's manifest");
    TRY(fs_read_fd(fd, "a program's manifest", 1 + ENGINE_MANIFEST_MAX, &bytes));
    buf_append(out, slice_skip(buf_slice(&bytes), 1));
    return NULL;
}

struct err *engine_confinement(struct engine *e, struct buf *out)
{
    TRY(ensure_zygote(e));
    buf_append(out, buf_slice(&e->confinement));
    if (e->cells.tree)
        buf_append_str(out, ", control groups");
    return NULL;
}

struct err *engine_prepare(struct engine *e, struct slice wasm, struct hash *hash, uint64_t *compile_ms)
{
    *compile_ms = 0;
    if (wasm.len > e->max_wasm_len)
        return err_new(ERR_INVALID, "the program is %zu bytes, at most %" PRIu64 " are accepted", wasm.len, e->max_wasm_len);
    *hash = hash_sha256(wasm);
    TRY(ensure_zygote(e));
    TRY(load(e, ZYGOTE_LOAD, wasm, hash, compile_ms));
    return keep_manifest(e, wasm, hash);
}

bool engine_has(struct engine *e, const struct hash *code_hash)
{
    int fd = -1;
    AUTO(err) struct err *missing = artifact_of(e, code_hash, &fd);
    return !missing;
}

/* wasmtime's artifacts are ELF files that say in e_flags what they were made of. */
enum { ELF_FLAGS_AT = 48, ELF_FLAG_COMPONENT = 2 };

struct err *engine_artifact(struct engine *e, const struct hash *code_hash, struct engine_artifact *out)
{
    struct stat st;
    uint32_t flags = 0;
    int fd = -1;
    TRY(artifact_of(e, code_hash, &fd));
    if (fstat(fd, &st) || pread(fd, &flags, sizeof flags, ELF_FLAGS_AT) != sizeof flags)
        return err_errno(ERR_UNAVAILABLE, errno, "reading an artifact");
    *out = (struct engine_artifact){.len = (uint64_t)st.st_size, .is_component = flags & ELF_FLAG_COMPONENT};
    return NULL;
}

/* Loads what the zygote does not have (any more) from the cache; here nothing can be compiled. */
static struct err *load_from_cache(struct engine *e, const struct hash *code)
{
    enum zygote_status status;
    int fd = -1;
    char hex[HASH_HEX_MAX];
    struct err *missing = artifact_of(e, code, &fd);
    if (missing && err_code(missing) == ERR_INVALID) {
        err_free(missing);
        return err_new(ERR_NOT_FOUND, "the compiled program %s was damaged: prepare it again", hash_hex(code, hex));
    }
    TRY(missing);
    TRY(hand_over(e, ZYGOTE_LOAD, code, fd, &status));
    if (status == ZYGOTE_DONE)
        return NULL;
    drop_artifact(e, code);
    return err_new(ERR_NOT_FOUND, "the compiled program %s is for another machine: prepare it again", hash_hex(code, hex));
}

/* The zygote went away over a task before its cell said anything. */
static void lose_zygote(struct engine *e, struct task_run *run, const struct err *why)
{
    log_warn("the zygote died over a task", LOG_ERR(why));
    stop_zygote(e);
    buf_append_str(&run->detail, "the engine's zygote died");
}

enum start { START_LOST, START_AGAIN, START_NOT_LOADED, START_FAILED, START_DONE };

/* Hands the task to a cell that waits, else to a new one. */
static enum start try_cell(struct engine *e, const struct task *task, struct task_run *run, struct buf *text)
{
    enum zygote_status status = ZYGOTE_FAILED;
    task_run_start_clock(run, task);
    bool waited = waiting_take(&e->waiting, &task->code_hash, &run->cell);
    AUTO(err) struct err *gone = waited ? NULL : cell_order(&e->zygote, &task->code_hash, &run->cell);
    if (!gone) {
        task_run_send(run);
        gone = cell_meet(&run->cell, &status, text);
    }
    if (waited && (gone ? err_code(gone) == ERR_NOT_FOUND : status != ZYGOTE_DONE))
        return START_AGAIN; /* it ended, never was, or has not the program: nothing has run */
    if (gone) {
        lose_zygote(e, run, gone);
        return START_LOST;
    }
    return status == ZYGOTE_DONE ? START_DONE : status == ZYGOTE_NOT_LOADED ? START_NOT_LOADED : START_FAILED;
}

/* *started stays false when the zygote went away over it; the task has an outcome then too. */
static struct err *start_task(struct engine *e, const struct task *task, struct task_run *run, bool *started)
{
    AUTO(buf) struct buf text = {0};
    waiting_note(&e->waiting, &task->code_hash);
    enum start start = try_cell(e, task, run, &text);
    for (bool loaded = false; start == START_AGAIN || (start == START_NOT_LOADED && !loaded);) {
        cell_close(&run->cell);
        buf_clear(&text);
        if (start == START_NOT_LOADED) {
            TRY(load_from_cache(e, &task->code_hash));
            loaded = true;
        }
        start = try_cell(e, task, run, &text);
    }
    *started = start == START_DONE;
    if (*started && !e->no_waiting) {
        waiting_refill(&e->waiting, &e->zygote, &task->code_hash);
        waiting_refill_spare(&e->waiting, &e->zygote);
    }
    return *started || start == START_LOST ? NULL : err_new(ERR_UNAVAILABLE, "starting a task: %s", buf_str(&text));
}

/* What ended a process that did not report an outcome. Only code that is not the program's any more makes a system call that the
 * sandbox kills for. */
static void find_cause(struct engine *e, struct task_run *run, struct task_outcome *out)
{
    int status = 0;
    AUTO(err) struct err *unknown = cell_fate(&e->zygote, &run->cell, &status);
    if (!unknown && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        out->end = TASK_DENIED;
        buf_append_str(&run->detail, "the task's process made a system call that no program can make, and was killed");
        return;
    }
    buf_append_str(&run->detail, "the task's process died before it reported an outcome");
    if (!unknown && WIFSIGNALED(status))
        buf_append_fmt(&run->detail, " (signal %d)", WTERMSIG(status));
}

/* What broke out once may try again, and somebody should look at it. */
static void report_denied(const struct task *task, struct task_run *run)
{
    char hex[HASH_HEX_MAX];
    log_error("a task broke out of its program and was stopped", LOG_STR("code_hash", hash_hex(&task->code_hash, hex)),
              LOG_STR("why", buf_str(&run->detail)));
}

struct err *engine_run(struct engine *e, const struct task *task, struct task_outcome *out)
{
    AUTO(task_run) struct task_run run = {.cell = CELL_NONE};
    bool started = false;
    TRY(task_run_open(&run, task));
    TRY(ensure_zygote(e));
    TRY(start_task(e, task, &run, &started));
    out->end = TASK_HOST_FAULT;
    if (started)
        task_run_finish(&run, task, out);
    if (run.vanished)
        find_cause(e, &run, out);
    if (out->end == TASK_DENIED)
        report_denied(task, &run);
    task_run_conclude(&run, task, out);
    if (run.cell.process < 0 && (out->end == TASK_DEADLINE || out->end == TASK_HOST_FAULT))
        stop_zygote(e); /* it had no handle to kill its task by; this does */
    return NULL;
}

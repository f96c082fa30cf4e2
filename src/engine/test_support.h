/* An engine with a temporary cache for the tests of this folder. */
#pragma once
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/test.h"
#include "engine/engine.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    char dir[64];
    bool no_waiting; /* set before fixture_open, as the next: see struct engine_config */
    struct cgroup_tree *groups;
    struct engine *engine;
    struct hash hash; /* of the program that fixture_prepare took */
};

static inline const char *bin_dir(void)
{
    const char *dir = getenv("OUTLAYER_BIN");
    return dir ? dir : "build/dev/bin";
}

static inline void fixture_open(struct fixture *f, const char *program_dir)
{
    struct engine_config config = {
        .program_dir = program_dir, .cache_dir = f->dir, .no_waiting = f->no_waiting, .groups = f->groups};
    snprintf(f->dir, sizeof f->dir, "/tmp/outlayer-engine-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    struct err *e = engine_open(&config, &f->engine);
    if (e)
        fail_msg("%s", err_text(e));
}

static inline void fixture_close(struct fixture *f)
{
    engine_close(f->engine);
    assert_null(fs_remove_tree(f->dir));
}

/* Reads a program of tests/guests. */
static inline void read_guest(const char *name, struct buf *out)
{
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/../guests/%s.wasm", bin_dir(), name);
    assert_null(fs_read(buf_str(&path), 1 << 20, out));
}

static inline void fixture_prepare(struct fixture *f, struct slice wasm)
{
    uint64_t compile_ms = 0;
    struct err *e = engine_prepare(f->engine, wasm, &f->hash, &compile_ms);
    if (e)
        fail_msg("%s", err_text(e));
}

static inline struct task task_of(const struct fixture *f, const char *input)
{
    return (struct task){
        .code_hash = f->hash,
        .input = slice_str(input),
        .limits = {.max_instructions = 2000000000, .max_memory_mb = 64, .max_seconds = 30, .max_output_len = 1 << 20},
    };
}

static inline void run_task(struct fixture *f, const struct task *task, struct task_outcome *out)
{
    struct err *e = engine_run(f->engine, task, out);
    if (e)
        fail_msg("%s", err_text(e));
}

static inline void assert_end(const struct task_outcome *o, enum task_end end)
{
    if (o->end != end)
        fail_msg("ended as %s (%.*s), expected %s", task_end_name(o->end), SLICE_FMT(o->message), task_end_name(end));
}

/* The parent of a process; 0 when there is no such process or it has ended and only waits to be reaped. */
static inline pid_t parent_of(const char *pid)
{
    char path[300], line[1024] = "", state = 0;
    long parent = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    if (fgets(line, sizeof line, f) && strrchr(line, ')'))
        sscanf(strrchr(line, ')') + 1, " %c %ld", &state, &parent);
    fclose(f);
    return state == 'Z' ? 0 : (pid_t)parent;
}

static inline bool is_running(pid_t pid)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", (long)pid);
    return parent_of(text) != 0;
}

/* The processes below `parent`, each followed by those below itself; at most `room`. Returns how many. */
static inline size_t find_descendants(pid_t parent, pid_t *out, size_t room)
{
    size_t count = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry = readdir(proc); entry && count < room; entry = readdir(proc)) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9' || parent_of(entry->d_name) != parent)
            continue;
        out[count] = (pid_t)strtol(entry->d_name, NULL, 10);
        count += 1 + find_descendants(out[count], out + count + 1, room - count - 1);
    }
    closedir(proc);
    return count;
}

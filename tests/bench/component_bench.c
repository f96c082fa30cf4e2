/* Components in cells of their own: bench_component [PROGRAM…] measures the small ones that tests run, and each PROGRAM. */
#include "base/clock.h"
#include "base/fs.h"
#include "copies.h"
#include "engine/engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 1000, WARM_UPS = 50, PROGRAM_MAX = 64 << 20 };

static char dir[] = "/tmp/outlayer-bench-XXXXXX";

enum cell_kind { NEW, SPARE, WAITING };

struct sample {
    const char *what, *path, *input;
    enum cell_kind cell;
};

/* Runs one program again and again, prints one line and returns the median. */
static uint64_t measure(const struct sample *s)
{
    static uint64_t ns[RUNS];
    AUTO(buf) struct buf wasm = {0};
    struct engine_config config = {.cache_dir = dir, .no_waiting = s->cell == NEW};
    struct engine *engine = NULL;
    struct hash hashes[COPIES_MAX];
    size_t copies = s->cell == SPARE ? COPIES_MAX : 1;
    must(fs_read(s->path, PROGRAM_MAX, &wasm));
    must(engine_open(&config, &engine));
    prepare_copies(engine, buf_slice(&wasm), hashes, copies);
    struct task task = {.input = slice_str(s->input),
                        .limits = {.max_instructions = UINT64_C(1) << 40, .max_memory_mb = 256, .max_seconds = 60}};
    for (size_t i = 0; i < RUNS + WARM_UPS; i++) {
        AUTO(task_outcome) struct task_outcome outcome = {0};
        task.code_hash = hashes[i % copies];
        must(engine_run(engine, &task, &outcome));
        if (outcome.end != TASK_COMPLETED)
            must(err_new(ERR_BUG, "%s ended as %s: %s", s->path, task_end_name(outcome.end), buf_str(&outcome.message)));
        if (i >= WARM_UPS)
            ns[i - WARM_UPS] = outcome.time_ns;
        if (s->cell != NEW)
            usleep(1000);
    }
    engine_close(engine);
    bench_sort(ns, RUNS);
    printf("%-54s %8.1f %8.1f %8.1f\n", s->what, (double)ns[0] / 1e3, (double)ns[RUNS / 2] / 1e3,
           (double)ns[RUNS * 99 / 100] / 1e3);
    return ns[RUNS / 2];
}

int main(int argc, char **argv)
{
    if (!mkdtemp(dir))
        must(err_new(ERR_UNAVAILABLE, "no temporary folder"));
    printf("%-54s %8s %8s %8s\n", "a component, one task at a time", "min us", "p50 us", "p99 us");
    measure(&(struct sample){"hello, a module, in a new cell", GUESTS_DIR "/hello.wasm", "", NEW});
    measure(&(struct sample){"hello, adapted from a module, in a new cell", GUESTS_DIR "/hello.component.wasm", "", NEW});
    uint64_t nothing =
        measure(&(struct sample){"raw interfaces, in a new cell", GUESTS_DIR "/raw.component.wasm", "flood 0", NEW});
    measure(&(struct sample){"… in a spare cell (goal: p50 400)", GUESTS_DIR "/raw.component.wasm", "flood 0", SPARE});
    measure(&(struct sample){"… in a cell that waits", GUESTS_DIR "/raw.component.wasm", "flood 0", WAITING});
    uint64_t flood = measure(&(struct sample){"… 1 MiB to standard output in writes of 4 KiB", GUESTS_DIR "/raw.component.wasm",
                                              "flood 1048576", NEW});
    printf("%-54s %17.1f\n", "1 MiB in 256 writes and across the socket (goal: 1000)", ((double)flood - (double)nothing) / 1e3);
    for (int i = 1; i < argc; i++) {
        measure(&(struct sample){argv[i], argv[i], "", NEW});
        measure(&(struct sample){"… in a cell that waits", argv[i], "", WAITING});
    }
    must(fs_remove_tree(dir));
    return 0;
}

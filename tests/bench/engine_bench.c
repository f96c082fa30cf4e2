/* What a cell costs a task: the same trivial program run inside this process (instantiate, run), by the engine in a new cell (fork, sandbox,
 * instantiate, run, answer, kill), in a spare one and in one that waits for it; and the memory of those processes. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "copies.h"
#include "engine/artifact.h"
#include "engine/compiler.h"
#include "engine/engine.h"
#include "engine/guest.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 2000, WARM_UPS = 50, ENGINES = 2 };

static char dir[] = "/tmp/outlayer-bench-XXXXXX";
static struct buf wasm;

static void must_be_completed(enum task_end end, size_t output_len)
{
    if (end != TASK_COMPLETED || output_len != strlen("hello\n"))
        must(err_new(ERR_BUG, "the program ended as %s", task_end_name(end)));
}

/* Sorts and prints one line. */
static void report(const char *what, uint64_t ns[RUNS])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < RUNS; i++)
        sum += ns[i];
    bench_sort(ns, RUNS);
    printf("%-56s %8.1f %8.1f %8.1f %10.0f\n", what, (double)ns[0] / 1e3, (double)ns[RUNS / 2] / 1e3,
           (double)ns[RUNS * 99 / 100] / 1e3, 1e9 * RUNS / (double)sum);
}

/* With as many copies of the program prepared. */
static struct engine *open_engine(bool no_waiting, struct hash *hashes, size_t count)
{
    struct engine_config config = {.cache_dir = dir, .no_waiting = no_waiting};
    struct engine *engine = NULL;
    must(engine_open(&config, &engine));
    prepare_copies(engine, buf_slice(&wasm), hashes, count);
    return engine;
}

struct series {
    bool no_waiting;
    size_t programs;   /* run in turn; 0: one */
    unsigned pause_us; /* between tasks */
    uint64_t *ns;      /* RUNS */
};

static void *run_tasks(void *arg)
{
    const struct series *s = arg;
    const size_t programs = s->programs ? s->programs : 1;
    struct hash hashes[COPIES_MAX];
    struct engine *engine = open_engine(s->no_waiting, hashes, programs);
    struct task task = {
        .limits = {.max_instructions = 1000000, .max_memory_mb = 64, .max_seconds = 10},
    };
    for (size_t i = 0; i < RUNS + WARM_UPS; i++) {
        struct task_outcome outcome = {0};
        task.code_hash = hashes[i % programs];
        must(engine_run(engine, &task, &outcome));
        must_be_completed(outcome.end, outcome.output.len);
        if (i >= WARM_UPS)
            s->ns[i - WARM_UPS] = outcome.time_ns;
        task_outcome_free(&outcome);
        if (s->pause_us)
            usleep(s->pause_us);
    }
    engine_close(engine);
    return NULL;
}

static bool count_bytes(void *self, enum p1_stream stream, struct slice bytes)
{
    (void)stream;
    *(size_t *)self += bytes.len;
    return true;
}

static void run_in_process(uint64_t *ns)
{
    static struct guest_host host;
    struct guest_program program = {0};
    AUTO(fd) int artifact = -1;
    struct compiler_limits compiler_limits = {.max_ms = 60000, .max_memory = UINT64_C(4) << 30};
    struct guest_limits limits = {.max_instructions = 1000000, .max_memory = 64 << 20};
    char self[4096];
    AUTO(buf) struct buf compiler = {0};
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = '\0';
    buf_append_fmt(&compiler, "%.*s/outlayer-compiler", (int)(strrchr(self, '/') - self), self);
    must(compiler_run(buf_str(&compiler), &compiler_limits, NULL, buf_slice(&wasm), &artifact));
    must(memory_file_seal(artifact));
    must(guest_host_open(&host));
    must(guest_load(&host, artifact, &program));
    for (size_t i = 0; i < RUNS + WARM_UPS; i++) {
        size_t output_len = 0;
        uint64_t start = clock_monotonic_ns(&clock_system);
        struct p1 p1 = {.max_output_len = 1 << 20, .sink = count_bytes, .sink_self = &output_len};
        static struct guest_instance instance;
        struct guest_result result = {0};
        guest_run(&host, &program, &instance, &limits, &p1, &result);
        guest_instance_free(&instance);
        must_be_completed(result.end, output_len);
        buf_free(&result.detail);
        if (i >= WARM_UPS)
            ns[i - WARM_UPS] = clock_monotonic_ns(&clock_system) - start;
    }
    guest_program_free(&program);
    guest_host_close(&host);
}

/* Engines in threads, as a worker has them; returns the tasks a second of all together. */
static double run_engines(bool no_waiting, uint64_t ns[ENGINES][RUNS])
{
    pthread_t threads[ENGINES];
    struct series series[ENGINES];
    uint64_t start = clock_monotonic_ns(&clock_system);
    for (size_t i = 0; i < ENGINES; i++) {
        series[i] = (struct series){.no_waiting = no_waiting, .ns = ns[i]};
        pthread_create(&threads[i], NULL, run_tasks, &series[i]);
    }
    for (size_t i = 0; i < ENGINES; i++)
        pthread_join(threads[i], NULL);
    return 1e9 * ENGINES * (RUNS + WARM_UPS) / (double)(clock_monotonic_ns(&clock_system) - start);
}

enum { CELLS_MAX = 16 };

/* The processes that the first thread of `parent` started; how many of those that are there the kernel tells. */
static size_t children_of(pid_t parent, pid_t out[CELLS_MAX])
{
    AUTO(buf) struct buf path = {0}, list = {0};
    char *end = NULL;
    size_t count = 0;
    buf_append_fmt(&path, "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
    AUTO(err) struct err *untold = fs_read(buf_str(&path), 1 << 16, &list);
    const char *at = untold ? "" : buf_str(&list);
    for (long pid = strtol(at, &end, 10); end != at && count < CELLS_MAX; pid = strtol(at, &end, 10)) {
        out[count++] = (pid_t)pid;
        at = end;
    }
    return count;
}

/* Kilobytes of one line of the kernel's account of a process; 0 when it may not be read. */
static unsigned long memory_of(pid_t pid, const char *line)
{
    AUTO(buf) struct buf path = {0}, account = {0};
    buf_append_fmt(&path, "/proc/%ld/smaps_rollup", (long)pid);
    AUTO(err) struct err *denied = fs_read(buf_str(&path), 1 << 16, &account);
    const char *found = denied ? NULL : strstr(buf_str(&account), line);
    return found ? strtoul(found + strlen(line), NULL, 10) : 0;
}

/* Prints the largest of some processes. */
static void report_memory(const char *what, const pid_t *pids, size_t count)
{
    unsigned long share = 0, private = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned long pss = memory_of(pids[i], "\nPss:");
        if (pss <= share)
            continue;
        share = pss;
        private = memory_of(pids[i], "\nPrivate_Clean:") + memory_of(pids[i], "\nPrivate_Dirty:");
    }
    if (share)
        printf("%-56s %8lu %8lu\n", what, share, private);
    else
        printf("%-56s not measured: the kernel does not tell this user\n", what);
}

/* What processes share is counted to each by its part: the zygote stands first alone. */
static void measure_memory(void)
{
    struct hash hash;
    pid_t zygotes[CELLS_MAX] = {0}, cells[CELLS_MAX];
    printf("%-56s %8s %8s\n", "memory, kB", "its part", "private");
    struct engine *engine = open_engine(true, &hash, 1);
    report_memory("a zygote without cells (goal: 12288)", zygotes, children_of(getpid(), zygotes));
    engine_close(engine);

    engine = open_engine(false, &hash, 1);
    size_t count = children_of(getpid(), zygotes);
    const struct task task = {.code_hash = hash,
                              .limits = {.max_instructions = 1000000, .max_memory_mb = 64, .max_seconds = 10}};
    for (int i = 0; i < 3; i++) { /* in demand from the second one on */
        struct task_outcome outcome = {0};
        must(engine_run(engine, &task, &outcome));
        task_outcome_free(&outcome);
    }
    usleep(100000);
    report_memory("the largest cell that waits (goal: 3072)", cells, children_of(zygotes[0], cells));
    report_memory("the zygote with cells that wait", zygotes, count);
    engine_close(engine);
}

int main(void)
{
    static uint64_t ns[ENGINES][RUNS];
    if (!mkdtemp(dir))
        must(err_new(ERR_UNAVAILABLE, "no temporary folder"));
    must(fs_read(GUESTS_DIR "/hello.wasm", 1 << 20, &wasm));
    printf("%-56s %8s %8s %8s %10s\n", "one trivial program", "min us", "p50 us", "p99 us", "per second");

    run_in_process(ns[0]);
    report("in this process", ns[0]);
    run_tasks(&(struct series){.no_waiting = true, .ns = ns[0]});
    report("in a new cell", ns[0]);
    run_tasks(&(struct series){.programs = COPIES_MAX, .pause_us = 1000, .ns = ns[0]});
    report("programs in turn, a spare cell (goal: p50 300, p99 1000)", ns[0]);
    run_tasks(&(struct series){.programs = COPIES_MAX, .ns = ns[0]});
    report("… one task right after the other", ns[0]);
    run_tasks(&(struct series){.pause_us = 1000, .ns = ns[0]});
    report("in a cell that waits (goal: p50 160)", ns[0]);
    run_tasks(&(struct series){.ns = ns[0]});
    report("… one task right after the other", ns[0]);
    printf("%-56s %38.0f\n", "two engines, new cells", run_engines(true, ns));
    printf("%-56s %38.0f\n", "two engines, cells that wait (goal: 4000)", run_engines(false, ns));
    measure_memory();
    buf_free(&wasm);
    must(fs_remove_tree(dir));
    return 0;
}

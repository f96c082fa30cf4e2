/* What a process of its own costs a task: the same trivial program run by the engine (fork, instantiate, run, answer, kill) and
 * inside this process (instantiate, run). */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
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

static void must(struct err *e)
{
    if (!e)
        return;
    fprintf(stderr, "bench_engine: %s\n", err_text(e));
    exit(1);
}

static void must_be_completed(enum task_end end, size_t output_len)
{
    if (end != TASK_COMPLETED || output_len != strlen("hello\n"))
        must(err_new(ERR_BUG, "the program ended as %s", task_end_name(end)));
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts and prints one line; returns the median. */
static uint64_t report(const char *what, uint64_t *ns, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += ns[i];
    qsort(ns, count, sizeof *ns, by_value);
    printf("%-44s %8.1f %8.1f %8.1f %10.0f\n", what, (double)ns[0] / 1e3, (double)ns[count / 2] / 1e3,
           (double)ns[count * 99 / 100] / 1e3, 1e9 * (double)count / (double)sum);
    return ns[count / 2];
}

static struct engine *open_engine(struct hash *hash)
{
    struct engine_config config = {.cache_dir = dir};
    struct engine *engine = NULL;
    uint64_t compile_ms = 0;
    must(engine_open(&config, &engine));
    must(engine_prepare(engine, buf_slice(&wasm), hash, &compile_ms));
    return engine;
}

static void *run_tasks(void *arg)
{
    uint64_t *ns = arg;
    struct hash hash;
    struct engine *engine = open_engine(&hash);
    struct task task = {
        .code_hash = hash,
        .limits = {.max_instructions = 1000000, .max_memory_mb = 64, .max_seconds = 10},
    };
    for (size_t i = 0; i < RUNS + WARM_UPS; i++) {
        struct task_outcome outcome = {0};
        must(engine_run(engine, &task, &outcome));
        must_be_completed(outcome.end, outcome.output.len);
        if (i >= WARM_UPS)
            ns[i - WARM_UPS] = outcome.time_ns;
        task_outcome_free(&outcome);
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
    must(compiler_run(buf_str(&compiler), &compiler_limits, buf_slice(&wasm), &artifact));
    must(memory_file_seal(artifact));
    must(guest_host_open(&host));
    must(guest_load(&host, artifact, &program));
    for (size_t i = 0; i < RUNS + WARM_UPS; i++) {
        size_t output_len = 0;
        uint64_t start = clock_monotonic_ns(&clock_system);
        struct p1 p1 = {.max_output_len = 1 << 20, .sink = count_bytes, .sink_self = &output_len};
        struct guest_result result = {0};
        guest_run(&host, &program, &limits, &p1, &result);
        must_be_completed(result.end, output_len);
        buf_free(&result.detail);
        if (i >= WARM_UPS)
            ns[i - WARM_UPS] = clock_monotonic_ns(&clock_system) - start;
    }
    guest_program_free(&program);
    guest_host_close(&host);
}

int main(void)
{
    static uint64_t ns[ENGINES][RUNS];
    pthread_t threads[ENGINES];
    if (!mkdtemp(dir))
        must(err_new(ERR_UNAVAILABLE, "no temporary folder"));
    must(fs_read(GUESTS_DIR "/hello.wasm", 1 << 20, &wasm));
    printf("%-44s %8s %8s %8s %10s\n", "one trivial program", "min us", "p50 us", "p99 us", "per second");

    run_in_process(ns[0]);
    uint64_t inside = report("in this process", ns[0], RUNS);
    run_tasks(ns[0]);
    uint64_t forked = report("in a process of its own", ns[0], RUNS);

    for (size_t i = 0; i < ENGINES; i++)
        pthread_create(&threads[i], NULL, run_tasks, ns[i]);
    for (size_t i = 0; i < ENGINES; i++)
        pthread_join(threads[i], NULL);
    report("… two at a time (each)", ns[0], ENGINES * RUNS);
    printf("a process of its own costs %.1f us more, %.1f times the run itself\n", (double)(forked - inside) / 1e3,
           (double)forked / (double)inside);
    buf_free(&wasm);
    must(fs_remove_tree(dir));
    return 0;
}

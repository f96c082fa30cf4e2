/* What a task of a large program costs more than one of a small one: the same steps (fork, sandbox, instantiate, run, answer, kill) with
 * more code to map, more functions to know and more data to copy. The largest is made here, of functions that compute and are called, as
 * no program of that size comes with the sources. */
#include "base/clock.h"
#include "base/fs.h"
#include "bench.h"
#include "codec/leb128.h"
#include "engine/engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 500, WARM_UPS = 20, WASM_MAX = 64 << 20 };

static char dir[] = "/tmp/outlayer-bench-XXXXXX";

static void append_section(struct buf *out, uint8_t id, const struct buf *content)
{
    buf_append_byte(out, id);
    leb128_append_u32(out, (uint32_t)content->len);
    buf_append(out, buf_slice(content));
}

enum { FUNCTIONS = 12000, ROUNDS = 60, CALLED = 200, DATA_LEN = 1 << 20, PAGES = 32 };

/* Appends a body: its length and (local 0) ← what `ops` does, which leaves the result. */
static void append_body(struct buf *out, struct buf *ops)
{
    buf_append_byte(ops, 0x0b);
    leb128_append_u32(out, (uint32_t)ops->len + 1);
    buf_append_byte(out, 0); /* no locals */
    buf_append(out, buf_slice(ops));
}

/* Function i of i64: ROUNDS times x = (x * a ^ memory[x & 0xffff]) + b, with other numbers in each. */
static void append_function(struct buf *out, uint64_t *random)
{
    AUTO(buf) struct buf ops = {0};
    for (int i = 0; i < ROUNDS; i++) {
        *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        buf_append(&ops, SLICE("\x20\0\x42")); /* local.get 0, i64.const */
        leb128_append_s64(&ops, (int32_t)(*random >> 32));
        buf_append(&ops, SLICE("\x7e\x20\0\xa7\x41\xff\xff\3\x71\x29\0\0\x85\x42")); /* i64.mul … i32.and, i64.load, i64.xor */
        leb128_append_s64(&ops, (int32_t)*random);
        buf_append(&ops, SLICE("\x7c\x21\0")); /* i64.add, local.set 0 */
    }
    buf_append(&ops, SLICE("\x20\0"));
    append_body(out, &ops);
}

/* Calls CALLED of them through the table, from one end to the other. */
static void append_start(struct buf *out)
{
    AUTO(buf) struct buf ops = {0};
    buf_append(&ops, SLICE("\x42\1"));
    for (int i = 0; i < CALLED; i++) {
        buf_append_byte(&ops, 0x41);
        leb128_append_s32(&ops, i * (FUNCTIONS / CALLED));
        buf_append(&ops, SLICE("\x11\0\0")); /* call_indirect (type 0) */
    }
    buf_append_byte(&ops, 0x1a);
    append_body(out, &ops);
}

static void make_large_program(struct buf *out)
{
    AUTO(buf) struct buf functions = {0};
    AUTO(buf) struct buf table = {0};
    AUTO(buf) struct buf exports = {0};
    AUTO(buf) struct buf elements = {0};
    AUTO(buf) struct buf code = {0};
    AUTO(buf) struct buf data = {0};
    uint64_t random = 1;
    leb128_append_u32(&functions, FUNCTIONS + 1);
    leb128_append_u32(&code, FUNCTIONS + 1);
    buf_append(&table, SLICE("\1\x70\0")); /* funcref */
    leb128_append_u32(&table, FUNCTIONS);
    buf_append(&elements, SLICE("\1\0\x41\0\x0b"));
    leb128_append_u32(&elements, FUNCTIONS);
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        buf_append_byte(&functions, 0);
        leb128_append_u32(&elements, i);
        append_function(&code, &random);
    }
    buf_append_byte(&functions, 1);
    append_start(&code);
    buf_append(&exports, SLICE("\1\6_start\0"));
    leb128_append_u32(&exports, FUNCTIONS);
    buf_append(&data, SLICE("\1\0\x41\0\x0b"));
    leb128_append_u32(&data, DATA_LEN);
    memset(buf_reserve(&data, DATA_LEN), 'd', DATA_LEN);
    data.len += DATA_LEN;

    buf_append(out, SLICE("\0asm\1\0\0\0\1\x09\2\x60\1\x7e\1\x7e\x60\0\0")); /* (i64) → i64, () → () */
    append_section(out, 3, &functions);
    append_section(out, 4, &table);
    buf_append(out, SLICE("\5\3\1\0"));
    buf_append_byte(out, PAGES);
    append_section(out, 7, &exports);
    append_section(out, 9, &elements);
    append_section(out, 10, &code);
    append_section(out, 11, &data);
}

static uint64_t run(struct engine *engine, const struct task *task)
{
    AUTO(task_outcome) struct task_outcome outcome = {0};
    must(engine_run(engine, task, &outcome));
    if (outcome.end != TASK_COMPLETED)
        must(err_new(ERR_BUG, "the program ended as %s: %s", task_end_name(outcome.end), buf_str(&outcome.message)));
    return outcome.time_ns;
}

/* The median, with a pause for the cells that wait. */
static uint64_t median(struct engine *engine, const struct task *task, unsigned pause_us)
{
    static uint64_t ns[RUNS];
    for (size_t i = 0; i < RUNS + WARM_UPS; i++) {
        uint64_t took = run(engine, task);
        if (i >= WARM_UPS)
            ns[i - WARM_UPS] = took;
        if (pause_us)
            usleep(pause_us);
    }
    bench_sort(ns, RUNS);
    return ns[RUNS / 2];
}

struct cost {
    uint64_t first, fresh, waited; /* ns */
};

/* Prints one line. Of the task itself `first` has the loading of the artifact, compiled before, but not the start of the engine. */
static struct cost measure(const char *what, struct slice wasm, const char *input)
{
    const struct engine_config config = {.cache_dir = dir, .no_waiting = true}, waiting = {.cache_dir = dir};
    struct engine *engine = NULL;
    struct engine_artifact artifact = {0};
    struct task task = {.input = slice_str(input),
                        .limits = {.max_instructions = UINT64_C(1) << 40, .max_memory_mb = 256, .max_seconds = 60}};
    AUTO(buf) struct buf ignored = {0};
    struct cost cost;
    uint64_t compile_ms = 0;
    must(engine_open(&config, &engine));
    must(engine_prepare(engine, wasm, &task.code_hash, &compile_ms));
    must(engine_artifact(engine, &task.code_hash, &artifact));
    engine_close(engine);

    must(engine_open(&config, &engine));
    must(engine_confinement(engine, &ignored)); /* starts it */
    uint64_t start = clock_monotonic_ns(&clock_system);
    run(engine, &task);
    cost.first = clock_monotonic_ns(&clock_system) - start;
    cost.fresh = median(engine, &task, 0);
    engine_close(engine);

    must(engine_open(&waiting, &engine));
    cost.waited = median(engine, &task, 2000);
    engine_close(engine);
    printf("%-44s %8.1f %8.1f %8.1f %8.1f %8.1f\n", what, (double)wasm.len / 1e6, (double)artifact.len / 1e6,
           (double)cost.first / 1e3, (double)cost.fresh / 1e3, (double)cost.waited / 1e3);
    return cost;
}

static struct cost measure_file(const char *what, const char *path, const char *input)
{
    AUTO(buf) struct buf wasm = {0};
    must(fs_read(path, WASM_MAX, &wasm));
    return measure(what, buf_slice(&wasm), input);
}

int main(void)
{
    AUTO(buf) struct buf large = {0};
    if (!mkdtemp(dir))
        must(err_new(ERR_UNAVAILABLE, "no temporary folder"));
    printf("%-44s %8s %8s %8s %8s %8s\n", "the size of a program", "MB", "artifact", "first us", "new us", "waits us");
    struct cost hello = measure_file("hello", GUESTS_DIR "/hello.wasm", "");
    measure_file("JavaScript, an expression", EXAMPLES_DIR "/javascript.wasm", "1");
    make_large_program(&large);
    struct cost cost = measure("12,000 functions, 200 of them called", buf_slice(&large), "");
    printf("%-44s %17s %8.1f %8.1f %8.1f\n", "… more than hello (goal, but the first: 3000)", "",
           (double)(cost.first - hello.first) / 1e3, (double)(cost.fresh - hello.fresh) / 1e3,
           (double)(cost.waited - hello.waited) / 1e3);
    must(fs_remove_tree(dir));
    return 0;
}

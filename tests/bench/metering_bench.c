/* What counting instructions costs: five kernels compiled with and without the engine's fuel, all else as in production
 * (docs/decisions/0009-metering.md). */
#include "base/clock.h"
#include "base/fs.h"
#include "engine/settings.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 7 };

static const char *const kernels[] = {"sha256", "sieve", "qsort", "matrix", "fib"};
enum { KERNELS = sizeof kernels / sizeof *kernels };

static void must(wasmtime_error_t *error)
{
    if (!error)
        return;
    wasm_byte_vec_t text;
    wasmtime_error_message(error, &text);
    fprintf(stderr, "bench_metering: %.*s\n", (int)text.size, text.data);
    exit(1);
}

struct run {
    double ms; /* the best of all rounds */
    uint64_t instructions;
    int32_t checksum;
};

static void run_once(wasm_engine_t *engine, const wasmtime_instance_pre_t *program, const char *kernel, bool metered,
                     struct run *run)
{
    const uint64_t plenty = UINT64_C(1) << 50;
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    wasmtime_context_t *context = wasmtime_store_context(store);
    wasmtime_instance_t instance;
    wasmtime_extern_t function;
    wasmtime_val_t result;
    wasm_trap_t *trap = NULL;
    uint64_t left = plenty;
    if (metered)
        must(wasmtime_context_set_fuel(context, plenty));
    must(wasmtime_instance_pre_instantiate(program, context, &instance, &trap));
    if (trap || !wasmtime_instance_export_get(context, &instance, kernel, strlen(kernel), &function))
        must(wasmtime_error_new("the kernel is not there"));
    uint64_t start = clock_monotonic_ns(&clock_system);
    must(wasmtime_func_call(context, &function.of.func, NULL, 0, &result, 1, &trap));
    double ms = (double)(clock_monotonic_ns(&clock_system) - start) / 1e6;
    if (trap)
        must(wasmtime_error_new("the kernel trapped"));
    if (metered)
        must(wasmtime_context_get_fuel(context, &left));
    run->instructions = plenty - left;
    run->checksum = result.of.i32;
    if (run->ms == 0 || ms < run->ms)
        run->ms = ms;
    wasmtime_store_delete(store);
}

static void measure(struct slice wasm, bool metered, struct run runs[KERNELS])
{
    static struct memory_budget budget;
    wasm_config_t *config = settings_config_new(&budget);
    wasmtime_config_consume_fuel_set(config, metered);
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
    wasmtime_linker_t *linker = wasmtime_linker_new(engine);
    wasmtime_module_t *module = NULL;
    wasmtime_instance_pre_t *program = NULL;
    memory_budget_start(&budget, 256 << 20);
    must(wasmtime_module_new(engine, wasm.ptr, wasm.len, &module));
    must(wasmtime_linker_instantiate_pre(linker, module, &program));
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < KERNELS; i++)
            run_once(engine, program, kernels[i], metered, &runs[i]);
    wasmtime_instance_pre_delete(program);
    wasmtime_module_delete(module);
    wasmtime_linker_delete(linker);
    wasm_engine_delete(engine);
}

int main(void)
{
    AUTO(buf) struct buf wasm = {0};
    struct run metered[KERNELS] = {0}, plain[KERNELS] = {0};
    double product = 1;
    err_free(fs_read(KERNELS_WASM, 1 << 20, &wasm));
    measure(buf_slice(&wasm), true, metered);
    measure(buf_slice(&wasm), false, plain);
    printf("%-44s %10s %10s %8s %14s\n", "metering", "without ms", "with ms", "ratio", "instructions");
    for (size_t i = 0; i < KERNELS; i++) {
        if (metered[i].checksum != plain[i].checksum)
            must(wasmtime_error_new("metering changes a result"));
        product *= metered[i].ms / plain[i].ms;
        printf("%-44s %10.1f %10.1f %8.2f %14llu\n", kernels[i], plain[i].ms, metered[i].ms, metered[i].ms / plain[i].ms,
               (unsigned long long)metered[i].instructions);
    }
    printf("%-44s %30.2f\n", "geometric mean (goal: 1.6)", pow(product, 1.0 / KERNELS));
    return 0;
}

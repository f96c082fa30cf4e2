#include "engine/settings.h"

enum { WASM_STACK_LEN = 1 << 20 };

wasm_config_t *settings_config_new(struct memory_budget *budget)
{
    wasm_config_t *c = wasm_config_new();
    wasmtime_config_strategy_set(c, WASMTIME_STRATEGY_CRANELIFT);
    wasmtime_config_cranelift_opt_level_set(c, WASMTIME_OPT_LEVEL_SPEED);
    wasmtime_config_consume_fuel_set(c, true);
    wasmtime_config_max_wasm_stack_set(c, WASM_STACK_LEN);

    /* The same program gives the same bytes on every machine. */
    wasmtime_config_cranelift_nan_canonicalization_set(c, true);
    wasmtime_config_wasm_relaxed_simd_deterministic_set(c, true);

    wasmtime_config_wasm_memory64_set(c, false);
    wasmtime_config_wasm_wide_arithmetic_set(c, false);
    wasmtime_config_shared_memory_set(c, false);
    wasmtime_config_concurrency_support_set(c, false);

    /* Exceptions (and setjmp, which toolchains make of them) are in; other objects on a heap of the engine's are not. */
    wasmtime_config_wasm_exceptions_set(c, true);
    wasmtime_config_wasm_gc_set(c, false);

    /* Linear memory is ours (memory.h), so there is no copy-on-write image to prepare for. Unwind tables are only for
     * native debuggers; wasm backtraces do without. */
    wasmtime_config_memory_init_cow_set(c, false);
    wasmtime_config_native_unwind_info_set(c, false);
    memory_budget_install(c, budget);
    return c;
}

wasm_engine_t *settings_engine_new(struct memory_budget *budget, enum settings_use use)
{
    wasm_config_t *c = settings_config_new(budget);
    if (use == SETTINGS_COMPILE)
        shim_config_never_execute(c);
    return wasm_engine_new_with_config(c);
}

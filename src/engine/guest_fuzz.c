/* Any bytes, as a program: looked at, compiled, linked and run in small limits, which hold. A module whose data segments can be merged is
 * the same program merged. */
#include "engine/guest.h"
#include "wasm/merge_data.h"
#include "wasm/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INSTRUCTIONS = 200000, MAX_MEMORY = 1 << 20, MAX_OUTPUT = 1 << 16 };

static struct guest_host host;

static bool swallow(void *self, enum p1_stream stream, struct slice bytes)
{
    (void)self, (void)stream, (void)bytes;
    return true;
}

/* As the compiler does. False: it is no program. */
static bool compile(struct slice wasm, struct guest_program *out)
{
    AUTO(arena) struct arena arena = {0};
    struct wasm_facts facts = {0};
    wasmtime_error_t *error = NULL;
    struct err *refused = NULL;
    if (!wasm_sniff(wasm, &arena, &facts) || facts.shape == WASM_SHAPE_NONE)
        return false;
    if (facts.shape == WASM_SHAPE_COMPONENT) {
        wasmtime_component_t *component = NULL;
        error = wasmtime_component_new(host.engine, wasm.ptr, wasm.len, &component);
        if (!error && !(refused = guest_check_component(&host, component)))
            error = shim_program_new(host.components, component, &out->component);
        if (component)
            wasmtime_component_delete(component);
    } else {
        wasmtime_module_t *module = NULL;
        error = wasmtime_module_new(host.engine, wasm.ptr, wasm.len, &module);
        if (!error && !(refused = guest_check_module(&host, module)))
            error = wasmtime_linker_instantiate_pre(host.modules, module, &out->module);
        if (module)
            wasmtime_module_delete(module);
    }
    out->has_start = facts.has_start;
    if (error)
        wasmtime_error_delete(error);
    bool taken = !error && !refused;
    err_free(refused);
    return taken;
}

/* Instantiated ahead or not, the outcome is the same. */
static void run(const struct guest_program *program, bool early, struct guest_result *result)
{
    struct p1 p1 = {.input = SLICE("input"), .max_output_len = MAX_OUTPUT, .sink = swallow};
    const struct guest_limits limits = {.max_instructions = MAX_INSTRUCTIONS, .max_memory = MAX_MEMORY};
    struct guest_instance instance = {0};
    if (early)
        guest_instantiate_early(&host, program, &p1, &instance);
    guest_run(&host, program, &instance, &limits, &p1, result);
    if (result->end == TASK_HOST_FAULT || result->instructions > MAX_INSTRUCTIONS || result->peak_memory > MAX_MEMORY)
        __builtin_trap();
    guest_instance_free(&instance);
    if (host.memory.used)
        __builtin_trap();
}

static void must_be_same(const struct guest_result *a, const struct guest_result *b)
{
    if (a->end != b->end || a->exit_code != b->exit_code || a->instructions != b->instructions ||
        a->peak_memory != b->peak_memory)
        __builtin_trap();
}

/* False: it is no program. */
static bool outcome_of(struct slice wasm, uint32_t added_instructions, struct guest_result *out)
{
    struct guest_program program = {0};
    struct guest_result again = {0};
    bool taken = compile(wasm, &program);
    program.added_instructions = added_instructions;
    if (taken) {
        run(&program, false, out);
        run(&program, true, &again);
        must_be_same(out, &again);
    }
    guest_program_free(&program);
    buf_free(&again.detail);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice wasm = slice_from(data, size);
    struct guest_result plain = {0}, merged = {0};
    AUTO(buf) struct buf module = {0};
    uint32_t filler_len = 0;
    if (!host.engine && guest_host_open(&host))
        __builtin_trap();
    bool taken = outcome_of(wasm, 0, &plain);
    uint32_t fewer = wasm_merge_data(wasm, &module, &filler_len);
    if (fewer && outcome_of(buf_slice(&module), guest_added_instructions(fewer, filler_len), &merged) != taken)
        __builtin_trap();
    if (fewer && taken)
        must_be_same(&plain, &merged);
    buf_free(&plain.detail);
    buf_free(&merged.detail);
    return 0;
}

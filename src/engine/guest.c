#include "engine/guest.h"
#include "engine/host_p1/host_p1.h"
#include "engine/settings.h"
#include "engine/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DETAIL_MAX = 400, TABLE_ELEMENTS_MAX = 1000000, TABLES_MAX = 8, MEMORIES_MAX = 8 };

void guest_error_text(wasmtime_error_t *error, struct buf *out)
{
    wasm_byte_vec_t message;
    wasmtime_error_message(error, &message);
    text_append_clean(out, slice_from(message.data, message.size), DETAIL_MAX, TEXT_ONE_LINE);
    wasm_byte_vec_delete(&message);
    wasmtime_error_delete(error);
}

static struct err *err_from(wasmtime_error_t *error, enum err_code code)
{
    if (!error)
        return NULL;
    AUTO(buf) struct buf text = {0};
    guest_error_text(error, &text);
    return err_new(code, "%s", buf_str(&text));
}

struct err *guest_host_open(struct guest_host *host)
{
    host->engine = settings_engine_new(&host->memory);
    host->linker = wasmtime_linker_new(host->engine);
    TRY(err_from(p1_define(host->linker), ERR_BUG));
    return err_from(host_p1_define(host->linker), ERR_BUG);
}

void guest_host_close(struct guest_host *host)
{
    if (host->linker)
        wasmtime_linker_delete(host->linker);
    if (host->engine)
        wasm_engine_delete(host->engine);
    *host = (struct guest_host){0};
}

static bool is_start(const wasm_exporttype_t *export)
{
    const wasm_name_t *name = wasm_exporttype_name(export);
    const wasm_functype_t *type = wasm_externtype_as_functype_const(wasm_exporttype_type(export));
    return slice_eq_str(slice_from(name->data, name->size), "_start") && type && wasm_functype_params(type)->size == 0 &&
           wasm_functype_results(type)->size == 0;
}

struct err *guest_check(struct guest_host *host, const wasmtime_module_t *module)
{
    wasm_exporttype_vec_t exports;
    wasmtime_module_exports(module, &exports);
    bool found = false;
    for (size_t i = 0; i < exports.size && !found; i++)
        found = is_start(exports.data[i]);
    wasm_exporttype_vec_delete(&exports);
    if (!found)
        return err_new(ERR_INVALID, "the program exports no function `_start` without parameters and results; build a command "
                                    "with a main function, not a library");
    wasmtime_instance_pre_t *pre = NULL;
    TRY(err_from(wasmtime_linker_instantiate_pre(host->linker, module, &pre), ERR_INVALID));
    wasmtime_instance_pre_delete(pre);
    return NULL;
}

struct err *guest_load(struct guest_host *host, int fd, wasmtime_instance_pre_t **out)
{
    char path[32];
    wasmtime_module_t *module = NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    TRY(err_from(wasmtime_module_deserialize_file(host->engine, path, &module), ERR_INVALID));
    struct err *e = err_from(wasmtime_linker_instantiate_pre(host->linker, module, out), ERR_INVALID);
    wasmtime_module_delete(module);
    return e;
}

/* The trap texts that users of wasm runtimes know. */
static const char *const trap_texts[] = {
    [WASMTIME_TRAP_CODE_STACK_OVERFLOW] = "call stack exhausted",
    [WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS] = "out of bounds memory access",
    [WASMTIME_TRAP_CODE_HEAP_MISALIGNED] = "unaligned atomic",
    [WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS] = "undefined element: out of bounds table access",
    [WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL] = "uninitialized element",
    [WASMTIME_TRAP_CODE_BAD_SIGNATURE] = "indirect call type mismatch",
    [WASMTIME_TRAP_CODE_INTEGER_OVERFLOW] = "integer overflow",
    [WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO] = "integer divide by zero",
    [WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER] = "invalid conversion to integer",
    [WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED] = "wasm `unreachable` instruction executed",
};

/* The innermost function of a trap, when the program carries names. */
static void append_place(struct buf *out, const wasm_trap_t *trap)
{
    wasm_frame_vec_t frames;
    wasm_trap_trace(trap, &frames);
    const wasm_name_t *name = frames.size ? wasmtime_frame_func_name(frames.data[0]) : NULL;
    if (name && name->size) {
        buf_append_str(out, " in ");
        text_append_clean(out, slice_from(name->data, name->size), DETAIL_MAX / 4, TEXT_ONE_LINE);
    }
    wasm_frame_vec_delete(&frames);
}

/* Names the trap and returns what kind of end it is; takes the trap. */
static enum task_end describe_trap(wasm_trap_t *trap, struct buf *detail)
{
    wasmtime_trap_code_t code = 0;
    bool known = wasmtime_trap_code(trap, &code);
    const char *text = known && code < sizeof trap_texts / sizeof *trap_texts ? trap_texts[code] : NULL;
    if (text)
        buf_append_fmt(detail, "wasm trap: %s", text);
    else
        buf_append_fmt(detail, "wasm trap: code %u", code);
    append_place(detail, trap);
    wasm_trap_delete(trap);
    return known && code == WASMTIME_TRAP_CODE_OUT_OF_FUEL ? TASK_OUT_OF_INSTRUCTIONS : TASK_TRAP;
}

static enum task_end end_of_exit(int code, struct buf *detail)
{
    if (code == 0)
        return TASK_COMPLETED;
    buf_append_fmt(detail, "exited with status %d", code);
    return TASK_GUEST_EXIT;
}

/* What the host noted comes first, then what the engine says (a refused growth explains any abnormal end). */
static enum task_end classify(struct guest_host *host, const struct p1 *p1, wasm_trap_t *trap, wasmtime_error_t *error,
                              struct buf *detail)
{
    enum task_end end = TASK_COMPLETED;
    if (trap)
        end = describe_trap(trap, detail);
    if (error) { /* it could not be instantiated: more tables or memories than there are */
        guest_error_text(error, detail);
        end = TASK_INVALID_PROGRAM;
    }
    if (p1->stop != P1_RUNNING)
        buf_clear(detail);
    switch (p1->stop) {
    case P1_RUNNING:
        break;
    case P1_EXITED:
        end = end_of_exit(p1->exit_code, detail);
        break;
    case P1_OUTPUT_LIMIT:
        buf_append_fmt(detail, "wrote more than %" PRIu64 " bytes of output", p1->max_output_len);
        return TASK_OUTPUT_LIMIT;
    case P1_OUT_OF_FUEL:
        return TASK_OUT_OF_INSTRUCTIONS;
    case P1_SINK_FAILED:
        buf_append_str(detail, "its output could not be delivered");
        return TASK_HOST_FAULT;
    }
    bool abnormal = end == TASK_TRAP || end == TASK_GUEST_EXIT || end == TASK_INVALID_PROGRAM;
    if (!abnormal || !host->memory.refused)
        return end;
    buf_clear(detail);
    buf_append_fmt(detail, "asked for %" PRIu64 " MiB of memory, its limit is %" PRIu64 " MiB",
                   (host->memory.refused + (1 << 20) - 1) >> 20, host->memory.limit >> 20);
    return TASK_OUT_OF_MEMORY;
}

static wasmtime_error_t *call_start(const wasmtime_instance_pre_t *program, wasmtime_context_t *context, wasm_trap_t **trap)
{
    static const char name[] = "_start";
    wasmtime_instance_t instance;
    wasmtime_extern_t start;
    wasmtime_error_t *error = wasmtime_instance_pre_instantiate(program, context, &instance, trap);
    if (error || *trap)
        return error;
    if (!wasmtime_instance_export_get(context, &instance, name, sizeof name - 1, &start) || start.kind != WASMTIME_EXTERN_FUNC)
        return wasmtime_error_new("no function _start");
    return wasmtime_func_call(context, &start.of.func, NULL, 0, NULL, 0, trap);
}

void guest_run(struct guest_host *host, const wasmtime_instance_pre_t *program, const struct guest_limits *limits,
               struct p1 *p1, struct guest_result *out)
{
    uint64_t left = 0;
    wasm_trap_t *trap = NULL;
    wasmtime_store_t *store = wasmtime_store_new(host->engine, p1, NULL);
    wasmtime_context_t *context = wasmtime_store_context(store);
    memory_budget_start(&host->memory, limits->max_memory);
    wasmtime_store_limiter(store, -1, TABLE_ELEMENTS_MAX, 1, TABLES_MAX, MEMORIES_MAX);

    wasmtime_error_t *error = wasmtime_context_set_fuel(context, limits->max_instructions);
    if (!error)
        error = call_start(program, context, &trap);
    out->end = classify(host, p1, trap, error, &out->detail);
    out->exit_code = p1->stop == P1_EXITED ? p1->exit_code : 0;

    error = wasmtime_context_get_fuel(context, &left);
    if (error)
        wasmtime_error_delete(error);
    out->instructions = limits->max_instructions - left;
    out->peak_memory = host->memory.peak;
    wasmtime_store_delete(store);
}

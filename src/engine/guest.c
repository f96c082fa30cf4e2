#include "engine/guest.h"
#include "engine/host_p1/host_p1.h"
#include "engine/process.h"
#include "engine/settings.h"
#include "engine/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DETAIL_MAX = 400 };

/* A component is made of several modules: the program, its adapter and what connects them. */
enum {
    MODULE_INSTANCES_MAX = 1,
    MODULE_TABLES_MAX = 8,
    COMPONENT_INSTANCES_MAX = 64,
    COMPONENT_TABLES_MAX = 64,
    MEMORIES_MAX = 8
};

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

static struct err *open_host(struct guest_host *host, enum settings_use use)
{
    host->engine = settings_engine_new(&host->memory, use);
    host->modules = wasmtime_linker_new(host->engine);
    TRY(err_from(p1_define(host->modules), ERR_BUG));
    TRY(err_from(host_p1_define(host->modules), ERR_BUG));
    return err_from(component_linker_new(host->engine, &host->components), ERR_BUG);
}

struct err *guest_host_open(struct guest_host *host)
{
    return open_host(host, SETTINGS_RUN);
}

struct err *guest_host_open_compiler(struct guest_host *host)
{
    return open_host(host, SETTINGS_COMPILE);
}

void guest_host_close(struct guest_host *host)
{
    if (host->components)
        shim_linker_delete(host->components);
    if (host->modules)
        wasmtime_linker_delete(host->modules);
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

/* What the engine library says of an import that does not exist, with those that do. */
static struct err *name_imports(struct err *e)
{
    if (!e || !strstr(err_text(e), "unknown import"))
        return e;
    struct err *named =
        err_new(err_code(e), "%s; modules import functions of `wasi_snapshot_preview1` and `outlayer` alone", err_text(e));
    err_free(e);
    return named;
}

struct err *guest_check_module(struct guest_host *host, const wasmtime_module_t *module)
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
    TRY(name_imports(err_from(wasmtime_linker_instantiate_pre(host->modules, module, &pre), ERR_INVALID)));
    wasmtime_instance_pre_delete(pre);
    return NULL;
}

struct err *guest_check_component(struct guest_host *host, const wasmtime_component_t *component)
{
    shim_program_t *program = NULL;
    TRY(err_from(shim_program_new(host->components, component, &program), ERR_INVALID));
    shim_program_delete(program);
    return NULL;
}

static struct err *load_module(struct guest_host *host, const char *path, wasmtime_instance_pre_t **out)
{
    wasmtime_module_t *module = NULL;
    TRY(err_from(wasmtime_module_deserialize_file(host->engine, path, &module), ERR_INVALID));
    struct err *e = err_from(wasmtime_linker_instantiate_pre(host->modules, module, out), ERR_INVALID);
    wasmtime_module_delete(module);
    return e;
}

static struct err *load_component(struct guest_host *host, const char *path, shim_program_t **out)
{
    wasmtime_component_t *component = NULL;
    TRY(err_from(wasmtime_component_deserialize_file(host->engine, path, &component), ERR_INVALID));
    struct err *e = err_from(shim_program_new(host->components, component, out), ERR_INVALID);
    wasmtime_component_delete(component);
    return e;
}

static struct err *read_tail(int fd, struct artifact_tail *out)
{
    struct stat st;
    if (fstat(fd, &st))
        return err_errno(ERR_UNAVAILABLE, errno, "measuring an artifact");
    if (st.st_size < (off_t)sizeof *out || pread(fd, out, sizeof *out, st.st_size - (off_t)sizeof *out) != sizeof *out ||
        out->magic != ARTIFACT_TAIL_MAGIC)
        return err_new(ERR_INVALID, "the artifact is not of this engine");
    return NULL;
}

struct err *guest_load(struct guest_host *host, int fd, struct guest_program *out)
{
    char path[32];
    struct artifact_tail tail;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    TRY(read_tail(fd, &tail));
    *out = (struct guest_program){.has_start = tail.has_start, .added_instructions = tail.added_instructions};
    return shim_artifact_is_component(path) ? load_component(host, path, &out->component)
                                            : load_module(host, path, &out->module);
}

void guest_program_free(struct guest_program *program)
{
    if (program->module)
        wasmtime_instance_pre_delete(program->module);
    if (program->component)
        shim_program_delete(program->component);
    *program = (struct guest_program){0};
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
    [WASMTIME_TRAP_CODE_OUT_OF_FUEL] = "all fuel consumed",
};

/* The innermost function of a trap, when the program carries names. */
static void append_place(struct buf *out, struct slice function)
{
    if (function.len == 0)
        return;
    buf_append_str(out, " in ");
    text_append_clean(out, function, DETAIL_MAX / 4, TEXT_ONE_LINE);
}

/* Names the trap and returns what kind of end it is. */
static enum task_end describe_trap(unsigned code, struct slice function, struct buf *detail)
{
    const char *text = code < sizeof trap_texts / sizeof *trap_texts ? trap_texts[code] : NULL;
    if (text)
        buf_append_fmt(detail, "wasm trap: %s", text);
    else
        buf_append_fmt(detail, "wasm trap: code %u", code);
    append_place(detail, function);
    return code == WASMTIME_TRAP_CODE_OUT_OF_FUEL ? TASK_OUT_OF_INSTRUCTIONS : TASK_TRAP;
}

/* Takes the trap. */
static enum task_end end_of_trap(wasm_trap_t *trap, struct buf *detail)
{
    wasmtime_trap_code_t code = UINT8_MAX;
    wasm_frame_vec_t frames;
    wasmtime_trap_code(trap, &code);
    wasm_trap_trace(trap, &frames);
    const wasm_name_t *name = frames.size ? wasmtime_frame_func_name(frames.data[0]) : NULL;
    enum task_end end = describe_trap(code, name ? slice_from(name->data, name->size) : (struct slice){0}, detail);
    wasm_frame_vec_delete(&frames);
    wasm_trap_delete(trap);
    return end;
}

/* Takes the error of a component that could not be instantiated (`started` false) or did not come to its end. */
static enum task_end end_of_fault(wasmtime_error_t *error, bool started, struct buf *detail)
{
    shim_fault_t fault;
    shim_fault_take(error, &fault);
    enum task_end end = started ? TASK_TRAP : TASK_INVALID_PROGRAM;
    struct slice function = slice_from(fault.function.data, fault.function.size);
    if (fault.trap >= 0 && (size_t)fault.trap < sizeof trap_texts / sizeof *trap_texts && trap_texts[fault.trap]) {
        end = describe_trap((unsigned)fault.trap, function, detail);
    } else { /* a value that is none of its type, such as text that is not UTF-8; or too many memories */
        text_append_clean(detail, slice_from(fault.cause.data, fault.cause.size), DETAIL_MAX, TEXT_ONE_LINE);
        append_place(detail, function);
    }
    wasm_byte_vec_delete(&fault.cause);
    wasm_byte_vec_delete(&fault.function);
    return end;
}

static enum task_end end_of_exit(int code, struct buf *detail)
{
    if (code == 0)
        return TASK_COMPLETED;
    buf_append_fmt(detail, "exited with status %d", code);
    return TASK_GUEST_EXIT;
}

/* What the host noted comes before what the engine says of the end, and a refused growth explains any abnormal one. `fault` is a
 * component's. */
static enum task_end classify(const struct guest_host *host, const struct p1 *p1, const char *fault, enum task_end end,
                              struct buf *detail)
{
    if (p1->stop != P1_RUNNING)
        buf_clear(detail);
    switch (p1->stop) {
    case P1_RUNNING:
        break;
    case P1_EXITED:
        end = end_of_exit(p1->exit_code, detail);
        break;
    case P1_FAULTED:
        buf_append_str(detail, fault);
        end = TASK_TRAP;
        break;
    case P1_OUTPUT_LIMIT:
        buf_append_fmt(detail, "output is longer than %" PRIu64 " bytes", p1->max_output_len);
        return TASK_OUTPUT_LIMIT;
    case P1_OUT_OF_FUEL:
        return TASK_OUT_OF_INSTRUCTIONS;
    case P1_CALL_LIMIT:
        return TASK_CALL_LIMIT;
    case P1_SINK_FAILED:
        buf_append_str(detail, "its output could not be delivered");
        return TASK_HOST_FAULT;
    }
    bool abnormal = end == TASK_TRAP || end == TASK_GUEST_EXIT || end == TASK_INVALID_PROGRAM;
    if (!abnormal || !host->memory.refused)
        return end;
    buf_clear(detail);
    buf_append_fmt(detail, "asked for %" PRIu64 " MiB", (host->memory.refused + (1 << 20) - 1) >> 20);
    return TASK_OUT_OF_MEMORY;
}

static uint64_t instructions_left(const struct guest_instance *instance)
{
    uint64_t left = 0;
    wasmtime_error_t *error = wasmtime_context_get_fuel(wasmtime_store_context(instance->store), &left);
    if (error)
        wasmtime_error_delete(error); /* fuel is on: it cannot be */
    return left;
}

/* What was used of `limit`. Where instantiating traps before it copies data, what was added to the limit is left too. */
static uint64_t instructions_used(const struct guest_instance *instance, uint64_t limit)
{
    uint64_t left = instructions_left(instance);
    return left < limit ? limit - left : 0;
}

static void set_instructions(const struct guest_instance *instance, uint64_t instructions)
{
    wasmtime_error_t *error = wasmtime_context_set_fuel(wasmtime_store_context(instance->store), instructions);
    if (error)
        wasmtime_error_delete(error);
}

static void new_store(struct guest_host *host, const struct guest_program *program, struct p1 *p1,
                      const struct guest_limits *limits, struct guest_instance *out)
{
    bool is_component = program->component;
    out->component = (struct component){.p1 = p1};
    out->store = wasmtime_store_new(host->engine, is_component ? (void *)&out->component : p1, NULL);
    memory_budget_start(&host->memory, limits->max_memory);
    out->limits = (shim_limits_t){.instances = is_component ? COMPONENT_INSTANCES_MAX : MODULE_INSTANCES_MAX,
                                  .tables = is_component ? COMPONENT_TABLES_MAX : MODULE_TABLES_MAX,
                                  .memories = MEMORIES_MAX,
                                  .grow_table = memory_budget_grow_table,
                                  .env = &host->memory};
    shim_store_limit(out->store, &out->limits);
    set_instructions(out, limits->max_instructions + program->added_instructions);
}

static enum task_end instantiate_module(const wasmtime_instance_pre_t *program, wasmtime_context_t *context,
                                        wasmtime_func_t *start, struct buf *detail)
{
    static const char name[] = "_start";
    wasmtime_instance_t instance;
    wasmtime_extern_t item;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_instance_pre_instantiate(program, context, &instance, &trap);
    if (!error && !trap &&
        (!wasmtime_instance_export_get(context, &instance, name, sizeof name - 1, &item) || item.kind != WASMTIME_EXTERN_FUNC))
        error = wasmtime_error_new("no function _start");
    if (error) { /* more tables or memories than there are */
        guest_error_text(error, detail);
        return TASK_INVALID_PROGRAM;
    }
    if (trap)
        return end_of_trap(trap, detail);
    *start = item.of.func;
    return TASK_COMPLETED;
}

/* Makes the store and the instance in it; anything but TASK_COMPLETED leaves the store alone, for what it can still tell. */
static enum task_end instantiate(struct guest_host *host, const struct guest_program *program, struct p1 *p1,
                                 const struct guest_limits *limits, struct guest_instance *out, struct buf *detail)
{
    enum task_end end = TASK_COMPLETED;
    new_store(host, program, p1, limits, out);
    wasmtime_context_t *context = wasmtime_store_context(out->store);
    if (program->component) {
        wasmtime_error_t *error = shim_program_instantiate(program->component, context, COMPONENT_ARGUMENT_MAX, &out->instance);
        end = error ? end_of_fault(error, false, detail) : TASK_COMPLETED;
    } else {
        end = instantiate_module(program->module, context, &out->start, detail);
    }
    out->instructions = instructions_used(out, limits->max_instructions);
    return end;
}

void guest_instance_free(struct guest_instance *instance)
{
    if (instance->store) {
        wasmtime_store_delete(instance->store);
        memory_budget_drop_tables(instance->limits.env);
        component_free(&instance->component);
    }
    *instance = (struct guest_instance){0};
}

/* Without a start section all that runs is the engine's own copying of data, at an instruction a byte. */
static const struct guest_limits early_limits = {.max_instructions = GUEST_INSTRUCTIONS_MAX,
                                                 .max_memory = CELL_WAITING_MEMORY_MAX};

void guest_instantiate_early(struct guest_host *host, const struct guest_program *program, struct p1 *p1,
                             struct guest_instance *out)
{
    AUTO(buf) struct buf detail = {0};
    if (!program->has_start && instantiate(host, program, p1, &early_limits, out, &detail) != TASK_COMPLETED)
        guest_instance_free(out);
}

/* Sets the limits of an instance that was made early; one that is over them already goes. */
static void set_limits(struct guest_host *host, const struct guest_limits *limits, struct guest_instance *instance)
{
    if (host->memory.used > limits->max_memory || instance->instructions >= limits->max_instructions)
        guest_instance_free(instance);
    if (!instance->store)
        return;
    memory_budget_start(&host->memory, limits->max_memory);
    set_instructions(instance, limits->max_instructions - instance->instructions);
}

static enum task_end call_module(const struct guest_instance *instance, struct buf *detail)
{
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_func_call(wasmtime_store_context(instance->store), &instance->start, NULL, 0, NULL, 0, &trap);
    if (error) {
        guest_error_text(error, detail);
        return TASK_INVALID_PROGRAM;
    }
    return trap ? end_of_trap(trap, detail) : TASK_COMPLETED;
}

static enum task_end call_component(const shim_program_t *program, const struct guest_instance *instance, struct p1 *p1,
                                    struct buf *detail)
{
    bool ok = false;
    wasmtime_error_t *error = shim_program_run(program, wasmtime_store_context(instance->store), &instance->instance, &ok);
    if (error)
        return end_of_fault(error, true, detail);
    if (!ok) {
        p1->stop = P1_EXITED;
        p1->exit_code = 1;
    }
    return TASK_COMPLETED;
}

void guest_run(struct guest_host *host, const struct guest_program *program, struct guest_instance *instance,
               const struct guest_limits *limits, struct p1 *p1, struct guest_result *out)
{
    enum task_end end = TASK_COMPLETED;
    set_limits(host, limits, instance);
    if (!instance->store)
        end = instantiate(host, program, p1, limits, instance, &out->detail);
    if (end == TASK_COMPLETED)
        end = program->component ? call_component(program->component, instance, p1, &out->detail)
                                 : call_module(instance, &out->detail);
    out->is_component = program->component;
    out->end = classify(host, p1, instance->component.fault, end, &out->detail);
    out->exit_code = p1->stop == P1_EXITED ? p1->exit_code : 0;
    out->instructions = instructions_used(instance, limits->max_instructions);
    out->peak_memory = host->memory.peak;
}

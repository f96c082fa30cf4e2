#include "devnet/vm/vm.h"
#include "base/mem.h"
#include "devnet/vm/engine.h"
#include "devnet/vm/imports.h"
#include "devnet/vm/signals.h"
#include "devnet/vm/stack.h"
#include <inttypes.h>
#include <string.h>

struct vm {
    struct vm_engine engine;
};

/* One call on its way through the machine. */
struct call {
    struct vm *vm;
    struct slice code;
    struct vm_code *compiled;
    struct vm_run *run;
    struct vm_outcome *out;
    struct err *error; /* the machine's own */
};

struct err *vm_new(const char *cache_dir, struct vm **out)
{
    struct vm *vm = mem_calloc(1, sizeof *vm);
    struct err *error = vm_engine_open(&vm->engine, cache_dir);
    if (error) {
        vm_free(vm);
        return error;
    }
    *out = vm;
    return NULL;
}

void vm_free(struct vm *vm)
{
    if (!vm)
        return;
    vm_engine_close(&vm->engine);
    mem_free(vm);
}

/* Failures other than a host function's. */

static void fail(struct call *c, enum vm_fault fault, const char *variant, const char *text, const char *debug)
{
    c->out->fault = fault;
    c->out->fault_variant = arena_str(c->run->arena, slice_str(variant));
    c->out->fault_text = text;
    c->out->fault_debug = debug;
}

static void fail_prepare(struct call *c, const char *name)
{
    struct arena *a = c->run->arena;
    fail(c, VM_COMPILATION_ERROR, name, arena_fmt(a, "{\"PrepareError\":\"%s\"}", name),
         arena_fmt(a, "CompilationError(PrepareError(%s))", name));
}

/* The engine refused what the preparation let through. Its words are for people: quotes and line ends are left out of them. */
static void fail_compile(struct call *c, const char *message)
{
    struct arena *a = c->run->arena;
    char *text = arena_str(a, slice_str(message));
    for (char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\' || (unsigned char)*p < ' ')
            *p = ' ';
    }
    fail(c, VM_COMPILATION_ERROR, "WasmtimeCompileError", arena_fmt(a, "{\"WasmerCompileError\":{\"msg\":\"%s\"}}", text),
         arena_fmt(a, "CompilationError(WasmtimeCompileError { msg: \"%s\" })", text));
}

static void fail_method(struct call *c, const char *name)
{
    fail(c, VM_METHOD_RESOLVE_ERROR, name, name, arena_fmt(c->run->arena, "MethodResolveError(%s)", name));
}

static void fail_link(struct call *c)
{
    fail(c, VM_LINK_ERROR, "LinkError", "Link Error: unknown or invalid import",
         "LinkError { msg: \"unknown or invalid import\" }");
}

static void fail_host(struct call *c)
{
    const struct host_error *e = &c->run->error;
    fail(c, VM_HOST_ERROR, host_error_name(e), host_error_text(e, c->run->arena), host_error_debug(e, c->run->arena));
}

static const struct trap {
    const char *name, *text;
} traps[] = {
    [WASMTIME_TRAP_CODE_STACK_OVERFLOW] = {"StackOverflow", "Stack overflow."},
    [WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS] = {"MemoryOutOfBounds", "Memory out of bounds trap."},
    [WASMTIME_TRAP_CODE_TABLE_OUT_OF_BOUNDS] = {"MemoryOutOfBounds", "Memory out of bounds trap."},
    [WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL] = {"IndirectCallToNull", "Indirect call to null."},
    [WASMTIME_TRAP_CODE_BAD_SIGNATURE] = {"IncorrectCallIndirectSignature", "Call indirect incorrect signature trap."},
    [WASMTIME_TRAP_CODE_INTEGER_OVERFLOW] = {"IllegalArithmetic", "An arithmetic exception, e.g. divided by zero."},
    [WASMTIME_TRAP_CODE_INTEGER_DIVISION_BY_ZERO] = {"IllegalArithmetic", "An arithmetic exception, e.g. divided by zero."},
    [WASMTIME_TRAP_CODE_BAD_CONVERSION_TO_INTEGER] = {"IllegalArithmetic", "An arithmetic exception, e.g. divided by zero."},
    [WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED] = {"Unreachable", "An `unreachable` opcode was executed."},
};

static struct err *fail_trap(struct call *c, wasmtime_trap_code_t code)
{
    if (code >= sizeof traps / sizeof *traps || !traps[code].name)
        return err_new(ERR_BUG, "contract code ended in a trap that contracts cannot cause (engine's code %u)", code);
    struct arena *a = c->run->arena;
    fail(c, VM_WASM_TRAP, traps[code].name, arena_fmt(a, "WebAssembly trap: %s", traps[code].text),
         arena_fmt(a, "WasmTrap(%s)", traps[code].name));
    return NULL;
}

/* Running. */

static bool find_global(wasmtime_context_t *context, const wasmtime_instance_t *instance, const char *name,
                        wasmtime_global_t *out)
{
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(context, instance, name, strlen(name), &item) || item.kind != WASMTIME_EXTERN_GLOBAL)
        return false;
    *out = item.of.global;
    return true;
}

static struct err *bind_guest(struct vm_guest *guest, wasmtime_context_t *context, const wasmtime_instance_t *instance)
{
    wasmtime_extern_t memory;
    if (!wasmtime_instance_export_get(context, instance, NEAR_EXPORT_MEMORY, strlen(NEAR_EXPORT_MEMORY), &memory) ||
        memory.kind != WASMTIME_EXTERN_MEMORY || !find_global(context, instance, NEAR_EXPORT_GAS, &guest->gas) ||
        !find_global(context, instance, NEAR_EXPORT_STACK, &guest->stack))
        return err_new(ERR_BUG, "a prepared contract lacks its memory or counters");
    guest->memory = memory.of.memory;
    wasmtime_val_t budget = {.kind = WASMTIME_I32, .of.i32 = NEAR_STACK_BYTES};
    wasmtime_error_t *refused = wasmtime_global_set(context, &guest->stack, &budget);
    if (refused) {
        wasmtime_error_delete(refused);
        return err_new(ERR_BUG, "the stack counter of a prepared contract cannot be set");
    }
    return NULL;
}

/* What ended the guest's run: a host function's error, an exhausted counter, or a trap, asked in this order. */
static struct err *classify(struct call *c, struct vm_guest *guest, wasmtime_context_t *context, wasmtime_error_t *error,
                            wasm_trap_t *trap)
{
    wasmtime_trap_code_t code = UINT8_MAX;
    bool failed = error || trap;
    if (trap) {
        wasmtime_trap_code(trap, &code);
        wasm_trap_delete(trap);
    }
    if (error)
        wasmtime_error_delete(error);
    if (c->run->error.kind == HOST_OK)
        vm_guest_settle(guest, context);
    if (c->run->error.kind == HOST_OK && failed) {
        wasmtime_val_t left;
        wasmtime_global_get(context, &guest->stack, &left);
        if (left.of.i32 < 0)
            host_fail(c->run, HOST_MEMORY_ACCESS_VIOLATION);
    }
    if (c->run->error.kind != HOST_OK) {
        fail_host(c);
        return NULL;
    }
    return failed ? fail_trap(c, code) : NULL;
}

static struct err *call_export(struct call *c, struct vm_guest *guest, wasmtime_context_t *context,
                               const wasmtime_instance_t *instance, struct slice name)
{
    wasmtime_extern_t item;
    wasm_trap_t *trap = NULL;
    if (!wasmtime_instance_export_get(context, instance, (const char *)name.ptr, name.len, &item))
        return err_new(ERR_BUG, "a prepared contract lost its export %.*s", SLICE_FMT(name));
    vm_guest_give_gas(guest, context);
    wasmtime_error_t *error = wasmtime_func_call(context, &item.of.func, NULL, 0, NULL, 0, &trap);
    return classify(c, guest, context, error, trap);
}

static struct err *run_instance(struct call *c, struct vm_guest *guest, wasmtime_context_t *context)
{
    wasmtime_instance_t instance;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_instance_pre_instantiate(c->compiled->linked, context, &instance, &trap);
    if (error) {
        wasmtime_error_delete(error);
        return err_new(ERR_UNAVAILABLE, "a contract could not be set up: the engine has no room");
    }
    if (trap) { /* a segment outside its memory or table */
        wasmtime_trap_code_t code = UINT8_MAX;
        wasmtime_trap_code(trap, &code);
        wasm_trap_delete(trap);
        return fail_trap(c, code);
    }
    TRY(bind_guest(guest, context, &instance));
    if (c->compiled->has_start)
        TRY(call_export(c, guest, context, &instance, SLICE(NEAR_EXPORT_START)));
    if (c->out->fault != VM_OK)
        return NULL;
    char *name = arena_fmt(c->run->arena, "%s%.*s", NEAR_EXPORT_PREFIX, SLICE_FMT(c->run->context->method));
    return call_export(c, guest, context, &instance, slice_str(name));
}

enum { MAX_TABLE_ELEMENTS = 10000 };

static void run_guest(void *arg)
{
    struct call *c = arg;
    struct vm_guest guest = {.run = c->run};
    signals_restore();
    wasmtime_store_t *store = wasmtime_store_new(c->vm->engine.engine, &guest, NULL);
    wasmtime_store_limiter(store, (int64_t)NEAR_MEMORY_MAX_PAGES * 65536, MAX_TABLE_ELEMENTS, 1, 1, 1);
    c->error = run_instance(c, &guest, wasmtime_store_context(store));
    wasmtime_store_delete(store);
}

/* The fee for loading; a contract that is not loaded costs nothing. */
static bool pay_loading(struct vm_run *run, size_t code_len)
{
    if (gas_pay(&run->gas, VM_COST_CONTRACT_LOADING_BYTES, code_len) && gas_pay(&run->gas, VM_COST_CONTRACT_LOADING_BASE, 1))
        return true;
    return host_fail(run, HOST_GAS_EXCEEDED);
}

/* A method that is not found forgets the loading fee: the network does at this version. */
static void forget_gas(struct vm_run *run)
{
    run->gas = (struct gas_counter){.prepaid = run->gas.prepaid, .max_burnt = run->gas.max_burnt};
}

static struct err *run_code(struct call *c)
{
    const struct vm_method *method = vm_code_method(c->compiled, c->run->context->method);
    if (c->compiled->fault != NEAR_OK) {
        fail_prepare(c, near_fault_name(c->compiled->fault));
    } else if (c->compiled->compile_error) {
        fail_compile(c, c->compiled->compile_error);
    } else if (!pay_loading(c->run, c->code.len)) {
        fail_host(c);
    } else if (!c->compiled->is_linked) {
        fail_link(c);
    } else if (!method || !method->is_callable) {
        forget_gas(c->run);
        fail_method(c, method ? "MethodInvalidSignature" : "MethodNotFound");
    } else {
        if (!stack_run(VM_NATIVE_STACK_LEN, run_guest, c))
            return err_new(ERR_UNAVAILABLE, "no thread can be started to run a contract");
        return c->error;
    }
    return NULL;
}

/* The outcome. */

/* Unused gas goes to the calls that asked for a share, by weight; the last one also gets what division leaves. */
static void distribute_gas(struct vm_run *run, struct vm_outcome *out)
{
    u128 weights = 0;
    uint64_t unused = run->gas.prepaid - gas_used(&run->gas), given = 0;
    for (size_t i = 0; i < run->weight_count; i++)
        weights += run->weights[i].weight;
    if (weights == 0)
        return;
    for (size_t i = 0; i < run->weight_count; i++) {
        const struct vm_weight *w = &run->weights[i];
        uint64_t share = (uint64_t)((u128)unused * w->weight / weights);
        if (i == run->weight_count - 1)
            share = unused - given;
        run->receipts[w->receipt].receipt.actions[w->action].call.gas += share;
        given += share;
    }
    out->gas_distributed = unused;
    out->gas_used += unused;
}

static void report_profile(const struct gas_counter *gas, struct arena *arena, struct vm_outcome *out)
{
    out->profile = ARENA_ARRAY(arena, struct vm_profile_entry, VM_COST_COUNT + VM_ACTION_COST_COUNT);
    uint64_t accounted = 0;
    for (size_t i = 0; i < VM_ACTION_COST_COUNT; i++) {
        accounted += gas->by_action[i];
        if (gas->by_action[i])
            out->profile[out->profile_count++] =
                (struct vm_profile_entry){"ACTION_COST", vm_action_fees[i].name, gas->by_action[i]};
    }
    for (size_t i = 0; i < VM_COST_COUNT; i++) {
        accounted += gas->by_cost[i];
        if (gas->by_cost[i])
            out->profile[out->profile_count++] = (struct vm_profile_entry){"WASM_HOST_COST", vm_costs[i].name, gas->by_cost[i]};
    }
    out->wasm_gas = gas->burnt - accounted;
}

static void report_effects(struct vm_run *run, struct vm_outcome *out)
{
    distribute_gas(run, out);
    out->return_kind = run->return_kind;
    if (run->return_kind == VM_RETURN_VALUE)
        out->return_value = arena_copy(run->arena, buf_slice(&run->return_value));
    out->return_receipt = run->return_receipt;
    out->receipts = ARENA_ARRAY(run->arena, struct vm_receipt, run->receipt_count);
    for (size_t i = 0; i < run->receipt_count; i++)
        out->receipts[i] = run->receipts[i].receipt;
    out->receipt_count = run->receipt_count;
    out->resumes = ARENA_ARRAY(run->arena, struct vm_resume, run->resume_count);
    for (size_t i = 0; i < run->resume_count; i++)
        out->resumes[i] = run->resumes[i];
    out->resume_count = run->resume_count;
    out->steps = run->step;
    out->balance = run->balance;
    out->storage_usage = run->storage_usage;
}

static void report(struct vm_run *run, struct vm_outcome *out)
{
    out->gas_burnt = run->gas.burnt;
    out->gas_used = gas_used(&run->gas);
    report_profile(&run->gas, run->arena, out);
    out->logs = ARENA_ARRAY(run->arena, struct slice, run->log_count);
    for (size_t i = 0; i < run->log_count; i++)
        out->logs[i] = run->logs[i];
    out->log_count = run->log_count;
    if (out->fault == VM_OK)
        report_effects(run, out);
}

static struct gas_counter counter_for(const struct vm_context *context)
{
    uint64_t view_limit = context->view_gas ? context->view_gas : VM_MAX_GAS_BURNT;
    if (context->is_view)
        return (struct gas_counter){.prepaid = view_limit, .max_burnt = view_limit};
    return (struct gas_counter){.prepaid = context->prepaid_gas, .max_burnt = VM_MAX_GAS_BURNT};
}

struct err *vm_call(struct vm *vm, const struct hash *code_hash, struct slice code, const struct vm_context *context,
                    const struct vm_externals *externals, struct arena *arena, struct vm_outcome *out)
{
    *out = (struct vm_outcome){.balance = context->account_balance, .storage_usage = context->storage_usage};
    struct vm_run *run = mem_calloc(1, sizeof *run);
    run->context = context;
    run->externals = externals;
    run->code_hash = code_hash;
    run->arena = arena;
    run->gas = counter_for(context);
    run->balance = context->account_balance;
    run->storage_usage = context->storage_usage;
    struct call c = {.vm = vm, .code = code, .run = run, .out = out};
    struct err *error = NULL;
    if (context->method.len == 0)
        fail_method(&c, "MethodEmptyName");
    else
        error = vm_engine_get(&vm->engine, code_hash, code, &c.compiled);
    if (c.compiled) {
        error = run_code(&c);
        vm_engine_release(&vm->engine, c.compiled);
    }
    if (!error)
        report(run, out);
    vm_run_free(run);
    mem_free(run);
    return error;
}

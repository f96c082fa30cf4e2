#include "devnet/vm/imports.h"
#include <string.h>

enum begin { PAYS_NOTHING, PAYS_BASE };

struct host_function {
    const char *name, *signature;
    enum begin begin;
    const char *view_name;
    host_fn *fn;
};

static const struct host_function functions[] = {
#define X(name, signature, begin, view_name) {#name, signature, begin, view_name, host_fn_##name},
    HOST_FUNCTIONS(X)
#undef X
};

enum { MAX_ARGS = 9 };

bool vm_guest_settle(struct vm_guest *guest, wasmtime_context_t *context)
{
    wasmtime_val_t left;
    wasmtime_global_get(context, &guest->gas, &left);
    /* A negative rest is what the last charge lacked. */
    uint64_t taken = guest->gas_given - (uint64_t)left.of.i64;
    guest->gas_given = (uint64_t)left.of.i64;
    return gas_burn(&guest->run->gas, taken) || host_fail(guest->run, guest->run->gas.fault);
}

void vm_guest_give_gas(struct vm_guest *guest, wasmtime_context_t *context)
{
    guest->gas_given = gas_left(&guest->run->gas);
    wasmtime_val_t left = {.kind = WASMTIME_I64, .of.i64 = (int64_t)guest->gas_given};
    wasmtime_error_t *error = wasmtime_global_set(context, &guest->gas, &left);
    if (error)
        wasmtime_error_delete(error);
}

static bool call_function(const struct host_function *f, struct vm_run *run, const uint64_t *args, uint64_t *result)
{
    if (f->begin == PAYS_BASE)
        CHECK(host_pay(run, VM_COST_BASE, 1));
    if (f->view_name)
        CHECK(host_refuse_view(run, f->view_name));
    return f->fn(run, args, result);
}

static wasm_trap_t *enter_host(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
    (void)count;
    const struct host_function *f = env;
    wasmtime_context_t *context = wasmtime_caller_context(caller);
    struct vm_guest *guest = wasmtime_context_get_data(context);
    uint64_t args[MAX_ARGS] = {0}, result = 0;
    size_t i = 0;
    for (; f->signature[i] != ':'; i++)
        args[i] = f->signature[i] == 'i' ? (uint32_t)values[i].i32 : (uint64_t)values[i].i64;
    guest->run->memory = wasmtime_memory_data(context, &guest->memory);
    guest->run->memory_len = wasmtime_memory_data_size(context, &guest->memory);
    if (!vm_guest_settle(guest, context) || !call_function(f, guest->run, args, &result))
        return wasmtime_trap_new("host", 4); /* the reason is in run->error */
    vm_guest_give_gas(guest, context);
    if (f->signature[i + 1] == 'i')
        values[0].i32 = (int32_t)result;
    else if (f->signature[i + 1] == 'I')
        values[0].i64 = (int64_t)result;
    return NULL;
}

static wasm_functype_t *function_type(const char *signature)
{
    wasm_valtype_t *types[2][MAX_ARGS];
    size_t counts[2] = {0, 0}, side = 0;
    for (const char *s = signature; *s; s++) {
        if (*s == ':')
            side = 1;
        else
            types[side][counts[side]++] = wasm_valtype_new(*s == 'i' ? WASM_I32 : WASM_I64);
    }
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new(&params, counts[0], types[0]);
    wasm_valtype_vec_new(&results, counts[1], types[1]);
    return wasm_functype_new(&params, &results);
}

struct err *vm_imports_define(wasmtime_linker_t *linker)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const struct host_function *f = &functions[i];
        wasm_functype_t *type = function_type(f->signature);
        wasmtime_error_t *error = wasmtime_linker_define_func_unchecked(linker, "env", 3, f->name, strlen(f->name), type,
                                                                        enter_host, (void *)f, NULL);
        wasm_functype_delete(type);
        if (error) {
            wasmtime_error_delete(error);
            return err_new(ERR_BUG, "host function %s cannot be defined", f->name);
        }
    }
    return NULL;
}

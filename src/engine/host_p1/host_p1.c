#include "engine/host_p1/host_p1.h"
#include "engine/host_call.h"
#include "engine/wasi_p1/call.h"
#include <stdio.h>
#include <string.h>

static const char module_name[] = "outlayer";

static const char *const prefixes[HOST_INTERFACES] = {
    [HOST_RPC] = "rpc",         [HOST_STORAGE] = "storage", [HOST_VRF] = "vrf",
    [HOST_PAYMENT] = "payment", [HOST_WALLET] = "wallet",   [HOST_HTTP] = "http",
};

/* Reads the arguments by the function's shape. False: a pointer leaves memory. */
static bool read_args(const struct p1_call *c, const char *params, struct host_value *out, uint64_t *moved)
{
    size_t at = 0;
    for (; *params; params++, out++) {
        *out = (struct host_value){0};
        if (strchr("ui", *params)) {
            out->number = (uint64_t)c->args[at++].i64;
        } else if (strchr("tT", *params)) {
            int32_t truth = c->args[at++].i32;
            out->none = *params == 'T' && truth < 0;
            out->number = truth > 0 || (*params == 't' && truth);
        } else {
            uint32_t ptr = p1_u32(c, at), len = p1_u32(c, at + 1);
            at += 2;
            out->none = *params == 'S' && !ptr;
            const uint8_t *bytes = p1_range(c, ptr, len);
            if (!bytes)
                return false;
            out->bytes = slice_from(bytes, out->none ? 0 : len);
            *moved += len;
        }
    }
    return true;
}

static struct host_port *port_of(const struct p1_call *c)
{
    static struct host_port nowhere;
    return c->p1->port ? c->p1->port : &nowhere;
}

static uint64_t answer_len(const struct host_port *port)
{
    uint64_t len = 0;
    for (size_t i = 0; host_functions[port->op].results[i]; i++)
        len += port->results[i].bytes.len;
    return len;
}

static int32_t verdict_of(const struct host_port *port)
{
    const char *results = host_functions[port->op].results;
    size_t last = strlen(results) - 1;
    return results[last] == 's' ? port->results[last].bytes.len != 0 : port->results[last].number != 0;
}

static wasm_trap_t *stopped(void)
{
    return wasmtime_trap_new_code(WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED); /* the reason is in p1->stop */
}

static wasm_trap_t *call(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
    (void)count;
    const struct host_function *f = env;
    struct host_value args[HOST_PARAMS_MAX];
    struct p1_call c;
    uint64_t moved = 1;
    p1_call_begin(&c, caller, values);
    struct host_port *port = port_of(&c);
    if (!read_args(&c, f->params, args, &moved))
        return wasmtime_trap_new_code(WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
    if (!p1_charge(c.p1, c.store, moved))
        return stopped();
    if (!host_call(port, (enum host_op)(f - host_functions), args)) {
        c.p1->stop = host_call_stop(port);
        return stopped();
    }
    if (!p1_charge(c.p1, c.store, answer_len(port)))
        return stopped();
    values[0].i32 = verdict_of(port);
    return NULL;
}

/* Result `k` of the last call that is of one of `kinds`, NULL when it has none. */
static const struct host_value *result(const struct p1_call *c, const char *kinds)
{
    const struct host_port *port = port_of(c);
    uint32_t k = p1_u32(c, 0);
    const char *results = host_functions[port->op].results;
    return k < strlen(results) && strchr(kinds, results[k]) ? &port->results[k] : NULL;
}

static wasm_trap_t *result_len(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
    (void)env, (void)count;
    struct p1_call c;
    p1_call_begin(&c, caller, values);
    const struct host_value *r = result(&c, "sb");
    values[0].i32 = r ? (int32_t)r->bytes.len : 0;
    return NULL;
}

static wasm_trap_t *result_read(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
    (void)env, (void)count;
    struct p1_call c;
    p1_call_begin(&c, caller, values);
    const struct host_value *r = result(&c, "sb");
    struct slice part = r ? slice_first(slice_skip(r->bytes, p1_u32(&c, 1)), p1_u32(&c, 3)) : (struct slice){0};
    uint8_t *to = p1_range(&c, p1_u32(&c, 2), part.len);
    if (!to)
        return wasmtime_trap_new_code(WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS);
    if (!p1_charge(c.p1, c.store, part.len))
        return stopped();
    if (part.len)
        memcpy(to, part.ptr, part.len);
    values[0].i32 = (int32_t)part.len;
    return NULL;
}

static wasm_trap_t *result_number(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
    (void)env, (void)count;
    struct p1_call c;
    p1_call_begin(&c, caller, values);
    const struct host_value *r = result(&c, "uit");
    values[0].i64 = r ? (int64_t)r->number : 0;
    return NULL;
}

/* The WebAssembly types of a shape's values: I for i64, i for i32. */
static void lower(const char *params, char out[2 * HOST_PARAMS_MAX + 1])
{
    for (; *params; params++) {
        if (strchr("sbS", *params))
            *out++ = 'i';
        *out++ = strchr("ui", *params) ? 'I' : 'i';
    }
    *out = '\0';
}

static void name_of(const struct host_function *f, char out[64])
{
    snprintf(out, 64, "%s_%s", prefixes[f->interface], f->name);
    for (char *c = out; *c; c++)
        *c = *c == '-' ? '_' : *c;
}

static wasmtime_error_t *define(wasmtime_linker_t *linker, const char *name, const char *params, const char *results,
                                wasmtime_func_unchecked_callback_t callback, const void *env)
{
    wasm_functype_t *type = p1_function_type(params, results);
    wasmtime_error_t *error = wasmtime_linker_define_func_unchecked(linker, module_name, sizeof module_name - 1, name,
                                                                    strlen(name), type, callback, (void *)(uintptr_t)env, NULL);
    wasm_functype_delete(type);
    return error;
}

wasmtime_error_t *host_p1_define(wasmtime_linker_t *linker)
{
    wasmtime_error_t *error = define(linker, "result_len", "i", "i", result_len, NULL);
    if (!error)
        error = define(linker, "result_read", "iiii", "i", result_read, NULL);
    if (!error)
        error = define(linker, "result_number", "i", "I", result_number, NULL);
    for (size_t i = 0; i < HOST_OPS && !error; i++) {
        char name[64], params[2 * HOST_PARAMS_MAX + 1];
        name_of(&host_functions[i], name);
        lower(host_functions[i].params, params);
        error = define(linker, name, params, "i", call, &host_functions[i]);
    }
    return error;
}

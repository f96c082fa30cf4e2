/* For tests and fuzzers of host functions: a module made on the spot that imports them and exports a function of the same type for each, so that
 * a test calls them through WebAssembly in this very process, over memory that it reads and writes itself. */
#pragma once
#include "codec/leb128.h"
#include "engine/guest.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLER_ARGS_MAX = 16, CALLER_MEMORY_LEN = 65536 };

/* One letter a value: i for i32, I for i64. */
struct caller_import {
    const char *module, *name, *params, *results;
};

struct caller {
    struct guest_host host;
    struct p1 p1; /* what the functions look at; a test sets it as it likes */
    wasmtime_module_t *module;
    wasmtime_store_t *store;
    wasmtime_instance_t instance;
};

static inline void caller_append_name(struct buf *out, const char *name)
{
    leb128_append_u32(out, (uint32_t)strlen(name));
    buf_append_str(out, name);
}

static inline void caller_append_section(struct buf *out, uint8_t id, uint32_t count, const struct buf *items)
{
    AUTO(buf) struct buf number = {0};
    leb128_append_u32(&number, count);
    buf_append_byte(out, id);
    leb128_append_u32(out, (uint32_t)(number.len + items->len));
    buf_append(out, buf_slice(&number));
    buf_append(out, buf_slice(items));
}

static inline void caller_append_types(struct buf *out, const char *letters)
{
    leb128_append_u32(out, (uint32_t)strlen(letters));
    for (; *letters; letters++)
        buf_append_byte(out, *letters == 'I' ? 0x7e : 0x7f);
}

/* local.get of every parameter, call, end. */
static inline void caller_append_body(struct buf *out, uint32_t function, size_t params)
{
    AUTO(buf) struct buf body = {0};
    buf_append_byte(&body, 0); /* no locals */
    for (uint32_t i = 0; i < params; i++) {
        buf_append_byte(&body, 0x20);
        leb128_append_u32(&body, i);
    }
    buf_append_byte(&body, 0x10);
    leb128_append_u32(&body, function);
    buf_append_byte(&body, 0x0b);
    leb128_append_u32(out, (uint32_t)body.len);
    buf_append(out, buf_slice(&body));
}

/* Function i is import i, function count + i the one that calls it. */
static inline void caller_module(const struct caller_import *imports, uint32_t count, struct buf *out)
{
    AUTO(buf) struct buf types = {0}, imported = {0}, functions = {0}, memory = {0}, exports = {0}, code = {0};
    for (uint32_t i = 0; i < count; i++) {
        buf_append_byte(&types, 0x60);
        caller_append_types(&types, imports[i].params);
        caller_append_types(&types, imports[i].results);
        caller_append_name(&imported, imports[i].module);
        caller_append_name(&imported, imports[i].name);
        buf_append_byte(&imported, 0);
        leb128_append_u32(&imported, i);
        leb128_append_u32(&functions, i);
        caller_append_name(&exports, imports[i].name);
        buf_append_byte(&exports, 0);
        leb128_append_u32(&exports, count + i);
        caller_append_body(&code, i, strlen(imports[i].params));
    }
    buf_append(&memory, SLICE("\0\1"));
    caller_append_name(&exports, "memory");
    buf_append(&exports, SLICE("\2\0"));
    buf_append(out, SLICE("\0asm\1\0\0\0"));
    caller_append_section(out, 1, count, &types);
    caller_append_section(out, 2, count, &imported);
    caller_append_section(out, 3, count, &functions);
    caller_append_section(out, 5, 1, &memory);
    caller_append_section(out, 7, count + 1, &exports);
    caller_append_section(out, 10, count, &code);
}

/* What is not the functions' under test must go well. */
static inline void caller_require(bool goes_well, const char *what)
{
    if (goes_well)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static inline void caller_check(wasmtime_error_t *error)
{
    AUTO(buf) struct buf text = {0};
    if (error)
        guest_error_text(error, &text);
    caller_require(!error, buf_str(&text));
}

/* Makes the module; caller_start begins a run of it. `c` must stay where it is. */
static inline void caller_open(struct caller *c, const struct caller_import *imports, uint32_t count)
{
    AUTO(buf) struct buf wasm = {0};
    *c = (struct caller){0};
    caller_module(imports, count, &wasm);
    caller_require(!guest_host_open(&c->host), "no engine");
    caller_check(wasmtime_module_new(c->host.engine, wasm.ptr, wasm.len, &c->module));
}

static inline void caller_stop(struct caller *c)
{
    if (c->store)
        wasmtime_store_delete(c->store);
    c->store = NULL;
}

static inline void caller_close(struct caller *c)
{
    caller_stop(c);
    wasmtime_module_delete(c->module);
    guest_host_close(&c->host);
}

static inline wasmtime_context_t *caller_context(const struct caller *c)
{
    return wasmtime_store_context(c->store);
}

static inline void caller_set_fuel(const struct caller *c, uint64_t fuel)
{
    caller_check(wasmtime_context_set_fuel(caller_context(c), fuel));
}

static inline uint64_t caller_fuel(const struct caller *c)
{
    uint64_t fuel = 0;
    caller_check(wasmtime_context_get_fuel(caller_context(c), &fuel));
    return fuel;
}

/* A new store and zeroed memory. */
static inline void caller_start(struct caller *c, struct p1 p1)
{
    wasm_trap_t *trap = NULL;
    caller_stop(c);
    c->p1 = p1;
    c->store = wasmtime_store_new(c->host.engine, &c->p1, NULL);
    memory_budget_start(&c->host.memory, 1 << 20);
    caller_set_fuel(c, 1 << 30);
    caller_check(wasmtime_linker_instantiate(c->host.modules, caller_context(c), c->module, &c->instance, &trap));
    caller_require(!trap, "it traps at its start");
}

static inline wasmtime_extern_t caller_export(const struct caller *c, const char *name)
{
    wasmtime_extern_t item;
    caller_require(wasmtime_instance_export_get(caller_context(c), &c->instance, name, strlen(name), &item), name);
    return item;
}

/* All of the guest's memory, CALLER_MEMORY_LEN bytes. */
static inline uint8_t *caller_memory(const struct caller *c)
{
    wasmtime_extern_t item = caller_export(c, "memory");
    return wasmtime_memory_data(caller_context(c), &item.of.memory);
}

/* Calls; *result is what it returned, 0 without a result. False: it trapped; c->p1.stop may say why. */
static inline bool caller_call(const struct caller *c, const struct caller_import *f, const int64_t *args, int64_t *result)
{
    wasmtime_val_t in[CALLER_ARGS_MAX], out = {.kind = WASMTIME_I32};
    wasmtime_extern_t item = caller_export(c, f->name);
    wasm_trap_t *trap = NULL;
    size_t count = strlen(f->params);
    for (size_t i = 0; i < count; i++) {
        in[i] = (wasmtime_val_t){.kind = f->params[i] == 'I' ? WASMTIME_I64 : WASMTIME_I32};
        if (f->params[i] == 'I')
            in[i].of.i64 = args[i];
        else
            in[i].of.i32 = (int32_t)args[i];
    }
    caller_check(wasmtime_func_call(caller_context(c), &item.of.func, in, count, &out, strlen(f->results), &trap));
    if (trap)
        wasm_trap_delete(trap);
    *result = out.kind == WASMTIME_I64 ? out.of.i64 : out.of.i32;
    return trap == NULL;
}

static inline void caller_put(const struct caller *c, uint32_t at, uint64_t value, size_t len)
{
    memcpy(caller_memory(c) + at, &value, len);
}

static inline uint64_t caller_get(const struct caller *c, uint32_t at, size_t len)
{
    uint64_t value = 0;
    memcpy(&value, caller_memory(c) + at, len);
    return value;
}

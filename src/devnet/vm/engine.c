#include "devnet/vm/engine.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "devnet/vm/imports.h"
#include "devnet/vm/signals.h"
#include <stdlib.h>
#include <string.h>

/* Part of every cached file's name: what the same code compiles to depends on the engine and on how it is set. */
#define SETTINGS "w" WASMTIME_VERSION "-o0-p" NEAR_PREPARE_VERSION

/* Measured on a 45 KB contract: compiling without optimisation takes half the time (69 against 150 ms on two cores), and the code is
 * no slower, because the gas counter stands between all instructions anyway. The single-pass register allocator lost on both. */
static wasm_engine_t *new_engine(void)
{
    wasm_config_t *c = wasm_config_new();
    wasmtime_config_strategy_set(c, WASMTIME_STRATEGY_CRANELIFT);
    wasmtime_config_cranelift_opt_level_set(c, WASMTIME_OPT_LEVEL_NONE);
    wasmtime_config_cranelift_nan_canonicalization_set(c, true);
    wasmtime_config_parallel_compilation_set(c, true);
    wasmtime_config_native_unwind_info_set(c, false);
    wasmtime_config_async_stack_size_set(c, VM_NATIVE_STACK_LEN); /* unused, but may not be less than the next */
    wasmtime_config_max_wasm_stack_set(c, VM_NATIVE_STACK_LEN);
    wasmtime_config_memory_may_move_set(c, false);
    wasmtime_config_wasm_simd_set(c, false);
    wasmtime_config_wasm_relaxed_simd_set(c, false);
    wasmtime_config_wasm_multi_value_set(c, false);
    wasmtime_config_wasm_multi_memory_set(c, false);
    wasmtime_config_wasm_memory64_set(c, false);
    wasmtime_config_wasm_tail_call_set(c, false);
    wasmtime_config_concurrency_support_set(c, false);
    return wasm_engine_new_with_config(c);
}

struct err *vm_engine_open(struct vm_engine *e, const char *cache_dir)
{
    *e = (struct vm_engine){.engine = new_engine()};
    signals_remember();
    pthread_mutex_init(&e->lock, NULL);
    e->linker = wasmtime_linker_new(e->engine);
    if (cache_dir) {
        e->cache_dir = mem_copy_str(cache_dir, strlen(cache_dir));
        TRY_DOING(fs_make_dirs(cache_dir), "compiled contracts");
    }
    return vm_imports_define(e->linker);
}

static void free_code(struct vm_code *code)
{
    for (size_t i = 0; i < code->method_count; i++)
        mem_free((void *)code->methods[i].name.ptr);
    mem_free(code->methods);
    mem_free(code->compile_error);
    if (code->linked)
        wasmtime_instance_pre_delete(code->linked);
    if (code->module)
        wasmtime_module_delete(code->module);
    mem_free(code);
}

void vm_engine_close(struct vm_engine *e)
{
    for (size_t i = 0; i < e->code_count; i++)
        free_code(e->codes[i]);
    if (e->linker)
        wasmtime_linker_delete(e->linker);
    if (e->engine)
        wasm_engine_delete(e->engine);
    mem_free(e->cache_dir);
    pthread_mutex_destroy(&e->lock);
}

/* Cached files: SHA-256 of the rest, so that a damaged one is not run, and the engine's own form. */

static char *cache_path(const struct vm_engine *e, const struct hash *hash, struct arena *arena)
{
    char hex[HASH_HEX_MAX];
    return arena_fmt(arena, "%s/%s-%s.code", e->cache_dir, hash_hex(hash, hex), SETTINGS);
}

enum { MAX_COMPILED_LEN = 256 << 20 };

static bool load_compiled(const struct vm_engine *e, const struct hash *hash, wasmtime_module_t **out)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf file = {0};
    struct err *error = fs_read(cache_path(e, hash, &arena), MAX_COMPILED_LEN, &file);
    if (error || file.len < HASH_LEN) {
        err_free(error);
        return false;
    }
    struct slice compiled = slice_skip(buf_slice(&file), HASH_LEN);
    struct hash sum = hash_sha256(compiled);
    if (!slice_eq(hash_slice(&sum), slice_first(buf_slice(&file), HASH_LEN)))
        return false;
    wasmtime_error_t *refused = wasmtime_module_deserialize(e->engine, compiled.ptr, compiled.len, out);
    if (refused)
        wasmtime_error_delete(refused);
    return refused == NULL;
}

/* A cache that cannot be written costs time, nothing else. */
static void keep_compiled(const struct vm_engine *e, const struct hash *hash, const wasmtime_module_t *module)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf file = {0};
    wasm_byte_vec_t bytes;
    wasmtime_error_t *refused = wasmtime_module_serialize(module, &bytes);
    if (refused) {
        wasmtime_error_delete(refused);
        return;
    }
    struct slice compiled = slice_from(bytes.data, bytes.size);
    struct hash sum = hash_sha256(compiled);
    buf_append(&file, hash_slice(&sum));
    buf_append(&file, compiled);
    wasm_byte_vec_delete(&bytes);
    err_free(fs_write_atomic(cache_path(e, hash, &arena), buf_slice(&file), 0600));
}

static char *take_message(wasmtime_error_t *error)
{
    wasm_byte_vec_t text;
    wasmtime_error_message(error, &text);
    char *copy = mem_copy_str(text.data, text.size);
    wasm_byte_vec_delete(&text);
    wasmtime_error_delete(error);
    return copy;
}

static void compile(const struct vm_engine *e, struct slice contract, struct vm_code *code)
{
    AUTO(buf) struct buf prepared = {0};
    code->fault = near_prepare(contract, &prepared);
    if (code->fault != NEAR_OK)
        return;
    wasmtime_error_t *error = wasmtime_module_new(e->engine, prepared.ptr, prepared.len, &code->module);
    if (error)
        code->compile_error = take_message(error);
    else if (e->cache_dir)
        keep_compiled(e, &code->hash, code->module);
}

static int by_name(const void *a, const void *b)
{
    return slice_cmp(((const struct vm_method *)a)->name, ((const struct vm_method *)b)->name);
}

static void add_method(struct vm_code *code, struct slice name, const wasm_externtype_t *type)
{
    const wasm_functype_t *function = wasm_externtype_as_functype_const(type);
    if (!function)
        return;
    if (slice_eq_str(name, NEAR_EXPORT_START)) {
        code->has_start = true;
        return;
    }
    struct slice method = slice_skip(name, strlen(NEAR_EXPORT_PREFIX));
    code->methods[code->method_count++] = (struct vm_method){
        .name = slice_from(mem_copy_str(method.ptr, method.len), method.len),
        .is_callable = wasm_functype_params(function)->size == 0 && wasm_functype_results(function)->size == 0,
    };
}

static void list_methods(struct vm_code *code)
{
    wasm_exporttype_vec_t exports;
    wasmtime_module_exports(code->module, &exports);
    code->methods = mem_calloc(exports.size + 1, sizeof *code->methods);
    for (size_t i = 0; i < exports.size; i++) {
        const wasm_name_t *name = wasm_exporttype_name(exports.data[i]);
        add_method(code, slice_from(name->data, name->size), wasm_exporttype_type(exports.data[i]));
    }
    wasm_exporttype_vec_delete(&exports);
    if (code->method_count)
        qsort(code->methods, code->method_count, sizeof *code->methods, by_name);
}

const struct vm_method *vm_code_method(const struct vm_code *code, struct slice name)
{
    struct vm_method key = {.name = name};
    if (code->method_count == 0)
        return NULL;
    return bsearch(&key, code->methods, code->method_count, sizeof *code->methods, by_name);
}

static struct vm_code *new_code(struct vm_engine *e, const struct hash *hash, struct slice contract)
{
    struct vm_code *code = mem_calloc(1, sizeof *code);
    code->hash = *hash;
    if (!e->cache_dir || !load_compiled(e, hash, &code->module))
        compile(e, contract, code);
    if (!code->module)
        return code;
    list_methods(code);
    wasmtime_error_t *error = wasmtime_linker_instantiate_pre(e->linker, code->module, &code->linked);
    if (error)
        wasmtime_error_delete(error);
    code->is_linked = error == NULL;
    return code;
}

/* The place of the code that was not used for longest; VM_CODES_MAX when all are in use. */
static size_t find_oldest(const struct vm_engine *e)
{
    size_t oldest = VM_CODES_MAX;
    for (size_t i = 0; i < e->code_count; i++) {
        bool is_older = oldest == VM_CODES_MAX || e->codes[i]->last_used < e->codes[oldest]->last_used;
        if (e->codes[i]->users == 0 && is_older)
            oldest = i;
    }
    return oldest;
}

static struct err *get_locked(struct vm_engine *e, const struct hash *hash, struct slice contract, struct vm_code **out)
{
    size_t at = 0;
    while (at < e->code_count && !hash_eq(&e->codes[at]->hash, hash))
        at++;
    if (at == e->code_count) {
        if (at == VM_CODES_MAX && (at = find_oldest(e)) == VM_CODES_MAX)
            return err_new(ERR_LIMIT, "more than %d contracts run at once", VM_CODES_MAX);
        if (at < e->code_count)
            free_code(e->codes[at]);
        else
            e->code_count++;
        e->codes[at] = new_code(e, hash, contract);
    }
    e->codes[at]->users++;
    e->codes[at]->last_used = ++e->clock;
    *out = e->codes[at];
    return NULL;
}

struct err *vm_engine_get(struct vm_engine *e, const struct hash *hash, struct slice code, struct vm_code **out)
{
    pthread_mutex_lock(&e->lock);
    struct err *error = get_locked(e, hash, code, out);
    pthread_mutex_unlock(&e->lock);
    return error;
}

void vm_engine_release(struct vm_engine *e, struct vm_code *code)
{
    pthread_mutex_lock(&e->lock);
    code->users--;
    pthread_mutex_unlock(&e->lock);
}

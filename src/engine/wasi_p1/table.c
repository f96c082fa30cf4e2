/* The table of functions, and the one way into all of them. */
#include "engine/wasi_p1/call.h"
#include <string.h>

static const char module_name[] = "wasi_snapshot_preview1";

static enum p1_errno accept_quietly(struct p1_call *c)
{
    (void)c;
    return P1_SUCCESS;
}

static enum p1_errno not_seekable(struct p1_call *c)
{
    (void)c;
    return P1_SPIPE;
}

static enum p1_errno not_a_directory(struct p1_call *c)
{
    (void)c;
    return P1_NOTDIR;
}

static enum p1_errno not_a_socket(struct p1_call *c)
{
    (void)c;
    return P1_NOTSOCK;
}

static enum p1_errno not_supported(struct p1_call *c)
{
    (void)c;
    return P1_NOTSUP;
}

static enum p1_errno no_such_descriptor(struct p1_call *c)
{
    (void)c;
    return P1_BADF;
}

enum { NO_FD = -1 };

static const struct entry {
    const char *name;
    const char *params; /* i: i32, I: i64 */
    p1_function *function;
    int fd_arg; /* the argument that must be an open descriptor */
} table[] = {
    {"args_get", "ii", p1_args_get, NO_FD},
    {"args_sizes_get", "ii", p1_args_sizes_get, NO_FD},
    {"environ_get", "ii", p1_environ_get, NO_FD},
    {"environ_sizes_get", "ii", p1_environ_sizes_get, NO_FD},
    {"clock_res_get", "ii", p1_clock_res_get, NO_FD},
    {"clock_time_get", "iIi", p1_clock_time_get, NO_FD},
    {"fd_advise", "iIIi", not_seekable, 0},
    {"fd_allocate", "iII", not_seekable, 0},
    {"fd_close", "i", p1_fd_close, 0},
    {"fd_datasync", "i", accept_quietly, 0},
    {"fd_fdstat_get", "ii", p1_fd_fdstat_get, 0},
    {"fd_fdstat_set_flags", "ii", p1_fd_fdstat_set_flags, 0},
    {"fd_fdstat_set_rights", "iII", not_supported, 0},
    {"fd_filestat_get", "ii", p1_fd_filestat_get, 0},
    {"fd_filestat_set_size", "iI", not_seekable, 0},
    {"fd_filestat_set_times", "iIIi", not_supported, 0},
    {"fd_pread", "iiiIi", not_seekable, 0},
    {"fd_prestat_get", "ii", no_such_descriptor, NO_FD}, /* no preopened folder: this ends the C library's search */
    {"fd_prestat_dir_name", "iii", no_such_descriptor, NO_FD},
    {"fd_pwrite", "iiiIi", not_seekable, 0},
    {"fd_read", "iiii", p1_fd_read, 0},
    {"fd_readdir", "iiiIi", not_a_directory, 0},
    {"fd_renumber", "ii", p1_fd_renumber, 0},
    {"fd_seek", "iIii", not_seekable, 0},
    {"fd_sync", "i", accept_quietly, 0},
    {"fd_tell", "ii", not_seekable, 0},
    {"fd_write", "iiii", p1_fd_write, 0},
    {"path_create_directory", "iii", not_a_directory, 0},
    {"path_filestat_get", "iiiii", not_a_directory, 0},
    {"path_filestat_set_times", "iiiiIIi", not_a_directory, 0},
    {"path_link", "iiiiiii", not_a_directory, 0},
    {"path_open", "iiiiiIIii", not_a_directory, 0},
    {"path_readlink", "iiiiii", not_a_directory, 0},
    {"path_remove_directory", "iii", not_a_directory, 0},
    {"path_rename", "iiiiii", not_a_directory, 0},
    {"path_symlink", "iiiii", not_a_directory, 2},
    {"path_unlink_file", "iii", not_a_directory, 0},
    {"poll_oneoff", "iiii", p1_poll_oneoff, NO_FD},
    {"proc_exit", "i", p1_proc_exit, NO_FD},
    {"proc_raise", "i", not_supported, NO_FD},
    {"random_get", "ii", p1_random_get, NO_FD},
    {"sched_yield", "", p1_sched_yield, NO_FD},
    {"sock_accept", "iii", not_a_socket, 0},
    {"sock_recv", "iiiiii", not_a_socket, 0},
    {"sock_send", "iiiii", not_a_socket, 0},
    {"sock_shutdown", "ii", not_a_socket, 0},
};

bool p1_put(const struct p1_call *c, uint32_t ptr, uint64_t value, size_t len)
{
    uint8_t *to = p1_range(c, ptr, len);
    for (size_t i = 0; to && i < len; i++)
        to[i] = (uint8_t)(value >> (8 * i));
    return to != NULL;
}

bool p1_get(const struct p1_call *c, uint32_t ptr, size_t len, uint64_t *value)
{
    const uint8_t *from = p1_range(c, ptr, len);
    *value = 0;
    for (size_t i = 0; from && i < len; i++)
        *value |= (uint64_t)from[i] << (8 * i);
    return from != NULL;
}

bool p1_charge(struct p1 *p1, wasmtime_context_t *store, uint64_t units)
{
    uint64_t left = 0;
    wasmtime_error_t *error = wasmtime_context_get_fuel(store, &left);
    if (!error)
        error = wasmtime_context_set_fuel(store, units < left ? left - units : 0);
    if (error)
        wasmtime_error_delete(error);
    if (!error && units < left)
        return true;
    p1->stop = P1_OUT_OF_FUEL;
    return false;
}

static void find_memory(wasmtime_caller_t *caller, struct p1_call *c)
{
    static const char name[] = "memory";
    wasmtime_extern_t item;
    if (!wasmtime_caller_export_get(caller, name, sizeof name - 1, &item))
        return;
    if (item.kind == WASMTIME_EXTERN_MEMORY) {
        c->memory = wasmtime_memory_data(c->store, &item.of.memory);
        c->memory_len = wasmtime_memory_data_size(c->store, &item.of.memory);
    } else {
        wasmtime_extern_delete(&item);
    }
}

void p1_call_begin(struct p1_call *c, wasmtime_caller_t *caller, const wasmtime_val_raw_t *args)
{
    wasmtime_context_t *store = wasmtime_caller_context(caller);
    *c = (struct p1_call){.p1 = wasmtime_context_get_data(store), .store = store, .args = args};
    find_memory(caller, c);
}

static wasm_trap_t *enter(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count)
{
    (void)count;
    const struct entry *entry = env;
    struct p1_call c;
    enum p1_errno result = P1_BADF;
    p1_call_begin(&c, caller, values);

    if (entry->fd_arg == NO_FD || p1_stream_of(c.p1, p1_u32(&c, (size_t)entry->fd_arg), &c.stream))
        result = entry->function(&c);
    if (c.p1->stop != P1_RUNNING)
        return wasmtime_trap_new_code(WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED); /* the reason is in c.p1->stop */
    values[0].i32 = (int32_t)result;
    return NULL;
}

static void types_of(const char *letters, wasm_valtype_vec_t *out)
{
    wasm_valtype_vec_new_uninitialized(out, strlen(letters));
    for (size_t i = 0; letters[i]; i++)
        out->data[i] = wasm_valtype_new(letters[i] == 'I' ? WASM_I64 : WASM_I32);
}

wasm_functype_t *p1_function_type(const char *params, const char *results)
{
    wasm_valtype_vec_t param_vec, result_vec;
    types_of(params, &param_vec);
    types_of(results, &result_vec);
    return wasm_functype_new(&param_vec, &result_vec);
}

wasmtime_error_t *p1_define(wasmtime_linker_t *linker)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        wasm_functype_t *type = p1_function_type(table[i].params, table[i].function == p1_proc_exit ? "" : "i");
        wasmtime_error_t *error =
            wasmtime_linker_define_func_unchecked(linker, module_name, sizeof module_name - 1, table[i].name,
                                                  strlen(table[i].name), type, enter, (void *)(uintptr_t)&table[i], NULL);
        wasm_functype_delete(type);
        if (error)
            return error;
    }
    return NULL;
}

/* Components over wasmtime: host functions registered by a signature in text, programs linked once and instantiated often, the
 * cause of a fault. Implemented in third_party/engine/src/component, beside wasmtime's own C API, whose component functions take
 * forty bytes for each byte of a list and compare no signatures.
 *
 * A signature is WIT without names of parameters:
 *
 *     (borrow<output-stream>, list<u8>) -> result<_, stream-error>
 *
 * with bool, u8 … u64, s8 … s64, char, string, list<T>, option<T>, result, result<T>, result<_, E>, result<T, E>, tuple<T, …>,
 * record{name: T, …}, variant{name, name(T), …}, enum{name, …}, flags{name, …}, own<R>, borrow<R>, and names that shim_linker_type
 * has defined. A program that means another type by a function than its signature is refused when it is linked.
 *
 * A value is one or more slots, `union shim_value`, in the order of its type:
 *
 *     bool, integers, char    n: the value; signed ones extended to 64 bits
 *     string, list<u8>        list: bytes; strings are valid UTF-8, in both directions
 *     list<T>                 list: ptr is an array of slots, the elements one after the other; len is the number of elements
 *     enum                    n: the case's place, from 0
 *     flags                   n: a bit for each, the first is bit 0
 *     own<R>, borrow<R>       n: the number the host gave the resource
 *     tuple, record           the slots of its members
 *     option<T>               n: 1 when there is one; then the slots of T
 *     result<T, E>            n: 0 ok, 1 error; then as many slots as the larger of T and E has
 *     variant                 n: the case's place; then as many slots as the largest case has
 *
 * So `result<list<u8>, stream-error>` has three slots: 0 and the bytes, or 1, the case of stream-error, and for its first case the
 * number of an `error`.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wasmtime.h>

struct shim_list {
    const void *ptr; /* may be NULL when len is 0 */
    size_t len;
};

union shim_value {
    uint64_t n;
    struct shim_list list;
};

/* A host function. `args` are the slots of the parameters one after the other, `results` those of the result, zero. What args point
 * to is the guest's memory or a copy, valid until the function returns; the function runs no guest code. What results point to must
 * stay until the next call of a host function. False ends the guest with the error "stopped by the host". */
typedef bool shim_function(void *env, wasmtime_context_t *store, const union shim_value *args, union shim_value *results);

/* Definitions. Errors of these functions are mistakes in tables of ours. */
typedef struct shim_linker shim_linker_t;

shim_linker_t *shim_linker_new(const wasm_engine_t *engine);
void shim_linker_delete(shim_linker_t *linker);

/* Gives a type a name that later signatures may use. Names of types and resources are one for all interfaces. */
wasmtime_error_t *shim_linker_type(shim_linker_t *linker, const char *name, const char *type);

/* Defines a resource of an interface such as "wasi:io/poll@0.2.0". `kind` is its own; `drop` is called with the resource's number
 * when a guest drops it (not when the store goes away) and has no results. */
wasmtime_error_t *shim_linker_resource(shim_linker_t *linker, const char *interface, const char *name, uint32_t kind,
                                       shim_function *drop, void *env);

/* Defines a function, such as "[method]pollable.ready", after everything its signature names. It is found under every version
 * that is compatible with the interface's: one patch of 0.2 stands for all. */
wasmtime_error_t *shim_linker_function(shim_linker_t *linker, const char *interface, const char *name, const char *signature,
                                       shim_function *function, void *env);

/* A component with its imports resolved. */
typedef struct shim_program shim_program_t;

/* Links a command: every import must exist with its signature, and `run` of wasi:cli/run@0.2 must be exported. Errors are for
 * people and name the function, its interface and version. The linker may go before the program. */
wasmtime_error_t *shim_program_new(const shim_linker_t *linker, const wasmtime_component_t *component, shim_program_t **out);
void shim_program_delete(shim_program_t *program);

/* From here on one call may hand at most `max_argument_len` bytes to a host function (of lists other than list<u8>, as many bytes as
 * their elements take in the host); more is a fault of the guest. */
wasmtime_error_t *shim_program_instantiate(const shim_program_t *program, wasmtime_context_t *store, size_t max_argument_len,
                                           wasmtime_component_instance_t *out);

/* Calls `run`. *ok is whether it returned ok. */
wasmtime_error_t *shim_program_run(const shim_program_t *program, wasmtime_context_t *store,
                                   const wasmtime_component_instance_t *instance, bool *ok);

/* Whether the file is a compiled component rather than a compiled module or anything else. Loading it is what checks it. */
bool shim_artifact_is_component(const char *path);

/* What an error of shim_program_instantiate or shim_program_run was about. The vectors are the caller's; `function` is the guest's innermost one, empty
 * when it is not known. */
typedef struct shim_fault {
    int trap; /* wasmtime_trap_code_t, or -1: no trap of the engine's but an error that `cause` describes */
    wasm_name_t cause, function;
} shim_fault_t;

/* Takes the error. */
void shim_fault_take(wasmtime_error_t *error, shim_fault_t *out);

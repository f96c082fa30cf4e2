/* Compiled contracts. Private to devnet/vm.
 *
 * A contract is prepared (wasm/near_prepare.h), compiled and linked once, under its code hash; what fails to prepare or to compile
 * is remembered as well. Compiled code is also kept in a folder, if there is one: it is native code that is run as it is, so the
 * folder must belong to whoever runs the machine.
 */
#pragma once
#include "base/err.h"
#include "crypto/hash.h"
#include "wasm/near_prepare.h"
#include <pthread.h>
#include <wasmtime.h>

struct vm_method {
    struct slice name;
    bool is_callable; /* takes and gives nothing */
};

struct vm_code {
    struct hash hash;
    enum near_fault fault; /* the code cannot be prepared */
    char *compile_error;   /* … or not compiled */
    bool is_linked;        /* every import exists with its type */
    bool has_start;
    wasmtime_module_t *module;
    wasmtime_instance_pre_t *linked;
    struct vm_method *methods; /* in byte order of names */
    size_t method_count;
    size_t users;
    uint64_t last_used;
};

enum { VM_CODES_MAX = 64 };

struct vm_engine {
    wasm_engine_t *engine;
    wasmtime_linker_t *linker;
    char *cache_dir; /* NULL: none */
    pthread_mutex_t lock;
    struct vm_code *codes[VM_CODES_MAX];
    size_t code_count;
    uint64_t clock;
};

/* How deep guest code may nest natively. The accounted stack of 262 144 bytes runs out far earlier. */
enum { VM_NATIVE_STACK_LEN = 6 << 20 };

struct err *vm_engine_open(struct vm_engine *e, const char *cache_dir);
void vm_engine_close(struct vm_engine *e);

/* The compiled form of `code`; give it back with vm_engine_release. */
struct err *vm_engine_get(struct vm_engine *e, const struct hash *hash, struct slice code, struct vm_code **out);
void vm_engine_release(struct vm_engine *e, struct vm_code *code);

/* NULL when the contract exports no function of this name. */
const struct vm_method *vm_code_method(const struct vm_code *code, struct slice name);

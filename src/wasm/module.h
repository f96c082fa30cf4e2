/* A core WebAssembly module, read and validated.
 *
 * The accepted language is what NEAR contracts may use: WebAssembly 1.0 with sign extension, saturating float-to-int conversion,
 * bulk memory and reference types (funcref only). No multi-value, SIMD, threads, tail calls, several memories, 64-bit memories,
 * exceptions or extended constant expressions.
 *
 * Nothing is copied from the binary: names, types and bodies are slices of it; the arrays live in the arena. Time and memory are
 * linear in the size of the binary (export names are sorted, which adds a logarithm).
 * Source: WebAssembly core specification, "Binary Format" and "Validation"; NEAR protocol 85 for the limits.
 */
#pragma once
#include "base/arena.h"
#include "wasm/cursor.h"

enum wasm_type {
    WASM_UNKNOWN = 0, /* operand of code that cannot be reached */
    WASM_NO_RESULT = 0x40,
    WASM_TYPE_FUNCREF = 0x70,
    WASM_TYPE_F64 = 0x7c,
    WASM_TYPE_F32 = 0x7d,
    WASM_TYPE_I64 = 0x7e,
    WASM_TYPE_I32 = 0x7f,
};

enum wasm_section_id {
    WASM_CUSTOM = 0,
    WASM_TYPES = 1,
    WASM_IMPORTS = 2,
    WASM_FUNCTIONS = 3,
    WASM_TABLES = 4,
    WASM_MEMORIES = 5,
    WASM_GLOBALS = 6,
    WASM_EXPORTS = 7,
    WASM_START = 8,
    WASM_ELEMENTS = 9,
    WASM_CODE = 10,
    WASM_DATA = 11,
    WASM_DATA_COUNT = 12,
    WASM_SECTION_COUNT
};

enum wasm_kind { WASM_KIND_FUNC, WASM_KIND_TABLE, WASM_KIND_MEMORY, WASM_KIND_GLOBAL };

struct wasm_func_type {
    struct slice params; /* one byte a type */
    uint8_t result;      /* WASM_NO_RESULT or a type */
};

struct wasm_import {
    struct slice module, name;
    enum wasm_kind kind;
    uint32_t type; /* of a function */
};

struct wasm_export {
    struct slice name;
    enum wasm_kind kind;
    uint32_t index;
};

struct wasm_global {
    uint8_t type;
    bool is_mutable;
};

struct wasm_module {
    struct slice sections[WASM_SECTION_COUNT]; /* contents; ptr is NULL where there is none */
    const struct wasm_func_type *types;
    uint32_t type_count;
    const struct wasm_import *imports; /* functions only */
    uint32_t import_count;
    const uint32_t *func_types; /* type of each function, imported ones first */
    uint32_t func_count;
    uint8_t *func_declared; /* bit of a function that ref.func may name */
    uint32_t table_count;   /* 0 or 1: funcref */
    bool has_memory;
    const struct wasm_global *globals;
    uint32_t global_count;
    const struct wasm_export *exports;
    uint32_t export_count;
    bool has_start;
    uint32_t start;
    uint32_t element_count, data_count; /* segments; data_count as the data count section says */
    bool has_data_count;
};

enum wasm_fault {
    WASM_OK,
    WASM_INVALID,        /* malformed or not valid */
    WASM_FOREIGN_IMPORT, /* not a function of module "env" */
    WASM_MEMORY_IMPORT,  /* a memory of module "env" */
    WASM_TOO_MANY_TYPES, /* the rest: more than the limits below */
    WASM_TOO_MANY_FUNCTIONS,
    WASM_TOO_MANY_LOCALS,
    WASM_TOO_MANY_TABLES,
    WASM_TOO_MANY_TABLE_ELEMENTS,
    WASM_BODY_TOO_LARGE,
};

enum {
    WASM_MAX_TYPES = 1024,
    WASM_MAX_FUNCTIONS = 10000, /* imported and defined */
    WASM_MAX_LOCALS = 1000000,  /* declared, of all functions */
    WASM_MAX_TABLES = 1,
    WASM_MAX_TABLE_ELEMENTS = 10000,
    WASM_MAX_BODY_LEN = 196608,
    WASM_MAX_FUNCTION_LOCALS = 50000, /* parameters and declared ones */
    WASM_MAX_FUNCTION_PARAMS = 1000,
};

/* Called for each body in its turn, when everything in front of the code section is known; validates it (wasm/walker.h). */
struct wasm_body_visitor {
    enum wasm_fault (*visit)(void *self, const struct wasm_module *m, uint32_t func_index, struct slice body);
    void *self;
};

/* Reads `binary` section by section; the fault is the first one in the order of the binary. */
enum wasm_fault wasm_module_read(struct slice binary, struct wasm_body_visitor visitor, struct arena *arena,
                                 struct wasm_module *out);

static inline const struct wasm_func_type *wasm_func_type(const struct wasm_module *m, uint32_t func_index)
{
    return &m->types[m->func_types[func_index]];
}

static inline bool wasm_func_is_declared(const struct wasm_module *m, uint32_t func_index)
{
    return m->func_declared[func_index / 8] >> func_index % 8 & 1;
}

/* True for a value type that is accepted. */
static inline bool wasm_type_is_valid(uint8_t type)
{
    return (type >= WASM_TYPE_F64 && type <= WASM_TYPE_I32) || type == WASM_TYPE_FUNCREF;
}

/* Reads a value type that is accepted. Funcref may also stand in its long form, "nullable reference to a function". */
uint8_t wasm_read_type(struct wasm_cursor *c);

/* What a value takes on the accounted stack: 4 or 8 bytes. */
static inline uint32_t wasm_type_size(uint8_t type)
{
    return type == WASM_UNKNOWN ? 0 : type == WASM_TYPE_I32 || type == WASM_TYPE_F32 ? 4 : 8;
}

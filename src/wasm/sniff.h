/* What bytes are, before anything compiles them: a core module, a component, or neither, and the facts that decide whether to try.
 *
 * Looks only at section headers, imports and the first memory, whatever language features the rest uses; time is linear in the
 * number of sections and imports. It is no validation: a module that passes here may still not compile.
 * Source: WebAssembly core specification, "Modules"; component model, "Binary": the layer field of the preamble.
 */
#pragma once
#include "base/arena.h"

enum wasm_shape { WASM_SHAPE_NONE, WASM_SHAPE_MODULE, WASM_SHAPE_COMPONENT };

struct wasm_sniffed_import {
    struct slice module, name; /* borrowed from the bytes */
    uint8_t kind;              /* 0 function, 1 table, 2 memory, 3 global, 4 tag */
};

enum { WASM_SNIFF_MAX_IMPORTS = 10000 };

/* Of a component only the shape and the start are told. */
struct wasm_facts {
    enum wasm_shape shape;
    const struct wasm_sniffed_import *imports;
    uint32_t import_count;
    uint32_t function_count; /* defined ones */
    bool has_memory;         /* its own or an imported one */
    uint64_t memory_min_pages;
    uint64_t code_len; /* bytes of the code section */
    bool has_start;    /* a start section: its code runs when it is instantiated */
};

/* False when a module's bytes are cut off, a section lies about its size, or there are more imports than the limit; *out then holds what
 * was found so far. Bytes that are no WebAssembly at all are WASM_SHAPE_NONE and true. */
bool wasm_sniff(struct slice bytes, struct arena *arena, struct wasm_facts *out);

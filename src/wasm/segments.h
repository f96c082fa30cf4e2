/* Sections with constant expressions: globals, elements, data. Part of the module reader. */
#pragma once
#include "wasm/module.h"

/* Each reads one whole section out of `c` into `m`; a fault sets c->failed. */
void wasm_read_globals(struct wasm_cursor *c, struct arena *arena, struct wasm_module *m);
void wasm_read_elements(struct wasm_cursor *c, struct wasm_module *m);
void wasm_read_data(struct wasm_cursor *c, struct wasm_module *m);

/* Notes that ref.func may name this function; fails when there is none. */
void wasm_declare_func(struct wasm_cursor *c, struct wasm_module *m, uint32_t func_index);

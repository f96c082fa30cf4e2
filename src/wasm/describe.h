/* What a program is made of, for people: imports, exports, memories and custom sections of a module or a component.
 *
 * Reads only what it tells; it is no validation. Of the modules within a component it tells the memories alone.
 * Source: WebAssembly core specification, "Modules"; component model, "Binary". */
#pragma once
#include "wasm/sniff.h"

enum wasm_part_kind {
    WASM_PART_IMPORT, /* module (of a component: empty), name, sort */
    WASM_PART_EXPORT, /* name, sort */
    WASM_PART_MEMORY, /* min_pages, max_pages; of 64 KiB */
    WASM_PART_CUSTOM, /* name, content */
};

struct wasm_part {
    enum wasm_part_kind kind;
    struct slice module, name, content; /* borrowed from the bytes */
    const char *sort;              /* "function", "table", "memory", "global", "tag"; "interface", "type", … of a component */
    uint64_t min_pages, max_pages; /* UINT64_MAX: no maximum */
};

/* Calls `seen` for each part in the order of the bytes. *shape is what they are. False: they are cut off, or of a form that is not known
 * here; what was told until then stands. */
bool wasm_describe(struct slice bytes, enum wasm_shape *shape, void (*seen)(void *self, const struct wasm_part *part),
                   void *self);

/* Walks one function body instruction by instruction and validates it on the way.
 *
 *     wasm_walker_start(&w, &module, func_index, body);
 *     while (wasm_walker_next(&w, &instr)) …;
 *     valid = !w.failed;
 *
 * The walker also tells what accounting needs: which instructions can never be reached and which blocks are branched to. A walker is reused for many bodies; one body costs time and memory in proportion to its
 * length and its locals.
 * Source: WebAssembly core specification, appendix "Validation Algorithm".
 */
#pragma once
#include "base/buf.h"
#include "wasm/module.h"
#include "wasm/opcodes.h"

struct wasm_frame {
    uint8_t op;       /* WASM_OP_BLOCK (also of the function), _LOOP, _IF or _ELSE */
    uint8_t result;   /* WASM_NO_RESULT or a type */
    bool unreachable; /* the rest of the block cannot be reached */
    bool entered_dead;
    bool is_target;  /* something branches to its end (or, of a loop, to its start) */
    uint32_t height; /* operands below it */
};

struct wasm_walker {
    const struct wasm_module *m;
    struct wasm_cursor c;
    bool failed, ended;
    struct buf locals; /* a type each, parameters first */
    struct buf stack;  /* a type each */
    struct wasm_frame *frames;
    size_t frame_count, frame_room;
    struct slice local_groups; /* the declarations as encoded, without their count */
    uint32_t local_group_count;
    uint32_t params_and_locals_bytes;
};

struct wasm_instr {
    struct slice raw;
    const struct wasm_op *info;
    uint8_t op;
    uint8_t prefixed;         /* when op is WASM_OP_PREFIX */
    bool dead;                /* cannot be reached */
    size_t depth;             /* open blocks around it, the function's included */
    uint32_t index;           /* of call: the function; of call_indirect: the type */
    struct wasm_frame closed; /* of else and end: what it closes */
};

/* Reads the locals; a fault shows in w->failed at once. */
void wasm_walker_start(struct wasm_walker *w, const struct wasm_module *m, uint32_t func_index, struct slice body);

/* False behind the last instruction or when the body is not valid. */
bool wasm_walker_next(struct wasm_walker *w, struct wasm_instr *out);

/* Frees the room; the zero value is a fresh walker. */
void wasm_walker_free(struct wasm_walker *w);

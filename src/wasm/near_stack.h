/* How many bytes the network thinks a function's operand stack holds at most.
 *
 * Only code that can be reached counts; a value takes 4 bytes (i32, f32) or 8. The network's count has a slip that contracts can
 * see, so it is repeated here: the table index that call_indirect takes stays counted until its block ends, and what is counted
 * as popped afterwards is whatever lies on top. That is why this is a stack of its own beside the walker's.
 * Source: NEAR protocol 85; the slip was measured on the reference machine.
 */
#pragma once
#include "wasm/walker.h"

struct near_stack {
    struct buf sizes;   /* one byte an operand: 4 or 8 */
    struct buf heights; /* of the open blocks, a size_t each */
    uint32_t bytes, max_bytes;
};

void near_stack_start(struct near_stack *s);

/* Counts one instruction that the walker has just passed. */
void near_stack_apply(struct near_stack *s, const struct wasm_walker *w, const struct wasm_instr *i);

void near_stack_free(struct near_stack *s);

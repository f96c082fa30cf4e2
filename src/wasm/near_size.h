/* How long the network's own rewriting of a contract would be: its length is limited, so it must be known although the rewriting here is
 * another, shorter one.
 *
 * The network charges gas at the same places, but first for the entry and then for the first run of instructions, and writes longer
 * code for each charge; it wraps every body, and puts three functions in front of the contract's. For compiled contracts the length was
 * the network's to within 3 bytes. It is not exact: indices of functions outside of bodies are taken to keep their lengths, and a loop
 * that nothing branches to has a charge of its own here.
 *
 * Source: NEAR protocol 85; measured on the reference machine.
 */
#pragma once
#include "wasm/walker.h"

struct near_size {
    uint64_t code_len; /* all bodies so far, with their own lengths */
    uint64_t body_len; /* the present one */
    uint32_t gas_global, gas_local;
    uint32_t return_count;
};

void near_size_start(struct near_size *s, const struct wasm_module *m, uint32_t gas_local);

/* One instruction of the body, whether it can be reached or not. */
void near_size_instr(struct near_size *s, const struct wasm_instr *i);

/* A charge of `units` in front of a run, if there are any. */
void near_size_charge(struct near_size *s, uint64_t units);

/* The charge in front of an instruction that is paid for by its operand. */
void near_size_charge_linear(struct near_size *s);

/* The body is done. It has `group_count` groups of locals, which take `groups_len` bytes; entering it costs `entry_units` and takes
 * `stack_bytes` of the stack budget. */
void near_size_finish(struct near_size *s, uint32_t group_count, size_t groups_len, uint64_t entry_units, uint64_t stack_bytes);

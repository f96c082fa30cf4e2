/* Prepares a NEAR contract for execution: checks it against the network's limits and writes the gas and stack rule into its code.
 *
 * The result is a module that any engine can run; gas and stack are two mutable globals of it. What it costs to run to any host
 * call, trap or return is exactly what the network charges.
 *
 *     one unit (822 756 gas)    each instruction but block, end and else; a loop is charged on each pass
 *     32 units + 1 per element  memory.init/copy/fill, table.init/copy/fill, memory.grow, table.grow
 *     ceil(frame / 8) units     entering a function; frame = 64 + bytes of parameters and locals
 *     frame + operand stack     bytes of the stack budget while the function runs
 *
 * Charges of a straight run of instructions are added up and taken in front of the first one that can be observed (a call, a branch,
 * anything that traps). The gas global may go below zero: then the code executes `unreachable`, and a negative gas is how the host
 * knows. The same holds for the stack. No index of the contract changes: globals come last, and no function is added.
 *
 * Source: NEAR protocol 85; its checks, their order and their names.
 */
#pragma once
#include "base/buf.h"
#include "base/slice.h"

enum near_fault {
    NEAR_OK,
    NEAR_DESERIALIZATION,
    NEAR_INSTANTIATE,
    NEAR_MEMORY,
    NEAR_TOO_MANY_FUNCTIONS,
    NEAR_TOO_MANY_LOCALS,
    NEAR_TOO_MANY_TABLES,
    NEAR_TOO_MANY_TABLE_ELEMENTS,
    NEAR_FUNCTION_BODY_TOO_LARGE,
    NEAR_INSTRUMENTED_CODE_TOO_LARGE,
    NEAR_TOO_MANY_BLOCKS_PER_FUNCTION,
    NEAR_TOO_MANY_BLOCKS_PER_CONTRACT,
    NEAR_TOO_MANY_TYPES,
    NEAR_TOO_MANY_PARAMS_PER_CONTRACT,
    NEAR_TOO_MANY_PARAMS_PER_FUNCTION,
    NEAR_OPERAND_STACK_TOO_LARGE,
};

/* The network's name of a fault, e.g. "TooManyFunctions"; "" for NEAR_OK. */
const char *near_fault_name(enum near_fault fault);

/* What the rewritten module exports. Exported functions of the contract keep their name behind NEAR_EXPORT_PREFIX; its other exports
 * are gone. The start function is not run by the engine but exported, for the host to run it metered. */
#define NEAR_EXPORT_PREFIX "1"
#define NEAR_EXPORT_MEMORY "0memory"
#define NEAR_EXPORT_GAS    "0gas"   /* mutable i64, what is left; the host sets it before it runs anything */
#define NEAR_EXPORT_STACK  "0stack" /* mutable i32, likewise: NEAR_STACK_BYTES at first */
#define NEAR_EXPORT_START  "0start"

enum {
    NEAR_GAS_UNIT = 822756,
    NEAR_GAS_LINEAR_BASE = 26328192,
    NEAR_STACK_BYTES = 262144,
    NEAR_FRAME_BYTES = 64,
    NEAR_MEMORY_MIN_PAGES = 1024,
    NEAR_MEMORY_MAX_PAGES = 2048,
};

/* Changes whenever the same contract would be rewritten differently: part of a compiled module's name. */
#define NEAR_PREPARE_VERSION "1"

/* Appends the rewritten module to `out`; on a fault `out` holds rubbish. */
enum near_fault near_prepare(struct slice contract, struct buf *out);

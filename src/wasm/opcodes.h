/* The instruction set as a table: what each instruction takes, gives and carries.
 * Source: WebAssembly core specification, "Instructions"; the set that NEAR accepts (wasm/module.h). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum wasm_op_kind {
    WASM_OP_UNKNOWN, /* not accepted */
    WASM_OP_PLAIN,   /* no immediates */
    WASM_OP_MEMORY,  /* a load or store: alignment and offset follow */
    WASM_OP_SPECIAL, /* the walker knows it by its code */
};

struct wasm_op {
    uint8_t kind;
    bool traps;      /* may end the call, so that gas must be exact in front of it */
    uint8_t align;   /* of a memory access: log2 of its width */
    const char *in;  /* operand types, the last on top: i I f F for i32 i64 f32 f64 */
    const char *out; /* "" or one type */
};

/* By first byte. 0xfc is SPECIAL and its second part is looked up in the other table. */
extern const struct wasm_op wasm_ops[256];

enum { WASM_PREFIXED_COUNT = 18 };
extern const struct wasm_op wasm_prefixed_ops[WASM_PREFIXED_COUNT];

/* The codes that the walker and the rewriter name. */
enum wasm_code {
    WASM_OP_UNREACHABLE = 0x00,
    WASM_OP_NOP = 0x01,
    WASM_OP_BLOCK = 0x02,
    WASM_OP_LOOP = 0x03,
    WASM_OP_IF = 0x04,
    WASM_OP_ELSE = 0x05,
    WASM_OP_END = 0x0b,
    WASM_OP_BR = 0x0c,
    WASM_OP_BR_IF = 0x0d,
    WASM_OP_BR_TABLE = 0x0e,
    WASM_OP_RETURN = 0x0f,
    WASM_OP_CALL = 0x10,
    WASM_OP_CALL_INDIRECT = 0x11,
    WASM_OP_DROP = 0x1a,
    WASM_OP_SELECT = 0x1b,
    WASM_OP_SELECT_TYPED = 0x1c,
    WASM_OP_LOCAL_GET = 0x20,
    WASM_OP_LOCAL_SET = 0x21,
    WASM_OP_LOCAL_TEE = 0x22,
    WASM_OP_GLOBAL_GET = 0x23,
    WASM_OP_GLOBAL_SET = 0x24,
    WASM_OP_TABLE_GET = 0x25,
    WASM_OP_TABLE_SET = 0x26,
    WASM_OP_MEMORY_SIZE = 0x3f,
    WASM_OP_MEMORY_GROW = 0x40,
    WASM_OP_I32_CONST = 0x41,
    WASM_OP_I64_CONST = 0x42,
    WASM_OP_F32_CONST = 0x43,
    WASM_OP_F64_CONST = 0x44,
    WASM_OP_I32_LT_S = 0x48,
    WASM_OP_I32_LT_U = 0x49,
    WASM_OP_I64_LT_S = 0x53,
    WASM_OP_I32_ADD = 0x6a,
    WASM_OP_I32_SUB = 0x6b,
    WASM_OP_I64_ADD = 0x7c,
    WASM_OP_I64_SUB = 0x7d,
    WASM_OP_I64_MUL = 0x7e,
    WASM_OP_I64_EXTEND_I32_U = 0xad,
    WASM_OP_REF_NULL = 0xd0,
    WASM_OP_REF_IS_NULL = 0xd1,
    WASM_OP_REF_FUNC = 0xd2,
    WASM_OP_PREFIX = 0xfc,
};

enum wasm_prefixed_code {
    WASM_OP_MEMORY_INIT = 8,
    WASM_OP_DATA_DROP = 9,
    WASM_OP_MEMORY_COPY = 10,
    WASM_OP_MEMORY_FILL = 11,
    WASM_OP_TABLE_INIT = 12,
    WASM_OP_ELEM_DROP = 13,
    WASM_OP_TABLE_COPY = 14,
    WASM_OP_TABLE_GROW = 15,
    WASM_OP_TABLE_SIZE = 16,
    WASM_OP_TABLE_FILL = 17,
};

#include "wasm/opcodes.h"

#define PLAIN(i, o)        {WASM_OP_PLAIN, false, 0, i, o}
#define TRAPS(i, o)        {WASM_OP_PLAIN, true, 0, i, o}
#define LOAD(width, o)     {WASM_OP_MEMORY, true, width, "i", o}
#define STORE(width, i)    {WASM_OP_MEMORY, true, width, i, ""}
#define SPECIAL            {WASM_OP_SPECIAL, false, 0, "", ""}
#define SPECIAL_TRAPS      {WASM_OP_SPECIAL, true, 0, "", ""}
#define SPECIAL_OF(i, o)   {WASM_OP_SPECIAL, false, 0, i, o}
#define SPECIAL_BULK(i, o) {WASM_OP_SPECIAL, true, 0, i, o}

/* `traps` also holds for what leaves a straight line of code: branches, calls, `if`. */
const struct wasm_op wasm_ops[256] = {
    [WASM_OP_UNREACHABLE] = SPECIAL_TRAPS,
    [WASM_OP_NOP] = PLAIN("", ""),
    [WASM_OP_BLOCK... WASM_OP_LOOP] = SPECIAL,
    [WASM_OP_IF] = SPECIAL_TRAPS,
    [WASM_OP_ELSE] = SPECIAL,
    [WASM_OP_END] = SPECIAL,
    [WASM_OP_BR... WASM_OP_CALL_INDIRECT] = SPECIAL_TRAPS,
    [WASM_OP_DROP... WASM_OP_SELECT_TYPED] = SPECIAL,
    [WASM_OP_LOCAL_GET... WASM_OP_GLOBAL_SET] = SPECIAL,
    [WASM_OP_TABLE_GET... WASM_OP_TABLE_SET] = SPECIAL_TRAPS,

    [0x28] = LOAD(2, "i"),
    [0x29] = LOAD(3, "I"),
    [0x2a] = LOAD(2, "f"),
    [0x2b] = LOAD(3, "F"),
    [0x2c ... 0x2d] = LOAD(0, "i"),
    [0x2e ... 0x2f] = LOAD(1, "i"),
    [0x30 ... 0x31] = LOAD(0, "I"),
    [0x32 ... 0x33] = LOAD(1, "I"),
    [0x34 ... 0x35] = LOAD(2, "I"),
    [0x36] = STORE(2, "ii"),
    [0x37] = STORE(3, "iI"),
    [0x38] = STORE(2, "if"),
    [0x39] = STORE(3, "iF"),
    [0x3a] = STORE(0, "ii"),
    [0x3b] = STORE(1, "ii"),
    [0x3c] = STORE(0, "iI"),
    [0x3d] = STORE(1, "iI"),
    [0x3e] = STORE(2, "iI"),
    [WASM_OP_MEMORY_SIZE] = SPECIAL_OF("", "i"),
    [WASM_OP_MEMORY_GROW] = SPECIAL_BULK("i", "i"),

    [WASM_OP_I32_CONST] = SPECIAL_OF("", "i"),
    [WASM_OP_I64_CONST] = SPECIAL_OF("", "I"),
    [WASM_OP_F32_CONST] = SPECIAL_OF("", "f"),
    [WASM_OP_F64_CONST] = SPECIAL_OF("", "F"),

    [0x45] = PLAIN("i", "i"),           /* i32.eqz */
    [0x46 ... 0x4f] = PLAIN("ii", "i"), /* i32 comparisons */
    [0x50] = PLAIN("I", "i"),           /* i64.eqz */
    [0x51 ... 0x5a] = PLAIN("II", "i"), /* i64 comparisons */
    [0x5b ... 0x60] = PLAIN("ff", "i"), /* f32 comparisons */
    [0x61 ... 0x66] = PLAIN("FF", "i"), /* f64 comparisons */
    [0x67 ... 0x69] = PLAIN("i", "i"),  /* i32 clz ctz popcnt */
    [0x6a ... 0x6c] = PLAIN("ii", "i"), /* add sub mul */
    [0x6d ... 0x70] = TRAPS("ii", "i"), /* div rem */
    [0x71 ... 0x78] = PLAIN("ii", "i"), /* logic, shifts */
    [0x79 ... 0x7b] = PLAIN("I", "I"),  /* i64 clz ctz popcnt */
    [0x7c ... 0x7e] = PLAIN("II", "I"),
    [0x7f ... 0x82] = TRAPS("II", "I"), /* div rem */
    [0x83 ... 0x8a] = PLAIN("II", "I"),
    [0x8b ... 0x91] = PLAIN("f", "f"), /* abs neg ceil floor trunc nearest sqrt */
    [0x92 ... 0x98] = PLAIN("ff", "f"),
    [0x99 ... 0x9f] = PLAIN("F", "F"),
    [0xa0 ... 0xa6] = PLAIN("FF", "F"),
    [0xa7] = PLAIN("I", "i"),          /* i32.wrap_i64 */
    [0xa8 ... 0xa9] = TRAPS("f", "i"), /* i32.trunc_f32 */
    [0xaa ... 0xab] = TRAPS("F", "i"), /* i32.trunc_f64 */
    [0xac ... 0xad] = PLAIN("i", "I"), /* i64.extend_i32 */
    [0xae ... 0xaf] = TRAPS("f", "I"), /* i64.trunc_f32 */
    [0xb0 ... 0xb1] = TRAPS("F", "I"), /* i64.trunc_f64 */
    [0xb2 ... 0xb3] = PLAIN("i", "f"), /* f32.convert_i32 */
    [0xb4 ... 0xb5] = PLAIN("I", "f"), /* f32.convert_i64 */
    [0xb6] = PLAIN("F", "f"),          /* f32.demote_f64 */
    [0xb7 ... 0xb8] = PLAIN("i", "F"), /* f64.convert_i32 */
    [0xb9 ... 0xba] = PLAIN("I", "F"), /* f64.convert_i64 */
    [0xbb] = PLAIN("f", "F"),          /* f64.promote_f32 */
    [0xbc] = PLAIN("f", "i"),          /* reinterpretations */
    [0xbd] = PLAIN("F", "I"),
    [0xbe] = PLAIN("i", "f"),
    [0xbf] = PLAIN("I", "F"),
    [0xc0 ... 0xc1] = PLAIN("i", "i"), /* sign extensions */
    [0xc2 ... 0xc4] = PLAIN("I", "I"),

    [WASM_OP_REF_NULL... WASM_OP_REF_FUNC] = SPECIAL,
    [WASM_OP_PREFIX] = SPECIAL,
};

/* A funcref operand is written r. */
const struct wasm_op wasm_prefixed_ops[WASM_PREFIXED_COUNT] = {
    [0 ... 1] = PLAIN("f", "i"), /* saturating truncations */
    [2 ... 3] = PLAIN("F", "i"),
    [4 ... 5] = PLAIN("f", "I"),
    [6 ... 7] = PLAIN("F", "I"),
    [WASM_OP_MEMORY_INIT] = SPECIAL_BULK("iii", ""),
    [WASM_OP_DATA_DROP] = SPECIAL,
    [WASM_OP_MEMORY_COPY] = SPECIAL_BULK("iii", ""),
    [WASM_OP_MEMORY_FILL] = SPECIAL_BULK("iii", ""),
    [WASM_OP_TABLE_INIT] = SPECIAL_BULK("iii", ""),
    [WASM_OP_ELEM_DROP] = SPECIAL,
    [WASM_OP_TABLE_COPY] = SPECIAL_BULK("iii", ""),
    [WASM_OP_TABLE_GROW] = SPECIAL_BULK("ri", "i"),
    [WASM_OP_TABLE_SIZE] = SPECIAL_OF("", "i"),
    [WASM_OP_TABLE_FILL] = SPECIAL_BULK("iri", ""),
};

#include "wasm/near_prepare.h"
#include "codec/leb128.h"
#include "wasm/near_size.h"
#include "wasm/near_stack.h"
#include "wasm/walker.h"

enum {
    MAX_PARAMS_PER_FUNCTION = 64,
    MAX_PARAMS_PER_CONTRACT = 50000,
    MAX_OPERAND_BYTES = 8192,
    MAX_BLOCKS_PER_FUNCTION = 5000,
    MAX_BLOCKS_PER_CONTRACT = 50000,
    MAX_INSTRUMENTED_LEN = 16777216,
};

struct prepare {
    struct wasm_walker walker;
    struct near_stack stack;
    struct near_size size;
    struct buf code; /* rewritten bodies with their sizes */
    struct buf body; /* the present one, without locals and frame */
    struct buf head; /* its locals and stack check */
    uint64_t param_count, block_count;
    enum near_fault limit; /* the first limit a body breaks; reported only if the whole module is valid */
};

/* The function being rewritten. */
struct rewriting {
    struct buf *out;
    const uint8_t *copied_to; /* bytes of the original body up to here are written or replaced */
    uint64_t units;           /* charged so far but not written */
    uint64_t entry_units;     /* of these, for entering the function */
    struct near_size *size;
    uint32_t gas_global;
    uint32_t gas_local, count_local; /* scratch */
    uint32_t block_count;
    bool calls_functions;
};

const char *near_fault_name(enum near_fault fault)
{
    static const char *const names[] = {
        [NEAR_OK] = "",
        [NEAR_DESERIALIZATION] = "Deserialization",
        [NEAR_INSTANTIATE] = "Instantiate",
        [NEAR_MEMORY] = "Memory",
        [NEAR_TOO_MANY_FUNCTIONS] = "TooManyFunctions",
        [NEAR_TOO_MANY_LOCALS] = "TooManyLocals",
        [NEAR_TOO_MANY_TABLES] = "TooManyTables",
        [NEAR_TOO_MANY_TABLE_ELEMENTS] = "TooManyTableElements",
        [NEAR_FUNCTION_BODY_TOO_LARGE] = "FunctionBodyTooLarge",
        [NEAR_INSTRUMENTED_CODE_TOO_LARGE] = "InstrumentedCodeTooLarge",
        [NEAR_TOO_MANY_BLOCKS_PER_FUNCTION] = "TooManyBlocksPerFunction",
        [NEAR_TOO_MANY_BLOCKS_PER_CONTRACT] = "TooManyBlocksPerContract",
        [NEAR_TOO_MANY_TYPES] = "TooManyTypes",
        [NEAR_TOO_MANY_PARAMS_PER_CONTRACT] = "TooManyParamsPerContract",
        [NEAR_TOO_MANY_PARAMS_PER_FUNCTION] = "TooManyParamsPerFunction",
        [NEAR_OPERAND_STACK_TOO_LARGE] = "OperandStackTooLarge",
    };
    return names[fault];
}

static enum near_fault fault_of(enum wasm_fault fault)
{
    static const enum near_fault map[] = {
        [WASM_OK] = NEAR_OK,
        [WASM_INVALID] = NEAR_DESERIALIZATION,
        [WASM_FOREIGN_IMPORT] = NEAR_INSTANTIATE,
        [WASM_MEMORY_IMPORT] = NEAR_MEMORY,
        [WASM_TOO_MANY_TYPES] = NEAR_TOO_MANY_TYPES,
        [WASM_TOO_MANY_FUNCTIONS] = NEAR_TOO_MANY_FUNCTIONS,
        [WASM_TOO_MANY_LOCALS] = NEAR_TOO_MANY_LOCALS,
        [WASM_TOO_MANY_TABLES] = NEAR_TOO_MANY_TABLES,
        [WASM_TOO_MANY_TABLE_ELEMENTS] = NEAR_TOO_MANY_TABLE_ELEMENTS,
        [WASM_BODY_TOO_LARGE] = NEAR_FUNCTION_BODY_TOO_LARGE,
    };
    return map[fault];
}

/* Emission of single instructions. */

static void op(struct buf *out, uint8_t code)
{
    buf_append_byte(out, code);
}

static void op_index(struct buf *out, uint8_t code, uint32_t index)
{
    buf_append_byte(out, code);
    leb128_append_u32(out, index);
}

static void op_i32(struct buf *out, int32_t value)
{
    buf_append_byte(out, WASM_OP_I32_CONST);
    leb128_append_s32(out, value);
}

static void op_i64(struct buf *out, int64_t value)
{
    buf_append_byte(out, WASM_OP_I64_CONST);
    leb128_append_s64(out, value);
}

static void op_if(struct buf *out)
{
    op(out, WASM_OP_IF);
    op(out, WASM_NO_RESULT);
}

static void copy_up_to(struct rewriting *r, const uint8_t *at)
{
    buf_append(r->out, slice_from(r->copied_to, (size_t)(at - r->copied_to)));
    r->copied_to = at;
}

/* On top of the stack is what is left of the gas: store it, and stop when it is negative. */
static void store_gas_left(struct rewriting *r)
{
    op_index(r->out, WASM_OP_LOCAL_TEE, r->gas_local);
    op_index(r->out, WASM_OP_GLOBAL_SET, r->gas_global);
    op_index(r->out, WASM_OP_LOCAL_GET, r->gas_local);
    op_i64(r->out, 0);
    op(r->out, WASM_OP_I64_LT_S);
    op_if(r->out);
    op(r->out, WASM_OP_UNREACHABLE);
    op(r->out, WASM_OP_END);
}

static void note_charge(struct rewriting *r)
{
    near_size_charge(r->size, r->units - r->entry_units);
    r->entry_units = 0;
}

static void charge_collected(struct rewriting *r, const uint8_t *at)
{
    if (r->units == 0)
        return;
    note_charge(r);
    copy_up_to(r, at);
    op_index(r->out, WASM_OP_GLOBAL_GET, r->gas_global);
    op_i64(r->out, (int64_t)(r->units * NEAR_GAS_UNIT));
    op(r->out, WASM_OP_I64_SUB);
    store_gas_left(r);
    r->units = 0;
}

/* The count is on top of the stack, as an unsigned 32-bit number, and stays there. */
static void charge_linear(struct rewriting *r, const uint8_t *at)
{
    note_charge(r);
    near_size_charge_linear(r->size);
    copy_up_to(r, at);
    op_index(r->out, WASM_OP_LOCAL_TEE, r->count_local);
    op_index(r->out, WASM_OP_GLOBAL_GET, r->gas_global);
    op_index(r->out, WASM_OP_LOCAL_GET, r->count_local);
    op(r->out, WASM_OP_I64_EXTEND_I32_U);
    op_i64(r->out, NEAR_GAS_UNIT);
    op(r->out, WASM_OP_I64_MUL);
    op_i64(r->out, (int64_t)(r->units * NEAR_GAS_UNIT + NEAR_GAS_LINEAR_BASE));
    op(r->out, WASM_OP_I64_ADD);
    op(r->out, WASM_OP_I64_SUB);
    store_gas_left(r);
    r->units = 0;
}

static bool is_linear(const struct wasm_instr *i)
{
    if (i->op == WASM_OP_MEMORY_GROW)
        return true;
    return i->op == WASM_OP_PREFIX && i->info->traps;
}

/* A block's end is a place where runs of instructions meet when something branches to it, or when it has two arms. */
static bool joins(const struct wasm_instr *i)
{
    if (i->op == WASM_OP_ELSE || i->depth == 1)
        return true;
    return i->closed.op != WASM_OP_LOOP && (i->closed.is_target || i->closed.op != WASM_OP_BLOCK);
}

/* `return` becomes a branch to the function's own block, behind which the stack is given back. */
static void rewrite_return(struct rewriting *r, const struct wasm_instr *i)
{
    copy_up_to(r, i->raw.ptr);
    op_index(r->out, WASM_OP_BR, (uint32_t)i->depth - 1);
    r->copied_to = i->raw.ptr + i->raw.len;
}

static void rewrite_instr(struct rewriting *r, const struct wasm_module *m, const struct wasm_instr *i)
{
    const uint8_t *at = i->raw.ptr;
    near_size_instr(r->size, i);
    if (i->op == WASM_OP_BLOCK || i->op == WASM_OP_LOOP || i->op == WASM_OP_IF)
        r->block_count++;
    if (i->op == WASM_OP_CALL_INDIRECT || (i->op == WASM_OP_CALL && i->index >= m->import_count))
        r->calls_functions = true;
    if (i->dead) {
        if (i->op == WASM_OP_RETURN)
            rewrite_return(r, i);
        return;
    }
    if (i->op == WASM_OP_END || i->op == WASM_OP_ELSE) {
        if (joins(i))
            charge_collected(r, at);
    } else if (i->op == WASM_OP_LOOP) {
        charge_collected(r, at);
        r->units = 1;
    } else if (is_linear(i)) {
        charge_linear(r, at);
    } else if (i->op != WASM_OP_BLOCK) {
        r->units++;
        if (i->info->traps)
            charge_collected(r, at);
    }
    if (i->op == WASM_OP_RETURN)
        rewrite_return(r, i);
}

/* A function that calls no other function of the contract only looks at the budget; another one takes its share and, in
 * append_function, gives it back. */
static void append_stack_check(struct buf *out, uint32_t stack_global, int32_t need, bool take)
{
    op_index(out, WASM_OP_GLOBAL_GET, stack_global);
    op_i32(out, need);
    if (take) {
        op(out, WASM_OP_I32_SUB);
        op_index(out, WASM_OP_GLOBAL_SET, stack_global);
        op_index(out, WASM_OP_GLOBAL_GET, stack_global);
        op_i32(out, 0);
        op(out, WASM_OP_I32_LT_S);
        op_if(out);
    } else {
        op(out, WASM_OP_I32_LT_U);
        op_if(out);
        op_i32(out, -1);
        op_index(out, WASM_OP_GLOBAL_SET, stack_global);
    }
    op(out, WASM_OP_UNREACHABLE);
    op(out, WASM_OP_END);
}

/* Two more for the rewriting, always: a function that has no room for them is refused by the engine, as on the network. */
static void append_locals(struct buf *out, const struct wasm_walker *w)
{
    leb128_append_u32(out, w->local_group_count + 2);
    buf_append(out, w->local_groups);
    leb128_append_u32(out, 1);
    op(out, WASM_TYPE_I64);
    leb128_append_u32(out, 1);
    op(out, WASM_TYPE_I32);
}

static void append_function(struct prepare *p, const struct wasm_module *m, uint8_t result, const struct rewriting *r)
{
    uint32_t stack_global = m->global_count + 1;
    int32_t need = (int32_t)(NEAR_FRAME_BYTES + p->walker.params_and_locals_bytes + p->stack.max_bytes);
    buf_clear(&p->head);
    append_locals(&p->head, &p->walker);
    append_stack_check(&p->head, stack_global, need, r->calls_functions);
    if (r->calls_functions) {
        op(&p->head, WASM_OP_BLOCK);
        op(&p->head, result);
        op_index(&p->body, WASM_OP_GLOBAL_GET, stack_global);
        op_i32(&p->body, need);
        op(&p->body, WASM_OP_I32_ADD);
        op_index(&p->body, WASM_OP_GLOBAL_SET, stack_global);
        op(&p->body, WASM_OP_END);
    }
    leb128_append_u32(&p->code, (uint32_t)(p->head.len + p->body.len));
    buf_append(&p->code, buf_slice(&p->head));
    buf_append(&p->code, buf_slice(&p->body));
}

static void note_limits(struct prepare *p, size_t param_count, uint32_t block_count)
{
    enum near_fault fault = NEAR_OK;
    p->param_count += param_count;
    p->block_count += block_count;
    if (param_count > MAX_PARAMS_PER_FUNCTION)
        fault = NEAR_TOO_MANY_PARAMS_PER_FUNCTION;
    else if (p->param_count > MAX_PARAMS_PER_CONTRACT)
        fault = NEAR_TOO_MANY_PARAMS_PER_CONTRACT;
    else if (p->stack.max_bytes > MAX_OPERAND_BYTES)
        fault = NEAR_OPERAND_STACK_TOO_LARGE;
    else if (block_count > MAX_BLOCKS_PER_FUNCTION)
        fault = NEAR_TOO_MANY_BLOCKS_PER_FUNCTION;
    else if (p->block_count > MAX_BLOCKS_PER_CONTRACT)
        fault = NEAR_TOO_MANY_BLOCKS_PER_CONTRACT;
    if (p->limit == NEAR_OK)
        p->limit = fault;
}

static enum wasm_fault rewrite_body(void *self, const struct wasm_module *m, uint32_t func_index, struct slice body)
{
    struct prepare *p = self;
    struct wasm_walker *w = &p->walker;
    const struct wasm_func_type *type = wasm_func_type(m, func_index);
    wasm_walker_start(w, m, func_index, body);
    buf_clear(&p->body);
    uint64_t entry_units = (NEAR_FRAME_BYTES + w->params_and_locals_bytes + 7) / 8;
    struct rewriting r = {
        .out = &p->body,
        .copied_to = w->c.rest.ptr,
        .units = entry_units,
        .entry_units = entry_units,
        .size = &p->size,
        .gas_global = m->global_count,
        .gas_local = (uint32_t)w->locals.len,
        .count_local = (uint32_t)w->locals.len + 1,
    };
    struct wasm_instr instr;
    near_stack_start(&p->stack);
    near_size_start(&p->size, m, r.gas_local);
    while (wasm_walker_next(w, &instr)) {
        near_stack_apply(&p->stack, w, &instr);
        rewrite_instr(&r, m, &instr);
    }
    if (w->failed)
        return WASM_INVALID;
    copy_up_to(&r, body.ptr + body.len);
    near_size_finish(&p->size, w->local_group_count, w->local_groups.len, entry_units,
                     NEAR_FRAME_BYTES + w->params_and_locals_bytes + p->stack.max_bytes);
    note_limits(p, type->params.len, r.block_count);
    if (p->limit == NEAR_OK)
        append_function(p, m, type->result, &r);
    return WASM_OK;
}

/* Sections of the result. */

static void append_section(struct buf *out, enum wasm_section_id id, struct slice content)
{
    buf_append_byte(out, (uint8_t)id);
    leb128_append_u32(out, (uint32_t)content.len);
    buf_append(out, content);
}

static void append_original(struct buf *out, const struct wasm_module *m, enum wasm_section_id id)
{
    if (m->sections[id].ptr)
        append_section(out, id, m->sections[id]);
}

static void append_memory(struct buf *out)
{
    AUTO(buf) struct buf s = {0};
    leb128_append_u32(&s, 1);
    buf_append_byte(&s, 1); /* with a maximum */
    leb128_append_u32(&s, NEAR_MEMORY_MIN_PAGES);
    leb128_append_u32(&s, NEAR_MEMORY_MAX_PAGES);
    append_section(out, WASM_MEMORIES, buf_slice(&s));
}

static void append_globals(struct buf *out, const struct wasm_module *m)
{
    AUTO(buf) struct buf s = {0};
    leb128_append_u32(&s, m->global_count + 2);
    if (m->sections[WASM_GLOBALS].ptr) {
        struct wasm_cursor c = wasm_cursor_of(m->sections[WASM_GLOBALS]);
        wasm_read_u32(&c);
        buf_append(&s, c.rest);
    }
    buf_append_byte(&s, WASM_TYPE_I64);
    buf_append_byte(&s, 1);
    op_i64(&s, 0);
    op(&s, WASM_OP_END);
    buf_append_byte(&s, WASM_TYPE_I32);
    buf_append_byte(&s, 1);
    op_i32(&s, 0);
    op(&s, WASM_OP_END);
    append_section(out, WASM_GLOBALS, buf_slice(&s));
}

static void append_export(struct buf *out, const char *prefix, struct slice name, enum wasm_kind kind, uint32_t index)
{
    struct slice head = slice_str(prefix);
    leb128_append_u32(out, (uint32_t)(head.len + name.len));
    buf_append(out, head);
    buf_append(out, name);
    buf_append_byte(out, (uint8_t)kind);
    leb128_append_u32(out, index);
}

static void append_exports(struct buf *out, const struct wasm_module *m)
{
    AUTO(buf) struct buf s = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->export_count; i++)
        count += m->exports[i].kind == WASM_KIND_FUNC;
    leb128_append_u32(&s, count + 3 + m->has_start);
    for (uint32_t i = 0; i < m->export_count; i++) {
        if (m->exports[i].kind == WASM_KIND_FUNC)
            append_export(&s, NEAR_EXPORT_PREFIX, m->exports[i].name, WASM_KIND_FUNC, m->exports[i].index);
    }
    append_export(&s, NEAR_EXPORT_MEMORY, SLICE(""), WASM_KIND_MEMORY, 0);
    append_export(&s, NEAR_EXPORT_GAS, SLICE(""), WASM_KIND_GLOBAL, m->global_count);
    append_export(&s, NEAR_EXPORT_STACK, SLICE(""), WASM_KIND_GLOBAL, m->global_count + 1);
    if (m->has_start)
        append_export(&s, NEAR_EXPORT_START, SLICE(""), WASM_KIND_FUNC, m->start);
    append_section(out, WASM_EXPORTS, buf_slice(&s));
}

static void append_code(struct buf *out, const struct wasm_module *m, struct slice bodies)
{
    AUTO(buf) struct buf s = {0};
    leb128_append_u32(&s, m->func_count - m->import_count);
    buf_append(&s, bodies);
    append_section(out, WASM_CODE, buf_slice(&s));
}

static void append_module(struct buf *out, const struct wasm_module *m, struct slice bodies)
{
    static const uint8_t head[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    buf_append(out, slice_from(head, sizeof head));
    append_original(out, m, WASM_TYPES);
    append_original(out, m, WASM_IMPORTS);
    append_original(out, m, WASM_FUNCTIONS);
    append_original(out, m, WASM_TABLES);
    append_memory(out);
    append_globals(out, m);
    append_exports(out, m);
    append_original(out, m, WASM_ELEMENTS);
    append_original(out, m, WASM_DATA_COUNT);
    append_code(out, m, bodies);
    append_original(out, m, WASM_DATA);
}

static enum near_fault prepare_with(struct prepare *p, struct arena *arena, struct slice contract, struct buf *out)
{
    struct wasm_module m;
    enum wasm_fault fault = wasm_module_read(contract, (struct wasm_body_visitor){rewrite_body, p}, arena, &m);
    if (fault != WASM_OK)
        return fault_of(fault);
    if (p->limit != NEAR_OK)
        return p->limit;
    size_t before = out->len;
    append_module(out, &m, buf_slice(&p->code));
    /* The network's types, imports, globals and exports take 111 bytes more. */
    uint64_t network_len = out->len - before - p->code.len + p->size.code_len + 111;
    return network_len > MAX_INSTRUMENTED_LEN ? NEAR_INSTRUMENTED_CODE_TOO_LARGE : NEAR_OK;
}

enum near_fault near_prepare(struct slice contract, struct buf *out)
{
    AUTO(arena) struct arena arena = {0};
    struct prepare p = {0};
    enum near_fault fault = prepare_with(&p, &arena, contract, out);
    wasm_walker_free(&p.walker);
    near_stack_free(&p.stack);
    buf_free(&p.code);
    buf_free(&p.body);
    buf_free(&p.head);
    return fault;
}

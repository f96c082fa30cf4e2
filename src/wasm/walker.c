#include "wasm/walker.h"
#include "base/mem.h"
#include <string.h>

static void require(struct wasm_walker *w, bool holds)
{
    if (!holds)
        w->failed = true;
}

static struct wasm_frame *top(struct wasm_walker *w)
{
    return &w->frames[w->frame_count - 1];
}

static bool is_dead(struct wasm_walker *w)
{
    return top(w)->unreachable || top(w)->entered_dead;
}

static void push(struct wasm_walker *w, uint8_t type)
{
    buf_append_byte(&w->stack, type);
}

/* Takes any operand. Unreachable code finds operands of unknown type below its own. */
static uint8_t pop_any(struct wasm_walker *w)
{
    if (w->stack.len == top(w)->height) {
        require(w, top(w)->unreachable);
        return WASM_UNKNOWN;
    }
    return w->stack.ptr[--w->stack.len];
}

static void pop(struct wasm_walker *w, uint8_t expected)
{
    uint8_t type = pop_any(w);
    require(w, type == expected || type == WASM_UNKNOWN);
}

static void pop_result(struct wasm_walker *w, uint8_t result)
{
    if (result != WASM_NO_RESULT)
        pop(w, result);
}

static void push_result(struct wasm_walker *w, uint8_t result)
{
    if (result != WASM_NO_RESULT)
        push(w, result);
}

static uint8_t type_of_letter(char letter)
{
    switch (letter) {
    case 'i':
        return WASM_TYPE_I32;
    case 'I':
        return WASM_TYPE_I64;
    case 'f':
        return WASM_TYPE_F32;
    case 'F':
        return WASM_TYPE_F64;
    default:
        return WASM_TYPE_FUNCREF;
    }
}

static void apply_signature(struct wasm_walker *w, const struct wasm_op *info)
{
    for (size_t i = strlen(info->in); i > 0; i--)
        pop(w, type_of_letter(info->in[i - 1]));
    if (info->out[0])
        push(w, type_of_letter(info->out[0]));
}

static void open_frame(struct wasm_walker *w, uint8_t op, uint8_t result, bool dead)
{
    if (w->frame_count == w->frame_room) {
        w->frame_room = w->frame_room ? w->frame_room * 2 : 64;
        w->frames = mem_realloc(w->frames, w->frame_room * sizeof *w->frames);
    }
    w->frames[w->frame_count++] = (struct wasm_frame){
        .op = op,
        .result = result,
        .entered_dead = dead,
        .height = (uint32_t)w->stack.len,
    };
}

static void make_unreachable(struct wasm_walker *w)
{
    w->stack.len = top(w)->height;
    top(w)->unreachable = true;
}

/* The results of the block are there and nothing else. */
static struct wasm_frame close_frame(struct wasm_walker *w)
{
    pop_result(w, top(w)->result);
    require(w, w->stack.len == top(w)->height);
    struct wasm_frame frame = *top(w);
    w->stack.len = frame.height;
    w->frame_count--;
    return frame;
}

static struct wasm_frame *label(struct wasm_walker *w, uint32_t depth)
{
    require(w, depth < w->frame_count);
    if (w->failed)
        return NULL;
    struct wasm_frame *frame = &w->frames[w->frame_count - 1 - depth];
    frame->is_target = true;
    return frame;
}

/* What a branch to the block carries: a loop's start takes nothing. */
static uint8_t label_type(const struct wasm_frame *frame)
{
    return frame->op == WASM_OP_LOOP ? WASM_NO_RESULT : frame->result;
}

static void walk_branch(struct wasm_walker *w, bool conditional)
{
    struct wasm_frame *frame = label(w, wasm_read_u32(&w->c));
    if (!frame)
        return;
    if (conditional)
        pop(w, WASM_TYPE_I32);
    pop_result(w, label_type(frame));
    if (conditional)
        push_result(w, label_type(frame));
    else
        make_unreachable(w);
}

static void walk_br_table(struct wasm_walker *w)
{
    uint32_t count = wasm_read_count(&w->c, 1);
    pop(w, WASM_TYPE_I32);
    bool carries = false;
    for (uint32_t i = 0; i <= count && !w->failed && !w->c.failed; i++) {
        const struct wasm_frame *frame = label(w, wasm_read_u32(&w->c));
        if (!frame)
            return;
        uint8_t type = label_type(frame);
        if (i == 0)
            carries = type != WASM_NO_RESULT;
        require(w, carries == (type != WASM_NO_RESULT));
        if (carries) {
            uint8_t actual = pop_any(w);
            require(w, actual == type || actual == WASM_UNKNOWN);
            push(w, actual);
        }
    }
    make_unreachable(w);
}

static uint8_t read_block_type(struct wasm_walker *w)
{
    if (w->c.rest.len == 0 || w->c.rest.ptr[0] != WASM_NO_RESULT)
        return wasm_read_type(&w->c);
    return wasm_read_byte(&w->c);
}

static void walk_block(struct wasm_walker *w, uint8_t op)
{
    bool dead = is_dead(w);
    uint8_t result = read_block_type(w);
    if (op == WASM_OP_IF)
        pop(w, WASM_TYPE_I32);
    open_frame(w, op, result, dead);
}

static void walk_else(struct wasm_walker *w, struct wasm_instr *out)
{
    require(w, top(w)->op == WASM_OP_IF);
    out->closed = close_frame(w);
    open_frame(w, WASM_OP_ELSE, out->closed.result, out->closed.entered_dead);
    top(w)->is_target = out->closed.is_target;
}

static void walk_end(struct wasm_walker *w, struct wasm_instr *out)
{
    out->closed = close_frame(w);
    require(w, out->closed.op != WASM_OP_IF || out->closed.result == WASM_NO_RESULT);
    if (w->frame_count == 0) {
        w->ended = true;
        require(w, w->c.rest.len == 0);
        return;
    }
    push_result(w, out->closed.result);
}

static void apply_func_type(struct wasm_walker *w, const struct wasm_func_type *type)
{
    for (size_t i = type->params.len; i > 0; i--)
        pop(w, type->params.ptr[i - 1]);
    push_result(w, type->result);
}

static void walk_call(struct wasm_walker *w, struct wasm_instr *out)
{
    out->index = wasm_read_u32(&w->c);
    require(w, out->index < w->m->func_count);
    if (!w->failed)
        apply_func_type(w, wasm_func_type(w->m, out->index));
}

static void walk_call_indirect(struct wasm_walker *w, struct wasm_instr *out)
{
    uint32_t type = out->index = wasm_read_u32(&w->c);
    require(w, type < w->m->type_count && wasm_read_u32(&w->c) < w->m->table_count);
    pop(w, WASM_TYPE_I32);
    if (!w->failed)
        apply_func_type(w, &w->m->types[type]);
}

static void walk_select(struct wasm_walker *w)
{
    pop(w, WASM_TYPE_I32);
    uint8_t a = pop_any(w), b = pop_any(w);
    require(w, a != WASM_TYPE_FUNCREF && b != WASM_TYPE_FUNCREF && (a == b || a == WASM_UNKNOWN || b == WASM_UNKNOWN));
    push(w, a == WASM_UNKNOWN ? b : a);
}

static void walk_select_typed(struct wasm_walker *w)
{
    uint32_t count = wasm_read_u32(&w->c);
    require(w, count == 1);
    uint8_t type = wasm_read_type(&w->c);
    pop(w, WASM_TYPE_I32);
    pop(w, type);
    pop(w, type);
    push(w, type);
}

static void walk_local(struct wasm_walker *w, uint8_t op)
{
    uint32_t index = wasm_read_u32(&w->c);
    require(w, index < w->locals.len);
    if (w->failed)
        return;
    uint8_t type = w->locals.ptr[index];
    if (op != WASM_OP_LOCAL_GET)
        pop(w, type);
    if (op != WASM_OP_LOCAL_SET)
        push(w, type);
}

static void walk_global(struct wasm_walker *w, uint8_t op)
{
    uint32_t index = wasm_read_u32(&w->c);
    require(w, index < w->m->global_count);
    if (w->failed)
        return;
    const struct wasm_global *global = &w->m->globals[index];
    if (op == WASM_OP_GLOBAL_GET) {
        push(w, global->type);
        return;
    }
    require(w, global->is_mutable);
    pop(w, global->type);
}

static void walk_table_access(struct wasm_walker *w, uint8_t op)
{
    require(w, wasm_read_u32(&w->c) < w->m->table_count);
    if (op == WASM_OP_TABLE_SET)
        pop(w, WASM_TYPE_FUNCREF);
    pop(w, WASM_TYPE_I32);
    if (op == WASM_OP_TABLE_GET)
        push(w, WASM_TYPE_FUNCREF);
}

static void walk_reference(struct wasm_walker *w, uint8_t op)
{
    if (op == WASM_OP_REF_NULL) {
        require(w, wasm_read_byte(&w->c) == WASM_TYPE_FUNCREF);
        push(w, WASM_TYPE_FUNCREF);
        return;
    }
    if (op == WASM_OP_REF_IS_NULL) {
        pop(w, WASM_TYPE_FUNCREF);
        push(w, WASM_TYPE_I32);
        return;
    }
    uint32_t index = wasm_read_u32(&w->c);
    require(w, index < w->m->func_count && wasm_func_is_declared(w->m, index));
    push(w, WASM_TYPE_FUNCREF);
}

static void walk_constant(struct wasm_walker *w, uint8_t op)
{
    if (op == WASM_OP_I32_CONST)
        wasm_skip_s32(&w->c);
    else if (op == WASM_OP_I64_CONST)
        wasm_skip_s64(&w->c);
    else
        wasm_read_bytes(&w->c, op == WASM_OP_F32_CONST ? 4 : 8);
    apply_signature(w, &wasm_ops[op]);
}

static void walk_memory_access(struct wasm_walker *w, const struct wasm_op *info)
{
    uint32_t align = wasm_read_u32(&w->c);
    wasm_read_u32(&w->c);
    require(w, align <= info->align && w->m->has_memory);
    apply_signature(w, info);
}

/* The memory's index: one byte, not an integer, as long as there can be only one. */
static void read_memory_index(struct wasm_walker *w)
{
    require(w, wasm_read_byte(&w->c) == 0 && w->m->has_memory);
}

static void read_table_index(struct wasm_walker *w)
{
    require(w, wasm_read_u32(&w->c) < w->m->table_count);
}

static void read_bulk_immediates(struct wasm_walker *w, uint8_t prefixed)
{
    switch (prefixed) {
    case WASM_OP_MEMORY_INIT:
    case WASM_OP_DATA_DROP:
        require(w, w->m->has_data_count && wasm_read_u32(&w->c) < w->m->data_count);
        if (prefixed == WASM_OP_MEMORY_INIT)
            read_memory_index(w);
        return;
    case WASM_OP_MEMORY_COPY:
        read_memory_index(w);
        read_memory_index(w);
        return;
    case WASM_OP_MEMORY_FILL:
        read_memory_index(w);
        return;
    case WASM_OP_TABLE_INIT:
    case WASM_OP_ELEM_DROP:
        require(w, wasm_read_u32(&w->c) < w->m->element_count);
        if (prefixed == WASM_OP_TABLE_INIT)
            read_table_index(w);
        return;
    case WASM_OP_TABLE_COPY:
        read_table_index(w);
        read_table_index(w);
        return;
    default:
        read_table_index(w);
    }
}

static void walk_prefixed(struct wasm_walker *w, struct wasm_instr *out)
{
    uint32_t code = wasm_read_u32(&w->c);
    require(w, code < WASM_PREFIXED_COUNT);
    if (w->failed)
        return;
    out->prefixed = (uint8_t)code;
    out->info = &wasm_prefixed_ops[code];
    if (out->info->kind == WASM_OP_SPECIAL)
        read_bulk_immediates(w, out->prefixed);
    apply_signature(w, out->info);
}

static void walk_special(struct wasm_walker *w, struct wasm_instr *out)
{
    uint8_t op = out->op;
    switch (op) {
    case WASM_OP_UNREACHABLE:
        make_unreachable(w);
        return;
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP:
    case WASM_OP_IF:
        walk_block(w, op);
        return;
    case WASM_OP_ELSE:
        walk_else(w, out);
        return;
    case WASM_OP_END:
        walk_end(w, out);
        return;
    case WASM_OP_BR:
    case WASM_OP_BR_IF:
        walk_branch(w, op == WASM_OP_BR_IF);
        return;
    case WASM_OP_BR_TABLE:
        walk_br_table(w);
        return;
    case WASM_OP_RETURN:
        pop_result(w, w->frames[0].result);
        w->frames[0].is_target = true;
        make_unreachable(w);
        return;
    case WASM_OP_CALL:
        walk_call(w, out);
        return;
    case WASM_OP_CALL_INDIRECT:
        walk_call_indirect(w, out);
        return;
    case WASM_OP_DROP:
        pop_any(w);
        return;
    case WASM_OP_SELECT:
        walk_select(w);
        return;
    case WASM_OP_SELECT_TYPED:
        walk_select_typed(w);
        return;
    case WASM_OP_LOCAL_GET ... WASM_OP_LOCAL_TEE:
        walk_local(w, op);
        return;
    case WASM_OP_GLOBAL_GET ... WASM_OP_GLOBAL_SET:
        walk_global(w, op);
        return;
    case WASM_OP_TABLE_GET ... WASM_OP_TABLE_SET:
        walk_table_access(w, op);
        return;
    case WASM_OP_MEMORY_SIZE ... WASM_OP_MEMORY_GROW:
        read_memory_index(w);
        apply_signature(w, out->info);
        return;
    case WASM_OP_I32_CONST ... WASM_OP_F64_CONST:
        walk_constant(w, op);
        return;
    case WASM_OP_REF_NULL ... WASM_OP_REF_FUNC:
        walk_reference(w, op);
        return;
    default:
        walk_prefixed(w, out);
    }
}

void wasm_walker_start(struct wasm_walker *w, const struct wasm_module *m, uint32_t func_index, struct slice body)
{
    const struct wasm_func_type *type = wasm_func_type(m, func_index);
    w->m = m;
    w->c = wasm_cursor_of(body);
    w->failed = w->ended = false;
    w->frame_count = 0;
    buf_clear(&w->stack);
    buf_clear(&w->locals);
    buf_append(&w->locals, type->params);
    w->local_group_count = wasm_read_count(&w->c, 2);
    const uint8_t *groups = w->c.rest.ptr;
    for (uint32_t i = 0; i < w->local_group_count && !w->c.failed; i++) {
        uint32_t count = wasm_read_u32(&w->c);
        uint8_t local = wasm_read_type(&w->c);
        if (w->c.failed || count > WASM_MAX_FUNCTION_LOCALS - w->locals.len) {
            w->failed = true;
            return;
        }
        memset(buf_reserve(&w->locals, count), local, count);
        w->locals.len += count;
    }
    if (w->c.failed) {
        w->failed = true;
        return;
    }
    w->local_groups = slice_from(groups, (size_t)(w->c.rest.ptr - groups));
    w->params_and_locals_bytes = 0;
    for (size_t i = 0; i < w->locals.len; i++)
        w->params_and_locals_bytes += wasm_type_size(w->locals.ptr[i]);
    open_frame(w, WASM_OP_BLOCK, type->result, false);
}

bool wasm_walker_next(struct wasm_walker *w, struct wasm_instr *out)
{
    if (w->failed || w->ended)
        return false;
    const uint8_t *start = w->c.rest.ptr;
    uint8_t op = wasm_read_byte(&w->c);
    *out = (struct wasm_instr){.op = op, .info = &wasm_ops[op], .dead = is_dead(w), .depth = w->frame_count};
    switch (out->info->kind) {
    case WASM_OP_PLAIN:
        apply_signature(w, out->info);
        break;
    case WASM_OP_MEMORY:
        walk_memory_access(w, out->info);
        break;
    case WASM_OP_SPECIAL:
        walk_special(w, out);
        break;
    default:
        w->failed = true;
    }
    if (w->c.failed)
        w->failed = true;
    if (w->failed)
        return false;
    out->raw = slice_from(start, (size_t)(w->c.rest.ptr - start));
    return true;
}

void wasm_walker_free(struct wasm_walker *w)
{
    buf_free(&w->locals);
    buf_free(&w->stack);
    mem_free(w->frames);
    *w = (struct wasm_walker){0};
}

#include "wasm/near_stack.h"
#include <string.h>

static void push_size(struct near_stack *s, uint32_t size)
{
    buf_append_byte(&s->sizes, (uint8_t)size);
    s->bytes += size;
    if (s->bytes > s->max_bytes)
        s->max_bytes = s->bytes;
}

static void pop_sizes(struct near_stack *s, size_t count)
{
    for (; count > 0 && s->sizes.len > 0; count--)
        s->bytes -= s->sizes.ptr[--s->sizes.len];
}

static void open_block(struct near_stack *s)
{
    size_t height = s->sizes.len;
    buf_append(&s->heights, slice_from(&height, sizeof height));
}

static void close_block(struct near_stack *s, bool parent_is_dead)
{
    size_t height;
    s->heights.len -= sizeof height;
    memcpy(&height, s->heights.ptr + s->heights.len, sizeof height);
    if (!parent_is_dead)
        pop_sizes(s, s->sizes.len - height);
}

/* What lies on top of the walker's stack is what the instruction has just pushed. */
static void push_top(struct near_stack *s, const struct wasm_walker *w)
{
    push_size(s, wasm_type_size(w->stack.ptr[w->stack.len - 1]));
}

static void apply_call(struct near_stack *s, const struct wasm_walker *w, const struct wasm_func_type *type)
{
    pop_sizes(s, type->params.len);
    if (type->result != WASM_NO_RESULT)
        push_top(s, w);
}

static void apply_end(struct near_stack *s, const struct wasm_instr *i)
{
    if (i->depth == 1)
        return;
    close_block(s, i->closed.entered_dead);
    if (!i->closed.entered_dead && i->closed.result != WASM_NO_RESULT)
        push_size(s, wasm_type_size(i->closed.result));
}

static bool is_i32_comparison(uint8_t op)
{
    return op >= 0x46 && op <= 0x4f;
}

static bool is_extension(uint8_t op)
{
    return op >= 0xc0 && op <= 0xc4;
}

/* An instruction that gives the type it takes leaves that operand where it is. */
static void apply_signature(struct near_stack *s, const struct wasm_walker *w, const struct wasm_instr *i)
{
    const char *in = i->info->in, *out = i->info->out;
    size_t count = strlen(in);
    bool keeps_first = i->info->kind == WASM_OP_PLAIN && i->op != WASM_OP_PREFIX && out[0] && in[0] == out[0] &&
                       !is_i32_comparison(i->op) && !is_extension(i->op) && i->op != 0x45;
    if (keeps_first || i->op == WASM_OP_MEMORY_GROW) {
        pop_sizes(s, count - 1);
        return;
    }
    pop_sizes(s, count);
    if (out[0])
        push_top(s, w);
}

static void apply_special(struct near_stack *s, const struct wasm_walker *w, const struct wasm_instr *i)
{
    switch (i->op) {
    case WASM_OP_CALL:
        apply_call(s, w, wasm_func_type(w->m, i->index));
        return;
    case WASM_OP_CALL_INDIRECT:
        apply_call(s, w, &w->m->types[i->index]);
        return;
    case WASM_OP_BR_IF:
    case WASM_OP_DROP:
    case WASM_OP_LOCAL_SET:
    case WASM_OP_GLOBAL_SET:
        pop_sizes(s, 1);
        return;
    case WASM_OP_SELECT:
    case WASM_OP_SELECT_TYPED:
    case WASM_OP_TABLE_SET:
        pop_sizes(s, 2);
        return;
    case WASM_OP_LOCAL_GET:
    case WASM_OP_GLOBAL_GET:
    case WASM_OP_REF_NULL:
    case WASM_OP_REF_FUNC:
        push_top(s, w);
        return;
    case WASM_OP_TABLE_GET:
    case WASM_OP_REF_IS_NULL:
        pop_sizes(s, 1);
        push_top(s, w);
        return;
    case WASM_OP_UNREACHABLE:
    case WASM_OP_BR:
    case WASM_OP_BR_TABLE:
    case WASM_OP_RETURN:
    case WASM_OP_LOCAL_TEE:
        return;
    default:
        apply_signature(s, w, i);
    }
}

void near_stack_start(struct near_stack *s)
{
    buf_clear(&s->sizes);
    buf_clear(&s->heights);
    s->bytes = s->max_bytes = 0;
}

void near_stack_apply(struct near_stack *s, const struct wasm_walker *w, const struct wasm_instr *i)
{
    switch (i->op) {
    case WASM_OP_IF:
        if (!i->dead)
            pop_sizes(s, 1);
        open_block(s);
        return;
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP:
        open_block(s);
        return;
    case WASM_OP_ELSE:
        close_block(s, i->closed.entered_dead);
        open_block(s);
        return;
    case WASM_OP_END:
        apply_end(s, i);
        return;
    }
    if (!i->dead)
        apply_special(s, w, i);
}

void near_stack_free(struct near_stack *s)
{
    buf_free(&s->sizes);
    buf_free(&s->heights);
}

#include "wasm/segments.h"

static void require(struct wasm_cursor *c, bool holds)
{
    if (!holds)
        c->failed = true;
}

void wasm_declare_func(struct wasm_cursor *c, struct wasm_module *m, uint32_t func_index)
{
    require(c, func_index < m->func_count);
    if (!c->failed)
        m->func_declared[func_index / 8] |= (uint8_t)(1u << func_index % 8);
}

/* One constant instruction and `end`. global.get may name only imported globals, which do not exist here. */
static void read_constant(struct wasm_cursor *c, struct wasm_module *m, uint8_t expected)
{
    uint8_t type = WASM_UNKNOWN;
    switch (wasm_read_byte(c)) {
    case 0x41:
        wasm_skip_s32(c);
        type = WASM_TYPE_I32;
        break;
    case 0x42:
        wasm_skip_s64(c);
        type = WASM_TYPE_I64;
        break;
    case 0x43:
        wasm_read_bytes(c, 4);
        type = WASM_TYPE_F32;
        break;
    case 0x44:
        wasm_read_bytes(c, 8);
        type = WASM_TYPE_F64;
        break;
    case 0xd0:
        require(c, wasm_read_byte(c) == WASM_TYPE_FUNCREF);
        type = WASM_TYPE_FUNCREF;
        break;
    case 0xd2:
        wasm_declare_func(c, m, wasm_read_u32(c));
        type = WASM_TYPE_FUNCREF;
        break;
    }
    require(c, type == expected && wasm_read_byte(c) == 0x0b);
}

void wasm_read_globals(struct wasm_cursor *c, struct arena *arena, struct wasm_module *m)
{
    uint32_t count = wasm_read_count(c, 4);
    struct wasm_global *globals = ARENA_ARRAY(arena, struct wasm_global, count);
    for (uint32_t i = 0; i < count && !c->failed; i++) {
        uint8_t type = wasm_read_type(c), is_mutable = wasm_read_byte(c);
        require(c, is_mutable <= 1);
        globals[i] = (struct wasm_global){.type = type, .is_mutable = is_mutable != 0};
        read_constant(c, m, type);
    }
    m->globals = globals;
    m->global_count = count;
}

/* Bit 0: passive or declarative; bit 1: an explicit table, or declarative; bit 2: expressions instead of indices. */
enum { SEGMENT_NOT_ACTIVE = 1, SEGMENT_EXPLICIT = 2, SEGMENT_EXPRESSIONS = 4 };

static void read_element(struct wasm_cursor *c, struct wasm_module *m)
{
    uint32_t flags = wasm_read_u32(c);
    require(c, flags <= 7);
    if (!(flags & SEGMENT_NOT_ACTIVE)) {
        uint32_t table = flags & SEGMENT_EXPLICIT ? wasm_read_u32(c) : 0;
        require(c, table < m->table_count);
        read_constant(c, m, WASM_TYPE_I32);
    }
    if (flags & (SEGMENT_NOT_ACTIVE | SEGMENT_EXPLICIT)) {
        if (flags & SEGMENT_EXPRESSIONS)
            require(c, wasm_read_type(c) == WASM_TYPE_FUNCREF);
        else
            require(c, wasm_read_byte(c) == 0);
    }
    uint32_t count = wasm_read_count(c, 1);
    for (uint32_t i = 0; i < count && !c->failed; i++) {
        if (flags & SEGMENT_EXPRESSIONS)
            read_constant(c, m, WASM_TYPE_FUNCREF);
        else
            wasm_declare_func(c, m, wasm_read_u32(c));
    }
}

void wasm_read_elements(struct wasm_cursor *c, struct wasm_module *m)
{
    m->element_count = wasm_read_count(c, 2);
    for (uint32_t i = 0; i < m->element_count && !c->failed; i++)
        read_element(c, m);
}

void wasm_read_data(struct wasm_cursor *c, struct wasm_module *m)
{
    uint32_t count = wasm_read_count(c, 2);
    require(c, !m->has_data_count || count == m->data_count);
    for (uint32_t i = 0; i < count && !c->failed; i++) {
        uint32_t flags = wasm_read_u32(c);
        require(c, flags <= 2);
        if (flags == 2)
            require(c, wasm_read_u32(c) == 0);
        if (flags != 1) {
            require(c, m->has_memory);
            read_constant(c, m, WASM_TYPE_I32);
        }
        wasm_read_bytes(c, wasm_read_u32(c));
    }
}

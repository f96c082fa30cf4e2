#include "wasm/sniff.h"
#include "codec/leb128.h"
#include "wasm/cursor.h"

enum { SECTION_IMPORTS = 2, SECTION_FUNCTIONS = 3, SECTION_MEMORIES = 5, SECTION_START = 8, SECTION_CODE = 10 };

enum { PREAMBLE_LEN = 8 };

enum { LIMITS_MAX = 1, LIMITS_PAGE_SIZE = 8 };

static uint64_t read_wide(struct wasm_cursor *c)
{
    uint64_t v = 0;
    if (c->failed || !leb128_read_u64(&c->rest, &v))
        c->failed = true;
    return v;
}

/* Returns the minimum. 64-bit and shared memories and tables have the same form with wider numbers. */
static uint64_t read_limits(struct wasm_cursor *c)
{
    uint8_t flags = wasm_read_byte(c);
    uint64_t min = read_wide(c);
    if (flags & LIMITS_MAX)
        read_wide(c);
    if (flags & LIMITS_PAGE_SIZE)
        wasm_read_u32(c);
    return min;
}

/* One byte, or, for references with a heap type of their own, a byte and an index. */
static void skip_value_type(struct wasm_cursor *c)
{
    uint8_t type = wasm_read_byte(c);
    if (type == 0x63 || type == 0x64)
        read_wide(c);
}

static void note_memory(struct wasm_cursor *c, struct wasm_facts *out)
{
    uint64_t min = read_limits(c);
    if (!out->has_memory)
        out->memory_min_pages = min;
    out->has_memory = true;
}

static void read_import(struct wasm_cursor *c, struct wasm_sniffed_import *import, struct wasm_facts *out)
{
    import->module = wasm_read_name(c);
    import->name = wasm_read_name(c);
    import->kind = wasm_read_byte(c);
    switch (import->kind) {
    case 0:
        wasm_read_u32(c);
        return;
    case 1:
        skip_value_type(c);
        read_limits(c);
        return;
    case 2:
        note_memory(c, out);
        return;
    case 3:
        skip_value_type(c);
        wasm_read_byte(c);
        return;
    case 4:
        wasm_read_byte(c);
        wasm_read_u32(c);
        return;
    default:
        c->failed = true;
    }
}

static void read_imports(struct wasm_cursor *c, struct arena *arena, struct wasm_facts *out)
{
    uint32_t count = wasm_read_count(c, 4);
    if (count > WASM_SNIFF_MAX_IMPORTS) {
        c->failed = true;
        return;
    }
    struct wasm_sniffed_import *imports = ARENA_ARRAY(arena, struct wasm_sniffed_import, count);
    out->imports = imports;
    for (uint32_t i = 0; i < count && !c->failed; i++) {
        read_import(c, &imports[i], out);
        if (!c->failed)
            out->import_count++;
    }
}

static bool read_section(uint8_t id, struct slice content, struct arena *arena, struct wasm_facts *out)
{
    struct wasm_cursor c = wasm_cursor_of(content);
    if (id == SECTION_IMPORTS && !out->imports)
        read_imports(&c, arena, out);
    else if (id == SECTION_FUNCTIONS)
        out->function_count = wasm_read_count(&c, 1);
    else if (id == SECTION_MEMORIES && wasm_read_count(&c, 2) > 0)
        note_memory(&c, out);
    else if (id == SECTION_START)
        out->has_start = true;
    else if (id == SECTION_CODE)
        out->code_len = content.len;
    return !c.failed;
}

static bool module_has_start(struct slice bytes)
{
    struct wasm_cursor all = wasm_cursor_of(slice_skip(bytes, PREAMBLE_LEN));
    bool found = false;
    while (!found && all.rest.len > 0) {
        found = wasm_read_byte(&all) == SECTION_START;
        wasm_read_bytes(&all, wasm_read_u32(&all));
        found |= all.failed;
    }
    return found;
}

/* Sections of a component that hold modules and components; and how deep they may lie in each other. */
enum { SECTION_CORE_MODULE = 1, SECTION_COMPONENT = 4, DEPTH_MAX = 16 };

/* Whether any module in a component, or in one within it, has a start section; true when that cannot be told. */
static bool component_has_start(struct slice bytes, int depth)
{
    struct wasm_cursor all = wasm_cursor_of(slice_skip(bytes, PREAMBLE_LEN));
    bool found = depth > DEPTH_MAX;
    while (!found && all.rest.len > 0) {
        uint8_t id = wasm_read_byte(&all);
        struct slice content = wasm_read_bytes(&all, wasm_read_u32(&all));
        if (id == SECTION_CORE_MODULE)
            found = module_has_start(content);
        else if (id == SECTION_COMPONENT)
            found = component_has_start(content, depth + 1);
        found |= all.failed;
    }
    return found;
}

bool wasm_sniff(struct slice bytes, struct arena *arena, struct wasm_facts *out)
{
    *out = (struct wasm_facts){0};
    if (bytes.len < PREAMBLE_LEN || !slice_starts_with(bytes, SLICE("\0asm")))
        return true;
    if (bytes.ptr[6] == 1 && bytes.ptr[7] == 0) {
        out->shape = WASM_SHAPE_COMPONENT;
        out->has_start = component_has_start(bytes, 0);
        return true;
    }
    if (!slice_eq(slice_first(slice_skip(bytes, 4), 4), SLICE("\1\0\0\0")))
        return true;
    out->shape = WASM_SHAPE_MODULE;
    struct wasm_cursor all = wasm_cursor_of(slice_skip(bytes, PREAMBLE_LEN));
    while (all.rest.len > 0) {
        uint8_t id = wasm_read_byte(&all);
        struct slice content = wasm_read_bytes(&all, wasm_read_u32(&all));
        if (all.failed || !read_section(id, content, arena, out))
            return false;
    }
    return true;
}

#include "wasm/describe.h"
#include "codec/leb128.h"
#include "wasm/cursor.h"

enum { PREAMBLE_LEN = 8, DEPTH_MAX = 16 };

enum { MODULE_CUSTOM = 0, MODULE_IMPORTS = 2, MODULE_MEMORIES = 5, MODULE_EXPORTS = 7 };
enum { COMPONENT_CUSTOM = 0, COMPONENT_MODULE = 1, COMPONENT_COMPONENT = 4, COMPONENT_IMPORTS = 10, COMPONENT_EXPORTS = 11 };

struct telling {
    void (*seen)(void *self, const struct wasm_part *part);
    void *self;
    int depth; /* 0: the program itself; deeper only memories are told */
};

static void tell(const struct telling *t, struct wasm_part part)
{
    if (t->depth == 0 || part.kind == WASM_PART_MEMORY)
        t->seen(t->self, &part);
}

static uint64_t read_wide(struct wasm_cursor *c)
{
    uint64_t v = 0;
    if (c->failed || !leb128_read_u64(&c->rest, &v))
        c->failed = true;
    return v;
}

static const char *sort_of(struct wasm_cursor *c, const char *const *sorts, size_t count)
{
    uint8_t at = wasm_read_byte(c);
    if (at < count && !c->failed)
        return sorts[at];
    c->failed = true;
    return "";
}

static const char *core_sort(struct wasm_cursor *c)
{
    static const char *const sorts[] = {"function", "table", "memory", "global", "tag"};
    return sort_of(c, sorts, sizeof sorts / sizeof *sorts);
}

static const char *component_sort(struct wasm_cursor *c)
{
    static const char *const sorts[] = {"module", "function", "value", "type", "component", "interface"};
    return sort_of(c, sorts, sizeof sorts / sizeof *sorts);
}

/* A memory's limits: flags say whether there is a maximum (1) and a page size (8). */
static struct wasm_part read_memory(struct wasm_cursor *c)
{
    struct wasm_part part = {.kind = WASM_PART_MEMORY, .max_pages = UINT64_MAX};
    uint8_t flags = wasm_read_byte(c);
    part.min_pages = read_wide(c);
    if (flags & 1)
        part.max_pages = read_wide(c);
    if (flags & 8)
        wasm_read_u32(c);
    return part;
}

static void skip_value_type(struct wasm_cursor *c)
{
    uint8_t type = wasm_read_byte(c);
    if (type == 0x63 || type == 0x64)
        wasm_skip_s64(c);
}

/* What follows an import's sort. */
static void skip_core_type(struct wasm_cursor *c, const char *sort)
{
    switch (sort[0]) {
    case 'f':
        wasm_read_u32(c);
        return;
    case 't':
        if (sort[2] == 'g') { /* a tag */
            wasm_read_byte(c);
            wasm_read_u32(c);
            return;
        }
        skip_value_type(c);
        read_memory(c);
        return;
    case 'm':
        read_memory(c);
        return;
    default:
        skip_value_type(c);
        wasm_read_byte(c);
    }
}

static void read_module_imports(struct wasm_cursor *c, const struct telling *t)
{
    for (uint32_t left = wasm_read_count(c, 4); left > 0 && !c->failed; left--) {
        struct wasm_part part = {.kind = WASM_PART_IMPORT};
        part.module = wasm_read_name(c);
        part.name = wasm_read_name(c);
        part.sort = core_sort(c);
        skip_core_type(c, part.sort);
        if (!c->failed)
            tell(t, part);
    }
}

static void read_module_exports(struct wasm_cursor *c, const struct telling *t)
{
    for (uint32_t left = wasm_read_count(c, 3); left > 0 && !c->failed; left--) {
        struct wasm_part part = {.kind = WASM_PART_EXPORT, .name = wasm_read_name(c)};
        part.sort = core_sort(c);
        wasm_read_u32(c);
        if (!c->failed)
            tell(t, part);
    }
}

static void read_memories(struct wasm_cursor *c, const struct telling *t)
{
    for (uint32_t left = wasm_read_count(c, 2); left > 0 && !c->failed; left--) {
        struct wasm_part part = read_memory(c);
        if (!c->failed)
            tell(t, part);
    }
}

static void read_custom(struct wasm_cursor *c, const struct telling *t)
{
    struct slice name = wasm_read_name(c);
    if (!c->failed)
        tell(t, (struct wasm_part){.kind = WASM_PART_CUSTOM, .name = name, .content = c->rest});
}

/* Names of a component's imports and exports come with a byte for their form; both forms that are in use have a plain name. */
static struct slice read_component_name(struct wasm_cursor *c)
{
    if (wasm_read_byte(c) > 1)
        c->failed = true;
    return wasm_read_name(c);
}

/* The type of an import; its sort tells what follows. */
static const char *read_component_type(struct wasm_cursor *c)
{
    const char *sort = component_sort(c);
    if (sort[0] == 'm')
        wasm_read_byte(c); /* the one kind of core type there is */
    if (sort[0] == 'v' && wasm_read_byte(c) == 1)
        wasm_skip_s64(c);
    else if (sort[0] != 't' || wasm_read_byte(c) == 0) /* a new type, a resource, has no bound to another */
        wasm_read_u32(c);
    return sort;
}

static void read_component_imports(struct wasm_cursor *c, const struct telling *t)
{
    for (uint32_t left = wasm_read_count(c, 4); left > 0 && !c->failed; left--) {
        struct wasm_part part = {.kind = WASM_PART_IMPORT, .name = read_component_name(c)};
        part.sort = read_component_type(c);
        if (!c->failed)
            tell(t, part);
    }
}

static void read_component_exports(struct wasm_cursor *c, const struct telling *t)
{
    for (uint32_t left = wasm_read_count(c, 4); left > 0 && !c->failed; left--) {
        struct wasm_part part = {.kind = WASM_PART_EXPORT, .name = read_component_name(c)};
        part.sort = component_sort(c);
        if (part.sort[0] == 'm' && !c->failed)
            wasm_read_byte(c); /* which sort of core item; only modules are exported */
        wasm_read_u32(c);
        if (wasm_read_byte(c) == 1)
            read_component_type(c);
        if (!c->failed)
            tell(t, part);
    }
}

static bool describe_module(struct slice bytes, const struct telling *t)
{
    struct wasm_cursor all = wasm_cursor_of(slice_skip(bytes, PREAMBLE_LEN));
    bool whole = true;
    while (whole && all.rest.len > 0) {
        uint8_t id = wasm_read_byte(&all);
        struct wasm_cursor c = wasm_cursor_of(wasm_read_bytes(&all, wasm_read_u32(&all)));
        if (id == MODULE_CUSTOM)
            read_custom(&c, t);
        else if (id == MODULE_IMPORTS)
            read_module_imports(&c, t);
        else if (id == MODULE_MEMORIES)
            read_memories(&c, t);
        else if (id == MODULE_EXPORTS)
            read_module_exports(&c, t);
        whole = !all.failed && !c.failed;
    }
    return whole;
}

static bool describe_component(struct slice bytes, const struct telling *t)
{
    struct wasm_cursor all = wasm_cursor_of(slice_skip(bytes, PREAMBLE_LEN));
    const struct telling within = {t->seen, t->self, t->depth + 1};
    bool whole = t->depth < DEPTH_MAX;
    while (whole && all.rest.len > 0) {
        uint8_t id = wasm_read_byte(&all);
        struct wasm_cursor c = wasm_cursor_of(wasm_read_bytes(&all, wasm_read_u32(&all)));
        if (id == COMPONENT_CUSTOM)
            read_custom(&c, t);
        else if (id == COMPONENT_MODULE)
            whole = describe_module(c.rest, &within);
        else if (id == COMPONENT_COMPONENT)
            whole = describe_component(c.rest, &within);
        else if (id == COMPONENT_IMPORTS)
            read_component_imports(&c, t);
        else if (id == COMPONENT_EXPORTS)
            read_component_exports(&c, t);
        whole = whole && !all.failed && !c.failed;
    }
    return whole;
}

bool wasm_describe(struct slice bytes, enum wasm_shape *shape, void (*seen)(void *self, const struct wasm_part *part),
                   void *self)
{
    const struct telling t = {.seen = seen, .self = self};
    *shape = WASM_SHAPE_NONE;
    if (slice_starts_with(bytes, SLICE("\0asm\1\0\0\0"))) {
        *shape = WASM_SHAPE_MODULE;
        return describe_module(bytes, &t);
    }
    if (slice_starts_with(bytes, SLICE("\0asm\x0d\0\1\0"))) {
        *shape = WASM_SHAPE_COMPONENT;
        return describe_component(bytes, &t);
    }
    return true;
}

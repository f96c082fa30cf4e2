#include "wasm/module.h"
#include "wasm/segments.h"
#include <stdlib.h>

enum { MAX_MEMORY_PAGES = 65536 };

struct reader {
    struct wasm_module *m;
    struct arena *arena;
    struct wasm_body_visitor visitor;
    struct wasm_cursor c; /* in the present section */
    uint32_t *func_types;
    uint32_t local_count;
};

/* One section: what is wrong beyond "invalid" is returned, "invalid" is c.failed. */
typedef enum wasm_fault section_fn(struct reader *r);

static void require(struct reader *r, bool holds)
{
    if (!holds)
        r->c.failed = true;
}

uint8_t wasm_read_type(struct wasm_cursor *c)
{
    enum { NULLABLE_REFERENCE = 0x63 };
    uint8_t type = wasm_read_byte(c);
    bool is_long = type == NULLABLE_REFERENCE;
    if (is_long)
        type = wasm_read_byte(c);
    if (is_long ? type != WASM_TYPE_FUNCREF : !wasm_type_is_valid(type))
        c->failed = true;
    return type;
}

/* One byte a type. A type is at least a byte long, so that `count` cannot ask for more memory than the section has. */
static struct slice read_params(struct reader *r, uint32_t count)
{
    require(r, count <= WASM_MAX_FUNCTION_PARAMS && count <= r->c.rest.len);
    if (r->c.failed)
        return (struct slice){NULL, 0};
    const uint8_t *start = r->c.rest.ptr;
    uint8_t types[WASM_MAX_FUNCTION_PARAMS];
    for (uint32_t i = 0; i < count; i++)
        types[i] = wasm_read_type(&r->c);
    bool all_short = r->c.rest.ptr == start + count;
    return all_short ? slice_from(start, count) : arena_copy(r->arena, slice_from(types, count));
}

static enum wasm_fault read_types(struct reader *r)
{
    uint32_t count = wasm_read_u32(&r->c);
    if (count > WASM_MAX_TYPES)
        return WASM_TOO_MANY_TYPES;
    struct wasm_func_type *types = ARENA_ARRAY(r->arena, struct wasm_func_type, count);
    for (uint32_t i = 0; i < count && !r->c.failed; i++) {
        require(r, wasm_read_byte(&r->c) == 0x60);
        struct slice params = read_params(r, wasm_read_u32(&r->c));
        uint32_t results = wasm_read_u32(&r->c);
        require(r, results <= 1);
        types[i] = (struct wasm_func_type){params, WASM_NO_RESULT};
        if (results)
            types[i].result = wasm_read_type(&r->c);
    }
    r->m->types = types;
    r->m->type_count = count;
    return WASM_OK;
}

/* A minimum and perhaps a maximum. Flags for shared or 64-bit memories are not known here. */
static uint32_t read_limits(struct reader *r, uint32_t highest)
{
    uint8_t flags = wasm_read_byte(&r->c);
    require(r, flags <= 1);
    uint32_t min = wasm_read_u32(&r->c);
    uint32_t max = flags ? wasm_read_u32(&r->c) : highest;
    require(r, min <= max && max <= highest);
    return min;
}

static void read_memory_type(struct reader *r)
{
    read_limits(r, MAX_MEMORY_PAGES);
}

static uint32_t read_table_type(struct reader *r)
{
    require(r, wasm_read_type(&r->c) == WASM_TYPE_FUNCREF);
    return read_limits(r, UINT32_MAX);
}

static void read_import(struct reader *r, struct wasm_import *out)
{
    out->module = wasm_read_name(&r->c);
    out->name = wasm_read_name(&r->c);
    uint8_t kind = wasm_read_byte(&r->c);
    out->kind = (enum wasm_kind)kind;
    switch (kind) {
    case WASM_KIND_FUNC:
        out->type = wasm_read_u32(&r->c);
        require(r, out->type < r->m->type_count);
        return;
    case WASM_KIND_TABLE:
        read_table_type(r);
        return;
    case WASM_KIND_MEMORY:
        read_memory_type(r);
        return;
    case WASM_KIND_GLOBAL:
        wasm_read_type(&r->c);
        require(r, wasm_read_byte(&r->c) <= 1);
        return;
    default:
        require(r, false);
    }
}

static enum wasm_fault check_imports(const struct wasm_module *m)
{
    for (uint32_t i = 0; i < m->import_count; i++) {
        if (!slice_eq_str(m->imports[i].module, "env"))
            return WASM_FOREIGN_IMPORT;
        if (m->imports[i].kind == WASM_KIND_MEMORY)
            return WASM_MEMORY_IMPORT;
        if (m->imports[i].kind != WASM_KIND_FUNC)
            return WASM_FOREIGN_IMPORT;
        if (i >= WASM_MAX_FUNCTIONS)
            return WASM_TOO_MANY_FUNCTIONS;
    }
    return WASM_OK;
}

static enum wasm_fault read_imports(struct reader *r)
{
    uint32_t count = wasm_read_count(&r->c, 4);
    struct wasm_import *imports = ARENA_ARRAY(r->arena, struct wasm_import, count);
    for (uint32_t i = 0; i < count && !r->c.failed; i++)
        read_import(r, &imports[i]);
    if (r->c.failed || r->c.rest.len > 0)
        return WASM_INVALID;
    r->m->imports = imports;
    r->m->import_count = count;
    return check_imports(r->m);
}

/* Imported and defined functions together; called once, when both counts are known. */
static void number_functions(struct reader *r, uint32_t defined)
{
    struct wasm_module *m = r->m;
    m->func_count = m->import_count + defined;
    r->func_types = ARENA_ARRAY(r->arena, uint32_t, m->func_count);
    m->func_declared = arena_alloc(r->arena, m->func_count / 8 + 1);
    for (uint32_t i = 0; i < m->import_count; i++)
        r->func_types[i] = m->imports[i].type;
    m->func_types = r->func_types;
}

static enum wasm_fault read_functions(struct reader *r)
{
    uint32_t count = wasm_read_count(&r->c, 1);
    number_functions(r, count);
    for (uint32_t i = 0; i < count && !r->c.failed; i++) {
        uint32_t type = wasm_read_u32(&r->c);
        require(r, type < r->m->type_count);
        r->func_types[r->m->import_count + i] = type;
    }
    return WASM_OK;
}

static enum wasm_fault read_tables(struct reader *r)
{
    enum wasm_fault fault = WASM_OK;
    uint32_t count = wasm_read_count(&r->c, 3);
    for (uint32_t i = 0; i < count && !r->c.failed; i++) {
        if (read_table_type(r) > WASM_MAX_TABLE_ELEMENTS)
            fault = WASM_TOO_MANY_TABLE_ELEMENTS;
    }
    r->m->table_count = count;
    if (r->c.failed || r->c.rest.len > 0)
        return WASM_INVALID;
    return count > WASM_MAX_TABLES ? WASM_TOO_MANY_TABLES : fault;
}

static enum wasm_fault read_memories(struct reader *r)
{
    uint32_t count = wasm_read_count(&r->c, 2);
    require(r, count <= 1);
    if (count)
        read_memory_type(r);
    r->m->has_memory = count > 0;
    return WASM_OK;
}

static enum wasm_fault read_globals(struct reader *r)
{
    wasm_read_globals(&r->c, r->arena, r->m);
    return WASM_OK;
}

static int by_name(const void *a, const void *b)
{
    return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static bool names_are_unique(const struct wasm_export *exports, uint32_t count)
{
    AUTO(arena) struct arena scratch = {0};
    struct slice *names = ARENA_ARRAY(&scratch, struct slice, count);
    for (uint32_t i = 0; i < count; i++)
        names[i] = exports[i].name;
    qsort(names, count, sizeof *names, by_name);
    for (uint32_t i = 1; i < count; i++) {
        if (slice_eq(names[i - 1], names[i]))
            return false;
    }
    return true;
}

static enum wasm_fault read_exports(struct reader *r)
{
    struct wasm_module *m = r->m;
    uint32_t count = wasm_read_count(&r->c, 3);
    struct wasm_export *exports = ARENA_ARRAY(r->arena, struct wasm_export, count);
    for (uint32_t i = 0; i < count && !r->c.failed; i++) {
        exports[i].name = wasm_read_name(&r->c);
        uint8_t kind = wasm_read_byte(&r->c);
        uint32_t index = wasm_read_u32(&r->c);
        uint32_t bounds[] = {m->func_count, m->table_count, m->has_memory, m->global_count};
        require(r, kind <= WASM_KIND_GLOBAL && index < bounds[kind & 3]);
        exports[i].kind = (enum wasm_kind)kind;
        exports[i].index = index;
        if (kind == WASM_KIND_FUNC)
            wasm_declare_func(&r->c, m, index);
    }
    require(r, !r->c.failed && names_are_unique(exports, count));
    m->exports = exports;
    m->export_count = count;
    return WASM_OK;
}

static enum wasm_fault read_start(struct reader *r)
{
    struct wasm_module *m = r->m;
    m->start = wasm_read_u32(&r->c);
    m->has_start = true;
    require(r, !r->c.failed && m->start < m->func_count);
    if (!r->c.failed) {
        const struct wasm_func_type *type = wasm_func_type(m, m->start);
        require(r, type->params.len == 0 && type->result == WASM_NO_RESULT);
    }
    return WASM_OK;
}

static enum wasm_fault read_elements(struct reader *r)
{
    wasm_read_elements(&r->c, r->m);
    return WASM_OK;
}

static enum wasm_fault read_data_count(struct reader *r)
{
    r->m->data_count = wasm_read_u32(&r->c);
    r->m->has_data_count = true;
    require(r, r->m->data_count <= 100000);
    return WASM_OK;
}

/* Declared locals count against the contract's limit before the body is looked at. */
static enum wasm_fault count_locals(struct reader *r, struct slice body)
{
    struct wasm_cursor c = wasm_cursor_of(body);
    uint32_t groups = wasm_read_count(&c, 2);
    for (uint32_t i = 0; i < groups && !c.failed; i++) {
        uint32_t count = wasm_read_u32(&c);
        wasm_read_type(&c);
        if (c.failed)
            return WASM_INVALID;
        if (count > WASM_MAX_LOCALS - r->local_count)
            return WASM_TOO_MANY_LOCALS;
        r->local_count += count;
    }
    return c.failed ? WASM_INVALID : WASM_OK;
}

static enum wasm_fault read_code(struct reader *r)
{
    struct wasm_module *m = r->m;
    uint32_t count = wasm_read_u32(&r->c);
    if (!r->c.failed && count > WASM_MAX_FUNCTIONS - m->import_count)
        return WASM_TOO_MANY_FUNCTIONS;
    require(r, count == m->func_count - m->import_count);
    for (uint32_t i = 0; i < count && !r->c.failed; i++) {
        struct slice body = wasm_read_bytes(&r->c, wasm_read_u32(&r->c));
        if (r->c.failed)
            return WASM_INVALID;
        if (body.len > WASM_MAX_BODY_LEN)
            return WASM_BODY_TOO_LARGE;
        enum wasm_fault fault = count_locals(r, body);
        if (fault == WASM_OK)
            fault = r->visitor.visit(r->visitor.self, m, m->import_count + i, body);
        if (fault != WASM_OK)
            return fault;
    }
    return WASM_OK;
}

static enum wasm_fault read_data(struct reader *r)
{
    wasm_read_data(&r->c, r->m);
    return WASM_OK;
}

/* By id; `rank` is the place in the prescribed order, where the data count stands in front of the code. */
static const struct {
    section_fn *read;
    int rank;
} sections[WASM_SECTION_COUNT] = {
    [WASM_TYPES] = {read_types, 1},         [WASM_IMPORTS] = {read_imports, 2},
    [WASM_FUNCTIONS] = {read_functions, 3}, [WASM_TABLES] = {read_tables, 4},
    [WASM_MEMORIES] = {read_memories, 5},   [WASM_GLOBALS] = {read_globals, 6},
    [WASM_EXPORTS] = {read_exports, 7},     [WASM_START] = {read_start, 8},
    [WASM_ELEMENTS] = {read_elements, 9},   [WASM_DATA_COUNT] = {read_data_count, 10},
    [WASM_CODE] = {read_code, 11},          [WASM_DATA] = {read_data, 12},
};

static enum wasm_fault read_section(struct reader *r, uint8_t id, struct slice content, int *rank)
{
    r->c = wasm_cursor_of(content);
    if (id == WASM_CUSTOM) {
        wasm_read_name(&r->c);
        return r->c.failed ? WASM_INVALID : WASM_OK;
    }
    if (id >= WASM_SECTION_COUNT || sections[id].rank <= *rank)
        return WASM_INVALID;
    if (sections[id].rank > sections[WASM_FUNCTIONS].rank && !r->func_types)
        number_functions(r, 0);
    *rank = sections[id].rank;
    r->m->sections[id] = content;
    enum wasm_fault fault = sections[id].read(r);
    if (fault != WASM_OK)
        return fault;
    return r->c.failed || r->c.rest.len > 0 ? WASM_INVALID : WASM_OK;
}

static bool ends_well(const struct reader *r)
{
    const struct wasm_module *m = r->m;
    bool has_code = m->func_count == m->import_count || m->sections[WASM_CODE].ptr;
    bool has_data = !m->has_data_count || m->data_count == 0 || m->sections[WASM_DATA].ptr;
    return has_code && has_data;
}

enum wasm_fault wasm_module_read(struct slice binary, struct wasm_body_visitor visitor, struct arena *arena,
                                 struct wasm_module *out)
{
    static const uint8_t head[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    *out = (struct wasm_module){0};
    struct reader r = {.m = out, .arena = arena, .visitor = visitor};
    if (!slice_starts_with(binary, slice_from(head, sizeof head)))
        return WASM_INVALID;
    struct wasm_cursor all = wasm_cursor_of(slice_skip(binary, sizeof head));
    int rank = 0;
    while (all.rest.len > 0) {
        uint8_t id = wasm_read_byte(&all);
        struct slice content = wasm_read_bytes(&all, wasm_read_u32(&all));
        if (all.failed)
            return WASM_INVALID;
        enum wasm_fault fault = read_section(&r, id, content, &rank);
        if (fault != WASM_OK)
            return fault;
    }
    if (!r.func_types)
        number_functions(&r, 0);
    return ends_well(&r) ? WASM_OK : WASM_INVALID;
}

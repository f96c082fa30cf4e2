#include "wasm/merge_data.h"
#include "base/arena.h"
#include "codec/leb128.h"
#include "wasm/cursor.h"
#include "wasm/module.h"
#include "wasm/opcodes.h"
#include "wasm/sniff.h"
#include <string.h>

enum { PREAMBLE_LEN = 8, PAGE_LEN = 65536, LIMITS_PLAIN_MAX = 1 /* flags: with or without a maximum, nothing else */ };

struct segment {
    uint64_t offset;
    struct slice bytes;
};

/* Several segments that become one, from the `first` on. */
struct run {
    size_t first, count;
    uint64_t end; /* in memory */
};

struct merge {
    struct slice module, data; /* `data`: the content of its section */
    size_t section_start;      /* of the data section in the module */
    uint64_t memory_len;       /* smallest size of the first memory */
    struct segment *segments;
    uint32_t count;
};

/* Its memories are its own: what is imported may hold anything. */
static bool owns_memory(struct slice module)
{
    AUTO(arena) struct arena arena = {0};
    struct wasm_facts facts;
    if (!wasm_sniff(module, &arena, &facts) || facts.shape != WASM_SHAPE_MODULE || !facts.has_memory)
        return false;
    for (uint32_t i = 0; i < facts.import_count; i++) {
        if (facts.imports[i].kind == WASM_KIND_MEMORY)
            return false;
    }
    return true;
}

static bool read_memory(struct merge *m, struct slice section)
{
    struct wasm_cursor c = wasm_cursor_of(section);
    bool any = wasm_read_count(&c, 2) > 0, plain = wasm_read_byte(&c) <= LIMITS_PLAIN_MAX;
    m->memory_len = (uint64_t)wasm_read_u32(&c) * PAGE_LEN;
    return any && plain && !c.failed;
}

/* Finds memory and data; false when there is not exactly one section of data, or segments may be named by their index. */
static bool find_sections(struct merge *m)
{
    struct wasm_cursor all = wasm_cursor_of(slice_skip(m->module, PREAMBLE_LEN));
    while (all.rest.len > 0) {
        size_t start = m->module.len - all.rest.len;
        uint8_t id = wasm_read_byte(&all);
        struct slice content = wasm_read_bytes(&all, wasm_read_u32(&all));
        if (all.failed || id == WASM_DATA_COUNT || (id == WASM_DATA && m->data.ptr))
            return false;
        if (id == WASM_MEMORIES && !read_memory(m, content))
            return false;
        if (id == WASM_DATA) {
            m->data = content;
            m->section_start = start;
        }
    }
    return m->data.ptr;
}

/* An active segment of the first memory: `i32.const` its offset, `end`, its bytes. Fails for any other, without bytes, or past the
 * memory's end. */
static struct segment read_segment(struct wasm_cursor *c, uint64_t memory_len)
{
    int32_t offset = 0;
    uint32_t flags = wasm_read_u32(c);
    bool known = flags == 0 || (flags == 2 && wasm_read_u32(c) == 0);
    known &= wasm_read_byte(c) == WASM_OP_I32_CONST && leb128_read_s32(&c->rest, &offset);
    known &= wasm_read_byte(c) == WASM_OP_END;
    struct slice bytes = wasm_read_bytes(c, wasm_read_u32(c));
    c->failed |= !known || bytes.len == 0 || (uint32_t)offset + (uint64_t)bytes.len > memory_len;
    return (struct segment){(uint32_t)offset, bytes};
}

static bool read_segments(struct merge *m, struct arena *arena)
{
    struct wasm_cursor c = wasm_cursor_of(m->data);
    m->count = wasm_read_count(&c, 6);
    if (m->count > WASM_MERGE_SEGMENTS_MAX)
        return false;
    m->segments = ARENA_ARRAY(arena, struct segment, m->count);
    for (uint32_t i = 0; i < m->count && !c.failed; i++)
        m->segments[i] = read_segment(&c, m->memory_len);
    return !c.failed && c.rest.len == 0;
}

static uint64_t end_of(const struct segment *s)
{
    return s->offset + s->bytes.len;
}

static void sift_down(struct segment *segments, size_t at, size_t count)
{
    struct segment moved = segments[at];
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && segments[child + 1].offset > segments[child].offset)
            child++;
        if (segments[child].offset <= moved.offset)
            break;
        segments[at] = segments[child];
        at = child;
    }
    segments[at] = moved;
}

/* A heap sort: glibc's qsort asks the system for the size of its memory, which a confined process may not. */
static void sort_by_offset(struct segment *segments, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(segments, i, count);
    for (size_t end = count; end-- > 1;) {
        struct segment last = segments[end];
        segments[end] = segments[0];
        segments[0] = last;
        sift_down(segments, 0, end);
    }
}

/* Two that overlap: their order in the module matters. */
static bool any_overlap(const struct merge *m)
{
    bool found = false;
    for (uint32_t i = 1; i < m->count; i++)
        found |= m->segments[i].offset < end_of(&m->segments[i - 1]);
    return found;
}

/* Segments that touch stay two: one in place of both would copy as many bytes and be one instruction cheaper. */
static bool are_neighbours(uint64_t end, const struct segment *next)
{
    return next->offset > end && next->offset - end <= WASM_MERGE_GAP_MAX;
}

static struct run next_run(const struct merge *m, size_t first)
{
    struct run run = {.first = first, .count = 1, .end = end_of(&m->segments[first])};
    for (size_t i = first + 1; i < m->count && are_neighbours(run.end, &m->segments[i]); i++, run.count++)
        run.end = end_of(&m->segments[i]);
    return run;
}

/* Returns the zeros that it has more. */
static uint32_t append_run(const struct merge *m, const struct run *run, struct buf *out)
{
    uint64_t start = m->segments[run->first].offset, at = start;
    uint32_t filler = 0;
    leb128_append_u32(out, 0);
    buf_append_byte(out, WASM_OP_I32_CONST);
    leb128_append_s32(out, (int32_t)(uint32_t)start);
    buf_append_byte(out, WASM_OP_END);
    leb128_append_u32(out, (uint32_t)(run->end - start));
    for (size_t i = run->first; i < run->first + run->count; i++) {
        const struct segment *s = &m->segments[i];
        size_t gap = s->offset - at;
        memset(buf_reserve(out, gap), 0, gap);
        out->len += gap;
        filler += (uint32_t)gap;
        buf_append(out, s->bytes);
        at = end_of(s);
    }
    return filler;
}

/* Appends the segments that are left; returns how many. */
static uint32_t append_segments(const struct merge *m, struct buf *out, uint32_t *filler_len)
{
    uint32_t count = 0;
    *filler_len = 0;
    for (size_t at = 0; at < m->count; count++) {
        struct run run = next_run(m, at);
        *filler_len += append_run(m, &run, out);
        at += run.count;
    }
    return count;
}

static void append_module(const struct merge *m, uint32_t count, struct slice segments, struct buf *out)
{
    AUTO(buf) struct buf head = {0};
    leb128_append_u32(&head, count);
    buf_append(out, slice_first(m->module, m->section_start));
    buf_append_byte(out, WASM_DATA);
    leb128_append_u32(out, (uint32_t)(head.len + segments.len));
    buf_append(out, buf_slice(&head));
    buf_append(out, segments);
    buf_append(out, slice_skip(m->module, (size_t)(m->data.ptr + m->data.len - m->module.ptr)));
}

uint32_t wasm_merge_data(struct slice module, struct buf *out, uint32_t *filler_len)
{
    enum { MODULE_LEN_MAX = 1 << 29 }; /* with what is filled in, still within the 1 GiB that wasmtime accepts */
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf segments = {0};
    struct merge m = {.module = module};
    if (module.len > MODULE_LEN_MAX || !owns_memory(module) || !find_sections(&m) || !read_segments(&m, &arena))
        return 0;
    sort_by_offset(m.segments, m.count);
    if (any_overlap(&m))
        return 0;
    uint32_t left = append_segments(&m, &segments, filler_len);
    if (left < m.count)
        append_module(&m, left, buf_slice(&segments), out);
    return m.count - left;
}

#include "base/test.h"
#include "codec/leb128.h"
#include "wasm/cursor.h"
#include "wasm/merge_data.h"
#include "wasm/module.h"
#include <stdio.h>
#include <string.h>

#define HEAD       "\0asm\1\0\0\0"
#define ONE_PAGE   "\5\3\1\0\1"
#define TYPE       "\1\4\1\x60\0\0"
#define OF_MEMORY  HEAD ONE_PAGE
#define CUSTOM_END "\0\4\3end"

enum { PAGE_LEN = 65536 };

static void append_section(struct buf *out, enum wasm_section_id id, const struct buf *content)
{
    buf_append_byte(out, (uint8_t)id);
    leb128_append_u32(out, (uint32_t)content->len);
    buf_append(out, buf_slice(content));
}

static void append_segment(struct buf *out, uint32_t offset, struct slice bytes)
{
    buf_append(out, SLICE("\0\x41"));
    leb128_append_s32(out, (int32_t)offset);
    buf_append_byte(out, 0x0b);
    leb128_append_u32(out, (uint32_t)bytes.len);
    buf_append(out, bytes);
}

/* Takes what two segments with `gap` zeros in between become. */
static bool merge_two(uint32_t first, uint32_t gap, struct buf *out, uint32_t *filler_len)
{
    AUTO(buf) struct buf data = {0};
    AUTO(buf) struct buf module = {0};
    leb128_append_u32(&data, 2);
    append_segment(&data, first, SLICE("ab"));
    append_segment(&data, first + 2 + gap, SLICE("c"));
    buf_append(&module, SLICE(OF_MEMORY));
    append_section(&module, WASM_DATA, &data);
    buf_append(&module, SLICE(CUSTOM_END));
    return wasm_merge_data(buf_slice(&module), out, filler_len) == 1;
}

static void neighbours_become_one_and_nothing_else_changes(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    uint32_t filler_len = 0;
    assert_true(merge_two(9, 3, &out, &filler_len));
    assert_int_equal(filler_len, 3);
    assert_true(slice_eq(buf_slice(&out), SLICE(OF_MEMORY "\x0b\x0c\1\0\x41\x09\x0b\6"
                                                          "ab\0\0\0c" CUSTOM_END)));
}

static void zeros_in_between_have_a_bound(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    uint32_t filler_len = 0;
    assert_false(merge_two(0, 0, &out, &filler_len));
    assert_true(merge_two(0, 1, &out, &filler_len));
    assert_int_equal(filler_len, 1);
    assert_true(merge_two(0, WASM_MERGE_GAP_MAX, &out, &filler_len));
    assert_int_equal(filler_len, WASM_MERGE_GAP_MAX);
    assert_false(merge_two(0, WASM_MERGE_GAP_MAX + 1, &out, &filler_len));
}

/* In front of the first segment and behind the last one nothing is filled in, and the module is appended to what is there. */
static void the_last_byte_of_memory_may_be_written(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    uint32_t filler_len = 0;
    buf_append_str(&out, "before");
    assert_true(merge_two(PAGE_LEN - 4, 1, &out, &filler_len));
    assert_int_equal(filler_len, 1);
    assert_true(slice_starts_with(buf_slice(&out), SLICE("before" HEAD)));
    assert_false(merge_two(PAGE_LEN - 3, 1, &out, &filler_len));
}

static void segments_in_any_order_are_neighbours(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    uint32_t filler_len = 0;
    assert_int_equal(
        wasm_merge_data(SLICE(OF_MEMORY "\x0b\x13\3\0\x41\x0a\x0b\1c\0\x41\6\x0b\1b\0\x41\4\x0b\1a"), &out, &filler_len), 2);
    assert_true(slice_eq(buf_slice(&out), SLICE(OF_MEMORY "\x0b\x0d\1\0\x41\4\x0b\7"
                                                          "a\0b\0\0\0c")));
    assert_int_equal(filler_len, 4);
}

static void memory_zero_may_be_named(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    uint32_t filler_len = 0;
    assert_int_equal(wasm_merge_data(SLICE(OF_MEMORY "\x0b\x0e\2\0\x41\0\x0b\1a\2\0\x41\2\x0b\1b"), &out, &filler_len), 1);
    assert_true(slice_eq(buf_slice(&out), SLICE(OF_MEMORY "\x0b\x09\1\0\x41\0\x0b\3a\0b")));
}

/* Offsets are unsigned: 0xfffffff8 stands as -8. */
static void the_upper_half_of_memory_is_no_different(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    uint32_t filler_len = 0;
    assert_true(wasm_merge_data(SLICE(HEAD "\5\5\1\0\x80\x80\4"
                                           "\x0b\x0d\2\0\x41\x78\x0b\1a\0\x41\x7a\x0b\1b"),
                                &out, &filler_len));
    assert_true(slice_eq(buf_slice(&out), SLICE(HEAD "\5\5\1\0\x80\x80\4"
                                                     "\x0b\x09\1\0\x41\x78\x0b\3a\0b")));
}

/* A module with these sections in front of its data, and behind it. */
static void make(struct buf *out, struct slice before, struct slice segments, struct slice after)
{
    AUTO(buf) struct buf data = {0};
    buf_append(&data, segments);
    buf_append(out, SLICE(HEAD));
    buf_append(out, before);
    append_section(out, WASM_DATA, &data);
    buf_append(out, after);
}

#define SEGMENT  "\0\x41\0\x0b\1a"
#define NEXT_ONE "\0\x41\2\x0b\1b"
#define TWO      "\2" SEGMENT NEXT_ONE
#define DATA_TWO "\x0b\x0d" TWO

static void whatever_could_tell_is_left_as_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *what, *before, *segments, *after;
        size_t before_len, segments_len, after_len;
    } cases[] = {
#define CASE(what, before, segments, after) \
    {what, before, segments, after, sizeof(before) - 1, sizeof(segments) - 1, sizeof(after) - 1}
        CASE("no segment", ONE_PAGE, "\0", ""),
        CASE("one segment", ONE_PAGE, "\1" SEGMENT, ""),
        CASE("an overlap", ONE_PAGE, "\2\0\x41\0\x0b\3abc" NEXT_ONE, ""),
        CASE("an overlap, the later one first", ONE_PAGE, "\2" NEXT_ONE "\0\x41\0\x0b\3abc", ""),
        CASE("one within another", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\0\x41\0\x0b\4abcd", ""),
        CASE("two that touch", ONE_PAGE, "\2" SEGMENT "\0\x41\1\x0b\1b", ""),
        CASE("two that are far from each other", ONE_PAGE, "\2" SEGMENT "\0\x41\xc2\0\x0b\1b", ""),
        CASE("an empty one", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\0\x41\x10\x0b\0", ""),
        CASE("twice the same place", ONE_PAGE, "\2" SEGMENT SEGMENT, ""),
        CASE("past the end", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\0\x41\x80\x80\4\x0b\1b", ""),
        CASE("an empty one past the end", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\0\x41\x81\x80\4\x0b\0", ""),
        CASE("an offset that is a global", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\0\x23\0\x0b\1c", ""),
        CASE("an offset that is computed", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\0\x41\2\x41\2\x6a\x0b\1c", ""),
        CASE("an offset of 64 bits", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\0\x42\4\x0b\1c", ""),
        CASE("an offset without an end", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\0\x41\4\x01\1c", ""),
        CASE("an offset of six bytes", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\0\x41\x84\x80\x80\x80\x80\0\x0b\1c", ""),
        CASE("a passive segment", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\1\1c", ""),
        CASE("another memory", "\5\5\2\0\1\0\1", "\3" SEGMENT NEXT_ONE "\2\1\x41\4\x0b\1c", ""),
        CASE("a segment of unknown kind", ONE_PAGE, "\3" SEGMENT NEXT_ONE "\3\x41\4\x0b\1c", ""),
        CASE("a count of segments", ONE_PAGE "\x0c\1\2", TWO, ""),
        CASE("a count of segments, out of order", ONE_PAGE, TWO, "\x0c\1\2"),
        CASE("an imported memory", "\2\x08\1\1a\1b\2\0\1", TWO, ""),
        CASE("an imported memory and one of its own", "\2\x08\1\1a\1b\2\0\1" ONE_PAGE, TWO, ""),
        CASE("no memory", "", TWO, ""),
        CASE("no memory, for nothing", "", "\2\0\x41\0\x0b\0\0\x41\0\x0b\0", ""),
        CASE("a memory without pages", "\5\3\1\0\0", TWO, ""),
        CASE("no memory in its section", "\5\1\0", TWO, ""),
        CASE("a shared memory", "\5\4\1\3\1\1", TWO, ""),
        CASE("a 64-bit memory", "\5\3\1\4\1", TWO, ""),
        CASE("pages of another size", "\5\4\1\x08\1\0", TWO, ""),
        CASE("data twice", ONE_PAGE, TWO, DATA_TWO),
        CASE("something behind the segments", ONE_PAGE, TWO "\0", ""),
        CASE("segments that are cut off", ONE_PAGE, "\2" SEGMENT "\0\x41\2\x0b\2b", ""),
        CASE("fewer segments than it says", ONE_PAGE, "\3" SEGMENT NEXT_ONE, ""),
        CASE("a count that lies", ONE_PAGE, "\xff\xff\xff\xff\x0f" SEGMENT NEXT_ONE, ""),
        CASE("a section that is cut off", ONE_PAGE, TWO, "\0\5"),
#undef CASE
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf module = {0};
        AUTO(buf) struct buf out = {0};
        uint32_t filler_len = 0;
        make(&module, slice_from(cases[i].before, cases[i].before_len), slice_from(cases[i].segments, cases[i].segments_len),
             slice_from(cases[i].after, cases[i].after_len));
        if (wasm_merge_data(buf_slice(&module), &out, &filler_len) != 0 || out.len > 0)
            fail_msg("%s: merged", cases[i].what);
    }
}

/* What all of them would be without the one thing that they have. */
static void the_rest_of_these_is_merged(void **state)
{
    (void)state;
    AUTO(buf) struct buf module = {0};
    AUTO(buf) struct buf out = {0};
    uint32_t filler_len = 0;
    make(&module, SLICE(ONE_PAGE), SLICE(TWO), SLICE(""));
    assert_true(slice_eq(buf_slice(&module), SLICE(OF_MEMORY DATA_TWO)));
    assert_int_equal(wasm_merge_data(buf_slice(&module), &out, &filler_len), 1);
}

static void what_is_no_module_is_left_as_it_is(void **state)
{
    (void)state;
    static const struct slice module = {(const uint8_t *)OF_MEMORY DATA_TWO, sizeof OF_MEMORY DATA_TWO - 1};
    AUTO(buf) struct buf out = {0};
    uint32_t filler_len = 0;
    for (size_t len = 0; len < module.len; len++)
        assert_int_equal(wasm_merge_data(slice_first(module, len), &out, &filler_len), 0);
    assert_int_equal(wasm_merge_data(SLICE("\0asm\x0d\0\1\0" ONE_PAGE DATA_TWO), &out, &filler_len), 0);
    assert_int_equal(out.len, 0);
}

/* 100,000 segments are merged; one more is what wasmtime refuses, and still does. */
static void what_is_refused_for_its_many_segments_stays_so(void **state)
{
    (void)state;
    for (uint32_t count = WASM_MERGE_SEGMENTS_MAX; count <= WASM_MERGE_SEGMENTS_MAX + 1; count++) {
        AUTO(buf) struct buf data = {0};
        AUTO(buf) struct buf module = {0};
        AUTO(buf) struct buf out = {0};
        uint32_t filler_len = 0;
        leb128_append_u32(&data, count);
        for (uint32_t i = 0; i < count; i++)
            append_segment(&data, 2 * i, SLICE("x"));
        buf_append(&module, SLICE(HEAD "\5\3\1\0\4"));
        append_section(&module, WASM_DATA, &data);
        uint32_t fewer = wasm_merge_data(buf_slice(&module), &out, &filler_len);
        assert_int_equal(fewer, count == WASM_MERGE_SEGMENTS_MAX ? count - 1 : 0);
        assert_int_equal(filler_len, fewer);
    }
}

/* What the specification says of instantiating a module of one page: segment by segment, as far as one fits. */
struct image {
    uint8_t memory[PAGE_LEN];
    bool trapped;
    uint32_t count, copied;
};

static void instantiate(struct slice module, struct image *out)
{
    struct wasm_cursor all = wasm_cursor_of(slice_skip(module, sizeof HEAD - 1)), c = {0};
    *out = (struct image){0};
    while (all.rest.len > 0) {
        bool is_data = wasm_read_byte(&all) == WASM_DATA;
        struct slice content = wasm_read_bytes(&all, wasm_read_u32(&all));
        c = is_data ? wasm_cursor_of(content) : c;
    }
    out->count = wasm_read_u32(&c);
    for (uint32_t i = 0; i < out->count && !out->trapped; i++) {
        int32_t offset = 0;
        assert_int_equal(wasm_read_u32(&c), 0);
        assert_int_equal(wasm_read_byte(&c), 0x41);
        assert_true(leb128_read_s32(&c.rest, &offset));
        assert_int_equal(wasm_read_byte(&c), 0x0b);
        struct slice bytes = wasm_read_bytes(&c, wasm_read_u32(&c));
        out->trapped = (uint32_t)offset + (uint64_t)bytes.len > PAGE_LEN;
        if (out->trapped || bytes.len == 0)
            continue;
        memcpy(out->memory + offset, bytes.ptr, bytes.len);
        out->copied += (uint32_t)bytes.len;
    }
    assert_false(c.failed);
}

static uint32_t below(uint64_t *random, uint32_t bound)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*random >> 33) % bound;
}

enum { SEGMENTS_MAX = 40, SEGMENT_LEN_MAX = 90 };

struct placed {
    uint32_t offset, len;
};

/* Places mostly one behind the other, now and then anywhere, and sometimes in another order. */
static uint32_t place_segments(uint64_t *random, struct placed *out)
{
    uint32_t count = below(random, below(random, 2) ? SEGMENTS_MAX : 5),
             at = below(random, 2) ? below(random, PAGE_LEN) : PAGE_LEN - 4000;
    bool orderly = below(random, 2);
    for (uint32_t i = 0; i < count; i++) {
        at += below(random, 2) ? below(random, 10) : WASM_MERGE_GAP_MAX - 2 + below(random, 5);
        if (!orderly && below(random, 8) == 0)
            at = below(random, PAGE_LEN + 3);
        out[i] = (struct placed){at, below(random, 100) ? 1 + below(random, SEGMENT_LEN_MAX) : 0};
        at += out[i].len;
    }
    for (uint32_t i = 1; i < count && below(random, 2); i++) {
        uint32_t j = below(random, i);
        struct placed kept = out[j];
        out[j] = out[i];
        out[i] = kept;
    }
    return count;
}

static void make_module(uint64_t *random, const struct placed *placed, uint32_t count, struct buf *out)
{
    AUTO(buf) struct buf data = {0};
    leb128_append_u32(&data, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t bytes[1 + SEGMENT_LEN_MAX];
        for (uint32_t k = 0; k < placed[i].len; k++)
            bytes[k] = (uint8_t)below(random, 256);
        append_segment(&data, placed[i].offset, slice_from(bytes, placed[i].len));
    }
    buf_append(out, SLICE(HEAD TYPE ONE_PAGE));
    append_section(out, WASM_DATA, &data);
    buf_append(out, SLICE(CUSTOM_END));
}

/* Whether fewer would do: there are two neighbours, and none is empty, traps or overlaps another. */
static bool is_mergeable(const struct placed *p, uint32_t count)
{
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t end = p[i].offset + p[i].len, next = UINT32_MAX;
        if (p[i].len == 0 || end > PAGE_LEN)
            return false;
        for (uint32_t k = 0; k < count; k++) {
            if (k != i && p[i].offset <= p[k].offset && p[k].offset < end)
                return false;
            next = p[k].offset >= end && p[k].offset < next ? p[k].offset : next;
        }
        found |= next > end && next - end <= WASM_MERGE_GAP_MAX;
    }
    return found;
}

static void memory_is_the_same_whatever_the_segments(void **state)
{
    (void)state;
    static struct image before, after;
    uint32_t merged = 0, kept = 0;
    for (uint64_t seed = 1; seed <= 4000; seed++) {
        AUTO(buf) struct buf module = {0};
        AUTO(buf) struct buf out = {0};
        struct placed placed[SEGMENTS_MAX];
        uint64_t random = seed;
        uint32_t filler_len = 0, count = place_segments(&random, placed);
        make_module(&random, placed, count, &module);
        uint32_t fewer = wasm_merge_data(buf_slice(&module), &out, &filler_len);
        if ((fewer > 0) != is_mergeable(placed, count))
            fail_msg("seed %llu: %u segments fewer", (unsigned long long)seed, fewer);
        kept += fewer == 0;
        if (fewer == 0)
            continue;
        instantiate(buf_slice(&module), &before);
        instantiate(buf_slice(&out), &after);
        bool same = !before.trapped && !after.trapped && !memcmp(before.memory, after.memory, PAGE_LEN);
        if (!same || after.count + fewer != before.count || after.copied != before.copied + filler_len)
            fail_msg("seed %llu: %u segments, then %u", (unsigned long long)seed, before.count, after.count);
        merged++;
    }
    assert_true(merged > 500 && kept > 500);
    printf("compared: memory after %u modules merged and not merged, 0 differ; %u left as they are\n", merged, kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_become_one_and_nothing_else_changes),
        cmocka_unit_test(zeros_in_between_have_a_bound),
        cmocka_unit_test(the_last_byte_of_memory_may_be_written),
        cmocka_unit_test(segments_in_any_order_are_neighbours),
        cmocka_unit_test(memory_zero_may_be_named),
        cmocka_unit_test(the_upper_half_of_memory_is_no_different),
        cmocka_unit_test(whatever_could_tell_is_left_as_it_is),
        cmocka_unit_test(the_rest_of_these_is_merged),
        cmocka_unit_test(what_is_no_module_is_left_as_it_is),
        cmocka_unit_test(what_is_refused_for_its_many_segments_stays_so),
        cmocka_unit_test(memory_is_the_same_whatever_the_segments),
    };
    return cmocka_run_group_tests_name("merge_data", tests, NULL, NULL);
}

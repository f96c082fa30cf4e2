/* What programs are billed, to the instruction (docs/decisions/0009-metering.md). A change here changes bills. */
#include "codec/leb128.h"
#include "engine/test_modules.h"
#include "engine/test_support.h"

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    fixture_open(&f, bin_dir());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

/* (module (memory 1) (data (i32.const 0) "0123456789") (func (export "_start") (local i32)
 *   (local.set 0 (i32.const N)) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
 * with N, below 8192, in two bytes of LEB128. */
static struct slice counting_loop(uint32_t n)
{
    static uint8_t bytes[] = "\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\5\3\1\0\1\7\12\1\6_start\0\0"
                             "\12\27\1\25\1\1\x7f\x41\0\0\x21\0\3\x40\x20\0\x41\1\x6b\x22\0\15\0\x0b\x0b"
                             "\x0b\20\1\0\x41\0\x0b\12"
                             "0123456789";
    uint8_t *count = memmem(bytes, sizeof bytes, "\x7f\x41", 2);
    count[2] = (uint8_t)(n & 0x7f) | 0x80;
    count[3] = (uint8_t)(n >> 7);
    return slice_from(bytes, sizeof bytes - 1);
}

static uint64_t instructions_of(struct slice wasm, enum task_end end, bool at_least)
{
    AUTO(task_outcome) struct task_outcome o = {0};
    fixture_prepare(&f, wasm);
    struct task task = task_of(&f, "");
    run_task(&f, &task, &o);
    assert_end(&o, end);
    assert_int_equal(o.at_least, at_least);
    return o.instructions;
}

static void a_loop_costs_its_operators(void **state)
{
    (void)state;
    enum { CALL = 1, SET_UP = 2, ROUND = 5, START_UP = 2, DATA = 10 };
    uint64_t one = instructions_of(counting_loop(1), TASK_COMPLETED, false);
    assert_int_equal(one, START_UP + DATA + CALL + SET_UP + ROUND);
    for (uint32_t n = 2; n < 8192; n *= 3)
        assert_int_equal(instructions_of(counting_loop(n), TASK_COMPLETED, false), one + (n - 1) * ROUND);
}

static void small_programs_have_their_price(void **state)
{
    (void)state;
    const struct {
        struct slice wasm;
        enum task_end end;
        bool at_least;
        uint64_t instructions;
    } cases[] = {
        {MODULE_EXIT_ZERO, TASK_COMPLETED, false, 3},
        {MODULE_EXIT_MINUS_ONE, TASK_GUEST_EXIT, false, 3},
        {MODULE_NO_MEMORY, TASK_GUEST_EXIT, false, 5},
        {MODULE_OWN_MAXIMUM, TASK_TRAP, true, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t got = instructions_of(cases[i].wasm, cases[i].end, cases[i].at_least);
        if (got != cases[i].instructions)
            fail_msg("case %zu: %llu instructions instead of %llu", i, (unsigned long long)got,
                     (unsigned long long)cases[i].instructions);
    }
}

/* tests/guests/golden.wat: what a component pays for its code, its data, and what the host moves for it. A trap leaves a lower bound, and the
 * record says so; every other end is exact. */
static void a_component_has_its_price_too(void **state)
{
    (void)state;
    enum { START_UP = 2, RUN = 1, OPERATORS = 25, ROUND = 5, REALLOC = 2, DATA = 10, READ = 1, RANDOM = 100 };
    enum { REST = START_UP + RUN + OPERATORS + 2 * REALLOC + DATA + READ + RANDOM };
    static const struct {
        uint8_t n;
        enum task_end end;
        bool at_least;
        uint64_t instructions;
    } cases[] = {
        {1, TASK_COMPLETED, false, REST + ROUND},           {2, TASK_COMPLETED, false, REST + 2 * ROUND},
        {249, TASK_COMPLETED, false, REST + 249 * ROUND},   {250, TASK_GUEST_EXIT, false, REST + 250 * ROUND},
        {251, TASK_TRAP, true, REST + 251 * ROUND - 7}, /* what stands behind it was not reached */
        {252, TASK_OUT_OF_INSTRUCTIONS, false, 2000000000},
    };
    AUTO(buf) struct buf path = {0}, wasm = {0};
    buf_append_fmt(&path, "%s/../guests/golden.component.wasm", bin_dir());
    if (!fs_exists(buf_str(&path)))
        skip(); /* no component guests: `make componentize` builds what makes them */
    assert_ok(fs_read(buf_str(&path), 1 << 20, &wasm));
    fixture_prepare(&f, buf_slice(&wasm));
    for (size_t i = 0; i < 3 * sizeof cases / sizeof *cases; i++) { /* in new cells and in waiting ones */
        size_t k = i % (sizeof cases / sizeof *cases);
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, "");
        task.input = slice_from(&cases[k].n, 1);
        run_task(&f, &task, &o);
        assert_end(&o, cases[k].end);
        assert_int_equal(o.at_least, cases[k].at_least);
        if (o.instructions != cases[k].instructions)
            fail_msg("%u: %llu instructions instead of %llu", cases[k].n, (unsigned long long)o.instructions,
                     (unsigned long long)cases[k].instructions);
    }
}

/* A program's segments are merged before it is compiled; that changes neither its bill nor what its limit is enough for.
 * Some of the runs are in new cells, some in waiting ones. */
static void a_program_pays_for_its_own_data_alone(void **state)
{
    (void)state;
    enum {
        START_UP = 1,
        SEGMENTS = 4,
        DATA = 22,
        CALL = 1,
        OPERATORS = 5,
        WRITTEN = 104,
        ALL = START_UP + SEGMENTS + DATA + CALL + OPERATORS + WRITTEN
    };
    const struct slice modules[] = {MODULE_SEGMENTS, MODULE_COUNTED_SEGMENTS};
    uint8_t expected[WRITTEN] = "head";
    memcpy(expected + 20, "middle", 6);
    memcpy(expected + 80, "tail", 4);
    for (size_t i = 0; i < 2; i++) {
        fixture_prepare(&f, modules[i]);
        for (uint64_t limit = 0; limit < ALL + 5; limit++) {
            AUTO(task_outcome) struct task_outcome o = {0};
            struct task task = task_of(&f, "");
            task.limits.max_instructions = limit;
            run_task(&f, &task, &o);
            assert_end(&o, limit > ALL ? TASK_COMPLETED : TASK_OUT_OF_INSTRUCTIONS);
            assert_int_equal(o.instructions, limit > ALL ? ALL : limit);
            assert_false(o.at_least);
            if (limit > ALL)
                assert_true(slice_eq(buf_slice(&o.output), slice_from(expected, WRITTEN)));
        }
    }
}

/* (module (memory 1) (func (export "_start")) …) and as many segments of one byte, ten bytes apart, the last one first. */
static void append_module_of_segments(struct buf *out, uint32_t count)
{
    AUTO(buf) struct buf data = {0};
    leb128_append_u32(&data, count);
    for (uint32_t i = count; i-- > 0;) {
        buf_append(&data, SLICE("\0\x41"));
        leb128_append_s32(&data, (int32_t)(10 * i));
        buf_append(&data, SLICE("\x0b\1x"));
    }
    buf_append(out, SLICE("\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\5\3\1\0\1\7\12\1\6_start\0\0\12\4\1\2\0\x0b\x0b"));
    leb128_append_u32(out, (uint32_t)data.len);
    buf_append(out, buf_slice(&data));
}

static void thousands_of_segments_have_the_price_of_each(void **state)
{
    (void)state;
    enum { COUNT = 6000, START_UP = 1, CALL = 1 };
    AUTO(buf) struct buf wasm = {0};
    append_module_of_segments(&wasm, COUNT);
    assert_int_equal(instructions_of(buf_slice(&wasm), TASK_COMPLETED, false), START_UP + COUNT * (1 + 1) + CALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_costs_its_operators),
        cmocka_unit_test(small_programs_have_their_price),
        cmocka_unit_test(a_program_pays_for_its_own_data_alone),
        cmocka_unit_test(thousands_of_segments_have_the_price_of_each),
        cmocka_unit_test(a_component_has_its_price_too),
    };
    return cmocka_run_group_tests_name("fuel", tests, set_up, tear_down);
}

/* Programs that are none, and programs that ask for what there is not. */
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

static void assert_not_prepared(struct slice wasm, const char *says)
{
    struct hash hash;
    uint64_t compile_ms = 0;
    AUTO(err) struct err *e = engine_prepare(f.engine, wasm, &hash, &compile_ms);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_INVALID);
    if (!strstr(err_text(e), says))
        fail_msg("`%s` does not say `%s`", err_text(e), says);
    assert_false(engine_has(f.engine, &hash));
}

static void what_is_no_program_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        struct slice wasm;
        const char *says;
    } cases[] = {
        {{0}, "the program is empty"},
        {SLICE("\0as"), "not WebAssembly"},
        {SLICE("#!/bin/sh\nrm -rf /"), "not WebAssembly"},
        {SLICE("(module (func (export \"_start\")))"), "not WebAssembly"},
        {SLICE("\0asm\x0d\0\x01\0"), "exports no function `run` of `wasi:cli/run@0.2.0`"},
        {SLICE("\0asm\x02\0\0\0"), "not WebAssembly"},
        {SLICE("\0asm"), "not WebAssembly"},
        {SLICE("\0asm\x01\0\0\0\xff\xff\xff\xff\xff\xff"), "not valid"},
        {MODULE_UNKNOWN_IMPORT,
         "unknown import: `env::foo` has not been defined; modules import functions of `wasi_snapshot_preview1` and "
         "`outlayer` alone"},
        {MODULE_OLD_WASI, "unknown import: `wasi_unstable::sched_yield`"},
        {MODULE_WRONG_TYPE, "incompatible import type for `wasi_snapshot_preview1::fd_close`"},
        {MODULE_IMPORTED_MEMORY, "unknown import: `wasi_snapshot_preview1::memory`"},
        {MODULE_NO_START, "no function `_start`"},
        {MODULE_START_WITH_PARAMETER, "no function `_start`"},
        {MODULE_START_IS_MEMORY, "no function `_start`"},
        {MODULE_DOES_NOT_VALIDATE, "type mismatch"},
        {MODULE_LEGACY_EXCEPTIONS, "-mllvm -wasm-use-legacy-eh=false"},
        {MODULE_MEMORY64, "not valid"},
        {MODULE_SHARED_MEMORY, "not valid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_not_prepared(cases[i].wasm, cases[i].says);
}

static void a_program_cut_anywhere_is_refused(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    read_guest("hello", &wasm);
    for (size_t len = 8; len < wasm.len; len += 23)
        assert_not_prepared(slice_first(buf_slice(&wasm), len), "the program");
}

static void a_program_of_any_flipped_byte_does_no_harm(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    read_guest("hello", &wasm);
    for (size_t at = 8; at < wasm.len; at += 17) {
        struct hash hash;
        uint64_t compile_ms = 0;
        wasm.ptr[at] ^= 0x15;
        AUTO(err) struct err *e = engine_prepare(f.engine, buf_slice(&wasm), &hash, &compile_ms);
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, "");
        task.code_hash = hash;
        task.limits.max_seconds = 2;
        if (!e)
            run_task(&f, &task, &o);
        wasm.ptr[at] ^= 0x15;
    }
}

static void a_program_too_long_is_refused_before_it_is_compiled(void **state)
{
    (void)state;
    AUTO(str) char *zeros = mem_calloc(1, (64 << 20) + 1);
    struct hash hash;
    uint64_t compile_ms = 0;
    AUTO(err) struct err *e = engine_prepare(f.engine, slice_from(zeros, (64 << 20) + 1), &hash, &compile_ms);
    assert_int_equal(err_code(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), "at most 67108864"));
}

static void strange_programs_end_as_they_should(void **state)
{
    (void)state;
    static const struct {
        struct slice wasm;
        enum task_end end;
        int exit_code;
    } cases[] = {
        {MODULE_LARGE_MINIMUM, TASK_OUT_OF_MEMORY, 0},
        {MODULE_TWO_MEMORIES, TASK_OUT_OF_MEMORY, 0}, /* each fits, both do not */
        {MODULE_LARGE_TABLE, TASK_INVALID_PROGRAM, 0},
        {MODULE_LOOPING_START_SECTION, TASK_OUT_OF_INSTRUCTIONS, 0},
        {MODULE_DATA_OUT_OF_BOUNDS, TASK_TRAP, 0},
        {MODULE_GROWS_TO_THE_LIMIT, TASK_COMPLETED, 0},
        {MODULE_GROWS_AND_TRAPS, TASK_OUT_OF_MEMORY, 0},
        {MODULE_OWN_MAXIMUM, TASK_TRAP, 0}, /* refused by its own limit, not by ours */
        {MODULE_EXIT_ZERO, TASK_COMPLETED, 0},
        {MODULE_EXIT_MINUS_ONE, TASK_GUEST_EXIT, -1},
        {MODULE_NO_MEMORY, TASK_GUEST_EXIT, 21},
        {MODULE_MEMORY_IS_A_FUNCTION, TASK_GUEST_EXIT, 21},
        {MODULE_RANDOM_PAST_THE_END, TASK_GUEST_EXIT, 21},
        {MODULE_RANDOM_WITHOUT_END, TASK_OUT_OF_INSTRUCTIONS, 0},
        {MODULE_IOVECS_PAST_THE_END, TASK_GUEST_EXIT, 21},
        {MODULE_IOVEC_OF_4_GIB, TASK_GUEST_EXIT, 21},
        {MODULE_TOO_MANY_IOVECS, TASK_GUEST_EXIT, 28},
        {MODULE_POLL_NOTHING, TASK_GUEST_EXIT, 28},
        {MODULE_POLL_PAST_THE_END, TASK_GUEST_EXIT, 21},
        {MODULE_ENVIRONMENT_PAST_THE_END, TASK_GUEST_EXIT, 21},
        {MODULE_UNKNOWN_CLOCK, TASK_GUEST_EXIT, 28},
        {MODULE_OPENS_A_FILE, TASK_GUEST_EXIT, 8},
    };
    static const struct task_env env = {SLICE("A"), SLICE("B")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        fixture_prepare(&f, cases[i].wasm);
        struct task task = task_of(&f, "");
        task.env = &env;
        task.env_count = 1;
        run_task(&f, &task, &o);
        if (o.end != cases[i].end || o.exit_code != cases[i].exit_code)
            fail_msg("case %zu: %s with %d (%.*s), expected %s with %d", i, task_end_name(o.end), o.exit_code,
                     SLICE_FMT(o.message), task_end_name(cases[i].end), cases[i].exit_code);
        assert_true(o.peak_memory <= 64 << 20);
    }
}

/* LEB128 in four bytes, whatever the value. */
static void append_u28(struct buf *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        buf_append_byte(out, (uint8_t)((value >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0)));
}

/* One function of a million instructions, and a compiler without patience. */
static void a_program_that_is_hard_to_compile_hits_a_limit(void **state)
{
    (void)state;
    struct engine_config config = {
        .program_dir = bin_dir(), .cache_dir = f.dir, .max_compile_ms = 50, .max_compile_memory = UINT64_C(4) << 30};
    struct engine *impatient = NULL;
    AUTO(buf) struct buf wasm = {0};
    struct hash hash;
    uint64_t compile_ms = 0;
    enum { BODY = 4 << 20 };
    static const uint8_t head[] = {0, 'a', 's', 'm', 1,  0, 0, 0,   1,   4,   1,   0x60, 0,   0, 3,
                                   2, 1,   0,   7,   10, 1, 6, '_', 's', 't', 'a', 'r',  't', 0, 0};
    static const uint8_t code_section = 10, one_function = 1, no_locals = 0;
    buf_append(&wasm, slice_from(head, sizeof head));
    buf_append_byte(&wasm, code_section);
    append_u28(&wasm, BODY + 2 + 1 + 4);
    buf_append_byte(&wasm, one_function);
    append_u28(&wasm, BODY + 2);
    buf_append_byte(&wasm, no_locals);
    for (int i = 0; i < BODY / 4; i++)
        buf_append(&wasm, SLICE("\x41\x01\x1a\x01")); /* i32.const 1, drop, nop */
    buf_append_byte(&wasm, 0x0b);

    assert_null(engine_open(&config, &impatient));
    AUTO(err) struct err *e = engine_prepare(impatient, buf_slice(&wasm), &hash, &compile_ms);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_LIMIT);
    engine_close(impatient);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_program_is_refused_by_name),
        cmocka_unit_test(a_program_cut_anywhere_is_refused),
        cmocka_unit_test(a_program_of_any_flipped_byte_does_no_harm),
        cmocka_unit_test(a_program_too_long_is_refused_before_it_is_compiled),
        cmocka_unit_test(strange_programs_end_as_they_should),
        cmocka_unit_test(a_program_that_is_hard_to_compile_hits_a_limit),
    };
    return cmocka_run_group_tests_name("hostile programs", tests, set_up, tear_down);
}

/* Every function of preview 1 through WebAssembly: what it says of streams, of descriptors that there are not, and of pointers and
 * lengths that lie. */
#include "base/clock.h"
#include "base/test.h"
#include "engine/wasi_p1/call.h"
#include "engine/wasi_p1/test_functions.h"
#include "engine/wasi_p1/wasi_p1.h"

/* Places in the guest's memory. */
enum { OUT = 256, PIECES = 512, DATA = 1024, SUBSCRIPTIONS = 4096, EVENTS = 16384, END = CALLER_MEMORY_LEN };

enum { INPUT_LEN = 10, ENVIRONMENT_LEN = 10, OUTPUT_MAX = 100 };

static struct caller c;
static struct buf written[P1_STREAMS];

static bool collect(void *self, enum p1_stream stream, struct slice bytes)
{
    (void)self;
    buf_append(&written[stream], bytes);
    return true;
}

static void start(void)
{
    buf_clear(&written[P1_STDOUT]);
    buf_clear(&written[P1_STDERR]);
    caller_start(&c, (struct p1){.input = SLICE("0123456789"),
                                 .environment = SLICE("A=b\0LONG=\0"),
                                 .environment_count = 2,
                                 .max_output_len = OUTPUT_MAX,
                                 .sink = collect});
}

static int set_up(void **state)
{
    (void)state;
    caller_open(&c, functions, FUNCTIONS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    caller_close(&c);
    for (size_t i = 0; i < P1_STREAMS; i++)
        buf_free(&written[i]);
    return 0;
}

static const struct caller_import *find(const char *name)
{
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (!strcmp(functions[i].name, name))
            return &functions[i];
    fail_msg("no function %s", name);
    return NULL;
}

/* The function's errno; -1: it trapped. */
static int64_t call_with(const char *name, const int64_t *args)
{
    int64_t result = 0;
    return caller_call(&c, find(name), args, &result) ? result : -1;
}

#define CALL(name, ...) call_with(name, (const int64_t[CALLER_ARGS_MAX]){__VA_ARGS__})

/* The piece number `at` of a list at PIECES. */
static void put_piece(uint32_t at, uint32_t ptr, uint32_t len)
{
    caller_put(&c, PIECES + 8 * at, ptr, 4);
    caller_put(&c, PIECES + 8 * at + 4, len, 4);
}

static const struct {
    const char *name;
    int64_t args[9]; /* with the descriptor at `fd` */
    size_t fd;
    enum p1_errno in, out; /* of standard input; of output and error */
} of_descriptors[] = {
    {"fd_advise", {0, 0, 0, 0}, 0, P1_SPIPE, P1_SPIPE},
    {"fd_allocate", {0, 0, 1}, 0, P1_SPIPE, P1_SPIPE},
    {"fd_close", {0}, 0, P1_SUCCESS, P1_SUCCESS},
    {"fd_datasync", {0}, 0, P1_SUCCESS, P1_SUCCESS},
    {"fd_fdstat_get", {0, OUT}, 0, P1_SUCCESS, P1_SUCCESS},
    {"fd_fdstat_set_flags", {0, 0x1f}, 0, P1_SUCCESS, P1_SUCCESS},
    {"fd_fdstat_set_flags", {0, 0x20}, 0, P1_INVAL, P1_INVAL},
    {"fd_fdstat_set_rights", {0, 0, 0}, 0, P1_NOTSUP, P1_NOTSUP},
    {"fd_filestat_get", {0, OUT}, 0, P1_SUCCESS, P1_SUCCESS},
    {"fd_filestat_set_size", {0, 0}, 0, P1_SPIPE, P1_SPIPE},
    {"fd_filestat_set_times", {0, 0, 0, 0}, 0, P1_NOTSUP, P1_NOTSUP},
    {"fd_pread", {0, PIECES, 0, 0, OUT}, 0, P1_SPIPE, P1_SPIPE},
    {"fd_prestat_get", {0, OUT}, 0, P1_BADF, P1_BADF},
    {"fd_prestat_dir_name", {0, OUT, 0}, 0, P1_BADF, P1_BADF},
    {"fd_pwrite", {0, PIECES, 0, 0, OUT}, 0, P1_SPIPE, P1_SPIPE},
    {"fd_read", {0, PIECES, 0, OUT}, 0, P1_SUCCESS, P1_BADF},
    {"fd_readdir", {0, DATA, 100, 0, OUT}, 0, P1_NOTDIR, P1_NOTDIR},
    {"fd_renumber", {0, 0}, 0, P1_SUCCESS, P1_SUCCESS},
    {"fd_renumber", {0, 0}, 1, P1_SUCCESS, P1_SUCCESS},
    {"fd_seek", {0, 0, 0, OUT}, 0, P1_SPIPE, P1_SPIPE},
    {"fd_sync", {0}, 0, P1_SUCCESS, P1_SUCCESS},
    {"fd_tell", {0, OUT}, 0, P1_SPIPE, P1_SPIPE},
    {"fd_write", {0, PIECES, 0, OUT}, 0, P1_BADF, P1_SUCCESS},
    {"path_create_directory", {0, DATA, 1}, 0, P1_NOTDIR, P1_NOTDIR},
    {"path_filestat_get", {0, 0, DATA, 1, OUT}, 0, P1_NOTDIR, P1_NOTDIR},
    {"path_filestat_set_times", {0, 0, DATA, 1, 0, 0, 0}, 0, P1_NOTDIR, P1_NOTDIR},
    {"path_link", {0, 0, DATA, 1, 0, DATA, 1}, 0, P1_NOTDIR, P1_NOTDIR},
    {"path_open", {0, 0, DATA, 1, 0, 0, 0, 0, OUT}, 0, P1_NOTDIR, P1_NOTDIR},
    {"path_readlink", {0, DATA, 1, DATA, 100, OUT}, 0, P1_NOTDIR, P1_NOTDIR},
    {"path_remove_directory", {0, DATA, 1}, 0, P1_NOTDIR, P1_NOTDIR},
    {"path_rename", {0, DATA, 1, 0, DATA, 1}, 0, P1_NOTDIR, P1_NOTDIR},
    {"path_symlink", {DATA, 1, 0, DATA, 1}, 2, P1_NOTDIR, P1_NOTDIR},
    {"path_unlink_file", {0, DATA, 1}, 0, P1_NOTDIR, P1_NOTDIR},
    {"sock_accept", {0, 0, OUT}, 0, P1_NOTSOCK, P1_NOTSOCK},
    {"sock_recv", {0, PIECES, 0, 0, OUT, OUT}, 0, P1_NOTSOCK, P1_NOTSOCK},
    {"sock_send", {0, PIECES, 0, 0, OUT}, 0, P1_NOTSOCK, P1_NOTSOCK},
    {"sock_shutdown", {0, 1}, 0, P1_NOTSOCK, P1_NOTSOCK},
};

static void check_descriptor(size_t row, int64_t fd, enum p1_errno expected)
{
    int64_t args[CALLER_ARGS_MAX] = {0};
    memcpy(args, of_descriptors[row].args, sizeof of_descriptors[row].args);
    args[of_descriptors[row].fd] = fd;
    int64_t got = call_with(of_descriptors[row].name, args);
    if (got != (int64_t)expected)
        fail_msg("row %zu: %s of descriptor %lld: %lld instead of %d", row, of_descriptors[row].name, (long long)fd,
                 (long long)got, (int)expected);
}

static void every_function_knows_its_descriptors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof of_descriptors / sizeof *of_descriptors; i++) {
        for (int64_t fd = P1_STDIN; fd <= P1_STDERR; fd++) {
            start();
            check_descriptor(i, fd, fd == P1_STDIN ? of_descriptors[i].in : of_descriptors[i].out);
        }
        start();
        assert_int_equal(CALL("fd_close", 2), P1_SUCCESS);
        static const int64_t none[] = {2, 3, 4, 1000000, INT32_MAX, INT32_MIN, -1};
        for (size_t n = 0; n < sizeof none / sizeof *none; n++)
            check_descriptor(i, none[n], P1_BADF);
    }
}

/* What happens to bytes when a call fails: nothing. */
static const struct {
    const char *name;
    int64_t args[9];
    enum p1_errno is;
} of_pointers[] = {
    {"args_sizes_get", {OUT, OUT + 4}, P1_SUCCESS},
    {"args_sizes_get", {OUT + 1, OUT + 7}, P1_SUCCESS}, /* WebAssembly has no alignment that must be */
    {"args_sizes_get", {END - 3, OUT}, P1_FAULT},
    {"args_sizes_get", {OUT, -1}, P1_FAULT},
    {"args_get", {-1, -1}, P1_SUCCESS}, /* no argument, nothing to write */
    {"environ_sizes_get", {OUT, OUT + 4}, P1_SUCCESS},
    {"environ_sizes_get", {END, OUT}, P1_FAULT},
    {"environ_sizes_get", {OUT, END - 3}, P1_FAULT},
    {"environ_get", {OUT, END - ENVIRONMENT_LEN}, P1_SUCCESS},
    {"environ_get", {OUT, END - ENVIRONMENT_LEN + 1}, P1_FAULT},
    {"environ_get", {END - 8, DATA}, P1_SUCCESS},
    {"environ_get", {END - 7, DATA}, P1_FAULT},
    {"environ_get", {-1, -1}, P1_FAULT},
    {"environ_get", {DATA, DATA}, P1_SUCCESS}, /* on each other: the guest's own loss */
    {"clock_res_get", {0, OUT}, P1_SUCCESS},
    {"clock_res_get", {1, OUT + 3}, P1_SUCCESS},
    {"clock_res_get", {2, OUT}, P1_INVAL}, /* the processor's time is nobody's business */
    {"clock_res_get", {3, OUT}, P1_INVAL},
    {"clock_res_get", {-1, OUT}, P1_INVAL},
    {"clock_res_get", {0, END - 7}, P1_FAULT},
    {"clock_time_get", {0, 0, END - 8}, P1_SUCCESS},
    {"clock_time_get", {1, -1, OUT}, P1_SUCCESS},
    {"clock_time_get", {1, 0, END - 7}, P1_FAULT},
    {"clock_time_get", {2, 0, OUT}, P1_INVAL},
    {"clock_time_get", {4, 0, OUT}, P1_INVAL},
    {"fd_fdstat_get", {0, END - 24}, P1_SUCCESS},
    {"fd_fdstat_get", {0, END - 23}, P1_FAULT},
    {"fd_fdstat_get", {0, -1}, P1_FAULT},
    {"fd_filestat_get", {1, END - 64}, P1_SUCCESS},
    {"fd_filestat_get", {1, END - 63}, P1_FAULT},
    {"fd_filestat_get", {1, -64}, P1_FAULT},
    {"random_get", {DATA, 0}, P1_SUCCESS},
    {"random_get", {END, 0}, P1_SUCCESS}, /* nothing at the very end */
    {"random_get", {END + 1, 0}, P1_FAULT},
    {"random_get", {END - 1, 1}, P1_SUCCESS},
    {"random_get", {END - 1, 2}, P1_FAULT},
    {"random_get", {0, END}, P1_SUCCESS},
    {"random_get", {1, END}, P1_FAULT},
    {"random_get", {-1, -1}, P1_FAULT},
    {"fd_read", {0, PIECES, 1, OUT}, P1_SUCCESS},
    {"fd_read", {0, PIECES + 1, 0, OUT + 1}, P1_SUCCESS},
    {"fd_read", {0, PIECES, 1, END - 3}, P1_FAULT},
    {"fd_read", {0, PIECES, 1, -1}, P1_FAULT},
    {"fd_read", {0, -8, 1, OUT}, P1_FAULT},
    {"fd_read", {0, -8, 2, OUT}, P1_FAULT},
    {"fd_read", {0, END - 4, 1, OUT}, P1_FAULT},
    {"fd_read", {0, -1, 0, OUT}, P1_SUCCESS}, /* a list of nothing is nowhere */
    {"fd_read", {0, PIECES, 1025, OUT}, P1_INVAL},
    {"fd_read", {0, PIECES, -1, OUT}, P1_INVAL},
    {"fd_write", {1, PIECES, 1, OUT}, P1_SUCCESS},
    {"fd_write", {1, PIECES, 1, END - 3}, P1_FAULT},
    {"fd_write", {1, -4, 1, OUT}, P1_FAULT},
    {"fd_write", {2, PIECES, 1025, OUT}, P1_INVAL},
    {"fd_write", {2, PIECES, INT32_MIN, OUT}, P1_INVAL},
    {"poll_oneoff", {SUBSCRIPTIONS, EVENTS, 0, OUT}, P1_INVAL},
    {"poll_oneoff", {SUBSCRIPTIONS, EVENTS, 1025, OUT}, P1_INVAL},
    {"poll_oneoff", {SUBSCRIPTIONS, EVENTS, -1, OUT}, P1_INVAL},
    {"poll_oneoff", {END - 47, EVENTS, 1, OUT}, P1_FAULT},
    {"poll_oneoff", {SUBSCRIPTIONS, END - 31, 1, OUT}, P1_FAULT},
    {"poll_oneoff", {SUBSCRIPTIONS, EVENTS, 1, END - 3}, P1_FAULT},
    {"poll_oneoff", {-48, -32, 2, -4}, P1_FAULT},
    {"proc_raise", {6}, P1_NOTSUP},
    {"proc_raise", {-1}, P1_NOTSUP},
    {"sched_yield", {0}, P1_SUCCESS},
};

static void pointers_are_checked_before_anything_moves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof of_pointers / sizeof *of_pointers; i++) {
        start();
        put_piece(0, DATA, 4);
        int64_t got = call_with(of_pointers[i].name, of_pointers[i].args);
        if (got != (int64_t)of_pointers[i].is)
            fail_msg("row %zu, %s: %lld instead of %d", i, of_pointers[i].name, (long long)got, (int)of_pointers[i].is);
        if (of_pointers[i].is != P1_SUCCESS) {
            assert_int_equal(c.p1.input_at, 0);
            assert_int_equal(written[P1_STDOUT].len + written[P1_STDERR].len, 0);
        }
    }
}

static void a_list_is_whole_or_nothing_moves(void **state)
{
    (void)state;
    static const struct {
        struct {
            uint32_t ptr, len;
        } last;
        enum p1_errno is;
    } cases[] = {
        {{END - 1, 1}, P1_SUCCESS}, {{END, 0}, P1_SUCCESS},      {{END - 1, 2}, P1_FAULT},
        {{END + 1, 0}, P1_FAULT},   {{4, UINT32_MAX}, P1_FAULT}, {{UINT32_MAX, UINT32_MAX}, P1_FAULT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        put_piece(0, DATA, 4);
        put_piece(1, 0, 0);
        put_piece(2, cases[i].last.ptr, cases[i].last.len);
        assert_int_equal(CALL("fd_read", 0, PIECES, 3, OUT), cases[i].is);
        assert_int_equal(c.p1.input_at, cases[i].is ? 0 : 4 + cases[i].last.len);
        assert_int_equal(CALL("fd_write", 1, PIECES, 3, OUT), cases[i].is);
        assert_int_equal(written[P1_STDOUT].len, cases[i].is ? 0 : 4 + cases[i].last.len);
        assert_int_equal(c.p1.output_len, written[P1_STDOUT].len);
    }
}

/* 1024 pieces of all of a memory of 64 KiB and more are no 4 GiB; so this takes a memory that has grown. */
static void lengths_that_overflow_together_are_invalid(void **state)
{
    (void)state;
    start();
    wasmtime_extern_t memory = caller_export(&c, "memory");
    uint64_t before = 0;
    memory_budget_start(&c.host.memory, 16 << 20);
    caller_check(wasmtime_memory_grow(caller_context(&c), &memory.of.memory, 127, &before));
    for (uint32_t i = 0; i < 1024; i++) {
        caller_put(&c, DATA + 8 * i, 0, 4);
        caller_put(&c, DATA + 8 * i + 4, 4 << 20, 4);
    }
    assert_int_equal(CALL("fd_write", 1, DATA, 1024, OUT), P1_INVAL);
    assert_int_equal(CALL("fd_read", 0, DATA, 1024, OUT), P1_INVAL);
    assert_int_equal(c.p1.input_at + written[P1_STDOUT].len, 0);
    assert_int_equal(CALL("fd_read", 0, DATA, 1023, OUT), P1_SUCCESS); /* one less fits */
    assert_int_equal(caller_get(&c, OUT, 4), INPUT_LEN);
}

static void reading_goes_from_piece_to_piece_to_the_end(void **state)
{
    (void)state;
    start();
    put_piece(0, DATA, 3);
    put_piece(1, DATA + 100, 0);
    put_piece(2, DATA + 3, 4);
    assert_int_equal(CALL("fd_read", 0, PIECES, 3, OUT), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 4), 7);
    assert_memory_equal(caller_memory(&c) + DATA, "0123456", 7);
    assert_int_equal(CALL("fd_read", 0, PIECES, 3, OUT), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 4), 3);
    assert_memory_equal(caller_memory(&c) + DATA, "789", 3);
    assert_int_equal(CALL("fd_read", 0, PIECES, 3, OUT), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 4), 0);
}

/* The list is where its first piece reads to: what stands there then is looked at as hostile again. */
static void a_list_that_is_overwritten_is_checked_again(void **state)
{
    (void)state;
    start();
    c.p1.input = SLICE("\xff\xff\xff\xff\xff\xff\xff\xff");
    put_piece(0, PIECES + 8, 8);
    put_piece(1, DATA, 4);
    assert_int_equal(CALL("fd_read", 0, PIECES, 2, OUT), P1_FAULT);
    start();
    put_piece(0, DATA, 4);
    assert_int_equal(CALL("fd_read", 0, PIECES, 1, PIECES), P1_SUCCESS); /* the number over the list */
    assert_int_equal(caller_get(&c, PIECES, 4), 4);
}

static void streams_go_where_they_belong(void **state)
{
    (void)state;
    start();
    put_piece(0, DATA, 3);
    memcpy(caller_memory(&c) + DATA, "abc", 3);
    assert_int_equal(CALL("fd_write", 1, PIECES, 1, OUT), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 4), 3);
    assert_int_equal(CALL("fd_write", 2, PIECES, 1, OUT), P1_SUCCESS);
    assert_int_equal(CALL("fd_write", 2, PIECES, 1, OUT), P1_SUCCESS);
    assert_string_equal(buf_str(&written[P1_STDOUT]), "abc");
    assert_string_equal(buf_str(&written[P1_STDERR]), "abcabc");
    assert_int_equal(c.p1.output_len, 3); /* standard error is not output */
}

static void output_over_its_limit_ends_the_guest(void **state)
{
    (void)state;
    start();
    put_piece(0, DATA, OUTPUT_MAX);
    put_piece(1, DATA, 1);
    assert_int_equal(CALL("fd_write", 1, PIECES, 1, OUT), P1_SUCCESS);
    assert_int_equal(CALL("fd_write", 1, PIECES, 0, OUT), P1_SUCCESS);
    assert_int_equal(CALL("fd_write", 1, PIECES + 8, 1, OUT), -1);
    assert_int_equal(c.p1.stop, P1_OUTPUT_LIMIT);
    assert_int_equal(written[P1_STDOUT].len, OUTPUT_MAX);
}

static void rights_and_types_are_those_of_streams(void **state)
{
    (void)state;
    enum { READ = 1 << 1, WRITE = 1 << 6, POLL = 1 << 27, UNKNOWN = 0 };
    start();
    for (uint32_t fd = P1_STDIN; fd <= P1_STDERR; fd++) {
        memset(caller_memory(&c) + OUT, 0xff, 24);
        assert_int_equal(CALL("fd_fdstat_get", fd, OUT), P1_SUCCESS);
        assert_int_equal(caller_get(&c, OUT, 8), UNKNOWN); /* type and flags */
        assert_int_equal(caller_get(&c, OUT + 8, 8), (fd == P1_STDIN ? READ : WRITE) | POLL);
        assert_int_equal(caller_get(&c, OUT + 16, 8), 0); /* nothing to inherit */
        memset(caller_memory(&c) + OUT, 0xff, 64);
        assert_int_equal(CALL("fd_filestat_get", fd, OUT), P1_SUCCESS);
        for (uint32_t at = 0; at < 64; at += 8)
            assert_int_equal(caller_get(&c, OUT + at, 8), 0);
    }
}

/* Standard error over standard output, then input over both. */
static void renumbering_moves_a_stream(void **state)
{
    (void)state;
    start();
    put_piece(0, DATA, 2);
    memcpy(caller_memory(&c) + DATA, "hi", 2);
    assert_int_equal(CALL("fd_renumber", 2, 1), P1_SUCCESS);
    assert_int_equal(CALL("fd_write", 1, PIECES, 1, OUT), P1_SUCCESS);
    assert_string_equal(buf_str(&written[P1_STDERR]), "hi");
    assert_int_equal(written[P1_STDOUT].len, 0);
    assert_int_equal(CALL("fd_write", 2, PIECES, 1, OUT), P1_BADF);
    assert_int_equal(CALL("fd_renumber", 1, 2), P1_BADF); /* a number that is not open is no place */
    assert_int_equal(CALL("fd_renumber", 2, 1), P1_BADF);
    assert_int_equal(CALL("fd_renumber", 1, 3), P1_BADF);
    assert_int_equal(CALL("fd_renumber", 0, 0), P1_SUCCESS); /* to itself: as it was */
    assert_int_equal(CALL("fd_renumber", 0, 1), P1_SUCCESS);
    assert_int_equal(CALL("fd_read", 1, PIECES, 1, OUT), P1_SUCCESS);
    assert_memory_equal(caller_memory(&c) + DATA, "01", 2);
    assert_int_equal(CALL("fd_write", 1, PIECES, 1, OUT), P1_BADF);
    assert_int_equal(CALL("fd_fdstat_get", 1, OUT), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT + 8, 8), 1 << 1 | 1 << 27);
    assert_int_equal(CALL("fd_read", 0, PIECES, 1, OUT), P1_BADF);
    assert_int_equal(CALL("fd_close", 1), P1_SUCCESS);
    assert_int_equal(CALL("fd_close", 1), P1_BADF);
}

static void arguments_are_none_and_the_environment_is_the_tasks(void **state)
{
    (void)state;
    start();
    assert_int_equal(CALL("args_sizes_get", OUT, OUT + 4), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 8), 0);
    assert_int_equal(CALL("environ_sizes_get", OUT, OUT + 4), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 4), 2);
    assert_int_equal(caller_get(&c, OUT + 4, 4), ENVIRONMENT_LEN);
    assert_int_equal(CALL("environ_get", OUT, DATA), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 4), DATA);
    assert_int_equal(caller_get(&c, OUT + 4, 4), DATA + 4);
    assert_memory_equal(caller_memory(&c) + DATA, "A=b\0LONG=\0", ENVIRONMENT_LEN);

    caller_start(&c, (struct p1){.sink = collect}); /* none at all */
    assert_int_equal(CALL("environ_sizes_get", OUT, OUT + 4), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 8), 0);
    assert_int_equal(CALL("environ_get", END, END), P1_SUCCESS);
    assert_int_equal(CALL("environ_get", END, END + 1), P1_FAULT);
}

static void clocks_are_coarse_and_go_on(void **state)
{
    (void)state;
    uint64_t last = 0, wall = clock_wall_ns(&clock_system);
    start();
    for (int i = 0; i < 100; i++) {
        assert_int_equal(CALL("clock_time_get", 1, 0, OUT), P1_SUCCESS);
        uint64_t now = caller_get(&c, OUT, 8);
        assert_true(now >= last && now % P1_CLOCK_STEP_NS == 0);
        last = now;
    }
    assert_int_equal(CALL("clock_time_get", 0, 0, OUT), P1_SUCCESS);
    assert_in_range(caller_get(&c, OUT, 8), wall - P1_CLOCK_STEP_NS, wall + 60 * NS_PER_SEC);
    assert_int_equal(CALL("clock_res_get", 1, OUT), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 8), P1_CLOCK_STEP_NS);
}

static void randomness_fills_exactly_what_was_asked(void **state)
{
    (void)state;
    static const uint8_t zero[64];
    start();
    assert_int_equal(CALL("random_get", DATA, 64), P1_SUCCESS);
    assert_memory_not_equal(caller_memory(&c) + DATA, zero, 64);
    assert_memory_equal(caller_memory(&c) + DATA + 64, zero, 64);
    assert_int_equal(caller_memory(&c)[DATA - 1], 0);
}

static void every_exit_code_arrives(void **state)
{
    (void)state;
    static const int32_t codes[] = {0, 1, 125, 126, 127, 128, 255, 256, INT32_MAX, INT32_MIN, -1};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        start();
        assert_int_equal(CALL("proc_exit", codes[i]), -1); /* it does not return */
        assert_int_equal(c.p1.stop, P1_EXITED);
        assert_int_equal(c.p1.exit_code, codes[i]);
    }
}

/* --- poll_oneoff --------------------------------------------------------------------------------------------------------------------- */

enum { CLOCK, FD_READ, FD_WRITE };
enum { WALL, MONOTONIC };

struct subscription {
    uint64_t userdata, tag, id, timeout, flags;
};

static void subscribe(uint32_t at, struct subscription s)
{
    uint32_t to = SUBSCRIPTIONS + 48 * at;
    caller_put(&c, to, s.userdata, 8);
    caller_put(&c, to + 8, s.tag, 1);
    caller_put(&c, to + 16, s.id, 4);
    caller_put(&c, to + 24, s.timeout, 8);
    caller_put(&c, to + 32, 0, 8);
    caller_put(&c, to + 40, s.flags, 2);
}

static void check_event(uint32_t at, uint64_t userdata, enum p1_errno error, uint64_t type, uint64_t bytes)
{
    uint32_t from = EVENTS + 32 * at;
    assert_int_equal(caller_get(&c, from, 8), userdata);
    assert_int_equal(caller_get(&c, from + 8, 2), error);
    assert_int_equal(caller_get(&c, from + 10, 1), type);
    assert_int_equal(caller_get(&c, from + 16, 8), bytes);
    assert_int_equal(caller_get(&c, from + 24, 2), 0);
}

/* Waits for the first `count` subscriptions; returns how many events came. */
static uint64_t wait_for(uint32_t count)
{
    memset(caller_memory(&c) + EVENTS, 0xff, 32 * (size_t)count);
    assert_int_equal(CALL("poll_oneoff", SUBSCRIPTIONS, EVENTS, count, OUT), P1_SUCCESS);
    return caller_get(&c, OUT, 4);
}

static void streams_are_always_ready(void **state)
{
    (void)state;
    start();
    c.p1.input_at = 3;
    c.p1.output_len = 40;
    subscribe(0, (struct subscription){.userdata = UINT64_MAX, .tag = FD_READ, .id = 0});
    subscribe(1, (struct subscription){.userdata = 2, .tag = CLOCK, .id = MONOTONIC, .timeout = 3600 * NS_PER_SEC});
    subscribe(2, (struct subscription){.userdata = 3, .tag = FD_WRITE, .id = 1});
    subscribe(3, (struct subscription){.userdata = 4, .tag = FD_WRITE, .id = 2});
    assert_int_equal(wait_for(4), 3);
    check_event(0, UINT64_MAX, P1_SUCCESS, FD_READ, INPUT_LEN - 3);
    check_event(1, 3, P1_SUCCESS, FD_WRITE, OUTPUT_MAX - 40);
    check_event(2, 4, P1_SUCCESS, FD_WRITE, OUTPUT_MAX - 40);
}

/* A mistake in one subscription is an event of its own, at once. */
static void mistakes_are_events(void **state)
{
    (void)state;
    static const struct {
        struct subscription s;
        enum p1_errno error;
    } cases[] = {
        {{1, FD_READ, 1, 0, 0}, P1_BADF},
        {{2, FD_WRITE, 0, 0, 0}, P1_BADF},
        {{3, FD_READ, 3, 0, 0}, P1_BADF},
        {{4, FD_WRITE, UINT32_MAX, 0, 0}, P1_BADF},
        {{5, 3, 0, 0, 0}, P1_INVAL},
        {{6, 255, 0, 0, 0}, P1_INVAL},
        {{7, CLOCK, 2, 0, 0}, P1_INVAL},
        {{8, CLOCK, UINT32_MAX, 0, 0}, P1_INVAL},
        {{9, CLOCK, MONOTONIC, 0, 2}, P1_INVAL},
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        subscribe(0, cases[i].s);
        subscribe(1, (struct subscription){.userdata = 99, .tag = CLOCK, .id = MONOTONIC, .timeout = 3600 * NS_PER_SEC});
        assert_int_equal(wait_for(2), 1);
        check_event(0, cases[i].s.userdata, cases[i].error, cases[i].s.tag, 0);
    }
    start();
    assert_int_equal(CALL("fd_close", 0), P1_SUCCESS);
    subscribe(0, (struct subscription){.userdata = 1, .tag = FD_READ, .id = 0});
    assert_int_equal(wait_for(1), 1);
    check_event(0, 1, P1_BADF, FD_READ, 0);
}

static uint64_t now_of(uint32_t clock)
{
    assert_int_equal(CALL("clock_time_get", clock, 0, OUT), P1_SUCCESS);
    return caller_get(&c, OUT, 8);
}

static void clocks_are_waited_for(void **state)
{
    (void)state;
    enum { ABSOLUTE = 1, MS = NS_PER_MS };
    for (uint32_t clock = WALL; clock <= MONOTONIC; clock++) {
        start();
        uint64_t begun = now_of(MONOTONIC);
        subscribe(0, (struct subscription){.userdata = 1, .tag = CLOCK, .id = clock, .timeout = 20 * MS});
        assert_int_equal(wait_for(1), 1);
        check_event(0, 1, P1_SUCCESS, CLOCK, 0);
        assert_true(now_of(MONOTONIC) - begun >= 20 * MS);

        uint64_t at = now_of(clock) + 20 * MS;
        subscribe(0, (struct subscription){.userdata = 2, .tag = CLOCK, .id = clock, .timeout = at, .flags = ABSOLUTE});
        assert_int_equal(wait_for(1), 1);
        assert_true(now_of(clock) + 1 * MS >= at); /* the wall clock may be set meanwhile, a little */

        subscribe(0, (struct subscription){.userdata = 3, .tag = CLOCK, .id = clock, .timeout = 1, .flags = ABSOLUTE});
        subscribe(1, (struct subscription){.userdata = 4, .tag = CLOCK, .id = clock, .timeout = 0});
        assert_int_equal(wait_for(2), 2); /* the past and now */
    }
}

/* Only what is due is an event, however the times were given; those of one time come together. */
static void the_first_clock_ends_the_wait(void **state)
{
    (void)state;
    enum { ABSOLUTE = 1, MS = NS_PER_MS };
    start();
    uint64_t now = now_of(MONOTONIC), wall = now_of(WALL);
    subscribe(0,
              (struct subscription){.userdata = 1, .tag = CLOCK, .id = MONOTONIC, .timeout = now + 80 * MS, .flags = ABSOLUTE});
    subscribe(1,
              (struct subscription){.userdata = 2, .tag = CLOCK, .id = MONOTONIC, .timeout = now + 50 * MS, .flags = ABSOLUTE});
    subscribe(2, (struct subscription){.userdata = 3, .tag = CLOCK, .id = WALL, .timeout = wall + 85 * MS, .flags = ABSOLUTE});
    subscribe(3, (struct subscription){.userdata = 4, .tag = CLOCK, .id = MONOTONIC, .timeout = 3600 * NS_PER_SEC});
    subscribe(4, (struct subscription){.userdata = 5, .tag = CLOCK, .id = MONOTONIC, .timeout = UINT64_MAX, .flags = ABSOLUTE});
    subscribe(5,
              (struct subscription){.userdata = 6, .tag = CLOCK, .id = MONOTONIC, .timeout = now + 50 * MS, .flags = ABSOLUTE});
    assert_int_equal(wait_for(6), 2);
    check_event(0, 2, P1_SUCCESS, CLOCK, 0);
    check_event(1, 6, P1_SUCCESS, CLOCK, 0);
}

static void the_longest_list_of_subscriptions_is_answered(void **state)
{
    (void)state;
    enum { MANY = 1024 };
    start();
    for (uint32_t i = 0; i < MANY; i++)
        subscribe(i, (struct subscription){.userdata = i, .tag = FD_WRITE, .id = 1 + i % 2});
    /* over the subscriptions themselves: an event is shorter, so each is read before it is overwritten */
    assert_int_equal(CALL("poll_oneoff", SUBSCRIPTIONS, SUBSCRIPTIONS, MANY, OUT), P1_SUCCESS);
    assert_int_equal(caller_get(&c, OUT, 4), MANY);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(caller_get(&c, SUBSCRIPTIONS + 32 * i, 8), i);
}

/* --- the price ----------------------------------------------------------------------------------------------------------------------- */

static void what_the_host_moves_costs_instructions(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t args[9];
        uint64_t price; /* beside the call itself */
    } cases[] = {
        {"sched_yield", {0}, 0},
        {"random_get", {DATA, 1000}, 1000},
        {"fd_read", {0, PIECES, 1, OUT}, 4},
        {"fd_write", {1, PIECES, 1, OUT}, 4},
        {"environ_get", {OUT, DATA}, ENVIRONMENT_LEN},
        {"poll_oneoff", {SUBSCRIPTIONS, EVENTS, 7, OUT}, 7},
        {"clock_time_get", {1, 0, OUT}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        put_piece(0, DATA, 4);
        uint64_t before = caller_fuel(&c);
        assert_int_equal(call_with(cases[i].name, cases[i].args), P1_SUCCESS);
        size_t params = strlen(find(cases[i].name)->params);
        assert_int_equal(before - caller_fuel(&c), cases[i].price + params + 2); /* local.get, call, one for being called */
    }
}

static void without_instructions_nothing_moves(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t args[9];
    } cases[] = {{"random_get", {DATA, 1000}},
                 {"fd_read", {0, PIECES, 1, OUT}},
                 {"fd_write", {1, PIECES, 1, OUT}},
                 {"environ_get", {DATA, DATA}},
                 {"poll_oneoff", {SUBSCRIPTIONS, EVENTS, 100, OUT}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        put_piece(0, DATA, 10);
        caller_set_fuel(&c, 12);
        assert_int_equal(call_with(cases[i].name, cases[i].args), -1);
        assert_int_equal(c.p1.stop, P1_OUT_OF_FUEL);
        assert_int_equal(caller_fuel(&c), 0);
        assert_int_equal(c.p1.input_at + written[P1_STDOUT].len, 0);
        assert_int_equal(caller_get(&c, DATA, 8), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_knows_its_descriptors),
        cmocka_unit_test(pointers_are_checked_before_anything_moves),
        cmocka_unit_test(a_list_is_whole_or_nothing_moves),
        cmocka_unit_test(lengths_that_overflow_together_are_invalid),
        cmocka_unit_test(reading_goes_from_piece_to_piece_to_the_end),
        cmocka_unit_test(a_list_that_is_overwritten_is_checked_again),
        cmocka_unit_test(streams_go_where_they_belong),
        cmocka_unit_test(output_over_its_limit_ends_the_guest),
        cmocka_unit_test(rights_and_types_are_those_of_streams),
        cmocka_unit_test(renumbering_moves_a_stream),
        cmocka_unit_test(arguments_are_none_and_the_environment_is_the_tasks),
        cmocka_unit_test(clocks_are_coarse_and_go_on),
        cmocka_unit_test(randomness_fills_exactly_what_was_asked),
        cmocka_unit_test(every_exit_code_arrives),
        cmocka_unit_test(streams_are_always_ready),
        cmocka_unit_test(mistakes_are_events),
        cmocka_unit_test(clocks_are_waited_for),
        cmocka_unit_test(the_first_clock_ends_the_wait),
        cmocka_unit_test(the_longest_list_of_subscriptions_is_answered),
        cmocka_unit_test(what_the_host_moves_costs_instructions),
        cmocka_unit_test(without_instructions_nothing_moves),
    };
    return cmocka_run_group_tests_name("preview 1", tests, set_up, tear_down);
}

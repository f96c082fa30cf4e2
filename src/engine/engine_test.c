/* Every way a program can end, and what the engine keeps between them. */
#include "engine/engine.h"
#include "engine/settings.h"
#include "engine/test_support.h"
#include "engine/waiting.h"
#include <time.h>
#include <unistd.h>

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    fixture_open(&f, bin_dir());
    read_guest("probe", &wasm);
    fixture_prepare(&f, buf_slice(&wasm));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

struct expected {
    const char *input;
    enum task_end end;
    const char *output, *message; /* NULL: any */
    int exit_code;
};

static void each_end_has_its_kind_and_sentence(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {"take 1", TASK_COMPLETED, "taken", "", 0},
        {"exit 0", TASK_COMPLETED, "", "", 0},
        {"exit 3", TASK_GUEST_EXIT, "", "leaving with 3", 3},
        {"nonsense", TASK_GUEST_EXIT, "",
         "WASM program exited with error status. This usually means invalid input_data or panic in code. Input received: "
         "nonsense. Original error: exited with status 102",
         102},
        {"unreachable", TASK_TRAP, "lost",
         "WASM execution failed: wasm trap: wasm `unreachable` instruction executed in do_unreachable", 0},
        {"divide", TASK_TRAP, "", "WASM execution failed: wasm trap: integer divide by zero in do_divide", 0},
        {"bounds", TASK_TRAP, "", "WASM execution failed: wasm trap: out of bounds memory access in do_bounds", 0},
        {"recurse", TASK_TRAP, "", NULL, 0},
        {"random", TASK_COMPLETED, "random", "", 0},
        {"poll", TASK_COMPLETED, "2 1 1", "", 0},
        {"sleep 30", TASK_COMPLETED, "slept", "", 0},
        {"sum\nabc", TASK_COMPLETED, "3 294", "", 0},
        {"files", TASK_COMPLETED, "open -1 mkdir -1 stat -1 tty 000 seek -1 1 write -1 close 0 -1 read -1", "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, cases[i].input);
        run_task(&f, &task, &o);
        assert_end(&o, cases[i].end);
        assert_int_equal(o.exit_code, cases[i].exit_code);
        assert_string_equal(buf_str(&o.output), cases[i].output);
        if (cases[i].message)
            assert_string_equal(buf_str(&o.message), cases[i].message);
        assert_in_range(o.instructions, 1, task.limits.max_instructions);
        assert_in_range(o.peak_memory, 65536, 64 << 20);
        assert_true(o.time_ns > 0 && o.time_ms > 0);
    }
}

static void an_endless_loop_runs_out_of_instructions(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "loop");
    task.limits.max_instructions = 5000000;
    run_task(&f, &task, &o);
    assert_end(&o, TASK_OUT_OF_INSTRUCTIONS);
    assert_int_equal(o.instructions, 5000000);
    assert_string_equal(buf_str(&o.message), "WASM execution failed: all fuel consumed");
    assert_string_equal(buf_str(&o.error_text), "looping");
}

static void no_instructions_at_all_is_an_end_too(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "exit 0");
    task.limits.max_instructions = 0;
    run_task(&f, &task, &o);
    assert_end(&o, TASK_OUT_OF_INSTRUCTIONS);
}

/* Running and sleeping alike end at the deadline, and what was said until then is kept. */
static void the_deadline_is_a_kill(void **state)
{
    (void)state;
    static const char *const inputs[] = {"loop", "sleep 100000"};
    for (size_t i = 0; i < 2; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, inputs[i]);
        task.limits.max_seconds = 1;
        task.limits.max_instructions = UINT64_C(1) << 60;
        run_task(&f, &task, &o);
        assert_end(&o, TASK_DEADLINE);
        assert_in_range(o.time_ms, 1000, 5000);
        assert_int_equal(o.instructions, UINT64_C(1) << 60);
        assert_non_null(strstr(buf_str(&o.message), "timed out after 1 seconds (penalty)"));
        assert_string_equal(buf_str(&o.error_text), i == 0 ? "looping" : "");
    }
}

static void a_memory_hog_is_told_from_a_trap(void **state)
{
    (void)state;
    static const char *const inputs[] = {"hog 64", "hog 1024", "hog 30000"};
    for (size_t i = 0; i < 3; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, inputs[i]);
        run_task(&f, &task, &o);
        assert_end(&o, TASK_OUT_OF_MEMORY);
        assert_true(o.peak_memory <= 64 << 20);
        assert_non_null(strstr(buf_str(&o.message), "memory limit of 64 MB exceeded: asked for "));
    }
}

static void a_refused_growth_harms_nobody_who_copes(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "take 100000");
    run_task(&f, &task, &o);
    assert_end(&o, TASK_COMPLETED);
    assert_string_equal(buf_str(&o.output), "refused");
}

static void less_memory_than_the_program_starts_with(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "exit 0");
    task.limits.max_memory_mb = 0;
    run_task(&f, &task, &o);
    assert_end(&o, TASK_OUT_OF_MEMORY);
}

/* What a program prints is text for people: how it ended and what it pays are measured. */
static void a_program_cannot_talk_its_bill_up_or_down(void **state)
{
    (void)state;
    static const struct {
        const char *input;
        enum task_end end;
        int exit_code;
    } cases[] = {{"forge 1", TASK_GUEST_EXIT, 1}, {"forge 125", TASK_GUEST_EXIT, 125}, {"forge 0", TASK_TRAP, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, cases[i].input);
        run_task(&f, &task, &o);
        assert_end(&o, cases[i].end);
        assert_int_equal(o.exit_code, cases[i].exit_code);
        assert_in_range(o.instructions, 100, 1000000);
        assert_int_equal(o.at_least, o.end == TASK_TRAP);
    }
}

static void output_ends_at_its_limit(void **state)
{
    (void)state;
    static const struct {
        const char *input;
        size_t max_len;
        enum task_end end;
    } cases[] = {
        {"write 100000", 100000, TASK_COMPLETED}, {"write 100001", 100000, TASK_OUTPUT_LIMIT},
        {"write 4194304", 0, TASK_COMPLETED},     {"write 4194305", 0, TASK_OUTPUT_LIMIT},
        {"write 65536", 1 << 20, TASK_COMPLETED}, {"write 65537", 1 << 20, TASK_COMPLETED},
        {"write 1", 1, TASK_COMPLETED},           {"write 0", 1, TASK_COMPLETED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, cases[i].input);
        task.limits.max_output_len = cases[i].max_len;
        run_task(&f, &task, &o);
        assert_end(&o, cases[i].end);
        if (o.end == TASK_COMPLETED)
            assert_int_equal(o.output.len, atol(cases[i].input + 6));
    }
}

static void of_much_error_text_the_end_is_kept(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "complain 10000");
    run_task(&f, &task, &o);
    assert_end(&o, TASK_COMPLETED);
    assert_int_equal(o.error_text.len, 64 * 1024);
    assert_true(slice_ends_with(buf_slice(&o.error_text), SLICE("line 9999 of many\n")));
}

static void megabytes_of_input_arrive(void **state)
{
    (void)state;
    enum { LEN = 5000000 };
    AUTO(task_outcome) struct task_outcome o = {0};
    AUTO(buf) struct buf input = {0};
    buf_append_str(&input, "sum\n");
    memset(buf_reserve(&input, LEN), 2, LEN);
    input.len += LEN;
    struct task task = task_of(&f, "");
    task.input = buf_slice(&input);
    run_task(&f, &task, &o);
    assert_end(&o, TASK_COMPLETED);
    assert_string_equal(buf_str(&o.output), "5000000 10000000");
}

static void input_nobody_reads_is_no_problem(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    AUTO(buf) struct buf input = {0};
    buf_append_str(&input, "exit 7\n");
    memset(buf_reserve(&input, 10 << 20), 2, 10 << 20);
    input.len += 10 << 20;
    struct task task = task_of(&f, "");
    task.input = buf_slice(&input);
    run_task(&f, &task, &o);
    assert_end(&o, TASK_GUEST_EXIT);
    assert_int_equal(o.exit_code, 7);
}

static void the_environment_is_the_tasks_alone(void **state)
{
    (void)state;
    static const struct task_env env[] = {
        {SLICE("NEAR_SENDER_ID"), SLICE("alice.near")}, {SLICE("EMPTY"), SLICE("")}, {SLICE("A"), SLICE("x=y z\xc3\xa9")}};
    AUTO(task_outcome) struct task_outcome some = {0}, none = {0};
    struct task task = task_of(&f, "environment");
    setenv("OUTLAYER_SECRET", "of the caller", 1);
    run_task(&f, &task, &none);
    assert_string_equal(buf_str(&none.output), "");
    task.env = env;
    task.env_count = 3;
    run_task(&f, &task, &some);
    assert_string_equal(buf_str(&some.output), "NEAR_SENDER_ID=alice.near\nEMPTY=\nA=x=y z\xc3\xa9\n");
}

static void the_clock_is_the_machines(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "clock");
    run_task(&f, &task, &o);
    long now = (long)time(NULL);
    assert_in_range(atol(buf_str(&o.output)), now - 5, now);
}

static void the_same_run_costs_the_same(void **state)
{
    (void)state;
    uint64_t first = 0;
    for (int i = 0; i < 3; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, "write 3000");
        run_task(&f, &task, &o);
        assert_true(i == 0 || o.instructions == first);
        first = o.instructions;
    }
}

static void a_long_input_is_cut_between_characters(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    AUTO(buf) struct buf input = {0};
    buf_append_byte(&input, 'x');
    for (int i = 0; i < 150; i++)
        buf_append_str(&input, "\xc3\xa9");
    struct task task = task_of(&f, "");
    task.input = buf_slice(&input);
    run_task(&f, &task, &o);
    assert_end(&o, TASK_GUEST_EXIT);
    assert_non_null(strstr(buf_str(&o.message), "\xc3\xa9.... Original error: "));
}

static void assert_refused(const struct task *task, enum err_code code, const char *says)
{
    AUTO(task_outcome) struct task_outcome o = {0};
    AUTO(err) struct err *e = engine_run(f.engine, task, &o);
    assert_non_null(e);
    assert_int_equal(err_code(e), code);
    assert_non_null(strstr(err_text(e), says));
}

static void tasks_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct task_env bad[] = {
        {SLICE(""), SLICE("x")}, {SLICE("A=B"), SLICE("x")}, {SLICE("A\0B"), SLICE("x")}, {SLICE("A"), SLICE("x\0y")}};
    AUTO(str) char *big = mem_calloc(1, TASK_INPUT_MAX + 1);
    struct task task = task_of(&f, "exit 0");
    memset(big, 'x', TASK_INPUT_MAX + 1);
    task.env_count = 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        task.env = &bad[i];
        assert_refused(&task, ERR_INVALID, "environment variable 1");
    }
    struct task_env large = {SLICE("A"), slice_from(big, TASK_ENV_MAX)};
    task.env = &large;
    assert_refused(&task, ERR_LIMIT, "the environment is longer than");
    task.env_count = 0;
    task.input = slice_from(big, TASK_INPUT_MAX + 1);
    assert_refused(&task, ERR_LIMIT, "the input is 67108865 bytes");
    task = task_of(&f, "exit 0");
    task.limits.max_seconds = 0;
    assert_refused(&task, ERR_INVALID, "max_seconds is 0");
    task = task_of(&f, "exit 0");
    task.limits.max_memory_mb = UINT64_MAX;
    assert_refused(&task, ERR_INVALID, "max_memory_mb is");
    task = task_of(&f, "exit 0");
    task.code_hash.bytes[0] ^= 1;
    assert_refused(&task, ERR_NOT_FOUND, "No such file");
}

/* tests/guests/surface.c: what each function says of standard input, and of a descriptor that does not exist. */
static void every_function_answers_as_a_system_without_files(void **state)
{
    (void)state;
    static const struct {
        const char *input, *output;
    } cases[] = {
        {"0", "advise(fd) 70\nallocate(fd) 70\ndatasync(fd) 0\nfdstat_get(fd) 0\nfdstat_set_flags(fd) 0\n"
              "fdstat_set_rights(fd) 58\nfilestat_get(fd) 0\nfilestat_set_size(fd) 70\nfilestat_set_times(fd) 58\n"
              "pread(fd) 70\nprestat_get(fd) 8\nprestat_dir_name(fd) 8\npwrite(fd) 70\nread(fd) 0\nreaddir(fd) 54\n"
              "renumber(fd) 8\nseek(fd) 70\nsync(fd) 0\ntell(fd) 70\nwrite(fd) 8\ncreate_directory(fd) 54\n"
              "path_filestat_get(fd) 54\npath_set_times(fd) 54\npath_link(fd) 54\npath_open(fd) 54\npath_readlink(fd) 54\n"
              "remove_directory(fd) 54\npath_rename(fd) 54\npath_symlink(fd) 54\nunlink_file(fd) 54\nsock_accept(fd) 57\n"
              "sock_recv(fd) 57\nsock_send(fd) 57\nsock_shutdown(fd) 57\nclose(fd) 0\nclose(fd) 8\nproc_raise(6) 58\n"
              "__wasi_sched_yield() 0\n"},
        {"9", "advise(fd) 8\nallocate(fd) 8\ndatasync(fd) 8\nfdstat_get(fd) 8\nfdstat_set_flags(fd) 8\n"
              "fdstat_set_rights(fd) 8\nfilestat_get(fd) 8\nfilestat_set_size(fd) 8\nfilestat_set_times(fd) 8\n"
              "pread(fd) 8\nprestat_get(fd) 8\nprestat_dir_name(fd) 8\npwrite(fd) 8\nread(fd) 8\nreaddir(fd) 8\n"
              "renumber(fd) 8\nseek(fd) 8\nsync(fd) 8\ntell(fd) 8\nwrite(fd) 8\ncreate_directory(fd) 8\n"
              "path_filestat_get(fd) 8\npath_set_times(fd) 8\npath_link(fd) 8\npath_open(fd) 8\npath_readlink(fd) 8\n"
              "remove_directory(fd) 8\npath_rename(fd) 8\npath_symlink(fd) 8\nunlink_file(fd) 8\nsock_accept(fd) 8\n"
              "sock_recv(fd) 8\nsock_send(fd) 8\nsock_shutdown(fd) 8\nclose(fd) 8\nclose(fd) 8\nproc_raise(6) 58\n"
              "__wasi_sched_yield() 0\n"},
    };
    AUTO(buf) struct buf wasm = {0};
    uint64_t compile_ms = 0;
    struct hash hash;
    read_guest("surface", &wasm);
    assert_ok(engine_prepare(f.engine, buf_slice(&wasm), &hash, &compile_ms));
    for (size_t i = 0; i < 2; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, cases[i].input);
        task.code_hash = hash;
        run_task(&f, &task, &o);
        assert_end(&o, TASK_COMPLETED);
        assert_string_equal(buf_str(&o.output), cases[i].output);
    }
}

static size_t open_files(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void many_tasks_leave_nothing_behind(void **state)
{
    (void)state;
    static const char *const inputs[] = {"take 1", "exit 3", "unreachable", "hog 1024"};
    size_t before = open_files();
    pid_t pids[64];
    for (int i = 0; i < 300; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, inputs[i % 4]);
        task.limits.max_memory_mb = 2;
        run_task(&f, &task, &o);
    }
    assert_int_equal(open_files(), before);
    usleep(200000);
    assert_in_range(find_descendants(getpid(), pids, 64), 1,
                    1 + WAITING_PROGRAMS * WAITING_EACH); /* the zygote, cells that wait */
}

static void a_compiled_program_is_found_again(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    struct engine_config config = {.program_dir = bin_dir(), .cache_dir = f.dir};
    struct engine *second = NULL;
    struct hash hash;
    uint64_t compile_ms = 1;
    read_guest("probe", &wasm);
    assert_null(engine_prepare(f.engine, buf_slice(&wasm), &hash, &compile_ms));
    assert_int_equal(compile_ms, 0);
    assert_true(hash_eq(&hash, &f.hash));
    assert_null(engine_open(&config, &second));
    assert_true(engine_has(second, &hash));
    struct task task = task_of(&f, "take 1");
    AUTO(task_outcome) struct task_outcome o = {0};
    assert_null(engine_run(second, &task, &o)); /* straight from the cache */
    assert_end(&o, TASK_COMPLETED);
    engine_close(second);
    hash.bytes[5] ^= 1;
    assert_false(engine_has(f.engine, &hash));
}

static void a_programs_manifest_is_kept_with_it(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0}, manifest = {0}, path = {0}, hex = {0};
    struct engine_config config = {.program_dir = bin_dir(), .cache_dir = f.dir};
    struct engine *second = NULL;
    struct hash plain = f.hash, hash;
    uint64_t compile_ms = 0;
    char digits[HASH_HEX_MAX];
    read_guest("probe", &wasm);
    assert_ok(engine_manifest(f.engine, &plain, &manifest));
    assert_int_equal(manifest.len, 0);
    buf_append(&wasm, SLICE("\0\x16\x11outlayer.manifest{ \"\""));
    assert_ok(engine_prepare(f.engine, buf_slice(&wasm), &hash, &compile_ms));
    assert_ok(engine_open(&config, &second));
    assert_ok(engine_manifest(second, &hash, &manifest)); /* by another engine, from the disk */
    assert_string_equal(buf_str(&manifest), "{ \"\"");

    /* nothing that a program says of itself is ever taken for compiled code, and a changed one is no more */
    buf_append_fmt(&path, "%s/%s.manifest-2", f.dir, hash_hex(&hash, digits));
    assert_ok(fs_read(buf_str(&path), 1000, &hex));
    hex.ptr[hex.len - 1] ^= 1;
    assert_ok(fs_write_atomic(buf_str(&path), buf_slice(&hex), 0600));
    AUTO(err) struct err *damaged = engine_manifest(second, &hash, &manifest);
    assert_int_equal(err_code(damaged), ERR_NOT_FOUND);
    engine_close(second);
    assert_ok(engine_prepare(f.engine, buf_slice(&wasm), &hash, &compile_ms));
    buf_clear(&manifest);
    assert_ok(engine_manifest(f.engine, &hash, &manifest));
    assert_string_equal(buf_str(&manifest), "{ \"\"");
    hash.bytes[5] ^= 1;
    AUTO(err) struct err *missing = engine_manifest(f.engine, &hash, &manifest);
    assert_int_equal(err_code(missing), ERR_NOT_FOUND);
}

/* A damaged artifact is never loaded: a run says so, preparing makes it anew. */
static void a_damaged_artifact_is_made_again(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0}, path = {0}, bytes = {0};
    char hex[HASH_HEX_MAX];
    struct engine_config config = {.program_dir = bin_dir(), .cache_dir = f.dir};
    struct engine *second = NULL;
    struct task task = task_of(&f, "take 1");
    uint64_t compile_ms = 0;
    read_guest("probe", &wasm);
    buf_append_fmt(&path, "%s/%s." SETTINGS_LABEL, f.dir, hash_hex(&f.hash, hex));
    assert_null(fs_read(buf_str(&path), 10 << 20, &bytes));
    bytes.ptr[bytes.len / 2] ^= 0x40;
    assert_null(fs_write_atomic(buf_str(&path), buf_slice(&bytes), 0600));

    assert_null(engine_open(&config, &second));
    AUTO(task_outcome) struct task_outcome o = {0}, again = {0};
    AUTO(err) struct err *e = engine_run(second, &task, &o);
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(e), "was damaged: prepare it again"));
    assert_false(engine_has(second, &f.hash));
    assert_null(engine_prepare(second, buf_slice(&wasm), &f.hash, &compile_ms));
    assert_true(compile_ms > 0);
    assert_null(engine_run(second, &task, &again));
    assert_end(&again, TASK_COMPLETED);
    engine_close(second);
}

static void programs_that_are_missing_are_named(void **state)
{
    (void)state;
    struct engine_config config = {.program_dir = "/nowhere", .cache_dir = f.dir};
    struct engine *e = NULL;
    AUTO(err) struct err *error = engine_open(&config, &e);
    assert_int_equal(err_code(error), ERR_NOT_FOUND);
    assert_non_null(strstr(err_text(error), "/nowhere/outlayer-compiler"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end_has_its_kind_and_sentence),
        cmocka_unit_test(an_endless_loop_runs_out_of_instructions),
        cmocka_unit_test(no_instructions_at_all_is_an_end_too),
        cmocka_unit_test(the_deadline_is_a_kill),
        cmocka_unit_test(a_memory_hog_is_told_from_a_trap),
        cmocka_unit_test(a_refused_growth_harms_nobody_who_copes),
        cmocka_unit_test(less_memory_than_the_program_starts_with),
        cmocka_unit_test(a_program_cannot_talk_its_bill_up_or_down),
        cmocka_unit_test(output_ends_at_its_limit),
        cmocka_unit_test(of_much_error_text_the_end_is_kept),
        cmocka_unit_test(megabytes_of_input_arrive),
        cmocka_unit_test(input_nobody_reads_is_no_problem),
        cmocka_unit_test(the_environment_is_the_tasks_alone),
        cmocka_unit_test(the_clock_is_the_machines),
        cmocka_unit_test(the_same_run_costs_the_same),
        cmocka_unit_test(a_long_input_is_cut_between_characters),
        cmocka_unit_test(tasks_that_cannot_be_are_refused),
        cmocka_unit_test(every_function_answers_as_a_system_without_files),
        cmocka_unit_test(many_tasks_leave_nothing_behind),
        cmocka_unit_test(a_compiled_program_is_found_again),
        cmocka_unit_test(a_programs_manifest_is_kept_with_it),
        cmocka_unit_test(a_damaged_artifact_is_made_again),
        cmocka_unit_test(programs_that_are_missing_are_named),
    };
    return cmocka_run_group_tests_name("engine", tests, set_up, tear_down);
}

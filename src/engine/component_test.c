/* Components: what they may do, how they end, and what a hostile one cannot do. The guest tests/guests/component.c does what its
 * input says. */
#include "base/fs.h"
#include "engine/test_support.h"
#include <string.h>

static struct fixture f;

static bool read_component(const char *name, struct buf *out)
{
    AUTO(buf) struct buf path = {0};
    buf_append_fmt(&path, "%s/../guests/%s.component.wasm", bin_dir(), name);
    AUTO(err) struct err *e = fs_read(buf_str(&path), 4 << 20, out);
    return !e;
}

static void prepare(const char *name)
{
    AUTO(buf) struct buf wasm = {0};
    assert_true(read_component(name, &wasm));
    fixture_prepare(&f, buf_slice(&wasm));
}

static int set_up(void **state)
{
    (void)state;
    fixture_open(&f, bin_dir());
    prepare("raw");
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
    const char *output, *message; /* NULL: any; the message contains this */
    int exit_code;
};

static void check(const struct expected *expected)
{
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, expected->input);
    run_task(&f, &task, &o);
    if (o.end != expected->end)
        fail_msg("`%s` ended as %s (%.*s), expected %s", expected->input, task_end_name(o.end), SLICE_FMT(o.message),
                 task_end_name(expected->end));
    if (expected->output && strcmp(buf_str(&o.output), expected->output))
        fail_msg("`%s` wrote `%s`, expected `%s`", expected->input, buf_str(&o.output), expected->output);
    if (expected->message && !strstr(buf_str(&o.message), expected->message))
        fail_msg("`%s` ended with `%s`, expected `%s`", expected->input, buf_str(&o.message), expected->message);
    assert_int_equal(o.exit_code, expected->exit_code);
    assert_true(o.is_component);
    assert_in_range(o.instructions, 1, task.limits.max_instructions);
}

static void check_all(const struct expected *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&expected[i]);
}

#define CHECK(...)                                          \
    do {                                                    \
        static const struct expected all[] = {__VA_ARGS__}; \
        check_all(all, sizeof all / sizeof *all);           \
    } while (0)

static void streams_move_bytes(void **state)
{
    (void)state;
    CHECK({"echo\nabc", TASK_COMPLETED, "abc1 ", "", 0},         /* then it is closed */
          {"echo", TASK_COMPLETED, "1 ", "", 0},                 /* nothing behind the first line */
          {"read 0\nabc", TASK_COMPLETED, "0 ", "", 0},          /* nothing asked, nothing read, not the end */
          {"read 5000000000\nabc", TASK_COMPLETED, "3 ", "", 0}, /* more than there is */
          {"splice 3\nabcdefgh", TASK_COMPLETED, "2 cde3 fgh3 ", "", 0}, {"zeroes 0", TASK_COMPLETED, "0 ", "", 0},
          {"blocking_zeroes 4096", TASK_COMPLETED, NULL, "", 0}, {"flood 100000", TASK_COMPLETED, NULL, "", 0});
}

static void ends_have_their_kind_and_sentence(void **state)
{
    (void)state;
    CHECK({"exit 0", TASK_COMPLETED, "", "", 0}, {"exit_result 0", TASK_COMPLETED, "", "", 0},
          {"exit 7", TASK_GUEST_EXIT, "", "Component exited with error (no details in stderr)", 7},
          {"exit 255", TASK_GUEST_EXIT, "", NULL, 255}, {"exit_result 1", TASK_GUEST_EXIT, "", NULL, 1},
          {"complain 1", TASK_GUEST_EXIT, "", "it went wrong", 1},
          {"nonsense", TASK_GUEST_EXIT, "", "Component exited with error (no details in stderr)", 1}, /* run returns an error */
          {"trap", TASK_TRAP, "lost",
           "Component execution failed: wasm trap: wasm `unreachable` instruction executed in do_trap", 0},
          {"recurse", TASK_TRAP, "", NULL, 0});
}

static void clocks_randomness_and_waiting(void **state)
{
    (void)state;
    CHECK({"clocks 20", TASK_COMPLETED, "0 1 1 1 1000 ", "", 0}, {"poll 10", TASK_COMPLETED, "1 1 1 2 3 4 ", "", 0},
          {"random 4096", TASK_COMPLETED, "4096 1 ", "", 0}, {"random 0", TASK_COMPLETED, NULL, "", 0});
}

static void there_are_no_files_sockets_or_terminals(void **state)
{
    (void)state;
    CHECK({"files", TASK_COMPLETED, "0 0 ", "", 0}, {"sockets 0", TASK_COMPLETED, "101 101 101 ", "", 0},
          {"sockets 1", TASK_COMPLETED, "101 101 101 ", "", 0}, {"descriptor 0", TASK_TRAP, "", "unknown handle index", 0},
          {"sockets 2", TASK_TRAP, "", "Component execution failed:", 0}); /* no family of addresses */
}

static void the_environment_is_text(void **state)
{
    (void)state;
    static const struct task_env env[] = {{SLICE("NEAR_SENDER_ID"), SLICE("alice.near")},
                                          {SLICE("A"), SLICE("x=y \xc3\xa9\n")},
                                          {SLICE("B\xff"), SLICE("\xed\xa0\x80")}};
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "environment");
    task.env = env;
    task.env_count = 3;
    run_task(&f, &task, &o);
    assert_end(&o, TASK_COMPLETED);
    assert_string_equal(buf_str(&o.output), "NEAR_SENDER_ID=alice.near\nA=x=y \xc3\xa9\n\nB?=???\n0 ");
}

static void what_breaks_a_contract_ends_the_guest(void **state)
{
    (void)state;
    CHECK({"poll_nothing 0", TASK_TRAP, "", "poll of no pollables", 0},
          {"poll_nothing 1000000000", TASK_TRAP, "", "out of bounds", 0}, /* a list that is nowhere */
          {"poll_same 9000", TASK_COMPLETED, "9000 ", "", 0},
          {"poll_same 20000", TASK_TRAP, "", "more pollables than there can be", 0},
          {"poll_same 3000000", TASK_TRAP, "", "Component execution failed:", 0}, /* more than one call may hand over */
          {"twice", TASK_TRAP, "", "unknown handle index", 0}, {"other_kind", TASK_TRAP, "", "used with the wrong type", 0},
          {"write 2000000", TASK_TRAP, "", "out of bounds", 0}, {"write 4294967295", TASK_TRAP, "", "out of bounds", 0},
          {"blocking_write 4097", TASK_TRAP, "", "a blocking write of more than 4096 bytes", 0},
          {"blocking_zeroes 4097", TASK_TRAP, "", "a blocking write of more than 4096 zeroes", 0},
          {"zeroes 1048577", TASK_TRAP, "", "more zeroes than check-write allowed", 0},
          {"random 16777217", TASK_TRAP, "", "more than 16 MiB of random bytes", 0},
          {"random 2000000", TASK_TRAP, "", "wasm trap", 0}, /* its own allocator has no room */
          {"bad_text 5", TASK_TRAP, "", "invalid utf-8", 0}, {"handles 9000", TASK_COMPLETED, "all there", "", 0},
          {"handles 100000", TASK_TRAP, "", "too many resources at a time", 0},
          {"drops 100000", TASK_COMPLETED, "all gone", "", 0});
}

static void limits_hold(void **state)
{
    (void)state;
    CHECK({"loop", TASK_OUT_OF_INSTRUCTIONS, "", "all fuel consumed", 0},
          {"hog 2000", TASK_OUT_OF_MEMORY, "", "memory limit of 64 MB exceeded: asked for ", 0},
          {"hog 100", TASK_COMPLETED, "taken", "", 0}, {"flood 1048576", TASK_COMPLETED, NULL, "", 0},
          {"flood 1048577", TASK_OUTPUT_LIMIT, NULL, "output is longer than 1048576 bytes", 0},
          {"zeroes 1048576", TASK_OUTPUT_LIMIT, NULL, "output is longer than 1048576 bytes",
           0}); /* with the number it says afterwards */
}

static void a_sleeper_is_killed_at_the_deadline(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "clocks 100000");
    task.limits.max_seconds = 1;
    run_task(&f, &task, &o);
    assert_end(&o, TASK_DEADLINE);
    assert_in_range(o.time_ms, 1000, 5000);
}

static uint64_t instructions_of(const char *input)
{
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, input);
    run_task(&f, &task, &o);
    assert_end(&o, TASK_COMPLETED);
    return o.instructions;
}

/* The host's work is paid for by the byte, as in preview 1, and the same run costs the same. */
static void bytes_cost_instructions(void **state)
{
    (void)state;
    uint64_t none = instructions_of("read 0"), all = instructions_of("read 1000\n0123456789");
    assert_true(all >= none + 10);
    assert_int_equal(instructions_of("flood 65536"), instructions_of("flood 65536"));
    assert_true(instructions_of("flood 131072") - instructions_of("flood 65536") >= 65536);
}

static void adapted_commands_run(void **state)
{
    (void)state;
    prepare("hello");
    CHECK({"", TASK_COMPLETED, "hello\n", "", 0});
    prepare("probe");
    CHECK({"take 1", TASK_COMPLETED, "taken", "", 0}, {"exit 3", TASK_GUEST_EXIT, "", "leaving with 3", 1},
          {"unreachable", TASK_TRAP, NULL, "wasm trap: wasm `unreachable` instruction executed", 0},
          {"sleep 30", TASK_COMPLETED, "slept", "", 0}, {"random", TASK_COMPLETED, "random", "", 0},
          {"sum\nabc", TASK_COMPLETED, "3 294", "", 0},
          {"hog 64", TASK_OUT_OF_MEMORY, NULL, "memory limit of 64 MB exceeded: asked for ", 0});
    prepare("raw");
}

/* Every function of wasi:cli/command@0.2.12 exists with its signature: the standard's own WIT is what this guest is made of. Its `run`
 * traps. */
static void every_import_of_the_standard_links(void **state)
{
    (void)state;
    prepare("everything");
    CHECK({"", TASK_TRAP, "", "unreachable", 0});
    prepare("raw");
}

/* Before anything runs, and by the name and version that the program asked for. */
static void what_does_not_exist_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"wrong_interface", "the program imports `wasi:clocks/sundial@0.2.3`, which does not exist here"},
        {"wrong_version", "the program imports `wasi:clocks/monotonic-clock@0.3.0`, which does not exist here; there is "
                          "`wasi:clocks/monotonic-clock@0.2`"},
        {"wrong_function", "the program imports `then` of `wasi:clocks/monotonic-clock@0.2.3`, which does not exist here"},
        {"wrong_signature",
         "`wasi:random/random@0.2.3`, but a matching implementation was not found in the linker Caused by: 0: instance "
         "export `get-random-bytes` has the wrong type 1: type mismatch with parameters 2: expected `u64` found `u32`"},
        {"wrong_result",
         "the program imports `resolution` of `wasi:clocks/wall-clock@0.2.3` with another signature than `() -> "
         "record{seconds: u64, nanoseconds: u32}`"},
        {"wrong_field", "the program imports `now` of `wasi:clocks/wall-clock@0.2.3` with another signature than"},
        {"wrong_borrow",
         "`[static]incoming-body.finish` of `wasi:http/types@0.2.3` with another signature than `(own) -> own`"},
        {"wrong_host",
         "instance export `get` has the wrong type 1: type mismatch with results 2: expected `tuple` found `list`"},
        {"wrong_import", "the program imports `now` by itself; only interfaces such as `wasi:io/streams@0.2.0` exist here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf wasm = {0};
        struct hash hash;
        uint64_t compile_ms = 0;
        assert_true(read_component(cases[i].name, &wasm));
        AUTO(err) struct err *e = engine_prepare(f.engine, buf_slice(&wasm), &hash, &compile_ms);
        assert_int_equal(err_code(e), ERR_INVALID);
        if (!strstr(err_text(e), cases[i].text))
            fail_msg("%s: %s", cases[i].name, err_text(e));
    }
}

/* Programs are written against other texts of the same interfaces. */
static void types_are_what_counts(void **state)
{
    (void)state;
    prepare("renamed");
    CHECK({"", TASK_COMPLETED, "", "", 0});
    prepare("raw");
}

/* Handles of a program's own kinds are entries of the engine's tables: a hundred thousand, and then it has gone too far. */
static void resources_of_its_own_are_bounded_too(void **state)
{
    (void)state;
    prepare("own_resources");
    CHECK({"", TASK_TRAP, "", "store handle limit exceeded", 0});
    prepare("raw");
}

/* A module of tests/guests: its exceptions live in memory that counts, as do the tables that keep them. */
static void exceptions_are_thrown_caught_and_paid_for(void **state)
{
    (void)state;
    static const struct {
        size_t input_len;
        uint64_t max_memory_mb;
        enum task_end end;
    } cases[] = {
        {1, 2, TASK_COMPLETED}, {1000, 4, TASK_COMPLETED}, {1 << 20, 4, TASK_OUT_OF_MEMORY}, {1 << 18, 256, TASK_COMPLETED}};
    AUTO(buf) struct buf input = {0};
    prepare("exceptions");
    memset(buf_reserve(&input, 1 << 20), 'x', 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct task task = task_of(&f, "");
        task.input = slice_from(input.ptr, cases[i].input_len);
        task.limits.max_memory_mb = cases[i].max_memory_mb;
        run_task(&f, &task, &o);
        assert_end(&o, cases[i].end);
        assert_false(o.is_component);
        assert_true(o.peak_memory <= cases[i].max_memory_mb << 20);
    }
    prepare("raw");
}

static void an_artifact_says_what_it_is_of(void **state)
{
    (void)state;
    struct engine_artifact artifact;
    assert_ok(engine_artifact(f.engine, &f.hash, &artifact));
    assert_true(artifact.is_component && artifact.len > 1000);
    prepare("exceptions");
    assert_ok(engine_artifact(f.engine, &f.hash, &artifact));
    assert_false(artifact.is_component);
    f.hash.bytes[0] ^= 1;
    AUTO(err) struct err *e = engine_artifact(f.engine, &f.hash, &artifact);
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
    prepare("raw");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_move_bytes),
        cmocka_unit_test(ends_have_their_kind_and_sentence),
        cmocka_unit_test(clocks_randomness_and_waiting),
        cmocka_unit_test(there_are_no_files_sockets_or_terminals),
        cmocka_unit_test(the_environment_is_text),
        cmocka_unit_test(what_breaks_a_contract_ends_the_guest),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_sleeper_is_killed_at_the_deadline),
        cmocka_unit_test(bytes_cost_instructions),
        cmocka_unit_test(adapted_commands_run),
        cmocka_unit_test(every_import_of_the_standard_links),
        cmocka_unit_test(what_does_not_exist_is_named),
        cmocka_unit_test(types_are_what_counts),
        cmocka_unit_test(resources_of_its_own_are_bounded_too),
        cmocka_unit_test(exceptions_are_thrown_caught_and_paid_for),
        cmocka_unit_test(an_artifact_says_what_it_is_of),
    };
    AUTO(buf) struct buf wasm = {0};
    if (!read_component("raw", &wasm)) {
        puts("skipped: there are no component guests, `make componentize` builds what makes them");
        return 77;
    }
    return cmocka_run_group_tests_name("component", tests, set_up, tear_down);
}

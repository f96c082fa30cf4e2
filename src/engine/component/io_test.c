/* wasi:io, wasi:clocks, wasi:random, wasi:cli, wasi:filesystem and wasi:sockets, function by function. */
#include "engine/component/test_component.h"

enum { OK, ERROR };
enum { LAST_OPERATION_FAILED, CLOSED }; /* of stream-error */

static uint64_t made(const char *name)
{
    CALL(name, N(0));
    return result(0);
}

static void start(void)
{
    bench_start(NULL, NULL);
}

/* --- streams --------------------------------------------------------------------------------------------------------------------------- */

static void input_is_read_to_its_end(void **state)
{
    (void)state;
    static const char *const reads[] = {"[method]input-stream.read", "[method]input-stream.blocking-read"};
    for (size_t i = 0; i < 2; i++) {
        start();
        uint64_t in = made("get-stdin"), same = made("get-stdin");
        assert_int_not_equal(in, same); /* two resources, one stream */
        CALL(reads[i], N(in), N(3));
        assert_int_equal(result(0), OK);
        assert_bytes(1, "012");
        CALL(reads[i], N(same), N(0));
        assert_int_equal(result(0), OK);
        assert_bytes(1, "");
        CALL(reads[i], N(same), N(UINT64_MAX));
        assert_bytes(1, "3456789");
        CALL(reads[i], N(in), N(1));
        assert_int_equal(result(0), ERROR);
        assert_int_equal(result(1), CLOSED);
        CALL(reads[i], N(in), N(0));
        assert_int_equal(result(1), CLOSED);
    }
}

static void input_is_skipped(void **state)
{
    (void)state;
    start();
    uint64_t in = made("get-stdin");
    CALL("[method]input-stream.skip", N(in), N(4));
    assert_int_equal(result(1), 4);
    CALL("[method]input-stream.blocking-skip", N(in), N(UINT64_MAX));
    assert_int_equal(result(1), 6);
    CALL("[method]input-stream.skip", N(in), N(1));
    assert_int_equal(result(0), ERROR);
    assert_int_equal(result(1), CLOSED);
}

static void every_way_to_write_writes(void **state)
{
    (void)state;
    start();
    uint64_t out = made("get-stdout"), err = made("get-stderr");
    CALL("[method]output-stream.check-write", N(out));
    assert_int_equal(result(1), BENCH_OUTPUT_MAX);
    CALL("[method]output-stream.write", N(out), S("one "));
    CALL("[method]output-stream.blocking-write-and-flush", N(out), S("two "));
    CALL("[method]output-stream.write", N(out), S(""));
    CALL("[method]output-stream.flush", N(out));
    CALL("[method]output-stream.blocking-flush", N(out));
    assert_int_equal(result(0), OK);
    CALL("[method]output-stream.write", N(err), S("error"));
    CALL("[method]output-stream.write-zeroes", N(out), N(2));
    CALL("[method]output-stream.blocking-write-zeroes-and-flush", N(out), N(1));
    assert_int_equal(bench.output[P1_STDOUT].len, 11);
    assert_memory_equal(bench.output[P1_STDOUT].ptr, "one two \0\0\0", 11);
    assert_string_equal(buf_str(&bench.output[P1_STDERR]), "error");
    CALL("[method]output-stream.check-write", N(out));
    assert_int_equal(result(1), BENCH_OUTPUT_MAX - 11);
}

static void input_is_spliced_to_output(void **state)
{
    (void)state;
    start();
    uint64_t in = made("get-stdin"), out = made("get-stdout");
    CALL("[method]output-stream.splice", N(out), N(in), N(3));
    assert_int_equal(result(1), 3);
    CALL("[method]output-stream.blocking-splice", N(out), N(in), N(UINT64_MAX));
    assert_int_equal(result(1), 7);
    assert_string_equal(buf_str(&bench.output[P1_STDOUT]), "0123456789");
    CALL("[method]output-stream.splice", N(out), N(in), N(1));
    assert_int_equal(result(0), ERROR);
    assert_int_equal(result(1), CLOSED);
}

static void what_a_stream_did_not_allow_ends_the_guest(void **state)
{
    (void)state;
    static char many[BENCH_OUTPUT_MAX + 1];
    start();
    assert_faults("more bytes than check-write allowed", "[method]output-stream.write", N(made("get-stdout")), L(many));
    start();
    assert_faults("more than 4096 bytes", "[method]output-stream.blocking-write-and-flush", N(made("get-stdout")),
                  ((union shim_value){.list = {many, 4097}}));
    start();
    assert_faults("more zeroes than check-write allowed", "[method]output-stream.write-zeroes", N(made("get-stdout")),
                  N(UINT64_MAX));
    start();
    assert_faults("more than 4096 zeroes", "[method]output-stream.blocking-write-zeroes-and-flush", N(made("get-stdout")),
                  N(4097));
    assert_int_equal(bench.output[P1_STDOUT].len, 0);
}

static void output_at_its_limit_ends_the_guest_by_it(void **state)
{
    (void)state;
    start();
    bench.p1.max_output_len = 4;
    uint64_t out = made("get-stdout");
    CALL("[method]output-stream.write", N(out), S("full"));
    CALL("[method]output-stream.check-write", N(out)); /* never 0: nobody would make room */
    assert_int_equal(result(1), 1);
    assert_false(TRY_CALL("[method]output-stream.write", N(out), S("x")));
    assert_int_equal(bench.p1.stop, P1_OUTPUT_LIMIT);
    assert_string_equal(buf_str(&bench.output[P1_STDOUT]), "full");
}

static void bytes_are_paid_for(void **state)
{
    (void)state;
    start();
    uint64_t in = made("get-stdin"), out = made("get-stdout"), before = bench_fuel();
    CALL("[method]input-stream.read", N(in), N(10));
    assert_int_equal(before - bench_fuel(), 10);
    CALL("[method]output-stream.write", N(out), S("12345"));
    assert_int_equal(before - bench_fuel(), 15);
    CALL("random/get-random-bytes", N(100));
    assert_int_equal(before - bench_fuel(), 115);
    bench_set_fuel(5);
    assert_false(TRY_CALL("[method]output-stream.write", N(out), S("123456")));
    assert_int_equal(bench.p1.stop, P1_OUT_OF_FUEL);
    assert_int_equal(bench.output[P1_STDOUT].len, 5);
}

/* --- poll ------------------------------------------------------------------------------------------------------------------------------ */

static void what_is_ready_is_told_by_its_place(void **state)
{
    (void)state;
    start();
    CALL("[method]input-stream.subscribe", N(made("get-stdin")));
    uint64_t in = result(0);
    CALL("[method]output-stream.subscribe", N(made("get-stdout")));
    uint64_t out = result(0);
    CALL("subscribe-duration", N(3600000000000));
    uint64_t hour = result(0);
    CALL("subscribe-instant", N(1));
    uint64_t past = result(0);
    const union shim_value all[] = {N(hour), N(in), N(out), N(hour), N(past), N(in)};
    CALL("poll", L(all));
    static const uint64_t expected[] = {1, 2, 4, 5};
    assert_int_equal(bench.results[0].list.len, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(((const union shim_value *)bench.results[0].list.ptr)[i].n, expected[i]);
    CALL("[method]pollable.ready", N(hour));
    assert_false(result(0));
    CALL("[method]pollable.ready", N(past));
    assert_true(result(0));
    CALL("[method]pollable.block", N(past));
}

static void a_wait_ends_with_the_first(void **state)
{
    (void)state;
    start();
    uint64_t begun = made("monotonic-clock/now");
    CALL("subscribe-duration", N(20000000));
    uint64_t soon = result(0);
    CALL("subscribe-duration", N(UINT64_MAX)); /* does not wrap around to now */
    uint64_t never = result(0);
    const union shim_value both[] = {N(never), N(soon)};
    CALL("poll", L(both));
    assert_int_equal(bench.results[0].list.len, 1);
    assert_true(made("monotonic-clock/now") - begun >= 20000000);
    assert_faults("a wait for what can never be ready", "[method]pollable.block", N(never));
}

static void polls_that_are_none_end_the_guest(void **state)
{
    (void)state;
    static union shim_value many[COMPONENT_HANDLES_MAX + 1];
    start();
    assert_faults("poll of no pollables", "poll", ((union shim_value){.list = {NULL, 0}}));
    start();
    assert_faults("more pollables than there can be", "poll", L(many));
    start();
    const union shim_value stream[] = {N(made("get-stdin"))};
    assert_faults(bench_no_resource, "poll", L(stream));
    start();
    bench_set_fuel(3);
    CALL("subscribe-instant", N(1));
    const union shim_value same[] = {N(result(0)), N(result(0)), N(result(0)), N(result(0))};
    assert_false(TRY_CALL("poll", L(same)));
    assert_int_equal(bench.p1.stop, P1_OUT_OF_FUEL);
}

/* --- resources ------------------------------------------------------------------------------------------------------------------------- */

static void there_are_ten_thousand_resources_at_a_time(void **state)
{
    (void)state;
    start();
    for (size_t i = 0; i < COMPONENT_HANDLES_MAX; i++)
        assert_int_equal(made("get-stdin"), i);
    assert_true(bench_drop(KIND_INPUT_STREAM, 5000));
    assert_int_equal(made("get-stdout"), 5000); /* its number is free again */
    assert_faults("too many resources at a time", "get-stdin", N(0));
    start();
    for (size_t i = 0; i < 3 * COMPONENT_HANDLES_MAX; i++)
        assert_true(bench_drop(KIND_INPUT_STREAM, made("get-stdin")));
    for (size_t i = 0; i < COMPONENT_HANDLES_MAX; i++)
        made("get-stdin");
}

static void what_was_dropped_is_gone(void **state)
{
    (void)state;
    start();
    uint64_t in = made("get-stdin");
    assert_true(bench_drop(KIND_INPUT_STREAM, in));
    assert_false(bench_drop(KIND_INPUT_STREAM, in));
    start();
    in = made("get-stdin");
    assert_false(bench_drop(KIND_OUTPUT_STREAM, in));
    assert_string_equal(bench.guest.fault, bench_no_resource);
}

/* Every function of every interface whose first argument is a resource: of a number that is none, of another kind, and out of bounds. */
static void no_function_takes_another_kind(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < component_interface_count; i++) {
        for (const struct component_function_row *row = component_interfaces[i]->functions; row && row->name; row++) {
            bool takes_resource = !strncmp(row->signature, "(borrow<", 8) || !strncmp(row->signature, "(own<", 5);
            if (!row->function || !takes_resource || !strcmp(row->name, "filesystem-error-code") ||
                !strcmp(row->name, "resolve-addresses"))
                continue;
            start();
            CALL("instance-network", N(0)); /* of a kind that no function looks into */
            const uint64_t numbers[] = {result(0), 1, 15, 16, UINT32_MAX, UINT64_MAX};
            for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
                const union shim_value args[BENCH_SLOTS] = {N(numbers[k])};
                bench.p1.stop = P1_RUNNING;
                if (bench_call(row->function, args) || bench.p1.stop != P1_FAULTED)
                    fail_msg("%s takes resource %zu", row->name, k);
                assert_string_equal(bench.guest.fault, bench_no_resource);
                tried++;
            }
        }
    }
    assert_true(tried > 200);
}

/* --- clocks, randomness, environment ---------------------------------------------------------------------------------------------- */

static void clocks_are_coarse(void **state)
{
    (void)state;
    start();
    assert_int_equal(made("monotonic-clock/now") % P1_CLOCK_STEP_NS, 0);
    assert_int_equal(made("monotonic-clock/resolution"), P1_CLOCK_STEP_NS);
    CALL("wall-clock/now", N(0));
    assert_in_range(result(0), 1700000000, 10000000000);
    assert_true(result(1) < 1000000000 && result(1) % P1_CLOCK_STEP_NS == 0);
    CALL("wall-clock/resolution", N(0));
    assert_int_equal(result(0), 0);
    assert_int_equal(result(1), P1_CLOCK_STEP_NS);
}

static void randomness_is_as_long_as_asked_and_never_the_same(void **state)
{
    (void)state;
    static const char *const functions[] = {"random/get-random-bytes", "insecure/get-insecure-random-bytes"};
    for (size_t i = 0; i < 2; i++) {
        uint8_t first[32];
        start();
        CALL(functions[i], N(32));
        assert_int_equal(bench.results[0].list.len, 32);
        memcpy(first, bench.results[0].list.ptr, 32);
        CALL(functions[i], N(32));
        assert_memory_not_equal(bench.results[0].list.ptr, first, 32);
        CALL(functions[i], N(0));
        assert_int_equal(bench.results[0].list.len, 0);
        assert_faults("16 MiB", functions[i], N((16 << 20) + 1));
        start();
        assert_faults("16 MiB", functions[i], N(UINT64_MAX));
    }
    start();
    assert_true(made("get-random-u64") != made("get-random-u64"));
    assert_true(made("get-insecure-random-u64") != made("get-insecure-random-u64"));
    CALL("insecure-seed", N(0));
    assert_true(result(0) != result(1));
}

static void the_environment_is_pairs_of_text(void **state)
{
    (void)state;
    static const char *const expected[][2] = {{"A", "b=c"}, {"EMPTY", ""}, {"BARE", ""}, {"B?", "?"}};
    start();
    bench.p1.environment = SLICE("A=b=c\0EMPTY=\0BARE\0B\xff=\xc3\0");
    bench.p1.environment_count = 4;
    uint64_t before = bench_fuel();
    CALL("get-environment", N(0));
    assert_int_equal(before - bench_fuel(), bench.p1.environment.len);
    const union shim_value *pairs = bench.results[0].list.ptr;
    assert_int_equal(bench.results[0].list.len, 4);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(pairs[2 * i + k].list.len, strlen(expected[i][k]));
            assert_memory_equal(pairs[2 * i + k].list.ptr, expected[i][k], strlen(expected[i][k]));
        }
    CALL("get-arguments", N(0));
    assert_int_equal(bench.results[0].list.len, 0);
    CALL("initial-cwd", N(0));
    assert_int_equal(result(0), 0); /* none */
}

static void exits_have_their_code(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t arg;
        int code;
    } cases[] = {
        {"exit", 0, 0}, {"exit", 1, 1}, {"exit-with-code", 0, 0}, {"exit-with-code", 125, 125}, {"exit-with-code", 255, 255}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        assert_false(TRY_CALL(cases[i].name, N(cases[i].arg)));
        assert_int_equal(bench.p1.stop, P1_EXITED);
        assert_int_equal(bench.p1.exit_code, cases[i].code);
    }
}

/* --- what there is not ------------------------------------------------------------------------------------------------------------------ */

static void there_are_no_terminals_and_no_folders(void **state)
{
    (void)state;
    static const char *const none[] = {"get-terminal-stdin", "get-terminal-stdout", "get-terminal-stderr"};
    start();
    for (size_t i = 0; i < 3; i++) {
        CALL(none[i], N(0));
        assert_int_equal(result(0), 0);
    }
    CALL("get-directories", N(0));
    assert_int_equal(bench.results[0].list.len, 0);
    CALL("filesystem-error-code", N(0));
    assert_int_equal(result(0), 0);
}

static void sockets_and_names_are_denied(void **state)
{
    (void)state;
    enum { ACCESS_DENIED = 1 };
    static const char *const names[] = {"localhost", "127.0.0.1", "169.254.169.254", "example.com", ""};
    start();
    uint64_t network = made("instance-network");
    for (uint64_t family = 0; family < 2; family++) {
        CALL("create-tcp-socket", N(family));
        assert_true(result(0) == ERROR && result(1) == ACCESS_DENIED);
        CALL("create-udp-socket", N(family));
        assert_true(result(0) == ERROR && result(1) == ACCESS_DENIED);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CALL("resolve-addresses", N(network), ((union shim_value){.list = {names[i], strlen(names[i])}}));
        assert_true(result(0) == ERROR && result(1) == ACCESS_DENIED);
    }
}

/* Descriptors, sockets, requests to a server: there is nothing that their functions could be called with. */
static void functions_without_a_resource_have_no_body(void **state)
{
    (void)state;
    static const char *const never[] = {"descriptor",       "directory-entry-stream", "tcp-socket",
                                        "udp-socket",       "datagram-stream",        "resolve-address-stream",
                                        "incoming-request", "outgoing-response",      "response-outparam"};
    for (size_t i = 0; i < component_interface_count; i++)
        for (const struct component_function_row *row = component_interfaces[i]->functions; row && row->name; row++) {
            bool expected = false;
            for (size_t k = 0; k < sizeof never / sizeof *never; k++)
                expected |= row->name[0] == '[' && strstr(row->name, never[k]);
            if (expected != !row->function)
                fail_msg("%s %s a body", row->name, expected ? "has" : "is without");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_is_read_to_its_end),
        cmocka_unit_test(input_is_skipped),
        cmocka_unit_test(every_way_to_write_writes),
        cmocka_unit_test(input_is_spliced_to_output),
        cmocka_unit_test(what_a_stream_did_not_allow_ends_the_guest),
        cmocka_unit_test(output_at_its_limit_ends_the_guest_by_it),
        cmocka_unit_test(bytes_are_paid_for),
        cmocka_unit_test(what_is_ready_is_told_by_its_place),
        cmocka_unit_test(a_wait_ends_with_the_first),
        cmocka_unit_test(polls_that_are_none_end_the_guest),
        cmocka_unit_test(there_are_ten_thousand_resources_at_a_time),
        cmocka_unit_test(what_was_dropped_is_gone),
        cmocka_unit_test(no_function_takes_another_kind),
        cmocka_unit_test(clocks_are_coarse),
        cmocka_unit_test(randomness_is_as_long_as_asked_and_never_the_same),
        cmocka_unit_test(the_environment_is_pairs_of_text),
        cmocka_unit_test(exits_have_their_code),
        cmocka_unit_test(there_are_no_terminals_and_no_folders),
        cmocka_unit_test(sockets_and_names_are_denied),
        cmocka_unit_test(functions_without_a_resource_have_no_body),
    };
    return cmocka_run_group_tests_name("component functions", tests, bench_open, bench_close);
}

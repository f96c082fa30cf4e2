/* Calls of the outside from a module in its cell: what it asks arrives whole, what it gets back is what was answered. */
#include "engine/test_support.h"
#include <poll.h>

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    fixture_open(&f, bin_dir());
    read_guest("asker", &wasm);
    fixture_prepare(&f, buf_slice(&wasm));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

struct outside {
    unsigned calls, waits;
    enum host_verdict verdict;
    size_t answer_len;
    uint64_t delay_ms;
};

/* Answers with the function's name and its arguments. */
static enum host_verdict echo(void *self, const struct host_request *request, struct host_answer *answer)
{
    struct outside *o = self;
    const struct host_function *fn = &host_functions[request->op];
    struct buf *out = &answer->bytes[strchr(fn->results, 's') - fn->results];
    o->calls++;
    if (o->delay_ms)
        usleep((useconds_t)o->delay_ms * 1000);
    buf_append_str(out, fn->name);
    for (size_t i = 0; fn->params[i]; i++) {
        const struct host_value *v = &request->args[i];
        if (v->none)
            buf_append_str(out, " none");
        else if (strchr("uitT", fn->params[i]))
            buf_append_fmt(out, " %" PRId64, (int64_t)v->number);
        else
            buf_append_fmt(out, " %.*s", SLICE_FMT(v->bytes));
    }
    for (size_t i = 0; i < o->answer_len; i++)
        buf_append_byte(out, 'a');
    return o->verdict;
}

static void wait_counting(void *self, struct pollfd *p, uint64_t timeout_ns)
{
    struct outside *o = self;
    o->waits++;
    poll(p, 1, (int)(timeout_ns / NS_PER_MS));
}

static void ask(const char *script, const struct task_host *host, struct task_outcome *out)
{
    struct task task = task_of(&f, script);
    task.host = host;
    run_task(&f, &task, out);
}

static void arguments_and_results_arrive_whole(void **state)
{
    (void)state;
    static const struct {
        const char *call, *prints;
    } cases[] = {
        {"rpc_view\ta.near\tget\t{}\tfinal", "ok view a.near get {} final"},
        {"rpc_status", "ok status"},
        {"rpc_call\t1\t2\t3\t4\t5\t6\t7\th\xc3\xa9llo", "ok call 1 2 3 4 5 6 7 h\xc3\xa9llo"},
        {"rpc_raw\t\t", "ok raw  "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct outside outside = {0};
        struct task_host host = {.serve = {[HOST_RPC] = echo}, .self = &outside};
        ask(cases[i].call, &host, &o);
        assert_end(&o, TASK_COMPLETED);
        o.output.len--; /* the line's end */
        assert_string_equal(buf_str(&o.output), cases[i].prints);
        assert_int_equal(outside.calls, 1);
        assert_int_equal(o.host_calls, 1);
    }
}

/* Their results are errors alone or a number and an error: what was asked comes back in the error. */
static void optional_values_and_numbers_arrive(void **state)
{
    (void)state;
    static const struct {
        const char *call, *prints;
    } cases[] = {
        {"storage_set_worker\tk\tv\tpublic", "error set-worker k v 0"},
        {"storage_set_worker\tk\tv\tprivate", "error set-worker k v 1"},
        {"storage_get_worker\tk", "error get-worker k none"},
        {"storage_get_worker\tk\tp0123", "error get-worker k p0123"},
        {"storage_increment\tk\t-9223372036854775808", "error 0 increment k -9223372036854775808"},
        {"payment_refund_usd\t18446744073709551615", "error refund-usd -1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(task_outcome) struct task_outcome o = {0};
        struct outside outside = {0};
        struct task_host host = {.serve = {[HOST_STORAGE] = echo, [HOST_PAYMENT] = echo}, .self = &outside};
        ask(cases[i].call, &host, &o);
        assert_end(&o, TASK_COMPLETED);
        o.output.len--;
        assert_string_equal(buf_str(&o.output), cases[i].prints);
    }
}

static void what_is_not_there_says_so(void **state)
{
    (void)state;
    static const char script[] =
        "rpc_status\nstorage_get\tk\nstorage_has\tk\nvrf_generate\tx\nwallet_get_id\npayment_refund_usd\t1\n"
        "fetch\tGET\thttps://example.com/\t\n";
    AUTO(task_outcome) struct task_outcome o = {0};
    ask(script, NULL, &o);
    assert_end(&o, TASK_COMPLETED);
    assert_non_null(strstr(buf_str(&o.output), "error near:rpc/api is not available"));
    assert_non_null(strstr(buf_str(&o.output), "error WASM imports `near:storage/api` but storage is not configured."));
    assert_non_null(strstr(buf_str(&o.output), "\nfalse\n"));
    assert_non_null(strstr(buf_str(&o.output), "error WASM imports near:vrf/api but VRF is not available."));
    assert_non_null(strstr(buf_str(&o.output), "error WASM imports outlayer:wallet/api but wallet is not available."));
    assert_non_null(strstr(buf_str(&o.output), "error near:payment/api is not available"));
    assert_non_null(strstr(buf_str(&o.output), "error 0 HTTP-request-denied: this run has no access to the network"));
}

static void long_answers_arrive_and_too_long_ones_are_errors(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0}, over = {0};
    struct outside outside = {.answer_len = 500000};
    struct task_host host = {.serve = {[HOST_RPC] = echo}, .wait = wait_counting, .self = &outside};
    ask("rpc_status", &host, &o);
    assert_end(&o, TASK_COMPLETED);
    assert_int_equal(o.output.len, 500000 + strlen("ok status\n"));
    assert_true(outside.waits > 0);
    outside.answer_len = HOST_ANSWER_MAX;
    ask("rpc_status", &host, &over);
    assert_string_equal(buf_str(&over.output), "error the answer is longer than 16777216 bytes\n");
}

static void text_that_is_no_utf8_goes_nowhere(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct outside outside = {0};
    struct task_host host = {.serve = {[HOST_RPC] = echo}, .self = &outside};
    ask("rpc_block\t\xff\xfe", &host, &o);
    assert_string_equal(buf_str(&o.output), "error invalid argument: a text is not UTF-8\n");
    assert_int_equal(outside.calls, 0);
}

static void a_pointer_out_of_memory_ends_the_program(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    ask("stray", NULL, &o);
    assert_end(&o, TASK_TRAP);
    assert_non_null(strstr(buf_str(&o.message), "out of bounds"));
}

static void the_deadline_ends_calls_too(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct outside outside = {.delay_ms = 1200};
    struct task_host host = {.serve = {[HOST_RPC] = echo}, .self = &outside};
    struct task task = task_of(&f, "times\t100\trpc_status");
    task.host = &host;
    task.limits.max_seconds = 1;
    run_task(&f, &task, &o);
    assert_end(&o, TASK_DEADLINE);
    assert_int_equal(outside.calls, 1);
}

static void the_outside_can_end_a_run(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct outside outside = {.verdict = HOST_END_HTTP_TIMEOUTS};
    struct task_host host = {.serve = {[HOST_RPC] = echo}, .self = &outside};
    struct task task = task_of(&f, "rpc_status");
    task.host = &host;
    run_task(&f, &task, &o);
    assert_end(&o, TASK_HTTP_TIMEOUTS);
    assert_int_equal(o.instructions, task.limits.max_instructions);
    assert_string_equal(buf_str(&o.message), "Execution terminated: 2 HTTP requests exceeded 30s timeout limit (penalty). Full "
                                             "execution cost is charged with no refund (consumed 2000000000 instructions)");
}

static void a_flood_of_calls_ends_the_run(void **state)
{
    (void)state;
    AUTO(task_outcome) struct task_outcome o = {0};
    struct task task = task_of(&f, "flood");
    task.limits.max_seconds = 120;
    run_task(&f, &task, &o);
    assert_end(&o, TASK_CALL_LIMIT);
    assert_int_equal(o.host_calls, HOST_CALLS_MAX);                                    /* one more was not made */
    assert_in_range(o.instructions, HOST_CALLS_MAX, task.limits.max_instructions - 1); /* and all are paid for */
    assert_false(o.at_least);
    assert_string_equal(buf_str(&o.message), "WASM execution failed: made more than 262144 host calls");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_and_results_arrive_whole),
        cmocka_unit_test(optional_values_and_numbers_arrive),
        cmocka_unit_test(what_is_not_there_says_so),
        cmocka_unit_test(long_answers_arrive_and_too_long_ones_are_errors),
        cmocka_unit_test(text_that_is_no_utf8_goes_nowhere),
        cmocka_unit_test(a_pointer_out_of_memory_ends_the_program),
        cmocka_unit_test(the_deadline_ends_calls_too),
        cmocka_unit_test(the_outside_can_end_a_run),
        cmocka_unit_test(a_flood_of_calls_ends_the_run),
    };
    return cmocka_run_group_tests_name("host calls", tests, set_up, tear_down);
}

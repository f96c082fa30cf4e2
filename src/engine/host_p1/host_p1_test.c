/* The outside as modules import it, every function of the table by the rules of host_p1.h: what is passed arrives, what is answered
 * can be read, and no pointer, length, text or number of a result does harm. */
#include "base/mem.h"
#include "base/test.h"
#include "engine/host_p1/host_p1.h"
#include "engine/test_caller.h"
#include "engine/test_outside.h"
#include <stdio.h>

enum { RESULT_FUNCTIONS = 3, FUNCTIONS = RESULT_FUNCTIONS + HOST_OPS };

/* Places in the guest's memory. */
enum { ARGS = 1024, ARG_ROOM = 64, OUT = 8192, END = CALLER_MEMORY_LEN };

static char names[HOST_OPS][64], lowered[HOST_OPS][CALLER_ARGS_MAX + 2];
static struct caller_import functions[FUNCTIONS] = {
    {"outlayer", "result_len", "i", "i"},
    {"outlayer", "result_read", "iiii", "i"},
    {"outlayer", "result_number", "i", "I"},
};
static struct caller c;
static struct host_port port;
static struct task_host host;
static struct outside outside;

/* What the outside was asked last, and what it answers: each result as it stands in `texts` and `numbers`. */
static struct {
    unsigned calls;
    enum host_op op;
    struct host_value args[HOST_PARAMS_MAX];
    struct buf bytes[HOST_PARAMS_MAX];
    const char *texts[HOST_RESULTS_MAX];
    uint64_t numbers[HOST_RESULTS_MAX];
    enum host_verdict verdict;
} seen;

static enum host_verdict answer(void *self, const struct host_request *request, struct host_answer *out)
{
    const struct host_function *f = &host_functions[request->op];
    (void)self;
    seen.calls++;
    seen.op = request->op;
    for (size_t i = 0; f->params[i]; i++) {
        seen.args[i] = request->args[i];
        buf_clear(&seen.bytes[i]);
        buf_append(&seen.bytes[i], request->args[i].bytes);
    }
    for (size_t i = 0; f->results[i]; i++) {
        out->values[i].number = seen.numbers[i];
        if (seen.texts[i] && strchr("sb", f->results[i]))
            buf_append_str(&out->bytes[i], seen.texts[i]);
    }
    return seen.verdict;
}

/* As the header says: INTERFACE_FUNCTION, and the WebAssembly types of a shape. */
static void describe(enum host_op op)
{
    static const char *const interfaces[] = {"rpc", "storage", "vrf", "payment", "wallet", "http"};
    const struct host_function *f = &host_functions[op];
    snprintf(names[op], sizeof names[op], "%s_%s", interfaces[f->interface], f->name);
    for (char *at = names[op]; *at; at++)
        *at = *at == '-' ? '_' : *at;
    char *to = lowered[op];
    for (const char *p = f->params; *p; p++) {
        if (strchr("sbS", *p))
            *to++ = 'i';
        *to++ = strchr("ui", *p) ? 'I' : 'i';
    }
    functions[RESULT_FUNCTIONS + op] = (struct caller_import){"outlayer", names[op], lowered[op], "i"};
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOST_OPS; i++)
        describe((enum host_op)i);
    caller_open(&c, functions, FUNCTIONS);
    return 0;
}

static void forget(void)
{
    buf_free(&port.frame);
    buf_free(&port.answer);
    for (size_t i = 0; i < HOST_PARAMS_MAX; i++)
        buf_free(&seen.bytes[i]);
    memset(&seen, 0, sizeof seen);
}

static int tear_down(void **state)
{
    (void)state;
    forget();
    caller_close(&c);
    return 0;
}

static void start(void)
{
    forget();
    host = (struct task_host){0};
    for (size_t i = 0; i < HOST_INTERFACES; i++)
        host.serve[i] = answer;
    outside = (struct outside){.host = &host};
    port = (struct host_port){.exchange = outside_exchange, .self = &outside};
    caller_start(&c, (struct p1){.port = &port});
}

/* Of the function that was asked to trap: -1. */
static int64_t call_op(enum host_op op, const int64_t *args)
{
    int64_t result = 0;
    return caller_call(&c, &functions[RESULT_FUNCTIONS + op], args, &result) ? result : -1;
}

static int64_t call_result(const char *name, int64_t a, int64_t b, int64_t d, int64_t e)
{
    const int64_t args[] = {a, b, d, e};
    int64_t result = 0;
    for (size_t i = 0; i < RESULT_FUNCTIONS; i++)
        if (!strcmp(functions[i].name, name))
            return caller_call(&c, &functions[i], args, &result) ? result : -1;
    fail_msg("no function %s", name);
    return 0;
}

/* Good arguments for a function: argument i is the text "argument i" at a place of its own, the number 1000 + i, or true. */
static void good_args(enum host_op op, int64_t args[CALLER_ARGS_MAX])
{
    size_t at = 0;
    const char *params = host_functions[op].params;
    for (size_t i = 0; params[i]; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "argument %zu", i);
        memcpy(caller_memory(&c) + ARGS + ARG_ROOM * i, text, (size_t)len);
        if (strchr("sbS", params[i])) {
            args[at++] = (int64_t)(ARGS + ARG_ROOM * i);
            args[at++] = len;
        } else {
            args[at++] = strchr("ui", params[i]) ? (int64_t)(1000 + i) : 1;
        }
    }
}

/* Where argument `i` begins among the flat ones. */
static size_t place_of(enum host_op op, size_t i)
{
    size_t at = 0;
    for (size_t k = 0; k < i; k++)
        at += strchr("sbS", host_functions[op].params[k]) ? 2 : 1;
    return at;
}

static void arguments_arrive(void **state)
{
    (void)state;
    for (size_t op = 0; op < HOST_OPS; op++) {
        int64_t args[CALLER_ARGS_MAX + 2] = {0};
        const char *params = host_functions[op].params;
        start();
        good_args((enum host_op)op, args);
        assert_int_equal(call_op((enum host_op)op, args), 0);
        assert_int_equal(seen.calls, 1);
        assert_int_equal(seen.op, op);
        for (size_t i = 0; params[i]; i++) {
            char text[32];
            snprintf(text, sizeof text, "argument %zu", i);
            if (strchr("sbS", params[i]))
                assert_string_equal(buf_str(&seen.bytes[i]), text);
            else
                assert_int_equal(seen.args[i].number, strchr("ui", params[i]) ? 1000 + i : 1);
            assert_false(seen.args[i].none);
        }
    }
}

static void optional_arguments_may_be_none(void **state)
{
    (void)state;
    static const struct {
        int64_t ptr, len;
        bool none;
    } texts[] = {{0, 0, true}, {0, 5, true}, {ARGS, 0, false}, {END, 0, false}};
    static const struct {
        int64_t truth;
        bool none;
        uint64_t number;
    } truths[] = {{-1, true, 0}, {INT32_MIN, true, 0}, {0, false, 0}, {1, false, 1}, {INT32_MAX, false, 1}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        start();
        const int64_t args[CALLER_ARGS_MAX] = {ARGS, 1, texts[i].ptr, texts[i].len};
        assert_int_equal(call_op(HOST_STORAGE_GET_WORKER, args), 0);
        assert_int_equal(seen.args[1].none, texts[i].none);
        assert_int_equal(seen.bytes[1].len, 0);
    }
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        start();
        const int64_t args[CALLER_ARGS_MAX] = {ARGS, 1, ARGS, 1, truths[i].truth};
        assert_int_equal(call_op(HOST_STORAGE_SET_WORKER, args), 0);
        assert_int_equal(seen.args[2].none, truths[i].none);
        if (!truths[i].none)
            assert_int_equal(seen.args[2].number, truths[i].number);
    }
    start(); /* a truth that must be: every number but zero is one */
    int64_t args[CALLER_ARGS_MAX] = {0};
    good_args(HOST_HTTP_HEAD, args);
    args[1] = INT32_MIN;
    assert_int_equal(call_op(HOST_HTTP_HEAD, args), 0);
    assert_int_equal(seen.args[1].number, 1);
}

/* Every result of every function: length and bytes, or the number; the last one says whether it failed. */
static void results_are_read(void **state)
{
    (void)state;
    for (size_t op = 0; op < HOST_OPS; op++) {
        int64_t args[CALLER_ARGS_MAX + 2] = {0};
        const char *results = host_functions[op].results;
        size_t count = strlen(results);
        start();
        good_args((enum host_op)op, args);
        for (size_t i = 0; i < count; i++) {
            seen.texts[i] = i % 2 ? "odd" : "even one";
            seen.numbers[i] = strchr("ui", results[i]) ? UINT64_MAX - i : 1;
        }
        assert_int_equal(call_op((enum host_op)op, args), 1); /* an error, or a truth */
        for (size_t i = 0; i < count; i++) {
            bool is_bytes = strchr("sb", results[i]);
            const char *text = is_bytes ? seen.texts[i] : "";
            assert_int_equal(call_result("result_len", (int64_t)i, 0, 0, 0), strlen(text));
            memset(caller_memory(&c) + OUT, '.', 16);
            assert_int_equal(call_result("result_read", (int64_t)i, 0, OUT, 16), strlen(text));
            assert_memory_equal(caller_memory(&c) + OUT, text, strlen(text));
            assert_int_equal(caller_memory(&c)[OUT + strlen(text)], '.');
            assert_int_equal(call_result("result_number", (int64_t)i, 0, 0, 0), is_bytes ? 0 : (int64_t)seen.numbers[i]);
        }
    }
}

static void results_that_are_none_are_empty(void **state)
{
    (void)state;
    static const int64_t none[] = {4, 100, INT32_MAX, INT32_MIN, -1};
    int64_t args[CALLER_ARGS_MAX] = {0};
    start();
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) { /* before there was a call */
        assert_int_equal(call_result("result_len", none[i], 0, 0, 0), 0);
        assert_int_equal(call_result("result_read", none[i], 0, OUT, 10), 0);
        assert_int_equal(call_result("result_number", none[i], 0, 0, 0), 0);
    }
    assert_int_equal(call_result("result_len", 0, 0, 0, 0), 0);
    good_args(HOST_VRF_GENERATE, args);
    seen.texts[0] = "output";
    assert_int_equal(call_op(HOST_VRF_GENERATE, args), 0);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(call_result("result_len", none[i], 0, 0, 0), 0);
    assert_int_equal(call_result("result_len", 0, 0, 0, 0), 6);
    seen.texts[0] = NULL;
    assert_int_equal(call_op(HOST_VRF_GENERATE, args), 0); /* the next call's, not the last one's */
    assert_int_equal(call_result("result_len", 0, 0, 0, 0), 0);
}

static void results_are_read_within_bounds(void **state)
{
    (void)state;
    static const struct {
        int64_t at, ptr, len, copied; /* -1: ends the guest */
    } cases[] = {
        {0, OUT, 10, 10}, {0, OUT, 3, 3},        {4, OUT, 100, 6},     {10, OUT, 1, 0},  {11, OUT, 1, 0},
        {-1, OUT, 1, 0},  {0, END - 10, 10, 10}, {0, END - 9, 10, -1}, {0, -1, 1, -1},   {0, -1, 0, -1},
        {0, END, 0, 0},   {0, OUT, -1, 10},      {9, END - 1, -1, 1},  {9, END, -1, -1}, {10, END, -1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int64_t args[CALLER_ARGS_MAX] = {0};
        start();
        seen.texts[0] = "0123456789";
        assert_int_equal(call_op(HOST_RPC_STATUS, args), 0);
        int64_t copied = call_result("result_read", 0, cases[i].at, cases[i].ptr, cases[i].len);
        if (copied != cases[i].copied)
            fail_msg("row %zu: %lld", i, (long long)copied);
        assert_int_equal(c.p1.stop, P1_RUNNING); /* a trap as of an access of its own */
    }
}

static void a_pointer_out_of_memory_traps_before_anything_is_asked(void **state)
{
    (void)state;
    static const int64_t wrong[][2] = {{END, 1}, {END - 4, 5}, {-1, 1}, {-1, -1}, {1, -1}, {INT32_MIN, INT32_MIN}, {1, END}};
    for (size_t op = 0; op < HOST_OPS; op++) {
        const char *params = host_functions[op].params;
        for (size_t i = 0; params[i]; i++) {
            for (size_t k = 0; strchr("sbS", params[i]) && k < sizeof wrong / sizeof *wrong; k++) {
                int64_t args[CALLER_ARGS_MAX + 2] = {0};
                start();
                good_args((enum host_op)op, args);
                memcpy(args + place_of((enum host_op)op, i), wrong[k], sizeof wrong[k]);
                if (call_op((enum host_op)op, args) != -1 || seen.calls)
                    fail_msg("%s, argument %zu, row %zu", names[op], i, k);
            }
        }
    }
}

/* In every place where a text enters; where bytes do, they are only that. */
static void a_text_that_is_no_utf8_is_an_error_of_its_own(void **state)
{
    (void)state;
    static const char *const texts[] = {"\xff", "\xc3", "a\x80", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "\xe2\x82"};
    for (size_t op = 0; op < HOST_OPS; op++) {
        const struct host_function *f = &host_functions[op];
        for (size_t i = 0; f->params[i]; i++) {
            for (size_t k = 0; strchr("sbS", f->params[i]) && k < sizeof texts / sizeof *texts; k++) {
                int64_t args[CALLER_ARGS_MAX + 2] = {0};
                bool is_text = f->params[i] != 'b', has_error = strchr(f->results, 's');
                start();
                good_args((enum host_op)op, args);
                memcpy(caller_memory(&c) + ARGS + ARG_ROOM * i, texts[k], strlen(texts[k]));
                args[place_of((enum host_op)op, i) + 1] = (int64_t)strlen(texts[k]);
                assert_int_equal(call_op((enum host_op)op, args), is_text && has_error);
                assert_int_equal(seen.calls, !is_text);
                if (is_text && has_error)
                    assert_int_equal(call_result("result_read", (int64_t)strlen(f->results) - 1, 0, OUT, 100),
                                     strlen("invalid argument: a text is not UTF-8"));
            }
        }
    }
}

static void answers_that_are_no_utf8_are_cleaned(void **state)
{
    (void)state;
    const int64_t args[CALLER_ARGS_MAX] = {0};
    start();
    seen.texts[0] = "a\xff\xfe z";
    assert_int_equal(call_op(HOST_RPC_STATUS, args), 0);
    int64_t len = call_result("result_read", 0, 0, OUT, 100);
    for (int64_t i = 0; i < len; i++)
        assert_true(caller_memory(&c)[OUT + i] != 0xff && caller_memory(&c)[OUT + i] != 0xfe);
}

static void a_request_over_its_bound_is_an_error(void **state)
{
    (void)state;
    enum { PAGES = 80, LEN = HOST_REQUEST_MAX };
    static const struct {
        int64_t len;
        bool fits;
    } cases[] = {{LEN - 4 - 4 - 1, true}, {LEN - 4 - 4, false}, {LEN + 1, false}};
    for (size_t i = 0; i < 3; i++) {
        start();
        wasmtime_extern_t memory = caller_export(&c, "memory");
        uint64_t before = 0;
        memory_budget_start(&c.host.memory, 16 << 20);
        caller_check(wasmtime_memory_grow(caller_context(&c), &memory.of.memory, PAGES, &before));
        const int64_t args[CALLER_ARGS_MAX] = {ARGS, 1, 0, cases[i].len};
        assert_int_equal(call_op(HOST_STORAGE_SET, args), !cases[i].fits);
        assert_int_equal(seen.calls, cases[i].fits);
        if (!cases[i].fits)
            assert_int_equal(call_result("result_len", 0, 0, 0, 0),
                             strlen("invalid argument: the request is longer than 4 MiB"));
    }
}

static void what_moves_is_paid_for_both_ways(void **state)
{
    (void)state;
    enum { CALL = 1, CALLED = 1 };
    int64_t args[CALLER_ARGS_MAX] = {0};
    start();
    good_args(HOST_RPC_BLOCK, args);
    seen.texts[0] = "0123456789";
    seen.texts[1] = "error";
    uint64_t before = caller_fuel(&c);
    call_op(HOST_RPC_BLOCK, args);
    assert_int_equal(before - caller_fuel(&c), 2 + CALL + CALLED + 1 + strlen("argument 0") + 10 + 5);
    before = caller_fuel(&c);
    call_result("result_read", 0, 0, OUT, 7);
    assert_int_equal(before - caller_fuel(&c), 4 + CALL + CALLED + 7);
    caller_set_fuel(&c, 10);
    assert_int_equal(call_op(HOST_RPC_BLOCK, args), -1);
    assert_int_equal(c.p1.stop, P1_OUT_OF_FUEL);
    assert_int_equal(seen.calls, 1); /* not asked */
    start();
    good_args(HOST_RPC_BLOCK, args);
    seen.texts[0] = "an answer that is longer than what is left";
    caller_set_fuel(&c, 30);
    assert_int_equal(call_op(HOST_RPC_BLOCK, args), -1);
    assert_int_equal(c.p1.stop, P1_OUT_OF_FUEL);
}

static void the_outside_may_end_the_guest(void **state)
{
    (void)state;
    const int64_t args[CALLER_ARGS_MAX] = {0};
    start();
    seen.verdict = HOST_END_HTTP_TIMEOUTS; /* no answer comes */
    assert_int_equal(call_op(HOST_RPC_STATUS, args), -1);
    assert_int_equal(c.p1.stop, P1_SINK_FAILED);
    start();
    port.calls = outside.calls = HOST_CALLS_MAX - 1;
    assert_int_equal(call_op(HOST_RPC_STATUS, args), 0);
    assert_int_equal(call_op(HOST_RPC_STATUS, args), -1);
    assert_int_equal(c.p1.stop, P1_CALL_LIMIT);
}

/* With no way to the outside, and with one that has nothing at its end. */
static void what_there_is_not_says_so(void **state)
{
    (void)state;
    for (int no_port = 0; no_port < 2; no_port++) {
        for (size_t op = 0; op < HOST_OPS; op++) {
            const struct host_function *f = &host_functions[op];
            const char *absence = host_interface_absence(f->interface);
            int64_t args[CALLER_ARGS_MAX + 2] = {0}, last = (int64_t)strlen(f->results) - 1;
            start();
            host = (struct task_host){0};
            c.p1.port = no_port ? NULL : &port;
            good_args((enum host_op)op, args);
            bool has_error = f->results[last] == 's';
            assert_int_equal(call_op((enum host_op)op, args), has_error);
            assert_int_equal(call_result("result_len", last, 0, 0, 0), has_error ? strlen(absence) : 0);
            for (int64_t i = 0; i < last; i++)
                assert_int_equal(call_result("result_len", i, 0, 0, 0) + call_result("result_number", i, 0, 0, 0), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_arrive),
        cmocka_unit_test(optional_arguments_may_be_none),
        cmocka_unit_test(results_are_read),
        cmocka_unit_test(results_that_are_none_are_empty),
        cmocka_unit_test(results_are_read_within_bounds),
        cmocka_unit_test(a_pointer_out_of_memory_traps_before_anything_is_asked),
        cmocka_unit_test(a_text_that_is_no_utf8_is_an_error_of_its_own),
        cmocka_unit_test(answers_that_are_no_utf8_are_cleaned),
        cmocka_unit_test(a_request_over_its_bound_is_an_error),
        cmocka_unit_test(what_moves_is_paid_for_both_ways),
        cmocka_unit_test(the_outside_may_end_the_guest),
        cmocka_unit_test(what_there_is_not_says_so),
    };
    return cmocka_run_group_tests_name("the outside of modules", tests, set_up, tear_down);
}

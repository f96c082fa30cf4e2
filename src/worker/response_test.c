#include "base/test.h"
#include "worker/response.h"
#include <string.h>

static const struct task_limits limits = {
    .max_instructions = 5000000, .max_memory_mb = 64, .max_seconds = 10, .max_output_len = 4096};

static struct task_outcome outcome_of(enum task_end end, const char *output)
{
    struct task_outcome o = {.end = end, .instructions = 1234, .time_ms = 42};
    buf_append_str(&o.output, output);
    return o;
}

static void expect_delivery(struct response *r, const char *text)
{
    AUTO(buf) struct buf call = {0};
    response_delivery(r, 7, &call);
    assert_string_equal(buf_str(&call), text);
}

#define USED "\"resources_used\":{\"instructions\":1234,\"time_ms\":42,\"compile_time_ms\":null}"
#define TAIL "," USED ",\"compilation_note\":null,\"refund_usd\":null"

static void a_completed_run_becomes_the_tagged_output(void **state)
{
    (void)state;
    static const struct {
        enum response_format format;
        const char *output, *tagged;
    } cases[] = {
        {RESPONSE_TEXT, "h\"i\n", "{\"Text\":\"h\\\"i\\n\"}"},
        {RESPONSE_TEXT, "", "{\"Text\":\"\"}"},
        {RESPONSE_TEXT, "a\xff", "{\"Text\":\"Invalid UTF-8 output: not a UTF-8 sequence\"}"},
        {RESPONSE_BYTES, "\x01\xff", "{\"Bytes\":[1,255]}"},
        {RESPONSE_BYTES, "", "{\"Bytes\":[]}"},
        {RESPONSE_JSON, " { \"n\" : 18446744073709551615 , \"s\" : \" \\\" x \" }\n",
         "{\"Json\":{\"n\":18446744073709551615,\"s\":\" \\\" x \"}}"},
        {RESPONSE_JSON, "0.1", "{\"Json\":0.1}"},
        {RESPONSE_JSON, "null", "{\"Json\":null}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(response) struct response r = {0};
        AUTO(task_outcome) struct task_outcome o = outcome_of(TASK_COMPLETED, cases[i].output);
        AUTO(buf) struct buf want = {0};
        response_from_outcome(&o, cases[i].format, &limits, &r);
        buf_append_fmt(&want,
                       "{\"method\":\"resolve_execution\",\"args\":{\"request_id\":7,\"response\":{\"success\":true,"
                       "\"output\":%s,\"error\":null" TAIL "}}}",
                       cases[i].tagged);
        expect_delivery(&r, buf_str(&want));
    }
}

static void a_refund_goes_back_with_a_success_only(void **state)
{
    (void)state;
    AUTO(response) struct response r = {0};
    AUTO(task_outcome) struct task_outcome o = outcome_of(TASK_COMPLETED, "x");
    AUTO(buf) struct buf completion = {0}, failed = {0};
    r.refund_usd = 400;
    response_from_outcome(&o, RESPONSE_TEXT, &limits, &r);
    expect_delivery(&r, "{\"method\":\"resolve_execution\",\"args\":{\"request_id\":7,\"response\":{\"success\":true,"
                        "\"output\":{\"Text\":\"x\"},\"error\":null," USED ",\"compilation_note\":null,\"refund_usd\":400}}}");
    response_completion(&r, 5, SLICE(""), &completion);
    assert_non_null(strstr(buf_str(&completion), ",\"refund_usd\":\"400\""));
    response_fail(&r, OUTCOME_TRAP, "no");
    response_completion(&r, 5, SLICE(""), &failed);
    assert_null(strstr(buf_str(&failed), "refund_usd"));
}

static void expect_failure(struct task_outcome *o, uint64_t instructions, const char *text)
{
    AUTO(response) struct response r = {0};
    response_from_outcome(o, RESPONSE_TEXT, &limits, &r);
    assert_false(r.success);
    assert_int_equal(r.output.len, 0);
    assert_string_equal(buf_str(&r.error), text);
    assert_int_equal(r.instructions, instructions);
    task_outcome_free(o);
}

/* The engine's sentence goes to the chain as it is; what was measured is billed, the limit at the ends that cost all of it. */
static void every_other_end_has_its_text_and_bill(void **state)
{
    (void)state;
    static const struct {
        enum task_end end;
        const char *message;
        uint64_t instructions;
    } cases[] = {
        {TASK_OUT_OF_INSTRUCTIONS, "WASM execution failed: all fuel consumed", 5000000},
        {TASK_DEADLINE,
         "WASM execution timed out after 10 seconds (penalty). Full execution cost is charged with no refund (consumed 5000000 "
         "instructions)",
         5000000},
        {TASK_HTTP_TIMEOUTS, "Execution terminated: 2 HTTP requests exceeded 30s timeout limit (penalty). …", 5000000},
        {TASK_CALL_LIMIT, "WASM execution failed: made more than 262144 host calls", 1234},
        {TASK_OUT_OF_MEMORY, "WASM execution failed: memory limit of 64 MB exceeded: asked for 65 MiB", 1234},
        {TASK_OUTPUT_LIMIT, "WASM execution failed: output is longer than 4096 bytes", 1234},
        {TASK_TRAP, "WASM execution failed: wasm trap: integer divide by zero in main", 1234},
        {TASK_TRAP, "panicked\nTrap: wasm trap: wasm `unreachable` instruction executed", 1234},
        {TASK_DENIED, "WASM execution failed: the task's process made a system call that no program can make", 1234},
        {TASK_INVALID_PROGRAM, "Failed to instantiate component: too many memories", 1234},
        {TASK_HOST_FAULT, "The worker could not run the program: the process died", 1234},
        {TASK_GUEST_EXIT, "Component exited with error (no details in stderr)", 1234},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct task_outcome o = outcome_of(cases[i].end, "half an output");
        buf_append_str(&o.message, cases[i].message);
        expect_failure(&o, cases[i].instructions, cases[i].message);
    }
    struct task_outcome o = outcome_of(TASK_GUEST_EXIT, "");
    buf_append_str(&o.message, "SyntaxError: no (pen…");
    buf_append_str(
        &o.error_text,
        "SyntaxError: no (penalty) \xff\n"); /* all of what it said, in the program's own bytes where they are text */
    expect_failure(&o, 1234, "SyntaxError: no (penalty) \xef\xbf\xbd");
}

static void output_that_is_no_json_is_a_failure_that_shows_its_start(void **state)
{
    (void)state;
    AUTO(response) struct response r = {0};
    AUTO(task_outcome) struct task_outcome o = outcome_of(TASK_COMPLETED, "");
    for (int i = 0; i < 100; i++)
        buf_append_str(&o.output, "\xe2\x82\xac");
    response_from_outcome(&o, RESPONSE_JSON, &limits, &r);
    assert_false(r.success);
    struct slice error = buf_slice(&r.error);
    assert_true(slice_starts_with(error, SLICE("Failed to parse output as JSON: ")));
    assert_true(slice_ends_with(error, SLICE("\xe2\x82\xac...")));
    assert_true(error.len < 400);
    assert_int_equal(r.instructions, 1234);
}

/* The object in resolve_execution's arguments. */
static size_t payload_of(const char *call, size_t len)
{
    const char *at = strstr(call, "\"response\":");
    return at ? len - (size_t)(at - call) - strlen("\"response\":") - 2 : 0;
}

static void the_payload_limit_decides_the_method(void **state)
{
    (void)state;
    size_t first_large = 0;
    for (size_t n = 700; n < 1100; n++) {
        AUTO(response) struct response r = {.success = true, .instructions = 1234, .time_ms = 42};
        AUTO(buf) struct buf call = {0};
        buf_append_str(&r.output, "{\"Text\":\"");
        for (size_t i = 0; i < n; i++)
            buf_append_byte(&r.output, 'x');
        buf_append_str(&r.output, "\"}");
        response_delivery(&r, 7, &call);
        bool large = strstr(buf_str(&call), "submit_execution_output_and_resolve") != NULL;
        if (large && !first_large)
            first_large = n;
        assert_int_equal(large, first_large != 0);
        if (!large)
            assert_true(payload_of(buf_str(&call), call.len) <= 1023);
    }
    assert_true(first_large > 700);
    AUTO(response) struct response edge = {.success = true, .instructions = 1234, .time_ms = 42};
    AUTO(buf) struct buf call = {0};
    buf_append_str(&edge.output, "{\"Text\":\"");
    for (size_t i = 0; i + 1 < first_large; i++)
        buf_append_byte(&edge.output, 'x');
    buf_append_str(&edge.output, "\"}");
    response_delivery(&edge, 7, &call);
    assert_int_equal(payload_of(buf_str(&call), call.len), 1023);
}

static void a_large_output_goes_flat(void **state)
{
    (void)state;
    AUTO(response) struct response r = {.success = true, .instructions = 1234, .time_ms = 42};
    AUTO(buf) struct buf want = {0};
    buf_append_str(&r.output, "{\"Text\":\"");
    for (int i = 0; i < 2000; i++)
        buf_append_byte(&r.output, 'x');
    buf_append_str(&r.output, "\"}");
    buf_append_fmt(
        &want,
        "{\"method\":\"submit_execution_output_and_resolve\",\"args\":{\"request_id\":7,\"success\":true,\"output\":%s,"
        "\"error\":null" TAIL "}}",
        buf_str(&r.output));
    expect_delivery(&r, buf_str(&want));
}

static void a_long_error_is_cut_at_a_character_to_fit(void **state)
{
    (void)state;
    static const char *const pieces[] = {"x", "\xe2\x82\xac", "\"", "\x01", "\xf0\x9f\x98\x80"};
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        AUTO(response) struct response r = {.instructions = UINT64_MAX, .time_ms = UINT64_MAX};
        AUTO(buf) struct buf call = {0};
        while (r.error.len < 65536)
            buf_append_str(&r.error, pieces[p]);
        response_delivery(&r, UINT64_MAX, &call);
        AUTO(json) json_t *parsed = NULL;
        /* 2^64 - 1 does not fit jansson's integers; the parser's second way takes it */
        assert_ok(json_doc_parse(buf_slice(&call), &parsed));
        size_t len = payload_of(buf_str(&call), call.len);
        assert_true(len <= RESPONSE_FAILURE_MAX);
        assert_true(len > RESPONSE_FAILURE_MAX - 30);
        assert_non_null(strstr(buf_str(&call), "... (truncated, original size: "));
    }
}

static void what_no_transaction_can_carry_becomes_a_failure(void **state)
{
    (void)state;
    AUTO(response) struct response r = {.success = true};
    AUTO(buf) struct buf call = {0};
    buf_append_str(&r.output, "{\"Text\":\"");
    memset(buf_reserve(&r.output, 1500000), 'x', 1500000);
    r.output.len += 1500000;
    buf_append_str(&r.output, "\"}");
    response_delivery(&r, 7, &call);
    assert_false(r.success);
    assert_non_null(strstr(buf_str(&call), "Output is too large for the chain: the answer is 1500"));
    assert_true(call.len < 1100);
}

static void the_report_carries_the_same_result(void **state)
{
    (void)state;
    AUTO(response) struct response r = {0};
    AUTO(buf) struct buf body = {0};
    response_fail(&r, OUTCOME_INVALID_OUTPUT, "no %d", 1);
    r.instructions = 5;
    r.time_ms = 6;
    response_completion(&r, 9, SLICE("ab"), &body);
    assert_string_equal(buf_str(&body),
                        "{\"job_id\":9,\"success\":false,\"output\":null,\"error\":\"no 1\",\"time_ms\":6,\"instructions\":5,"
                        "\"wasm_checksum\":\"ab\",\"actual_cost_yocto\":null,\"compile_cost_yocto\":null,"
                        "\"outcome\":\"invalid_output\",\"error_category\":\"execution_failed\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_completed_run_becomes_the_tagged_output),
        cmocka_unit_test(a_refund_goes_back_with_a_success_only),
        cmocka_unit_test(every_other_end_has_its_text_and_bill),
        cmocka_unit_test(output_that_is_no_json_is_a_failure_that_shows_its_start),
        cmocka_unit_test(the_payload_limit_decides_the_method),
        cmocka_unit_test(a_large_output_goes_flat),
        cmocka_unit_test(a_long_error_is_cut_at_a_character_to_fit),
        cmocka_unit_test(what_no_transaction_can_carry_becomes_a_failure),
        cmocka_unit_test(the_report_carries_the_same_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

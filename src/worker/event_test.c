#include "base/test.h"
#include "worker/event.h"
#include <string.h>

static const struct event_filter filter = {"near-outlayer", "execution_requested", ""};

#define IDS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,255"
#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"

/* Members of a good request, without the outer braces. */
#define REQUEST                                                                                                   \
    "\"request_id\":41,\"sender_id\":\"alice.test\",\"predecessor_id\":\"asker.test\","                           \
    "\"code_source\":{\"WasmUrl\":{\"url\":\"https://a.example/x.wasm\",\"hash\":\"ab\",\"build_target\":null}}," \
    "\"resource_limits\":{\"max_instructions\":1000,\"max_memory_mb\":128,\"max_execution_seconds\":60},"         \
    "\"input_data\":\"1+1\",\"input_data_in_state\":false,\"secrets_ref\":null,\"response_format\":\"Json\","     \
    "\"payment\":\"100000000000000000000000\",\"attached_usd\":\"0\",\"timestamp\":1767225600000000000,"          \
    "\"compile_only\":false,\"force_rebuild\":false,\"store_on_fastfs\":false,\"use_bound_identity\":false,"      \
    "\"project_uuid\":null,\"project_id\":null"

/* data[0] around the text of a request. */
static json_t *data_of(const char *request, const char *ids)
{
    AUTO(buf) struct buf text = {0};
    json_t *data = NULL;
    AUTO(json) json_t *quoted = json_string(request);
    buf_append_str(&text, "{\"request_data\":");
    json_doc_write(quoted, &text);
    buf_append_fmt(&text, ",\"data_id\":[%s],\"timestamp\":1}", ids);
    assert_ok(json_doc_parse(buf_slice(&text), &data));
    return data;
}

static void only_a_line_that_starts_with_the_mark_is_an_event(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool matches;
    } cases[] = {
        {"EVENT_JSON:{\"standard\":\"near-outlayer\",\"version\":\"1.0.0\",\"event\":\"execution_requested\",\"data\":[{}]}",
         true},
        {"EVENT_JSON: {\"standard\":\"near-outlayer\",\"version\":\"1\",\"event\":\"execution_requested\",\"data\":[1,2]}",
         true},
        {" EVENT_JSON:{\"standard\":\"near-outlayer\",\"version\":\"1.0.0\",\"event\":\"execution_requested\",\"data\":[{}]}",
         false},
        {"see EVENT_JSON:{\"standard\":\"near-outlayer\",\"event\":\"execution_requested\",\"data\":[{}]}", false},
        {"event_json:{\"standard\":\"near-outlayer\",\"event\":\"execution_requested\",\"data\":[{}]}", false},
        {"EVENT_JSON:{\"standard\":\"near-outlayer2\",\"event\":\"execution_requested\",\"data\":[{}]}", false},
        {"EVENT_JSON:{\"standard\":\"nep171\",\"event\":\"execution_requested\",\"data\":[{}]}", false},
        {"EVENT_JSON:{\"standard\":\"near-outlayer\",\"event\":\"execution_completed\",\"data\":[{}]}", false},
        {"EVENT_JSON:{\"standard\":\"near-outlayer\",\"event\":\"execution_requested\",\"data\":[]}", false},
        {"EVENT_JSON:{\"standard\":\"near-outlayer\",\"event\":\"execution_requested\",\"data\":{}}", false},
        {"EVENT_JSON:{\"standard\":\"near-outlayer\",\"event\":\"execution_requested\"}", false},
        {"EVENT_JSON:{\"standard\":7,\"event\":[],\"data\":[{}]}", false},
        {"EVENT_JSON:{\"standard\":\"near-outlayer\"", false},
        {"EVENT_JSON:[]", false},
        {"EVENT_JSON:null", false},
        {"EVENT_JSON:", false},
        {"EVENT_JSON", false},
        {"", false},
        {"EVENT_JSON:{\"a\":\"\xff\"}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *data = NULL;
        if (event_line_matches(slice_str(cases[i].line), &filter, &data) != cases[i].matches)
            fail_msg("line %zu: %s", i, cases[i].line);
        assert_int_equal(data != NULL, cases[i].matches);
    }
}

static void versions_are_compared_as_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *have, *need;
        bool enough;
    } cases[] = {
        {"1.0.0", "1.0.0", true},    {"1.10.0", "1.9.9", true}, {"2.0.0", "10.0.0", false}, {"1.0", "1.0.0", false},
        {"1.0.0.0", "1.0.0", false}, {"x", "0.0.1", false},     {"", "0.0.0", false},       {"anything", "", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf line = {0};
        AUTO(json) json_t *data = NULL;
        const struct event_filter min = {"s", "e", cases[i].need};
        buf_append_fmt(&line, "EVENT_JSON:{\"standard\":\"s\",\"event\":\"e\",\"version\":\"%s\",\"data\":[1]}", cases[i].have);
        if (event_line_matches(buf_slice(&line), &min, &data) != cases[i].enough)
            fail_msg("%s against %s", cases[i].have, cases[i].need);
    }
}

static void a_request_becomes_the_coordinators_body(void **state)
{
    (void)state;
    AUTO(json) json_t *data = data_of("{" REQUEST "}", IDS);
    AUTO(execution_event) struct execution_event event = {0};
    bool known = false;
    assert_ok(event_read_request(data, &event, &known));
    assert_true(known);
    assert_int_equal(event.request_id, 41);
    assert_string_equal(event.data_id, HEX);

    const struct event_place place = {
        .contract_id = SLICE("outlayer.test"),
        .transaction_hash = SLICE("TX"),
        .receipt_id = SLICE("R"),
        .predecessor_id = SLICE("asker.test"),
        .block_height = 17,
        .gas_burnt = 5,
    };
    AUTO(json) json_t *body = event_create_body(&event, &place, (struct slice){0});
    AUTO(json) json_t *want = NULL;
    assert_ok(json_doc_parse(
        SLICE("{\"request_id\":41,\"data_id\":\"" HEX "\",\"code_source\":{\"type\":\"WasmUrl\",\"url\":"
              "\"https://a.example/x.wasm\",\"hash\":\"ab\",\"build_target\":\"wasm32-wasi\"},"
              "\"resource_limits\":{\"max_instructions\":1000,\"max_memory_mb\":128,\"max_execution_seconds\":60},"
              "\"input_data\":\"1+1\",\"response_format\":\"Json\",\"context\":{\"sender_id\":\"alice.test\","
              "\"block_height\":17,\"block_timestamp\":1767225600000000000,\"gas_burnt\":5,\"contract_id\":\"outlayer.test\","
              "\"transaction_hash\":\"TX\",\"receipt_id\":\"R\",\"predecessor_id\":\"asker.test\"},"
              "\"user_account_id\":\"alice.test\",\"near_payment_yocto\":\"100000000000000000000000\",\"attached_usd\":\"0\","
              "\"transaction_hash\":\"TX\",\"compile_only\":false,\"force_rebuild\":false,\"store_on_fastfs\":false,"
              "\"use_bound_identity\":false}"),
        &want));
    assert_true(json_equal(body, want));
}

static void an_input_from_the_state_replaces_the_events(void **state)
{
    (void)state;
    AUTO(json) json_t *data = data_of("{" REQUEST "}", IDS);
    AUTO(execution_event) struct execution_event event = {0};
    bool known = false;
    assert_ok(event_read_request(data, &event, &known));
    AUTO(json) json_t *body = event_create_body(&event, &(struct event_place){0}, SLICE("large"));
    assert_true(slice_eq_str(json_doc_text(json_object_get(body, "input_data")), "large"));
}

/* A good request with `from` replaced by `to`. */
static void expect_refused(const char *from, const char *to, const char *text)
{
    AUTO(buf) struct buf request = {0};
    static const char whole[] = "{" REQUEST "}";
    const char *at = strstr(whole, from);
    assert_non_null(at);
    buf_append(&request, slice_from(whole, (size_t)(at - whole)));
    buf_append_str(&request, to);
    buf_append_str(&request, at + strlen(from));
    AUTO(json) json_t *data = data_of(buf_str(&request), IDS);
    AUTO(execution_event) struct execution_event event = {0};
    bool known = false;
    assert_fails(event_read_request(data, &event, &known), ERR_INVALID, text);
}

static void a_malformed_request_names_the_member(void **state)
{
    (void)state;
    expect_refused("\"request_id\":41", "\"request_id\":-1",
                   "`request_data`: member `request_id` is not a whole number from 0 to 2^63 - 1");
    expect_refused("\"sender_id\":\"alice.test\"", "\"sender_id\":null", "`request_data`: member `sender_id` is not a string");
    expect_refused("\"max_memory_mb\":128", "\"max_memory_mb\":null",
                   "`request_data`: `resource_limits`: member `max_memory_mb` is not a whole number from 0 to 2^63 - 1");
    expect_refused("\"max_memory_mb\":128", "\"max_memory_mb\":4294967296",
                   "`request_data`: `resource_limits`: member `max_memory_mb` is over 2^32");
    expect_refused("{\"WasmUrl\"", "{\"Project\"", "`request_data`: `code_source`: neither {\"WasmUrl\":…} nor {\"GitHub\":…}");
    expect_refused("\"hash\":\"ab\"", "\"hash\":7", "`request_data`: `code_source`: member `hash` is not a string");
    expect_refused("\"response_format\":\"Json\"", "\"response_format\":\"json\"",
                   "`request_data`: member `response_format` is none of Bytes, Text and Json");
    expect_refused("\"compile_only\":false", "\"compile_only\":0",
                   "`request_data`: member `compile_only` is not true or false");
    expect_refused("\"timestamp\":1767225600000000000", "\"timestamp\":\"1\"",
                   "`request_data`: member `timestamp` is not a whole number from 0 to 2^63 - 1");
}

static void a_wrong_data_id_leaves_the_request_known(void **state)
{
    (void)state;
    static const char over[] = "256,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31";
    static const char *const lists[] = {"", "1", IDS ",1", over};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        AUTO(json) json_t *data = data_of("{" REQUEST "}", lists[i]);
        AUTO(execution_event) struct execution_event event = {0};
        bool known = false;
        AUTO(err) struct err *e = event_read_request(data, &event, &known);
        assert_non_null(e);
        assert_true(known);
        assert_int_equal(event.request_id, 41);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_line_that_starts_with_the_mark_is_an_event),
        cmocka_unit_test(versions_are_compared_as_numbers),
        cmocka_unit_test(a_request_becomes_the_coordinators_body),
        cmocka_unit_test(an_input_from_the_state_replaces_the_events),
        cmocka_unit_test(a_malformed_request_names_the_member),
        cmocka_unit_test(a_wrong_data_id_leaves_the_request_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/test.h"
#include "codec/json_doc.h"
#include "coordinator/message.h"
#include <string.h>

static json_t *doc_of(const char *text)
{
    json_t *doc = NULL;
    assert_ok(json_doc_parse(slice_str(text), &doc));
    return doc;
}

static struct err *parse_create(const char *text, struct arena *arena, struct msg_create *out)
{
    AUTO(json) json_t *doc = doc_of(text);
    return msg_create_parse(doc, arena, out);
}

static struct err *parse_complete(const char *text, struct arena *arena, struct msg_complete *out)
{
    AUTO(json) json_t *doc = doc_of(text);
    return msg_complete_parse(doc, arena, out);
}

static void assert_refused(struct err *e, const char *part)
{
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_INVALID);
    if (!strstr(err_text(e), part))
        fail_msg("`%s` does not speak of %s", err_text(e), part);
    err_free(e);
}

#define LIMITS "\"resource_limits\":{\"max_instructions\":1,\"max_memory_mb\":2,\"max_execution_seconds\":3}"
#define SOURCE "\"code_source\":{\"type\":\"GitHub\",\"repo\":\"o/r\",\"commit\":\"c\"}"
#define CREATE "{\"request_id\":7,\"data_id\":\"aa\"," SOURCE "," LIMITS ",\"input_data\":\"a\\u0000b\""

static void a_created_request_is_kept_as_one_document(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct msg_create msg;
    assert_ok(parse_create(CREATE ",\"near_payment_yocto\":\"340282366920938463463374607431768211455\",\"unknown\":1,"
                                  "\"project_id\":null,\"context\":null,\"secrets_ref\":null,\"response_format\":null}",
                           &arena, &msg));
    assert_int_equal(msg.request_id, 7);
    assert_int_equal(msg.execution_seconds, 3);
    assert_null(msg.project_id.ptr);
    AUTO(json) json_t *doc = NULL;
    assert_ok(json_doc_parse(msg.request_json, &doc));
    assert_null(json_object_get(doc, "unknown"));
    assert_null(json_object_get(doc, "code_source"));
    assert_null(json_object_get(doc, "project_id"));
    assert_int_equal(json_string_length(json_object_get(doc, "input_data")), 3);
    assert_string_equal(json_string_value(json_object_get(doc, "response_format")), "Text");
    assert_true(json_is_false(json_object_get(doc, "is_https_call")));
}

static void a_bound_identity_is_made_to_fail(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct msg_create msg;
    assert_ok(parse_create(CREATE ",\"use_bound_identity\":true,\"context\":{\"sender_id\":\"a.near\"}}", &arena, &msg));
    AUTO(json) json_t *doc = NULL;
    assert_ok(json_doc_parse(msg.request_json, &doc));
    assert_string_equal(json_string_value(json_object_get(json_object_get(doc, "context"), "sender_id")), "");
}

static void wrong_members_are_named(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct msg_create msg;
    assert_refused(parse_create("[]", &arena, &msg), "not a JSON object");
    assert_refused(parse_create(CREATE ",\"near_payment_yocto\":\"340282366920938463463374607431768211456\"}", &arena, &msg),
                   "near_payment_yocto");
    assert_refused(parse_create(CREATE ",\"response_format\":\"json\"}", &arena, &msg), "response_format");
    assert_refused(parse_create(CREATE ",\"context\":[]}", &arena, &msg), "context");
    assert_refused(parse_create(CREATE ",\"context\":{\"gas_burnt\":\"1\"}}", &arena, &msg), "gas_burnt");
    assert_refused(parse_create(CREATE ",\"secrets_ref\":{\"profile\":\"p\"}}", &arena, &msg), "account_id");
    assert_refused(parse_create(CREATE ",\"compile_only\":1}", &arena, &msg), "compile_only");
    assert_refused(parse_create("{\"request_id\":7,\"data_id\":\"\"," SOURCE "," LIMITS ",\"input_data\":\"\"}", &arena, &msg),
                   "data_id");
    assert_refused(
        parse_create("{\"request_id\":-7,\"data_id\":\"aa\"," SOURCE "," LIMITS ",\"input_data\":\"\"}", &arena, &msg),
        "request_id");
}

static void categories_become_states(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct msg_complete msg;
    static const struct {
        const char *members;
        enum job_status status;
    } cases[] = {
        {"\"success\":true", JOB_COMPLETED},
        {"\"success\":true,\"error_category\":\"failed\"", JOB_COMPLETED},
        {"\"success\":false", JOB_FAILED},
        {"\"success\":false,\"error_category\":null", JOB_FAILED},
        {"\"success\":false,\"error_category\":\"pending\"", JOB_FAILED},
        {"\"success\":false,\"error_category\":\"in_progress\"", JOB_FAILED},
        {"\"success\":false,\"error_category\":\"completed\"", JOB_FAILED},
        {"\"success\":false,\"error_category\":\"access_denied\"", JOB_ACCESS_DENIED},
        {"\"success\":false,\"error_category\":\"custom\"", JOB_CUSTOM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = arena_fmt(&arena, "{\"job_id\":1,\"time_ms\":0,\"instructions\":0,%s}", cases[i].members);
        assert_ok(parse_complete(text, &arena, &msg));
        assert_int_equal(msg.status, cases[i].status);
    }
}

static void long_errors_are_cut_between_characters(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct msg_complete msg;
    AUTO(buf) struct buf text = {0};
    buf_append_str(&text, "{\"job_id\":1,\"time_ms\":0,\"instructions\":0,\"success\":false,\"error\":\"x");
    for (int i = 0; i < MSG_ERROR_MAX; i++)
        buf_append_str(&text, "\xc3\xa9");
    buf_append_str(&text, "\"}");
    assert_ok(parse_complete(buf_str(&text), &arena, &msg));
    assert_int_equal(msg.error.len, MSG_ERROR_MAX - 1);
}

static void an_outcome_is_a_word(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    struct msg_complete msg;
    static const char start[] = "{\"job_id\":1,\"time_ms\":0,\"instructions\":0,\"success\":false,\"outcome\":";
    static const char *const wrong[] = {"\"\"",      "\"Trap\"", "\"a b\"",
                                        "\"trap1\"", "\"<b>\"",  "\"abcdefghijklmnopqrstuvwxyzabcdefghijklmno\""};
    assert_ok(parse_complete(arena_fmt(&arena, "%s\"out_of_memory\"}", start), &arena, &msg));
    assert_true(slice_eq_str(msg.outcome, "out_of_memory"));
    assert_ok(parse_complete(arena_fmt(&arena, "%snull}", start), &arena, &msg));
    assert_null(msg.outcome.ptr);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(parse_complete(arena_fmt(&arena, "%s%s}", start, wrong[i]), &arena, &msg), ERR_INVALID,
                     "member `outcome` is not a word of 1 to 40 small letters and underscores");
}

static void kept_jobs_are_a_list_of_ids(void **state)
{
    (void)state;
    AUTO(arena) struct arena arena = {0};
    static const struct {
        const char *member, *kept; /* NULL: refused, */
        const char *why;
    } cases[] = {
        {"", "[]", NULL},
        {",\"kept_jobs\":null", "[]", NULL},
        {",\"kept_jobs\":[]", "[]", NULL},
        {",\"kept_jobs\":[7, 8]", "[7,8]", NULL},
        {",\"kept_jobs\":7", NULL, "member `kept_jobs` is not an array of at most 10000 job ids"},
        {",\"kept_jobs\":[\"7\"]", NULL, "member `kept_jobs` holds something that is no job id"},
        {",\"kept_jobs\":[[7]]", NULL, "member `kept_jobs` holds something that is no job id"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(json) json_t *body = NULL;
        struct msg_heartbeat msg;
        const char *text =
            arena_fmt(&arena, "{\"worker_id\":\"w\",\"worker_name\":\"w\",\"status\":\"online\"%s}", cases[i].member);
        assert_ok(json_doc_parse(slice_str(text), &body));
        if (!cases[i].kept) {
            assert_fails(msg_heartbeat_parse(body, &arena, &msg), ERR_INVALID, cases[i].why);
            continue;
        }
        assert_ok(msg_heartbeat_parse(body, &arena, &msg));
        assert_true(slice_eq_str(msg.kept_jobs, cases[i].kept));
    }
}

static void capabilities_are_a_list_of_words(void **state)
{
    (void)state;
    assert_int_equal(msg_capabilities_parse(SLICE("compilation,execution")), CAN_COMPILE | CAN_EXECUTE);
    assert_int_equal(msg_capabilities_parse(SLICE(" execution ,, other")), CAN_EXECUTE);
    assert_int_equal(msg_capabilities_parse(SLICE("Execution")), 0);
    assert_int_equal(msg_capabilities_parse(SLICE("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_created_request_is_kept_as_one_document),
        cmocka_unit_test(a_bound_identity_is_made_to_fail),
        cmocka_unit_test(wrong_members_are_named),
        cmocka_unit_test(categories_become_states),
        cmocka_unit_test(long_errors_are_cut_between_characters),
        cmocka_unit_test(capabilities_are_a_list_of_words),
        cmocka_unit_test(an_outcome_is_a_word),
        cmocka_unit_test(kept_jobs_are_a_list_of_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

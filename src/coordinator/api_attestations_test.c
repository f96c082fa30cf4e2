/* Attestations as workers bring them and strangers fetch them. */
#include "codec/base64.h"
#include "codec/hex.h"
#include "coordinator/api_testing.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

enum { QUOTE_LEN = 600, RTMR3_AT = 520 };

/* Bytes with a version and a measurement in the right places: all this service looks at. */
static const char *quote_text(struct fixture *f, unsigned version, size_t len, bool hex)
{
    AUTO(buf) struct buf text = {0};
    uint8_t *bytes = arena_alloc(&f->arena, len);
    memset(bytes, 0, len);
    bytes[0] = (uint8_t)version;
    for (size_t i = 0; i < 48 && RTMR3_AT + i < len; i++)
        bytes[RTMR3_AT + i] = (uint8_t)(0xa0 + i);
    if (hex)
        hex_append(&text, slice_from(bytes, len));
    else
        base64_append(&text, slice_from(bytes, len));
    return arena_str(&f->arena, buf_slice(&text));
}

/* When the job was created, from the claim's answer that start_job left. */
static uint64_t created_at(struct fixture *f)
{
    AUTO(json) json_t *answer = answer_json(f);
    const json_t *job = json_array_get(json_object_get(answer, "jobs"), 0);
    return (uint64_t)json_integer_value(json_object_get(job, "created_at"));
}

static const char *body_of(struct fixture *f, uint64_t job_id, uint64_t timestamp, const char *caller)
{
    return arena_fmt(
        &f->arena,
        "{\"task_id\":%llu,\"task_type\":\"execute\",\"tdx_quote\":\"%s\",\"request_id\":7,\"caller_account_id\":\"%s\","
        "\"transaction_hash\":\"9aBc\",\"block_height\":18446744073,\"call_id\":\"c-1\",\"payment_key_owner\":null,"
        "\"build_target\":\"wasm32-wasip1\",\"wasm_hash\":\"" HASH_A "\",\"input_hash\":\"" HASH_B
        "\",\"output_hash\":\"" HASH_A "\",\"attached_usd\":\"0\",\"timestamp\":%llu}",
        (unsigned long long)job_id, quote_text(f, 4, QUOTE_LEN, false), caller, (unsigned long long)timestamp);
}

static void an_attestation_comes_back_under_each_of_its_keys(void **state)
{
    struct fixture *f = *state;
    uint64_t job_id = start_job(f, 7);
    uint64_t timestamp = created_at(f);
    assert_int_equal(post(f, "/attestations", body_of(f, job_id, timestamp, "zo\\u00eb.near")), 201);
    const char *paths[] = {arena_fmt(&f->arena, "/attestations/%llu", (unsigned long long)job_id), "/attestations/by-call/c-1",
                           "/attestations/by-tx/9aBc", "/attestations/by-request/7"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(call_with(f, (struct http_call){.method = "GET"}, paths[i]), 200);
        AUTO(json) json_t *a = answer_json(f);
        assert_int_equal(json_integer_value(json_object_get(a, "task_id")), job_id);
        assert_int_equal(json_integer_value(json_object_get(a, "timestamp")), timestamp);
        assert_int_equal(json_integer_value(json_object_get(a, "block_height")), 18446744073);
        assert_string_equal(json_string_value(json_object_get(a, "caller_account_id")), "zoë.near");
        assert_string_equal(json_string_value(json_object_get(a, "tdx_quote")), quote_text(f, 4, QUOTE_LEN, false));
        assert_int_equal(strncmp(json_string_value(json_object_get(a, "worker_measurement")), "a0a1a2a3a4", 10), 0);
        assert_null(json_object_get(a, "payment_key_owner")); /* null is left out */
    }
}

static void the_first_attestation_of_a_job_stays(void **state)
{
    struct fixture *f = *state;
    uint64_t job_id = start_job(f, 7);
    uint64_t timestamp = created_at(f);
    assert_int_equal(post(f, "/attestations", body_of(f, job_id, timestamp, "first.near")), 201);
    assert_int_equal(post(f, "/attestations", body_of(f, job_id, timestamp, "second.near")), 201);
    assert_int_equal(get(f, "/attestations/by-request/7"), 200);
    AUTO(json) json_t *a = answer_json(f);
    assert_string_equal(json_string_value(json_object_get(a, "caller_account_id")), "first.near");
}

static void what_nobody_attested_is_404_without_a_body(void **state)
{
    struct fixture *f = *state;
    static const char *const paths[] = {"/attestations/1",
                                        "/attestations/x",
                                        "/attestations/-1",
                                        "/attestations/by-call/c",
                                        "/attestations/by-tx/x",
                                        "/attestations/by-request/1",
                                        "/attestations/by-request/x",
                                        "/attestations/99999999999999999999"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(get(f, paths[i]), 404);
        assert_body(f, "");
    }
}

static void attestations_of_no_job_or_of_another_one_are_refused(void **state)
{
    struct fixture *f = *state;
    uint64_t job_id = start_job(f, 7);
    uint64_t timestamp = created_at(f);
    assert_int_equal(post(f, "/attestations", body_of(f, job_id + 1, timestamp, "a.near")), 404);
    assert_int_equal(post(f, "/attestations", body_of(f, job_id, timestamp + 1, "a.near")), 422);
    assert_int_equal(get(f, "/attestations/by-request/7"), 404);
    struct http_call call = {.method = "POST", .body = slice_str(body_of(f, job_id, timestamp, "a.near"))};
    assert_int_equal(call_with(f, call, "/attestations"), 401);
}

/* At its start a worker attests itself, by a quote in hex, as often as it starts. */
static void a_worker_attests_its_start(void **state)
{
    struct fixture *f = *state;
    const char *body =
        arena_fmt(&f->arena,
                  "{\"task_id\":-1,\"task_type\":\"execute\",\"tdx_quote\":\"%s\",\"output_hash\":\"worker_startup\","
                  "\"commit_hash\":\"startup\",\"repo_url\":\"worker://w1\",\"build_target\":\"tdx\"}",
                  quote_text(f, 4, QUOTE_LEN, true));
    assert_int_equal(post(f, "/attestations", body), 201);
    assert_int_equal(post(f, "/attestations", body), 201);
}

static void each_member_is_looked_at(void **state)
{
    struct fixture *f = *state;
    uint64_t job_id = start_job(f, 7);
    const char *good = body_of(f, job_id, created_at(f), "a.near");
    static const char *const needed[] = {"task_id", "task_type", "tdx_quote", "input_hash", "output_hash", "timestamp", NULL};
    each_member_is_checked(f, "/attestations", good, needed);
    static const struct {
        const char *member, *value;
    } wrong[] = {
        {"task_id", "-2"},
        {"task_type", "\"startup\""},
        {"task_type", "\"compile\""},
        {"tdx_quote", "\"\""},
        {"tdx_quote", "\"!\""},
        {"wasm_hash", "\"aa\""},
        {"input_hash", "\"zz\""},
        {"output_hash", "\"worker_startup\""},
        {"attached_usd", "\"1.5\""},
        {"block_height", "-1"},
        {"caller_account_id", "7"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        AUTO(json) json_t *doc = NULL;
        AUTO(buf) struct buf body = {0};
        json_t *value = NULL;
        assert_ok(json_doc_parse(slice_str(good), &doc));
        assert_ok(json_doc_parse(slice_str(wrong[i].value), &value));
        json_object_set_new(doc, wrong[i].member, value);
        json_doc_write(doc, &body);
        if (post(f, "/attestations", buf_str(&body)) != 422)
            fail_msg("%s was taken for `%s`", wrong[i].value, wrong[i].member);
    }
    assert_int_equal(get(f, "/attestations/by-request/7"), 404);
}

static void only_a_quote_of_tdx_is_taken(void **state)
{
    struct fixture *f = *state;
    static const struct {
        unsigned version;
        size_t len;
        int status;
    } cases[] = {{3, 600, 422}, {4, 567, 422}, {4, 568, 201}, {5, 573, 422}, {5, 574, 201}, {4, 1, 422}, {4, 70000, 422}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *body =
            arena_fmt(&f->arena, "{\"task_id\":-1,\"task_type\":\"execute\",\"tdx_quote\":\"%s\",\"output_hash\":\"x\"}",
                      quote_text(f, cases[i].version, cases[i].len, true));
        assert_int_equal(post(f, "/attestations", body), cases[i].status);
    }
}

int main(void)
{
    log_start("test", LOG_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_attestation_comes_back_under_each_of_its_keys),
        TEST(the_first_attestation_of_a_job_stays),
        TEST(what_nobody_attested_is_404_without_a_body),
        TEST(attestations_of_no_job_or_of_another_one_are_refused),
        TEST(a_worker_attests_its_start),
        TEST(each_member_is_looked_at),
        TEST(only_a_quote_of_tdx_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

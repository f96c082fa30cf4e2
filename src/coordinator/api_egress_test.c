/* What programs asked of the network: kept once for each run, for the workers that ran it only. */
#include "coordinator/api_testing.h"

#define RECORDS                                                                   \
    "[{\"host\":\"api.example\",\"bytes\":120,\"allowed\":true,\"reason\":null}," \
    "{\"host\":\"10.0.0.1\",\"bytes\":null,\"allowed\":false,\"reason\":\"private\"}]"

static const char *audit_of(struct fixture *f, uint64_t job_id, const char *records)
{
    return arena_fmt(
        &f->arena,
        "{\"job_id\":%llu,\"project_id\":\"alice.near/app\",\"wasm_checksum\":\"aa\",\"executed_wasm_sha256\":null,"
        "\"connector_id\":null,\"declared_limits\":[],\"records\":%s}",
        (unsigned long long)job_id, records);
}

static void assert_counted(struct fixture *f, const char *line)
{
    assert_int_equal(call_with(f, (struct http_call){.method = "GET"}, "/metrics"), 200);
    if (!strstr(buf_str(&f->answer.body), line))
        fail_msg("metrics do not say `%s`: %s", line, buf_str(&f->answer.body));
}

static void attempts_are_kept_once(void **state)
{
    struct fixture *f = *state;
    uint64_t job_id = start_job(f, 7);
    for (int i = 0; i < 2; i++)
        assert_int_equal(post(f, "/egress-audit", audit_of(f, job_id, RECORDS)), 200);
    assert_counted(f, "egress_attempts{allowed=\"0\"} 1\n");
    assert_counted(f, "egress_attempts{allowed=\"1\"} 1\n");
}

static void a_run_without_attempts_may_be_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(post(f, "/egress-audit", audit_of(f, start_job(f, 7), "[]")), 200);
}

static void only_workers_tell_and_only_of_jobs_that_there_are(void **state)
{
    struct fixture *f = *state;
    const char *body = audit_of(f, start_job(f, 7), RECORDS);
    assert_int_equal(call_with(f, (struct http_call){.method = "POST", .body = slice_str(body)}, "/egress-audit"), 401);
    assert_int_equal(post(f, "/egress-audit", audit_of(f, 999999, RECORDS)), 404);
}

static void what_does_not_read_is_named(void **state)
{
    struct fixture *f = *state;
    uint64_t job_id = start_job(f, 7);
    static const struct {
        const char *records, *named;
    } cases[] = {
        {"null", "member `records` is no array"},
        {"{}", "member `records` is no array"},
        {"[1]", "records[0]"},
        {"[{\"bytes\":1,\"allowed\":true}]", "`host`"},
        {"[{\"host\":7,\"allowed\":true}]", "`host`"},
        {"[{\"host\":\"a\"}]", "`allowed`"},
        {"[{\"host\":\"a\",\"allowed\":1}]", "`allowed`"},
        {"[{\"host\":\"a\",\"allowed\":true,\"bytes\":-1}]", "`bytes`"},
        {"[{\"host\":\"a\",\"allowed\":true,\"reason\":[]}]", "`reason`"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = post(f, "/egress-audit", audit_of(f, job_id, cases[i].records));
        if (status / 100 != 4 || !strstr(buf_str(&f->answer.body), cases[i].named))
            fail_msg("`%s` is answered with %d: %s", cases[i].records, status, buf_str(&f->answer.body));
    }
    assert_int_equal(post(f, "/egress-audit", "{}") / 100, 4);
}

static void a_flood_is_refused(void **state)
{
    struct fixture *f = *state;
    AUTO(buf) struct buf records = {0};
    for (int i = 0; i <= 2000; i++)
        buf_append_str(&records, i ? ",{\"host\":\"a\",\"allowed\":true}" : "[{\"host\":\"a\",\"allowed\":true}");
    buf_append_str(&records, "]");
    assert_int_equal(post(f, "/egress-audit", audit_of(f, start_job(f, 7), buf_str(&records))) / 100, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(attempts_are_kept_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_without_attempts_may_be_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_workers_tell_and_only_of_jobs_that_there_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_read_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a worker does when its owner takes its key away: no answer is lost, none is given twice, and it works on when it may. */
#include "base/fs.h"
#include "codec/json_doc.h"
#include "near/credentials.h"
#include "net/http_client.h"
#include "tee/simulator/seed.h"
#include "tee/worker_key.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 60 * 1000, LOOK_MS = 50, LOG_MAX = 16 * 1024 * 1024 };

static struct world *w;
static struct signer *owner;

static int start(void **state)
{
    if (world_start(state))
        return -1;
    w = *state;
    assert_ok(stack_signer(&w->stack, STACK_ROOT_ID, &owner));
    return 0;
}

static int end(void **state)
{
    signer_free(owner);
    return world_end(state);
}

/* --- what the owner does ----------------------------------------------------------------------------------------------------- */

static void as_owner(const char *method, struct slice args)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    assert_ok(signer_call(owner, SLICE(STACK_OPERATOR_ID), method, args, 300 * TERA_GAS, 0, TX_LEVEL_FINAL, &outcome));
    assert_ok(tx_outcome_expect(&outcome, method));
}

/* Runs `outlayer tee …` on this stack; its status, and what it printed. */
static int tee(const char *arguments, struct buf *out)
{
    AUTO(buf) struct buf command = {0};
    char part[4096];
    size_t len;
    buf_append_fmt(&command, "%s/outlayer tee %s --data %s 2>&1", w->stack.program_dir, arguments, w->dir);
    FILE *pipe = popen(buf_str(&command), "r");
    assert_non_null(pipe);
    while ((len = fread(part, 1, sizeof part, pipe)))
        buf_append(out, slice_from(part, len));
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* `tee VERB` of the worker's measurements must say `words`. */
static void as_owner_of_measurements(const char *verb, const char *words)
{
    AUTO(buf) struct buf measured = {0};
    AUTO(buf) struct buf said = {0};
    struct measurements measurements;
    simulator_worker_measurements(&measurements);
    measurements_write_json(&measurements, &measured);
    const char *arguments = arena_fmt(&w->arena, "%s " STACK_OPERATOR_ID " --measurements '%s'", verb, buf_str(&measured));
    if (tee(arguments, &said) || !strstr(buf_str(&said), words))
        fail_msg("%s", buf_str(&said));
}

static void remove_key(const struct public_key *key)
{
    AUTO(buf) struct buf args = {0};
    char text[KEY_TEXT_MAX];
    buf_append_fmt(&args, "{\"public_keys\":[\"%s\"]}", public_key_text(key, text));
    as_owner("remove_worker_keys", buf_slice(&args));
}

static void retire(void)
{
    as_owner_of_measurements("retire", STACK_OPERATOR_ID " approves no longer these measurements; 1 worker key was removed");
}

static void approve(void)
{
    as_owner_of_measurements("approve", STACK_OPERATOR_ID " approves these measurements");
}

/* --- what can be seen of the worker ------------------------------------------------------------------------------------------- */

/* The key that it keeps. */
static struct public_key worker_key(void)
{
    AUTO(buf) struct buf text = {0};
    AUTO(json) json_t *doc = NULL;
    struct public_key key;
    assert_ok(fs_read(arena_fmt(&w->arena, "%s/worker/worker-keypair.json", w->stack.data_dir), 4096, &text));
    assert_ok(json_doc_parse(buf_slice(&text), &doc));
    assert_ok(public_key_parse(json_doc_text(json_object_get(doc, "public_key")), &key));
    return key;
}

static void assert_registered(const struct public_key *key)
{
    assert_ok(tee_worker_key_check(w->rpc, SLICE(STACK_OPERATOR_ID), SLICE(STACK_CONTRACT_ID), key));
}

/* Its quote was made after the last removal: it carries the contract's nonce. */
static void assert_fresh(const struct public_key *key)
{
    AUTO(buf) struct buf args = {0};
    AUTO(buf) struct buf answer = {0};
    AUTO(json) json_t *record = NULL;
    char text[KEY_TEXT_MAX];
    buf_append_fmt(&args, "{\"public_key\":\"%s\"}", public_key_text(key, text));
    assert_ok(rpc_view_call(w->rpc, SLICE(STACK_OPERATOR_ID), "get_worker_key", buf_slice(&args), &answer));
    assert_ok(json_doc_parse(buf_slice(&answer), &record));
    assert_true(json_is_true(json_object_get(record, "fresh")));
}

static void assert_replaced(const struct public_key *old)
{
    struct public_key key = worker_key();
    assert_false(public_key_eq(&key, old));
    assert_registered(&key);
    assert_fresh(&key);
    AUTO(err) struct err *gone = tee_worker_key_check(w->rpc, SLICE(STACK_OPERATOR_ID), SLICE(STACK_CONTRACT_ID), old);
    assert_non_null(gone);
    assert_int_equal(err_code(gone), ERR_NOT_FOUND);
}

static size_t count_in_log_of(const char *service, const char *words)
{
    AUTO(buf) struct buf log = {0};
    size_t count = 0;
    assert_ok(fs_read(arena_fmt(&w->arena, "%s/%s.log", w->stack.log_dir, service), LOG_MAX, &log));
    for (const char *at = buf_str(&log); (at = strstr(at, words)); at++)
        count++;
    return count;
}

static size_t count_in_log(const char *words)
{
    return count_in_log_of("worker", words);
}

static void wait_for_log_of(const char *service, const char *words, size_t count)
{
    for (int i = 0; count_in_log_of(service, words) < count; i++) {
        if (i == PATIENCE_MS / LOOK_MS)
            fail_msg("the %s does not say `%s`", service, words);
        usleep(LOOK_MS * 1000);
    }
}

static void wait_for_log(const char *words, size_t count)
{
    wait_for_log_of("worker", words, count);
}

static void rest_ms(unsigned ms)
{
    usleep(ms * 1000);
}

/* --- questions --------------------------------------------------------------------------------------------------------------- */

/* Returns its number; the chain has taken it. */
static uint64_t ask(const char *hash, uint64_t max_instructions)
{
    uint64_t id = w->asked;
    struct err *e = world_ask(w, hash, max_instructions, TX_LEVEL_INCLUDED_FINAL);
    if (e && err_code(e) == ERR_UNAVAILABLE) {
        err_free(e);
        e = NULL;
    }
    assert_ok(e);
    return id;
}

static bool is_answered(uint64_t id, const char **answer)
{
    struct err *e = asker_answer(w->rpc, id, &w->arena, answer);
    bool answered = !e;
    if (e)
        assert_int_equal(err_code(e), ERR_NOT_FOUND);
    err_free(e);
    return answered;
}

static void assert_answered(uint64_t id, const char *expected)
{
    const char *answer = NULL;
    for (int i = 0; !is_answered(id, &answer); i++) {
        if (i == PATIENCE_MS / LOOK_MS)
            fail_msg("question %llu has no answer", (unsigned long long)id);
        rest_ms(LOOK_MS);
    }
    assert_string_equal(answer, expected);
}

/* What the coordinator knows of the request's finished jobs. */
static json_t *finished_jobs(uint64_t request_id)
{
    AUTO(http_client) struct http_client *client = NULL;
    AUTO(http_answer) struct http_answer answer = {0};
    json_t *jobs = NULL;
    const char *url =
        arena_fmt(&w->arena, "%s/public/jobs?request_id=%llu", w->stack.coordinator_url, (unsigned long long)request_id);
    assert_ok(http_client_new(&client));
    assert_ok(http_client_call(client, &(struct http_call){.method = "GET", .url = url}, &answer));
    assert_int_equal(answer.status, 200);
    assert_ok(json_doc_parse(buf_slice(&answer.body), &jobs));
    return jobs;
}

/* One run, one report, and it is the answer's. */
static void assert_completed_once(uint64_t request_id)
{
    for (int i = 0; i < PATIENCE_MS / LOOK_MS; i++) {
        AUTO(json) json_t *jobs = finished_jobs(request_id);
        if (json_array_size(jobs) == 0) {
            rest_ms(LOOK_MS);
            continue;
        }
        assert_int_equal(json_array_size(jobs), 1);
        assert_string_equal(json_string_value(json_object_get(json_array_get(jobs, 0), "outcome")), "completed");
        return;
    }
    fail_msg("request %llu is not reported", (unsigned long long)request_id);
}

/* --- what is true -------------------------------------------------------------------------------------------------------------- */

/* (module (memory (export "memory") 1)
 *   (func (export "_start") (local i64)
 *     (local.set 0 (i64.const 600000000))
 *     (loop (br_if 0 (i32.eqz (i64.eqz (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))))))))
 * takes about a second, and answers with nothing. */
static const uint8_t slow[] = {0,    'a',  's', 'm',  1, 0,    0,    0,    1,    4,    1,    0x60, 0,    0,   3,
                               2,    1,    0,   5,    3, 1,    0,    1,    7,    19,   2,    6,    '_',  's', 't',
                               'a',  'r',  't', 0,    0, 6,    'm',  'e',  'm',  'o',  'r',  'y',  2,    0,   10,
                               28,   1,    26,  1,    1, 0x7e, 0x42, 0x80, 0x8c, 0x8d, 0x9e, 2,    0x21, 0,   3,
                               0x40, 0x20, 0,   0x42, 1, 0x7d, 0x22, 0,    0x50, 0x45, 0x0d, 0,    0x0b, 0x0b};

static void a_key_that_goes_while_a_program_runs_costs_no_answer(void **state)
{
    (void)state;
    char hash[HASH_HEX_MAX];
    pid_t pids[WORLD_PROCESSES_MAX];
    struct public_key old = worker_key();
    world_publish(w, slice_from(slow, sizeof slow), hash);
    uint64_t id = ask(hash, UINT64_C(50000000000));
    world_wait_for_task(w, pids);
    remove_key(&old);
    const char *answer;
    assert_false(is_answered(id, &answer)); /* it runs still */
    assert_answered(id, "\"\"");
    assert_completed_once(id);
    assert_replaced(&old);
    assert_answered(ask(w->program_hash, 10000000), WORLD_ANSWER);
}

/* The coordinator ends the session first, so that nothing is run that could not be answered. */
static void an_idle_worker_learns_it_from_its_session(void **state)
{
    (void)state;
    struct public_key old = worker_key();
    size_t runs = count_in_log("\"ran a program\""), refusals = count_in_log("InvalidAccessKeyError");
    char text[KEY_TEXT_MAX];
    remove_key(&old);
    wait_for_log_of("coordinator",
                    arena_fmt(&w->arena, "its sessions end\",\"public_key\":\"%s\"", public_key_text(&old, text)), 1);
    uint64_t id = ask(w->program_hash, 10000000);
    assert_answered(id, WORLD_ANSWER);
    assert_completed_once(id);
    assert_replaced(&old);
    assert_int_equal(count_in_log("\"ran a program\""), runs + 1);
    assert_int_equal(count_in_log("InvalidAccessKeyError"), refusals);
}

/* Its measurements are withdrawn, and its key with them: it finishes what it runs, claims nothing, and goes on when it is approved. */
static void a_retired_worker_waits_until_it_is_approved(void **state)
{
    (void)state;
    struct public_key old = worker_key();
    const char *answer;
    retire();
    uint64_t first = ask(w->program_hash, 10000000);
    wait_for_log("is not admitted yet", 1);
    size_t runs = count_in_log("\"ran a program\"");
    uint64_t second = ask(w->program_hash, 10000000);
    rest_ms(500);
    assert_int_equal(count_in_log("\"ran a program\""), runs);
    assert_false(is_answered(first, &answer));
    assert_false(is_answered(second, &answer));
    assert_int_equal(count_in_log("outlayer tee approve " STACK_OPERATOR_ID), 1);
    approve();
    assert_answered(first, WORLD_ANSWER);
    assert_answered(second, WORLD_ANSWER);
    assert_completed_once(first);
    assert_completed_once(second);
    assert_replaced(&old);
}

/* Ended while it waits, it keeps the answer for its next start. */
static void a_waiting_worker_ends_at_once_and_keeps_its_answers(void **state)
{
    (void)state;
    size_t waits = count_in_log("is not admitted yet");
    const char *answer;
    retire();
    uint64_t id = ask(w->program_hash, 10000000);
    wait_for_log("is not admitted yet", waits + 1);
    uint64_t asked_ns = clock_monotonic_ns(&clock_system);
    service_stop(&w->stack.services[STACK_WORKER], 20000);
    assert_true(clock_monotonic_ns(&clock_system) - asked_ns < 5 * NS_PER_SEC);
    stack_kill(&w->stack, STACK_WORKER);
    assert_false(is_answered(id, &answer));
    approve();
    assert_ok(stack_restart(&w->stack, STACK_WORKER));
    assert_answered(id, WORLD_ANSWER);
    assert_completed_once(id);
}

/* --- the owner's commands ----------------------------------------------------------------------------------------------------- */

static void expect_tee(const char *arguments, int status, const char *words)
{
    AUTO(buf) struct buf said = {0};
    int ended = tee(arguments, &said);
    if (ended != status || !strstr(buf_str(&said), words))
        fail_msg("`tee %s` exits %d and says: %s", arguments, ended, buf_str(&said));
}

static void the_owner_sees_every_key(void **state)
{
    (void)state;
    char text[KEY_TEXT_MAX];
    struct public_key key = worker_key();
    AUTO(buf) struct buf said = {0};
    AUTO(json) json_t *doc = NULL;
    size_t i, workers = 0, others = 0;
    const json_t *item;
    assert_int_equal(tee("keys " STACK_OPERATOR_ID " --json", &said), 0);
    assert_ok(json_doc_parse(buf_slice(&said), &doc));
    json_array_foreach(json_object_get(doc, "keys"), i, item)
    {
        const json_t *worker = json_object_get(item, "worker");
        others += json_is_null(worker);
        if (json_is_null(worker))
            continue;
        workers++;
        assert_string_equal(json_string_value(json_object_get(item, "public_key")), public_key_text(&key, text));
        assert_true(json_is_true(json_object_get(worker, "measurements_approved")));
        assert_true(json_is_true(json_object_get(worker, "simulated")));
    }
    assert_int_equal(workers, 1);
    assert_int_equal(others, 1); /* the account's own */
    expect_tee("keys " STACK_OPERATOR_ID, 0, "1 worker key on " STACK_OPERATOR_ID);
    expect_tee("keys " STACK_OPERATOR_ID, 0, "no worker's key: full access");
    expect_tee("keys " STACK_OPERATOR_ID, 0, " NEAR left, mrtd ");
}

static void what_is_said_twice_is_done_once(void **state)
{
    (void)state;
    as_owner_of_measurements("approve", "approved these measurements already");
    as_owner_of_measurements("approve --json", "\"was_approved\":true");
    const char *other = arena_fmt(&w->arena, "retire " STACK_OPERATOR_ID " --measurements %s/other.json", w->dir);
    AUTO(buf) struct buf json = {0};
    struct measurements measurements = {0};
    measurements_write_json(&measurements, &json);
    assert_ok(fs_write_atomic(arena_fmt(&w->arena, "%s/other.json", w->dir), buf_slice(&json), 0600));
    expect_tee(other, 0, "did not approve these measurements; 0 worker keys were removed");
}

/* Of a quote with measurements of its own, all zeros. */
static void a_quote_says_what_is_approved_alone_or_beside_others(void **state)
{
    (void)state;
    const char *simulate =
        arena_fmt(&w->arena, "%s/outlayer tee simulate --out %s/quote >/dev/null", w->stack.program_dir, w->dir);
    const char *quote = arena_fmt(&w->arena, STACK_OPERATOR_ID " --quote %s/quote/quote.bin", w->dir);
    assert_int_equal(system(simulate), 0);
    expect_tee(arena_fmt(&w->arena, "approve %s", quote), 0, "approves these measurements:\n{\"mrtd\":\"000000");
    expect_tee("keys " STACK_OPERATOR_ID, 0, ", approved, simulated TDX");
    expect_tee(arena_fmt(&w->arena, "approve %s --clear-others", quote), 0, "approved these measurements already");
    expect_tee("keys " STACK_OPERATOR_ID, 0, ", NOT approved, simulated TDX");
    expect_tee(arena_fmt(&w->arena, "retire %s --keep-keys", quote), 0, "run it again without --keep-keys");
    approve();
    expect_tee("keys " STACK_OPERATOR_ID, 0, ", approved, simulated TDX");
}

static void wrong_usage_is_told_with_what_would_be_right(void **state)
{
    (void)state;
    static const struct {
        const char *arguments;
        int status;
        const char *words;
    } cases[] = {
        {"approve", 2, "takes the register contract's account"},
        {"approve " STACK_OPERATOR_ID, 2, "say which measurements: --quote FILE or --measurements JSON"},
        {"approve " STACK_OPERATOR_ID " --quote a --measurements b", 2, "one of them"},
        {"approve " STACK_OPERATOR_ID " --measurements '{}'", 2, "--measurements: "},
        {"approve " STACK_OPERATOR_ID " --measurements '{'", 2, "--measurements: "},
        {"approve " STACK_OPERATOR_ID " --quote /dev/null", 2, "--quote /dev/null: 0 bytes are no TDX quote"},
        {"approve " STACK_OPERATOR_ID " --quote /nowhere", 1, "--quote /nowhere: "},
        {"approve UPPER --measurements '{}'", 2, "account"},
        {"keys " STACK_OPERATOR_ID " --quote a", 2, "takes no measurements"},
        {"keys " STACK_OPERATOR_ID " --keep-keys", 2, "--keep-keys to retire"},
        {"keys nobody.test.near", 1, "nobody.test.near"},
        {"keys", 2, "takes the register contract's account"},
        {"bless " STACK_OPERATOR_ID, 2, "say what to do first: approve, retire, keys"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_tee(cases[i].arguments, cases[i].status, cases[i].words);
}

static void who_is_not_the_owner_is_refused(void **state)
{
    (void)state;
    const char *file = arena_fmt(&w->arena, "%s/other.json", w->dir);
    expect_tee(arena_fmt(&w->arena, "approve " STACK_OPERATOR_ID " --measurements %s --as " ASKER_USER_ID, file), 1,
               "Only owner can call this method");
    expect_tee(arena_fmt(&w->arena, "approve " STACK_CONTRACT_ID " --measurements %s", file), 1,
               "which must be a register contract");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_owner_sees_every_key),
        cmocka_unit_test(what_is_said_twice_is_done_once),
        cmocka_unit_test(a_quote_says_what_is_approved_alone_or_beside_others),
        cmocka_unit_test(wrong_usage_is_told_with_what_would_be_right),
        cmocka_unit_test(who_is_not_the_owner_is_refused),
        cmocka_unit_test(a_key_that_goes_while_a_program_runs_costs_no_answer),
        cmocka_unit_test(an_idle_worker_learns_it_from_its_session),
        cmocka_unit_test(a_retired_worker_waits_until_it_is_approved),
        cmocka_unit_test(a_waiting_worker_ends_at_once_and_keeps_its_answers),
    };
    return cmocka_run_group_tests_name("readmission", tests, start, end);
}

/* Whatever is killed at whatever moment, every question ends in exactly one answer: the value, or null when the program may have
 * run and its result is lost. Real processes, SIGKILL, the real chain. */
#include "base/clock.h"
#include "codec/attestation_record.h"
#include "codec/base64.h"
#include "codec/json_doc.h"
#include "engine/test_support.h"
#include "net/http_client.h"
#include "world.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 12, QUESTIONS_A_ROUND = 3, SETTLE_MS = 8000, YIELD_BLOCKS = 210 };

/* Included but not executed to its end is what is asked for. */
static void ask_program(struct world *w, const char *code_hash, uint64_t max_instructions)
{
    struct err *e = world_ask(w, code_hash, max_instructions, TX_LEVEL_INCLUDED_FINAL);
    if (e && err_code(e) == ERR_UNAVAILABLE) {
        err_free(e);
        e = NULL;
    }
    assert_ok(e);
}

static void ask(struct world *w)
{
    ask_program(w, w->program_hash, 10000000);
}

static uint64_t count_unanswered(struct world *w)
{
    AUTO(arena) struct arena arena = {0};
    uint64_t unanswered = 0;
    for (uint64_t id = 0; id < w->asked; id++) {
        const char *answer;
        struct err *e = asker_answer(w->rpc, id, &arena, &answer);
        if (e) {
            assert_int_equal(err_code(e), ERR_NOT_FOUND);
            err_free(e);
            unanswered++;
        } else if (strcmp(answer, WORLD_ANSWER) && strcmp(answer, "null")) {
            fail_msg("question %llu was answered with %s", (unsigned long long)id, answer);
        }
    }
    return unanswered;
}

static void wait_for_answers(struct world *w)
{
    uint64_t deadline = clock_monotonic_ns(&clock_system) + SETTLE_MS * NS_PER_MS;
    while (count_unanswered(w) && clock_monotonic_ns(&clock_system) < deadline)
        usleep(50000);
}

/* What nobody may run again ends with the yield's own time-out. */
static void let_yields_time_out(struct world *w)
{
    AUTO(json) json_t *result = NULL;
    assert_ok(rpc_call(w->rpc, "sandbox_fast_forward", json_pack("{s:i}", "delta_height", YIELD_BLOCKS), &result));
}

static void kill_rounds(struct world *w, enum stack_service which)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < QUESTIONS_A_ROUND; i++)
            ask(w);
        usleep(round * 3000); /* a different moment every time, up to the end of a round trip */
        stack_kill(&w->stack, which);
        assert_ok(stack_restart(&w->stack, which));
    }
    wait_for_answers(w);
    if (count_unanswered(w)) {
        print_message("%llu questions wait for their yield to time out\n", (unsigned long long)count_unanswered(w));
        let_yields_time_out(w);
        wait_for_answers(w);
    }
    assert_int_equal(count_unanswered(w), 0);
    ask(w);
    wait_for_answers(w);
    assert_int_equal(count_unanswered(w), 0);
}

static void a_killed_worker_leaves_every_question_answered(void **state)
{
    kill_rounds(*state, STACK_WORKER);
}

static void a_killed_coordinator_leaves_every_question_answered(void **state)
{
    kill_rounds(*state, STACK_COORDINATOR);
}

static void a_killed_chain_goes_on_where_it_stopped(void **state)
{
    kill_rounds(*state, STACK_DEVNET);
}

static void wait_until_gone(const pid_t *pids, size_t count)
{
    size_t alive = 1;
    for (int i = 0; alive && i < SETTLE_MS / 10; i++) {
        alive = 0;
        for (size_t p = 0; p < count; p++)
            alive += is_running(pids[p]);
        if (alive)
            usleep(10000);
    }
    assert_int_equal(alive, 0);
}

/* (module (memory (export "memory") 1) (func (export "_start") (loop (br 0)))) */
static const uint8_t endless[] = {0,   'a', 's', 'm', 1, 0,  0,  0, 1,   4,   1,   0x60, 0,    0,    3, 2,    1,   0,   5,
                                  3,   1,   0,   1,   7, 19, 2,  6, '_', 's', 't', 'a',  'r',  't',  0, 0,    6,   'm', 'e',
                                  'm', 'o', 'r', 'y', 2, 0,  10, 9, 1,   7,   0,   3,    0x40, 0x0c, 0, 0x0b, 0x0b};

/* The attestation of a request, once the coordinator has it. */
static json_t *wait_for_attestation(struct world *w, uint64_t request_id)
{
    AUTO(http_client) struct http_client *client = NULL;
    const char *url =
        arena_fmt(&w->arena, "%s/attestations/by-request/%llu", w->stack.coordinator_url, (unsigned long long)request_id);
    assert_ok(http_client_new(&client));
    for (int i = 0; i < SETTLE_MS / 50; i++) {
        AUTO(http_answer) struct http_answer answer = {0};
        json_t *found = NULL;
        assert_ok(http_client_call(client, &(struct http_call){.method = "GET", .url = url}, &answer));
        if (answer.status == 200) {
            assert_ok(json_doc_parse(buf_slice(&answer.body), &found));
            return found;
        }
        usleep(50000);
    }
    fail_msg("request %llu has no attestation", (unsigned long long)request_id);
    return NULL;
}

/* It says that the run is lost, what it was a run of, and nothing that nobody knows; and it is proven as any other. */
static void assert_attested_as_lost(struct world *w, uint64_t request_id, uint64_t max_instructions)
{
    static const uint8_t none[HASH_LEN];
    AUTO(json) json_t *found = wait_for_attestation(w, request_id);
    AUTO(buf) struct buf bytes = {0}, command = {0};
    struct attestation_record r;
    struct hash input = hash_sha256(SLICE("")), nothing = hash_sha256(SLICE(""));
    const json_t *v2 = json_object_get(found, "attestation_v2");
    assert_true(base64_decode(json_doc_text(json_object_get(v2, "record")), &bytes, NULL));
    assert_true(attestation_record_read(buf_slice(&bytes), &r));
    assert_true(slice_eq_str(r.outcome, "worker_lost"));
    assert_true(r.request_id == request_id && r.instructions == 0 && r.max_instructions == max_instructions);
    assert_memory_equal(r.code, none, sizeof none);
    assert_memory_equal(r.input, input.bytes, HASH_LEN);
    assert_memory_equal(r.output, nothing.bytes, HASH_LEN);
    buf_append_fmt(&command, "%s/outlayer verify tx %s --data %s --wait 20 --short", w->stack.program_dir,
                   json_string_value(json_object_get(found, "transaction_hash")), w->dir);
    assert_int_equal(system(buf_str(&command)), 0);
}

static void a_killed_worker_takes_its_tasks_with_it_and_the_loss_is_attested(void **state)
{
    struct world *w = *state;
    char hash[HASH_HEX_MAX];
    pid_t pids[WORLD_PROCESSES_MAX];
    world_publish(w, slice_from(endless, sizeof endless), hash);
    ask_program(w, hash, UINT64_C(100000000000));
    size_t count = world_wait_for_task(w, pids);
    stack_kill(&w->stack, STACK_WORKER);
    wait_until_gone(pids, count);
    assert_ok(stack_restart(&w->stack, STACK_WORKER));
    wait_for_answers(w);
    assert_int_equal(count_unanswered(w), 0);
    assert_attested_as_lost(w, 0, UINT64_C(100000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_killed_worker_leaves_every_question_answered, world_start, world_end),
        cmocka_unit_test_setup_teardown(a_killed_worker_takes_its_tasks_with_it_and_the_loss_is_attested, world_start,
                                        world_end),
        cmocka_unit_test_setup_teardown(a_killed_coordinator_leaves_every_question_answered, world_start, world_end),
        cmocka_unit_test_setup_teardown(a_killed_chain_goes_on_where_it_stopped, world_start, world_end),
    };
    return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}

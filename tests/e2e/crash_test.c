/* Whatever is killed at whatever moment, every question ends in exactly one answer: the value, or null when the program may have
 * run and its result is lost. Real processes, SIGKILL, the real chain. */
#include "base/clock.h"
#include "engine/test_support.h"
#include "world.h"
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 12, QUESTIONS_A_ROUND = 3, SETTLE_MS = 8000, YIELD_BLOCKS = 210, PROCESSES_MAX = 32 };

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

/* Waits until the worker's engine has a task: a process below its zygote. Returns all there are. */
static size_t wait_for_task(pid_t worker, pid_t *pids)
{
    pid_t below[PROCESSES_MAX];
    for (int i = 0; i < SETTLE_MS / 10; i++) {
        size_t count = find_descendants(worker, pids, PROCESSES_MAX);
        for (size_t p = 0; p < count; p++) {
            if (find_descendants(pids[p], below, PROCESSES_MAX))
                return count;
        }
        usleep(10000);
    }
    fail_msg("the worker runs no task");
    return 0;
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

static void a_killed_worker_takes_its_tasks_with_it(void **state)
{
    struct world *w = *state;
    char hash[HASH_HEX_MAX];
    pid_t pids[PROCESSES_MAX];
    world_publish(w, slice_from(endless, sizeof endless), hash);
    ask_program(w, hash, UINT64_C(100000000000));
    size_t count = wait_for_task(w->stack.services[STACK_WORKER].pid, pids);
    stack_kill(&w->stack, STACK_WORKER);
    wait_until_gone(pids, count);
    assert_ok(stack_restart(&w->stack, STACK_WORKER));
    wait_for_answers(w);
    assert_int_equal(count_unanswered(w), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_killed_worker_leaves_every_question_answered, world_start, world_end),
        cmocka_unit_test_setup_teardown(a_killed_worker_takes_its_tasks_with_it, world_start, world_end),
        cmocka_unit_test_setup_teardown(a_killed_coordinator_leaves_every_question_answered, world_start, world_end),
        cmocka_unit_test_setup_teardown(a_killed_chain_goes_on_where_it_stopped, world_start, world_end),
    };
    return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}

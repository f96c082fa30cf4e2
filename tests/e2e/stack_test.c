/* The stack as a person uses it: a question is answered, everything stops, a second start goes on where the first stopped. */
#include "world.h"

static const char *ask(struct world *w, uint64_t id, uint64_t max_instructions)
{
    const char *answer = NULL;
    assert_ok(world_ask(w, w->program_hash, max_instructions, TX_LEVEL_FINAL));
    assert_ok(asker_answer(w->rpc, id, &w->arena, &answer));
    return answer;
}

static void a_question_is_answered_in_its_own_transaction(void **state)
{
    assert_string_equal(ask(*state, 0, 10000000), WORLD_ANSWER);
}

static void too_few_instructions_are_answered_with_null(void **state)
{
    assert_string_equal(ask(*state, 0, 10), "null");
}

static void a_second_start_goes_on_where_the_first_stopped(void **state)
{
    struct world *w = *state;
    const char *answer = NULL;
    assert_string_equal(ask(w, 0, 10000000), WORLD_ANSWER);
    const char *rpc_before = arena_str(&w->arena, slice_str(w->stack.rpc_url));
    world_restart(w);

    assert_string_equal(w->stack.rpc_url, rpc_before);
    assert_ok(asker_answer(w->rpc, 0, &w->arena, &answer));
    assert_string_equal(answer, WORLD_ANSWER);
    assert_string_equal(ask(w, 1, 10000000), WORLD_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_question_is_answered_in_its_own_transaction, world_start, world_end),
        cmocka_unit_test_setup_teardown(too_few_instructions_are_answered_with_null, world_start, world_end),
        cmocka_unit_test_setup_teardown(a_second_start_goes_on_where_the_first_stopped, world_start, world_end),
    };
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}

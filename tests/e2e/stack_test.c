/* The stack as a person uses it: a question is answered, everything stops, a second start goes on where the first stopped. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/test.h"
#include "cli/asker.h"
#include "cli/publish.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRAM_MAX = 1024 * 1024 };

struct world {
    struct arena arena;
    char dir[64];
    struct stack stack;
    struct signer *user;
    struct rpc_client *rpc;
    char hash[HASH_HEX_MAX];
};

static void say_nothing(const char *step, void *context)
{
    (void)step, (void)context;
}

static void connect(struct world *w)
{
    assert_ok(stack_start(w->dir, say_nothing, NULL, &w->stack));
    assert_ok(rpc_client_new(&(struct rpc_config){.url = w->stack.rpc_url}, &w->rpc));
}

static void disconnect(struct world *w)
{
    signer_free(w->user);
    rpc_client_free(w->rpc);
    stack_stop(&w->stack);
    w->user = NULL;
    w->rpc = NULL;
}

static void publish(struct world *w)
{
    AUTO(buf) struct buf program = {0};
    assert_ok(fs_read(arena_fmt(&w->arena, "%s/../bench/trivial.wasm", w->stack.examples_dir), PROGRAM_MAX, &program));
    struct hash hash = hash_sha256(buf_slice(&program));
    hash_hex(&hash, w->hash);
    assert_ok(publish_wasm(w->stack.coordinator_url, w->stack.worker_token, &hash, buf_slice(&program)));
}

static int start_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    strcpy(w->dir, "/tmp/outlayer-stack-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    connect(w);
    assert_ok(asker_deploy(&w->stack, &w->user));
    publish(w);
    *state = w;
    return 0;
}

static int end_world(void **state)
{
    struct world *w = *state;
    disconnect(w);
    arena_free(&w->arena);
    assert_ok(fs_remove_tree(w->dir));
    free(w);
    return 0;
}

static const char *ask(struct world *w, uint64_t id, uint64_t max_instructions)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    const char *answer = NULL;
    const struct asker_question question = {.code_url = "http://127.0.0.1:9/trivial.wasm",
                                            .code_hash = w->hash,
                                            .script = "",
                                            .max_instructions = max_instructions,
                                            .max_memory_mb = 16,
                                            .max_execution_seconds = 5};
    assert_ok(asker_ask(w->user, &question, TX_LEVEL_FINAL, &outcome));
    assert_ok(asker_answer(w->rpc, id, &w->arena, &answer));
    return answer;
}

static void a_question_is_answered_in_its_own_transaction(void **state)
{
    assert_string_equal(ask(*state, 0, 10000000), "\"ok\\n\"");
}

static void too_few_instructions_are_answered_with_null(void **state)
{
    assert_string_equal(ask(*state, 0, 10), "null");
}

static void a_second_start_goes_on_where_the_first_stopped(void **state)
{
    struct world *w = *state;
    const char *answer = NULL;
    assert_string_equal(ask(w, 0, 10000000), "\"ok\\n\"");
    const char *rpc_before = arena_str(&w->arena, slice_str(w->stack.rpc_url));
    disconnect(w);

    connect(w);
    assert_string_equal(w->stack.rpc_url, rpc_before);
    assert_ok(asker_answer(w->rpc, 0, &w->arena, &answer));
    assert_string_equal(answer, "\"ok\\n\"");
    assert_ok(stack_signer(&w->stack, ASKER_USER_ID, &w->user));
    assert_string_equal(ask(w, 1, 10000000), "\"ok\\n\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_question_is_answered_in_its_own_transaction, start_world, end_world),
        cmocka_unit_test_setup_teardown(too_few_instructions_are_answered_with_null, start_world, end_world),
        cmocka_unit_test_setup_teardown(a_second_start_goes_on_where_the_first_stopped, start_world, end_world),
    };
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}

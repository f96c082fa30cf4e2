#include "world.h"
#include "base/fs.h"
#include "cli/publish.h"
#include "engine/test_support.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROGRAM_MAX = 1024 * 1024, TASK_ROUNDS = 800, TASK_PAUSE_MS = 10 };

static void say_nothing(const char *step, void *context)
{
    (void)step, (void)context;
}

static void connect_to_stack(struct world *w)
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

void world_publish(struct world *w, struct slice program, char hash[HASH_HEX_MAX])
{
    struct hash name = hash_sha256(program);
    hash_hex(&name, hash);
    assert_ok(publish_wasm(w->stack.coordinator_url, w->stack.worker_token, &name, program));
}

static void publish_trivial(struct world *w)
{
    AUTO(buf) struct buf program = {0};
    assert_ok(fs_read(arena_fmt(&w->arena, "%s/../bench/trivial.wasm", w->stack.examples_dir), PROGRAM_MAX, &program));
    world_publish(w, buf_slice(&program), w->program_hash);
}

int world_start(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    strcpy(w->dir, "/tmp/outlayer-e2e-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    connect_to_stack(w);
    assert_ok(asker_deploy(&w->stack, &w->user));
    publish_trivial(w);
    *state = w;
    return 0;
}

int world_end(void **state)
{
    struct world *w = *state;
    disconnect(w);
    arena_free(&w->arena);
    assert_ok(fs_remove_tree(w->dir));
    free(w);
    return 0;
}

void world_restart(struct world *w)
{
    disconnect(w);
    connect_to_stack(w);
    assert_ok(stack_signer(&w->stack, ASKER_USER_ID, &w->user));
}

struct err *world_ask(struct world *w, const char *code_hash, uint64_t max_instructions, enum tx_level level)
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    const struct asker_question question = {.code_url = "http://127.0.0.1:9/trivial.wasm",
                                            .code_hash = code_hash,
                                            .script = "",
                                            .max_instructions = max_instructions,
                                            .max_memory_mb = 16,
                                            .max_execution_seconds = 60};
    struct err *e = asker_ask(w->user, &question, level, &outcome);
    w->asked += !e || err_code(e) == ERR_UNAVAILABLE;
    return e;
}

size_t world_wait_for_task(struct world *w, pid_t pids[WORLD_PROCESSES_MAX])
{
    pid_t below[WORLD_PROCESSES_MAX];
    for (int i = 0; i < TASK_ROUNDS; i++) {
        size_t count = find_descendants(w->stack.services[STACK_WORKER].pid, pids, WORLD_PROCESSES_MAX);
        for (size_t p = 0; p < count; p++) {
            if (find_descendants(pids[p], below, WORLD_PROCESSES_MAX))
                return count;
        }
        usleep(TASK_PAUSE_MS * 1000);
    }
    fail_msg("the worker runs no task");
    return 0;
}

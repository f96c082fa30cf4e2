/* Ask to callback on the devnet: 200 questions to a trivial warm program, one after the other, split by stage.
 *
 *     submit ──A──► request in a block ──B──► resolution in a block ──C──► callback in a block ──D──► the caller has the answer
 *
 * B is the worker: it sees the event, creates and claims the job, runs the program in its own process, signs and sends.
 * Stages are read from block timestamps, which the devnet takes from the same clock as this program.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "bench.h"
#include "cli/asker.h"
#include "cli/demo_observe.h"
#include "cli/publish.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 10, RUNS = 200, STAGES = 5, PROGRAM_MAX = 1024 * 1024 };

static const char *const stage_names[STAGES] = {"submit -> request block", "request -> resolve block",
                                                "resolve -> callback block", "callback -> caller", "ask -> answer"};

struct bench {
    struct arena arena;
    struct stack stack;
    struct signer *user;
    struct rpc_client *rpc;
    char hash[HASH_HEX_MAX];
    uint64_t stage_ns[STAGES][RUNS];
};

static void say_step(const char *step, void *context)
{
    (void)context;
    fprintf(stderr, "  %s\n", step);
}

static struct err *publish_trivial(struct bench *b)
{
    AUTO(buf) struct buf program = {0};
    TRY(fs_read(arena_fmt(&b->arena, "%s/../bench/trivial.wasm", b->stack.examples_dir), PROGRAM_MAX, &program));
    struct hash hash = hash_sha256(buf_slice(&program));
    hash_hex(&hash, b->hash);
    return publish_wasm(b->stack.coordinator_url, b->stack.worker_token, &hash, buf_slice(&program));
}

static struct err *measure_one(struct bench *b, uint64_t ns[STAGES])
{
    AUTO(tx_outcome) struct tx_outcome outcome = {0};
    AUTO(arena) struct arena arena = {0};
    struct rpc_block before, after;
    struct observation seen;
    const struct asker_question question = {.code_url = "http://127.0.0.1:9/trivial.wasm",
                                            .code_hash = b->hash,
                                            .script = "",
                                            .max_instructions = 10000000,
                                            .max_memory_mb = 16,
                                            .max_execution_seconds = 5};
    TRY(rpc_final_block(b->rpc, &before));
    uint64_t asked = clock_wall_ns(&clock_system);
    TRY(asker_ask(b->user, &question, TX_LEVEL_EXECUTED_OPTIMISTIC, &outcome));
    uint64_t answered = clock_wall_ns(&clock_system);
    TRY(rpc_final_block(b->rpc, &after));
    TRY(observe_question(b->stack.stream_url, STACK_CONTRACT_ID, before.height + 1, after.height, &arena, &seen));
    if (!seen.success)
        return err_new(ERR_BUG, "the trivial program failed: %s", seen.error);
    ns[0] = seen.request.time_ns - asked;
    ns[1] = seen.resolve.time_ns - seen.request.time_ns;
    ns[2] = seen.callback.time_ns - seen.resolve.time_ns;
    ns[3] = answered - seen.callback.time_ns;
    ns[4] = answered - asked;
    return NULL;
}

static struct err *measure(struct bench *b)
{
    uint64_t ns[STAGES];
    for (int i = 0; i < WARM_UP; i++)
        TRY(measure_one(b, ns));
    for (int i = 0; i < RUNS; i++) {
        TRY(measure_one(b, ns));
        for (int stage = 0; stage < STAGES; stage++)
            b->stage_ns[stage][i] = ns[stage];
    }
    return NULL;
}

static void print_table(struct bench *b)
{
    printf("\nask to callback on the devnet, %d questions to a trivial warm program, ms (goal: p50 of the whole <= 30)\n",
           RUNS);
    printf("%-28s %8s %8s\n", "stage", "p50", "p99");
    for (int stage = 0; stage < STAGES; stage++) {
        bench_sort(b->stage_ns[stage], RUNS);
        printf("%-28s %8.2f %8.2f\n", stage_names[stage], (double)b->stage_ns[stage][RUNS / 2] / 1e6,
               (double)b->stage_ns[stage][RUNS * 99 / 100] / 1e6);
    }
}

static struct err *run(struct bench *b, const char *dir)
{
    TRY(stack_start(dir, say_step, NULL, &b->stack));
    TRY(asker_deploy(&b->stack, &b->user));
    TRY(rpc_client_new(&(struct rpc_config){.url = b->stack.rpc_url}, &b->rpc));
    TRY(publish_trivial(b));
    TRY(measure(b));
    print_table(b);
    return NULL;
}

int main(void)
{
    static struct bench b;
    char dir[] = "/tmp/outlayer-bench-XXXXXX";
    if (!mkdtemp(dir)) {
        perror("making a temporary directory");
        return 1;
    }
    struct err *e = run(&b, dir);
    signer_free(b.user);
    rpc_client_free(b.rpc);
    stack_stop(&b.stack);
    arena_free(&b.arena);
    err_free(fs_remove_tree(dir));
    if (!e)
        return 0;
    fprintf(stderr, "error: %s\n", err_text(e));
    err_free(e);
    return 1;
}

/* The world of the end-to-end tests: the real stack in a temporary directory, an asker on it, and a published program that
 * answers `ok`. */
#pragma once
#include "base/arena.h"
#include "base/test.h"
#include "cli/asker.h"

struct world {
    struct arena arena;
    char dir[64];
    struct stack stack;
    struct signer *user;
    struct rpc_client *rpc;
    char program_hash[HASH_HEX_MAX];
    uint64_t asked; /* questions that the chain has taken; their ids are 0, 1, … */
};

/* What a correct run of the program is answered with, as the asker's JSON. */
#define WORLD_ANSWER "\"ok\\n\""

/* cmocka's set-up and teardown. */
int world_start(void **state);
int world_end(void **state);

/* Stops the stack and starts it again on the same directory. */
void world_restart(struct world *w);

/* Publishes one more program; *hash is its name. */
void world_publish(struct world *w, struct slice program, char hash[HASH_HEX_MAX]);

enum { WORLD_PROCESSES_MAX = 32 };

/* Waits until the worker's engine has a task: a process below its zygote. Writes the worker's processes and returns their count. */
size_t world_wait_for_task(struct world *w, pid_t pids[WORLD_PROCESSES_MAX]);

/* Asks a program. ERR_UNAVAILABLE when the chain has taken the question but not executed it as far as `level`. */
struct err *world_ask(struct world *w, const char *code_hash, uint64_t max_instructions, enum tx_level level);

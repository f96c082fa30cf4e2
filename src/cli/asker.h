/* The asker contract (contracts/fixtures/asker) from the outside: what the demonstration, the end-to-end tests and the benchmark
 * ask through. */
#pragma once
#include "cli/stack.h"

#define ASKER_ID      "asker.test.near"
#define ASKER_USER_ID "alice.test.near"

struct asker_question {
    const char *code_url, *code_hash; /* the program: where it is, SHA-256 in hex */
    const char *script;               /* its standard input */
    uint64_t max_instructions, max_memory_mb, max_execution_seconds;
};

/* Makes the user and the asker and deploys the contract; *user signs for the user. */
struct err *asker_deploy(const struct stack *s, struct signer **user);

/* Calls `ask` and follows the transaction to `level`. The call must have succeeded, which it also does when the answer is null. */
struct err *asker_ask(struct signer *user, const struct asker_question *q, enum tx_level level, struct tx_outcome *out);

/* How many questions were asked so far; the next one gets this number as its id. */
struct err *asker_count(struct rpc_client *rpc, uint64_t *out);

/* The JSON text of the answer that the asker holds for a question, in `arena`. ERR_NOT_FOUND while it holds none. */
struct err *asker_answer(struct rpc_client *rpc, uint64_t id, struct arena *arena, const char **out);

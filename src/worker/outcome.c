#include "worker/outcome.h"

static const struct {
    const char *name; /* NULL: task_end_name's */
    const char *category;
} outcomes[] = {
    [OUTCOME_COMPLETED] = {NULL, NULL},
    [OUTCOME_GUEST_EXIT] = {NULL, "execution_failed"},
    [OUTCOME_TRAP] = {NULL, "execution_failed"},
    [OUTCOME_OUT_OF_INSTRUCTIONS] = {NULL, "execution_failed"},
    [OUTCOME_DEADLINE] = {NULL, "execution_failed"},
    [OUTCOME_OUT_OF_MEMORY] = {NULL, "execution_failed"},
    [OUTCOME_OUTPUT_LIMIT] = {NULL, "execution_failed"},
    [OUTCOME_INVALID_PROGRAM] = {NULL, "execution_failed"},
    [OUTCOME_HTTP_TIMEOUTS] = {NULL, "execution_failed"},
    [OUTCOME_CALL_LIMIT] = {NULL, "execution_failed"},
    [OUTCOME_DENIED] = {NULL, "execution_failed"},
    [OUTCOME_HOST_FAULT] = {NULL, "failed"},
    [OUTCOME_INVALID_OUTPUT] = {"invalid_output", "execution_failed"},
    [OUTCOME_ANSWER_TOO_LARGE] = {"answer_too_large", "execution_failed"},
    [OUTCOME_CONTRACT_REFUSED] = {"contract_refused", "failed"},
    [OUTCOME_INVALID_REQUEST] = {"invalid_request", "failed"},
    [OUTCOME_INVALID_SOURCE] = {"invalid_source", "failed"},
    [OUTCOME_DOWNLOAD_FAILED] = {"download_failed", "failed"},
    [OUTCOME_HASH_MISMATCH] = {"hash_mismatch", "failed"},
    [OUTCOME_COMPILE_FAILED] = {"compile_failed", "execution_failed"},
    [OUTCOME_ACCESS_DENIED] = {"access_denied", "access_denied"},
    [OUTCOME_WORKER_LOST] = {"worker_lost", "failed"},
};

enum { OUTCOME_COUNT = sizeof outcomes / sizeof *outcomes };

_Static_assert((int)OUTCOME_HOST_FAULT == (int)TASK_HOST_FAULT, "the first outcomes are the engine's");

enum outcome outcome_of_end(enum task_end end)
{
    return (enum outcome)end;
}

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome].name ? outcomes[outcome].name : task_end_name((enum task_end)outcome);
}

const char *outcome_category(enum outcome outcome)
{
    return outcomes[outcome].category;
}

bool outcome_parse(struct slice name, enum outcome *out)
{
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (slice_eq_str(name, outcome_name((enum outcome)i))) {
            *out = (enum outcome)i;
            return true;
        }
    }
    return false;
}

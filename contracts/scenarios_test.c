/* The contracts, method by method: every call of tests/vectors/contracts, whose outcomes were measured on the reference VM and checked
 * against the interface by hand. Two questions, asked separately because a change of a contract changes its gas:
 *
 *  - does our machine, given the very wasm of the measurement, agree in everything, to the unit of gas?
 *  - do the contracts as they are now still answer, log and refuse as they did then? */
#include "event_check.h"
#include "outcomes.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VECTORS "tests/vectors/contracts"

static const char *const scenarios[] = {"admin",   "estimate", "request",   "settle",       "large",    "cancel", "projects",
                                        "secrets", "agents",   "payments",  "payment_keys", "wallets",  "gas",    "asker",
                                        "dao",     "ft",       "guestbook", "nft",          "register", "yielder"};
static const char *const wasms[] = {"outlayer", "asker", "dao", "ft", "guestbook", "nft", "register", "yielder"};

/* With events of their own standards. */
static const char *const others[] = {"ft", "guestbook", "nft"};

static json_t *measured(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, VECTORS "/%s.jsonl", name);
    return outcomes_read(path);
}

static void our_machine_agrees_with_the_reference_to_the_unit_of_gas(void **state)
{
    static const char *const fields[] = {"method", "burnt",  "used",        "wasm",    "host", "actions",
                                         "logs",   "return", "usage_delta", "balance", NULL};
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        char path[128];
        snprintf(path, sizeof path, VECTORS "/%s.json", scenarios[i]);
        AUTO(json) json_t *expected = measured(scenarios[i]);
        AUTO(json) json_t *got = outcomes_of(*state, path);
        outcomes_compare(scenarios[i], expected, got, fields);
    }
}

static void link_into(const char *dir, const char *from, const char *name)
{
    char here[4096], target[8192], path[8192];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(target, sizeof target, "%s%s%s/%s", *from == '/' ? "" : here, *from == '/' ? "" : "/", from, name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(symlink(target, path), 0);
}

static void the_contracts_as_built_answer_as_they_did(void **state)
{
    static const char *const fields[] = {"method", "logs", "return", NULL};
    const char *built = getenv("OUTLAYER_CONTRACTS");
    char dir[] = "/tmp/outlayer-contracts-XXXXXX", name[64], path[256];
    assert_non_null(built);
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < sizeof wasms / sizeof *wasms; i++) {
        snprintf(name, sizeof name, "%s.wasm", wasms[i]);
        link_into(dir, built, name);
    }
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        snprintf(name, sizeof name, "%s.json", scenarios[i]);
        link_into(dir, VECTORS, name);
        snprintf(path, sizeof path, "%s/%s", dir, name);
        AUTO(json) json_t *expected = measured(scenarios[i]);
        AUTO(json) json_t *got = outcomes_of(*state, path);
        outcomes_compare(scenarios[i], expected, got, fields);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof wasms / sizeof *wasms; i++) {
        snprintf(path, sizeof path, "%s/%s.wasm", dir, wasms[i]);
        unlink(path);
    }
    rmdir(dir);
}

static void check_logs(const char *scenario, size_t call, const json_t *logs)
{
    for (size_t i = 0; i < json_array_size(logs); i++) {
        const json_t *line = json_array_get(logs, i);
        const char *fault = event_fault(json_doc_text(line));
        if (fault)
            fail_msg("%s, call %zu logs %s: %s", scenario, call, fault, json_string_value(line));
    }
}

static bool is_another(const char *scenario)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(scenario, others[i]) == 0)
            return true;
    }
    return false;
}

static void no_log_line_is_an_event_that_the_contract_did_not_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        if (is_another(scenarios[i]))
            continue;
        AUTO(json) json_t *outcomes = measured(scenarios[i]);
        for (size_t call = 0; call < json_array_size(outcomes); call++)
            check_logs(scenarios[i], call, json_object_get(json_array_get(outcomes, call), "logs"));
    }
}

static int open_machine(void **state)
{
    return vm_new(NULL, (struct vm **)state) != NULL;
}

static int close_machine(void **state)
{
    vm_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_machine_agrees_with_the_reference_to_the_unit_of_gas),
        cmocka_unit_test(the_contracts_as_built_answer_as_they_did),
        cmocka_unit_test(no_log_line_is_an_event_that_the_contract_did_not_write),
    };
    return cmocka_run_group_tests_name("contracts", tests, open_machine, close_machine);
}

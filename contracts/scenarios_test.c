/* The contracts, method by method: every call of tests/vectors/contracts, whose outcomes were measured on the reference VM and checked
 * against the interface by hand. Two questions, asked separately because a change of a contract changes its gas:
 *
 *  - does our machine, given the very wasm of the measurement, agree in everything, to the unit of gas?
 *  - do the contracts as they are now still answer, log and refuse as they did then? */
#include "base/arena.h"
#include "base/fs.h"
#include "codec/json_doc.h"
#include "devnet/vm/scenario.h"
#include "event_check.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define VECTORS "tests/vectors/contracts"

static const char *const scenarios[] = {"admin",   "estimate", "request",   "settle",       "large",   "cancel", "projects",
                                        "secrets", "agents",   "payments",  "payment_keys", "wallets", "gas",    "asker",
                                        "dao",     "ft",       "guestbook", "nft",          "yielder"};
static const char *const wasms[] = {"outlayer", "asker", "dao", "ft", "guestbook", "nft", "yielder"};

/* With events of their own standards. */
static const char *const others[] = {"ft", "guestbook", "nft"};

enum { FILE_MAX = 16 * 1024 * 1024 };

static void must(struct err *e)
{
    if (e)
        fail_msg("%s", err_text(e));
}

static void keep(void *self, const json_t *outcome)
{
    json_array_append_new(self, json_deep_copy(outcome));
}

static json_t *run(struct vm *vm, const char *path)
{
    json_t *outcomes = json_array();
    must(scenario_run(vm, path, keep, outcomes));
    return outcomes;
}

static json_t *measured(const char *name)
{
    AUTO(buf) struct buf path = {0}, text = {0};
    json_t *outcomes = json_array();
    buf_append_fmt(&path, VECTORS "/%s.jsonl", name);
    must(fs_read(buf_str(&path), FILE_MAX, &text));
    for (struct slice rest = buf_slice(&text), line; rest.len;) {
        json_t *doc = NULL;
        rest = slice_cut(rest, '\n', &line);
        must(json_doc_parse(line, &doc));
        json_array_append_new(outcomes, doc);
    }
    return outcomes;
}

/* The kind of an error, and what the contract said: the rest of a printed error is the printer's. */
static char *error_of(const json_t *outcome, struct arena *a)
{
    const char *text = json_string_value(json_object_get(outcome, "aborted"));
    if (!text)
        return arena_str(a, SLICE("none"));
    const char *said = strstr(text, "panic_msg: ");
    return said ? arena_str(a, slice_str(said)) : arena_str(a, slice_first(slice_str(text), strcspn(text, " {")));
}

static void assert_same(const char *scenario, size_t call, const char *field, const json_t *expected, const json_t *got)
{
    if (json_equal(expected, got))
        return;
    char *want = json_dumps(expected, JSON_ENCODE_ANY | JSON_COMPACT), *have = json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT);
    fail_msg("%s, call %zu: %s is %s, expected %s", scenario, call, field, have ? have : "missing", want ? want : "missing");
}

/* What a failed call leaves is the caller's affair. */
static bool only_after_success(const char *field)
{
    return strcmp(field, "return") == 0 || strcmp(field, "usage_delta") == 0 || strcmp(field, "balance") == 0;
}

static void compare(const char *name, const json_t *expected, const json_t *got, const char *const *fields)
{
    AUTO(arena) struct arena a = {0};
    assert_int_equal(json_array_size(got), json_array_size(expected));
    for (size_t i = 0; i < json_array_size(expected); i++) {
        const json_t *want = json_array_get(expected, i), *have = json_array_get(got, i);
        const char *want_error = error_of(want, &a), *have_error = error_of(have, &a);
        if (strcmp(want_error, have_error) != 0)
            fail_msg("%s, call %zu: error is %s, expected %s", name, i, have_error, want_error);
        bool failed = strcmp(want_error, "none") != 0;
        for (const char *const *field = fields; *field; field++) {
            if (!failed || !only_after_success(*field))
                assert_same(name, i, *field, json_object_get(want, *field), json_object_get(have, *field));
        }
    }
}

static void our_machine_agrees_with_the_reference_to_the_unit_of_gas(void **state)
{
    static const char *const fields[] = {"method", "burnt",  "used",        "wasm",    "host", "actions",
                                         "logs",   "return", "usage_delta", "balance", NULL};
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        char path[128];
        snprintf(path, sizeof path, VECTORS "/%s.json", scenarios[i]);
        AUTO(json) json_t *expected = measured(scenarios[i]);
        AUTO(json) json_t *got = run(*state, path);
        compare(scenarios[i], expected, got, fields);
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
        AUTO(json) json_t *got = run(*state, path);
        compare(scenarios[i], expected, got, fields);
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

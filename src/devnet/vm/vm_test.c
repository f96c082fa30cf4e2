#include "base/fs.h"
#include "base/test.h"
#include "codec/json_doc.h"
#include "devnet/vm/fees.h"
#include "devnet/vm/scenario.h"
#include <stdio.h>
#include <string.h>

/* The outcomes are those of the reference VM crate near-vm-runner 0.38.0 (tests/vectors/near-vm/README.md). */

struct expected {
    const char *name;
    struct slice rest; /* lines still to come */
    size_t count;
};

static size_t compared_calls, compared_scenarios;

static void assert_member(const struct expected *e, const json_t *theirs, const json_t *ours, const char *member)
{
    const json_t *a = json_object_get(theirs, member), *b = json_object_get(ours, member);
    if (json_equal(a, b))
        return;
    AUTO(buf) struct buf text = {0};
    buf_append_fmt(&text, "%s, call %zu (%s): %s is ", e->name, e->count, json_string_value(json_object_get(ours, "method")),
                   member);
    json_doc_write(b, &text);
    buf_append_str(&text, ", expected ");
    json_doc_write(a, &text);
    fail_msg("%s", buf_str(&text));
}

static void compare_outcome(void *self, const json_t *ours)
{
    static const char *const always[] = {"method", "burnt", "used", "wasm", "host", "actions", "logs", "aborted"};
    static const char *const after_success[] = {"return", "usage_delta", "balance"};
    struct expected *e = self;
    AUTO(json) json_t *theirs = NULL;
    struct slice line;
    e->rest = slice_cut(e->rest, '\n', &line);
    assert_ok(json_doc_parse(line, &theirs));
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        assert_member(e, theirs, ours, always[i]);
    for (size_t i = 0; i < sizeof after_success / sizeof *after_success; i++) {
        if (json_is_null(json_object_get(ours, "aborted")))
            assert_member(e, theirs, ours, after_success[i]);
    }
    e->count++;
}

static void run_vectors(void **state, const char *name)
{
    AUTO(buf) struct buf outcomes = {0};
    char path[128], outcomes_path[128];
    snprintf(path, sizeof path, "tests/vectors/near-vm/%s.json", name);
    snprintf(outcomes_path, sizeof outcomes_path, "tests/vectors/near-vm/%s.jsonl", name);
    assert_ok(fs_read(outcomes_path, 64 << 20, &outcomes));
    struct expected e = {.name = name, .rest = buf_slice(&outcomes)};
    assert_ok(scenario_run(*state, path, compare_outcome, &e));
    assert_int_equal(e.rest.len, 0);
    compared_calls += e.count;
    compared_scenarios++;
}

#define VECTORS(name)                      \
    static void name##_agree(void **state) \
    {                                      \
        run_vectors(state, #name);         \
    }

VECTORS(opcodes)
VECTORS(host)
VECTORS(ops)
VECTORS(analytic)
VECTORS(context)
VECTORS(hashes)
VECTORS(curves)
VECTORS(output)
VECTORS(storage)
VECTORS(promises)
VECTORS(yields)
VECTORS(globals)
VECTORS(gas_keys)
VECTORS(ml_dsa)

/* Every instruction costs the same but blocks, which are free, and what works on many bytes, pages or elements; entering a function costs its
 * frame, at least 64 bytes, eight bytes at a time. */
static void instructions_cost_what_the_rule_says(void **state)
{
    enum { ENTRY = 8, LINEAR_BASE = 26328192, LINEAR_UNIT = 822756 };
    static const struct {
        const char *method;
        unsigned instructions;
        uint64_t more;
    } cases[] = {
        {"empty", ENTRY, 0},
        {"constant", ENTRY + 2, 0},
        {"local", ENTRY + 1 + 1, 0},
        {"host_call", ENTRY + 2, 264768111},
        {"grow", ENTRY + 2, LINEAR_BASE + LINEAR_UNIT},
        {"trap", ENTRY + 1, 0},
        {"loop", ENTRY + 1 + 2 + 10 * 6, 0}, /* loop, get, const, sub, tee, br_if: the loop counts again on each round */
    };
    AUTO(buf) struct buf code = {0};
    assert_ok(fs_read("tests/vectors/near-vm/analytic.wasm", 1 << 20, &code));
    struct hash code_hash = hash_sha256(buf_slice(&code));
    const uint64_t loading = 35445963 + 1089295 * (uint64_t)code.len;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(arena) struct arena arena = {0};
        const struct vm_context context = {
            .method = slice_str(cases[i].method), .chain_id = "test", .prepaid_gas = UINT64_C(300000000000000)};
        const struct vm_externals externals = {0};
        struct vm_outcome outcome;
        assert_ok(vm_call(*state, &code_hash, buf_slice(&code), &context, &externals, &arena, &outcome));
        assert_int_equal(outcome.gas_burnt - loading, cases[i].instructions * (uint64_t)VM_INSTRUCTION_GAS + cases[i].more);
    }
}

static int open_vm(void **state)
{
    struct vm *vm = NULL;
    assert_ok(vm_new(NULL, &vm));
    *state = vm;
    return 0;
}

static int close_vm(void **state)
{
    vm_free(*state);
    return 0;
}

static void ignore(void *self, const json_t *outcome)
{
    (void)outcome;
    ++*(size_t *)self;
}

static void write_scenario(const char *dir, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/s.json", dir);
    assert_ok(fs_write_atomic(path, slice_str(text), 0600));
}

/* Compiled code is found again by another machine; a damaged file is compiled again. */
static void compiled_code_is_kept(void **state)
{
    (void)state;
    char dir[] = "/tmp/vm_test_XXXXXX", command[256];
    size_t calls = 0;
    assert_non_null(mkdtemp(dir));
    for (int round = 0; round < 3; round++) {
        struct vm *vm = NULL;
        assert_ok(vm_new(dir, &vm));
        assert_ok(scenario_run(vm, "tests/vectors/near-vm/storage.json", ignore, &calls));
        vm_free(vm);
        if (round == 1) {
            snprintf(command, sizeof command,
                     "for f in %s/*.code; do printf x | dd of=$f bs=1 seek=500 conv=notrunc 2>/dev/null; done", dir);
            assert_int_equal(system(command), 0);
        }
    }
    assert_int_equal(calls, 3 * 86);
    assert_ok(fs_remove_tree(dir));
}

/* An account's id follows from its initial state, whatever the order in which the entries came. */
static void initial_state_is_sorted(void **state)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf code = {0};
    assert_ok(fs_read("tests/vectors/near-vm/globals.wasm", 1 << 20, &code));
    struct hash code_hash = hash_sha256(buf_slice(&code));
    const struct vm_context context = {
        .method = SLICE("init_many"), .chain_id = "test", .prepaid_gas = UINT64_C(300000000000000)};
    const struct vm_externals externals = {0};
    struct vm_outcome outcome;
    assert_ok(vm_call(*state, &code_hash, buf_slice(&code), &context, &externals, &arena, &outcome));
    assert_int_equal(outcome.fault, VM_OK);
    assert_int_equal(outcome.receipt_count, 1);
    const struct state_init *init = outcome.receipts[0].actions[0].state_init.init;
    assert_int_equal(init->entry_count, 40);
    for (size_t i = 1; i < init->entry_count; i++)
        assert_true(slice_cmp(init->entries[i - 1].key, init->entries[i].key) < 0);
}

static void a_wrong_scenario_is_named(void **state)
{
    static const char *const wrong[] = {
        "[]",
        "{}",
        "{\"wasm\":5}",
        "{\"wasm\":\"nothing.wasm\",\"calls\":[]}",
        "{\"wasm\":\"s.json\"}",
        "{\"wasm\":\"s.json\",\"calls\":[{}]}",
        "{\"wasm\":\"s.json\",\"calls\":[{\"method\":\"m\",\"input\":\"hex:0\"}]}",
        "{\"wasm\":\"s.json\",\"calls\":[{\"method\":\"m\",\"deposit\":\"-1\"}]}",
        "{\"wasm\":\"s.json\",\"calls\":[{\"method\":\"m\",\"signer\":\"A\"}]}",
        "{\"wasm\":\"s.json\",\"protocol\":84,\"calls\":[]}",
    };
    char dir[] = "/tmp/vm_test_XXXXXX", path[128];
    size_t calls = 0;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s.json", dir);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_scenario(dir, wrong[i]);
        struct err *error = scenario_run(*state, path, ignore, &calls);
        assert_non_null(error);
        assert_non_null(strstr(err_text(error), "s.json"));
        err_free(error);
    }
    assert_int_equal(calls, 0);
    assert_ok(fs_remove_tree(dir));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opcodes_agree),
        cmocka_unit_test(host_agree),
        cmocka_unit_test(ops_agree),
        cmocka_unit_test(analytic_agree),
        cmocka_unit_test(instructions_cost_what_the_rule_says),
        cmocka_unit_test(context_agree),
        cmocka_unit_test(hashes_agree),
        cmocka_unit_test(curves_agree),
        cmocka_unit_test(output_agree),
        cmocka_unit_test(storage_agree),
        cmocka_unit_test(promises_agree),
        cmocka_unit_test(yields_agree),
        cmocka_unit_test(globals_agree),
        cmocka_unit_test(gas_keys_agree),
        cmocka_unit_test(ml_dsa_agree),
        cmocka_unit_test(initial_state_is_sorted),
        cmocka_unit_test(compiled_code_is_kept),
        cmocka_unit_test(a_wrong_scenario_is_named),
    };
    int failed = cmocka_run_group_tests(tests, open_vm, close_vm);
    if (!failed) /* `make test` shows such lines at its end */
        printf("compared: %zu contract calls in %zu scenarios with outcomes measured on near-vm-runner 0.38.0, 0 differ\n",
               compared_calls, compared_scenarios);
    return failed;
}

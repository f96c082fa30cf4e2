/* Size and gas of the main contract as built, beside the reference contract's binary on the same arguments
 * (tests/vectors/contracts/gas.json). Gas is the virtual machine's, without trie nodes, receipts' and actions' own fees. */
#include "base/fs.h"
#include "base/mem.h"
#include "codec/json_doc.h"
#include "devnet/vm/scenario.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO "tests/vectors/contracts/gas.json"

enum { FILE_MAX = 4 * 1024 * 1024 };

/* The first success of a method, or a later one. */
static const struct measure {
    const char *method, *of;
    int nth;
    double reference_tera, goal_tera;
} measures[] = {
    {"request_execution", "", 0, 2.328, 1.25},
    {"request_execution", ", project, 5,000 bytes", 2, 5.236, 3.2},
    {"resolve_execution", "", 0, 2.504, 1.5},
    {"submit_execution_output_and_resolve", "", 0, 3.533, 2.4},
    {"on_execution_response", "", 0, 1.813, 0.85},
    {"create_project", "", 0, 2.200, 1.2},
    {"add_version", "", 0, 1.907, 1.0},
    {"store_secrets", ", 400 bytes", 0, 2.108, 1.2},
    {"get_pricing", "", 0, 0.905, 0.2},
    {"get_request", "", 0, 1.053, 0.3},
};

enum { MEASURE_COUNT = sizeof measures / sizeof *measures, REFERENCE_LEN = 729351, GOAL_LEN = 60000 };

static void print_row(const char *name, double reference, double ours, double goal, const char *format)
{
    printf("%-48s ", name);
    printf(format, reference);
    printf(format, ours);
    printf(format, goal);
    printf(" %8.2f\n", ours / reference);
}

struct table {
    int calls[MEASURE_COUNT]; /* of the method, so far */
    double tera[MEASURE_COUNT];
};

static void keep_outcome(void *self, const json_t *outcome)
{
    struct table *table = self;
    const char *method = json_string_value(json_object_get(outcome, "method"));
    for (size_t i = 0; i < MEASURE_COUNT; i++) {
        if (strcmp(method, measures[i].method) == 0 && table->calls[i]++ == measures[i].nth)
            table->tera[i] = (double)json_integer_value(json_object_get(outcome, "burnt")) / 1e12;
    }
}

static void print_table(const struct table *table, double len)
{
    printf("\nmain contract: size in bytes, gas in TGas, as a ratio of the reference contract\n%-48s %12s%12s%12s %8s\n", "",
           "reference", "ours", "goal", "ratio");
    print_row("wasm size", REFERENCE_LEN, len, GOAL_LEN, "%12.0f");
    for (size_t i = 0; i < MEASURE_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", measures[i].method, measures[i].of);
        print_row(name, measures[i].reference_tera, table->tera[i], measures[i].goal_tera, "%12.3f");
    }
}

/* The scenario beside the contract as built: that is where it looks for the code. */
static struct err *run(const char *contracts_dir, const char *scenario_path)
{
    AUTO(buf) struct buf path = {0}, wasm = {0}, scenario = {0};
    struct table table = {0};
    struct vm *vm = NULL;
    buf_append_fmt(&path, "%s/outlayer.wasm", contracts_dir);
    TRY_DOING(fs_read(buf_str(&path), FILE_MAX, &wasm), "reading the contract (`make build` makes it)");
    TRY(fs_read(SCENARIO, FILE_MAX, &scenario));
    TRY(fs_write_atomic(scenario_path, buf_slice(&scenario), 0600));
    TRY(vm_new(NULL, &vm));
    struct err *e = scenario_run(vm, scenario_path, keep_outcome, &table);
    vm_free(vm);
    if (!e)
        print_table(&table, (double)wasm.len);
    return e;
}

int main(int argc, char **argv)
{
    char program[4096];
    (void)argc;
    if (!realpath(argv[0], program)) {
        perror("finding the contracts");
        return 1;
    }
    *strrchr(program, '/') = '\0';
    AUTO(buf) struct buf contracts = {0}, scenario = {0};
    buf_append_fmt(&contracts, "%s/../contracts", program);
    buf_append_fmt(&scenario, "%s/../contracts/gas.json", program);
    struct err *e = run(buf_str(&contracts), buf_str(&scenario));
    unlink(buf_str(&scenario));
    if (!e)
        return 0;
    fprintf(stderr, "error: %s\n", err_text(e));
    err_free(e);
    return 1;
}

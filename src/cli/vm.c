/* outlayer vm run SCENARIO.json: one contract call after another on the devnet's machine, without a chain. */
#include "cli/vm.h"
#include "cli/options.h"
#include "devnet/vm/scenario.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: outlayer vm run SCENARIO.json [--cache DIR]\n"
    "\n"
    "Runs the calls of a scenario on the NEAR virtual machine with the network's gas (protocol 85), one after\n"
    "another on the same storage, and prints one JSON object a call.\n"
    "\n"
    "  --cache DIR   keep compiled contracts there\n"
    "\n"
    "A scenario:  {\"wasm\": \"counter.wasm\", \"calls\": [{\"method\": \"increment\", \"gas\": 5000000000000},\n"
    "              {\"method\": \"get\", \"view\": true}]}\n"
    "A call may have: method, input, signer, predecessor, signer_pk, deposit, balance, gas, height, timestamp, view,\n"
    "promise_results.\n"
    "\n"
    "Example:  outlayer vm run counter.json | head -1\n"
    "Exit status: 0 all calls ran (whatever their outcome), 1 the machine failed, 2 the scenario is wrong.\n";

static void print_outcome(void *self, const json_t *outcome)
{
    char *text = json_dumps(outcome, JSON_COMPACT);
    fprintf(self, "%s\n", text);
    free(text);
}

static struct err *run_scenario(int argc, char **argv)
{
    const char *cache = NULL;
    const struct cli_option options[] = {{"--cache", CLI_STR, &cache}, {0}};
    TRY(cli_options_read(options, &argc, argv));
    if (argc != 3 || strcmp(argv[1], "run") != 0)
        return err_new(ERR_INVALID, "outlayer vm run needs one scenario file; see outlayer vm --help");
    struct vm *vm = NULL;
    TRY(vm_new(cache, &vm));
    struct err *error = scenario_run(vm, argv[2], print_outcome, stdout);
    vm_free(vm);
    return error;
}

int cli_vm(int argc, char **argv)
{
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    return cli_exit(run_scenario(argc, argv));
}

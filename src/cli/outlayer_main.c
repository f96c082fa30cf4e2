/* The `outlayer` command: one table of verbs. */
#include "cli/account.h"
#include "cli/contract.h"
#include "cli/demo.h"
#include "cli/devnet.h"
#include "cli/keys.h"
#include "cli/quote.h"
#include "cli/tee.h"
#include "cli/up.h"
#include "cli/verify.h"
#include "cli/vm.h"
#include "cli/wasm.h"
#include <stdio.h>
#include <string.h>

#define OUTLAYER_VERSION "0.1.0"

static const struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"up", "start the whole stack in the foreground: devnet, coordinator, worker", cli_up},
    {"demo", "watch one contract ask a question and get its answer, then three hostile ones", cli_demo},
    {"devnet", "the development chain by itself: start, reset, account, fast-forward, export", cli_devnet},
    {"verify", "check one result from its record down to the root of trust", cli_verify},
    {"quote", "verify and inspect quotes of Intel TDX and SGX", cli_quote},
    {"tcb", "foresee when platforms stop being up to date", cli_tcb},
    {"tee", "approve and retire workers, list their keys; quotes of the TDX simulator", cli_tee},
    {"wasm", "run a WASI program in the worker's engine, locally", cli_wasm},
    {"vm", "run contract calls on the NEAR virtual machine and see their gas", cli_vm},
    {"contract", "deploy, call and view contracts", cli_contract},
    {"account", "create and show accounts", cli_account},
    {"keys", "make and list keys", cli_keys},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_usage(FILE *to)
{
    fprintf(to, "outlayer %s: verifiable off-chain computation for NEAR contracts\n\nusage: outlayer COMMAND [ARGUMENTS]\n\n",
            OUTLAYER_VERSION);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(to, "\n`outlayer COMMAND --help` explains one. Exit status: 0 done, 1 failed, 2 wrong usage.\n");
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        print_usage(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        printf("outlayer %s\n", OUTLAYER_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "error: unknown command `%s`; `outlayer --help` lists what there is\n", argv[1]);
    return 2;
}

/* What did not reach standard output was not done. */
int main(int argc, char **argv)
{
    int status = run(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fputs("error: standard output cannot be written\n", stderr);
    return status ? status : 1;
}

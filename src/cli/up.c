#include "cli/up.h"
#include "base/mem.h"
#include "cli/network.h"
#include "cli/stack.h"
#include "codec/json_doc.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "usage: outlayer up [--data DIR] [--json]\n\n"
    "Starts a development chain with the main contract, a coordinator and a worker on loopback, and keeps them running until\n"
    "Ctrl-C. A later start with the same directory goes on where this one stopped.\n\n"
    "  --data DIR   what is kept (default: $XDG_STATE_HOME/outlayer/devnet, else ~/.local/state/outlayer/devnet)\n"
    "  --json       print the endpoints as one JSON object\n\n"
    "The endpoints also stand in DIR/endpoints.json, where the other commands look for them.\n\n"
    "examples:\n"
    "  outlayer up\n"
    "  outlayer up --data /srv/outlayer --json\n";

enum { CHECK_EVERY_MS = 200 };

static void say_step(const char *step, void *context)
{
    (void)context;
    fprintf(stderr, "%s\n", step);
}

static void print_endpoints(const struct stack *s, bool as_json)
{
    AUTO(json) json_t *endpoints = stack_endpoints(s);
    if (as_json) {
        json_dumpf(endpoints, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        const char *name;
        json_t *value;
        json_object_foreach(endpoints, name, value) printf("%-12s %s\n", name, json_string_value(value));
        puts("TDX is simulated: attestations prove nothing to anybody who does not trust this stack's own root");
        puts("Ctrl-C ends everything");
    }
    fflush(stdout);
}

/* Blocks the ending signals before anything starts, so that none is lost, and waits for one between checks. */
static struct err *serve_until_signal(struct stack *s, const sigset_t *ending)
{
    const struct timespec pause = {.tv_nsec = CHECK_EVERY_MS * 1000000L};
    while (sigtimedwait(ending, NULL, &pause) < 0)
        TRY(stack_check(s));
    fprintf(stderr, "ending\n");
    return NULL;
}

static struct err *run_up(int argc, char **argv)
{
    const char *data_dir = NULL;
    bool as_json = false;
    const struct cli_option options[] = {{"--data", CLI_STR, &data_dir}, {"--json", CLI_FLAG, &as_json}, {0}};
    TRY(cli_options_read(options, &argc, argv));
    if (argc > 1)
        return err_new(ERR_INVALID, "unexpected argument `%s`; `outlayer up --help` explains", argv[1]);

    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    sigprocmask(SIG_BLOCK, &ending, NULL);

    AUTO(arena) struct arena arena = {0};
    AUTO(stack) struct stack stack = {0};
    TRY(stack_start(data_dir ? data_dir : network_data_dir(&arena), say_step, NULL, &stack));
    print_endpoints(&stack, as_json);
    return serve_until_signal(&stack, &ending);
}

int cli_up(int argc, char **argv)
{
    if (cli_wants_help(argc, argv)) {
        fputs(help, stdout);
        return 0;
    }
    return cli_exit(run_up(argc, argv));
}

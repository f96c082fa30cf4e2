/* Command-line options of one command, read by a table:
 *
 *     const struct cli_option options[] = {{"--json", CLI_FLAG, &json}, {"--max-seconds", CLI_U64, &seconds}, {0}};
 *     TRY(cli_options_read(options, &argc, argv));
 *
 * Options may stand anywhere; `--name value` and `--name=value` are the same; `--` ends them. What is left in argv[1..argc) are
 * the positional arguments. ERR_INVALID (exit status 2) names the option that is wrong.
 */
#pragma once
#include "base/err.h"
#include "base/slice.h"

enum cli_option_kind {
    CLI_FLAG, /* bool: set true */
    CLI_STR,  /* const char *: the value, borrowed from argv */
    CLI_U64,  /* uint64_t: decimal digits */
    CLI_LIST, /* struct cli_list: every value, in order */
};

enum { CLI_LIST_MAX = 64 };

struct cli_list {
    const char *items[CLI_LIST_MAX];
    size_t count;
};

struct cli_option {
    const char *name; /* with its dashes; NULL ends a table */
    enum cli_option_kind kind;
    void *out;
};

struct err *cli_options_read(const struct cli_option *options, int *argc, char **argv);

/* The exit status of a command that ended with `e`: 0 for NULL, 2 for ERR_INVALID, else 1. Prints "error: …" to standard error
 * and frees `e`. */
int cli_exit(struct err *e);

/* As cli_exit, once the command's own usage was right: 0 for NULL, else 1, also when the chain or a contract calls it invalid. */
int cli_exit_failed(struct err *e);

/* True when `--help` or `-h` is among the command's arguments, before any `--`, or `help` is the first. */
bool cli_wants_help(int argc, char **argv);

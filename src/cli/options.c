#include "cli/options.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option *find_option(const struct cli_option *options, const char *arg, const char **inline_value)
{
    const char *equals = strchr(arg, '=');
    size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
    *inline_value = equals ? equals + 1 : NULL;
    for (; options->name; options++) {
        if (strlen(options->name) == len && !strncmp(options->name, arg, len))
            return options;
    }
    return NULL;
}

static struct err *store_u64(const char *name, const char *text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno)
        return err_new(ERR_INVALID, "%s takes a whole number, not `%s`", name, text);
    *out = value;
    return NULL;
}

static struct err *store_item(const char *name, const char *text, struct cli_list *list)
{
    if (list->count == CLI_LIST_MAX)
        return err_new(ERR_INVALID, "%s is given more than %d times", name, CLI_LIST_MAX);
    list->items[list->count++] = text;
    return NULL;
}

static struct err *store_value(const struct cli_option *option, const char *value)
{
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)option->out = true;
        return NULL;
    case CLI_STR:
        *(const char **)option->out = value;
        return NULL;
    case CLI_U64:
        return store_u64(option->name, value, option->out);
    case CLI_LIST:
        return store_item(option->name, value, option->out);
    }
    return err_new(ERR_BUG, "option %s has no kind", option->name);
}

struct err *cli_options_read(const struct cli_option *options, int *argc, char **argv)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        const char *arg = argv[i], *value;
        if (!strcmp(arg, "--")) {
            while (++i < *argc)
                argv[kept++] = argv[i];
            break;
        }
        if (arg[0] != '-' || !arg[1]) {
            argv[kept++] = argv[i];
            continue;
        }
        const struct cli_option *option = find_option(options, arg, &value);
        if (!option)
            return err_new(ERR_INVALID, "unknown option `%s`; --help lists what there is", arg);
        if (option->kind == CLI_FLAG && value)
            return err_new(ERR_INVALID, "%s takes no value", option->name);
        if (option->kind != CLI_FLAG && !value && i + 1 == *argc)
            return err_new(ERR_INVALID, "%s needs a value", option->name);
        if (option->kind != CLI_FLAG && !value)
            value = argv[++i];
        TRY(store_value(option, value));
    }
    *argc = kept;
    argv[kept] = NULL;
    return NULL;
}

int cli_exit(struct err *e)
{
    if (!e)
        return 0;
    int status = err_code(e) == ERR_INVALID ? 2 : 1;
    fprintf(stderr, "error: %s\n", err_text(e));
    err_free(e);
    return status;
}

int cli_exit_failed(struct err *e)
{
    return cli_exit(e) ? 1 : 0;
}

bool cli_wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h") || (i == 1 && !strcmp(argv[i], "help")))
            return true;
    }
    return false;
}

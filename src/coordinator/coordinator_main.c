/* outlayer-coordinator: settings, signals, one line of JSON when it serves. */
#include "base/log.h"
#include "coordinator/coordinator.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int fail(struct err *e)
{
    int status = err_code(e) == ERR_INVALID ? 2 : 1;
    fprintf(stderr, "outlayer-coordinator: %s\n", err_text(e));
    err_free(e);
    return status;
}

static struct err *load(int argc, char **argv, struct arena *arena, struct coordinator_settings *out)
{
    enum log_level level;
    TRY(config_load(coordinator_config_items, argc, argv, arena, out));
    TRY(log_level_parse(slice_str(out->log_level), &level));
    log_start("coordinator", level);
    return NULL;
}

/* SIGTERM and SIGINT are taken by sigwait here; every thread started later keeps them blocked. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

int main(int argc, char **argv)
{
    AUTO(arena) struct arena arena = {0};
    struct coordinator_settings settings;
    sigset_t signals;
    int signal_number;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("outlayer-coordinator: queue, job states and code store of OutLayer\n\n");
        config_print_help(coordinator_config_items);
        return 0;
    }
    struct err *e = load(argc, argv, &arena, &settings);
    if (e)
        return fail(e);
    block_signals(&signals);
    AUTO(coordinator) struct coordinator *c = NULL;
    e = coordinator_start(&settings, &clock_system, &c);
    if (e)
        return fail(e);
    printf("{\"ready\":true,\"url\":\"%s\"}\n", coordinator_url(c));
    fflush(stdout);
    sigwait(&signals, &signal_number);
    log_info("stopping", LOG_U64("signal", (uint64_t)signal_number));
    return 0;
}

/* From starting the devnet's process to its ready line, when the first request can be answered: on an empty directory and on one
 * that holds a chain. */
#include "base/clock.h"
#include "base/fs.h"
#include "bench.h"
#include "cli/service.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 20, GRACE_MS = 5000 };

static struct err *start_once(const char *program_dir, const char *dir, uint64_t *ns)
{
    const struct service_setting settings[] = {{"LISTEN", "127.0.0.1:0"}, {"DATA_DIR", dir}, {0}};
    struct service devnet = {0};
    uint64_t started = clock_monotonic_ns(&clock_system);
    struct err *e = service_start("devnet", program_dir, dir, settings, &devnet);
    *ns = clock_monotonic_ns(&clock_system) - started;
    service_stop(&devnet, GRACE_MS);
    service_free(&devnet);
    return e;
}

static void print_row(const char *name, uint64_t ns[RUNS])
{
    bench_sort(ns, RUNS);
    printf("%-28s %8.2f %8.2f\n", name, (double)ns[RUNS / 2] / 1e6, (double)ns[RUNS - 1] / 1e6);
}

static struct err *measure(const char *program_dir, const char *dir)
{
    uint64_t cold[RUNS], warm[RUNS];
    for (int i = 0; i < RUNS; i++) {
        TRY(fs_remove_tree(dir));
        TRY(fs_make_dirs(dir));
        TRY(start_once(program_dir, dir, &cold[i]));
        TRY(start_once(program_dir, dir, &warm[i]));
    }
    printf("\ndevnet, process start to first answer, %d runs, ms (goal: <= 200)\n%-28s %8s %8s\n", RUNS, "", "p50", "max");
    print_row("empty directory", cold);
    print_row("directory with a chain", warm);
    return NULL;
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/outlayer-bench-XXXXXX", program_dir[4096];
    (void)argc;
    if (!mkdtemp(dir) || !realpath(argv[0], program_dir)) {
        perror("making a temporary directory");
        return 1;
    }
    *strrchr(program_dir, '/') = '\0';
    struct err *e = measure(program_dir, dir);
    err_free(fs_remove_tree(dir));
    if (!e)
        return 0;
    fprintf(stderr, "error: %s\n", err_text(e));
    err_free(e);
    return 1;
}

/* Processor time a contract takes for a TGas, beside another virtual machine's when REFERENCE_VM names one: a program that takes a scenario
 * file (src/devnet/vm/scenario.h) and prints one JSON outcome a call. Both run the same files as processes of their own. What
 * starting a process, compiling and an empty method take is measured as well and taken off. */
#include "base/buf.h"
#include "base/fs.h"
#include "codec/json_doc.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 2, RUNS = 5, OUTPUT_MAX = 1 << 20 };

static const char *const methods[] = {"arithmetic", "loads", "sieve", "calls", "hashes"};

struct machine {
    const char *name;
    char *argv[5]; /* the scenario is put in place of SCENARIO_ARG */
};

#define SCENARIO_ARG "SCENARIO"

/* What one process of the machine took. */
struct cost {
    double cpu_ms, tera; /* all calls together */
};

static double ms_of(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static _Noreturn void become(const struct machine *m, const char *scenario, int out)
{
    char *argv[5] = {0};
    for (size_t i = 0; i < 5 && m->argv[i]; i++)
        argv[i] = strcmp(m->argv[i], SCENARIO_ARG) == 0 ? (char *)scenario : m->argv[i];
    dup2(out, STDOUT_FILENO);
    if (argv[0])
        execv(argv[0], argv);
    _exit(127);
}

static struct err *run_process(const struct machine *m, const char *scenario, struct buf *output, double *cpu_ms)
{
    int fds[2], status;
    struct rusage usage;
    if (pipe2(fds, O_CLOEXEC))
        return err_new(ERR_UNAVAILABLE, "no pipe to %s", m->name);
    pid_t pid = fork();
    if (pid == 0)
        become(m, scenario, fds[1]);
    close(fds[1]);
    struct err *e = fs_read_fd(fds[0], m->name, OUTPUT_MAX, output);
    close(fds[0]);
    wait4(pid, &status, 0, &usage);
    if (!e && status)
        e = err_new(ERR_UNAVAILABLE, "%s ended with status %d", m->argv[0], status);
    *cpu_ms = ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
    return e;
}

/* Every call must have succeeded. */
static struct err *sum_gas(struct slice output, double *tera)
{
    *tera = 0;
    for (struct slice line; output.len;) {
        AUTO(json) json_t *outcome = NULL;
        uint64_t burnt;
        output = slice_cut(output, '\n', &line);
        TRY(json_doc_parse(line, &outcome));
        TRY(json_doc_u64(outcome, "burnt", &burnt));
        if (!json_is_null(json_object_get(outcome, "aborted")))
            return err_new(ERR_BUG, "a call failed: %.*s", SLICE_FMT(slice_first(line, 300)));
        *tera += (double)burnt / 1e12;
    }
    return NULL;
}

static struct err *measure_once(const struct machine *m, const char *dir, const char *method, struct cost *out)
{
    AUTO(buf) struct buf path = {0}, text = {0}, output = {0};
    buf_append_fmt(&path, "%s/cpu-%d.json", dir, (int)getpid());
    buf_append_str(&text, "{\"wasm\":\"cpu.wasm\",\"calls\":[");
    for (int i = 0; i < CALLS; i++)
        buf_append_fmt(&text, "%s{\"method\":\"%s\",\"gas\":1000000000000000}", i ? "," : "", method);
    buf_append_str(&text, "]}");
    TRY(fs_write_atomic(buf_str(&path), buf_slice(&text), 0600));
    struct err *e = run_process(m, buf_str(&path), &output, &out->cpu_ms);
    unlink(buf_str(&path));
    if (e)
        return e;
    return sum_gas(buf_slice(&output), &out->tera);
}

static struct err *measure(const struct machine *m, const char *dir, const char *method, struct cost *best)
{
    for (int i = 0; i < RUNS; i++) {
        struct cost once;
        TRY_DOING(measure_once(m, dir, method, &once), "%s, method %s", m->name, method);
        if (i == 0 || once.cpu_ms < best->cpu_ms)
            *best = once;
    }
    return NULL;
}

/* ms a TGas beyond what an empty method takes. */
static struct err *measure_all(const struct machine *m, const char *dir, double *ms_per_tera)
{
    struct cost base, cost;
    TRY(measure(m, dir, "nothing", &base));
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        TRY(measure(m, dir, methods[i], &cost));
        ms_per_tera[i] = (cost.cpu_ms - base.cpu_ms) / (cost.tera - base.tera);
    }
    return NULL;
}

static struct err *compare(const char *program_dir)
{
    enum { COUNT = sizeof methods / sizeof *methods };
    AUTO(buf) struct buf program = {0}, dir = {0};
    const char *reference = getenv("REFERENCE_VM");
    double ours[COUNT], theirs[COUNT];
    buf_append_fmt(&program, "%s/outlayer", program_dir);
    buf_append_fmt(&dir, "%s/../contracts", program_dir);
    const struct machine here = {"the devnet's machine", {(char *)buf_str(&program), "vm", "run", SCENARIO_ARG}};
    const struct machine there = {"the reference machine", {(char *)reference, SCENARIO_ARG}};
    TRY(measure_all(&here, buf_str(&dir), ours));
    if (reference)
        TRY(measure_all(&there, buf_str(&dir), theirs));
    printf("\nprocessor time a contract takes for a TGas (best of %d; goal: at most 1.5 times the reference machine's)\n",
           RUNS);
    printf("%-16s %14s %14s %8s\n", "", "here, ms", "reference, ms", "ratio");
    for (size_t i = 0; i < COUNT; i++) {
        printf("%-16s %14.3f", methods[i], ours[i]);
        if (reference)
            printf(" %14.3f %8.2f", theirs[i], ours[i] / theirs[i]);
        printf("\n");
    }
    if (!reference)
        printf("No reference machine to compare with: REFERENCE_VM does not name a program that runs a scenario file.\n");
    return NULL;
}

int main(int argc, char **argv)
{
    char program_dir[4096];
    (void)argc;
    if (!realpath(argv[0], program_dir)) {
        perror("finding the programs");
        return 1;
    }
    *strrchr(program_dir, '/') = '\0';
    struct err *e = compare(program_dir);
    if (!e)
        return 0;
    fprintf(stderr, "error: %s\n", err_text(e));
    err_free(e);
    return 1;
}

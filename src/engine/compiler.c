#include "engine/compiler.h"
#include "base/clock.h"
#include "base/fs.h"
#include "engine/artifact.h"
#include "engine/process.h"
#include "engine/text.h"
#include "engine/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Between the end of the report and the end of the process. */
enum { GRACE_MS = 1000 };

/* Reads the report until the process closes its end. *whole stays false when time is over or it said less. */
static struct err *read_report(int fd, uint64_t max_ms, struct compile_report *report, bool *whole)
{
    uint64_t deadline = clock_monotonic_ns(&clock_system) + max_ms * NS_PER_MS;
    size_t len = 0;
    while (len < sizeof *report) {
        uint64_t now = clock_monotonic_ns(&clock_system);
        if (now >= deadline)
            return err_new(ERR_LIMIT, "compiling took longer than %" PRIu64 " ms", max_ms);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, (int)((deadline - now) / NS_PER_MS + 1));
        ssize_t got = ready > 0 ? read(fd, (char *)report + len, sizeof *report - len) : 0;
        if ((ready < 0 || got < 0) && errno != EINTR)
            return err_errno(ERR_UNAVAILABLE, errno, "reading the compiler's report");
        if (ready > 0 && got == 0)
            return NULL;
        len += got > 0 ? (size_t)got : 0;
    }
    *whole = true;
    return NULL;
}

static struct err *judge(const struct compile_report *report, int artifact)
{
    struct stat st;
    if (report->magic != WIRE_MAGIC || report->accepted > 1)
        return err_new(ERR_LIMIT, "the compiler's report is not readable");
    if (!report->accepted) {
        AUTO(buf) struct buf text = {0};
        text_append_clean(&text, wire_text(report->text), WIRE_TEXT_MAX, TEXT_ONE_LINE);
        return err_new(ERR_INVALID, "%s", buf_str(&text));
    }
    if (fstat(artifact, &st))
        return err_errno(ERR_UNAVAILABLE, errno, "measuring an artifact");
    if ((uint64_t)st.st_size != report->artifact_len || st.st_size == 0)
        return err_new(ERR_LIMIT, "the compiler left %jd bytes of an artifact of %" PRIu64, (intmax_t)st.st_size,
                       report->artifact_len);
    return NULL;
}

static struct err *describe_death(int status, const struct compiler_limits *limits)
{
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (sig == SIGXCPU || sig == SIGKILL)
        return err_new(ERR_LIMIT, "compiling took more processor time or memory than the compiler has");
    if (sig == SIGSYS)
        return err_new(ERR_LIMIT, "the compiler made a system call that compiling does not need, and was killed");
    return err_new(ERR_LIMIT,
                   "the compiler gave up (%s %d): the program needs more than its %" PRIu64 " MiB of memory or more "
                   "stack than there is",
                   sig ? "signal" : "status", sig ? sig : WEXITSTATUS(status), limits->max_memory >> 20);
}

/* Starts the compiler on three descriptors and waits for its end. */
static struct err *compile(const char *path, const struct compiler_limits *limits, const struct cgroup *group, int wasm,
                           int artifact)
{
    int ends[2];
    char parent[24], memory[24], seconds[24];
    struct compile_report report = {0};
    bool whole = false;
    int status = 0;
    pid_t pid = -1;
    uint64_t processors = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    snprintf(parent, sizeof parent, "%ld", (long)getpid());
    snprintf(memory, sizeof memory, "%" PRIu64, limits->max_memory);
    snprintf(seconds, sizeof seconds, "%" PRIu64, (limits->max_ms / 1000 + 1) * processors);
    if (pipe2(ends, O_CLOEXEC))
        return err_errno(ERR_UNAVAILABLE, errno, "making a pipe");
    AUTO(fd) int from = ends[0];
    struct process_start start = {
        .path = path, .args = {parent, memory, seconds}, .fds = {wasm, artifact, ends[1]}, .fd_count = 3, .group = group};
    struct err *e = process_start(&start, &pid);
    close(ends[1]);
    TRY(e);
    e = read_report(from, limits->max_ms, &report, &whole);
    process_end(pid, whole || e ? 0 : GRACE_MS, &status);
    TRY(e);
    return whole ? judge(&report, artifact) : describe_death(status, limits);
}

struct err *compiler_run(const char *path, const struct compiler_limits *limits, const struct cgroup *group, struct slice wasm,
                         int *artifact)
{
    AUTO(fd) int in = -1;
    AUTO(fd) int out = -1;
    TRY(memory_file_new("wasm", wasm, &in));
    TRY(memory_file_seal(in));
    TRY(memory_file_new("artifact", (struct slice){0}, &out));
    TRY(compile(path, limits, group, in, out));
    *artifact = out;
    out = -1;
    return NULL;
}

/* Starting the engine's processes, and what each of them does first. */
#pragma once
#include "engine/cgroup.h"
#include <stdint.h>
#include <sys/types.h>

/* A sanitizer's shadow is terabytes of address space: where it is, memory cannot be limited by the kernel. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PROCESS_SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define PROCESS_SANITIZED 1
#endif

/* What the engine's processes may take beside what a task's limits give, in bytes. */
enum {
    CELL_OWN_MEMORY_MAX = 512 << 20,    /* what a cell has from the zygote, tables, the output's buffer */
    CELL_WAITING_MEMORY_MAX = 64 << 20, /* of its program, before there is a task */
    ARTIFACT_LEN_MAX = 1 << 30          /* in a memory file */
};

enum { PROCESS_ARGS_MAX = 6, PROCESS_FDS_MAX = 4 };

struct process_start {
    const char *path;
    const char *args[PROCESS_ARGS_MAX]; /* behind the name; NULL ends them */
    int fds[PROCESS_FDS_MAX];           /* become descriptors 3, 4 … of the process */
    size_t fd_count;
    const struct cgroup *group; /* NULL or the zero value: none of its own */
};

/* Starts a program with an empty environment, no open files but those given, /dev/null as input and output and our standard
 * error. ERR_NOT_FOUND: there is no such program. ERR_UNAVAILABLE: nothing runs, not even outside of its group. */
struct err *process_start(const struct process_start *start, pid_t *pid);

/* Ends a process of ours and reaps it, after waiting `grace_ms` for it to end by itself; *status as waitpid gives it (status may
 * be NULL). */
void process_end(pid_t pid, int grace_ms, int *status);

/* A descriptor of a process (pidfd), -1 when it is gone. */
int process_open(pid_t pid);

/* Kills through such a descriptor; never hits another process. */
void process_kill_fd(int pidfd);

/* First thing in such a program: no new privileges, no core dump, no descriptor but the first `fds_end`. */
void process_begin(int fds_end);

/* Dies with `parent`, at once when it is already gone. Exact only where `parent` has one thread or the starting thread waits:
 * the kernel ties this to the thread. */
void process_die_with(pid_t parent);

/* Lowers a resource limit (RLIMIT_…) for good. */
void process_limit(int resource, uint64_t most);

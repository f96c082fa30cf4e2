/* What a task's process may still ask of the kernel once a stranger's program runs in it. Everything else kills the process at
 * once, which its engine sees as TASK_HOST_FAULT: no honest guest gets there, as its own world is the WASI host's.
 *
 *     read, send         on the task's socket alone: frames out (input was read before)
 *     memory             mmap, mprotect, mremap, munmap, madvise, brk; never executable
 *     time               clock_gettime, clock_getres, clock_nanosleep
 *     prlimit64          its own RLIMIT_DATA, which it can only lower
 *     the rest           getrandom, futex, sched_yield, rt_sigreturn, rt_sigprocmask, sigaltstack, exit, exit_group
 *
 * So: no file, no socket, no process, no signal to anybody, no new code.
 */
#pragma once
#include "base/err.h"
#include <linux/filter.h>

/* A filter for the kernel. Zero value: none yet. */
struct sandbox {
    struct sock_filter *rules;
    unsigned short count;
};

/* Makes the filter, once, where time does not matter; entering it costs about 20 µs, the kernel's own preparation. `socket` is the number of the task's
 * descriptor. ERR_UNAVAILABLE: this kernel cannot filter. */
struct err *sandbox_make(struct sandbox *s, int socket);
void sandbox_free(struct sandbox *s);

/* From here on, for this process. False: the kernel refused, and nothing of a stranger's may run. */
bool sandbox_enter(const struct sandbox *s);

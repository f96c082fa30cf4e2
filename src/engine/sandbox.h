/* What the engine's processes may still ask of the kernel. Anything else kills the process at once, which its engine sees as
 * TASK_DENIED, or as a compiler that gave up: no honest program gets there. docs/engine.md says what each call is for.
 *
 *     cell        read, send     on the task's socket alone
 *                 memory         mmap, mprotect, mremap, munmap, madvise, brk; never executable
 *                 time           clock_gettime, clock_getres, clock_nanosleep
 *                 prlimit64      its own RLIMIT_DATA, which it can only lower
 *                 the rest       getrandom, futex, sched_yield, rt_sigreturn, rt_sigprocmask, sigaltstack, exit, exit_group
 *     compiler    write          on the descriptors of artifact and report
 *                 memory         as a cell: what is compiled here is written, not run
 *                 the rest       as a cell; its threads exist already. Opening a file is refused without a kill
 *     zygote      what it takes to load artifacts, to fork, and to make a cell of a child
 *
 * So neither has a file, a socket of its own making, a process, a signal to anybody, or new code.
 */
#pragma once
#include "base/err.h"
#include <linux/filter.h>

enum sandbox_kind { SANDBOX_CELL, SANDBOX_COMPILER, SANDBOX_ZYGOTE };

/* A filter for the kernel. Zero value: none yet. */
struct sandbox {
    struct sock_filter *rules;
    unsigned short count;
};

/* Makes the filter, once, where time does not matter; entering it costs about 20 µs, the kernel's own preparation. ERR_UNAVAILABLE: this
 * kernel cannot filter. */
struct err *sandbox_make(struct sandbox *s, enum sandbox_kind kind);
void sandbox_free(struct sandbox *s);

/* From here on, for all threads of this process, on top of a filter that is there. False: the kernel refused, and nothing of a
 * stranger's may run. */
bool sandbox_enter(const struct sandbox *s);

/* Makes and enters, once. */
struct err *sandbox_confine(enum sandbox_kind kind);

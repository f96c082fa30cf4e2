/* One task under way, seen from the engine: its socket, its process, its deadline. */
#pragma once
#include "engine/wire.h"

struct task_run {
    int socket;  /* ours */
    int process; /* pidfd, -1: not known */
    uint64_t started_ns, deadline_ns;
    struct buf head;    /* task_head and environment; later the answer to a call */
    struct slice input; /* what goes behind it */
    size_t sent;        /* of both */
    struct buf detail;  /* how it ended, in a few words */
    struct frame_reader frames;
};

/* Checks the task and opens the socket; *theirs is the end for its process. ERR_INVALID, ERR_LIMIT name what is wrong with the
 * task. */
struct err *task_run_open(struct task_run *r, const struct task *task, int *theirs);

/* Starts the clock: from here on the time is the task's. */
void task_run_start_clock(struct task_run *r, const struct task *task);

/* Sends the task, takes its frames, kills its process at the deadline and in any case at the end, and fills in the outcome.
 * `died`: there is nothing to wait for. */
void task_run_finish(struct task_run *r, const struct task *task, bool died, struct task_outcome *out);

void auto_task_run(struct task_run *r);

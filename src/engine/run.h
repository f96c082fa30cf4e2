/* One task under way, seen from the engine: its cell and its deadline. */
#pragma once
#include "engine/cell.h"

struct task_run {
    struct cell cell;
    uint64_t started_ns, deadline_ns;
    struct buf head;    /* task_head and environment; later the answer to a call */
    struct slice input; /* what goes behind it */
    size_t sent;        /* of both */
    struct buf detail;  /* how it ended, in a few words */
    bool vanished;      /* its process ended without an outcome */
    struct frame_reader frames;
};

/* Checks the task. ERR_INVALID, ERR_LIMIT name what is wrong with it. */
struct err *task_run_open(struct task_run *r, const struct task *task);

/* Starts the clock: from here on the time is the task's. */
void task_run_start_clock(struct task_run *r, const struct task *task);

/* Begins to send the task to the run's cell; again from the start for each cell that is tried. */
void task_run_send(struct task_run *r);

/* Sends the rest of the task, takes its frames, kills its process at the deadline and in any case at the end. out->end is known then, and
 * r->detail says more. */
void task_run_finish(struct task_run *r, const struct task *task, struct task_outcome *out);

/* Fills in what follows from out->end: what is billed, what people are told. */
void task_run_conclude(struct task_run *r, const struct task *task, struct task_outcome *out);

void auto_task_run(struct task_run *r);

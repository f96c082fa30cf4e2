/* A cell: what the zygote's child does from the fork to its end. */
#pragma once
#include "engine/guest.h"
#include "engine/sandbox.h"
#include <sys/types.h>

/* What the zygote's child begins with. */
struct task_process {
    struct guest_host *host;
    const struct sandbox *sandbox;
    pid_t zygote;                        /* its end is the child's end */
    const struct guest_program *program; /* NULL: a spare cell, which is told one */
    /* Of a spare cell: the zygote's program of a hash, NULL when it has none; and programs of ours that it instantiates ahead, so that
     * what every instance touches is there. */
    const struct guest_program *(*find)(const struct hash *code);
    const struct guest_program *trials;
    size_t trial_count;
};

/* Says on `socket` that it is there, enters the sandbox, hears of its program if it has none, instantiates it, waits for the task, runs
 * it, reports its outcome (wire.h) and ends the process. Nothing else stays open. */
_Noreturn void task_process_main(const struct task_process *t, int socket);

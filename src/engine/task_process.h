/* A cell: what the zygote's child does from the fork to its end. */
#pragma once
#include "engine/guest.h"
#include "engine/sandbox.h"
#include <sys/types.h>

/* Says on `socket` that it is there, enters the sandbox, instantiates the program, waits for the task, runs it, reports its outcome (wire.h)
 * and ends the process. Nothing else stays open and `zygote`'s end is its end. */
_Noreturn void task_process_main(struct guest_host *host, const struct guest_program *program, int socket,
                                 const struct sandbox *sandbox, pid_t zygote);

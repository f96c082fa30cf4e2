/* A task's process: what the zygote's child does from the fork to its end. */
#pragma once
#include "engine/guest.h"
#include "engine/sandbox.h"
#include <sys/types.h>

/* Reads the task from `socket`, runs it in the sandbox, reports its outcome (wire.h) and ends the process. Nothing else stays open and
 * `zygote`'s end is its end. */
_Noreturn void task_process_main(struct guest_host *host, const struct guest_program *program, int socket,
                                 const struct sandbox *sandbox, pid_t zygote);

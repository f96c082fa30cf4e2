/* A cell: what the zygote's child does from the fork to its end. */
#pragma once
#include "engine/guest.h"
#include "engine/sandbox.h"
#include <sys/types.h>

/* The zygote's program of this hash, NULL when it has none. */
typedef const struct guest_program *(*task_process_find)(const struct hash *code);

/* Says on `socket` that it is there, enters the sandbox, instantiates the program, waits for the task, runs it, reports its outcome (wire.h)
 * and ends the process. Without `program` it waits for the name of one before, which `find` knows. Nothing else stays open and `zygote`'s
 * end is its end. */
_Noreturn void task_process_main(struct guest_host *host, const struct guest_program *program, task_process_find find,
                                 int socket, const struct sandbox *sandbox, pid_t zygote);

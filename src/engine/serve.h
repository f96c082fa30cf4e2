/* The engine's side of one call of a task. */
#pragma once
#include "engine/wire.h"

/* Has `host` (NULL: there is nothing) answer the call in `r`, which is then answered, and appends answer_head and values to `out`.
 * `socket` is the task's. */
enum host_verdict serve_call(struct frame_reader *r, const struct task_host *host, uint64_t deadline_ns, int socket,
                             struct buf *out);

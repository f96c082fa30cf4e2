/* The sentence a task's end is told in. Clients of OutLayer match these texts; they stay as they are. */
#pragma once
#include "engine/engine.h"

/* Appends the message of an outcome that is not TASK_COMPLETED; `detail` is what its process or the engine says of it. */
void message_append(const struct task *task, const struct task_outcome *outcome, struct slice detail, struct buf *out);

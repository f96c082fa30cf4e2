/* Environment variables of a guest: what it may know of who asked, where and within which limits. A value that is not known is an
 * absent variable; a value with a NUL byte is left out, as no environment can hold it. */
#pragma once
#include "base/arena.h"
#include "codec/json_doc.h"
#include "engine/engine.h"

/* From a chain request as the coordinator's poll gives it; `asks_chain`: the program has near:rpc. The list and its texts live in `arena`. */
size_t guest_env_build(const json_t *request, const struct task_limits *limits, const char *network_id, bool asks_chain,
                       struct arena *arena, const struct task_env **out);

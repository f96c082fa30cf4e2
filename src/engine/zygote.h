/* The engine's side of the zygote: a clean process that holds loaded programs and forks one task's process after another. */
#pragma once
#include "base/err.h"
#include "crypto/hash.h"
#include "engine/cgroup.h"
#include "engine/wire.h"
#include <sys/types.h>

struct zygote {
    pid_t pid; /* 0: not running */
    int control;
};

/* Starts the program at `path`; it and its cells are in `group`. */
struct err *zygote_start(struct zygote *z, const char *path, const struct cgroup *group);

/* Ends it and with it all of its tasks. A zero value is fine. */
void zygote_stop(struct zygote *z);

/* False when it has died or broken the protocol; stop it and start another then. */
bool zygote_alive(const struct zygote *z);

/* Sends a request (fd < 0: without a descriptor) and receives its answer. ERR_UNAVAILABLE, ERR_INVALID: the zygote is of no more use. */
struct err *zygote_exchange(struct zygote *z, const struct zygote_request *request, int fd, struct zygote_reply *reply);

/* One request with one descriptor (stays the caller's); cells are ordered by cell.h. *status is its answer, *text what it says when it
 * is not ZYGOTE_DONE. ERR_UNAVAILABLE: the zygote is dead, mute or talks nonsense, and of no more use. */
struct err *zygote_ask(struct zygote *z, enum zygote_op op, const struct hash *code, int fd, enum zygote_status *status,
                       struct buf *text);

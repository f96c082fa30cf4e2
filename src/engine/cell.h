/* A cell, seen from the engine: the process that the zygote forks for one task, on a socket of its own. It may be ordered before
 * there is a task; then it waits on its socket with the program instantiated. */
#pragma once
#include "engine/zygote.h"

struct cell {
    int socket;  /* ours; -1: there is no cell */
    int process; /* pidfd, -1: not known yet */
    pid_t pid;   /* as the zygote knows it */
};

#define CELL_NONE ((struct cell){-1, -1, 0})

/* Asks for a cell and does not wait for it: what is sent on its socket will find it. ERR_UNAVAILABLE: the zygote is dead, or there are
 * no descriptors. */
struct err *cell_order(struct zygote *z, const struct hash *code, struct cell *out);

/* Waits for the first word on its socket. *status is ZYGOTE_DONE when it is from the cell; anything else is the zygote's, there
 * will be no cell, and *text says why. ERR_NOT_FOUND: it ended before it said anything, so nothing has run. ERR_UNAVAILABLE: silence.
 * ERR_INVALID: nonsense. */
struct err *cell_meet(struct cell *c, enum zygote_status *status, struct buf *text);

/* Asks how a cell ended that has been killed or was seen to end: *status as waitpid gives it. ERR_NOT_FOUND: the zygote does not
 * remember it. ERR_UNAVAILABLE: as zygote_ask. */
struct err *cell_fate(struct zygote *z, const struct cell *c, int *status);

/* False when it has ended. */
bool cell_is_there(const struct cell *c);

/* A cell that waits ends by this; one that runs must be killed first. CELL_NONE is fine, and what is left. */
void cell_close(struct cell *c);

/* A cell, seen from the engine: the process that the zygote forks for one task, on a socket of its own. It may be ordered before
 * there is a task; then it waits on its socket with the program instantiated, or, being a spare one, for the name of its program. */
#pragma once
#include "engine/zygote.h"

struct cell {
    int socket;  /* ours; -1: there is no cell */
    int process; /* pidfd, -1: not known yet */
    pid_t pid;   /* as the zygote knows it */
    bool spare;  /* it says a second word: whether it has the program */
};

#define CELL_NONE ((struct cell){.socket = -1, .process = -1})

/* Asks for a cell and does not wait for it: what is sent on its socket will find it. Without `code` it is a spare one. ERR_UNAVAILABLE:
 * the zygote is dead, or there are no descriptors. */
struct err *cell_order(struct zygote *z, const struct hash *code, struct cell *out);

/* Tells a spare cell its program, before anything else; its task may follow at once. False, and the cell is closed: it has ended. */
bool cell_choose(struct cell *c, const struct hash *code);

/* Waits until it says on its socket that it is there, and a spare one that it has the program. *status is ZYGOTE_DONE then; anything
 * else means that there will be no cell, or no program in it, and *text says why. ERR_NOT_FOUND: it ended before, so nothing has run.
 * ERR_UNAVAILABLE: silence. ERR_INVALID: nonsense. */
struct err *cell_meet(struct cell *c, enum zygote_status *status, struct buf *text);

/* Asks how a cell ended that has been killed or was seen to end: *status as waitpid gives it. ERR_NOT_FOUND: the zygote does not
 * remember it. ERR_UNAVAILABLE: as zygote_ask. */
struct err *cell_fate(struct zygote *z, const struct cell *c, int *status);

/* False when it has ended. */
bool cell_is_there(const struct cell *c);

/* A cell that waits ends by this; one that runs must be killed first. CELL_NONE is fine, and what is left. */
void cell_close(struct cell *c);

/* Cells that wait for the next task of programs in demand, so that it finds its program instantiated in the sandbox.
 *
 * A program is in demand from its second run on, until WAITING_PROGRAMS others have run since. For each, WAITING_EACH cells are
 * kept: one for the next task, one for the one after it while the first is being replaced. As many spare ones, without a program, wait
 * for the first tasks of all others that the zygote had loaded when they were ordered. A cell takes one task and ends. */
#pragma once
#include "engine/cell.h"

enum { WAITING_PROGRAMS = 4, WAITING_EACH = 2 };

struct waiting_cells {
    size_t count;
    struct cell cells[WAITING_EACH]; /* the one that has waited longest first */
};

struct waiting_program {
    struct hash code;
    uint64_t runs; /* 0: free */
    uint64_t used_at;
    struct waiting_cells cells;
};

/* The zero value waits for nothing. */
struct waiting {
    struct waiting_program programs[WAITING_PROGRAMS];
    struct waiting_cells spare;
    uint64_t uses;
};

/* Notes one run of this program. */
void waiting_note(struct waiting *w, const struct hash *code);

/* Takes a cell that waits for this program, else a spare one, which has been told the program then; false: there is none. */
bool waiting_take(struct waiting *w, const struct hash *code, struct cell *out);

/* Orders what this program lacks, if it is in demand. A zygote that cannot is left to whoever needs it next. */
void waiting_refill(struct waiting *w, struct zygote *z, const struct hash *code);

/* Orders the spare ones that lack. */
void waiting_refill_spare(struct waiting *w, struct zygote *z);

/* Ends the spare ones: the zygote has loaded a program that they do not have. */
void waiting_drop_spare(struct waiting *w);

/* Ends all that wait for this program (NULL: for any), whose artifact has changed or whose zygote is gone; and the spare ones. */
void waiting_drop(struct waiting *w, const struct hash *code);

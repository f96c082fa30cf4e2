/* What a block changed that clients can ask for, and why: accounts, access keys, contracts and contract data.
 *
 * The state keeps one log a block. Within one cause a key has one change, the last; a receipt that fails leaves none.
 * Source: NEAR protocol 85, StateChangeCause and StateChangeValue.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "near/transaction.h"

enum change_cause {
    CAUSE_TRANSACTION, /* `by` is the transaction; of the others, the receipt */
    CAUSE_RECEIPT,
    CAUSE_REWARD,    /* the contract's share of a receipt's gas */
    CAUSE_MIGRATION, /* from outside: genesis, patches; by nothing */
    CAUSE_COUNT
};

struct change {
    enum change_cause cause;
    struct hash by;
    struct slice key, value; /* as the state has them */
    bool present;            /* false: removed */
};

struct change_log {
    struct change *items;
    size_t count;
    size_t started; /* where the present cause begins */
    enum change_cause cause;
    struct hash by;
};

/* Changes from now on are of this cause. `by` may be NULL. */
void change_log_because(struct change_log *log, enum change_cause cause, const struct hash *by);

/* Adds a change, unless it is of a key that no client can ask for. Key and value are borrowed. */
void change_log_add(struct change_log *log, struct arena *arena, struct slice key, struct slice value, bool present);

void changes_write(struct buf *out, const struct change_log *log);

/* Reads what changes_write wrote; slices borrow from `bytes`. Sorted by key; of one key, in the order they were made. */
struct err *changes_read(struct slice bytes, struct arena *arena, struct change **out, size_t *count);

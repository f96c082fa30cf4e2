/* The storage of a scenario's account: ordered pairs with undo. Private to the scenario. */
#pragma once
#include "base/arena.h"

struct scenario_pair {
    struct slice key, value;
};

struct scenario_undo {
    struct slice key, value; /* value.ptr NULL: the key was not there */
};

struct scenario_store {
    struct arena arena;          /* all keys and values ever stored */
    struct scenario_pair *pairs; /* by key */
    size_t count, room;
    struct scenario_undo *undo; /* of the present call */
    size_t undo_count, undo_room;
};

bool scenario_store_get(const struct scenario_store *s, struct slice key, struct slice *value);
void scenario_store_set(struct scenario_store *s, struct slice key, struct slice value);
void scenario_store_remove(struct scenario_store *s, struct slice key);

/* Ends a call: what it did stays, or is taken back. */
void scenario_store_keep(struct scenario_store *s);
void scenario_store_drop(struct scenario_store *s);

void scenario_store_free(struct scenario_store *s);

/* Changes to key-value state that are not in the store yet, with what was read of the store: a hash table in insertion order.
 *
 * Keys and values are borrowed: they live in the arena of the block. */
#pragma once
#include "base/slice.h"

struct overlay_entry {
    struct slice key, value;
    uint32_t hash;
    bool present; /* false: removed, or not in the store */
    bool dirty;   /* false: as the store has it */
};

/* The zero value is an empty overlay. */
struct overlay {
    struct overlay_entry *entries; /* in insertion order; an entry keeps its place when it changes */
    size_t count, capacity;
    uint32_t *slots; /* entry index + 1, 0 when free; twice `capacity` many */
};

const struct overlay_entry *overlay_find(const struct overlay *o, struct slice key);

/* Inserts or replaces. A clean entry never replaces a dirty one's mark: dirty stays dirty. */
void overlay_put(struct overlay *o, struct slice key, struct slice value, bool present, bool dirty);

/* Forgets everything, keeps the memory. */
void overlay_clear(struct overlay *o);

void overlay_free(struct overlay *o);

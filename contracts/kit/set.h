/* An ordered set of byte strings in storage, for lists that are read in pages: in the order of joining, except that the last item takes
 * the place of one that leaves. Opening, adding, removing and reading one item touch at most three entries, however many there are.
 *
 *     struct set *s = set_open('o', owner);
 *     record.place = set_add(s, name);
 *     …
 *     struct slice moved = set_remove(s, record.place);
 *     if (moved.ptr)
 *         (the record of `moved` must learn that its place is record.place now)
 *
 * The entry of place i is <prefix><name><i as 4 bytes>. That of place 0 has the count in front, so that a set of one item is one entry. */
#pragma once
#include "kit/storage.h"

struct set {
    struct slice key; /* prefix and name; the place follows */
    uint32_t count;
    struct slice first; /* the item at place 0 */
};

/* Reads the first entry. The name is as storage_key_text takes it. What it gives lives as long as the call. */
struct set *set_open(uint8_t prefix, struct slice name);
/* Whether set_open would find any item, without reading. */
bool set_exists(uint8_t prefix, struct slice name);
/* The item at a place below count. */
struct slice set_at(const struct set *s, uint32_t place);
/* Adds an item that is not there yet; says its place. */
uint32_t set_add(struct set *s, struct slice item);
/* Removes what is at `place`: the item that took the place, whose pointer is NULL when none did. */
struct slice set_remove(struct set *s, uint32_t place);
/* Takes one item after the other, the last first; its pointer is NULL when none is left. For a set that goes as a whole: it must be drained to its end. */
struct slice set_drain(struct set *s);

/* The end of a page that starts at `from`: at most `most` and `limit` places, and not past `count`. */
static inline uint64_t page_end(uint64_t from, uint64_t limit, uint64_t most, uint32_t count)
{
    if (from >= count)
        return from;
    if (limit > most)
        limit = most;
    return limit > count - from ? count : from + limit;
}

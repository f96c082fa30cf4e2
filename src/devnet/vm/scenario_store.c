#include "devnet/vm/scenario_store.h"
#include "base/mem.h"
#include <string.h>

/* The first place whose key is not less. */
static size_t lower_bound(const struct scenario_store *s, struct slice key)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slice_cmp(s->pairs[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct scenario_store *s, size_t at, struct slice key)
{
    return at < s->count && slice_eq(s->pairs[at].key, key);
}

bool scenario_store_get(const struct scenario_store *s, struct slice key, struct slice *value)
{
    size_t at = lower_bound(s, key);
    if (!is_at(s, at, key))
        return false;
    *value = s->pairs[at].value;
    return true;
}

static void remember(struct scenario_store *s, struct slice key, struct slice old)
{
    if (s->undo_count == s->undo_room) {
        s->undo_room = s->undo_room ? s->undo_room * 2 : 64;
        s->undo = mem_realloc(s->undo, s->undo_room * sizeof *s->undo);
    }
    s->undo[s->undo_count++] = (struct scenario_undo){key, old};
}

static void insert(struct scenario_store *s, size_t at, struct scenario_pair pair)
{
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 64;
        s->pairs = mem_realloc(s->pairs, s->room * sizeof *s->pairs);
    }
    memmove(s->pairs + at + 1, s->pairs + at, (s->count - at) * sizeof *s->pairs);
    s->pairs[at] = pair;
    s->count++;
}

static void erase(struct scenario_store *s, size_t at)
{
    s->count--;
    memmove(s->pairs + at, s->pairs + at + 1, (s->count - at) * sizeof *s->pairs);
}

void scenario_store_set(struct scenario_store *s, struct slice key, struct slice value)
{
    size_t at = lower_bound(s, key);
    struct slice copy = arena_copy(&s->arena, value);
    if (is_at(s, at, key)) {
        remember(s, s->pairs[at].key, s->pairs[at].value);
        s->pairs[at].value = copy;
        return;
    }
    struct scenario_pair pair = {arena_copy(&s->arena, key), copy};
    remember(s, pair.key, (struct slice){NULL, 0});
    insert(s, at, pair);
}

void scenario_store_remove(struct scenario_store *s, struct slice key)
{
    size_t at = lower_bound(s, key);
    if (!is_at(s, at, key))
        return;
    remember(s, s->pairs[at].key, s->pairs[at].value);
    erase(s, at);
}

void scenario_store_keep(struct scenario_store *s)
{
    s->undo_count = 0;
}

void scenario_store_drop(struct scenario_store *s)
{
    while (s->undo_count > 0) {
        struct scenario_undo u = s->undo[--s->undo_count];
        size_t at = lower_bound(s, u.key);
        bool there = is_at(s, at, u.key);
        if (u.value.ptr && there)
            s->pairs[at].value = u.value;
        else if (u.value.ptr)
            insert(s, at, (struct scenario_pair){u.key, u.value});
        else if (there)
            erase(s, at);
    }
}

void scenario_store_free(struct scenario_store *s)
{
    mem_free(s->pairs);
    mem_free(s->undo);
    arena_free(&s->arena);
    *s = (struct scenario_store){0};
}

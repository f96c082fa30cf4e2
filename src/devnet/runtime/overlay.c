#include "devnet/runtime/overlay.h"
#include "base/mem.h"

/* FNV-1a. Contracts choose keys, so a table can be made slow on purpose; on a chain for development that hurts only its owner. */
static uint32_t hash_of(struct slice key)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ key.ptr[i]) * 16777619u;
    return h;
}

/* The slot that holds `key`, or the free one where it belongs. */
static uint32_t *slot_of(const struct overlay *o, struct slice key, uint32_t hash)
{
    size_t mask = o->capacity * 2 - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        if (o->slots[i] == 0)
            return &o->slots[i];
        const struct overlay_entry *e = &o->entries[o->slots[i] - 1];
        if (e->hash == hash && slice_eq(e->key, key))
            return &o->slots[i];
    }
}

static void grow(struct overlay *o)
{
    o->capacity = o->capacity ? o->capacity * 2 : 32;
    o->entries = mem_realloc(o->entries, o->capacity * sizeof *o->entries);
    mem_free(o->slots);
    o->slots = mem_calloc(o->capacity * 2, sizeof *o->slots);
    for (size_t i = 0; i < o->count; i++)
        *slot_of(o, o->entries[i].key, o->entries[i].hash) = (uint32_t)i + 1;
}

const struct overlay_entry *overlay_find(const struct overlay *o, struct slice key)
{
    if (o->count == 0)
        return NULL;
    uint32_t at = *slot_of(o, key, hash_of(key));
    return at ? &o->entries[at - 1] : NULL;
}

void overlay_put(struct overlay *o, struct slice key, struct slice value, bool present, bool dirty)
{
    if (o->count == o->capacity)
        grow(o);
    uint32_t hash = hash_of(key);
    uint32_t *slot = slot_of(o, key, hash);
    if (*slot) {
        struct overlay_entry *e = &o->entries[*slot - 1];
        e->value = value;
        e->present = present;
        e->dirty |= dirty;
        return;
    }
    o->entries[o->count++] = (struct overlay_entry){key, value, hash, present, dirty};
    *slot = (uint32_t)o->count;
}

void overlay_clear(struct overlay *o)
{
    if (o->count)
        __builtin_memset(o->slots, 0, o->capacity * 2 * sizeof *o->slots);
    o->count = 0;
}

void overlay_free(struct overlay *o)
{
    mem_free(o->entries);
    mem_free(o->slots);
    *o = (struct overlay){0};
}

#include "kit/set.h"
#include "base/mem.h"
#include "kit/text.h"

static struct slice entry_key(const struct set *s, uint32_t place)
{
    struct buf *key = buf_new();
    buf_append(key, s->key);
    borsh_write_u32(key, place);
    return buf_slice(key);
}

struct set *set_open(uint8_t prefix, struct slice name)
{
    struct set *s = mem_calloc(1, sizeof *s);
    s->key = storage_key_text(prefix, name);
    struct slice entry = storage_read(entry_key(s, 0));
    if (entry.ptr) {
        struct borsh_reader r = borsh_reader_of(entry);
        s->count = borsh_read_u32(&r);
        s->first = r.rest;
    }
    return s;
}

bool set_exists(uint8_t prefix, struct slice name)
{
    struct set s = {.key = storage_key_text(prefix, name)};
    return storage_has(entry_key(&s, 0));
}

struct slice set_at(const struct set *s, uint32_t place)
{
    struct slice item = place ? storage_read(entry_key(s, place)) : s->first;
    require_text(item.ptr != NULL, "The collection is an inconsistent state");
    return item;
}

static void write_first(const struct set *s)
{
    struct buf *entry = buf_new();
    borsh_write_u32(entry, s->count);
    buf_append(entry, s->first);
    storage_write(entry_key(s, 0), buf_slice(entry));
}

static void write_at(struct set *s, uint32_t place, struct slice item)
{
    if (place)
        storage_write(entry_key(s, place), item);
    else
        s->first = item;
}

uint32_t set_add(struct set *s, struct slice item)
{
    uint32_t place = s->count++;
    write_at(s, place, item);
    write_first(s);
    return place;
}

static struct slice take_at(const struct set *s, uint32_t place)
{
    struct slice item = storage_take(entry_key(s, place));
    require_text(item.ptr != NULL, "The collection is an inconsistent state");
    return place ? item : s->first;
}

struct slice set_remove(struct set *s, uint32_t place)
{
    uint32_t last = --s->count;
    struct slice moved = take_at(s, last);
    if (place != last)
        write_at(s, place, moved);
    if (s->count)
        write_first(s);
    return place != last ? moved : (struct slice){0};
}

struct slice set_drain(struct set *s)
{
    return s->count ? take_at(s, --s->count) : (struct slice){0};
}

#include "kit/set.h"
#include "kit/text.h"

static struct storage_key entry_key(const struct set *s, uint32_t place)
{
    struct storage_key key = s->key;
    __builtin_memcpy(key.bytes + key.len, &place, sizeof place);
    key.len += sizeof place;
    return key;
}

static struct set named(uint8_t prefix, struct slice name)
{
    struct set s = {.key = storage_key_text(prefix, name)};
    require_text(s.key.len + sizeof(uint32_t) <= STORAGE_KEY_MAX, "a storage key of {} bytes is too long", (uint64_t)name.len);
    return s;
}

struct set set_open(uint8_t prefix, struct slice name)
{
    struct set s = named(prefix, name);
    struct storage_key key = entry_key(&s, 0);
    struct slice entry;
    if (storage_read(storage_key_slice(&key), &entry)) {
        struct borsh_reader r = borsh_reader_of(entry);
        s.count = borsh_read_u32(&r);
        s.first = r.rest;
    }
    return s;
}

bool set_exists(uint8_t prefix, struct slice name)
{
    struct set s = named(prefix, name);
    struct storage_key key = entry_key(&s, 0);
    return storage_has(storage_key_slice(&key));
}

struct slice set_at(const struct set *s, uint32_t place)
{
    struct slice item = s->first;
    struct storage_key key = entry_key(s, place);
    if (place)
        require_text(storage_read(storage_key_slice(&key), &item), "The collection is an inconsistent state");
    return item;
}

static void write_first(const struct set *s)
{
    struct storage_key key = entry_key(s, 0);
    struct buf entry = {0};
    borsh_write_u32(&entry, s->count);
    buf_append(&entry, s->first);
    storage_write(storage_key_slice(&key), buf_slice(&entry));
}

static void write_at(struct set *s, uint32_t place, struct slice item)
{
    struct storage_key key = entry_key(s, place);
    if (place)
        storage_write(storage_key_slice(&key), item);
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
    struct slice item;
    struct storage_key key = entry_key(s, place);
    require_text(storage_take(storage_key_slice(&key), &item), "The collection is an inconsistent state");
    return place ? item : s->first;
}

bool set_remove(struct set *s, uint32_t place, struct slice *moved)
{
    uint32_t last = --s->count;
    *moved = take_at(s, last);
    if (place != last)
        write_at(s, place, *moved);
    if (s->count)
        write_first(s);
    return place != last;
}

bool set_drain(struct set *s, struct slice *item)
{
    if (s->count == 0)
        return false;
    *item = take_at(s, --s->count);
    return true;
}

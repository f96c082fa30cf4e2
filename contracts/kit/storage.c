#include "kit/storage.h"
#include "base/mem.h"
#include "kit/hash.h"
#include "kit/host.h"
#include "kit/text.h"

enum { REG = 0 };

static struct slice make_key(uint8_t prefix, struct slice rest)
{
    uint8_t *bytes = mem_alloc(1 + rest.len);
    bytes[0] = prefix;
    __builtin_memcpy(bytes + 1, rest.ptr, rest.len);
    return slice_from(bytes, 1 + rest.len);
}

struct slice storage_key_u64(uint8_t prefix, uint64_t id)
{
    return make_key(prefix, slice_from(&id, sizeof id));
}

struct slice storage_key_text(uint8_t prefix, struct slice text)
{
    require_text(text.len < STORAGE_KEY_MAX, "a storage key of {} bytes is too long", (uint64_t)text.len);
    return make_key(prefix, text);
}

struct slice storage_key_hash(uint8_t prefix, struct slice name)
{
    uint8_t hash[SHA256_LEN];
    sha256(name, hash);
    return make_key(prefix, slice_from(hash, STORAGE_HASH_LEN));
}

/* What the host has put into the register; nothing when it has found nothing. */
static struct slice fetch(bool found)
{
    if (!found)
        return (struct slice){0};
    size_t len = (size_t)host_register_len(REG);
    uint8_t *bytes = mem_alloc(len);
    host_read_register(REG, host_address(bytes));
    return slice_from(bytes, len);
}

struct slice storage_read(struct slice key)
{
    return fetch(host_storage_read(key.len, host_address(key.ptr), REG));
}

bool storage_has(struct slice key)
{
    return host_storage_has_key(key.len, host_address(key.ptr));
}

bool storage_write(struct slice key, struct slice value)
{
    return host_storage_write(key.len, host_address(key.ptr), value.len, host_address(value.ptr), REG);
}

bool storage_remove(struct slice key)
{
    return host_storage_remove(key.len, host_address(key.ptr), REG);
}

struct slice storage_take(struct slice key)
{
    return fetch(storage_remove(key));
}

static void *decode(struct slice bytes, const struct schema *s)
{
    if (!bytes.ptr)
        return NULL;
    struct borsh_reader r = borsh_reader_of(bytes);
    void *value = mem_calloc(1, s->size);
    schema_read_borsh(s, &r, value);
    require_text(borsh_done(&r), "Cannot deserialize value with Borsh");
    return value;
}

void *record_read(struct slice key, const struct schema *s)
{
    return decode(storage_read(key), s);
}

void *record_read_or_zeros(struct slice key, const struct schema *s)
{
    void *value = record_read(key, s);
    return value ? value : mem_calloc(1, s->size);
}

void *record_take(struct slice key, const struct schema *s)
{
    return decode(storage_take(key), s);
}

bool record_write(struct slice key, const struct schema *s, const void *value)
{
    struct buf *bytes = buf_new();
    schema_write_borsh(s, value, bytes);
    return storage_write(key, buf_slice(bytes));
}

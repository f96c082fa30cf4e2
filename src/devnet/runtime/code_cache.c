#include "devnet/runtime/code_cache.h"
#include "base/mem.h"

/* Times the largest contract: at most 64 MiB. */
enum { ENTRIES = 16 };

struct code_cache {
    struct {
        struct hash hash;
        struct buf code;
        uint64_t used_at; /* 0: free */
    } entries[ENTRIES];
    uint64_t now;
};

struct code_cache *code_cache_new(void)
{
    return mem_calloc(1, sizeof(struct code_cache));
}

void code_cache_free(struct code_cache *c)
{
    if (!c)
        return;
    for (int i = 0; i < ENTRIES; i++)
        buf_free(&c->entries[i].code);
    mem_free(c);
}

bool code_cache_get(struct code_cache *c, struct state *s, const struct account_id *id, const struct hash *hash,
                    struct slice *code)
{
    int oldest = 0;
    c->now++;
    for (int i = 0; i < ENTRIES; i++) {
        if (c->entries[i].used_at && hash_eq(&c->entries[i].hash, hash)) {
            c->entries[i].used_at = c->now;
            *code = buf_slice(&c->entries[i].code);
            return true;
        }
        if (c->entries[i].used_at < c->entries[oldest].used_at)
            oldest = i;
    }
    struct slice read;
    if (!state_code(s, id, &read))
        return false;
    buf_clear(&c->entries[oldest].code);
    buf_append(&c->entries[oldest].code, read);
    c->entries[oldest].hash = *hash;
    c->entries[oldest].used_at = c->now;
    *code = buf_slice(&c->entries[oldest].code);
    return true;
}

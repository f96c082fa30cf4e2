#include "devnet/runtime/code_cache.h"
#include "base/mem.h"
#include <pthread.h>

/* Times the largest contract: at most 64 MiB. */
enum { ENTRIES = 16 };

struct entry {
    struct hash hash;
    struct buf code;
    uint64_t used_at; /* 0: free */
    unsigned users;   /* who have it and have not released it; a code in use stays where it is */
};

struct code_cache {
    pthread_mutex_t lock; /* never held while the state is read */
    struct entry entries[ENTRIES];
    uint64_t now;
};

struct code_cache *code_cache_new(void)
{
    struct code_cache *c = mem_calloc(1, sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void code_cache_free(struct code_cache *c)
{
    if (!c)
        return;
    for (int i = 0; i < ENTRIES; i++)
        buf_free(&c->entries[i].code);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

static struct entry *find(struct code_cache *c, const struct hash *hash)
{
    for (int i = 0; i < ENTRIES; i++) {
        if (c->entries[i].used_at && hash_eq(&c->entries[i].hash, hash))
            return &c->entries[i];
    }
    return NULL;
}

/* Takes the place of the code that nobody has used for longest; NULL when all are in use. */
static struct entry *insert(struct code_cache *c, const struct hash *hash, struct slice code)
{
    struct entry *oldest = NULL;
    for (int i = 0; i < ENTRIES; i++) {
        struct entry *e = &c->entries[i];
        if (!e->users && (!oldest || e->used_at < oldest->used_at))
            oldest = e;
    }
    if (!oldest)
        return NULL;
    buf_clear(&oldest->code);
    buf_append(&oldest->code, code);
    oldest->hash = *hash;
    return oldest;
}

static bool take(struct code_cache *c, struct entry *e, struct slice *code)
{
    if (!e)
        return false;
    e->used_at = ++c->now;
    e->users++;
    *code = buf_slice(&e->code);
    return true;
}

static bool find_hash(struct state *s, const struct account *a, struct hash *hash)
{
    *hash = a->code_hash;
    return account_has_code(a) && (!a->is_global || state_global(s, &a->global, hash));
}

bool code_cache_get(struct code_cache *c, struct state *s, const struct account_id *id, const struct account *a,
                    struct hash *hash, struct slice *code)
{
    if (!find_hash(s, a, hash))
        return false;
    pthread_mutex_lock(&c->lock);
    bool found = take(c, find(c, hash), code);
    pthread_mutex_unlock(&c->lock);
    if (found)
        return true;
    if (!(a->is_global ? state_global_code(s, hash, code) : state_code(s, id, code)))
        return false;
    pthread_mutex_lock(&c->lock);
    struct entry *e = find(c, hash);
    take(c, e ? e : insert(c, hash, *code), code); /* with no place for it, the code stays the state's */
    pthread_mutex_unlock(&c->lock);
    return true;
}

void code_cache_release(struct code_cache *c, struct slice code)
{
    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < ENTRIES; i++) {
        struct entry *e = &c->entries[i];
        if (e->users && e->code.ptr == code.ptr)
            e->users--;
    }
    pthread_mutex_unlock(&c->lock);
}

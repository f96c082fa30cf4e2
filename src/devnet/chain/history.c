/* The state as it was after an older block: the present one with later blocks' changes taken back. */
#include "devnet/chain/internal.h"

static struct err *get_before_change(struct history *h, struct slice key, struct arena *arena, struct slice *value, bool *found,
                                     bool *changed)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(h->chain->db, "SELECT value FROM undo WHERE key = ?1 AND height > ?2 ORDER BY height LIMIT 1", &s));
    db_bind_blob(s, 1, key);
    db_bind_u64(s, 2, h->height);
    TRY(db_step(s, changed));
    if (!*changed)
        return NULL;
    *found = !db_is_null(s, 0);
    if (*found)
        *value = arena_copy(arena, db_blob(s, 0));
    return NULL;
}

static struct err *get(void *self, struct slice key, struct arena *arena, struct slice *value, bool *found)
{
    struct history *h = self;
    if (h->height < h->chain->head.height) {
        bool changed = false;
        TRY(get_before_change(h, key, arena, value, found, &changed));
        if (changed)
            return NULL;
    }
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(h->chain->db, "SELECT value FROM state WHERE key = ?1", &s));
    db_bind_blob(s, 1, key);
    TRY(db_step(s, found));
    if (*found)
        *value = arena_copy(arena, db_blob(s, 0));
    return NULL;
}

/* Keys that exist now or existed before a later change; `get` tells which of them existed then. Every prefix starts with a column's
 * byte, so that there is always a next one of the same length. */
static struct err *scan(void *self, struct slice prefix, struct arena *arena, struct slice **keys, size_t *count)
{
    struct history *h = self;
    AUTO(db_stmt) struct db_stmt *s = NULL;
    uint8_t *end = arena_alloc(arena, prefix.len);
    __builtin_memcpy(end, prefix.ptr, prefix.len);
    size_t end_len = prefix.len;
    while (++end[end_len - 1] == 0)
        end_len--;
    TRY(db_prepare(h->chain->db,
                   "SELECT key FROM state WHERE key >= ?1 AND key < ?2 UNION"
                   " SELECT key FROM undo WHERE key >= ?1 AND key < ?2 AND height > ?3 ORDER BY key",
                   &s));
    db_bind_blob(s, 1, prefix);
    db_bind_blob(s, 2, slice_from(end, end_len));
    db_bind_u64(s, 3, h->height);
    *keys = NULL;
    *count = 0;
    for (;;) {
        bool row = false;
        TRY(db_step(s, &row));
        if (!row)
            return NULL;
        *keys = runtime_grow(arena, *keys, *count, sizeof **keys);
        (*keys)[(*count)++] = arena_copy(arena, db_blob(s, 0));
    }
}

void history_open(struct history *h, struct chain *c, uint64_t height)
{
    *h = (struct history){.chain = c, .height = height, .store = {.self = h, .get = get, .scan = scan}};
}

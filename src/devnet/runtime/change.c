#include "devnet/runtime/change.h"
#include "codec/borsh.h"
#include "devnet/runtime/runtime.h"
#include <stdlib.h>

void change_log_because(struct change_log *log, enum change_cause cause, const struct hash *by)
{
    log->started = log->count;
    log->cause = cause;
    log->by = by ? *by : (struct hash){0};
}

void change_log_add(struct change_log *log, struct arena *arena, struct slice key, struct slice value, bool present)
{
    if (!state_key_is_public(key))
        return;
    for (size_t i = log->started; i < log->count; i++) {
        if (slice_eq(log->items[i].key, key)) {
            log->items[i].value = value;
            log->items[i].present = present;
            return;
        }
    }
    log->items = runtime_grow(arena, log->items, log->count, sizeof *log->items);
    log->items[log->count++] = (struct change){log->cause, log->by, key, value, present};
}

void changes_write(struct buf *out, const struct change_log *log)
{
    borsh_write_u32(out, (uint32_t)log->count);
    for (size_t i = 0; i < log->count; i++) {
        const struct change *c = &log->items[i];
        borsh_write_u8(out, (uint8_t)c->cause);
        buf_append(out, hash_slice(&c->by));
        borsh_write_string(out, c->key);
        borsh_write_u8(out, c->present);
        borsh_write_string(out, c->present ? c->value : (struct slice){0});
    }
}

static void read_change(struct borsh_reader *r, struct change *out)
{
    uint8_t cause = borsh_read_u8(r);
    struct slice by = borsh_read_bytes(r, HASH_LEN);
    out->key = borsh_read_string(r);
    out->present = borsh_read_bool(r);
    out->value = borsh_read_string(r);
    r->failed |= cause >= CAUSE_COUNT;
    if (r->failed)
        return;
    out->cause = (enum change_cause)cause;
    __builtin_memcpy(out->by.bytes, by.ptr, HASH_LEN);
}

/* They are of one array, so of equal keys the lower address was made first. */
static int by_key(const void *a, const void *b)
{
    const struct change *x = *(const struct change *const *)a, *y = *(const struct change *const *)b;
    int order = slice_cmp(x->key, y->key);
    return order ? order : (x > y) - (x < y);
}

static struct change *sorted(struct arena *arena, const struct change *list, size_t count)
{
    const struct change **order = ARENA_ARRAY(arena, const struct change *, count);
    struct change *out = ARENA_ARRAY(arena, struct change, count);
    for (size_t i = 0; i < count; i++)
        order[i] = &list[i];
    if (count)
        qsort(order, count, sizeof *order, by_key);
    for (size_t i = 0; i < count; i++)
        out[i] = *order[i];
    return out;
}

struct err *changes_read(struct slice bytes, struct arena *arena, struct change **out, size_t *count)
{
    struct borsh_reader r = borsh_reader_of(bytes);
    *count = borsh_read_count(&r, 1 + HASH_LEN + 4 + 1 + 4);
    struct change *list = ARENA_ARRAY(arena, struct change, *count);
    for (size_t i = 0; i < *count && !r.failed; i++)
        read_change(&r, &list[i]);
    if (!borsh_done(&r))
        return err_new(ERR_BUG, "stored state changes of %zu bytes do not decode", bytes.len);
    *out = sorted(arena, list, *count);
    return NULL;
}

/* Memory that a caller hands in, given out from its start. Freestanding. */
#pragma once
#include "base/slice.h"

struct room {
    uint8_t *at;
    size_t left; /* bytes */
};

/* `len` bytes, or NULL when that much is not left. */
static inline uint8_t *room_take(struct room *r, size_t len)
{
    uint8_t *at = r->at;
    if (r->left < len)
        return NULL;
    r->at += len;
    r->left -= len;
    return at;
}

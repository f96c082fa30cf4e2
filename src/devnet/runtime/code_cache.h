/* Contracts by code hash, so that a call does not read megabytes from the store. Bytes under a hash never change. */
#pragma once
#include "devnet/runtime/state.h"

struct code_cache;

struct code_cache *code_cache_new(void);
void code_cache_free(struct code_cache *c);

/* The code of `id`, whose hash is `hash`. The bytes live until the next call. False when the state has none. */
bool code_cache_get(struct code_cache *c, struct state *s, const struct account_id *id, const struct hash *hash,
                    struct slice *code);

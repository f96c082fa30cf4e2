/* Contracts by code hash, so that a call does not read megabytes from the store. Bytes under a hash never change. Every function may
 * be called from any thread. */
#pragma once
#include "devnet/runtime/state.h"

struct code_cache;

struct code_cache *code_cache_new(void);
void code_cache_free(struct code_cache *c);

/* The code that `id`, whose account is `a`, runs: its own or a global one. False when the state has none; otherwise the bytes live as long
 * as `s` does and until they are released. */
bool code_cache_get(struct code_cache *c, struct state *s, const struct account_id *id, const struct account *a,
                    struct hash *hash, struct slice *code);

void code_cache_release(struct code_cache *c, struct slice code);

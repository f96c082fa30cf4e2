/* A few threads for work that would block a loop: first come, first served, with a bound on what waits.
 *
 *     any thread ── pool_take ──▶ queue ──▶ one of the threads: work(item)
 *
 * All signals are blocked in the threads. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct pool;

struct pool_config {
    size_t threads;
    size_t queue_max; /* items that wait; more are refused */
    size_t stack_len; /* bytes, 0: the system's own */
    void (*work)(void *item);
    void (*give_up)(void *item); /* an item that still waits when the pool stops */
};

/* Aborts when the system gives no threads. */
struct pool *pool_start(const struct pool_config *config);

/* False: too many wait, and the item stays the caller's. */
bool pool_take(struct pool *p, void *item);

/* Once nothing new can come: lets what runs end, gives up what waits. NULL is fine. */
void pool_stop(struct pool *p);

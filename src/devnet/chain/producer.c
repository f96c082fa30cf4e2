/* The producer's thread, and who is told of blocks. */
#include "base/log.h"
#include "base/mem.h"
#include "devnet/chain/internal.h"
#include <time.h>

uint64_t chain_now_ns(void)
{
    return clock_monotonic_ns(&clock_system);
}

bool chain_has_work_locked(const struct chain *c)
{
    return c->pool_count || c->queued;
}

bool chain_has_work(struct chain *c)
{
    chain_lock(c);
    bool work = chain_has_work_locked(c);
    chain_unlock(c);
    return work;
}

/* ---- Waiters ---- */

void chain_wait(struct chain *c, const struct hash *tx_hash, enum chain_level level, uint64_t timeout_ms, chain_wait_fn *fn,
                void *user, uint64_t *wait_id)
{
    struct waiter *w = mem_alloc(sizeof *w);
    chain_lock(c);
    *w = (struct waiter){
        .id = ++c->last_wait_id,
        .tx_hash = *tx_hash,
        .level = level,
        .deadline_ns = chain_now_ns() + timeout_ms * NS_PER_MS,
        .check = true,
        .fn = fn,
        .user = user,
        .next = c->waiters,
    };
    c->waiters = w;
    c->check_waiters = true;
    *wait_id = w->id;
    pthread_cond_signal(&c->wake);
    chain_unlock(c);
}

void chain_wait_cancel(struct chain *c, uint64_t wait_id)
{
    pthread_mutex_lock(&c->calls);
    chain_lock(c);
    for (struct waiter **at = &c->waiters; *at; at = &(*at)->next) {
        if ((*at)->id == wait_id) {
            struct waiter *gone = *at;
            *at = gone->next;
            mem_free(gone);
            break;
        }
    }
    chain_unlock(c);
    pthread_mutex_unlock(&c->calls);
}

void chain_on_block(struct chain *c, chain_block_fn *fn, void *user)
{
    pthread_mutex_lock(&c->calls);
    chain_lock(c);
    c->on_block = fn;
    c->on_block_user = user;
    chain_unlock(c);
    pthread_mutex_unlock(&c->calls);
}

static bool has_reached(struct chain *c, const struct waiter *w)
{
    enum chain_level level = CHAIN_LEVEL_NONE;
    struct err *e = chain_level_locked(c, &w->tx_hash, &level);
    if (!e)
        return chain_level_satisfies(level, w->level);
    log_error("cannot tell how far a transaction is", LOG_ERR(e));
    err_free(e);
    return false;
}

static bool is_over(struct chain *c, struct waiter *w, uint64_t now, bool *reached)
{
    *reached = w->check && has_reached(c, w);
    w->check = false;
    return *reached || now >= w->deadline_ns;
}

/* Takes one waiter that is over out of the list. NULL: all others go on waiting. */
static struct waiter *next_over(struct chain *c, uint64_t now, bool *reached)
{
    for (struct waiter **at = &c->waiters; *at; at = &(*at)->next) {
        if (is_over(c, *at, now, reached)) {
            struct waiter *w = *at;
            *at = w->next;
            return w;
        }
    }
    return NULL;
}

void chain_call_back(struct chain *c, bool made)
{
    pthread_mutex_lock(&c->calls);
    chain_lock(c);
    if (made && c->on_block) {
        uint64_t height = c->head.height;
        chain_unlock(c);
        c->on_block(c->on_block_user, height);
        chain_lock(c);
    }
    c->check_waiters = false;
    uint64_t now = chain_now_ns();
    bool reached = false;
    for (struct waiter *w; (w = next_over(c, now, &reached)) != NULL;) {
        chain_unlock(c);
        w->fn(w->user, reached);
        mem_free(w);
        chain_lock(c);
    }
    chain_unlock(c);
    pthread_mutex_unlock(&c->calls);
}

/* ---- The thread ---- */

static uint64_t next_deadline(const struct chain *c, uint64_t tick_at)
{
    for (const struct waiter *w = c->waiters; w; w = w->next)
        tick_at = w->deadline_ns < tick_at ? w->deadline_ns : tick_at;
    return tick_at;
}

static void sleep_until(struct chain *c, uint64_t deadline_ns)
{
    struct timespec at = {.tv_sec = (time_t)(deadline_ns / NS_PER_SEC), .tv_nsec = (long)(deadline_ns % NS_PER_SEC)};
    pthread_cond_timedwait(&c->wake, &c->lock, &at);
}

/* Sleeps until there is something to do. False: it is time to end. */
static bool sleep_for_work(struct chain *c, uint64_t tick_at, bool ignore_work, bool *make)
{
    for (;;) {
        uint64_t now = chain_now_ns(), deadline = next_deadline(c, tick_at);
        *make = now >= tick_at || (chain_has_work_locked(c) && !ignore_work);
        if (c->stopping)
            return false;
        if (*make || c->check_waiters || now >= deadline)
            return true;
        sleep_until(c, deadline);
    }
}

void *chain_produce(void *chain)
{
    struct chain *c = chain;
    bool failed = false; /* the last block could not be made: try again at the next tick, not at once */
    uint64_t tick_at = chain_now_ns() + c->tick_ms * NS_PER_MS;
    for (;;) {
        bool make = false;
        struct err *e = NULL;
        chain_lock(c);
        bool go_on = sleep_for_work(c, tick_at, failed, &make);
        if (go_on && make) {
            e = chain_make_block_locked(c, 0, NULL, 0);
            failed = e != NULL;
            tick_at = chain_now_ns() + c->tick_ms * NS_PER_MS;
        }
        chain_unlock(c);
        if (!go_on)
            return NULL;
        if (e)
            log_error("cannot make a block", LOG_ERR(e));
        err_free(e);
        chain_call_back(c, make && !failed);
    }
}

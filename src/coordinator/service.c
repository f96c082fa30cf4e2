/* Transactions, waiting polls, and the thread of the clock. */
#include "coordinator/service.h"
#include "base/log.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

enum { REPAIR_EVERY_MS = 60 * 1000 };

struct waiter {
    struct waiter *next;
    struct http_exchange *exchange;
    unsigned capabilities;
    char token_hash[HASH_HEX_MAX];
    uint64_t deadline_ns; /* monotonic */
    struct buf item;      /* leased in the present transaction */
};

static uint64_t now_ns(void)
{
    return clock_monotonic_ns(&clock_system);
}

/* Takes a waiter off the list and answers it. */
static void answer_waiter(struct coordinator *c, struct waiter **link, int status)
{
    struct waiter *w = *link;
    *link = w->next;
    if (!w->next)
        c->waiters_tail = link;
    c->polls_waiting--;
    api_reply(c, w->exchange, status, buf_slice(&w->item));
    buf_free(&w->item);
    mem_free(w);
}

static void drop_gone_waiters(struct coordinator *c)
{
    struct waiter **link = &c->waiters;
    while (*link) {
        if (http_peer_is_gone((*link)->exchange))
            answer_waiter(c, link, 204);
        else
            link = &(*link)->next;
    }
}

/* Leases what is due, oldest waiter first. Once nothing was found for one set of capabilities, no subset of it needs to ask. */
static struct err *lease_to_waiters(struct coordinator *c)
{
    unsigned exhausted = 0;
    for (struct waiter *w = c->waiters; w && exhausted != (CAN_COMPILE | CAN_EXECUTE); w = w->next) {
        bool found = false;
        if (!(w->capabilities & ~exhausted))
            continue;
        TRY(machine_poll(&c->machine, w->capabilities, w->token_hash, &w->item, &found));
        if (!found)
            exhausted |= w->capabilities;
    }
    return NULL;
}

static void answer_leased(struct coordinator *c, bool committed)
{
    struct waiter **link = &c->waiters;
    while (*link) {
        if (!committed)
            buf_clear(&(*link)->item);
        if ((*link)->item.len)
            answer_waiter(c, link, 200);
        else
            link = &(*link)->next;
    }
}

static struct err *transact_locked(struct coordinator *c, coordinator_work *work, void *arg)
{
    drop_gone_waiters(c);
    TRY(db_begin(c->db));
    struct err *e = work(c, arg);
    if (!e)
        e = lease_to_waiters(c);
    if (e)
        db_rollback(c->db);
    else
        e = db_commit(c->db);
    answer_leased(c, !e);
    return e;
}

struct err *coordinator_transact(struct coordinator *c, coordinator_work *work, void *arg)
{
    pthread_mutex_lock(&c->lock);
    struct err *e = transact_locked(c, work, arg);
    pthread_mutex_unlock(&c->lock);
    return e;
}

static struct err *no_work(struct coordinator *c, void *arg)
{
    (void)c, (void)arg;
    return NULL;
}

struct err *coordinator_wait(struct coordinator *c, struct http_exchange *x, unsigned capabilities, const char *token_hash,
                             uint64_t timeout_ms)
{
    pthread_mutex_lock(&c->lock);
    if (c->stopping) {
        pthread_mutex_unlock(&c->lock);
        return err_new(ERR_UNAVAILABLE, "the service is stopping; try again");
    }
    struct waiter *w = mem_calloc(1, sizeof *w);
    *w = (struct waiter){.exchange = x, .capabilities = capabilities, .deadline_ns = now_ns() + timeout_ms * NS_PER_MS};
    memcpy(w->token_hash, token_hash, strlen(token_hash));
    *c->waiters_tail = w;
    c->waiters_tail = &w->next;
    c->polls_waiting++;
    struct err *e = transact_locked(c, no_work, NULL);
    if (e) /* the waiter stays; the sweeper or the next transaction serves it */
        log_error("cannot look into the queue", LOG_ERR(e));
    err_free(e);
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* The thread of the clock. */

static struct err *sweep_one(struct coordinator *c, void *arg)
{
    return machine_sweep(&c->machine, arg);
}

static struct err *repair(struct coordinator *c, void *arg)
{
    uint64_t repaired = 0;
    (void)arg;
    TRY(worker_locks_expire(c->db, machine_now_ms(&c->machine)));
    TRY(machine_repair(&c->machine, &repaired));
    if (repaired)
        log_error("queue items were missing or too many; repaired", LOG_U64("count", repaired));
    return NULL;
}

static bool run_logged(struct coordinator *c, coordinator_work *work, void *arg)
{
    AUTO(err) struct err *e = transact_locked(c, work, arg);
    if (e)
        log_error("background work failed; it will be tried again", LOG_ERR(e));
    return !e;
}

/* Ends every lease that has run out, and lets others take the lock between two of them. */
static void sweep_all(struct coordinator *c)
{
    bool more = true;
    while (more && !c->stopping) {
        more = run_logged(c, sweep_one, &more) && more;
        pthread_mutex_unlock(&c->lock);
        pthread_mutex_lock(&c->lock);
    }
}

static uint64_t expire_waiters(struct coordinator *c, uint64_t next_ns)
{
    struct waiter **link = &c->waiters;
    uint64_t now = now_ns();
    while (*link) {
        if (c->stopping || (*link)->deadline_ns <= now) {
            answer_waiter(c, link, 204);
            continue;
        }
        if ((*link)->deadline_ns < next_ns)
            next_ns = (*link)->deadline_ns;
        link = &(*link)->next;
    }
    return next_ns;
}

static void *run_sweeper(void *arg)
{
    struct coordinator *c = arg;
    uint64_t interval_ns = c->settings->sweep_interval_ms * NS_PER_MS, sweep_ns = now_ns();
    uint64_t repair_ns = now_ns() + REPAIR_EVERY_MS * NS_PER_MS;
    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        if (sweep_ns <= now_ns()) {
            sweep_all(c);
            run_logged(c, api_tee_recheck, NULL);
            sweep_ns = now_ns() + interval_ns;
        }
        if (repair_ns <= now_ns()) {
            run_logged(c, repair, NULL);
            repair_ns = now_ns() + REPAIR_EVERY_MS * NS_PER_MS;
        }
        uint64_t next_ns = expire_waiters(c, sweep_ns);
        struct timespec until = {.tv_sec = (time_t)(next_ns / NS_PER_SEC), .tv_nsec = (long)(next_ns % NS_PER_SEC)};
        if (!c->stopping)
            pthread_cond_timedwait(&c->wake, &c->lock, &until);
    }
    expire_waiters(c, 0);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

void coordinator_sweep_start(struct coordinator *c)
{
    if (pthread_create(&c->sweeper, NULL, run_sweeper, c)) {
        log_error("cannot start the thread of the clock");
        abort();
    }
    c->sweeping = true;
}

void coordinator_sweep_stop(struct coordinator *c)
{
    if (!c->sweeping)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->sweeper, NULL);
    c->sweeping = false;
}

#include "devnet/rpc/waits.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct waiting {
    struct waiting *prev, *next; /* in waits->held */
    struct waiting *next_ready;
    struct rpc_waits *waits;
    struct rpc_request *request; /* of a transaction; NULL: a block is waited for */
    struct hash tx_hash;
    uint64_t wait_id; /* the chain's */
    bool with_receipts, reached;
    struct http_exchange *exchange; /* of a block */
    uint64_t height, deadline_ns;
};

struct rpc_waits {
    struct rpc_server *server;
    pthread_t thread;
    pthread_mutex_t mutex; /* taken inside none of the chain's locks, and may be held when they are taken */
    pthread_cond_t changed;
    struct waiting *held, *ready;
    uint64_t head; /* height of the newest block heard of */
    bool stopping;
};

static uint64_t now_ns(void)
{
    return clock_monotonic_ns(&clock_system);
}

static void hold(struct rpc_waits *w, struct waiting *item)
{
    item->next = w->held;
    if (w->held)
        w->held->prev = item;
    w->held = item;
}

static void make_ready(struct rpc_waits *w, struct waiting *item)
{
    if (item->prev)
        item->prev->next = item->next;
    else
        w->held = item->next;
    if (item->next)
        item->next->prev = item->prev;
    item->next_ready = w->ready;
    w->ready = item;
}

/* Moves the blocks that are there, or whose time is up, to `ready`; gives the next deadline. */
static uint64_t sort_blocks(struct rpc_waits *w)
{
    uint64_t now = now_ns(), next_ns = UINT64_MAX;
    for (struct waiting *item = w->held, *next; item; item = next) {
        next = item->next;
        if (item->request)
            continue;
        if (item->height <= w->head || item->deadline_ns <= now)
            make_ready(w, item);
        else if (item->deadline_ns < next_ns)
            next_ns = item->deadline_ns;
    }
    return next_ns;
}

static void sleep_until(struct rpc_waits *w, uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        pthread_cond_wait(&w->changed, &w->mutex);
        return;
    }
    struct timespec until = {(time_t)(deadline_ns / NS_PER_SEC), (long)(deadline_ns % NS_PER_SEC)};
    pthread_cond_timedwait(&w->changed, &w->mutex, &until);
}

static void answer(struct waiting *item)
{
    if (item->request) {
        rpc_tx_answer(item->request, &item->tx_hash, item->reached, item->with_receipts);
        rpc_request_finish(item->request);
    } else {
        rpc_stream_answer(item->waits->server, item->exchange, item->height);
    }
    mem_free(item);
}

static void *run(void *arg)
{
    struct rpc_waits *w = arg;
    pthread_mutex_lock(&w->mutex);
    while (!w->stopping) {
        uint64_t next_ns = sort_blocks(w);
        struct waiting *ready = w->ready;
        w->ready = NULL;
        if (!ready) {
            sleep_until(w, next_ns);
            continue;
        }
        pthread_mutex_unlock(&w->mutex);
        for (struct waiting *next; ready; ready = next) {
            next = ready->next_ready;
            answer(ready);
        }
        pthread_mutex_lock(&w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

static void on_block(void *user, uint64_t height)
{
    struct rpc_waits *w = user;
    pthread_mutex_lock(&w->mutex);
    w->head = height;
    if (w->held)
        pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->mutex);
}

static void on_level(void *user, bool reached)
{
    struct waiting *item = user;
    struct rpc_waits *w = item->waits;
    pthread_mutex_lock(&w->mutex);
    item->reached = reached;
    make_ready(w, item);
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->mutex);
}

struct rpc_waits *rpc_waits_start(struct rpc_server *s)
{
    struct rpc_waits *w = mem_calloc(1, sizeof *w);
    struct chain_block head = {0};
    pthread_condattr_t monotonic;
    sigset_t all, before;
    w->server = s;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    chain_on_block(s->chain, on_block, w);
    AUTO(err) struct err *e = chain_head(s->chain, &head);
    pthread_mutex_lock(&w->mutex);
    w->head = e || head.height < w->head ? w->head : head.height;
    pthread_mutex_unlock(&w->mutex);

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&w->thread, NULL, run, w)) {
        log_error("cannot start the thread that answers waiting requests");
        abort();
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w;
}

/* The chain's number of some wait that it may still call back for, each once; 0: none is left. */
static uint64_t next_to_cancel(struct rpc_waits *w)
{
    uint64_t wait_id = 0;
    pthread_mutex_lock(&w->mutex);
    for (struct waiting *item = w->held; item && !wait_id; item = item->next) {
        wait_id = item->wait_id;
        item->wait_id = 0;
    }
    pthread_mutex_unlock(&w->mutex);
    return wait_id;
}

/* The peer has had its 503 from the HTTP server: what is said here only gives the exchange back. */
static void drop(struct waiting *item)
{
    if (item->request) {
        rpc_fault(item->request, "TIMEOUT_ERROR", NULL, "the service is stopping");
        rpc_request_finish(item->request);
    } else {
        http_reply(item->exchange, 503, NULL, SLICE("{\"error\":\"the service is stopping\"}"));
    }
    mem_free(item);
}

void rpc_waits_stop(struct rpc_waits *w)
{
    if (!w)
        return;
    chain_on_block(w->server->chain, NULL, NULL);
    pthread_mutex_lock(&w->mutex);
    w->stopping = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    for (uint64_t wait_id; (wait_id = next_to_cancel(w));)
        chain_wait_cancel(w->server->chain, wait_id);
    while (w->held)
        make_ready(w, w->held);
    for (struct waiting *item = w->ready, *next; item; item = next) {
        next = item->next_ready;
        drop(item);
    }
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->mutex);
    mem_free(w);
}

void rpc_wait_tx(struct rpc_request *r, const struct hash *tx_hash, enum chain_level level, bool with_receipts)
{
    struct rpc_waits *w = r->server->waits;
    struct waiting *item = mem_calloc(1, sizeof *item);
    *item = (struct waiting){.waits = w, .request = r, .tx_hash = *tx_hash, .with_receipts = with_receipts};
    *r->later = true;
    /* locked until the item is whole: the callback may come before chain_wait returns */
    pthread_mutex_lock(&w->mutex);
    hold(w, item);
    chain_wait(r->chain, &item->tx_hash, level, r->server->config.wait_ms, on_level, item, &item->wait_id);
    pthread_mutex_unlock(&w->mutex);
}

void rpc_wait_block(struct rpc_server *s, struct http_exchange *x, uint64_t height, uint64_t wait_ms)
{
    struct rpc_waits *w = s->waits;
    struct waiting *item = mem_calloc(1, sizeof *item);
    *item = (struct waiting){.waits = w, .exchange = x, .height = height, .deadline_ns = now_ns() + wait_ms * NS_PER_MS};
    pthread_mutex_lock(&w->mutex);
    hold(w, item);
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->mutex);
}

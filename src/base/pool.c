#include "base/pool.h"
#include "base/log.h"
#include "base/mem.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct entry {
    struct entry *next;
    void *item;
};

struct pool {
    struct pool_config config;
    pthread_t *threads;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct entry *first, **last; /* what waits */
    size_t waiting;
    bool stopping;
};

static void *take_first(struct pool *p)
{
    struct entry *entry = p->first;
    void *item = entry->item;
    p->first = entry->next;
    if (!p->first)
        p->last = &p->first;
    p->waiting--;
    mem_free(entry);
    return item;
}

static void *run(void *arg)
{
    struct pool *p = arg;
    pthread_mutex_lock(&p->mutex);
    while (!p->stopping) {
        if (!p->first) {
            pthread_cond_wait(&p->changed, &p->mutex);
            continue;
        }
        void *item = take_first(p);
        pthread_mutex_unlock(&p->mutex);
        p->config.work(item);
        pthread_mutex_lock(&p->mutex);
    }
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

static void start_threads(struct pool *p)
{
    pthread_attr_t attr;
    sigset_t all, before;
    pthread_attr_init(&attr);
    if (p->config.stack_len)
        pthread_attr_setstacksize(&attr, p->config.stack_len);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < p->config.threads; i++) {
        if (pthread_create(&p->threads[i], &attr, run, p)) {
            log_error("cannot start a pool's threads");
            abort();
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
}

struct pool *pool_start(const struct pool_config *config)
{
    struct pool *p = mem_calloc(1, sizeof *p);
    p->config = *config;
    p->threads = mem_calloc(config->threads, sizeof *p->threads);
    p->last = &p->first;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->changed, NULL);
    start_threads(p);
    return p;
}

bool pool_take(struct pool *p, void *item)
{
    struct entry *entry = mem_calloc(1, sizeof *entry);
    entry->item = item;
    pthread_mutex_lock(&p->mutex);
    bool taken = p->waiting < p->config.queue_max && !p->stopping;
    if (taken) {
        *p->last = entry;
        p->last = &entry->next;
        p->waiting++;
        pthread_cond_signal(&p->changed);
    }
    pthread_mutex_unlock(&p->mutex);
    if (!taken)
        mem_free(entry);
    return taken;
}

void pool_stop(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->mutex);
    p->stopping = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    for (size_t i = 0; i < p->config.threads; i++)
        pthread_join(p->threads[i], NULL);
    while (p->first)
        p->config.give_up(take_first(p));
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
    mem_free(p->threads);
    mem_free(p);
}

#include "devnet/rpc/pool.h"
#include "base/log.h"
#include "base/mem.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* A contract runs on its caller's stack when that is large enough (devnet/vm/stack.h). */
enum { STACK_LEN = 9 << 20 };

struct job {
    struct job *next;
    struct rpc_request *request;
    rpc_method *method;
};

struct rpc_pool {
    pthread_t threads[POOL_THREADS];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct job *first, **last; /* what waits */
    size_t waiting;
    bool stopping;
};

static struct job *take_first(struct rpc_pool *p)
{
    struct job *job = p->first;
    p->first = job->next;
    if (!p->first)
        p->last = &p->first;
    p->waiting--;
    return job;
}

static void *run(void *arg)
{
    struct rpc_pool *p = arg;
    pthread_mutex_lock(&p->mutex);
    while (!p->stopping) {
        if (!p->first) {
            pthread_cond_wait(&p->changed, &p->mutex);
            continue;
        }
        struct job *job = take_first(p);
        pthread_mutex_unlock(&p->mutex);
        job->method(job->request);
        rpc_request_finish(job->request);
        mem_free(job);
        pthread_mutex_lock(&p->mutex);
    }
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

struct rpc_pool *rpc_pool_start(void)
{
    struct rpc_pool *p = mem_calloc(1, sizeof *p);
    pthread_attr_t attr;
    sigset_t all, before;
    p->last = &p->first;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->changed, NULL);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_LEN);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < POOL_THREADS; i++) {
        if (pthread_create(&p->threads[i], &attr, run, p)) {
            log_error("cannot start the threads that run view calls");
            abort();
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return p;
}

void rpc_pool_stop(struct rpc_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->mutex);
    p->stopping = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    for (size_t i = 0; i < POOL_THREADS; i++)
        pthread_join(p->threads[i], NULL);
    while (p->first) {
        struct job *job = take_first(p);
        rpc_internal(job->request, err_new(ERR_UNAVAILABLE, "the service is stopping"));
        rpc_request_finish(job->request);
        mem_free(job);
    }
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
    mem_free(p);
}

bool rpc_pool_take(struct rpc_request *r, rpc_method *method)
{
    struct rpc_pool *p = r->server->pool;
    struct job *job = mem_calloc(1, sizeof *job);
    *job = (struct job){.request = r, .method = method};
    pthread_mutex_lock(&p->mutex);
    bool full = p->waiting == POOL_QUEUE_MAX;
    if (!full) {
        *r->later = true;
        *p->last = job;
        p->last = &job->next;
        p->waiting++;
        pthread_cond_signal(&p->changed);
    }
    pthread_mutex_unlock(&p->mutex);
    if (!full)
        return true;
    mem_free(job);
    return rpc_internal(r, err_new(ERR_UNAVAILABLE, "%d view calls wait already; try again", POOL_QUEUE_MAX));
}

#include "worker/stop.h"
#include "base/clock.h"
#include <time.h>

void stop_init(struct stop *s)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    s->wanted = false;
}

void stop_want(struct stop *s)
{
    pthread_mutex_lock(&s->lock);
    s->wanted = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

bool stop_wanted(struct stop *s)
{
    return stop_rest(s, 0);
}

bool stop_rest(struct stop *s, uint64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + ms % 1000 * NS_PER_MS;
    until.tv_sec += (time_t)(ms / 1000 + ns / NS_PER_SEC);
    until.tv_nsec = (long)(ns % NS_PER_SEC);
    pthread_mutex_lock(&s->lock);
    while (ms && !s->wanted && pthread_cond_timedwait(&s->changed, &s->lock, &until) == 0)
        ;
    bool wanted = s->wanted;
    pthread_mutex_unlock(&s->lock);
    return wanted;
}

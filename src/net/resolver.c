#include "net/resolver.h"
#include "base/clock.h"
#include "base/mem.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* Lookups under way in this process, the left-behind ones too. */
enum { LOOKUPS_MAX = 64 };

static atomic_uint under_way;

/* Held by who asked and by the thread that looks it up; the last one frees it. */
struct lookup {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    unsigned holders;
    bool done;
    char host[256];
    int fault;
    struct net_address found[RESOLVER_ADDRESSES_MAX];
    size_t count; /* one more than there is room for: there are more */
};

static struct lookup *lookup_new(const char *host)
{
    struct lookup *l = mem_calloc(1, sizeof *l);
    pthread_condattr_t attributes;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&l->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    l->holders = 2;
    memcpy(l->host, host, strnlen(host, sizeof l->host - 1));
    return l;
}

/* With the mutex held. */
static void let_go(struct lookup *l)
{
    bool last = --l->holders == 0;
    pthread_mutex_unlock(&l->mutex);
    if (!last)
        return;
    pthread_cond_destroy(&l->answered);
    pthread_mutex_destroy(&l->mutex);
    mem_free(l);
}

static void take_address(struct lookup *l, const struct addrinfo *a)
{
    struct net_address address = {.family = a->ai_family};
    if (a->ai_family == AF_INET)
        memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr, 4);
    else if (a->ai_family == AF_INET6)
        memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr, 16);
    for (size_t i = 0; i < l->count && i < RESOLVER_ADDRESSES_MAX; i++) {
        if (net_address_eq(&l->found[i], &address))
            return;
    }
    if (l->count < RESOLVER_ADDRESSES_MAX)
        l->found[l->count] = address;
    if (l->count <= RESOLVER_ADDRESSES_MAX)
        l->count++;
}

static void *look_up(void *arg)
{
    struct lookup *l = arg;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int fault = getaddrinfo(l->host, NULL, &hints, &found);
    pthread_mutex_lock(&l->mutex);
    l->fault = fault;
    for (const struct addrinfo *a = found; a; a = a->ai_next)
        take_address(l, a);
    l->done = true;
    pthread_cond_signal(&l->answered);
    let_go(l);
    if (found)
        freeaddrinfo(found);
    atomic_fetch_sub(&under_way, 1);
    return NULL;
}

static bool start(struct lookup *l)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool started = atomic_fetch_add(&under_way, 1) < LOOKUPS_MAX && pthread_create(&thread, &attributes, look_up, l) == 0;
    pthread_attr_destroy(&attributes);
    if (!started)
        atomic_fetch_sub(&under_way, 1);
    return started;
}

static struct err *result(const struct lookup *l, struct net_address *out, size_t *count)
{
    if (!l->done)
        return err_new(ERR_UNAVAILABLE, "no answer in time");
    if (l->fault)
        return err_new(ERR_UNAVAILABLE, "%s", gai_strerror(l->fault));
    if (l->count == 0)
        return err_new(ERR_UNAVAILABLE, "no addresses");
    if (l->count > RESOLVER_ADDRESSES_MAX)
        return err_new(ERR_LIMIT, "more than %d addresses", RESOLVER_ADDRESSES_MAX);
    memcpy(out, l->found, l->count * sizeof *out);
    *count = l->count;
    return NULL;
}

static struct err *lookup_system(void *self, const char *host, uint64_t deadline_ns, struct net_address *out, size_t *count)
{
    (void)self;
    struct lookup *l = lookup_new(host);
    const struct timespec until = {.tv_sec = (time_t)(deadline_ns / NS_PER_SEC), .tv_nsec = (long)(deadline_ns % NS_PER_SEC)};
    if (!start(l)) {
        l->holders = 1;
        pthread_mutex_lock(&l->mutex);
        let_go(l);
        return err_new(ERR_UNAVAILABLE, "too many lookups at a time");
    }
    pthread_mutex_lock(&l->mutex);
    while (!l->done && pthread_cond_timedwait(&l->answered, &l->mutex, &until) != ETIMEDOUT)
        ;
    struct err *e = result(l, out, count);
    let_go(l);
    return e;
}

const struct resolver resolver_system = {.lookup = lookup_system};

#include "devnet/vm/stack.h"
#include <pthread.h>
#include <stdint.h>

enum { HOST_STACK_LEN = 1 << 20 };

/* The lowest address of this thread's stack; asked once a thread, because the answer takes a while for the first one. */
static uintptr_t stack_bottom(void)
{
    static _Thread_local uintptr_t bottom;
    pthread_attr_t attr;
    if (bottom)
        return bottom;
    bottom = UINTPTR_MAX; /* unknown: no room */
    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return bottom;
    void *address;
    size_t len;
    if (pthread_attr_getstack(&attr, &address, &len) == 0)
        bottom = (uintptr_t)address;
    pthread_attr_destroy(&attr);
    return bottom;
}

static bool has_room(size_t len)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), bottom = stack_bottom();
    return here > bottom && here - bottom >= len;
}

struct job {
    void (*run)(void *);
    void *arg;
};

static void *run_job(void *arg)
{
    struct job *job = arg;
    job->run(job->arg);
    return NULL;
}

bool stack_run(size_t len, void (*run)(void *), void *arg)
{
    pthread_attr_t attr;
    pthread_t thread;
    struct job job = {run, arg};
    len += HOST_STACK_LEN;
    if (has_room(len)) {
        run(arg);
        return true;
    }
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, len);
    bool started = pthread_create(&thread, &attr, run_job, &job) == 0;
    if (started)
        pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    return started;
}

#include "base/clock.h"
#include <stddef.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

static uint64_t system_monotonic_ns(void *self)
{
    (void)self;
    return read_clock(CLOCK_MONOTONIC);
}

static uint64_t system_wall_ns(void *self)
{
    (void)self;
    return read_clock(CLOCK_REALTIME);
}

const struct clock clock_system = {system_monotonic_ns, system_wall_ns, NULL};

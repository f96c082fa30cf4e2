/* Time behind an interface, so that a test or the simulation can hold and move it. */
#pragma once
#include <stdint.h>

struct clock {
    uint64_t (*monotonic_ns)(void *self); /* never goes back; for durations and deadlines */
    uint64_t (*wall_ns)(void *self);      /* nanoseconds since 1970-01-01 UTC */
    void *self;
};

/* The machine's clocks. */
extern const struct clock clock_system;

static inline uint64_t clock_monotonic_ns(const struct clock *c)
{
    return c->monotonic_ns(c->self);
}

static inline uint64_t clock_wall_ns(const struct clock *c)
{
    return c->wall_ns(c->self);
}

#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_SEC UINT64_C(1000000000)

/* wasi:clocks: monotonic-clock, wall-clock */
#include "base/clock.h"
#include "engine/component/poll.h"

static bool now(struct component_call *c)
{
    c->results[0].n = p1_clock_ns(P1_CLOCK_MONOTONIC);
    return true;
}

static bool resolution(struct component_call *c)
{
    c->results[0].n = P1_CLOCK_STEP_NS;
    return true;
}

static bool subscribe_instant(struct component_call *c)
{
    return pollable_return(c, (struct pollable){.at_ns = c->args[0].n});
}

static bool subscribe_duration(struct component_call *c)
{
    uint64_t at = 0;
    if (__builtin_add_overflow(p1_clock_ns(P1_CLOCK_MONOTONIC), c->args[0].n, &at))
        at = UINT64_MAX;
    return pollable_return(c, (struct pollable){.at_ns = at});
}

static bool return_datetime(struct component_call *c, uint64_t ns)
{
    c->results[0].n = ns / NS_PER_SEC;
    c->results[1].n = ns % NS_PER_SEC;
    return true;
}

static bool wall_now(struct component_call *c)
{
    return return_datetime(c, p1_clock_ns(P1_CLOCK_WALL));
}

static bool wall_resolution(struct component_call *c)
{
    return return_datetime(c, P1_CLOCK_STEP_NS);
}

static const struct component_function_row monotonic_functions[] = {
    {"now", "() -> u64", now},
    {"resolution", "() -> u64", resolution},
    {"subscribe-instant", "(u64) -> own<pollable>", subscribe_instant},
    {"subscribe-duration", "(u64) -> own<pollable>", subscribe_duration},
    {0},
};

const struct component_interface component_monotonic_clock = {"wasi:clocks/monotonic-clock@0.2.0", NULL, NULL,
                                                              monotonic_functions};

static const struct component_type_row wall_types[] = {{"datetime", "record{seconds: u64, nanoseconds: u32}"}, {0}};

static const struct component_function_row wall_functions[] = {
    {"now", "() -> datetime", wall_now},
    {"resolution", "() -> datetime", wall_resolution},
    {0},
};

const struct component_interface component_wall_clock = {"wasi:clocks/wall-clock@0.2.0", wall_types, NULL, wall_functions};

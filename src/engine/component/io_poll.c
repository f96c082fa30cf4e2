/* wasi:io/poll */
#include "base/mem.h"
#include "engine/component/poll.h"

static void drop_pollable(void *object)
{
    struct pollable *p = object;
    if (p->drop)
        p->drop(p->self);
    mem_free(p);
}

bool pollable_return(struct component_call *c, struct pollable p)
{
    struct pollable *object = mem_alloc(sizeof *object);
    *object = p;
    return component_handle_new(c, KIND_POLLABLE, object, drop_pollable, &c->results[0]);
}

static bool is_ready(const struct pollable *p, uint64_t now)
{
    return now >= p->at_ns || (p->ready && p->ready(p->self));
}

bool pollable_wait(struct component_call *c, const struct pollable *const *pollables, size_t count)
{
    for (;;) {
        uint64_t now = p1_clock_ns(P1_CLOCK_MONOTONIC), first = UINT64_MAX;
        for (size_t i = 0; i < count; i++) {
            if (is_ready(pollables[i], now))
                return true;
            first = pollables[i]->at_ns < first ? pollables[i]->at_ns : first;
        }
        if (!component_charge(c, count))
            return false;
        p1_sleep_ns(first - now);
    }
}

static bool ready(struct component_call *c)
{
    const struct pollable *p = component_handle_get(c, KIND_POLLABLE, c->args[0].n);
    if (!p)
        return false;
    c->results[0].n = is_ready(p, p1_clock_ns(P1_CLOCK_MONOTONIC));
    return true;
}

static bool block(struct component_call *c)
{
    const struct pollable *p = component_handle_get(c, KIND_POLLABLE, c->args[0].n);
    return p && pollable_wait(c, &p, 1);
}

/* The places of those that are ready. */
static bool return_ready(struct component_call *c, const struct pollable *const *pollables, size_t count)
{
    union shim_value *places = ARENA_ARRAY(&c->guest->results, union shim_value, count);
    uint64_t now = p1_clock_ns(P1_CLOCK_MONOTONIC);
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (is_ready(pollables[i], now))
            places[found++].n = i;
    c->results[0].list = (struct shim_list){places, found};
    return true;
}

static bool poll(struct component_call *c)
{
    const union shim_value *numbers = c->args[0].list.ptr;
    size_t count = c->args[0].list.len;
    if (count == 0)
        return component_fault(c->guest, "poll of no pollables");
    if (count > COMPONENT_HANDLES_MAX)
        return component_fault(c->guest, "poll of more pollables than there can be");
    if (!component_charge(c, count))
        return false;
    const struct pollable **pollables = ARENA_ARRAY(&c->guest->results, const struct pollable *, count);
    for (size_t i = 0; i < count; i++) {
        pollables[i] = component_handle_get(c, KIND_POLLABLE, numbers[i].n);
        if (!pollables[i])
            return false;
    }
    return pollable_wait(c, pollables, count) && return_ready(c, pollables, count);
}

static const struct component_resource_row resources[] = {{"pollable", KIND_POLLABLE}, {0}};

static const struct component_function_row functions[] = {
    {"[method]pollable.ready", "(borrow<pollable>) -> bool", ready},
    {"[method]pollable.block", "(borrow<pollable>)", block},
    {"poll", "(list<borrow<pollable>>) -> list<u32>", poll},
    {0},
};

const struct component_interface component_io_poll = {"wasi:io/poll@0.2.0", NULL, resources, functions};

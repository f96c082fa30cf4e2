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

/* What the host is asked about: each exchange's event once. */
struct question {
    uint32_t pairs[HOST_HTTP_WAITS_MAX][2];
    size_t len;     /* pairs */
    size_t *places; /* for each pollable: of its pair */
};

static size_t place_in(struct question *q, const struct pollable *p)
{
    size_t at = 0;
    while (at < q->len && (q->pairs[at][0] != p->exchange || q->pairs[at][1] != (uint32_t)p->event))
        at++;
    if (at == q->len && at < HOST_HTTP_WAITS_MAX) {
        q->pairs[at][0] = (uint32_t)p->exchange;
        q->pairs[at][1] = p->event;
        q->len++;
    }
    return at;
}

/* False: the guest is stopped. */
static bool make_question(struct component_call *c, const struct pollable *const *pollables, size_t count, struct question *q)
{
    q->len = 0;
    q->places = ARENA_ARRAY(&c->guest->results, size_t, count);
    for (size_t i = 0; i < count; i++) {
        q->places[i] = pollables[i]->exchange ? place_in(q, pollables[i]) : 0;
        if (q->places[i] == HOST_HTTP_WAITS_MAX)
            return component_fault(c->guest, "a wait for more HTTP exchanges than there can be");
    }
    return true;
}

/* Marks those that are ready without asking anybody; *first is when the next will be. */
static bool look_here(const struct pollable *const *pollables, size_t count, bool *ready, uint64_t *first)
{
    uint64_t now = p1_clock_ns(P1_CLOCK_MONOTONIC);
    bool any = false;
    *first = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        ready[i] = is_ready(pollables[i], now);
        any |= ready[i];
        *first = pollables[i]->at_ns < *first ? pollables[i]->at_ns : *first;
    }
    return any;
}

/* What is left until a time, in milliseconds and rounded up, as the host waits. */
static uint64_t ms_until(uint64_t at_ns)
{
    enum { NS_A_MS = 1000000 };
    uint64_t now = p1_clock_ns(P1_CLOCK_MONOTONIC);
    if (at_ns == UINT64_MAX)
        return UINT64_MAX;
    return at_ns > now ? (at_ns - now + NS_A_MS - 1) / NS_A_MS : 0;
}

/* Marks the exchanges that are ready, after waiting for one until `until_ns`. *any: at least one is. False: the guest is stopped. */
static bool ask_host(struct component_call *c, const struct pollable *const *pollables, size_t count, const struct question *q,
                     uint64_t until_ns, bool *ready, bool *any)
{
    const struct host_value args[] = {{.bytes = slice_from(q->pairs, q->len * sizeof *q->pairs)},
                                      {.number = ms_until(until_ns)}};
    const struct host_port *port = component_host_call(c, HOST_HTTP_WAIT, args);
    if (!port)
        return false;
    struct slice come = port->results[0].bytes;
    bool failed = port->results[1].bytes.len != 0; /* one does not exist any more: reading it will tell */
    for (size_t i = 0; i < count; i++) {
        if (pollables[i]->exchange)
            ready[i] |= failed || (q->places[i] < come.len && come.ptr[q->places[i]]);
        *any |= ready[i];
    }
    return true;
}

/* Whether nothing can make one of them ready any more: the guest is all there is in here, and it waits. */
static bool is_vain(const struct pollable *const *pollables, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pollables[i]->at_ns != UINT64_MAX || pollables[i]->exchange)
            return false;
    }
    return true;
}

/* Says which are ready, and, when `wait`, waits until at least one is. False: the guest is stopped. */
static bool look(struct component_call *c, const struct pollable *const *pollables, size_t count, bool wait, bool *ready)
{
    struct question question;
    if (!make_question(c, pollables, count, &question))
        return false;
    for (;;) {
        uint64_t first;
        bool any = look_here(pollables, count, ready, &first);
        if (question.len && !ask_host(c, pollables, count, &question, any || !wait ? 0 : first, ready, &any))
            return false;
        if (any || !wait)
            return true;
        if (is_vain(pollables, count))
            return component_fault(c->guest, "a wait for what can never be ready");
        if (!component_charge(c, count))
            return false;
        uint64_t now = p1_clock_ns(P1_CLOCK_MONOTONIC);
        if (!question.len && first > now)
            p1_sleep_ns(first - now);
    }
}

bool pollable_wait(struct component_call *c, const struct pollable *const *pollables, size_t count)
{
    return look(c, pollables, count, true, ARENA_ARRAY(&c->guest->results, bool, count));
}

static bool pollable_ready(struct component_call *c)
{
    const struct pollable *p = component_handle_get(c, KIND_POLLABLE, c->args[0].n);
    bool is = false;
    if (!p || !look(c, &p, 1, false, &is))
        return false;
    c->results[0].n = is;
    return true;
}

static bool block(struct component_call *c)
{
    const struct pollable *p = component_handle_get(c, KIND_POLLABLE, c->args[0].n);
    return p && pollable_wait(c, &p, 1);
}

/* The places of those that are ready. */
static void put_places(struct component_call *c, const bool *ready, size_t count)
{
    union shim_value *places = ARENA_ARRAY(&c->guest->results, union shim_value, count);
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (ready[i])
            places[found++].n = i;
    c->results[0].list = (struct shim_list){places, found};
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
    bool *ready = ARENA_ARRAY(&c->guest->results, bool, count);
    for (size_t i = 0; i < count; i++) {
        pollables[i] = component_handle_get(c, KIND_POLLABLE, numbers[i].n);
        if (!pollables[i])
            return false;
    }
    if (!look(c, pollables, count, true, ready))
        return false;
    put_places(c, ready, count);
    return true;
}

static const struct component_resource_row resources[] = {{"pollable", KIND_POLLABLE}, {0}};

static const struct component_function_row functions[] = {
    {"[method]pollable.ready", "(borrow<pollable>) -> bool", pollable_ready},
    {"[method]pollable.block", "(borrow<pollable>)", block},
    {"poll", "(list<borrow<pollable>>) -> list<u32>", poll},
    {0},
};

const struct component_interface component_io_poll = {"wasi:io/poll@0.2.0", NULL, resources, functions};

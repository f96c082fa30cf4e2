/* Arguments, environment, clocks, randomness, waiting and exit. */
#include "base/clock.h"
#include "base/entropy.h"
#include "engine/wasi_p1/call.h"
#include <errno.h>
#include <string.h>
#include <time.h>

enum p1_errno p1_args_sizes_get(struct p1_call *c)
{
    return p1_put(c, p1_u32(c, 0), 0, 4) && p1_put(c, p1_u32(c, 1), 0, 4) ? P1_SUCCESS : P1_FAULT;
}

enum p1_errno p1_args_get(struct p1_call *c)
{
    (void)c;
    return P1_SUCCESS;
}

enum p1_errno p1_environ_sizes_get(struct p1_call *c)
{
    const struct p1 *p1 = c->p1;
    return p1_put(c, p1_u32(c, 0), p1->environment_count, 4) && p1_put(c, p1_u32(c, 1), p1->environment.len, 4) ? P1_SUCCESS
                                                                                                                : P1_FAULT;
}

enum p1_errno p1_environ_get(struct p1_call *c)
{
    uint32_t pointers = p1_u32(c, 0), bytes = p1_u32(c, 1);
    struct slice rest = c->p1->environment;
    uint8_t *to = p1_range(c, bytes, rest.len);
    if (!to || !p1_range(c, pointers, (uint64_t)c->p1->environment_count * 4))
        return P1_FAULT;
    if (!p1_charge(c->p1, c->store, rest.len))
        return P1_SUCCESS;
    for (uint32_t i = 0; i < c->p1->environment_count; i++) {
        struct slice variable;
        p1_put(c, pointers + i * 4, bytes + (c->p1->environment.len - rest.len), 4);
        rest = slice_cut(rest, '\0', &variable);
    }
    if (c->p1->environment.len)
        memcpy(to, c->p1->environment.ptr, c->p1->environment.len);
    return P1_SUCCESS;
}

uint64_t p1_clock_ns(enum p1_clock clock)
{
    uint64_t ns = clock == P1_CLOCK_WALL ? clock_wall_ns(&clock_system) : clock_monotonic_ns(&clock_system);
    return ns - ns % P1_CLOCK_STEP_NS;
}

enum p1_errno p1_clock_res_get(struct p1_call *c)
{
    if (p1_u32(c, 0) > P1_CLOCK_MONOTONIC)
        return P1_INVAL;
    return p1_put(c, p1_u32(c, 1), P1_CLOCK_STEP_NS, 8) ? P1_SUCCESS : P1_FAULT;
}

enum p1_errno p1_clock_time_get(struct p1_call *c)
{
    if (p1_u32(c, 0) > P1_CLOCK_MONOTONIC)
        return P1_INVAL;
    return p1_put(c, p1_u32(c, 2), p1_clock_ns((enum p1_clock)p1_u32(c, 0)), 8) ? P1_SUCCESS : P1_FAULT;
}

enum p1_errno p1_random_get(struct p1_call *c)
{
    uint32_t len = p1_u32(c, 1);
    uint8_t *to = p1_range(c, p1_u32(c, 0), len);
    if (!to)
        return P1_FAULT;
    if (p1_charge(c->p1, c->store, len))
        entropy_fill(&entropy_system, to, len);
    return P1_SUCCESS;
}

enum p1_errno p1_sched_yield(struct p1_call *c)
{
    (void)c;
    return P1_SUCCESS;
}

enum p1_errno p1_proc_exit(struct p1_call *c)
{
    c->p1->stop = P1_EXITED;
    c->p1->exit_code = c->args[0].i32;
    return P1_SUCCESS;
}

/* poll_oneoff: records of the guest's subscriptions and of the events for it. */
enum { SUBSCRIPTION_LEN = 48, EVENT_LEN = 32, SUBSCRIPTIONS_MAX = 1024 };
enum { TAG_CLOCK = 0, TAG_FD_READ = 1, TAG_FD_WRITE = 2 };
enum { CLOCK_ABSOLUTE = 1 };

struct subscription {
    uint64_t userdata, tag, id; /* id: clock or descriptor */
    uint64_t wait_ns;           /* from the call on; 0 for descriptors, which are always ready */
    enum p1_errno error;
};

/* The clocks when the call began: its subscriptions are read twice and must come out the same. */
struct moment {
    uint64_t ns[P1_CLOCK_MONOTONIC + 1];
};

static void subscribe_clock(const struct p1_call *c, uint32_t at, const struct moment *now, struct subscription *s)
{
    uint64_t timeout = 0, flags = 0;
    p1_get(c, at + 24, 8, &timeout);
    p1_get(c, at + 40, 2, &flags);
    if (s->id > P1_CLOCK_MONOTONIC || flags & ~(uint64_t)CLOCK_ABSOLUTE)
        s->error = P1_INVAL;
    else if (flags & CLOCK_ABSOLUTE)
        s->wait_ns = timeout > now->ns[s->id] ? timeout - now->ns[s->id] : 0;
    else
        s->wait_ns = timeout;
}

static void subscription_read(const struct p1_call *c, uint32_t at, const struct moment *now, struct subscription *s)
{
    enum p1_stream stream = P1_STDIN;
    *s = (struct subscription){.error = P1_SUCCESS};
    p1_get(c, at, 8, &s->userdata);
    p1_get(c, at + 8, 1, &s->tag);
    p1_get(c, at + 16, 4, &s->id);
    if (s->tag == TAG_CLOCK)
        subscribe_clock(c, at, now, s);
    else if (s->tag > TAG_FD_WRITE)
        s->error = P1_INVAL;
    else if (!p1_stream_of(c->p1, (uint32_t)s->id, &stream) || (stream == P1_STDIN) != (s->tag == TAG_FD_READ))
        s->error = P1_BADF;
}

static void event_write(const struct p1_call *c, uint32_t at, const struct subscription *s)
{
    size_t unread = c->p1->input.len - c->p1->input_at;
    memset(p1_range(c, at, EVENT_LEN), 0, EVENT_LEN);
    p1_put(c, at, s->userdata, 8);
    p1_put(c, at + 8, s->error, 2);
    p1_put(c, at + 10, s->tag, 1);
    if (s->tag == TAG_FD_READ && !s->error)
        p1_put(c, at + 16, unread, 8);
    else if (s->tag == TAG_FD_WRITE && !s->error)
        p1_put(c, at + 16, c->p1->max_output_len - c->p1->output_len, 8);
}

void p1_sleep_ns(uint64_t ns)
{
    struct timespec rest = {.tv_sec = (time_t)(ns / NS_PER_SEC), .tv_nsec = (long)(ns % NS_PER_SEC)};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR)
        continue;
}

enum p1_errno p1_poll_oneoff(struct p1_call *c)
{
    uint32_t in = p1_u32(c, 0), out = p1_u32(c, 1), count = p1_u32(c, 2), events = 0;
    uint64_t shortest = UINT64_MAX;
    const struct moment now = {{p1_clock_ns(P1_CLOCK_WALL), p1_clock_ns(P1_CLOCK_MONOTONIC)}};
    struct subscription s;
    if (count == 0 || count > SUBSCRIPTIONS_MAX)
        return P1_INVAL;
    if (!p1_range(c, in, (uint64_t)count * SUBSCRIPTION_LEN) || !p1_range(c, out, (uint64_t)count * EVENT_LEN) ||
        !p1_range(c, p1_u32(c, 3), 4))
        return P1_FAULT;
    if (!p1_charge(c->p1, c->store, count))
        return P1_SUCCESS;
    for (uint32_t i = 0; i < count; i++) {
        subscription_read(c, in + i * SUBSCRIPTION_LEN, &now, &s);
        shortest = s.wait_ns < shortest ? s.wait_ns : shortest;
    }
    if (shortest)
        p1_sleep_ns(shortest);
    /* An event never overtakes the subscription it answers: events are shorter, and both arrays are read and written in order.
     * Arrays that overlap are the guest's own loss. */
    for (uint32_t i = 0; i < count; i++) {
        subscription_read(c, in + i * SUBSCRIPTION_LEN, &now, &s);
        if (s.wait_ns > shortest)
            continue;
        event_write(c, out + events * EVENT_LEN, &s);
        events++;
    }
    p1_put(c, p1_u32(c, 3), events, 4);
    return P1_SUCCESS;
}

/* Inside component: what a guest can wait for. */
#pragma once
#include "engine/component/host.h"

struct pollable {
    uint64_t at_ns;            /* ready from this time on (P1_CLOCK_MONOTONIC); 0: always */
    bool (*ready)(void *self); /* or NULL: ready also when this says so */
    uint64_t exchange;         /* of the host's HTTP: ready also when `event` has come; 0: none */
    enum host_http_event event;
    void (*drop)(void *self); /* or NULL; releases self */
    void *self;
};

/* Gives the guest a pollable as its result. Takes p.self, also when it fails. */
bool pollable_return(struct component_call *c, struct pollable p);

/* Waits until one of `count` pollables is ready. False: the guest is stopped. */
bool pollable_wait(struct component_call *c, const struct pollable *const *pollables, size_t count);

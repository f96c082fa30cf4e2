/* Names to addresses, behind an interface so that a test can answer what it likes. */
#pragma once
#include "base/err.h"
#include "net/address.h"

enum { RESOLVER_ADDRESSES_MAX = 16 };

struct resolver {
    /* At least one and at most RESOLVER_ADDRESSES_MAX addresses of `host`, within the deadline (monotonic). ERR_UNAVAILABLE says why
     * there are none, ERR_LIMIT that there are more. */
    struct err *(*lookup)(void *self, const char *host, uint64_t deadline_ns, struct net_address *out, size_t *count);
    void *self;
};

/* The machine's. Any thread may use it; a lookup that takes longer than its deadline is left behind and ends by itself. */
extern const struct resolver resolver_system;

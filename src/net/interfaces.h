/* The addresses of this machine's own interfaces. Whatever they are, they lead to services of this machine, so nobody but its operator
 * has business there. A table that is read again when it is old; any thread may ask.
 *
 * An address that a router or a cloud translates to this machine is on none of its interfaces and is not known here.
 */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "net/address.h"
#include <pthread.h>

enum { INTERFACES_MAX_AGE_MS = 10000 };

struct interfaces {
    /* Appends every address, a struct net_address each. A test answers what it likes. */
    struct err *(*read)(void *self, struct buf *addresses);
    void *self;
    const struct clock *clock;
    pthread_mutex_t mutex; /* holds what follows */
    struct buf addresses;
    uint64_t read_ns; /* 0: never */
};

/* The machine's. */
extern struct interfaces interfaces_system;

/* *own: the address is one of an interface; ::ffff:a.b.c.d is taken for a.b.c.d. An error is of reading; nothing is known then, and the
 * next call reads again. */
struct err *interfaces_have(struct interfaces *i, const struct net_address *address, bool *own);

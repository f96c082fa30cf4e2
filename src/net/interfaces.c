#include "net/interfaces.h"
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

static void append_address(struct buf *addresses, const struct sockaddr *a)
{
    struct net_address address = {.family = a ? a->sa_family : AF_UNSPEC};
    if (address.family == AF_INET)
        memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
    else if (address.family == AF_INET6)
        memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
    else
        return;
    buf_append(addresses, slice_from(&address, sizeof address));
}

static struct err *read_system(void *self, struct buf *addresses)
{
    struct ifaddrs *all = NULL;
    (void)self;
    if (getifaddrs(&all))
        return err_errno(ERR_UNAVAILABLE, errno, "reading the addresses of this machine's interfaces");
    for (const struct ifaddrs *i = all; i; i = i->ifa_next)
        append_address(addresses, i->ifa_addr);
    freeifaddrs(all);
    return NULL;
}

struct interfaces interfaces_system = {.read = read_system, .clock = &clock_system, .mutex = PTHREAD_MUTEX_INITIALIZER};

/* With the mutex held. */
static struct err *refresh(struct interfaces *i)
{
    uint64_t now = clock_monotonic_ns(i->clock);
    if (i->read_ns && now - i->read_ns < INTERFACES_MAX_AGE_MS * NS_PER_MS)
        return NULL;
    i->read_ns = 0;
    buf_clear(&i->addresses);
    TRY(i->read(i->self, &i->addresses));
    i->read_ns = now;
    return NULL;
}

static bool is_among(const struct buf *addresses, const struct net_address *address)
{
    const struct net_address *all = (const void *)addresses->ptr;
    for (size_t i = 0; i < addresses->len / sizeof *all; i++) {
        if (net_address_eq(&all[i], address))
            return true;
    }
    return false;
}

struct err *interfaces_have(struct interfaces *i, const struct net_address *address, bool *own)
{
    const struct net_address plain = net_address_unmapped(address);
    *own = false;
    pthread_mutex_lock(&i->mutex);
    struct err *e = refresh(i);
    if (!e)
        *own = is_among(&i->addresses, &plain);
    pthread_mutex_unlock(&i->mutex);
    return e;
}

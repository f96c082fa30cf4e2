/* What may be called from here on behalf of strangers: programs that ask for HTTP, and addresses that programs are fetched from.
 *
 * One judgement, in this order: the list of hosts, before any lookup, as a lookup is itself a message to the outside; the name, looked
 * up once; every address of the answer, of which one that is special or of this machine refuses all. The connection then goes to one of
 * the addresses that were judged, and the name stays for TLS and `Host`.
 */
#pragma once
#include "net/interfaces.h"
#include "net/resolver.h"
#include "net/url.h"

enum egress_reach {
    EGRESS_PUBLIC,   /* no special addresses, none of this machine */
    EGRESS_LOOPBACK, /* and its loopback: tests and development */
    EGRESS_ANYWHERE, /* and every private network: development */
};

struct egress_policy {
    enum egress_reach reach;
    bool only_listed;         /* only `hosts`, which may be none */
    const char *const *hosts; /* as egress_host_normalise leaves them */
    size_t host_count;
    const struct resolver *resolver; /* NULL: the machine's */
    struct interfaces *interfaces;   /* the same */
};

/* One attempt to get out, allowed or not. */
struct egress_record {
    const char *host; /* "" when the URL is none */
    bool has_len, allowed;
    uint64_t len;       /* of the body, as declared */
    const char *reason; /* why not; NULL */
};

/* A host as a list has it: trimmed, without a dot at the end, ASCII lower case. False when nothing is left or it is too long. */
bool egress_host_normalise(struct slice host, char out[URL_HOST_MAX + 1]);

struct egress_route {
    struct net_address addresses[RESOLVER_ADDRESSES_MAX];
    size_t count;
};

/* Judges; *out is where to connect to. ERR_UNAVAILABLE also: this machine's own addresses cannot be read. ERR_DENIED or ERR_UNAVAILABLE
 * with OutLayer's known sentences:
 *
 *     host "h" is not in the project's manifest network allowlist
 *     dns resolution failed: …
 *     destination blocked: internal/private/link-local address */
struct err *egress_judge(const struct egress_policy *policy, const struct url *url, uint64_t deadline_ns,
                         struct egress_route *out);

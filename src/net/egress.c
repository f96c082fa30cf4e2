#include "net/egress.h"
#include <string.h>

bool egress_host_normalise(struct slice host, char out[URL_HOST_MAX + 1])
{
    while (host.len && host.ptr[0] <= ' ')
        host = slice_skip(host, 1);
    while (host.len && host.ptr[host.len - 1] <= ' ')
        host.len--;
    if (host.len && host.ptr[host.len - 1] == '.')
        host.len--;
    if (host.len == 0 || host.len > URL_HOST_MAX)
        return false;
    for (size_t i = 0; i < host.len; i++)
        out[i] = (char)(host.ptr[i] >= 'A' && host.ptr[i] <= 'Z' ? host.ptr[i] | 0x20 : host.ptr[i]);
    out[host.len] = '\0';
    return true;
}

static bool is_listed(const struct egress_policy *policy, const char *host)
{
    for (size_t i = 0; i < policy->host_count; i++) {
        if (!strcmp(policy->hosts[i], host))
            return true;
    }
    return false;
}

static struct err *judge_address(const struct egress_policy *policy, const struct net_address *address)
{
    bool blocked = net_address_is_special(address);
    if (policy->reach == EGRESS_ANYWHERE || (policy->reach == EGRESS_LOOPBACK && net_address_is_loopback(address)))
        return NULL;
    if (!blocked)
        TRY(interfaces_have(policy->interfaces ? policy->interfaces : &interfaces_system, address, &blocked));
    return blocked ? err_new(ERR_DENIED, "destination blocked: internal/private/link-local address") : NULL;
}

static struct err *find_addresses(const struct egress_policy *policy, const struct url *url, uint64_t deadline_ns,
                                  struct egress_route *out)
{
    if (url->is_address) {
        *out = (struct egress_route){.addresses = {url->address}, .count = 1};
        return NULL;
    }
    const struct resolver *r = policy->resolver ? policy->resolver : &resolver_system;
    return err_doing(r->lookup(r->self, url->host, deadline_ns, out->addresses, &out->count), "dns resolution failed");
}

struct err *egress_judge(const struct egress_policy *policy, const struct url *url, uint64_t deadline_ns,
                         struct egress_route *out)
{
    if (policy->only_listed && !is_listed(policy, url->host))
        return err_new(ERR_DENIED, "host \"%s\" is not in the project's manifest network allowlist", url->host);
    TRY(find_addresses(policy, url, deadline_ns, out));
    for (size_t i = 0; i < out->count; i++)
        TRY(judge_address(policy, &out->addresses[i]));
    return NULL;
}

/* Internet addresses, and which of them are nobody's business on the public network. */
#pragma once
#include "base/slice.h"

struct net_address {
    int family;        /* AF_INET or AF_INET6 */
    uint8_t bytes[16]; /* network byte order; 4 of them for AF_INET */
};

enum { NET_ADDRESS_TEXT_MAX = 46 };

/* Reads exactly `a.b.c.d` with decimal parts without leading zeros, or an IPv6 address without brackets and zone. */
bool net_address_parse(struct slice text, struct net_address *out);

/* The usual text; returns `text`. */
const char *net_address_text(const struct net_address *a, char text[NET_ADDRESS_TEXT_MAX]);

bool net_address_eq(const struct net_address *a, const struct net_address *b);

/* ::ffff:a.b.c.d as a.b.c.d, as which it is connected to; any other address as it is. */
struct net_address net_address_unmapped(const struct net_address *a);

/* 127.0.0.0/8, ::1, and the first in its IPv4-mapped form. */
bool net_address_is_loopback(const struct net_address *a);

/* True for an address that only this machine or its network reaches, that names no single host, or that hides another address:
 *
 *     IPv4   0/8 10/8 100.64/10 127/8 169.254/16 172.16/12 192.0.0/24 192.0.2/24 192.88.99/24 192.168/16 198.18/15 198.51.100/24
 *            203.0.113/24 224/4 240/4
 *     IPv6   everything outside of 2000::/3 (so ::, ::1, ::a.b.c.d, NAT64 64:ff9b::/96, fc00::/7, fe80::/10, fec0::/10, ff00::/8), and
 *            2001::/23 (Teredo and other protocols), 2001:db8::/32, 2002::/16 (6to4), 3fff::/20;
 *            ::ffff:a.b.c.d is judged as a.b.c.d
 *
 * Source: IANA special-purpose address registries; OutLayer's list for programs. */
bool net_address_is_special(const struct net_address *a);

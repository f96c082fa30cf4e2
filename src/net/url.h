/* Addresses that strangers choose: one strict reading of http and https URLs, so that what is checked is what is called.
 *
 *     scheme "://" host [":" port] [path] ["?" query]
 *
 * Refused, with the reason: another scheme, user names, fragments, empty or over-long hosts and labels, bytes that are not printable
 * ASCII (an internationalised name is written in its xn-- form), percent escapes in the host, spellings of IPv4 addresses other than
 * four decimal numbers ("127.1", "0x7f000001", "017700000001", "2130706433"), zones of IPv6 addresses, ports out of 1 to 65535.
 * Source: RFC 3986 §3.2; the URL standard's rule that a host whose last label is a number is an IPv4 address.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "net/address.h"

enum { URL_LEN_MAX = 16 * 1024, URL_HOST_MAX = 253 };

struct url {
    bool https;
    char host[URL_HOST_MAX + 1]; /* lower case, without a dot at the end and without brackets */
    bool is_address;             /* the host is one */
    struct net_address address;
    uint16_t port;       /* the scheme's own when none is given */
    struct slice target; /* path and query as they stand; empty or beginning with `/` or `?`; borrowed */
};

/* ERR_INVALID names what is wrong. */
struct err *url_parse(struct slice text, struct url *out);

/* Host and port as they stand in a URL: "example.com", "[::1]:8080". */
void url_append_authority(const struct url *u, struct buf *out);

/* The same URL in its one form. */
void url_append(const struct url *u, struct buf *out);

#include "net/url.h"
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { LABEL_MAX = 63, HTTP_PORT = 80, HTTPS_PORT = 443 };

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool take_scheme(struct slice *rest, bool *https)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);
        if (rest->len < len || strncasecmp((const char *)rest->ptr, schemes[i], len) != 0)
            continue;
        *https = i == 1;
        *rest = slice_skip(*rest, len);
        return true;
    }
    return false;
}

static struct err *check_bytes(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f)
            return err_new(ERR_INVALID, "the URL has a byte 0x%02x; write it as an escape, or the host in its xn-- form",
                           text.ptr[i]);
        if (text.ptr[i] == '#')
            return err_new(ERR_INVALID, "the URL has a fragment, which is never sent; leave it out");
    }
    return NULL;
}

/* The text up to the path or query. */
static struct slice take_authority(struct slice *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != '/' && rest->ptr[len] != '?')
        len++;
    struct slice authority = slice_first(*rest, len);
    *rest = slice_skip(*rest, len);
    return authority;
}

static struct err *read_port(struct slice text, uint16_t *port)
{
    uint32_t value = 0;
    bool good = text.len >= 1 && text.len <= 5;
    for (size_t i = 0; good && i < text.len; i++) {
        good = is_digit(text.ptr[i]);
        value = value * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    if (!good || value == 0 || value > UINT16_MAX)
        return err_new(ERR_INVALID, "the URL's port is `%.*s`, expected 1 to 65535", SLICE_FMT(slice_first(text, 20)));
    *port = (uint16_t)value;
    return NULL;
}

static struct err *check_labels(struct slice host)
{
    while (host.ptr) {
        struct slice label;
        host = slice_cut(host, '.', &label);
        if (label.len == 0 || label.len > LABEL_MAX)
            return err_new(ERR_INVALID, "the URL's host has a part of %zu bytes, expected 1 to %d", label.len, LABEL_MAX);
        for (size_t i = 0; i < label.len; i++) {
            uint8_t c = label.ptr[i];
            bool edge = i == 0 || i == label.len - 1;
            if (!is_letter(c) && !is_digit(c) && c != '_' && (c != '-' || edge))
                return err_new(ERR_INVALID, "the URL's host has a `%c` where a name has none", c);
        }
    }
    return NULL;
}

/* Whether a resolver might take the name for a number: its last label is decimal, octal or 0x-hexadecimal. */
static bool ends_in_number(struct slice host)
{
    struct slice last = host;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] == '.')
            last = slice_skip(host, i + 1);
    }
    if (last.len >= 2 && last.ptr[0] == '0' && (last.ptr[1] | 0x20) == 'x') {
        for (size_t i = 2; i < last.len; i++) {
            if (!is_digit(last.ptr[i]) && ((last.ptr[i] | 0x20) < 'a' || (last.ptr[i] | 0x20) > 'f'))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < last.len; i++) {
        if (!is_digit(last.ptr[i]))
            return false;
    }
    return last.len != 0;
}

static void set_host(struct slice host, struct url *out)
{
    for (size_t i = 0; i < host.len; i++)
        out->host[i] = (char)(is_letter(host.ptr[i]) ? host.ptr[i] | 0x20 : host.ptr[i]);
    out->host[host.len] = '\0';
}

static struct err *read_name(struct slice host, struct url *out)
{
    if (host.len && host.ptr[host.len - 1] == '.')
        host.len--;
    if (host.len == 0)
        return err_new(ERR_INVALID, "request has no host");
    if (host.len > URL_HOST_MAX)
        return err_new(ERR_INVALID, "the URL's host is %zu bytes, at most %d are a name", host.len, URL_HOST_MAX);
    TRY(check_labels(host));
    if (ends_in_number(host)) {
        out->is_address = net_address_parse(host, &out->address);
        if (!out->is_address)
            return err_new(ERR_INVALID, "the URL's host `%.*s` is no address: write four decimal numbers, as in 192.0.2.1",
                           SLICE_FMT(slice_first(host, 80)));
    }
    set_host(host, out);
    return NULL;
}

/* `[…]`, with the port behind it in *tail. */
static struct err *read_bracketed(struct slice authority, struct url *out, struct slice *tail)
{
    struct slice inside;
    *tail = slice_cut(slice_skip(authority, 1), ']', &inside);
    out->is_address = tail->ptr && net_address_parse(inside, &out->address) && out->address.family == AF_INET6;
    if (!out->is_address)
        return err_new(ERR_INVALID, "the URL's host in brackets is not an IPv6 address");
    if (tail->len && tail->ptr[0] != ':')
        return err_new(ERR_INVALID, "the URL has text between its host and its port");
    char text[NET_ADDRESS_TEXT_MAX];
    set_host(slice_str(net_address_text(&out->address, text)), out);
    return NULL;
}

struct err *url_parse(struct slice text, struct url *out)
{
    struct slice rest = text, tail = {0};
    *out = (struct url){0};
    if (text.len > URL_LEN_MAX)
        return err_new(ERR_INVALID, "the URL is %zu bytes, at most %d are read", text.len, URL_LEN_MAX);
    if (!take_scheme(&rest, &out->https))
        return err_new(ERR_INVALID, "the URL begins with neither http:// nor https://");
    TRY(check_bytes(rest));
    struct slice authority = take_authority(&rest);
    out->target = rest;
    out->port = out->https ? HTTPS_PORT : HTTP_PORT;
    if (authority.len && memchr(authority.ptr, '@', authority.len))
        return err_new(ERR_INVALID, "the URL has a user name, which is not sent; use a header");
    if (authority.len && authority.ptr[0] == '[') {
        TRY(read_bracketed(authority, out, &tail));
    } else {
        struct slice host;
        tail = slice_cut(authority, ':', &host);
        tail = tail.ptr ? slice_from(tail.ptr - 1, tail.len + 1) : tail;
        TRY(read_name(host, out));
    }
    return tail.len ? read_port(slice_skip(tail, 1), &out->port) : NULL;
}

void url_append_authority(const struct url *u, struct buf *out)
{
    bool v6 = u->is_address && u->address.family == AF_INET6;
    buf_append_fmt(out, v6 ? "[%s]" : "%s", u->host);
    if (u->port != (u->https ? HTTPS_PORT : HTTP_PORT))
        buf_append_fmt(out, ":%u", u->port);
}

void url_append(const struct url *u, struct buf *out)
{
    buf_append_str(out, u->https ? "https://" : "http://");
    url_append_authority(u, out);
    if (u->target.len == 0 || u->target.ptr[0] != '/')
        buf_append_byte(out, '/');
    buf_append(out, u->target);
}

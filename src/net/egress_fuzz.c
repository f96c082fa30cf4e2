/* URLs of strangers: what is accepted reads back to itself, has a host that no resolver takes for a number, and is judged as libcurl
 * would connect. */
#include "net/egress.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct err *read_none(void *self, struct buf *addresses)
{
    (void)self, (void)addresses;
    return NULL;
}

static void check(bool good)
{
    if (!good)
        __builtin_trap();
}

static void agrees_with_libcurl(const struct url *u, const char *text)
{
    CURLU *parsed = curl_url();
    char *host = NULL, *port = NULL;
    check(!curl_url_set(parsed, CURLUPART_URL, text, CURLU_PATH_AS_IS));
    check(!curl_url_get(parsed, CURLUPART_HOST, &host, 0) && !curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT));
    struct slice theirs = slice_str(host);
    if (theirs.len && theirs.ptr[0] == '[')
        theirs = slice_from(theirs.ptr + 1, theirs.len - 2);
    check(slice_eq_str(theirs, u->host));
    check((uint16_t)strtoul(port, NULL, 10) == u->port);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parsed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct url u, again;
    struct egress_route route;
    AUTO(buf) struct buf form = {0};
    AUTO(err) struct err *e = url_parse(slice_from(data, size), &u);
    if (e)
        return 0;
    url_append(&u, &form);
    buf_str(&form);
    check(!url_parse(buf_slice(&form), &again));
    check(!strcmp(u.host, again.host) && u.port == again.port && u.https == again.https && u.is_address == again.is_address);
    agrees_with_libcurl(&u, buf_str(&form));
    if (u.is_address) {
        struct interfaces none = {.read = read_none, .clock = &clock_system, .mutex = PTHREAD_MUTEX_INITIALIZER};
        const struct egress_policy policy = {.interfaces = &none};
        AUTO(err) struct err *denied = egress_judge(&policy, &u, 0, &route);
        check((denied != NULL) == net_address_is_special(&u.address));
    }
    return 0;
}

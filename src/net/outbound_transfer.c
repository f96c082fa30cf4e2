/* One exchange and libcurl. */
#include "base/clock.h"
#include "codec/http_field.h"
#include "net/outbound_internal.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

void outbound_fail(struct outbound_exchange *x, struct err *e)
{
    x->owner->happened = true;
    if (x->fault)
        err_free(e);
    else
        x->fault = e;
}

/* --- header lines ---------------------------------------------------------------------------------------------------------- */

static struct slice trim(struct slice s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = slice_skip(s, 1);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t' || s.ptr[s.len - 1] == '\r'))
        s.len--;
    return s;
}

/* The next of `*lines`; false past the last. */
static bool next_line(struct slice *lines, struct slice *name, struct slice *value)
{
    struct slice line = {0};
    while (lines->len && line.len == 0)
        *lines = slice_cut(*lines, '\n', &line);
    if (line.len == 0)
        return false;
    *value = trim(slice_cut(line, ':', name));
    return true;
}

struct err *outbound_read_length(struct slice headers, bool *found, uint64_t *len)
{
    struct slice name, value;
    *found = false;
    while (next_line(&headers, &name, &value)) {
        if (!http_field_is_named(name, "content-length"))
            continue;
        uint64_t n = 0;
        for (size_t i = 0; i < value.len; i++) {
            if (value.ptr[i] < '0' || value.ptr[i] > '9' || value.len > 18)
                return err_new(ERR_INVALID, "HTTP-protocol-error: content-length is not a number of bytes");
            n = n * 10 + (uint64_t)(value.ptr[i] - '0');
        }
        if (value.len == 0 || (*found && n != *len))
            return err_new(ERR_INVALID, "HTTP-protocol-error: content-length is not one number of bytes");
        *found = true;
        *len = n;
    }
    return NULL;
}

struct err *outbound_add_lines(struct slice lines, struct curl_slist **list)
{
    struct slice name, value;
    if (lines.len > OUTBOUND_HEAD_MAX)
        return err_new(ERR_LIMIT, "HTTP-request-header-section-size: %zu bytes of headers, at most %d are sent", lines.len,
                       OUTBOUND_HEAD_MAX);
    while (next_line(&lines, &name, &value)) {
        if (!http_field_name_is_valid(name) || !http_field_value_is_valid(value))
            return err_new(ERR_INVALID, "HTTP-protocol-error: `%.*s` is not a header line `name: value`",
                           SLICE_FMT(slice_first(name, 60)));
        if (http_field_is_transports(name))
            return err_new(ERR_INVALID, "HTTP-request-denied: the header `%.*s` is not the program's to set", SLICE_FMT(name));
        if (http_field_is_named(name, "content-length"))
            continue; /* libcurl writes it from the length it was told */
        AUTO(buf) struct buf line = {0};
        buf_append(&line, name);
        buf_append_str(&line, value.len ? ": " : ";"); /* libcurl's way to send an empty one */
        buf_append(&line, value);
        *list = curl_slist_append(*list, buf_str(&line));
    }
    return NULL;
}

static bool has_header(struct slice lines, const char *lower)
{
    struct slice name, value;
    while (next_line(&lines, &name, &value)) {
        if (http_field_is_named(name, lower))
            return true;
    }
    return false;
}

/* Forgets what stands before `at` when that is much or all. */
static void drop_used(struct buf *b, size_t *at)
{
    enum { MUCH = 64 * 1024 };
    if (*at != b->len && *at < MUCH)
        return;
    if (*at != b->len)
        memmove(b->ptr, b->ptr + *at, b->len - *at);
    b->len -= *at;
    *at = 0;
}

/* --- callbacks --------------------------------------------------------------------------------------------------------------- */

static size_t on_send(char *to, size_t size, size_t count, void *arg)
{
    struct outbound_exchange *x = arg;
    struct slice part = slice_first(slice_skip(buf_slice(&x->out), x->out_at), size * count);
    x->owner->happened = true;
    if (part.len == 0 && !x->finished) {
        x->send_paused = true;
        return CURL_READFUNC_PAUSE;
    }
    if (part.len)
        memcpy(to, part.ptr, part.len);
    x->out_at += part.len;
    x->last_byte_ns = clock_monotonic_ns(&clock_system);
    drop_used(&x->out, &x->out_at);
    return part.len;
}

static int on_trailers(struct curl_slist **list, void *arg)
{
    struct outbound_exchange *x = arg;
    *list = x->out_trailers; /* libcurl frees it */
    x->out_trailers = NULL;
    return CURL_TRAILERFUNC_OK;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct outbound_exchange *x = arg;
    struct outbound *o = x->owner;
    size_t len = size * count;
    if (x->in.len - x->in_at + len > OUTBOUND_RECEIVE_MAX && x->in.len > x->in_at) {
        x->receive_paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    o->happened = true;
    if (len > o->config.max_received_len - o->received_len) {
        outbound_fail(x, err_new(ERR_LIMIT, "HTTP-response-body-size: the answers of this run are longer than %llu bytes",
                                 (unsigned long long)o->config.max_received_len));
        return 0;
    }
    o->received_len += len;
    x->last_byte_ns = clock_monotonic_ns(&clock_system);
    drop_used(&x->in, &x->in_at);
    buf_append(&x->in, slice_from(bytes, len));
    return len;
}

static void add_line(struct buf *to, struct slice line)
{
    struct slice name, value = trim(slice_cut(line, ':', &name));
    if (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t') && to->len) { /* RFC 9112 §5.2: the last one goes on */
        to->ptr[to->len - 1] = ' ';
        buf_append(to, trim(line));
        buf_append_byte(to, '\n');
    } else if (http_field_name_is_valid(name) && http_field_value_is_valid(value)) {
        buf_append(to, name);
        buf_append_str(to, ": ");
        buf_append(to, value);
        buf_append_byte(to, '\n');
    }
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct outbound_exchange *x = arg;
    struct slice line = slice_from(bytes, size * count);
    struct buf *to = x->has_head ? &x->trailers : &x->head;
    long status = 0;
    while (line.len && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    if (!x->has_head && slice_starts_with(line, SLICE("HTTP/"))) {
        buf_clear(&x->head); /* what came before was an interim answer */
        return size * count;
    }
    if (to->len + line.len > OUTBOUND_HEAD_MAX) {
        outbound_fail(x, err_new(ERR_LIMIT, "HTTP-response-header-section-size: the answer's headers are longer than %d bytes",
                                 OUTBOUND_HEAD_MAX));
        return 0;
    }
    if (line.len) {
        add_line(to, line);
        return size * count;
    }
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!x->has_head && (status >= 200 || status == 101)) {
        x->has_head = true;
        x->status = (unsigned)status;
        x->owner->happened = true;
        x->last_byte_ns = clock_monotonic_ns(&clock_system);
    }
    return size * count;
}

/* Opens the socket only to an address that was judged. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct outbound_exchange *x = arg;
    struct net_address address = {.family = to->family};
    (void)purpose;
    if (to->family == AF_INET)
        memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)&to->addr)->sin_addr, 4);
    else if (to->family == AF_INET6)
        memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)&to->addr)->sin6_addr, 16);
    for (size_t i = 0; i < x->route.count; i++) {
        if (net_address_eq(&x->route.addresses[i], &address))
            return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    }
    outbound_fail(x,
                  err_new(ERR_DENIED, "destination-IP-prohibited: the connection would go to another address than was judged"));
    return CURL_SOCKET_BAD;
}

/* --- setting up ------------------------------------------------------------------------------------------------------------ */

/* Puts the judged addresses in the place of a lookup. */
static void pin_addresses(struct outbound_exchange *x, const struct url *url)
{
    AUTO(buf) struct buf entry = {0};
    char text[NET_ADDRESS_TEXT_MAX];
    if (url->is_address)
        return;
    buf_append_fmt(&entry, "%s:%u:", url->host, url->port);
    for (size_t i = 0; i < x->route.count; i++) {
        const struct net_address *a = &x->route.addresses[i];
        buf_append_fmt(&entry, a->family == AF_INET6 ? "%s[%s]" : "%s%s", i ? "," : "", net_address_text(a, text));
    }
    x->resolve = curl_slist_append(NULL, buf_str(&entry));
    curl_easy_setopt(x->easy, CURLOPT_RESOLVE, x->resolve);
}

static struct err *set_headers(struct outbound_exchange *x, const struct outbound_request *request)
{
    /* what libcurl would add by itself */
    static const char *const own[][2] = {{"accept", "Accept:"}, {"expect", "Expect:"}, {"content-type", "Content-Type:"}};
    TRY(outbound_add_lines(request->headers, &x->headers));
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (!has_header(request->headers, own[i][0]))
            x->headers = curl_slist_append(x->headers, own[i][1]);
    }
    bool expected = slice_eq_str(request->method, "POST") || slice_eq_str(request->method, "PUT");
    if (!x->has_body && (expected || x->has_len))
        x->headers = curl_slist_append(x->headers, "Content-Length: 0");
    curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
    return NULL;
}

static void set_body(struct outbound_exchange *x, const char *method)
{
    if (x->has_body) {
        curl_easy_setopt(x->easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(x->easy, CURLOPT_READFUNCTION, on_send);
        curl_easy_setopt(x->easy, CURLOPT_READDATA, x);
        curl_easy_setopt(x->easy, CURLOPT_INFILESIZE_LARGE, x->has_len ? (curl_off_t)x->len : (curl_off_t)-1);
        curl_easy_setopt(x->easy, CURLOPT_TRAILERFUNCTION, on_trailers);
        curl_easy_setopt(x->easy, CURLOPT_TRAILERDATA, x);
        curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, 1L); /* a body that streams cannot be sent again */
    } else if (!strcmp(method, "HEAD")) {
        curl_easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_transport(struct outbound_exchange *x, const struct outbound_request *request)
{
    CURL *easy = x->easy;
    uint64_t connect_ms = x->owner->config.head_timeout_ms;
    if (request->connect_ms && request->connect_ms < connect_ms)
        connect_ms = request->connect_ms;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)OUTBOUND_PIECE_LEN);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (x->owner->config.ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, x->owner->config.ca_file);
}

static void set_callbacks(struct outbound_exchange *x)
{
    curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->failure);
    curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETDATA, x);
}

struct err *outbound_prepare(struct outbound_exchange *x, const struct url *url, const struct outbound_request *request)
{
    AUTO(buf) struct buf text = {0}, method = {0};
    x->easy = curl_easy_init();
    if (!x->easy)
        return err_new(ERR_BUG, "internal-error: libcurl does not start");
    url_append(url, &text);
    buf_append(&method, request->method);
    TRY(set_headers(x, request));
    curl_easy_setopt(x->easy, CURLOPT_URL, buf_str(&text));
    set_transport(x, request);
    set_callbacks(x);
    set_body(x, buf_str(&method));
    pin_addresses(x, url);
    return NULL;
}

/* --- how it ended ------------------------------------------------------------------------------------------------------------ */

static const struct {
    CURLcode code;
    const char *name; /* an error code of wasi:http */
} codes[] = {
    {CURLE_URL_MALFORMAT, "HTTP-request-URI-invalid"},   {CURLE_COULDNT_RESOLVE_HOST, "DNS-error"},
    {CURLE_COULDNT_CONNECT, "destination-unavailable"},  {CURLE_OPERATION_TIMEDOUT, "connection-timeout"},
    {CURLE_SSL_CONNECT_ERROR, "TLS-protocol-error"},     {CURLE_PEER_FAILED_VERIFICATION, "TLS-certificate-error"},
    {CURLE_SSL_ISSUER_ERROR, "TLS-certificate-error"},   {CURLE_GOT_NOTHING, "connection-terminated"},
    {CURLE_SEND_ERROR, "connection-terminated"},         {CURLE_RECV_ERROR, "connection-terminated"},
    {CURLE_PARTIAL_FILE, "HTTP-response-incomplete"},    {CURLE_WEIRD_SERVER_REPLY, "HTTP-protocol-error"},
    {CURLE_UNSUPPORTED_PROTOCOL, "HTTP-protocol-error"}, {CURLE_BAD_CONTENT_ENCODING, "HTTP-response-transfer-coding"},
};

void outbound_finish_transfer(struct outbound_exchange *x, CURLcode code)
{
    long number = 0;
    const char *name = "internal-error";
    x->done = true;
    x->owner->happened = true;
    if (code == CURLE_OK)
        return;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i].code == code)
            name = codes[i].name;
    }
    curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &number);
    if (code == CURLE_COULDNT_CONNECT && number == ECONNREFUSED)
        name = "connection-refused";
    outbound_fail(x, err_new(ERR_UNAVAILABLE, "%s: %s", name, x->failure[0] ? x->failure : curl_easy_strerror(code)));
}

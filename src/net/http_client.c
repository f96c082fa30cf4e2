#include "net/http_client.h"
#include "base/mem.h"
#include "net/http_process.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdatomic.h>
#include <string.h>

enum {
    DEFAULT_ANSWER_LEN = 16 << 20,
    DEFAULT_TIMEOUT_MS = 30000,
    CONNECT_TIMEOUT_MS = 10000,
    POLL_MS = 1000,
    EXCERPT_LEN = 300, /* bytes of an answer that an error quotes */
};

struct http_client {
    CURLM *multi; /* holds the connections */
    CURL *easy;
    atomic_bool interrupted;
};

struct transfer {
    struct buf *body;
    size_t max_len;
    bool over;
    struct curl_slist *route; /* NULL: to where the URL says */
    char failure[CURL_ERROR_SIZE];
};

struct err *http_client_new(struct http_client **out)
{
    http_prepare_process();
    struct http_client *c = mem_calloc(1, sizeof *c);
    c->multi = curl_multi_init();
    c->easy = curl_easy_init();
    if (!c->multi || !c->easy) {
        http_client_free(c);
        return err_new(ERR_BUG, "libcurl does not start");
    }
    *out = c;
    return NULL;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->easy);
    curl_multi_cleanup(c->multi);
    mem_free(c);
}

void http_client_interrupt(struct http_client *c)
{
    atomic_store(&c->interrupted, true);
    curl_multi_wakeup(c->multi);
}

void http_answer_free(struct http_answer *a)
{
    buf_free(&a->body);
    a->status = 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;
    if (len > t->max_len - t->body->len) {
        t->over = true;
        return 0;
    }
    buf_append(t->body, slice_from(bytes, len));
    return len;
}

static bool has_line_break(const char *s)
{
    return s && strpbrk(s, "\r\n");
}

static struct err *add_header(struct curl_slist **list, const char *name, const char *value)
{
    if (has_line_break(name) || has_line_break(value))
        return err_new(ERR_INVALID, "a header has a line break");
    AUTO(buf) struct buf line = {0};
    buf_append_fmt(&line, *value ? "%s: %s" : "%s;%s", name, value); /* libcurl's way to send an empty one */
    *list = curl_slist_append(*list, buf_str(&line));
    return NULL;
}

static struct err *build_headers(const struct http_call *call, bool has_body, struct curl_slist **list)
{
    if (has_body)
        TRY(add_header(list, "Content-Type", call->content_type ? call->content_type : "application/json"));
    *list = curl_slist_append(*list, "Expect:");
    if (call->bearer) {
        AUTO(buf) struct buf value = {0};
        buf_append_fmt(&value, "Bearer %s", call->bearer);
        TRY(add_header(list, "Authorization", buf_str(&value)));
    }
    for (size_t i = 0; i < call->header_count; i++)
        TRY(add_header(list, call->headers[i].name, call->headers[i].value));
    return NULL;
}

static bool is_loopback(const char *host)
{
    return !strcmp(host, "localhost") || !strcmp(host, "[::1]") || !strncmp(host, "127.", 4);
}

static struct err *check_url(const char *url, bool *loopback)
{
    CURLU *parsed = curl_url();
    char *scheme = NULL, *host = NULL;
    bool good = !curl_url_set(parsed, CURLUPART_URL, url, 0) && !curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) &&
                !curl_url_get(parsed, CURLUPART_HOST, &host, 0) && (!strcmp(scheme, "http") || !strcmp(scheme, "https"));
    *loopback = good && is_loopback(host);
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(parsed);
    return good ? NULL : err_new(ERR_INVALID, "`%s` is not a URL to call, expected http:// or https://", url);
}

/* The list for CURLOPT_CONNECT_TO that sends any host and port of the call to its address and the same port: the certificate and
 * the Host header stay the URL's, and nothing is left in the client's name cache. */
static struct err *build_route(const struct http_call *call, struct curl_slist **list)
{
    uint8_t bytes[sizeof(struct in6_addr)];
    AUTO(buf) struct buf route = {0};
    bool v4 = inet_pton(AF_INET, call->address, bytes) == 1;
    if (!v4 && inet_pton(AF_INET6, call->address, bytes) != 1)
        return err_new(ERR_INVALID, "`%s` is not a numeric address", call->address);
    buf_append_fmt(&route, v4 ? "::%s:" : "::[%s]:", call->address);
    *list = curl_slist_append(NULL, buf_str(&route));
    return NULL;
}

static void set_options(CURL *easy, const struct http_call *call, struct transfer *t, struct curl_slist *headers, bool loopback)
{
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* a part of it may be a stranger's text, and ".." be one */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->failure);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(call->timeout_ms ? call->timeout_ms : DEFAULT_TIMEOUT_MS));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "outlayer");
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, t->route);
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, call->unix_socket);
    if (loopback || call->address || call->unix_socket)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (!strcmp(call->method, "HEAD"))
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
}

static bool sends_body(const struct http_call *call)
{
    return call->body.len || !strcmp(call->method, "POST") || !strcmp(call->method, "PUT");
}

static void set_body(CURL *easy, const struct http_call *call)
{
    if (sends_body(call)) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.len ? (const char *)call->body.ptr : "");
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}

/* Runs until the transfer ends or the client is interrupted. */
static CURLcode run_transfer(struct http_client *c)
{
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    int running = 1;
    curl_multi_add_handle(c->multi, c->easy);
    while (running && !atomic_load(&c->interrupted)) {
        if (curl_multi_perform(c->multi, &running) || (running && curl_multi_poll(c->multi, NULL, 0, POLL_MS, NULL)))
            break;
    }
    int left;
    for (CURLMsg *m; !running && (m = curl_multi_info_read(c->multi, &left));) {
        if (m->msg == CURLMSG_DONE)
            result = m->data.result;
    }
    curl_multi_remove_handle(c->multi, c->easy);
    return result;
}

static struct err *transfer_error(const struct http_client *c, const struct http_call *call, const struct transfer *t,
                                  CURLcode result)
{
    if (t->over)
        return err_new(ERR_LIMIT, "the answer of %s is longer than %zu bytes", call->url, t->max_len);
    if (atomic_load(&c->interrupted))
        return err_new(ERR_UNAVAILABLE, "calling %s: interrupted, this service is stopping", call->url);
    return err_new(ERR_UNAVAILABLE, "calling %s: %s", call->url, t->failure[0] ? t->failure : curl_easy_strerror(result));
}

struct err *http_client_call(struct http_client *c, const struct http_call *call, struct http_answer *out)
{
    bool loopback = false;
    struct curl_slist *headers = NULL;
    out->status = 0;
    buf_clear(&out->body);
    TRY(check_url(call->url, &loopback));
    struct transfer t = {.body = &out->body, .max_len = call->max_answer_len ? call->max_answer_len : DEFAULT_ANSWER_LEN};
    struct err *e = build_headers(call, sends_body(call), &headers);
    if (!e && call->address)
        e = build_route(call, &t.route);
    if (!e) {
        set_options(c->easy, call, &t, headers, loopback);
        set_body(c->easy, call);
        CURLcode result = run_transfer(c);
        long status = 0;
        curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
        out->status = (int)status;
        e = result == CURLE_OK ? NULL : transfer_error(c, call, &t, result);
        curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, NULL);
    }
    curl_slist_free_all(headers);
    curl_slist_free_all(t.route);
    return e;
}

static enum err_code code_of(int status)
{
    switch (status) {
    case 401:
    case 403:
        return ERR_DENIED;
    case 404:
        return ERR_NOT_FOUND;
    case 409:
        return ERR_CONFLICT;
    case 413:
    case 429:
        return ERR_LIMIT;
    case 408:
        return ERR_UNAVAILABLE;
    default:
        return status >= 500 ? ERR_UNAVAILABLE : ERR_INVALID;
    }
}

struct err *http_expect(const struct http_answer *a, const char *what)
{
    if (a->status >= 200 && a->status < 300)
        return NULL;
    struct slice start = slice_first(buf_slice(&a->body), EXCERPT_LEN);
    return err_new(code_of(a->status), "%s: status %d: %.*s", what, a->status, SLICE_FMT(start));
}

/* HTTP/1.1 server on libevent: several event loops share one listening socket, handlers answer at once or later.
 *
 * A handler runs on one of the loop threads. It must not block for long: it either answers with http_reply before it returns, or
 * keeps the exchange and answers from any thread (long poll, a reply that waits for a block). Whoever keeps an exchange answers it
 * exactly once, always: until then it and all slices taken from it stay valid, even when the peer has gone, the deadline has
 * passed or the server has stopped (the late answer is then dropped). A peer whose exchange is not answered by its deadline gets 503.
 *
 *     loop thread                                   any thread
 *     accept → read → route → handler ──keeps x──▶  … http_reply(x)
 *        ▲                        └─ http_reply(x)       │ the loop's reply queue, woken by an eventfd
 *        └──────────────────────── write ◀──────────────┘
 *
 * The server itself answers 404 and 405 for what no route takes, 413 for a body over the limit, 400 for a request that is not
 * HTTP, whose header is over the limit, that has a broken escape in its target or two ways to measure its body, 408 for one whose
 * bytes do not all arrive in `read_timeout_s`, 501 for other methods, all but the 408 with a JSON body. Connections are kept alive and pipelined requests answered
 * in order.
 *
 * Starting a server makes the process ignore SIGPIPE.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <sys/types.h>

struct http_server;
struct http_exchange;

enum http_method { HTTP_GET = 1, HTTP_POST = 2, HTTP_PUT = 4, HTTP_DELETE = 8, HTTP_OPTIONS = 16, HTTP_HEAD = 32 };

typedef void http_handler(struct http_exchange *x, void *context);

/* Appends the JSON body that tells a peer why its bytes were refused before any handler saw them. `why` is plain ASCII text without
 * quotes. */
typedef void http_refusal(const char *why, struct buf *body);

struct http_route {
    enum http_method methods; /* or-ed */
    const char *path;         /* "/jobs/claim"; a segment in braces matches any one segment: "/wasm/{hash}" */
    http_handler *handler;
};

struct http_server_config {
    const char *address;       /* "127.0.0.1"; loopback unless the operator says otherwise */
    uint16_t port;             /* 0: any free one */
    unsigned loops;            /* threads; 0: one a core, at most 4 */
    size_t max_header_len;     /* bytes, 0: 16 KiB */
    size_t max_body_len;       /* bytes, 0: 1 MiB */
    unsigned read_timeout_s;   /* from a request's first byte to its last, and for an idle connection; 0: 30 */
    unsigned answer_timeout_s; /* 0: 120 */
    unsigned max_connections;  /* more wait unaccepted; 0: 4096, and never over half of the descriptors this process may open */
    const char *unknown_body;  /* of the 404 for a path without a route, as JSON; NULL: an {"error":…} that names the path */
    http_refusal *refusal;     /* of 400, 413 and 501; NULL: an {"error":…} */
    bool cors;                 /* answers preflights and lets any origin read, as a NEAR node does */
    const struct http_route *routes;
    size_t route_count;
    void *context; /* handed to every handler */
};

/* Binds, starts the loops and serves. ERR_CONFLICT when the port is taken (the text says which). */
struct err *http_server_start(const struct http_server_config *config, struct http_server **out);

uint16_t http_server_port(const struct http_server *s);

/* Takes no new connections, waits up to `grace_ms` for exchanges under way, answers 503 to what is left, closes and frees. Not from
 * a handler. NULL is fine. */
void http_server_stop(struct http_server *s, unsigned grace_ms);

/* What was asked. Slices live until the exchange is answered. */
enum http_method http_request_method(const struct http_exchange *x);
/* The path as it came, escapes included, without the query. */
struct slice http_request_path(const struct http_exchange *x);
struct slice http_request_body(const struct http_exchange *x);
/* A header by its lower- or upper-case name; an empty slice with NULL pointer when it is missing. */
struct slice http_request_header(const struct http_exchange *x, const char *name);
/* The decoded value of a query parameter; NULL pointer when it is missing. */
struct slice http_request_query(struct http_exchange *x, const char *name);
/* The decoded value of the route's `{name}` segment. */
struct slice http_request_segment(struct http_exchange *x, const char *name);
/* The peer's address as text. */
const char *http_request_peer(const struct http_exchange *x);

/* Whether the peer of a kept exchange has closed its connection, as far as the loop has noticed: whoever has something to give
 * that may be given once looks before giving. The exchange is still to be answered. Callable from any thread. */
bool http_peer_is_gone(const struct http_exchange *x);

/* Adds a header to the answer; call before http_reply. */
void http_reply_header(struct http_exchange *x, const char *name, const char *value);

/* Answers and gives the exchange up; callable from any thread. `content_type` NULL means application/json. */
void http_reply(struct http_exchange *x, int status, const char *content_type, struct slice body);

/* Answers an error: the status of its code and {"error":"<text>"}; takes ownership of `e`. A BUG's text goes to the log only. */
void http_reply_err(struct http_exchange *x, struct err *e);

/* The status of an error code (base/err.h). */
int http_status_of(enum err_code code);

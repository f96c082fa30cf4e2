/* HTTP client on libcurl: one call, one bounded answer. A client keeps its connections and is used by one thread at a time.
 *
 * ERR_UNAVAILABLE: no answer (refused, timed out, broken off). ERR_LIMIT: the body is over the bound. ERR_INVALID: the call itself
 * (a URL that is not http or https, a line break in a header, an address that is none). Any status is an answer, not an error; http_expect turns what is
 * not 2xx into one. Redirects are not followed. The usual proxy variables of the environment are honoured, except for loopback
 * addresses. Making a client makes the process ignore SIGPIPE.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct http_client;

struct http_header {
    const char *name, *value;
};

struct http_call {
    const char *method;       /* "GET", "POST", "PUT"… */
    const char *url;          /* http or https; the path goes out as it stands */
    struct slice body;        /* sent when it is not empty, and always with POST and PUT */
    const char *content_type; /* NULL: application/json when there is a body */
    const char *bearer;       /* Authorization: Bearer …; NULL: none */
    const char
        *address; /* numeric; connect there, past name service and proxies, whatever the URL's host is; NULL: resolve it */
    const char *unix_socket; /* connect to the socket at this path, whatever the URL's host is; NULL: over the network */
    const struct http_header *headers;
    size_t header_count;
    size_t max_answer_len; /* bytes, 0: 16 MiB */
    unsigned timeout_ms;   /* whole call, 0: 30 s */
};

struct http_answer {
    int status;
    struct buf body;
};

void http_answer_free(struct http_answer *a);

static inline void auto_http_answer(struct http_answer *a)
{
    http_answer_free(a);
}

struct err *http_client_new(struct http_client **out);
void http_client_free(struct http_client *c);

static inline void auto_http_client(struct http_client **c)
{
    http_client_free(*c);
}

/* `*out` is to be freed in every case, and may have held an earlier answer. */
struct err *http_client_call(struct http_client *c, const struct http_call *call, struct http_answer *out);

/* Ends the call under way, if any, and every later one with ERR_UNAVAILABLE. The one function that any thread may call: how a
 * service that stops gets its long polls back. */
void http_client_interrupt(struct http_client *c);

/* NULL for a 2xx answer; otherwise an error with the code the status stands for and the start of the body in its text. */
struct err *http_expect(const struct http_answer *a, const char *what);

/* What outbound.c (handles, waiting) and outbound_transfer.c (one exchange and libcurl) share. Private to the two. */
#pragma once
#include "net/outbound.h"
#include <curl/curl.h>

enum {
    OUTBOUND_SEND_MAX = 256 * 1024,    /* bytes of a request's body that wait to be sent */
    OUTBOUND_RECEIVE_MAX = 256 * 1024, /* bytes of an answer's body that wait to be read; then the peer waits */
    OUTBOUND_PIECE_LEN = 128 * 1024,   /* bytes that libcurl reads at a time */
    OUTBOUND_HEAD_MAX = 128 * 1024,    /* bytes of header lines, both ways */
};

struct outbound_exchange {
    struct outbound_exchange *next;
    struct outbound *owner;
    uint32_t handle;
    CURL *easy;
    struct curl_slist *headers, *resolve;
    struct egress_route route;
    char failure[CURL_ERROR_SIZE];
    bool added; /* to the owner's multi handle */

    /* the request's body */
    bool has_body, finished, send_paused;
    bool has_len;
    uint64_t len, written;
    struct buf out;
    size_t out_at;
    struct curl_slist *out_trailers;

    /* the answer */
    struct buf head, in, trailers;
    size_t in_at;
    unsigned status;
    bool has_head, receive_paused;

    uint64_t head_until_ns, own_head_until_ns; /* the run's bound and the program's; 0: none */
    uint64_t gap_ns, last_byte_ns;
    bool done;
    struct err *fault; /* for good */
};

struct outbound {
    struct outbound_config config; /* defaults filled in */
    CURLM *multi;
    struct outbound_exchange *exchanges;
    uint32_t requests, open;
    uint64_t sent_len, received_len;
    unsigned timeouts;
    bool happened; /* a callback has changed something since outbound_step began */
};

/* Fails an exchange for good, unless it has already; takes `e`. */
void outbound_fail(struct outbound_exchange *x, struct err *e);

/* Sets up libcurl's side of an exchange from a judged request. */
struct err *outbound_prepare(struct outbound_exchange *x, const struct url *url, const struct outbound_request *request);

/* What libcurl says of a finished transfer. */
void outbound_finish_transfer(struct outbound_exchange *x, CURLcode code);

/* Reads `content-length` among header lines. *found false: there is none. */
struct err *outbound_read_length(struct slice headers, bool *found, uint64_t *len);

/* Lines of trailers as libcurl has them. */
struct err *outbound_add_lines(struct slice lines, struct curl_slist **list);

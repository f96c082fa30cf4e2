/* The HTTP of one run of a stranger's program: exchanges that go on side by side, bodies that stream both ways, and bounds on all of it.
 *
 *     outbound_open ─► outbound_write … outbound_finish ─► outbound_head ─► outbound_read … ─► outbound_close
 *                      (requests with a body)
 *
 * HTTP/1.1. Every request is judged (net/egress.h) and goes to an address that was; certificates are checked; redirects are answers;
 * nothing is decompressed; proxies and cookies do not exist. Connections are kept within a run where a request has no body, and end
 * with it. One thread at a time; what is under way goes on while one of these functions waits, and in outbound_idle.
 *
 * Errors are for the program and begin with an error code of wasi:http: "connection-refused: …". ERR_INVALID: the call is wrong
 * (unknown handle, out of order, a header that is none); ERR_DENIED: judged; ERR_LIMIT: a bound of the run; ERR_UNAVAILABLE: the
 * exchange has failed.
 */
#pragma once
#include "net/egress.h"

struct outbound;
struct pollfd;

struct outbound_config {
    struct egress_policy policy; /* what it points to outlives the run */
    uint32_t max_requests;       /* allowed or not, 0: 1000 */
    uint32_t max_open;           /* at a time, 0: 32; those that have failed or whose answer is here are not */
    uint64_t max_sent_len;       /* bytes of bodies in the whole run, 0: 64 MiB */
    uint64_t max_received_len;   /* the same of answers, 0: 64 MiB */
    uint64_t head_timeout_ms;    /* from opening to the answer's head, 0: 30 s */
    const char *ca_file;         /* certificates to trust instead of the machine's; NULL */
    /* Told of every request. */
    void (*record)(void *self, const struct egress_record *record);
    void *self;
};

struct err *outbound_new(const struct outbound_config *config, struct outbound **out);
void outbound_free(struct outbound *o);

static inline void auto_outbound(struct outbound **o)
{
    outbound_free(*o);
}

/* Until when a function may wait, and a descriptor that becomes readable when nobody needs the answer any more (-1: none). */
struct outbound_wait {
    uint64_t deadline_ns; /* monotonic */
    int gone;
};

struct outbound_request {
    struct slice method, url;
    struct slice headers;                 /* lines `name: value`, each with a line feed behind it */
    bool has_body;                        /* of the length in `content-length`, else chunked */
    uint64_t connect_ms, head_ms, gap_ms; /* the program's own bounds; 0: none */
};

/* Starts a request. *handle is 1 and up. */
struct err *outbound_open(struct outbound *o, const struct outbound_request *request, const struct outbound_wait *wait,
                          uint32_t *handle);

/* Bytes of the request's body; waits until all have a place. After the answer is complete they go nowhere. */
struct err *outbound_write(struct outbound *o, uint64_t handle, struct slice bytes, const struct outbound_wait *wait);

/* The body is complete; `trailers` are lines as headers (chunked bodies only, otherwise left out). */
struct err *outbound_finish(struct outbound *o, uint64_t handle, struct slice trailers);

/* Waits for the answer's head and appends its lines. `wait` NULL: *status is 0 when it is not there. */
struct err *outbound_head(struct outbound *o, uint64_t handle, const struct outbound_wait *wait, unsigned *status,
                          struct buf *lines);

/* Waits for bytes of the answer's body or its end and appends at most `max_len` of them; *end: these were the last. `wait` NULL: none
 * are taken when none are there. */
struct err *outbound_read(struct outbound *o, uint64_t handle, size_t max_len, const struct outbound_wait *wait,
                          struct buf *bytes, bool *end);

/* The lines behind the body; none before its end. */
struct err *outbound_trailers(struct outbound *o, uint64_t handle, struct buf *lines);

enum outbound_event { OUTBOUND_ROOM = 1, OUTBOUND_HEAD, OUTBOUND_BYTES };

/* Room that is there when OUTBOUND_ROOM is. */
enum { OUTBOUND_ROOM_LEN = 64 * 1024 };

/* Whether it has come; a failed exchange is ready for everything. */
struct err *outbound_ready(struct outbound *o, uint64_t handle, enum outbound_event event, bool *ready);

/* Lets everything go on until something has happened, `until_ns` at the latest. False: the time is over, or nobody needs it. */
bool outbound_step(struct outbound *o, uint64_t until_ns, const struct outbound_wait *wait);

struct err *outbound_close(struct outbound *o, uint64_t handle);

/* How many requests had no head within the run's own bound. */
unsigned outbound_timeouts(const struct outbound *o);

/* Waits for `p` as ppoll does, and lets everything go on meanwhile. */
void outbound_idle(struct outbound *o, struct pollfd *p, uint64_t timeout_ns);

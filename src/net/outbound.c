#include "net/outbound.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/http_field.h"
#include "net/http_process.h"
#include "net/outbound_internal.h"
#include <poll.h>
#include <string.h>
#include <time.h>

enum {
    DEFAULT_REQUESTS = 1000,
    DEFAULT_OPEN = 32,
    DEFAULT_BODY_LEN = 64 << 20,
    DEFAULT_HEAD_MS = 30 * 1000,
    METHOD_MAX = 40,
    STEP_MS = 1000, /* libcurl's own timers shorten it */
};

struct err *outbound_new(const struct outbound_config *config, struct outbound **out)
{
    http_prepare_process();
    struct outbound *o = mem_calloc(1, sizeof *o);
    o->config = *config;
    o->config.max_requests = config->max_requests ? config->max_requests : DEFAULT_REQUESTS;
    o->config.max_open = config->max_open ? config->max_open : DEFAULT_OPEN;
    o->config.max_sent_len = config->max_sent_len ? config->max_sent_len : DEFAULT_BODY_LEN;
    o->config.max_received_len = config->max_received_len ? config->max_received_len : DEFAULT_BODY_LEN;
    o->config.head_timeout_ms = config->head_timeout_ms ? config->head_timeout_ms : DEFAULT_HEAD_MS;
    o->multi = curl_multi_init();
    if (!o->multi) {
        mem_free(o);
        return err_new(ERR_BUG, "libcurl does not start");
    }
    *out = o;
    return NULL;
}

/* The connection, and what it needed: an exchange without it is no longer open. */
static void let_go(struct outbound_exchange *x)
{
    if (!x->easy)
        return;
    if (x->added)
        curl_multi_remove_handle(x->owner->multi, x->easy);
    x->added = false;
    curl_easy_cleanup(x->easy);
    x->easy = NULL;
    curl_slist_free_all(x->headers);
    curl_slist_free_all(x->resolve);
    curl_slist_free_all(x->out_trailers);
    x->headers = x->resolve = x->out_trailers = NULL;
    buf_free(&x->out);
    x->out_at = 0;
}

static void exchange_free(struct outbound_exchange *x)
{
    let_go(x);
    buf_free(&x->head);
    buf_free(&x->in);
    buf_free(&x->trailers);
    err_free(x->fault);
    mem_free(x);
}

/* Exchanges that have failed, or whose answer is here, wait for their reading and closing only; programs that leave it to a collector of
 * garbage may be late with it. What is here is bounded by what the run may receive. */
static void let_go_of_the_over(struct outbound *o)
{
    for (struct outbound_exchange *x = o->exchanges; x; x = x->next) {
        if (x->easy && x->done) {
            let_go(x);
            o->open--;
        }
    }
}

void outbound_free(struct outbound *o)
{
    if (!o)
        return;
    while (o->exchanges) {
        struct outbound_exchange *x = o->exchanges;
        o->exchanges = x->next;
        exchange_free(x);
    }
    curl_multi_cleanup(o->multi);
    mem_free(o);
}

unsigned outbound_timeouts(const struct outbound *o)
{
    return o->timeouts;
}

static struct err *find(struct outbound *o, uint64_t handle, struct outbound_exchange **out)
{
    for (struct outbound_exchange *x = o->exchanges; x; x = x->next) {
        if (x->handle == handle) {
            *out = x;
            return NULL;
        }
    }
    return err_new(ERR_INVALID, "internal-error: there is no exchange %llu", (unsigned long long)handle);
}

/* A copy of what an exchange has failed with. */
static struct err *fault_of(const struct outbound_exchange *x)
{
    return x->fault ? err_new(err_code(x->fault), "%s", err_text(x->fault)) : NULL;
}

/* --- letting things go on ------------------------------------------------------------------------------------------------------ */

static void take_finished(struct outbound *o)
{
    int left = 0;
    for (CURLMsg *m; (m = curl_multi_info_read(o->multi, &left));) {
        struct outbound_exchange *x = NULL;
        if (m->msg != CURLMSG_DONE || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x) || !x)
            continue;
        outbound_finish_transfer(x, m->data.result);
        curl_multi_remove_handle(o->multi, x->easy);
        x->added = false;
    }
}

/* Ends an exchange whose time is over. */
static void expire(struct outbound_exchange *x, const char *text)
{
    outbound_fail(x, err_new(ERR_UNAVAILABLE, "%s", text));
    if (x->added)
        curl_multi_remove_handle(x->owner->multi, x->easy);
    x->added = false;
    x->done = true;
}

static uint64_t gap_until(const struct outbound_exchange *x)
{
    bool waiting = x->has_head && !x->done && x->gap_ns && !x->receive_paused && x->in.len == x->in_at;
    return waiting ? x->last_byte_ns + x->gap_ns : 0;
}

static void check_times(struct outbound *o, uint64_t now)
{
    for (struct outbound_exchange *x = o->exchanges; x; x = x->next) {
        if (x->fault || x->done)
            continue;
        if (!x->has_head && now >= x->head_until_ns) {
            o->timeouts++;
            expire(x, "connection-timeout: no answer within the run's bound");
        } else if (!x->has_head && x->own_head_until_ns && now >= x->own_head_until_ns) {
            expire(x, "connection-read-timeout: no answer within the program's own bound");
        } else if (gap_until(x) && now >= gap_until(x)) {
            expire(x, "connection-read-timeout: the answer pauses for longer than the program's own bound");
        }
    }
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return b && b < a ? b : a;
}

/* When check_times has something to do at the latest. */
static uint64_t next_time(const struct outbound *o, uint64_t until_ns)
{
    for (const struct outbound_exchange *x = o->exchanges; x; x = x->next) {
        if (x->fault || x->done)
            continue;
        if (!x->has_head)
            until_ns = sooner(sooner(until_ns, x->head_until_ns), x->own_head_until_ns);
        until_ns = sooner(until_ns, gap_until(x));
    }
    return until_ns;
}

static int ms_until(uint64_t at_ns, uint64_t now)
{
    uint64_t ms = at_ns > now ? (at_ns - now + NS_PER_MS - 1) / NS_PER_MS : 0;
    return ms < STEP_MS ? (int)ms : STEP_MS;
}

static void perform(struct outbound *o)
{
    int running = 0;
    curl_multi_perform(o->multi, &running);
    take_finished(o);
    check_times(o, clock_monotonic_ns(&clock_system));
}

bool outbound_step(struct outbound *o, uint64_t until_ns, const struct outbound_wait *wait)
{
    until_ns = wait->deadline_ns < until_ns ? wait->deadline_ns : until_ns;
    o->happened = false;
    for (;;) {
        struct curl_waitfd gone = {.fd = wait->gone, .events = CURL_WAIT_POLLIN};
        perform(o);
        uint64_t now = clock_monotonic_ns(&clock_system);
        if (o->happened)
            return true;
        if (now >= until_ns || gone.revents)
            return false;
        curl_multi_poll(o->multi, wait->gone >= 0 ? &gone : NULL, wait->gone >= 0, ms_until(next_time(o, until_ns), now), NULL);
        if (gone.revents)
            return false;
    }
}

static bool is_under_way(const struct outbound *o)
{
    for (const struct outbound_exchange *x = o->exchanges; x; x = x->next) {
        if (x->added)
            return true;
    }
    return false;
}

void outbound_idle(struct outbound *o, struct pollfd *p, uint64_t timeout_ns)
{
    uint64_t until_ns = clock_monotonic_ns(&clock_system) + timeout_ns;
    struct curl_waitfd peer = {.fd = p->fd};
    peer.events = (short)((p->events & POLLIN ? CURL_WAIT_POLLIN : 0) | (p->events & POLLOUT ? CURL_WAIT_POLLOUT : 0));
    p->revents = 0;
    if (!is_under_way(o)) {
        const struct timespec rest = {.tv_sec = (time_t)(timeout_ns / NS_PER_SEC), .tv_nsec = (long)(timeout_ns % NS_PER_SEC)};
        if (ppoll(p, 1, &rest, NULL) <= 0)
            p->revents = 0;
        return;
    }
    for (;;) {
        perform(o);
        if (poll(p, 1, 0) != 0)
            return;
        uint64_t now = clock_monotonic_ns(&clock_system);
        if (now >= until_ns)
            return;
        curl_multi_poll(o->multi, &peer, 1, ms_until(next_time(o, until_ns), now), NULL);
    }
}

/* Lets things go on until `x` is ready for `event`. Past the deadline nobody looks at the error. */
static bool is_ready(const struct outbound_exchange *x, enum outbound_event event)
{
    if (x->fault)
        return true;
    switch (event) {
    case OUTBOUND_ROOM:
        return x->done || x->out.len - x->out_at + OUTBOUND_ROOM_LEN <= OUTBOUND_SEND_MAX;
    case OUTBOUND_HEAD:
        return x->has_head;
    case OUTBOUND_BYTES:
        return x->in.len > x->in_at || x->done;
    }
    return true;
}

/* `wait` NULL: looks once. */
static struct err *await(struct outbound_exchange *x, enum outbound_event event, const struct outbound_wait *wait)
{
    if (!wait) {
        perform(x->owner);
        return NULL;
    }
    while (!is_ready(x, event)) {
        if (!outbound_step(x->owner, wait->deadline_ns, wait))
            return err_new(ERR_UNAVAILABLE, "connection-timeout: the run's time is over");
    }
    return NULL;
}

struct err *outbound_ready(struct outbound *o, uint64_t handle, enum outbound_event event, bool *ready)
{
    struct outbound_exchange *x = NULL;
    TRY(find(o, handle, &x));
    *ready = is_ready(x, event);
    return NULL;
}

/* --- one exchange -------------------------------------------------------------------------------------------------------------- */

static void record(const struct outbound *o, const struct url *url, const struct outbound_exchange *x, const struct err *denied)
{
    const struct egress_record r = {.host = url->host,
                                    .has_len = x->has_len,
                                    .len = x->len,
                                    .allowed = !denied,
                                    .reason = denied ? err_text(denied) : NULL};
    log_info("a program's request", LOG_STR("host", r.host), LOG_STR("verdict", r.allowed ? "allowed" : "refused"),
             LOG_STR("reason", r.reason ? r.reason : ""));
    if (o->config.record)
        o->config.record(o->config.self, &r);
}

static struct err *check_method(const struct outbound_request *request)
{
    bool head_with_body = request->has_body && slice_eq_str(request->method, "HEAD");
    if (!http_field_name_is_valid(request->method) || request->method.len > METHOD_MAX || head_with_body ||
        slice_eq_str(request->method, "CONNECT"))
        return err_new(ERR_INVALID, "HTTP-request-method-invalid: `%.*s`", SLICE_FMT(slice_first(request->method, METHOD_MAX)));
    return NULL;
}

/* Reads, judges and records one request. */
static struct err *judge(struct outbound *o, const struct outbound_request *request, const struct outbound_wait *wait,
                         struct url *url, struct outbound_exchange *x)
{
    uint64_t until_ns = clock_monotonic_ns(&clock_system) + o->config.head_timeout_ms * NS_PER_MS;
    TRY(check_method(request));
    TRY(outbound_read_length(request->headers, &x->has_len, &x->len));
    if (!request->has_body && x->has_len && x->len)
        return err_new(ERR_INVALID, "HTTP-request-body-size: content-length is %llu and there is no body",
                       (unsigned long long)x->len);
    const char *code = "HTTP-request-URI-invalid";
    struct err *denied = url_parse(request->url, url);
    if (!denied) {
        code = "internal-error";
        denied = egress_judge(&o->config.policy, url, sooner(until_ns, wait->deadline_ns), &x->route);
    }
    record(o, url, x, denied);
    return err_doing(denied, "%s", code);
}

static void start_clocks(struct outbound_exchange *x, const struct outbound_request *request)
{
    uint64_t now = clock_monotonic_ns(&clock_system);
    x->head_until_ns = now + x->owner->config.head_timeout_ms * NS_PER_MS;
    if (request->head_ms && request->head_ms < x->owner->config.head_timeout_ms)
        x->own_head_until_ns = now + request->head_ms * NS_PER_MS;
    if (request->gap_ms && request->gap_ms < UINT32_MAX)
        x->gap_ns = request->gap_ms * NS_PER_MS;
    x->last_byte_ns = now;
}

static struct err *start(struct outbound *o, struct outbound_exchange *x, const struct outbound_request *request,
                         const struct outbound_wait *wait)
{
    struct url url;
    x->owner = o;
    x->has_body = request->has_body;
    TRY(judge(o, request, wait, &url, x));
    TRY(outbound_prepare(x, &url, request));
    start_clocks(x, request);
    if (curl_multi_add_handle(o->multi, x->easy))
        return err_new(ERR_BUG, "internal-error: libcurl does not take the request");
    x->added = true;
    return NULL;
}

struct err *outbound_open(struct outbound *o, const struct outbound_request *request, const struct outbound_wait *wait,
                          uint32_t *handle)
{
    if (o->requests >= o->config.max_requests)
        return err_new(ERR_LIMIT, "HTTP-request-denied: this run has made its %u requests", o->config.max_requests);
    if (o->open >= o->config.max_open)
        let_go_of_the_over(o);
    if (o->open >= o->config.max_open)
        return err_new(ERR_LIMIT, "connection-limit-reached: %u exchanges are open, close one", o->config.max_open);
    o->requests++;
    struct outbound_exchange *x = mem_calloc(1, sizeof *x);
    struct err *e = start(o, x, request, wait);
    if (e) {
        exchange_free(x);
        return e;
    }
    x->handle = o->requests;
    x->next = o->exchanges;
    o->exchanges = x;
    o->open++;
    *handle = x->handle;
    perform(o); /* off it goes */
    return NULL;
}

/* Wakes what libcurl has put to sleep for want of bytes or of room. */
static void unpause(struct outbound_exchange *x)
{
    x->send_paused = x->receive_paused = false;
    if (x->added)
        curl_easy_pause(x->easy, CURLPAUSE_CONT);
}

static struct err *check_writable(struct outbound_exchange *x, size_t more)
{
    if (!x->has_body || x->finished)
        return err_new(ERR_INVALID, "internal-error: the request's body is complete");
    if (x->has_len && more > x->len - x->written)
        return err_new(ERR_INVALID, "HTTP-request-body-size: more bytes than the %llu of content-length",
                       (unsigned long long)x->len);
    if (more > x->owner->config.max_sent_len - x->owner->sent_len)
        return err_new(ERR_LIMIT, "HTTP-request-body-size: the requests of this run are longer than %llu bytes",
                       (unsigned long long)x->owner->config.max_sent_len);
    return NULL;
}

struct err *outbound_write(struct outbound *o, uint64_t handle, struct slice bytes, const struct outbound_wait *wait)
{
    struct outbound_exchange *x = NULL;
    TRY(find(o, handle, &x));
    TRY(check_writable(x, bytes.len));
    x->written += bytes.len;
    o->sent_len += bytes.len;
    while (bytes.len) {
        TRY(await(x, OUTBOUND_ROOM, wait));
        TRY(fault_of(x));
        if (x->done)
            return NULL;
        struct slice part = slice_first(bytes, OUTBOUND_SEND_MAX - (x->out.len - x->out_at));
        buf_append(&x->out, part);
        bytes = slice_skip(bytes, part.len);
        if (x->send_paused)
            unpause(x);
        perform(o);
    }
    return NULL;
}

struct err *outbound_finish(struct outbound *o, uint64_t handle, struct slice trailers)
{
    struct outbound_exchange *x = NULL;
    TRY(find(o, handle, &x));
    TRY(check_writable(x, 0));
    if (x->has_len && x->written < x->len) {
        expire(x, "HTTP-request-body-size: the body is shorter than content-length");
        return fault_of(x);
    }
    TRY(outbound_add_lines(trailers, &x->out_trailers));
    x->finished = true;
    if (x->send_paused)
        unpause(x);
    perform(o);
    return NULL;
}

struct err *outbound_head(struct outbound *o, uint64_t handle, const struct outbound_wait *wait, unsigned *status,
                          struct buf *lines)
{
    struct outbound_exchange *x = NULL;
    *status = 0;
    TRY(find(o, handle, &x));
    TRY(await(x, OUTBOUND_HEAD, wait));
    if (!x->has_head)
        return fault_of(x);
    *status = x->status;
    buf_append(lines, buf_slice(&x->head));
    return NULL;
}

struct err *outbound_read(struct outbound *o, uint64_t handle, size_t max_len, const struct outbound_wait *wait,
                          struct buf *bytes, bool *end)
{
    struct outbound_exchange *x = NULL;
    *end = false;
    TRY(find(o, handle, &x));
    TRY(await(x, OUTBOUND_BYTES, wait));
    if (wait && !x->done && x->in.len - x->in_at < max_len)
        perform(o); /* what has come meanwhile saves another call */
    struct slice part = slice_first(slice_skip(buf_slice(&x->in), x->in_at), max_len);
    if (part.len == 0)
        TRY(fault_of(x)); /* what came before it failed has been read */
    buf_append(bytes, part);
    x->in_at += part.len;
    if (x->receive_paused && x->in.len - x->in_at < OUTBOUND_RECEIVE_MAX / 2) {
        unpause(x);
        perform(o);
    }
    *end = x->done && !x->fault && x->in_at == x->in.len;
    return NULL;
}

struct err *outbound_trailers(struct outbound *o, uint64_t handle, struct buf *lines)
{
    struct outbound_exchange *x = NULL;
    TRY(find(o, handle, &x));
    TRY(fault_of(x));
    if (!x->done)
        return err_new(ERR_INVALID, "internal-error: the answer's body has not been read to its end");
    buf_append(lines, buf_slice(&x->trailers));
    return NULL;
}

struct err *outbound_close(struct outbound *o, uint64_t handle)
{
    for (struct outbound_exchange **at = &o->exchanges; *at; at = &(*at)->next) {
        struct outbound_exchange *x = *at;
        if (x->handle != handle)
            continue;
        *at = x->next;
        o->open -= x->easy != NULL;
        exchange_free(x);
        return NULL;
    }
    return err_new(ERR_INVALID, "internal-error: there is no exchange %llu", (unsigned long long)handle);
}

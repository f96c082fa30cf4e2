/* Sockets, loops and limits. What happens to a request is in http_exchange.c. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_internal.h"
#include <errno.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SWEEP_MS = 100,    /* how late a time-out may fire */
    STOP_SWEEP_MS = 5, /* how late a stop may notice that all is done */
    FLUSH_MS = 500,    /* how long the last answers may take to leave */
    BACKLOG = 1024,
    HELD_MAX = 64 << 10 /* bytes of following requests read while one is answered */
};

_Thread_local struct http_loop *http_current_loop;

static uint64_t now_ns(void)
{
    return clock_monotonic_ns(&clock_system);
}

static void set_connection_timeout(const struct http_loop *loop, struct bufferevent *bev)
{
    /* a little longer than the sweep's, whose 408 is the better answer */
    struct timeval limit = {.tv_sec = loop->server->config.read_timeout_s + 1};
    bufferevent_set_timeouts(bev, &limit, &limit);
}

/* Connections. */

static void map_fd(struct http_loop *loop, int fd, struct http_conn *conn)
{
    if ((size_t)fd >= loop->fd_room) {
        size_t room = (size_t)fd * 2 + 64;
        loop->conn_by_fd = mem_realloc(loop->conn_by_fd, room * sizeof *loop->conn_by_fd);
        memset(loop->conn_by_fd + loop->fd_room, 0, (room - loop->fd_room) * sizeof *loop->conn_by_fd);
        loop->fd_room = room;
    }
    loop->conn_by_fd[fd] = conn;
}

static void on_bytes(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_conn *conn = arg;
    (void)input;
    if (!info->n_added || conn->reading_since_ns || conn->answering)
        return;
    conn->reading_since_ns = now_ns();
    map_fd(conn->loop, bufferevent_getfd(conn->bev), conn);
}

static void on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_conn *conn = arg;
    (void)output;
    if (conn->loop->writing || !info->n_added || info->orig_size)
        return;
    conn->has_page = true;
    event_active(conn->loop->pages, EV_TIMEOUT, 0); /* runs before the loop looks whether the peer takes bytes */
}

static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
    struct http_loop *loop = arg;
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    struct http_conn *conn = mem_calloc(1, sizeof *conn);
    *conn = (struct http_conn){.next = loop->conns, .bev = bev, .loop = loop};
    loop->conns = conn;
    bufferevent_incref(bev);
    evbuffer_add_cb(bufferevent_get_input(bev), on_bytes, conn);
    evbuffer_add_cb(bufferevent_get_output(bev), on_output, conn);
    if (++loop->conn_count >= loop->server->config.max_connections && loop->listener)
        evconnlistener_disable(evhttp_bound_socket_get_listener(loop->listener));
    return bev;
}

struct http_conn *http_conn_of(struct http_loop *loop, struct evhttp_request *wire)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(wire);
    if (!connection)
        return NULL;
    struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
    int fd = bufferevent_getfd(bev);
    struct http_conn *conn = fd >= 0 && (size_t)fd < loop->fd_room ? loop->conn_by_fd[fd] : NULL;
    return conn && conn->bev == bev ? conn : NULL;
}

void http_conn_hold(struct http_conn *conn)
{
    bufferevent_data_cb on_read, on_write;
    bufferevent_event_cb on_event;
    void *arg;
    conn->answering = true;
    conn->reading_since_ns = 0;
    bufferevent_getcb(conn->bev, &on_read, &on_write, &on_event, &arg);
    bufferevent_setcb(conn->bev, NULL, on_write, on_event, arg);
    bufferevent_setwatermark(conn->bev, EV_READ, 0, HELD_MAX);
    bufferevent_set_timeouts(conn->bev, NULL, NULL);
    bufferevent_enable(conn->bev, EV_READ);
}

void http_conn_release(struct http_conn *conn)
{
    conn->answering = false;
    conn->reading_since_ns = evbuffer_get_length(bufferevent_get_input(conn->bev)) ? now_ns() : 0;
    bufferevent_setwatermark(conn->bev, EV_READ, 0, 0);
    set_connection_timeout(conn->loop, conn->bev);
}

/* libevent clears the callbacks of a bufferevent it frees. */
static bool conn_is_gone(const struct http_conn *conn)
{
    bufferevent_event_cb on_event;
    bufferevent_getcb(conn->bev, NULL, NULL, &on_event, NULL);
    return !on_event;
}

static void conn_forget(struct http_conn **link)
{
    struct http_conn *conn = *link;
    struct http_loop *loop = conn->loop;
    int fd = bufferevent_getfd(conn->bev);
    *link = conn->next;
    if (fd >= 0 && (size_t)fd < loop->fd_room)
        loop->conn_by_fd[fd] = NULL;
    bufferevent_decref(conn->bev);
    mem_free(conn);
    if (loop->conn_count-- == loop->server->config.max_connections && loop->listener)
        evconnlistener_enable(evhttp_bound_socket_get_listener(loop->listener));
}

void http_refuse(const struct http_server *s, int status, const char *why, struct buf *body)
{
    AUTO(buf) struct buf text = {0};
    if (why)
        buf_append_str(&text, why);
    else if (status == 413)
        buf_append_fmt(&text, "the body is larger than %zu bytes", s->config.max_body_len);
    else if (status == 501)
        buf_append_str(&text, "this method is not known here");
    else
        buf_append_fmt(&text, "this is no HTTP request, or its header is larger than %zu bytes", s->config.max_header_len);
    if (s->config.refusal)
        s->config.refusal(buf_str(&text), body);
    else
        buf_append_fmt(body, "{\"error\":\"%s\"}", buf_str(&text));
}

/* libevent answers what it cannot read with a page for browsers. The page is still whole in the output, and goes for ours; libevent closes
 * the connection once that is sent. */
static void replace_page(struct http_conn *conn)
{
    AUTO(buf) struct buf body = {0};
    struct evbuffer *output = bufferevent_get_output(conn->bev);
    char start[16] = "";
    int status = 0;
    evbuffer_unfreeze(output, 1); /* libevent keeps the start of what it sends to itself */
    evbuffer_copyout(output, start, sizeof start - 1);
    bool is_refusal = sscanf(start, "HTTP/1.%*c %d", &status) == 1 && status >= 400;
    if (is_refusal)
        evbuffer_drain(output, evbuffer_get_length(output));
    evbuffer_freeze(output, 1);
    if (!is_refusal)
        return;
    http_refuse(conn->loop->server, status, NULL, &body);
    evbuffer_add_printf(
        output, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n%s",
        status,
        status == 413   ? "Payload Too Large"
        : status == 501 ? "Not Implemented"
                        : "Bad Request",
        body.len, conn->loop->server->config.cors ? "Access-Control-Allow-Origin: *\r\n" : "", buf_str(&body));
}

static void on_pages(evutil_socket_t fd, short what, void *arg)
{
    struct http_loop *loop = arg;
    (void)fd;
    (void)what;
    loop->writing = true;
    for (struct http_conn *conn = loop->conns; conn; conn = conn->next) {
        if (conn->has_page && !conn_is_gone(conn))
            replace_page(conn);
        conn->has_page = false;
    }
    loop->writing = false;
}

static void refuse_slow(struct http_conn *conn)
{
    static const char answer[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    ssize_t sent = send(bufferevent_getfd(conn->bev), answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)sent; /* a peer that does not take it is closed all the same */
    conn->reading_since_ns = 0;
    bufferevent_trigger_event(conn->bev, BEV_EVENT_TIMEOUT | BEV_EVENT_READING, 0);
}

/* Returns whether any answer has still to leave. */
static bool sweep_connections(struct http_loop *loop, uint64_t now)
{
    uint64_t limit_ns = loop->server->config.read_timeout_s * NS_PER_SEC;
    bool unsent = false;
    for (struct http_conn **link = &loop->conns; *link;) {
        struct http_conn *conn = *link;
        if (conn_is_gone(conn)) {
            conn_forget(link);
            continue;
        }
        if (conn->reading_since_ns && now - conn->reading_since_ns > limit_ns)
            refuse_slow(conn);
        unsent |= evbuffer_get_length(bufferevent_get_output(conn->bev)) > 0;
        link = &conn->next;
    }
    return unsent;
}

/* Loops. */

static const char stopping[] = "the service is stopping; try again";

static void give_up_live(struct http_loop *loop, uint64_t now, const char *why)
{
    for (struct http_exchange *x = loop->live; x; x = x->next) {
        if (x->wire && now >= x->deadline_ns)
            http_exchange_give_up(x, why);
    }
}

static bool any_awaited(const struct http_loop *loop)
{
    for (const struct http_exchange *x = loop->live; x; x = x->next) {
        if (x->wire)
            return true;
    }
    return false;
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct http_loop *loop = arg;
    uint64_t now = now_ns();
    (void)fd;
    (void)what;
    give_up_live(loop, now, "no answer in time; try again");
    if (loop->stop_ns && now >= loop->stop_ns)
        give_up_live(loop, UINT64_MAX, stopping);
    bool unsent = sweep_connections(loop, now);
    if (!loop->stop_ns)
        return;
    if ((!any_awaited(loop) && !unsent) || now >= loop->stop_ns + FLUSH_MS * NS_PER_MS)
        event_base_loopbreak(loop->base);
}

static void begin_stop(struct http_loop *loop, uint64_t stop_ns)
{
    struct timeval often = {.tv_usec = STOP_SWEEP_MS * 1000};
    loop->stop_ns = stop_ns;
    evhttp_del_accept_socket(loop->http, loop->listener);
    loop->listener = NULL;
    event_add(loop->sweep, &often);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct http_loop *loop = arg;
    eventfd_t count;
    (void)what;
    eventfd_read(fd, &count);
    pthread_mutex_lock(&loop->mutex);
    struct http_exchange *replies = loop->replies;
    loop->replies = NULL;
    loop->replies_tail = &loop->replies;
    uint64_t stop_ns = loop->stop_asked_ns;
    pthread_mutex_unlock(&loop->mutex);
    for (struct http_exchange *next; replies; replies = next) {
        next = replies->next_reply;
        http_exchange_finish(replies);
    }
    if (stop_ns && !loop->stop_ns)
        begin_stop(loop, stop_ns);
}

/* Afterwards an exchange that is still held belongs to its holder alone. */
static void close_loop(struct http_loop *loop)
{
    give_up_live(loop, UINT64_MAX, stopping);
    pthread_mutex_lock(&loop->mutex);
    loop->closed = true;
    struct http_exchange *replies = loop->replies;
    loop->replies = NULL;
    pthread_mutex_unlock(&loop->mutex);
    for (struct http_exchange *next; replies; replies = next) {
        next = replies->next_reply;
        http_exchange_drop(replies);
    }
    event_free(loop->wake);
    event_free(loop->sweep);
    event_free(loop->pages);
    evhttp_free(loop->http);
    event_base_loop(loop->base, EVLOOP_NONBLOCK); /* deferred callbacks hold references to bufferevents */
    while (loop->conns)
        conn_forget(&loop->conns);
    event_base_free(loop->base);
}

static void *run_loop(void *arg)
{
    struct http_loop *loop = arg;
    http_current_loop = loop;
    event_base_dispatch(loop->base);
    close_loop(loop);
    return NULL;
}

void http_loop_ref(struct http_loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
    loop->refs++;
    pthread_mutex_unlock(&loop->mutex);
}

void http_loop_unref(struct http_loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
    bool last = --loop->refs == 0;
    pthread_mutex_unlock(&loop->mutex);
    if (!last)
        return;
    close(loop->wake_fd);
    pthread_mutex_destroy(&loop->mutex);
    mem_free(loop->conn_by_fd);
    mem_free(loop);
}

static void configure_evhttp(struct http_loop *loop)
{
    const struct http_server_config *config = &loop->server->config;
    evhttp_set_max_headers_size(loop->http, (ev_ssize_t)config->max_header_len);
    evhttp_set_max_body_size(loop->http, (ev_ssize_t)config->max_body_len);
    evhttp_set_timeout(loop->http, (int)config->read_timeout_s + 1);
    evhttp_set_allowed_methods(loop->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
                                               EVHTTP_REQ_OPTIONS | EVHTTP_REQ_HEAD);
    evhttp_set_flags(loop->http, EVHTTP_SERVER_LINGERING_CLOSE);
    evhttp_set_default_content_type(loop->http, NULL);
    evhttp_set_bevcb(loop->http, on_connection, loop);
    evhttp_set_gencb(loop->http, http_exchange_begin, loop);
}

static struct http_loop *loop_new(struct http_server *s)
{
    struct timeval often = {.tv_usec = SWEEP_MS * 1000};
    struct http_loop *loop = mem_calloc(1, sizeof *loop);
    pthread_mutex_init(&loop->mutex, NULL);
    loop->server = s;
    loop->refs = 1;
    loop->replies_tail = &loop->replies;
    loop->base = event_base_new();
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->http = evhttp_new(loop->base);
    configure_evhttp(loop);
    loop->listener = evhttp_accept_socket_with_handle(loop->http, fcntl(s->listen_fd, F_DUPFD_CLOEXEC, 0));
    loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
    loop->sweep = event_new(loop->base, -1, EV_PERSIST, on_sweep, loop);
    loop->pages = event_new(loop->base, -1, 0, on_pages, loop);
    event_add(loop->wake, NULL);
    event_add(loop->sweep, &often);
    return loop;
}

/* The server. */

static void fill_defaults(struct http_server_config *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct rlimit files = {.rlim_cur = 1024};
    getrlimit(RLIMIT_NOFILE, &files);
    unsigned half = files.rlim_cur / 2 > 65536 ? 65536 : (unsigned)files.rlim_cur / 2;
    c->address = c->address ? c->address : "127.0.0.1";
    c->loops = c->loops ? c->loops : cores < 1 ? 1 : cores > 4 ? 4 : (unsigned)cores;
    c->max_header_len = c->max_header_len ? c->max_header_len : 16 << 10;
    c->max_body_len = c->max_body_len ? c->max_body_len : 1 << 20;
    c->read_timeout_s = c->read_timeout_s ? c->read_timeout_s : 30;
    c->answer_timeout_s = c->answer_timeout_s ? c->answer_timeout_s : 120;
    c->max_connections = c->max_connections ? c->max_connections : 4096;
    c->max_connections = (c->max_connections < half ? c->max_connections : half) / c->loops + 1; /* of one loop */
}

static struct err *listen_on(const char *address, uint16_t port, int *out)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found;
    char digits[8];
    snprintf(digits, sizeof digits, "%u", port);
    if (getaddrinfo(address, digits, &hints, &found))
        return err_new(ERR_INVALID, "`%s` is not an address to listen on, expected one such as 127.0.0.1 or ::1", address);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    struct err *e = NULL;
    /* accepted sockets inherit TCP_NODELAY: an answer must not wait for the peer's delayed acknowledgement */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) || bind(fd, found->ai_addr, found->ai_addrlen) ||
        listen(fd, BACKLOG)) {
        int cause = errno;
        enum err_code code = cause == EADDRINUSE ? ERR_CONFLICT : cause == EACCES ? ERR_DENIED : ERR_INVALID;
        e = err_errno(code, cause, "listening on port %u of %s", port, address);
        if (fd >= 0)
            close(fd);
    }
    freeaddrinfo(found);
    *out = fd;
    return e;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    char digits[NI_MAXSERV] = "0";
    getsockname(fd, (struct sockaddr *)&at, &len);
    getnameinfo((struct sockaddr *)&at, len, NULL, 0, digits, sizeof digits, NI_NUMERICSERV);
    return (uint16_t)atoi(digits);
}

static void on_libevent_log(int severity, const char *msg)
{
    log_write(severity >= EVENT_LOG_ERR ? LOG_ERROR : LOG_DEBUG, "libevent",
              (const struct log_field[]){LOG_STR("text", msg), {0}});
}

static void prepare_process(void)
{
    signal(SIGPIPE, SIG_IGN);
    event_set_log_callback(on_libevent_log);
}

/* Signals are the main thread's: a loop is started with all of them blocked. */
static void start_thread(struct http_loop *loop)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&loop->thread, NULL, run_loop, loop)) {
        log_error("cannot start a thread for an HTTP loop");
        abort();
    }
    pthread_setname_np(loop->thread, "http");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct err *http_server_start(const struct http_server_config *config, struct http_server **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct http_server_config filled = *config;
    fill_defaults(&filled);
    int fd = -1;
    TRY(listen_on(filled.address, filled.port, &fd));
    pthread_once(&once, prepare_process);
    struct http_server *s = mem_calloc(1, sizeof *s);
    *s = (struct http_server){.config = filled, .listen_fd = fd, .port = bound_port(fd)};
    s->loops = mem_calloc(filled.loops, sizeof *s->loops);
    for (unsigned i = 0; i < filled.loops; i++)
        s->loops[i] = loop_new(s);
    for (unsigned i = 0; i < filled.loops; i++)
        start_thread(s->loops[i]);
    *out = s;
    return NULL;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

void http_server_stop(struct http_server *s, unsigned grace_ms)
{
    if (!s)
        return;
    uint64_t stop_ns = now_ns() + grace_ms * NS_PER_MS;
    close(s->listen_fd);
    for (unsigned i = 0; i < s->config.loops; i++) {
        pthread_mutex_lock(&s->loops[i]->mutex);
        s->loops[i]->stop_asked_ns = stop_ns;
        eventfd_write(s->loops[i]->wake_fd, 1);
        pthread_mutex_unlock(&s->loops[i]->mutex);
    }
    for (unsigned i = 0; i < s->config.loops; i++) {
        pthread_join(s->loops[i]->thread, NULL);
        http_loop_unref(s->loops[i]);
    }
    mem_free(s->loops);
    mem_free(s);
}

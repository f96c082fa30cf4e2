/* For tests: a server on loopback that does with a connection what the request's path says, right or wrong. One thread a connection;
 * each ends by itself or when the server stops. */
#pragma once
#include "base/buf.h"
#include "base/test.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct raw_server;

struct raw_route {
    const char *path;
    const char *reply; /* sent as it stands, then the connection is closed; NULL: `act` */
    void (*act)(struct raw_server *s, int socket, struct slice request);
};

enum { RAW_THREADS_MAX = 128 };

struct raw_server {
    const struct raw_route *routes;
    size_t route_count;
    int listener;
    uint16_t port;
    char url[64]; /* "http://127.0.0.1:PORT" */
    atomic_bool stop;
    atomic_uint connections;
    pthread_t acceptor, threads[RAW_THREADS_MAX];
    atomic_size_t thread_count;
    pthread_mutex_t lock;
    struct buf last; /* request, head and what of its body came with it */
};

struct raw_connection {
    struct raw_server *server;
    int socket;
};

static inline bool raw_send(struct raw_server *s, int socket, struct slice bytes)
{
    while (bytes.len && !atomic_load(&s->stop)) {
        struct pollfd p = {.fd = socket, .events = POLLOUT};
        if (poll(&p, 1, 50) <= 0)
            continue;
        ssize_t put = send(socket, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put <= 0)
            return false;
        bytes = slice_skip(bytes, (size_t)put);
    }
    return bytes.len == 0;
}

/* More bytes of the peer; false at its end and when the server stops. */
static inline bool raw_receive(struct raw_server *s, int socket, struct buf *out)
{
    char bytes[16384];
    while (!atomic_load(&s->stop)) {
        struct pollfd p = {.fd = socket, .events = POLLIN};
        if (poll(&p, 1, 50) <= 0)
            continue;
        ssize_t got = recv(socket, bytes, sizeof bytes, 0);
        if (got <= 0)
            return false;
        buf_append(out, slice_from(bytes, (size_t)got));
        return true;
    }
    return false;
}

static inline bool raw_has(const struct buf *b, const char *text)
{
    return b->len && memmem(b->ptr, b->len, text, strlen(text));
}

/* Whether head and body, by its length or its chunks, are there. */
static inline bool raw_is_whole(struct buf *request)
{
    const char *head = buf_str(request), *end = strstr(head, "\r\n\r\n"), *len = strcasestr(head, "\r\ncontent-length:");
    if (!end)
        return false;
    if (strcasestr(head, "\r\ntransfer-encoding: chunked"))
        return request->len > 5 && raw_has(request, "\r\n0\r\n") && !memcmp(request->ptr + request->len - 4, "\r\n\r\n", 4);
    size_t body = len && len < end ? (size_t)strtoul(len + 17, NULL, 10) : 0;
    return request->len >= (size_t)(end + 4 - head) + body;
}

/* Reads the rest of a request. */
static inline bool raw_read_whole(struct raw_server *s, int socket, struct buf *request)
{
    while (!raw_is_whole(request)) {
        if (!raw_receive(s, socket, request))
            return false;
    }
    return true;
}

static inline void *raw_serve(void *arg)
{
    struct raw_connection *c = arg;
    struct raw_server *s = c->server;
    AUTO(buf) struct buf request = {0};
    bool open = true;
    while (open && !raw_has(&request, "\r\n\r\n")) {
        open = raw_receive(s, c->socket, &request);
        if (open && request.ptr[0] < 'A') /* TLS, say */
            open = raw_send(s, c->socket, SLICE("HTTP/1.1 400 Bad Request\r\n\r\n")) && false;
    }
    pthread_mutex_lock(&s->lock);
    buf_clear(&s->last);
    buf_append(&s->last, buf_slice(&request));
    pthread_mutex_unlock(&s->lock);
    struct slice path, rest = slice_cut(buf_slice(&request), ' ', &path);
    slice_cut(rest, ' ', &path);
    for (size_t i = 0; open && i < s->route_count; i++) {
        if (!slice_eq_str(path, s->routes[i].path))
            continue;
        if (s->routes[i].act)
            s->routes[i].act(s, c->socket, buf_slice(&request));
        else if (raw_read_whole(s, c->socket, &request))
            raw_send(s, c->socket, slice_str(s->routes[i].reply));
        break;
    }
    close(c->socket);
    free(c);
    return NULL;
}

static inline void *raw_accept(void *arg)
{
    struct raw_server *s = arg;
    while (!atomic_load(&s->stop)) {
        struct pollfd p = {.fd = s->listener, .events = POLLIN};
        if (poll(&p, 1, 50) <= 0 || atomic_load(&s->thread_count) == RAW_THREADS_MAX)
            continue;
        struct raw_connection *c = malloc(sizeof *c);
        *c = (struct raw_connection){s, accept(s->listener, NULL, NULL)};
        atomic_fetch_add(&s->connections, 1);
        pthread_create(&s->threads[atomic_fetch_add(&s->thread_count, 1)], NULL, raw_serve, c);
    }
    return NULL;
}

static inline void raw_start(struct raw_server *s, const struct raw_route *routes, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    *s = (struct raw_server){.routes = routes, .route_count = count};
    pthread_mutex_init(&s->lock, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->listener, 64), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &len), 0);
    s->port = ntohs(address.sin_port);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", s->port);
    pthread_create(&s->acceptor, NULL, raw_accept, s);
}

static inline void raw_stop(struct raw_server *s)
{
    atomic_store(&s->stop, true);
    pthread_join(s->acceptor, NULL);
    for (size_t i = 0; i < atomic_load(&s->thread_count); i++)
        pthread_join(s->threads[i], NULL);
    close(s->listener);
    pthread_mutex_destroy(&s->lock);
    buf_free(&s->last);
}

/* --- what a hostile server does ------------------------------------------------------------------------------------------------- */

/* Sends the request back as the body. */
static inline void raw_echo(struct raw_server *s, int socket, struct slice request)
{
    AUTO(buf) struct buf whole = {0}, head = {0};
    buf_append(&whole, request);
    if (!raw_read_whole(s, socket, &whole))
        return;
    buf_append_fmt(&head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", whole.len);
    raw_send(s, socket, buf_slice(&head));
    raw_send(s, socket, buf_slice(&whole));
}

static inline void raw_silence(struct raw_server *s, int socket, struct slice request)
{
    (void)socket, (void)request;
    while (!atomic_load(&s->stop))
        usleep(10000);
}

/* A head, and then a byte now and then for ever. */
static inline void raw_trickle(struct raw_server *s, int socket, struct slice request)
{
    (void)request;
    bool open = raw_send(s, socket, SLICE("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"));
    while (open && !atomic_load(&s->stop)) {
        open = raw_send(s, socket, SLICE("x"));
        usleep(20000);
    }
}

/* A head and bytes without end. */
static inline void raw_flood(struct raw_server *s, int socket, struct slice request)
{
    static char bytes[65536];
    (void)request;
    bool open = raw_send(s, socket, SLICE("HTTP/1.1 200 OK\r\n\r\n"));
    while (open)
        open = raw_send(s, socket, slice_from(bytes, sizeof bytes));
}

/* Header lines without end. */
static inline void raw_flood_head(struct raw_server *s, int socket, struct slice request)
{
    (void)request;
    bool open = raw_send(s, socket, SLICE("HTTP/1.1 200 OK\r\n"));
    while (open)
        open =
            raw_send(s, socket, SLICE("X-Again: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n"));
}

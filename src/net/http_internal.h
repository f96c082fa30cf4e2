/* What http_server.c (sockets, loops, limits) and http_exchange.c (requests and answers) share. Private to the two. */
#pragma once
#include "base/arena.h"
#include "net/http_server.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <pthread.h>
#include <stdatomic.h>

/* A connection of a loop. libevent owns the bufferevent; one reference of ours keeps it, and its descriptor, open until the sweep
 * sees that libevent has let go of it. */
struct http_conn {
    struct http_conn *next;
    struct bufferevent *bev;
    struct http_loop *loop;
    uint64_t reading_since_ns; /* monotonic; 0: no part of a request has arrived */
    bool answering;            /* a request is with its handler */
    bool has_page;             /* libevent has written an answer of its own */
};

/* Owned by its thread, but for what stands behind the mutex. Lives until the server and every exchange have let go of it. */
struct http_loop {
    struct http_server *server;
    struct event_base *base;
    struct evhttp *http;
    struct evhttp_bound_socket *listener;
    struct event *wake, *sweep, *pages;
    bool writing; /* what goes to a connection's output is ours */
    struct http_conn *conns;
    struct http_conn **conn_by_fd; /* fd_room pointers */
    size_t conn_count, fd_room;
    struct http_exchange *live; /* handed to handlers and not yet written */
    uint64_t stop_ns;           /* when the grace ends; 0: serving */
    pthread_t thread;
    int wake_fd;

    pthread_mutex_t mutex;
    struct http_exchange *replies, **replies_tail; /* answered elsewhere, to be written */
    size_t refs;                                   /* the server and each exchange */
    uint64_t stop_asked_ns;
    bool closed; /* nobody writes replies any more */
};

struct http_server {
    struct http_server_config config; /* defaults filled in */
    int listen_fd;
    uint16_t port;
    struct http_loop **loops; /* config.loops of them */
};

struct http_pair {
    const char *name, *value;
};

/* The request is copied, so that a handler may keep reading it when libevent has freed its own. */
struct http_exchange {
    struct http_loop *loop;
    struct http_exchange *prev, *next; /* in loop->live */
    struct http_exchange *next_reply;  /* in loop->replies */
    struct evhttp_request *wire;       /* NULL once written or given up; loop thread only */
    uint64_t deadline_ns;
    atomic_bool peer_is_gone;
    struct arena arena;
    enum http_method method;
    const struct http_route *route;
    struct slice path, query, body;
    struct http_pair *headers;
    size_t header_count;
    const char *peer;
    struct evbuffer *body_bytes;

    int status;
    const char *content_type;
    struct http_reply_item {
        struct http_reply_item *next;
        struct http_pair pair;
    } *reply_headers;
    struct evbuffer *answer;
};

/* The body for bytes that are refused with `status` before any handler sees them; `why` NULL: as is usual for the status. */
void http_refuse(const struct http_server *s, int status, const char *why, struct buf *body);

/* The gencb of every loop: reads the request, finds its route, runs the handler. */
void http_exchange_begin(struct evhttp_request *wire, void *loop);

/* Writes an answered exchange and frees it; loop thread only. */
void http_exchange_finish(struct http_exchange *x);

/* Answers 503 on the wire; the exchange stays for whoever holds it. Loop thread only. */
void http_exchange_give_up(struct http_exchange *x, const char *why);

/* Drops an exchange that can no longer be written. Any thread, once loop->closed. */
void http_exchange_drop(struct http_exchange *x);

void http_loop_ref(struct http_loop *loop);
void http_loop_unref(struct http_loop *loop);

/* The connection of a request, NULL when the peer has gone. */
struct http_conn *http_conn_of(struct http_loop *loop, struct evhttp_request *wire);
/* While a handler works, bytes of the next request are held back and only the peer's closing is noticed. */
void http_conn_hold(struct http_conn *conn);
void http_conn_release(struct http_conn *conn);

/* The loop this thread runs, if any. */
extern _Thread_local struct http_loop *http_current_loop;

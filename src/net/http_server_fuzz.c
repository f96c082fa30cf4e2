/* Any bytes on a connection: whatever comes back starts like HTTP, and the server still serves afterwards. */
#include "net/http_server.h"
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct http_server *server;

static void show(struct http_exchange *x, void *context)
{
    (void)context;
    struct slice parts[] = {http_request_segment(x, "a"), http_request_query(x, "q"), http_request_header(x, "host"),
                            http_request_body(x)};
    AUTO(buf) struct buf out = {0};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        buf_append(&out, parts[i]);
    http_reply(x, 200, "text/plain", buf_slice(&out));
}

static void stop(void)
{
    http_server_stop(server, 0);
}

static void start(void)
{
    static const struct http_route routes[] = {{HTTP_GET | HTTP_POST | HTTP_HEAD, "/{a}", show}};
    const struct http_server_config config = {
        .loops = 1, .read_timeout_s = 1, .max_body_len = 4096, .cors = true, .routes = routes, .route_count = 1};
    struct err *e = http_server_start(&config, &server);
    if (e)
        abort();
    atexit(stop);
}

static void talk(const void *bytes, size_t len, char *answer, size_t room)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(http_server_port(server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to))
        abort();
    ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL), got = 0;
    (void)sent; /* the server may close before it has read all */
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, 2) == 1)
        got = recv(fd, answer, room, 0);
    answer[got > 0 ? got : 0] = '\0';
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char good[] = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
    static unsigned count;
    char answer[65];
    if (!server)
        start();
    talk(data, len, answer, sizeof answer - 1);
    if (answer[0] && strncmp(answer, "HTTP/", 5))
        abort();
    if (++count % 64)
        return 0;
    for (int tries = 0; tries < 1000; tries++) {
        talk(good, sizeof good - 1, answer, sizeof answer - 1);
        if (!strncmp(answer, "HTTP/1.1 200", 12))
            return 0;
    }
    abort();
}

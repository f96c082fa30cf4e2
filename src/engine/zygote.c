#include "engine/zygote.h"
#include "base/fs.h"
#include "engine/process.h"
#include "engine/text.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* Loading the largest artifacts takes a second; a fork well below a millisecond. */
enum { ANSWER_TIMEOUT_MS = 30000 };

struct err *zygote_start(struct zygote *z, const char *path, const struct cgroup *group)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return err_errno(ERR_UNAVAILABLE, errno, "making a socket pair");
    struct process_start start = {.path = path, .fds = {ends[1]}, .fd_count = 1, .group = group};
    struct err *e = process_start(&start, &z->pid);
    close(ends[1]);
    z->control = ends[0];
    if (e) {
        close(ends[0]);
        *z = (struct zygote){0};
    }
    return e;
}

void zygote_stop(struct zygote *z)
{
    if (!z->pid)
        return;
    close(z->control);
    process_end(z->pid, 0, NULL);
    *z = (struct zygote){0};
}

bool zygote_alive(const struct zygote *z)
{
    struct pollfd p = {.fd = z->control, .events = POLLIN};
    return z->pid && poll(&p, 1, 0) == 0; /* it speaks only when asked: anything readable is its end, or a lie */
}

struct err *zygote_exchange(struct zygote *z, const struct zygote_request *request, int fd, struct zygote_reply *reply)
{
    AUTO(fd) int unasked = -1;
    TRY(wire_send(z->control, request, sizeof *request, fd));
    TRY(wire_recv(z->control, reply, sizeof *reply, &unasked, ANSWER_TIMEOUT_MS));
    if (reply->magic == WIRE_MAGIC && reply->status >= ZYGOTE_DONE && reply->status <= ZYGOTE_FAILED)
        return NULL;
    return err_new(ERR_INVALID, "an answer of status %u", reply->status);
}

struct err *zygote_ask(struct zygote *z, enum zygote_op op, const struct hash *code, int fd, enum zygote_status *status,
                       struct buf *text)
{
    struct zygote_request request = {.magic = WIRE_MAGIC, .op = op, .code = *code};
    struct zygote_reply reply;
    struct err *e = zygote_exchange(z, &request, fd, &reply);
    TRY_DOING(err_recode(e, ERR_UNAVAILABLE), "asking the zygote"); /* whatever it is, to the caller it is one thing */
    *status = (enum zygote_status)reply.status;
    text_append_clean(text, wire_text(reply.text), WIRE_TEXT_MAX, TEXT_ONE_LINE);
    return NULL;
}

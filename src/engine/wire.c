#include "engine/wire.h"
#include "base/clock.h"
#include "engine/text.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void wire_set_text(char field[WIRE_TEXT_MAX], const char *text)
{
    size_t len = strnlen(text, WIRE_TEXT_MAX - 1);
    memset(field, 0, WIRE_TEXT_MAX);
    memcpy(field, text, len);
}

struct slice wire_text(const char field[WIRE_TEXT_MAX])
{
    return slice_from(field, strnlen(field, WIRE_TEXT_MAX));
}

union descriptor_space {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int))];
};

struct err *wire_send(int socket, const void *packet, size_t len, int fd)
{
    union descriptor_space space = {0};
    struct iovec piece = {.iov_base = (void *)(uintptr_t)packet, .iov_len = len};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = space.bytes;
        message.msg_controllen = sizeof space.bytes;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(head), &fd, sizeof fd);
    }
    for (;;) {
        if (sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)len)
            return NULL;
        if (errno != EINTR)
            return err_errno(ERR_UNAVAILABLE, errno, "sending to the zygote");
    }
}

static struct err *wait_readable(int socket, int timeout_ms)
{
    uint64_t deadline = clock_monotonic_ns(&clock_system) + (uint64_t)timeout_ms * NS_PER_MS;
    for (;;) {
        uint64_t now = clock_monotonic_ns(&clock_system);
        struct pollfd p = {.fd = socket, .events = POLLIN};
        int ready = poll(&p, 1, now < deadline ? (int)((deadline - now + NS_PER_MS - 1) / NS_PER_MS) : 0);
        if (ready > 0)
            return NULL;
        if (ready == 0)
            return err_new(ERR_UNAVAILABLE, "no answer within %d ms", timeout_ms);
        if (errno != EINTR)
            return err_errno(ERR_UNAVAILABLE, errno, "waiting for an answer");
    }
}

/* The first descriptor of a message; any further ones are closed. */
static int take_descriptor(struct msghdr *message)
{
    int taken = -1;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; at + sizeof(int) <= head->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int fd = -1;
            memcpy(&fd, CMSG_DATA(head) + at, sizeof fd);
            if (taken < 0)
                taken = fd;
            else
                close(fd);
        }
    }
    return taken;
}

struct err *wire_recv(int socket, void *packet, size_t len, int *fd, int timeout_ms)
{
    union descriptor_space space = {0};
    struct iovec piece = {.iov_base = packet, .iov_len = len};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = space.bytes, .msg_controllen = sizeof space.bytes};
    ssize_t got = 0;
    *fd = -1;
    if (timeout_ms >= 0)
        TRY(wait_readable(socket, timeout_ms));
    do
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        return err_new(ERR_NOT_FOUND, "the other end has closed");
    if (got < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "receiving a packet");
    *fd = take_descriptor(&message);
    if ((size_t)got == len && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return NULL;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return err_new(ERR_INVALID, "a packet of %zd bytes instead of %zu", got, len);
}

static void keep_tail(struct buf *text, struct slice bytes, size_t max_len)
{
    buf_append(text, bytes);
    if (text->len <= max_len)
        return;
    memmove(text->ptr, text->ptr + (text->len - max_len), max_len);
    text->len = max_len;
}

/* Ends that the engine alone finds. */
static bool is_engines_own(enum task_end end)
{
    return end == TASK_DEADLINE || end == TASK_HTTP_TIMEOUTS || end == TASK_DENIED;
}

static bool is_possible(const struct frame_reader *r, uint32_t end)
{
    if (end == TASK_CALL_LIMIT)
        return r->calls == HOST_CALLS_MAX;
    return end <= TASK_HOST_FAULT && !is_engines_own((enum task_end)end);
}

static struct err *take_outcome(struct frame_reader *r, struct slice payload, struct task_outcome *out, struct buf *detail)
{
    struct frame_outcome o;
    if (payload.len != sizeof o)
        return err_new(ERR_INVALID, "an outcome of %zu bytes instead of %zu", payload.len, sizeof o);
    memcpy(&o, payload.ptr, sizeof o);
    if (!is_possible(r, o.end))
        return err_new(ERR_INVALID, "an outcome of unknown kind %u", o.end);
    if ((o.end == TASK_GUEST_EXIT) != (o.exit_code != 0) && o.end != TASK_OUT_OF_MEMORY)
        return err_new(ERR_INVALID, "an outcome %s with exit code %d", task_end_name((enum task_end)o.end), o.exit_code);
    if (o.is_component > 1)
        return err_new(ERR_INVALID, "an outcome of a program of unknown kind %u", o.is_component);
    if (o.instructions > r->max_instructions)
        return err_new(ERR_INVALID, "more instructions (%" PRIu64 ") than allowed", o.instructions);
    out->end = (enum task_end)o.end;
    out->is_component = o.is_component;
    out->exit_code = o.exit_code;
    out->instructions = o.instructions;
    out->peak_memory = o.peak_memory;
    text_append_clean(detail, wire_text(o.detail), WIRE_TEXT_MAX, TEXT_ONE_LINE);
    r->done = true;
    return NULL;
}

static struct err *take_call(struct frame_reader *r, struct slice payload)
{
    struct call_head head;
    if (payload.len < sizeof head)
        return err_new(ERR_INVALID, "a call of %zu bytes", payload.len);
    memcpy(&head, payload.ptr, sizeof head);
    if (head.op >= HOST_OPS)
        return err_new(ERR_INVALID, "a call of unknown kind %u", head.op);
    if (r->calls == HOST_CALLS_MAX)
        return err_new(ERR_INVALID, "more than %d calls", HOST_CALLS_MAX);
    if (head.number != r->calls + 1)
        return err_new(ERR_INVALID, "call %u where %u comes next", head.number, r->calls + 1);
    const struct host_function *f = &host_functions[head.op];
    buf_clear(&r->call);
    buf_append(&r->call, slice_skip(payload, sizeof head));
    TRY_DOING(host_values_read(f->params, buf_slice(&r->call), r->args), "a call of %s %s", host_interface_name(f->interface),
              f->name);
    r->op = (enum host_op)head.op;
    r->calls++;
    r->calling = true;
    return NULL;
}

static struct err *take_frame(struct frame_reader *r, uint32_t kind, struct slice payload, struct task_outcome *out,
                              struct buf *detail)
{
    switch (kind) {
    case FRAME_OUTPUT:
        if (payload.len > r->max_output_len - out->output.len)
            return err_new(ERR_INVALID, "more output than the limit of %" PRIu64 " bytes", r->max_output_len);
        buf_append(&out->output, payload);
        return NULL;
    case FRAME_ERROR_TEXT:
        keep_tail(&out->error_text, payload, ERROR_TEXT_MAX);
        return NULL;
    case FRAME_OUTCOME:
        return take_outcome(r, payload, out, detail);
    case FRAME_CALL:
        return take_call(r, payload);
    default:
        return err_new(ERR_INVALID, "a frame of unknown kind %u", kind);
    }
}

static uint32_t longest_frame(uint32_t kind)
{
    return kind == FRAME_CALL ? sizeof(struct call_head) + HOST_REQUEST_MAX : FRAME_LEN_MAX;
}

struct err *frame_reader_feed(struct frame_reader *r, struct slice bytes, struct task_outcome *out, struct buf *detail)
{
    buf_append(&r->pending, bytes);
    struct slice rest = buf_slice(&r->pending);
    struct frame_head head;
    while (!r->done && !r->calling && rest.len >= sizeof head) {
        memcpy(&head, rest.ptr, sizeof head);
        if (head.len > longest_frame(head.kind))
            return err_new(ERR_INVALID, "a frame of %u bytes", head.len);
        if (rest.len - sizeof head < head.len)
            break;
        TRY(take_frame(r, head.kind, slice_first(slice_skip(rest, sizeof head), head.len), out, detail));
        rest = slice_skip(rest, sizeof head + head.len);
    }
    if ((r->done || r->calling) && rest.len)
        return err_new(ERR_INVALID, "%zu bytes after %s", rest.len, r->done ? "the outcome" : "a call that has no answer yet");
    if (rest.len)
        memmove(r->pending.ptr, rest.ptr, rest.len);
    r->pending.len = rest.len;
    return NULL;
}

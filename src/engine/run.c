#include "engine/run.h"
#include "base/clock.h"
#include "base/fs.h"
#include "engine/message.h"
#include "engine/process.h"
#include "engine/serve.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { DEFAULT_OUTPUT_LEN = 4 << 20, MAX_SECONDS = 24 * 3600, READ_LEN = 64 * 1024 };

static bool has_byte(struct slice s, uint8_t byte)
{
    return s.len && memchr(s.ptr, byte, s.len);
}

static struct err *append_environment(const struct task *task, struct buf *out)
{
    size_t start = out->len;
    for (size_t i = 0; i < task->env_count; i++) {
        struct slice name = task->env[i].name, value = task->env[i].value;
        if (name.len == 0 || has_byte(name, '=') || has_byte(name, '\0') || has_byte(value, '\0'))
            return err_new(ERR_INVALID,
                           "environment variable %zu: a name is not empty and has no '=', and neither name nor value "
                           "has a NUL",
                           i + 1);
        if (name.len > TASK_ENV_MAX || value.len > TASK_ENV_MAX || out->len - start + name.len + value.len > TASK_ENV_MAX)
            return err_new(ERR_LIMIT, "the environment is longer than %d bytes", TASK_ENV_MAX);
        buf_append(out, name);
        buf_append_byte(out, '=');
        buf_append(out, value);
        buf_append_byte(out, '\0');
    }
    return NULL;
}

static struct err *append_head(struct task_run *r, const struct task *task)
{
    struct task_head head = {
        .magic = WIRE_MAGIC,
        .env_count = (uint32_t)task->env_count,
        .input_len = task->input.len,
        .max_instructions = task->limits.max_instructions,
        .max_memory = task->limits.max_memory_mb << 20,
        .max_output_len = r->frames.max_output_len,
    };
    buf_append(&r->head, slice_from(&head, sizeof head));
    TRY(append_environment(task, &r->head));
    head.env_len = r->head.len - sizeof head;
    memcpy(r->head.ptr, &head, sizeof head);
    r->input = task->input;
    return NULL;
}

static struct err *check_limits(const struct task *task)
{
    const struct task_limits *l = &task->limits;
    if (task->input.len > TASK_INPUT_MAX)
        return err_new(ERR_LIMIT, "the input is %zu bytes, at most %d are accepted", task->input.len, TASK_INPUT_MAX);
    if (l->max_seconds == 0 || l->max_seconds > MAX_SECONDS)
        return err_new(ERR_INVALID, "max_seconds is %" PRIu64 ", expected 1 to %d", l->max_seconds, MAX_SECONDS);
    if (l->max_memory_mb > 1 << 20)
        return err_new(ERR_INVALID, "max_memory_mb is %" PRIu64 ", expected at most %d", l->max_memory_mb, 1 << 20);
    return NULL;
}

struct err *task_run_open(struct task_run *r, const struct task *task)
{
    TRY(check_limits(task));
    r->frames.max_output_len = task->limits.max_output_len ? task->limits.max_output_len : DEFAULT_OUTPUT_LEN;
    r->frames.max_instructions = task->limits.max_instructions;
    return append_head(r, task);
}

void task_run_start_clock(struct task_run *r, const struct task *task)
{
    r->started_ns = clock_monotonic_ns(&clock_system);
    r->deadline_ns = r->started_ns + task->limits.max_seconds * NS_PER_SEC;
}

void auto_task_run(struct task_run *r)
{
    cell_close(&r->cell);
    buf_free(&r->head);
    buf_free(&r->detail);
    auto_frame_reader(&r->frames);
}

/* What has not been sent yet: the rest of the head, else of the input. */
static struct slice unsent(const struct task_run *r)
{
    return r->sent < r->head.len ? slice_skip(buf_slice(&r->head), r->sent) : slice_skip(r->input, r->sent - r->head.len);
}

/* Sends what the socket takes now. A process that reads no further will be seen by its silence. */
static void send_some(struct task_run *r)
{
    for (struct slice part = unsent(r); part.len; part = unsent(r)) {
        ssize_t put = send(r->cell.socket, part.ptr, part.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put <= 0)
            return;
        r->sent += (size_t)put;
    }
}

void task_run_send(struct task_run *r)
{
    r->sent = 0;
    send_some(r);
}

enum take { TAKE_MORE, TAKE_CALL, TAKE_OUTCOME, TAKE_VANISHED, TAKE_LIE };

static enum take after(const struct frame_reader *r)
{
    return r->calling ? TAKE_CALL : r->done ? TAKE_OUTCOME : TAKE_MORE;
}

/* Takes what has come. TAKE_VANISHED: the process has closed its end. TAKE_LIE: it has said what no process of ours says; the detail
 * has it. */
static enum take take_some(struct task_run *r, struct task_outcome *out)
{
    uint8_t bytes[READ_LEN];
    ssize_t got = recv(r->cell.socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return TAKE_MORE;
    if (got <= 0) {
        r->vanished = true;
        return TAKE_VANISHED;
    }
    AUTO(err) struct err *lie = frame_reader_feed(&r->frames, slice_from(bytes, (size_t)got), out, &r->detail);
    if (!lie && r->frames.calling && unsent(r).len)
        lie = err_new(ERR_INVALID, "a call before it had read what it was sent");
    if (!lie)
        return after(&r->frames);
    buf_clear(&r->detail);
    buf_append_fmt(&r->detail, "the task's process sent %s", err_text(lie));
    return TAKE_LIE;
}

/* Answers the call that has come: what it is sent next. Its input it has read. */
static enum host_verdict answer_call(struct task_run *r, const struct task *task)
{
    buf_clear(&r->head);
    r->input = (struct slice){0};
    r->sent = 0;
    return serve_call(&r->frames, task->host, r->deadline_ns, r->cell.socket, &r->head);
}

static void wait_for_task(const struct task *task, struct pollfd *p, uint64_t rest_ns)
{
    const struct timespec rest = {.tv_sec = (time_t)(rest_ns / NS_PER_SEC), .tv_nsec = (long)(rest_ns % NS_PER_SEC)};
    if (task->host && task->host->wait)
        task->host->wait(task->host->self, p, rest_ns);
    else if (ppoll(p, 1, &rest, NULL) <= 0)
        p->revents = 0;
}

static enum task_end exchange(struct task_run *r, const struct task *task, struct task_outcome *out)
{
    for (;;) {
        send_some(r);
        uint64_t now = clock_monotonic_ns(&clock_system);
        if (now >= r->deadline_ns)
            return TASK_DEADLINE;
        struct pollfd p = {.fd = r->cell.socket, .events = (short)(POLLIN | (unsent(r).len ? POLLOUT : 0))};
        wait_for_task(task, &p, r->deadline_ns - now);
        if (!(p.revents & ~POLLOUT))
            continue;
        switch (take_some(r, out)) {
        case TAKE_MORE:
            continue;
        case TAKE_CALL:
            if (answer_call(r, task) == HOST_END_HTTP_TIMEOUTS)
                return TASK_HTTP_TIMEOUTS;
            continue;
        case TAKE_OUTCOME:
            return out->end;
        case TAKE_VANISHED:
            return TASK_HOST_FAULT;
        case TAKE_LIE:
            return TASK_DENIED;
        }
    }
}

void task_run_finish(struct task_run *r, const struct task *task, struct task_outcome *out)
{
    out->end = exchange(r, task, out);
    if (r->cell.process >= 0)
        process_kill_fd(r->cell.process);
}

void task_run_conclude(struct task_run *r, const struct task *task, struct task_outcome *out)
{
    out->time_ns = clock_monotonic_ns(&clock_system) - r->started_ns;
    out->time_ms = (out->time_ns + NS_PER_MS - 1) / NS_PER_MS;
    out->host_calls = r->frames.calls;
    if (out->end == TASK_DEADLINE || out->end == TASK_HTTP_TIMEOUTS || out->end == TASK_DENIED)
        out->instructions = task->limits.max_instructions;
    out->at_least = out->end == TASK_TRAP || out->end == TASK_OUT_OF_MEMORY || out->end == TASK_HOST_FAULT;
    if (out->end != TASK_COMPLETED)
        message_append(task, out, buf_slice(&r->detail), &out->message);
}

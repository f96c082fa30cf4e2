#include "engine/task_process.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/host_call.h"
#include "engine/process.h"
#include "engine/wire.h"
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Standard output waits here until a frame is full or the run is over, so that a small answer is one system call:
 *
 *     │ head │ output … up to FRAME_LEN_MAX │ head │ outcome │
 */
static struct {
    size_t len; /* of the output */
    uint8_t bytes[sizeof(struct frame_head) + FRAME_LEN_MAX + sizeof(struct frame_head) + sizeof(struct frame_outcome)];
} out;

static void isolate(int socket, pid_t zygote)
{
    process_die_with(zygote);
    dup2(STDIN_FILENO, STDERR_FILENO); /* /dev/null */
    dup2(socket, TASK_FD);
    close_range(TASK_FD + 1, ~0U, 0);
    process_limit(RLIMIT_NPROC, 0);
}

/* The engine's own count keeps a guest within its memory; this keeps one that has broken out of it there. */
static void bound_memory(const struct task_head *head)
{
#ifndef PROCESS_SANITIZED
    process_limit(RLIMIT_DATA, head->max_memory + head->input_len + head->env_len + CELL_OWN_MEMORY_MAX);
#else
    (void)head;
#endif
}

static bool read_all(void *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t got = read(TASK_FD, (char *)to + at, len - at);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        at += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool send_all(const void *from, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t put = send(TASK_FD, (const char *)from + at, len - at, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR)
            return false;
        at += put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* Writes the head in front of the collected output; returns the length of the frame, 0 without output. */
static size_t close_frame(void)
{
    struct frame_head head = {.kind = FRAME_OUTPUT, .len = (uint32_t)out.len};
    if (out.len == 0)
        return 0;
    memcpy(out.bytes, &head, sizeof head);
    return sizeof head + out.len;
}

static bool flush(void)
{
    size_t len = close_frame();
    out.len = 0;
    return send_all(out.bytes, len);
}

static bool collect_output(struct slice bytes)
{
    while (bytes.len) {
        struct slice part = slice_first(bytes, FRAME_LEN_MAX - out.len);
        memcpy(out.bytes + sizeof(struct frame_head) + out.len, part.ptr, part.len);
        out.len += part.len;
        if (out.len == FRAME_LEN_MAX && !flush())
            return false;
        bytes = slice_skip(bytes, part.len);
    }
    return true;
}

/* Error text goes out at once: it shall be there when the deadline kills this process. */
static bool send_error_text(struct slice bytes)
{
    while (bytes.len) {
        struct slice part = slice_first(bytes, FRAME_LEN_MAX);
        struct frame_head head = {.kind = FRAME_ERROR_TEXT, .len = (uint32_t)part.len};
        if (!send_all(&head, sizeof head) || !send_all(part.ptr, part.len))
            return false;
        bytes = slice_skip(bytes, part.len);
    }
    return true;
}

/* One call of the outside and its answer. */
static bool call_engine(void *self, struct slice frame, uint32_t number, struct buf *answer)
{
    struct answer_head head;
    (void)self;
    if (!send_all(frame.ptr, frame.len) || !read_all(&head, sizeof head))
        return false;
    if (head.number != number || head.len > HOST_ANSWER_MAX)
        return false;
    answer->len = 0;
    bool read = read_all(buf_reserve(answer, head.len), head.len);
    answer->len = head.len;
    return read;
}

static bool sink(void *self, enum p1_stream stream, struct slice bytes)
{
    (void)self;
    return stream == P1_STDOUT ? collect_output(bytes) : send_error_text(bytes);
}

static bool send_outcome(struct guest_result *result)
{
    struct frame_head head = {.kind = FRAME_OUTCOME, .len = sizeof(struct frame_outcome)};
    struct frame_outcome outcome = {.end = result->end,
                                    .is_component = result->is_component,
                                    .exit_code = result->exit_code,
                                    .instructions = result->instructions,
                                    .peak_memory = result->peak_memory};
    size_t len = close_frame();
    wire_set_text(outcome.detail, buf_str(&result->detail));
    memcpy(out.bytes + len, &head, sizeof head);
    memcpy(out.bytes + len + sizeof head, &outcome, sizeof outcome);
    return send_all(out.bytes, len + sizeof head + sizeof outcome);
}

/* The first word: here this process is, and how to kill it. */
static bool introduce(void)
{
    const struct zygote_reply word = {.magic = WIRE_MAGIC, .status = ZYGOTE_DONE, .pid = getpid()};
    AUTO(fd) int self = process_open(word.pid);
    AUTO(err) struct err *gone = wire_send(TASK_FD, &word, sizeof word, self);
    return !gone;
}

/* Waits for the task. Its bytes stay until the end of this process. */
static bool read_task(struct p1 *p1, struct guest_limits *limits)
{
    struct task_head head;
    if (!read_all(&head, sizeof head) || head.magic != WIRE_MAGIC)
        return false;
    bound_memory(&head);
    uint8_t *bytes = mem_alloc(head.env_len + head.input_len); /* the engine has bounded both */
    p1->environment = slice_from(bytes, head.env_len);
    p1->environment_count = head.env_count;
    p1->input = slice_from(bytes + head.env_len, head.input_len);
    p1->max_output_len = head.max_output_len;
    uint64_t instructions = head.max_instructions < GUEST_INSTRUCTIONS_MAX ? head.max_instructions : GUEST_INSTRUCTIONS_MAX;
    *limits = (struct guest_limits){.max_instructions = instructions, .max_memory = head.max_memory};
    return read_all(bytes, head.env_len + head.input_len);
}

/* The second word of a spare cell: whether it has the program that it is told. NULL: this is its end. */
static const struct guest_program *hear_program(const struct task_process *t)
{
    struct hash code;
    if (!read_all(&code, sizeof code))
        return NULL;
    const struct guest_program *program = t->find(&code);
    const struct zygote_reply word = {.magic = WIRE_MAGIC, .status = program ? ZYGOTE_DONE : ZYGOTE_NOT_LOADED};
    return send_all(&word, sizeof word) ? program : NULL;
}

static void try_instances(const struct task_process *t, struct p1 *p1, struct guest_instance *instance)
{
    for (size_t i = 0; i < t->trial_count; i++) {
        guest_instantiate_early(t->host, &t->trials[i], p1, instance);
        guest_instance_free(instance);
    }
}

void task_process_main(const struct task_process *t, int socket)
{
    static struct host_port port = {.exchange = call_engine};
    static struct p1 p1 = {.sink = sink, .port = &port};
    static struct guest_instance instance;
    const struct guest_program *program = t->program;
    struct guest_limits limits;
    struct guest_result result = {0};
    isolate(socket, t->zygote);
    if (!introduce() || !sandbox_enter(t->sandbox))
        _exit(1);
    if (!program) {
        try_instances(t, &p1, &instance);
        program = hear_program(t);
    }
    if (!program)
        _exit(1);
    guest_instantiate_early(t->host, program, &p1, &instance);
    if (!read_task(&p1, &limits))
        _exit(1);
    guest_run(t->host, program, &instance, &limits, &p1, &result);
    _exit(send_outcome(&result) ? 0 : 1);
}

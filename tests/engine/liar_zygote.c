/* Takes the place of outlayer-zygote. It accepts every program, and its tasks do what their input says instead of running it. */
#include "base/mem.h"
#include "engine/process.h"
#include "engine/sandbox.h"
#include "engine/wire.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

static int task_socket;
static struct sandbox sandbox;

static void say(const void *bytes, size_t len)
{
    if (send(task_socket, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        _exit(1);
}

static void say_frame(uint32_t kind, uint32_t len, const void *payload, size_t payload_len)
{
    struct frame_head head = {.kind = kind, .len = len};
    say(&head, sizeof head);
    say(payload, payload_len);
}

static void say_outcome(enum task_end end, int exit_code, uint64_t instructions)
{
    struct frame_outcome o = {.end = end, .exit_code = exit_code, .instructions = instructions};
    say_frame(FRAME_OUTCOME, sizeof o, &o, sizeof o);
}

static void say_call(uint32_t op, uint32_t number, const char *values, uint32_t len)
{
    char bytes[64];
    const struct call_head head = {.op = op, .number = number};
    memcpy(bytes, &head, sizeof head);
    memcpy(bytes + sizeof head, values, len);
    say_frame(FRAME_CALL, (uint32_t)sizeof head + len, bytes, sizeof head + len);
}

static void call_badly(const char *word)
{
    struct answer_head answer;
    if (!strcmp(word, "unknown call"))
        say_call(4242, 1, "", 0);
    if (!strcmp(word, "replayed call")) {
        say_call(HOST_RPC_STATUS, 1, "", 0);
        if (recv(task_socket, &answer, sizeof answer, MSG_WAITALL) == sizeof answer)
            say_call(HOST_RPC_STATUS, 1, "", 0);
    }
    if (!strcmp(word, "two calls at once")) {
        char both[2 * (sizeof(struct frame_head) + sizeof(struct call_head))];
        for (uint32_t i = 0; i < 2; i++) {
            const struct frame_head frame = {.kind = FRAME_CALL, .len = sizeof(struct call_head)};
            const struct call_head call = {.op = HOST_RPC_STATUS, .number = i + 1};
            memcpy(both + i * sizeof both / 2, &frame, sizeof frame);
            memcpy(both + i * sizeof both / 2 + sizeof frame, &call, sizeof call);
        }
        say(both, sizeof both);
    }
    if (!strcmp(word, "huge call"))
        say_frame(FRAME_CALL, 16 << 20, NULL, 0);
    if (!strcmp(word, "call that lies about a length"))
        say_call(HOST_RPC_BLOCK, 1, "\xff\xff\0\0x", 5);
}

/* What an escaped guest would try first. Whatever comes back is an honest outcome, which the sandbox must not let happen. */
static void try_to_break_out(const char *word)
{
    if (dup2(task_socket, TASK_FD) != TASK_FD || !sandbox_enter(&sandbox))
        _exit(1);
    task_socket = TASK_FD;
    if (!strcmp(word, "sandboxed: open"))
        open("/etc/hostname", O_RDONLY | O_CLOEXEC);
    if (!strcmp(word, "sandboxed: socket"))
        socket(AF_INET, SOCK_STREAM, 0);
    if (!strcmp(word, "sandboxed: fork"))
        fork();
    if (!strcmp(word, "sandboxed: execute"))
        execl("/bin/true", "true", (char *)NULL);
    if (!strcmp(word, "sandboxed: signal"))
        kill(getppid(), SIGTERM);
    if (!strcmp(word, "sandboxed: new code") &&
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        _exit(1);
    if (!strcmp(word, "sandboxed: other descriptor"))
        send(STDERR_FILENO, "x", 1, 0);
    if (!strcmp(word, "sandboxed: memory"))
        munmap(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
    say_outcome(TASK_COMPLETED, 0, 1);
}

static void act(const char *word, const struct task_head *head)
{
    static char bytes[FRAME_LEN_MAX];
    if (!strcmp(word, "honest"))
        say_outcome(TASK_COMPLETED, 0, 1);
    if (!strncmp(word, "sandboxed", 9))
        try_to_break_out(word);
    if (!strcmp(word, "crash"))
        abort();
    if (!strcmp(word, "unknown kind"))
        say_frame(77, 0, NULL, 0);
    if (!strcmp(word, "huge frame"))
        say_frame(FRAME_OUTPUT, UINT32_MAX, NULL, 0);
    if (!strcmp(word, "short outcome"))
        say_frame(FRAME_OUTCOME, 4, bytes, 4);
    if (!strcmp(word, "half an outcome"))
        say_frame(FRAME_OUTCOME, sizeof(struct frame_outcome), bytes, 16);
    if (!strcmp(word, "unknown end"))
        say_outcome((enum task_end)99, 0, 1);
    if (!strcmp(word, "exit without code"))
        say_outcome(TASK_GUEST_EXIT, 0, 1);
    if (!strcmp(word, "too many instructions"))
        say_outcome(TASK_COMPLETED, 0, head->max_instructions + 1);
    if (!strcmp(word, "two outcomes")) {
        struct frame_outcome o = {.end = TASK_COMPLETED};
        struct frame_head h = {.kind = FRAME_OUTCOME, .len = sizeof o};
        for (size_t i = 0; i < 2; i++) {
            memcpy(bytes + i * (sizeof h + sizeof o), &h, sizeof h);
            memcpy(bytes + i * (sizeof h + sizeof o) + sizeof h, &o, sizeof o);
        }
        say(bytes, 2 * (sizeof h + sizeof o));
    }
    call_badly(word);
    while (!strcmp(word, "flood"))
        say_frame(FRAME_OUTPUT, sizeof bytes, bytes, sizeof bytes);
    while (!strcmp(word, "complain for ever"))
        say_frame(FRAME_ERROR_TEXT, sizeof bytes, bytes, sizeof bytes);
    while (!strcmp(word, "trickle")) {
        say_frame(FRAME_OUTPUT, 1, "x", 1);
        usleep(10000);
    }
    while (!strcmp(word, "hang"))
        pause();
}

/* "deaf" does not even read its task. */
static void task(int socket, pid_t zygote)
{
    struct task_head head;
    process_die_with(zygote);
    task_socket = socket;
    const struct zygote_reply hello = {.magic = WIRE_MAGIC, .status = ZYGOTE_DONE, .pid = getpid()};
    if (wire_send(socket, &hello, sizeof hello, process_open(getpid())))
        _exit(1);
    if (recv(socket, &head, sizeof head, MSG_WAITALL) != sizeof head)
        _exit(1);
    if (head.input_len > 1000)
        for (;;)
            pause();
    char *word = mem_calloc(1, head.env_len + head.input_len + 1);
    if (recv(socket, word, head.env_len + head.input_len, MSG_WAITALL) < 0)
        _exit(1);
    act(word + head.env_len, &head);
    _exit(0);
}

int main(void)
{
    pid_t self = getpid();
    if (sandbox_make(&sandbox, SANDBOX_CELL))
        _exit(1);
    for (;;) {
        struct zygote_request request;
        struct zygote_reply reply = {.magic = WIRE_MAGIC, .status = ZYGOTE_DONE};
        int fd = -1;
        if (wire_recv(ZYGOTE_CONTROL_FD, &request, sizeof request, &fd, -1))
            _exit(0);
        if (request.op == ZYGOTE_CELL && fork() == 0)
            task(fd, self);
        if (request.op == ZYGOTE_FATE)
            waitpid(request.pid, &reply.fate, 0);
        close(fd);
        bool order = request.op == ZYGOTE_CELL || request.op == ZYGOTE_SPARE_CELL; /* its spare cells end at once */
        if (!order && wire_send(ZYGOTE_CONTROL_FD, &reply, sizeof reply, -1))
            _exit(0);
    }
}

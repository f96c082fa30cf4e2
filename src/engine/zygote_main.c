/* outlayer-zygote
 *
 * Answers requests on descriptor 3 (wire.h): keeps loaded programs and forks a process for each task. It has one thread, no
 * secrets and no stranger's code ever runs in it: it only maps artifacts that the engine has authenticated. It ends when its
 * engine does, and its tasks with it. */
#include "base/fs.h"
#include "base/mem.h"
#include "engine/confine.h"
#include "engine/guest.h"
#include "engine/process.h"
#include "engine/task_process.h"
#include "engine/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Programs of ours that it has run: one of each kind. */
enum { WARM_MAX = 2 };

enum { OPEN_FILES_MAX = 256, NATIVE_STACK_LEN = 8 << 20 };

struct program {
    struct hash code;
    struct guest_program program;
    uint64_t used_at; /* 0: free */
};

/* How cells ended, the last ones. */
enum { FATES_MAX = 64 };

struct fate {
    pid_t pid;
    int status;
};

static struct {
    struct guest_host host;
    struct sandbox sandbox; /* for tasks */
    struct guest_program warm[WARM_MAX];
    size_t warm_count;
    struct program programs[ZYGOTE_PROGRAMS_MAX];
    uint64_t uses;
    struct fate fates[FATES_MAX];
    size_t fate_count;      /* ever */
    struct buf confinement; /* what holds it and its cells, for people */
} zygote;

static struct program *find(const struct hash *code)
{
    for (size_t i = 0; i < ZYGOTE_PROGRAMS_MAX; i++)
        if (zygote.programs[i].used_at && hash_eq(&zygote.programs[i].code, code))
            return &zygote.programs[i];
    return NULL;
}

static const struct guest_program *find_program(const struct hash *code)
{
    const struct program *found = find(code);
    return found ? &found->program : NULL;
}

static struct program *oldest(void)
{
    struct program *found = &zygote.programs[0];
    for (size_t i = 0; i < ZYGOTE_PROGRAMS_MAX; i++)
        if (zygote.programs[i].used_at < found->used_at)
            found = &zygote.programs[i];
    return found;
}

/* Maps an artifact that can never change again. */
static struct err *load(int fd, struct guest_program *out)
{
    const int needed = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & needed) != needed)
        return err_new(ERR_INVALID, "the artifact is not sealed");
    return guest_load(&zygote.host, fd, out);
}

static struct err *keep(const struct hash *code, int fd)
{
    struct guest_program program = {0};
    TRY(load(fd, &program));
    struct program *place = find(code);
    place = place ? place : oldest();
    guest_program_free(&place->program);
    *place = (struct program){.code = *code, .program = program, .used_at = ++zygote.uses};
    return NULL;
}

/* Runs a program of ours once: the pages that every run touches are then there before the fork. It is kept for spare cells. */
static struct err *warm(int fd)
{
    struct guest_program program = {0};
    struct p1 p1 = {0};
    struct guest_limits limits = {.max_instructions = 1000, .max_memory = 1 << 20};
    static struct guest_instance instance;
    struct guest_result result = {0};
    if (zygote.warm_count == WARM_MAX)
        return err_new(ERR_LIMIT, "there are %d programs for warming up already", WARM_MAX);
    TRY(load(fd, &program));
    guest_instantiate_early(&zygote.host, &program, &p1, &instance);
    guest_run(&zygote.host, &program, &instance, &limits, &p1, &result);
    guest_instance_free(&instance);
    zygote.warm[zygote.warm_count++] = program;
    buf_free(&result.detail);
    return result.end == TASK_COMPLETED ? NULL : err_new(ERR_INVALID, "the program for warming up ends in another way");
}

/* Without a program: a spare one. */
static struct err *fork_cell(struct program *program, int fd)
{
    const struct task_process task = {.host = &zygote.host,
                                      .sandbox = &zygote.sandbox,
                                      .zygote = getpid(),
                                      .program = program ? &program->program : NULL,
                                      .find = find_program,
                                      .trials = zygote.warm,
                                      .trial_count = zygote.warm_count};
    if (program)
        program->used_at = ++zygote.uses;
    pid_t pid = fork();
    if (pid == 0)
        task_process_main(&task, fd);
    return pid < 0 ? err_errno(ERR_UNAVAILABLE, errno, "forking") : NULL;
}

static void note_fate(pid_t pid, int status)
{
    zygote.fates[zygote.fate_count++ % FATES_MAX] = (struct fate){pid, status};
}

/* Cells that have ended leave their number. */
static void reap(void)
{
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG))
        note_fate(pid, status);
}

static enum zygote_status tell_fate(pid_t pid, struct zygote_reply *reply)
{
    int status = 0;
    if (pid > 0 && waitpid(pid, &status, 0) == pid)
        note_fate(pid, status);
    for (size_t i = 1; i <= FATES_MAX && i <= zygote.fate_count; i++) {
        const struct fate *fate = &zygote.fates[(zygote.fate_count - i) % FATES_MAX];
        if (fate->pid != pid)
            continue;
        reply->fate = fate->status;
        return ZYGOTE_DONE;
    }
    return ZYGOTE_NOT_LOADED;
}

static enum zygote_status answer(const struct zygote_request *request, int fd, struct zygote_reply *reply)
{
    enum zygote_status status = ZYGOTE_DONE;
    struct program *program = NULL;
    struct err *e = NULL;
    reap();
    if (request->magic == WIRE_MAGIC && request->op == ZYGOTE_FATE)
        return tell_fate(request->pid, reply);
    if (request->magic != WIRE_MAGIC || fd < 0)
        e = err_new(ERR_INVALID, "not a request");
    else if (request->op == ZYGOTE_WARM)
        e = warm(fd);
    else if (request->op == ZYGOTE_LOAD)
        e = keep(&request->code, fd);
    else if (request->op == ZYGOTE_SPARE_CELL)
        e = fork_cell(NULL, fd);
    else if (request->op != ZYGOTE_CELL)
        e = err_new(ERR_INVALID, "a request of unknown kind %u", request->op);
    else if ((program = find(&request->code)))
        e = fork_cell(program, fd);
    else
        status = ZYGOTE_NOT_LOADED;
    if (request->op == ZYGOTE_WARM)
        wire_set_text(reply->text, buf_str(&zygote.confinement));
    if (e) {
        status = err_code(e) == ERR_INVALID ? ZYGOTE_BAD_ARTIFACT : ZYGOTE_FAILED;
        wire_set_text(reply->text, err_text(e));
        err_free(e);
    }
    return status;
}

/* A cell answers for itself, on its own socket; only when there is none this process does, and nobody may be there any more. */
static struct err *send_reply(enum zygote_op op, int fd, const struct zygote_reply *reply)
{
    if (op != ZYGOTE_CELL && op != ZYGOTE_SPARE_CELL)
        return wire_send(ZYGOTE_CONTROL_FD, reply, sizeof *reply, -1);
    if (reply->status != ZYGOTE_DONE)
        err_free(wire_send(fd, reply, sizeof *reply, -1));
    return NULL;
}

static struct err *serve(void)
{
    struct zygote_request request;
    AUTO(fd) int fd = -1;
    TRY(wire_recv(ZYGOTE_CONTROL_FD, &request, sizeof request, &fd, -1));
    struct zygote_reply reply = {.magic = WIRE_MAGIC};
    reply.status = answer(&request, fd, &reply);
    return send_reply((enum zygote_op)request.op, fd, &reply);
}

/* Strangers' processes are the first to go when the machine runs out of memory. */
static void offer_to_oom_killer(void)
{
    FILE *f = fopen("/proc/self/oom_score_adj", "we");
    if (!f)
        return;
    fputs("1000", f);
    fclose(f);
}

static struct err *begin(void)
{
    process_begin(ZYGOTE_FDS_END);
    process_limit(RLIMIT_NOFILE, OPEN_FILES_MAX);
    process_limit(RLIMIT_STACK, NATIVE_STACK_LEN);
    offer_to_oom_killer();
    buf_append_str(&zygote.confinement, "system call filters");
    confine_process(&zygote.confinement);
    TRY(sandbox_make(&zygote.sandbox, SANDBOX_CELL));
    TRY(sandbox_confine(SANDBOX_ZYGOTE));
    process_limit(RLIMIT_FSIZE, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* nobody may look inside, here and in its children */
    return guest_host_open(&zygote.host);
}

int main(void)
{
    struct err *e = begin();
    while (!e)
        e = serve();
    bool gone = err_code(e) == ERR_NOT_FOUND;
    if (!gone)
        fprintf(stderr, "outlayer-zygote: %s\n", err_text(e));
    _exit(gone ? 0 : 1); /* nothing to tear down; tasks die with this process */
}

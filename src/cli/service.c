#include "cli/service.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { READY_TIMEOUT_MS = 20000, READY_LINE_MAX = 64 * 1024, LOG_READ_MAX = 64 * 1024 * 1024 };

static const char *const passed_on[] = {"PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};

/* NAME=VALUE strings, terminated by NULL; freed by the exec or by the caller's exit. */
static char **make_environment(const struct service_setting *settings)
{
    size_t count = 0, n = 0;
    while (settings[count].name)
        count++;
    char **env = mem_calloc(count + sizeof passed_on / sizeof *passed_on + 1, sizeof *env);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++) {
        const char *value = getenv(passed_on[i]);
        if (value && asprintf(&env[n], "%s=%s", passed_on[i], value) > 0)
            n++;
    }
    for (size_t i = 0; i < count; i++) {
        if (asprintf(&env[n], "%s=%s", settings[i].name, settings[i].value) > 0)
            n++;
    }
    env[n] = NULL;
    return env;
}

static void free_environment(char **env)
{
    for (size_t i = 0; env[i]; i++)
        free(env[i]);
    mem_free(env);
}

/* In the child: no way back. Its own process group, so that a Ctrl-C at the terminal reaches only the parent, which stops the
 * services in order. */
static _Noreturn void become_service(const char *program, char **env, int out_fd, int log_fd, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null_fd, STDIN_FILENO);
    dup2(out_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
    if (getppid() == parent)
        execve(program, (char *[]){(char *)program, NULL}, env);
    dprintf(STDERR_FILENO, "cannot start %s: %s\n", program, strerror(errno));
    _exit(127);
}

static struct err *read_ready_line(int fd, struct buf *line)
{
    uint64_t deadline = clock_monotonic_ns(&clock_system) + READY_TIMEOUT_MS * NS_PER_MS;
    while (!memchr(buf_str(line), '\n', line->len)) {
        uint64_t now = clock_monotonic_ns(&clock_system);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (now >= deadline || line->len > READY_LINE_MAX)
            return err_new(ERR_UNAVAILABLE, "it said nothing within %d s", READY_TIMEOUT_MS / 1000);
        if (poll(&p, 1, (int)((deadline - now) / NS_PER_MS) + 1) <= 0)
            continue;
        ssize_t got = read(fd, buf_reserve(line, 4096), 4096);
        if (got <= 0)
            return err_new(ERR_UNAVAILABLE, "it ended before it was ready");
        line->len += (size_t)got;
    }
    return NULL;
}

static struct err *wait_until_ready(struct service *s, int fd)
{
    AUTO(buf) struct buf line = {0};
    TRY(read_ready_line(fd, &line));
    s->ready = json_loadb((const char *)line.ptr, line.len, JSON_DISABLE_EOF_CHECK, NULL);
    if (!json_is_true(json_object_get(s->ready, "ready")))
        return err_new(ERR_UNAVAILABLE, "its first line is no ready line");
    return NULL;
}

static struct err *with_last_words(struct service *s, struct err *e)
{
    AUTO(buf) struct buf words = {0};
    service_last_words(s, &words);
    return err_new(err_code(e), "%s did not start: %s; its log %s says: %s", s->name, err_text(e), s->log_path,
                   words.len ? buf_str(&words) : "nothing");
}

struct err *service_start(const char *name, const char *program_dir, const char *log_dir,
                          const struct service_setting *settings, struct service *out)
{
    AUTO(buf) struct buf program = {0}, log_path = {0};
    buf_append_fmt(&program, "%s/outlayer-%s", program_dir, name);
    buf_append_fmt(&log_path, "%s/%s.log", log_dir, name);
    *out = (struct service){.name = name, .log_path = mem_copy_str(log_path.ptr, log_path.len)};

    AUTO(fd) int log_fd = open(out->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", out->log_path);
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC))
        return err_errno(ERR_UNAVAILABLE, errno, "making a pipe");
    AUTO(fd) int read_end = pipe_fds[0];

    char **env = make_environment(settings);
    pid_t parent = getpid();
    buf_str(&program);
    out->pid = fork();
    if (out->pid == 0)
        become_service((const char *)program.ptr, env, pipe_fds[1], log_fd, parent);
    close(pipe_fds[1]);
    free_environment(env);
    if (out->pid < 0) {
        out->pid = 0;
        return err_errno(ERR_UNAVAILABLE, errno, "starting %s", name);
    }
    struct err *e = wait_until_ready(out, read_end);
    if (!e)
        return NULL;
    service_stop(out, 0);
    struct err *full = with_last_words(out, e);
    err_free(e);
    return full;
}

const char *service_said(const struct service *s, const char *key)
{
    return json_string_value(json_object_get(s->ready, key));
}

static bool has_ended(pid_t pid, unsigned within_ms)
{
    uint64_t deadline = clock_monotonic_ns(&clock_system) + within_ms * NS_PER_MS;
    for (;;) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return true;
        if (clock_monotonic_ns(&clock_system) >= deadline)
            return false;
        usleep(2000);
    }
}

bool service_has_ended(struct service *s)
{
    if (s->pid && has_ended(s->pid, 0))
        s->pid = 0;
    return !s->pid;
}

void service_stop(struct service *s, unsigned grace_ms)
{
    if (!s->pid)
        return;
    kill(s->pid, SIGTERM);
    if (!has_ended(s->pid, grace_ms)) {
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    s->pid = 0;
}

void service_free(struct service *s)
{
    json_decref(s->ready);
    mem_free(s->log_path);
    *s = (struct service){0};
}

static bool is_worth_showing(struct slice line)
{
    AUTO(str) char *text = mem_copy_str(line.ptr, line.len);
    return strstr(text, "\"level\":\"error\"") || strstr(text, "\"level\":\"warn\"") || text[0] != '{';
}

void service_last_words(const struct service *s, struct buf *out)
{
    AUTO(buf) struct buf log = {0};
    struct err *e = s->log_path ? fs_read(s->log_path, LOG_READ_MAX, &log) : NULL;
    if (e) {
        err_free(e);
        return;
    }
    struct slice rest = buf_slice(&log), line, last = {0}, shown = {0};
    while (rest.len) {
        rest = slice_cut(rest, '\n', &line);
        if (line.len == 0)
            continue;
        last = line;
        if (is_worth_showing(line))
            shown = line;
    }
    buf_append(out, shown.len ? shown : last);
}

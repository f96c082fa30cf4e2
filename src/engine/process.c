#include "engine/process.h"
#include "base/fs.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_FD = 3, SAFE_FD = 64 };

static int prepare_actions(posix_spawn_file_actions_t *actions, const int *fds, size_t count)
{
    int error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (size_t i = 0; i < count && !error; i++)
        error = posix_spawn_file_actions_adddup2(actions, fds[i], FIRST_FD + (int)i);
    if (!error)
        error = posix_spawn_file_actions_addclosefrom_np(actions, FIRST_FD + (int)count);
    return error;
}

static int prepare_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error)
        error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error)
        error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return error;
}

static int spawn(const struct process_start *start, const int *fds, pid_t *pid)
{
    char *argv[PROCESS_ARGS_MAX + 2] = {(char *)(uintptr_t)start->path};
    char *envp[] = {NULL};
    for (size_t i = 0; i < PROCESS_ARGS_MAX && start->args[i]; i++)
        argv[i + 1] = (char *)(uintptr_t)start->args[i];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = prepare_actions(&actions, fds, start->fd_count);
    if (!error)
        error = prepare_attributes(&attributes);
    if (!error)
        error = posix_spawn(pid, start->path, &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* A process without its limits is none. */
static struct err *put_into_group(const struct cgroup *group, pid_t pid)
{
    struct err *e = group && group->tree ? cgroup_add(group, pid) : NULL;
    if (e)
        process_end(pid, 0, NULL);
    return e;
}

struct err *process_start(const struct process_start *start, pid_t *pid)
{
    /* Out of the way of the numbers they shall have. */
    int fds[PROCESS_FDS_MAX];
    int error = 0;
    for (size_t i = 0; i < start->fd_count; i++) {
        fds[i] = fcntl(start->fds[i], F_DUPFD_CLOEXEC, SAFE_FD);
        if (fds[i] < 0)
            error = errno;
    }
    if (!error)
        error = spawn(start, fds, pid);
    for (size_t i = 0; i < start->fd_count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (error)
        return err_errno(error == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE, error, "starting %s", start->path);
    return err_doing(put_into_group(start->group, *pid), "starting %s", start->path);
}

int process_open(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

void process_kill_fd(int pidfd)
{
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

void process_end(pid_t pid, int grace_ms, int *status)
{
    AUTO(fd) int pidfd = grace_ms ? process_open(pid) : -1;
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    if (pidfd >= 0)
        poll(&ended, 1, grace_ms);
    kill(pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
}

void process_limit(int resource, uint64_t most)
{
    struct rlimit limit;
    getrlimit((__rlimit_resource_t)resource, &limit);
    if (limit.rlim_max > most)
        limit.rlim_max = most;
    limit.rlim_cur = limit.rlim_max;
    setrlimit((__rlimit_resource_t)resource, &limit);
}

void process_die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}

void process_begin(int fds_end)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    process_limit(RLIMIT_CORE, 0);
    close_range((unsigned)fds_end, ~0U, 0);
    signal(SIGPIPE, SIG_IGN);
}

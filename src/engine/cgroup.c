#include "engine/cgroup.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A killed process is out of its group within milliseconds. */
enum { EMPTY_WITHIN_MS = 2000, EMPTY_CHECK_US = 2000, FILE_MAX = 64 * 1024 };

#define SUPERVISOR "supervisor"

struct cgroup_tree {
    const struct cgroup_host *host;
    int dir;
    atomic_uint made; /* ever */
};

const struct cgroup_host cgroup_host_system = {
    .root = "/sys/fs/cgroup", .self = "/proc/self/cgroup", .make = mkdirat, .remove = unlinkat};

static struct err *read_file(int dir, const char *name, struct buf *out)
{
    AUTO(fd) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", name);
    return fs_read_fd(fd, name, FILE_MAX, out);
}

/* The kernel takes a value by one call. */
static struct err *write_file(int dir, const char *name, const char *value)
{
    AUTO(fd) int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, strlen(value)) < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "writing `%s` to %s", value, name);
    return NULL;
}

static struct err *write_number(int dir, const char *name, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    return write_file(dir, name, text);
}

static struct err *open_group(int dir, const char *name, int *out)
{
    *out = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out < 0 ? err_errno(ERR_UNAVAILABLE, errno, "opening the group %s", name) : NULL;
}

/* One that a former process of this name has left is as good. */
static struct err *make_group(const struct cgroup_tree *tree, const char *name)
{
    if (tree->host->make(tree->dir, name, 0755) && errno != EEXIST)
        return err_errno(ERR_UNAVAILABLE, errno, "making the group %s", name);
    return NULL;
}

/* --- dividing the group of this process ---------------------------------------------------------------------------------------- */

/* Its line begins with "0::"; the others are of cgroup v1. */
static struct err *find_path(const struct cgroup_host *host, struct buf *path)
{
    AUTO(buf) struct buf lines = {0};
    TRY(fs_read(host->self, FILE_MAX, &lines));
    for (struct slice line, rest = buf_slice(&lines); rest.len;) {
        rest = slice_cut(rest, '\n', &line);
        if (!slice_starts_with(line, SLICE("0::/")) || slice_starts_with(line, SLICE("0::/..")))
            continue;
        buf_append_fmt(path, "%s%.*s", host->root, SLICE_FMT(slice_skip(line, 3)));
        return NULL;
    }
    return err_new(ERR_UNAVAILABLE, "%s names no group of cgroup v2 that can be reached from here", host->self);
}

static struct err *open_own(const struct cgroup_host *host, int *dir)
{
    AUTO(buf) struct buf path = {0}, mounted = {0};
    buf_append_fmt(&mounted, "%s/cgroup.controllers", host->root);
    if (!fs_exists(buf_str(&mounted)))
        return err_new(ERR_UNAVAILABLE, "there is no cgroup v2 at %s", host->root);
    TRY(find_path(host, &path));
    return open_group(AT_FDCWD, buf_str(&path), dir);
}

/* A threaded group cannot be divided by memory, and the root has no type. */
static struct err *check_type(int dir)
{
    AUTO(buf) struct buf type = {0};
    err_free(read_file(dir, "cgroup.type", &type));
    return slice_eq_str(buf_slice(&type), "domain\n")
               ? NULL
               : err_new(ERR_UNAVAILABLE, "this process is in the machine's root group or in one of threads; start it in a "
                                          "group of its own");
}

static bool has_word(struct slice line, const char *word)
{
    for (struct slice found; line.len;) {
        line = slice_cut(line, ' ', &found);
        if (slice_eq_str(found, word))
            return true;
    }
    return false;
}

static struct err *check_controllers(int dir)
{
    static const char *const needed[] = {"memory", "pids"};
    AUTO(buf) struct buf text = {0};
    struct slice line;
    TRY(read_file(dir, "cgroup.controllers", &text));
    slice_cut(buf_slice(&text), '\n', &line);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!has_word(line, needed[i]))
            return err_new(ERR_UNAVAILABLE, "the controller %s is not delegated to this process's group", needed[i]);
    }
    return NULL;
}

/* Others in it would keep it from being divided, and are not ours to move. */
static struct err *check_alone(int dir)
{
    AUTO(buf) struct buf text = {0};
    TRY(read_file(dir, "cgroup.procs", &text));
    const char *rest = buf_str(&text);
    for (char *end = NULL; *rest; rest = end + (*end == '\n')) {
        if (strtol(rest, &end, 10) != getpid() || end == rest)
            return err_new(ERR_UNAVAILABLE, "this process shares its group with others; start it in one of its own");
    }
    return NULL;
}

static struct err *move_down(const struct cgroup_tree *tree)
{
    AUTO(fd) int supervisor = -1;
    TRY(open_group(tree->dir, SUPERVISOR, &supervisor));
    return write_number(supervisor, "cgroup.procs", (uint64_t)getpid());
}

static void move_back(const struct cgroup_tree *tree)
{
    err_free(write_number(tree->dir, "cgroup.procs", (uint64_t)getpid()));
    if (tree->host->remove(tree->dir, SUPERVISOR, AT_REMOVEDIR))
        log_warn("a control group is left behind", LOG_STR("group", SUPERVISOR), LOG_STR("error", strerror(errno)));
}

static struct err *divide(const struct cgroup_tree *tree)
{
    TRY(check_type(tree->dir));
    TRY(check_controllers(tree->dir));
    TRY(check_alone(tree->dir));
    TRY(make_group(tree, SUPERVISOR));
    struct err *e = move_down(tree);
    if (!e)
        e = write_file(tree->dir, "cgroup.subtree_control", "+memory +pids");
    if (e)
        move_back(tree);
    return e;
}

static void tree_free(struct cgroup_tree *tree)
{
    auto_fd(&tree->dir);
    mem_free(tree);
}

struct err *cgroup_tree_open(const struct cgroup_host *host, struct cgroup_tree **out)
{
    struct cgroup_tree *tree = mem_calloc(1, sizeof *tree);
    tree->host = host;
    struct err *e = open_own(host, &tree->dir);
    if (!e)
        e = divide(tree);
    if (e)
        tree_free(tree);
    else
        *out = tree;
    return e;
}

void cgroup_tree_close(struct cgroup_tree *tree)
{
    if (!tree)
        return;
    err_free(write_file(tree->dir, "cgroup.subtree_control", "-memory -pids"));
    move_back(tree);
    tree_free(tree);
}

/* --- groups in it ---------------------------------------------------------------------------------------------------------------- */

/* A kernel without swap has no file for it. */
static struct err *refuse_swap(int dir)
{
    struct err *e = write_file(dir, "memory.swap.max", "0");
    if (!e || faccessat(dir, "memory.swap.max", F_OK, 0) == 0)
        return e;
    err_free(e);
    return NULL;
}

static struct err *set_limits(int dir, const struct cgroup_limits *limits)
{
    TRY(write_number(dir, "memory.max", limits->max_memory));
    TRY(refuse_swap(dir));
    return write_number(dir, "pids.max", limits->max_processes);
}

struct err *cgroup_new(struct cgroup_tree *tree, const char *kind, const struct cgroup_limits *limits, struct cgroup *out)
{
    struct cgroup group = {.tree = tree, .dir = -1};
    snprintf(group.name, sizeof group.name, "%s-%u", kind, atomic_fetch_add(&tree->made, 1) + 1);
    TRY(make_group(tree, group.name));
    struct err *e = open_group(tree->dir, group.name, &group.dir);
    if (!e)
        e = set_limits(group.dir, limits);
    if (e)
        cgroup_free(&group);
    else
        *out = group;
    return e;
}

struct err *cgroup_add(const struct cgroup *group, pid_t pid)
{
    return err_doing(write_number(group->dir, "cgroup.procs", (uint64_t)pid), "in the control group %s", group->name);
}

static bool remove_group(const struct cgroup *group)
{
    uint64_t deadline = clock_monotonic_ns(&clock_system) + EMPTY_WITHIN_MS * NS_PER_MS;
    while (group->tree->host->remove(group->tree->dir, group->name, AT_REMOVEDIR)) {
        if (errno != EBUSY || clock_monotonic_ns(&clock_system) > deadline)
            return false;
        usleep(EMPTY_CHECK_US);
    }
    return true;
}

void cgroup_free(struct cgroup *group)
{
    if (!group->tree)
        return;
    err_free(write_file(group->dir, "cgroup.kill", "1")); /* Linux 5.14; cells die with their zygote anyway */
    if (!remove_group(group))
        log_warn("a control group is left behind", LOG_STR("group", group->name), LOG_STR("error", strerror(errno)));
    auto_fd(&group->dir);
    *group = (struct cgroup){0};
}

/* Control groups (cgroup v2): bounds of the kernel's own on what an engine's processes take together, where the host gives this process a
 * group to divide.
 *
 *     <the group of this process>     memory and pids for what is below it, and no other process in it
 *       ├ supervisor                  this process: a group that bounds groups below it may hold no process itself
 *       ├ cells-1, cells-3 …          an engine's zygote, and all cells that it forks
 *       └ compilers-2, compilers-4 …  an engine's compiler processes
 *
 * A process is put into its group when it is started and its children are born there: a task costs nothing.
 *
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, "Delegation" and "No Internal Process Constraint".
 */
#pragma once
#include "base/err.h"
#include <stdint.h>
#include <sys/types.h>

/* Where the groups are, for a test that has others. */
struct cgroup_host {
    const char *root; /* where cgroup v2 is mounted */
    const char *self; /* the file that names the group of this process */
    int (*make)(int dir, const char *name, mode_t mode);
    int (*remove)(int dir, const char *name, int flags);
};

extern const struct cgroup_host cgroup_host_system;

struct cgroup_tree;

/* Divides the group of this process, once a process. ERR_UNAVAILABLE: the host does not offer that, and why; all is as it was. */
struct err *cgroup_tree_open(const struct cgroup_host *host, struct cgroup_tree **out);

/* After the last of its groups. Undivides. NULL is fine. */
void cgroup_tree_close(struct cgroup_tree *tree);

struct cgroup_limits {
    uint64_t max_memory;    /* bytes, in memory: nothing of it goes to swap */
    uint64_t max_processes; /* and threads */
};

/* A group with limits. The zero value is none. */
struct cgroup {
    struct cgroup_tree *tree;
    char name[32];
    int dir;
};

/* Makes one whose name begins with `kind`; any thread may. ERR_UNAVAILABLE as above. */
struct err *cgroup_new(struct cgroup_tree *tree, const char *kind, const struct cgroup_limits *limits, struct cgroup *out);

/* Puts a process into it. */
struct err *cgroup_add(const struct cgroup *group, pid_t pid);

/* Kills what is still in it and removes it. The zero value is fine. */
void cgroup_free(struct cgroup *group);

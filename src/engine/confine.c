#include "engine/confine.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static void note(struct buf *effect, const char *what)
{
    buf_append_fmt(effect, "%s%s", effect->len ? ", " : "", what);
}

static void leave_namespaces(struct buf *effect)
{
    static const struct {
        int flag;
        const char *name;
    } spaces[] = {
        {CLONE_NEWNET, "network namespace"},
        {CLONE_NEWIPC, "IPC namespace"},
        {CLONE_NEWUTS, "host name namespace"},
        {CLONE_NEWCGROUP, "cgroup namespace"},
    };
    if (geteuid() != 0 && !unshare(CLONE_NEWUSER))
        note(effect, "user namespace");
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (!unshare(spaces[i].flag))
            note(effect, spaces[i].name);
}

static void leave_root(struct buf *effect)
{
    if (geteuid() == 0 && !setgroups(0, NULL) && !setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY))
        note(effect, "user nobody");
}

static void drop_capabilities(struct buf *effect)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (!syscall(SYS_capset, &head, none))
        note(effect, "no capabilities");
}

/* The kernel's struct landlock_ruleset_attr as of version 6; older kernels know its beginning. */
struct ruleset {
    uint64_t paths, ports, scopes;
};

/* All rights that version `abi` of Landlock can take away; *len is how much of the struct it knows. */
static struct ruleset all_rights(long abi, size_t *len)
{
    static const uint8_t path_rights[] = {0, 13, 14, 15, 15, 16}; /* how many there are, by version; 16 from 5 on */
    struct ruleset r = {.paths = (UINT64_C(1) << path_rights[abi < 5 ? abi : 5]) - 1};
    *len = sizeof r.paths;
    if (abi >= 4) {
        r.ports = 3; /* bind and connect of TCP */
        *len += sizeof r.ports;
    }
    if (abi >= 6) {
        r.scopes = 3; /* abstract sockets and signals */
        *len += sizeof r.scopes;
    }
    return r;
}

static void enter_landlock(struct buf *effect)
{
    size_t len = 0;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return;
    const struct ruleset all = all_rights(abi, &len);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, len, 0);
    if (rules < 0)
        return;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!syscall(SYS_landlock_restrict_self, rules, 0))
        buf_append_fmt(effect, "%sLandlock %ld", effect->len ? ", " : "", abi);
    close(rules);
}

void confine_process(struct buf *effect)
{
    if (setsid() >= 0)
        note(effect, "own session");
    leave_namespaces(effect);
    leave_root(effect);
    drop_capabilities(effect);
    enter_landlock(effect);
}

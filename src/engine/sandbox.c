#include "engine/sandbox.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/wire.h"
#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The condition a system call is allowed under; NEVER: it fails with EACCES, where everything else is a kill. */
enum condition { ALWAYS, ON_THE_SOCKET, ON_THE_ARTIFACT, ON_THE_REPORT, NOT_EXECUTABLE, OWN_DATA_LIMIT, FORK, OWN_NAME, NEVER };

struct rule {
    int syscall;
    enum condition condition;
};

/* What every guest, and the engine library while it runs or compiles, needs. */
#define RULES_OF_COMPUTING                                                                                        \
    {SCMP_SYS(mremap), ALWAYS}, {SCMP_SYS(munmap), ALWAYS}, {SCMP_SYS(madvise), ALWAYS}, {SCMP_SYS(brk), ALWAYS}, \
        {SCMP_SYS(clock_gettime), ALWAYS}, {SCMP_SYS(clock_nanosleep), ALWAYS}, {SCMP_SYS(getrandom), ALWAYS},    \
        {SCMP_SYS(futex), ALWAYS}, {SCMP_SYS(sched_yield), ALWAYS}, {SCMP_SYS(rt_sigreturn), ALWAYS},             \
        {SCMP_SYS(rt_sigprocmask), ALWAYS}, {SCMP_SYS(sigaltstack), ALWAYS}, {SCMP_SYS(exit), ALWAYS},            \
    {                                                                                                             \
        SCMP_SYS(exit_group), ALWAYS                                                                              \
    }

static const struct rule cell_rules[] = {
    {SCMP_SYS(read), ON_THE_SOCKET},
    {SCMP_SYS(sendto), ON_THE_SOCKET},
    {SCMP_SYS(mmap), NOT_EXECUTABLE},
    {SCMP_SYS(mprotect), NOT_EXECUTABLE},
    {SCMP_SYS(prlimit64), OWN_DATA_LIMIT},
    {SCMP_SYS(clock_getres), ALWAYS},
    RULES_OF_COMPUTING,
};

static const struct rule compiler_rules[] = {
    {SCMP_SYS(write), ON_THE_ARTIFACT},
    {SCMP_SYS(write), ON_THE_REPORT},
    {SCMP_SYS(mmap), NOT_EXECUTABLE},
    {SCMP_SYS(mprotect), NOT_EXECUTABLE},
    {SCMP_SYS(fstat), ALWAYS},
    {SCMP_SYS(newfstatat), ALWAYS},        /* of a descriptor; no path can be opened */
    {SCMP_SYS(sched_getaffinity), ALWAYS}, /* from here on: of its threads, which may still be about to start */
    {SCMP_SYS(set_robust_list), ALWAYS},
    {SCMP_SYS(rseq), ALWAYS},
    {SCMP_SYS(gettid), ALWAYS},
    {SCMP_SYS(prctl), OWN_NAME},
    {SCMP_SYS(openat), NEVER}, /* the C library looks for /proc/sys/vm/overcommit_memory when it gives memory back */
    RULES_OF_COMPUTING,
};

/* A child of the zygote is under this filter too: what it does before it enters its own is here. */
static const struct rule zygote_rules[] = {
    {SCMP_SYS(recvmsg), ALWAYS},      {SCMP_SYS(sendmsg), ALWAYS},
    {SCMP_SYS(mmap), ALWAYS},         {SCMP_SYS(mprotect), ALWAYS},
    {SCMP_SYS(openat), ALWAYS},       {SCMP_SYS(fstat), ALWAYS}, /* artifacts: Landlock leaves only descriptors to open */
    {SCMP_SYS(newfstatat), ALWAYS},   {SCMP_SYS(statx), ALWAYS},
    {SCMP_SYS(pread64), ALWAYS},      {SCMP_SYS(lseek), ALWAYS},
    {SCMP_SYS(fcntl), ALWAYS},        {SCMP_SYS(close), ALWAYS},
    {SCMP_SYS(write), ALWAYS},        {SCMP_SYS(rt_sigaction), ALWAYS},
    {SCMP_SYS(clone), FORK},          {SCMP_SYS(set_robust_list), ALWAYS},
    {SCMP_SYS(wait4), ALWAYS},        {SCMP_SYS(rseq), ALWAYS},
    {SCMP_SYS(getpid), ALWAYS},       {SCMP_SYS(gettid), ALWAYS},
    {SCMP_SYS(read), ALWAYS}, /* from here on: of the child */
    {SCMP_SYS(getppid), ALWAYS},      {SCMP_SYS(prctl), ALWAYS},
    {SCMP_SYS(dup2), ALWAYS},         {SCMP_SYS(close_range), ALWAYS},
    {SCMP_SYS(prlimit64), ALWAYS},    {SCMP_SYS(pidfd_open), ALWAYS},
    {SCMP_SYS(seccomp), ALWAYS},      {SCMP_SYS(sendto), ALWAYS},
    {SCMP_SYS(clock_getres), ALWAYS}, RULES_OF_COMPUTING,
};

static const struct {
    const struct rule *rules;
    size_t count;
} kinds[] = {
    [SANDBOX_CELL] = {cell_rules, sizeof cell_rules / sizeof *cell_rules},
    [SANDBOX_COMPILER] = {compiler_rules, sizeof compiler_rules / sizeof *compiler_rules},
    [SANDBOX_ZYGOTE] = {zygote_rules, sizeof zygote_rules / sizeof *zygote_rules},
};

static int allow(scmp_filter_ctx filter, const struct rule *rule)
{
    static const struct {
        unsigned count;
        struct scmp_arg_cmp args[2];
    } conditions[] = {
        [ALWAYS] = {0},
        [NEVER] = {0},
        [ON_THE_SOCKET] = {1, {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = TASK_FD}}},
        [ON_THE_ARTIFACT] = {1, {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = COMPILER_ARTIFACT_FD}}},
        [ON_THE_REPORT] = {1, {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = COMPILER_REPORT_FD}}},
        [NOT_EXECUTABLE] = {1, {{.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0}}},
        [OWN_DATA_LIMIT] = {2,
                            {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = 0},
                             {.arg = 1, .op = SCMP_CMP_EQ, .datum_a = RLIMIT_DATA}}},
        [OWN_NAME] = {1, {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_NAME}}},
        [FORK] = {1,
                  {{.arg = 0,
                    .op = SCMP_CMP_EQ,
                    .datum_a = CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD}}}, /* what the C library's fork asks for */
    };
    const uint32_t action = rule->condition == NEVER ? SCMP_ACT_ERRNO(EACCES) : SCMP_ACT_ALLOW;
    return seccomp_rule_add_array(filter, action, rule->syscall, conditions[rule->condition].count,
                                  conditions[rule->condition].args);
}

/* In front of the rules goes an instruction that looks at an argument and changes nothing. When a filter is entered, the kernel works out
 * for every system call there is whether the number alone decides, to save running the filter then; it gives that up at the first look
 * at an argument. For a process that makes a few calls and ends, the working out costs more than it saves: half of the 42 µs
 * that entering takes. */
static const struct sock_filter look_at_argument = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));

static struct err *read_rules(int fd, struct sandbox *s)
{
    AUTO(buf) struct buf bytes = {0};
    buf_append(&bytes, slice_from(&look_at_argument, sizeof look_at_argument));
    if (lseek(fd, 0, SEEK_SET))
        return err_errno(ERR_UNAVAILABLE, errno, "reading the sandbox's rules");
    TRY(fs_read_fd(fd, "the sandbox's rules", BPF_MAXINSNS * sizeof *s->rules, &bytes));
    s->count = (unsigned short)(bytes.len / sizeof *s->rules);
    s->rules = mem_alloc(bytes.len);
    memcpy(s->rules, bytes.ptr, bytes.len);
    return NULL;
}

static struct err *build(scmp_filter_ctx filter, enum sandbox_kind kind, struct sandbox *s)
{
    AUTO(fd) int fd = memfd_create("sandbox", MFD_CLOEXEC);
    int fault =
        filter ? seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : -ENOMEM; /* not one thread */
    for (size_t i = 0; !fault && i < kinds[kind].count; i++)
        fault = allow(filter, &kinds[kind].rules[i]);
    if (!fault)
        fault = seccomp_export_bpf(filter, fd);
    return fault ? err_errno(ERR_UNAVAILABLE, -fault, "making the sandbox") : read_rules(fd, s);
}

struct err *sandbox_make(struct sandbox *s, enum sandbox_kind kind)
{
    const uint32_t action = SECCOMP_RET_KILL_PROCESS;
    *s = (struct sandbox){0};
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action))
        return err_errno(ERR_UNAVAILABLE, errno,
                         "the engine needs a kernel that filters system calls (seccomp); tasks would not be confined");
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    struct err *e = build(filter, kind, s);
    seccomp_release(filter);
    return e;
}

void sandbox_free(struct sandbox *s)
{
    mem_free(s->rules);
    *s = (struct sandbox){0};
}

bool sandbox_enter(const struct sandbox *s)
{
    const struct sock_fprog program = {.len = s->count, .filter = s->rules};
    return s->count && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
           !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}

struct err *sandbox_confine(enum sandbox_kind kind)
{
    struct sandbox s;
    TRY(sandbox_make(&s, kind));
    bool entered = sandbox_enter(&s);
    sandbox_free(&s);
    return entered ? NULL : err_errno(ERR_UNAVAILABLE, errno, "entering the sandbox");
}

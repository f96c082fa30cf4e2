/* The system calls that escape.c makes in a cell and escape_compiler.c in a compiler; src/engine/escape_test.c goes through the same
 * table. All are killed for. */
#pragma once
#include "base/slice.h"
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { X32 = 0x40000000, SOCKET = 3 };

static char scratch[4096];
static char some_path[] = "/etc/passwd";
static char *no_strings[] = {NULL};
static struct iovec some_bytes = {scratch, sizeof scratch};
static struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

#define AT(x)  ((long)(uintptr_t)(x))
#define PARENT (-1L) /* the process number of the zygote */

static const struct attack {
    const char *name;
    long number, args[6];
} attacks[] = {
    /* files */
    {"open", SYS_open, {AT(some_path), O_RDONLY}},
    {"openat", SYS_openat, {AT_FDCWD, AT(some_path), O_RDONLY}},
    {"openat2", SYS_openat2, {AT_FDCWD, AT(some_path), AT(scratch), 24}},
    {"creat", SYS_creat, {AT(some_path), 0600}},
    {"stat", SYS_stat, {AT(some_path), AT(scratch)}},
    {"statx", SYS_statx, {AT_FDCWD, AT(some_path), 0, 0xfff, AT(scratch)}},
    {"unlink", SYS_unlink, {AT(some_path)}},
    {"open_by_handle_at", SYS_open_by_handle_at, {AT_FDCWD, AT(scratch), O_RDONLY}},
    {"getcwd", SYS_getcwd, {AT(scratch), sizeof scratch}},
    {"memfd_create", SYS_memfd_create, {AT("x"), 0}},
    {"mount", SYS_mount, {AT("none"), AT("/tmp"), AT("tmpfs"), 0, 0}},
    {"umount2", SYS_umount2, {AT("/proc"), 0}},
    {"pivot_root", SYS_pivot_root, {AT("/"), AT("/")}},
    {"chroot", SYS_chroot, {AT("/tmp")}},
    /* descriptors */
    {"write to standard error", SYS_write, {STDERR_FILENO, AT(scratch), 1}},
    {"write to its socket past the frames", SYS_write, {SOCKET, AT(scratch), 1}},
    {"send to another descriptor", SYS_sendto, {STDERR_FILENO, AT(scratch), 1, 0, 0, 0}},
    {"read another descriptor", SYS_read, {STDIN_FILENO, AT(scratch), 1}},
    {"sendmsg", SYS_sendmsg, {SOCKET, AT(scratch), 0}},
    {"recvmsg", SYS_recvmsg, {SOCKET, AT(scratch), 0}},
    {"dup2", SYS_dup2, {SOCKET, 9}},
    {"fcntl", SYS_fcntl, {SOCKET, F_GETFL}},
    {"ioctl", SYS_ioctl, {SOCKET, 0x541b, AT(scratch)}},
    {"close", SYS_close, {SOCKET}},
    {"shutdown", SYS_shutdown, {SOCKET, SHUT_RDWR}},
    {"splice", SYS_splice, {STDIN_FILENO, 0, SOCKET, 0, 1, 0}},
    {"pipe2", SYS_pipe2, {AT(scratch), 0}},
    {"eventfd2", SYS_eventfd2, {0, 0}},
    {"epoll_create1", SYS_epoll_create1, {0}},
    {"inotify_init1", SYS_inotify_init1, {0}},
    /* network */
    {"socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"socket (netlink)", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}},
    {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, AT(scratch)}},
    {"connect", SYS_connect, {SOCKET, AT(scratch), 16}},
    {"bind", SYS_bind, {SOCKET, AT(scratch), 16}},
    {"accept4", SYS_accept4, {SOCKET, 0, 0, 0}},
    /* processes */
    {"fork", SYS_fork, {0}},
    {"vfork", SYS_vfork, {0}},
    {"clone", SYS_clone, {SIGCHLD}},
    {"clone as fork does", SYS_clone, {CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD, 0, 0, AT(scratch), 0}},
    {"clone a thread", SYS_clone, {CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, AT(scratch + 4000)}},
    {"clone3", SYS_clone3, {AT(scratch), 88}},
    {"execve", SYS_execve, {AT("/bin/true"), AT(no_strings), AT(no_strings)}},
    {"execveat", SYS_execveat, {AT_FDCWD, AT("/bin/true"), AT(no_strings), AT(no_strings), 0}},
    {"kill the zygote", SYS_kill, {PARENT, SIGKILL}},
    {"kill all", SYS_kill, {-2, SIGKILL}},
    {"tgkill", SYS_tgkill, {PARENT, PARENT, SIGKILL}},
    {"pidfd_open", SYS_pidfd_open, {PARENT, 0}},
    {"pidfd_send_signal", SYS_pidfd_send_signal, {STDIN_FILENO, SIGKILL, 0, 0}},
    {"ptrace", SYS_ptrace, {PTRACE_ATTACH, PARENT, 0, 0}},
    {"ptrace me", SYS_ptrace, {PTRACE_TRACEME, 0, 0, 0}},
    {"process_vm_readv", SYS_process_vm_readv, {PARENT, AT(&some_bytes), 1, AT(&some_bytes), 1, 0}},
    {"process_vm_writev", SYS_process_vm_writev, {PARENT, AT(&some_bytes), 1, AT(&some_bytes), 1, 0}},
    {"kcmp", SYS_kcmp, {PARENT, PARENT, 0, 0, 0}},
    {"wait4", SYS_wait4, {-1, 0, 0, 0}},
    {"getpid", SYS_getpid, {0}},
    {"setsid", SYS_setsid, {0}},
    {"prctl", SYS_prctl, {PR_SET_DUMPABLE, 1}},
    {"prctl: outlive the zygote", SYS_prctl, {PR_SET_PDEATHSIG, 0}},
    {"sched_setaffinity", SYS_sched_setaffinity, {0, 8, AT(scratch)}},
    {"setpriority", SYS_setpriority, {PRIO_PROCESS, 0, -20}},
    /* rights */
    {"setuid", SYS_setuid, {0}},
    {"capset", SYS_capset, {AT(scratch), AT(scratch)}},
    {"unshare", SYS_unshare, {CLONE_NEWUSER}},
    {"setns", SYS_setns, {STDIN_FILENO, 0}},
    {"seccomp", SYS_seccomp, {0, 0, 0}},
    {"limits of the zygote", SYS_prlimit64, {PARENT, RLIMIT_DATA, AT(&unlimited), 0}},
    {"more processes", SYS_prlimit64, {0, RLIMIT_NPROC, AT(&unlimited), 0}},
    {"more files", SYS_setrlimit, {RLIMIT_NOFILE, AT(&unlimited)}},
    {"keyctl", SYS_keyctl, {KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0}},
    {"add_key", SYS_add_key, {AT("user"), AT("x"), AT(scratch), 1, KEY_SPEC_SESSION_KEYRING}},
    {"personality", SYS_personality, {0xffffffff}},
    /* new code */
    {"mmap executable", SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
    {"mmap all", SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
    {"mprotect executable", SYS_mprotect, {AT(scratch), 4096, PROT_READ | PROT_EXEC}},
    {"pkey_mprotect", SYS_pkey_mprotect, {AT(scratch), 4096, PROT_READ | PROT_EXEC, -1}},
    {"shmat", SYS_shmat, {0, 0, 0}},
    {"shmget", SYS_shmget, {0, 4096, 0600}},
    {"remap_file_pages", SYS_remap_file_pages, {AT(scratch), 4096, 0, 0, 0}},
    /* the kernel's deep ends */
    {"io_uring_setup", SYS_io_uring_setup, {8, AT(scratch)}},
    {"io_uring_enter", SYS_io_uring_enter, {SOCKET, 1, 0, 0, 0, 0}},
    {"bpf", SYS_bpf, {0, AT(scratch), 48}},
    {"perf_event_open", SYS_perf_event_open, {AT(scratch), 0, -1, -1, 0}},
    {"userfaultfd", SYS_userfaultfd, {0}},
    {"modify_ldt", SYS_modify_ldt, {0, AT(scratch), sizeof scratch}},
    {"iopl", SYS_iopl, {3}},
    {"init_module", SYS_init_module, {AT(scratch), 1, AT("")}},
    {"kexec_load", SYS_kexec_load, {0, 0, 0, 0}},
    {"reboot", SYS_reboot, {0, 0, 0, 0}},
    {"clock_settime", SYS_clock_settime, {0, AT(scratch)}},
    {"syslog", SYS_syslog, {3, AT(scratch), sizeof scratch}},
    {"vmsplice", SYS_vmsplice, {SOCKET, AT(&some_bytes), 1, 0}},
    {"timer_create", SYS_timer_create, {0, 0, AT(scratch)}},
    {"a call that does not exist", 1000, {0}},
    {"an x32 call", X32 | SYS_getpid, {0}},
    {"an x32 read", X32 | SYS_read, {SOCKET, AT(scratch), 1}},
};

#define ATTACK_32_BIT "a 32-bit call"

/* Makes the call of that name, if there is one. */
static inline void attack(struct slice name)
{
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        const struct attack *a = &attacks[i];
        long args[6];
        for (size_t k = 0; k < 6; k++)
            args[k] = a->args[k] == PARENT && a->number != SYS_mmap ? 1 : a->args[k];
        if (slice_eq_str(name, a->name))
            syscall(a->number, args[0], args[1], args[2], args[3], args[4], args[5]);
    }
    if (slice_eq_str(name, ATTACK_32_BIT)) {
        long result = 20; /* getpid there */
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    }
}

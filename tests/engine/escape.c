/* What an attacker runs who has broken WebAssembly: native code in a real cell, where the guest's code would run. Linked into a zygote
 * that is otherwise the real one: its calls of guest_run come here. The task's input names the attack; without one the guest
 * runs. Whatever comes back alive from its system call reports a completed task, which src/engine/escape_test.c takes for an escape. */
#include "engine/guest.h"
#include "escape_attacks.h"
#include <errno.h>

static char *volatile nowhere = (char *)8; /* where the compiler must not look */

/* What the filter lets through must still lead nowhere: true when it does not. */
static bool stays_within(struct slice name)
{
    struct rlimit limit = {0};
    if (slice_eq_str(name, "raise its own memory limit"))
        return setrlimit(RLIMIT_DATA, &unlimited) != 0 && errno == EPERM;
    if (slice_eq_str(name,
                     "descriptors")) /* standard three and the socket: nobody can ask without being killed, reads say enough */
        return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, SOCKET + 1, 0) == MAP_FAILED && errno == EBADF;
    if (slice_eq_str(name, "memory without end"))
        for (int i = 0; i < 1000; i++)
            if (mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
                return true;
    if (slice_eq_str(name, "secrets"))
        return getrlimit(RLIMIT_DATA, &limit) == 0 && !*environ;
    return false;
}

void __real_guest_run(struct guest_host *host, const struct guest_program *program, struct guest_instance *instance,
                      const struct guest_limits *limits, struct p1 *p1, struct guest_result *out);
void __wrap_guest_run(struct guest_host *host, const struct guest_program *program, struct guest_instance *instance,
                      const struct guest_limits *limits, struct p1 *p1, struct guest_result *out);

void __wrap_guest_run(struct guest_host *host, const struct guest_program *program, struct guest_instance *instance,
                      const struct guest_limits *limits, struct p1 *p1, struct guest_result *out)
{
    if (p1->input.len == 0) {
        __real_guest_run(host, program, instance, limits, p1, out);
        return;
    }
    *out = (struct guest_result){.end = TASK_COMPLETED};
    attack(p1->input);
    if (slice_eq_str(p1->input, "crash"))
        scratch[0] = *nowhere;
    if (stays_within(p1->input))
        p1->sink(p1->sink_self, P1_STDOUT, SLICE("nowhere"));
}

/* What the engine's processes give up once, when they start, so that their children need not: the layers beneath the filter of system
 * calls (sandbox.h). Each is used where the kernel and the worker's rights have it; none is relied on alone.
 *
 *     own session        no terminal, no job control of the worker's
 *     namespaces         network, System V IPC and message queues, host name, cgroup names: empty ones; without root these need a user
 *                        namespace, which is then another
 *     other user         nobody's, when the worker is root
 *     no capabilities    not in the namespaces either
 *     Landlock           no path may be opened; kernel 5.13. From 6.7 on no TCP port, from 6.12 on no signal and no abstract socket to
 *                        the outside
 */
#pragma once
#include "base/buf.h"

/* Appends what took effect, for people: "network namespace, no capabilities, Landlock 7". Call it in a process with one thread, before
 * process_die_with, which a change of user undoes. Descriptors that are open stay usable. */
void confine_process(struct buf *effect);

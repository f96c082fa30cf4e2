/* Runs a function with enough stack.
 *
 * Contract code recurses until the network's rule stops it, which may need more than a thread has by default. Where the present
 * thread has room, the function runs at once; else on a thread of its own that ends with it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* At least `len` bytes for guest code and some more for the host. Returns when `run` has; false when it could not be
 * started. */
bool stack_run(size_t len, void (*run)(void *), void *arg);

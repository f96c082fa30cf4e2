/* A simulator's seed in a file, and the measurements that a simulated worker claims: what the pieces of a development stack agree on. */
#pragma once
#include "base/err.h"
#include "tee/simulator/simulator.h"

/* Reads 64 hex digits and an optional line feed. */
struct err *simulator_seed_read(const char *path, uint8_t seed[SIMULATOR_SEED_LEN]);
/* Reads the file, or makes a seed and the file (0600) when it is not there. */
struct err *simulator_seed_keep(const char *path, uint8_t seed[SIMULATOR_SEED_LEN]);

/* SHA-384 of "OutLayer simulator: worker <name>" each: nobody can take them for those of a machine. */
void simulator_worker_measurements(struct measurements *out);

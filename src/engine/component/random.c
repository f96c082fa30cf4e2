/* wasi:random: random, insecure, insecure-seed. All of it is the kernel's generator. */
#include "base/entropy.h"
#include "engine/component/call.h"

enum { RANDOM_MAX = 16 << 20 };

static bool bytes(struct component_call *c)
{
    uint64_t len = c->args[0].n;
    if (len > RANDOM_MAX)
        return component_fault(c->guest, "more than 16 MiB of random bytes in one call");
    if (!component_charge(c, len))
        return false;
    void *out = arena_alloc(&c->guest->results, len);
    entropy_fill(&entropy_system, out, len);
    c->results[0].list = (struct shim_list){out, len};
    return true;
}

static bool number(struct component_call *c)
{
    entropy_fill(&entropy_system, &c->results[0].n, sizeof c->results[0].n);
    return true;
}

static bool seed(struct component_call *c)
{
    entropy_fill(&entropy_system, &c->results[0].n, sizeof c->results[0].n);
    entropy_fill(&entropy_system, &c->results[1].n, sizeof c->results[1].n);
    return true;
}

static const struct component_function_row random_functions[] = {
    {"get-random-bytes", "(u64) -> list<u8>", bytes},
    {"get-random-u64", "() -> u64", number},
    {0},
};

static const struct component_function_row insecure_functions[] = {
    {"get-insecure-random-bytes", "(u64) -> list<u8>", bytes},
    {"get-insecure-random-u64", "() -> u64", number},
    {0},
};

static const struct component_function_row seed_functions[] = {
    {"insecure-seed", "() -> tuple<u64, u64>", seed},
    {0},
};

const struct component_interface component_random = {"wasi:random/random@0.2.0", NULL, NULL, random_functions};
const struct component_interface component_insecure = {"wasi:random/insecure@0.2.0", NULL, NULL, insecure_functions};
const struct component_interface component_insecure_seed = {"wasi:random/insecure-seed@0.2.0", NULL, NULL, seed_functions};

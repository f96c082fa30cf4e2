#include "outlayer/pricing.h"
#include "outlayer/state.h"

enum { INSTRUCTIONS_UNIT = 1000000, MS_PER_SECOND = 1000 };

void limits_fill(struct limits *l)
{
    if (!l->has_max_instructions)
        l->max_instructions = 1000000000;
    if (!l->has_max_memory_mb)
        l->max_memory_mb = 128;
    if (!l->has_max_execution_seconds)
        l->max_execution_seconds = 60;
    l->has_max_instructions = l->has_max_memory_mb = l->has_max_execution_seconds = true;
}

/* sum += count * fee; false when that does not fit. */
static bool add(u128 *sum, uint64_t count, u128 fee)
{
    u128 part;
    return u128_mul(fee, count, &part) && u128_add(*sum, part, sum);
}

u128 pricing_estimate(const struct prices *p, const struct limits *l)
{
    uint64_t ms;
    u128 sum = p->base_fee;
    if (__builtin_mul_overflow(l->max_execution_seconds, (uint64_t)MS_PER_SECOND, &ms) ||
        !add(&sum, l->max_instructions / INSTRUCTIONS_UNIT, p->per_million_instructions_fee) || !add(&sum, ms, p->per_ms_fee))
        panic_overflow("multiply");
    return sum;
}

static u128 smaller(u128 a, u128 b)
{
    return a < b ? a : b;
}

u128 pricing_charge(const struct prices *p, const struct metrics *m, u128 payment)
{
    u128 sum = p->base_fee;
    bool fits = add(&sum, m->instructions / INSTRUCTIONS_UNIT, p->per_million_instructions_fee) &&
                add(&sum, m->time_ms, p->per_ms_fee) && add(&sum, m->compile_time_ms, p->per_compile_ms_fee);
    return fits ? smaller(sum, payment) : payment;
}

u128 pricing_charge_failed(const struct prices *p, u128 payment)
{
    return smaller(p->base_fee, payment);
}

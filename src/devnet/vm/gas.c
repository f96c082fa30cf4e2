#include "devnet/vm/gas.h"

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t hard_limit(const struct gas_counter *g)
{
    return min_u64(g->prepaid, g->max_burnt);
}

/* The failed call burns up to its hard limit, also what was reserved. Sums may have wrapped: the reference lets them. */
static bool exceeded(struct gas_counter *g, uint64_t new_burnt, uint64_t new_used)
{
    g->burnt = min_u64(new_burnt, hard_limit(g));
    uint64_t used = min_u64(g->prepaid, new_used);
    g->promised = used > g->burnt ? used - g->burnt : 0;
    g->fault = new_burnt > g->max_burnt ? HOST_GAS_LIMIT_EXCEEDED : HOST_GAS_EXCEEDED;
    return false;
}

static bool overflow(struct gas_counter *g)
{
    g->fault = HOST_INTEGER_OVERFLOW;
    return false;
}

uint64_t gas_left(const struct gas_counter *g)
{
    uint64_t limit = min_u64(g->max_burnt, g->prepaid - g->promised);
    return limit > g->burnt ? limit - g->burnt : 0;
}

bool gas_burn(struct gas_counter *g, uint64_t gas)
{
    uint64_t burnt;
    if (__builtin_add_overflow(g->burnt, gas, &burnt))
        return overflow(g);
    if (gas > gas_left(g))
        return exceeded(g, burnt, burnt + g->promised);
    g->burnt = burnt;
    return true;
}

static bool deduct(struct gas_counter *g, uint64_t burn, uint64_t reserve)
{
    uint64_t burnt, promised, used;
    if (__builtin_add_overflow(g->promised, reserve, &promised) || __builtin_add_overflow(g->burnt, burn, &burnt) ||
        __builtin_add_overflow(burnt, promised, &used))
        return overflow(g);
    if (burnt > g->max_burnt || used > g->prepaid)
        return exceeded(g, burnt, used);
    g->burnt = burnt;
    g->promised = promised;
    return true;
}

bool gas_reserve(struct gas_counter *g, uint64_t gas)
{
    return deduct(g, 0, gas);
}

bool gas_pay(struct gas_counter *g, enum vm_cost cost, uint64_t count)
{
    uint64_t gas, before = g->burnt;
    if (__builtin_mul_overflow(vm_costs[cost].gas, count, &gas))
        return overflow(g);
    bool ok = gas_burn(g, gas);
    if (g->burnt > before)
        g->by_cost[cost] += g->burnt - before;
    return ok;
}

bool gas_pay_action_sum(struct gas_counter *g, enum vm_action_cost cost, uint64_t burn, uint64_t reserve)
{
    uint64_t before = g->burnt;
    bool ok = deduct(g, burn, reserve);
    if (g->burnt > before)
        g->by_action[cost] += g->burnt - before;
    return ok;
}

bool gas_pay_action(struct gas_counter *g, enum vm_action_cost cost, uint64_t count, bool sir)
{
    uint64_t burn, reserve, sum;
    if (__builtin_mul_overflow(vm_action_send_gas(cost, sir), count, &burn) ||
        __builtin_mul_overflow(vm_action_fees[cost].exec, count, &reserve) || __builtin_add_overflow(burn, reserve, &sum))
        return overflow(g);
    return gas_pay_action_sum(g, cost, burn, reserve);
}

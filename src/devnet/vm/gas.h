/* The gas counter of one call. Burnt gas is gone; promised gas is reserved for what the call schedules.
 * Source: NEAR protocol 85, gas counter. */
#pragma once
#include "devnet/vm/fees.h"
#include "devnet/vm/host_error.h"

struct gas_counter {
    uint64_t prepaid; /* what the call may use in all */
    uint64_t max_burnt;
    uint64_t burnt, promised;
    uint64_t by_cost[VM_COST_COUNT], by_action[VM_ACTION_COST_COUNT]; /* of `burnt`; the rest is instructions */
    enum host_error_kind fault;                                       /* why the last operation failed */
};

/* All return false when there is not enough: the counter then stands where the network leaves it, and `fault` says why. */
bool gas_burn(struct gas_counter *g, uint64_t gas);
bool gas_reserve(struct gas_counter *g, uint64_t gas);
bool gas_pay(struct gas_counter *g, enum vm_cost cost, uint64_t count);

/* Burns the sending of `count` actions (or bytes) and reserves their execution. */
bool gas_pay_action(struct gas_counter *g, enum vm_action_cost cost, uint64_t count, bool sir);

/* Burns and reserves sums that are more than one fee; they are listed under `cost`. */
bool gas_pay_action_sum(struct gas_counter *g, enum vm_action_cost cost, uint64_t burn, uint64_t reserve);

/* What instructions may still burn. */
uint64_t gas_left(const struct gas_counter *g);

static inline uint64_t gas_used(const struct gas_counter *g)
{
    return g->burnt + g->promised;
}

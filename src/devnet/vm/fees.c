#include "devnet/vm/fees.h"

const struct vm_cost_fee vm_costs[VM_COST_COUNT] = {
#define X(name, gas) [VM_COST_##name] = {#name, UINT64_C(gas)},
    VM_COSTS(X)
#undef X
};

const struct vm_action_fee vm_action_fees[VM_ACTION_COST_COUNT] = {
#define X(name, send_sir, send_not_sir, exec) \
    [VM_ACTION_##name] = {#name, UINT64_C(send_sir), UINT64_C(send_not_sir), UINT64_C(exec)},
    VM_ACTION_COSTS(X)
#undef X
};

#include "wasm/near_size.h"
#include "wasm/near_prepare.h"

enum {
    ADDED_FUNCTIONS = 3, /* in front of the contract's */
    CHECKED_LEN = 10,    /* 128-bit arithmetic, a test of its upper half and what stops the contract */
    ZERO_LEN = 2,        /* i64.const 0 */
    ADDED_LOCALS_LEN = 4,
};

static uint64_t unsigned_len(uint64_t value)
{
    uint64_t len = 1;
    for (; value > 0x7f; value >>= 7)
        len++;
    return len;
}

/* Of a number that is not negative; its sign takes a bit. */
static uint64_t const_len(uint64_t value)
{
    return 1 + unsigned_len(value * 2);
}

static uint64_t indexed_len(uint32_t index)
{
    return 1 + unsigned_len(index);
}

void near_size_start(struct near_size *s, const struct wasm_module *m, uint32_t gas_local)
{
    s->body_len = 0;
    s->return_count = 0;
    s->gas_global = m->global_count;
    s->gas_local = gas_local;
}

void near_size_instr(struct near_size *s, const struct wasm_instr *i)
{
    s->body_len += i->op == WASM_OP_CALL ? indexed_len(i->index + ADDED_FUNCTIONS) : i->raw.len;
    s->return_count += i->op == WASM_OP_RETURN;
}

/* Is there enough? Then take it, else stop: nine bytes besides the operands. */
void near_size_charge(struct near_size *s, uint64_t units)
{
    if (units > 0)
        s->body_len += 3 * indexed_len(s->gas_global) + 3 * const_len(units * NEAR_GAS_UNIT) + 9;
}

void near_size_charge_linear(struct near_size *s)
{
    s->body_len += 3 * indexed_len(s->gas_global) + 3 * indexed_len(s->gas_local) + 2 * indexed_len(s->gas_local + 1) +
                   const_len(NEAR_GAS_UNIT) + const_len(NEAR_GAS_LINEAR_BASE) + 2 * CHECKED_LEN + 2 * ZERO_LEN + 10;
}

void near_size_finish(struct near_size *s, uint32_t group_count, size_t groups_len, uint64_t entry_units, uint64_t stack_bytes)
{
    uint64_t stack_len = 2 * indexed_len(s->gas_global + 1) + const_len(stack_bytes) + 2 * ZERO_LEN + CHECKED_LEN;
    near_size_charge(s, entry_units);
    s->body_len += unsigned_len(group_count + 2) + groups_len + ADDED_LOCALS_LEN;
    s->body_len += 3; /* a block around the body */
    s->body_len += (2 + s->return_count) * stack_len;
    s->code_len += unsigned_len(s->body_len) + s->body_len;
}

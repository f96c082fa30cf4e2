#include "devnet/vm/host.h"
#include "base/mem.h"
#include "wasm/cursor.h"
#include <string.h>

void vm_run_free(struct vm_run *run)
{
    for (size_t i = 0; i < run->register_count; i++)
        buf_free(&run->registers[i].bytes);
    buf_free(&run->return_value);
    mem_free(run->receipts);
    mem_free(run->weights);
    mem_free(run->resumes);
}

bool host_refuse_view(struct vm_run *run, const char *function)
{
    return !run->context->is_view || host_fail_text(run, HOST_PROHIBITED_IN_VIEW, slice_str(function));
}

static bool paid(struct vm_run *run, bool ok)
{
    return ok || host_fail(run, run->gas.fault);
}

bool host_pay(struct vm_run *run, enum vm_cost cost, uint64_t count)
{
    return paid(run, gas_pay(&run->gas, cost, count));
}

bool host_pay_action(struct vm_run *run, enum vm_action_cost cost, uint64_t count, bool sir)
{
    return paid(run, gas_pay_action(&run->gas, cost, count, sir));
}

bool host_pay_action_sum(struct vm_run *run, enum vm_action_cost cost, uint64_t burn, uint64_t reserve)
{
    return paid(run, gas_pay_action_sum(&run->gas, cost, burn, reserve));
}

bool host_reserve(struct vm_run *run, uint64_t gas)
{
    return paid(run, gas_reserve(&run->gas, gas));
}

bool host_peek_memory(struct vm_run *run, uint64_t ptr, uint64_t len, struct slice *out)
{
    if (ptr > run->memory_len || len > run->memory_len - ptr)
        return host_fail(run, HOST_MEMORY_ACCESS_VIOLATION);
    *out = slice_from(run->memory + ptr, len);
    return true;
}

bool host_read_memory(struct vm_run *run, uint64_t ptr, uint64_t len, struct slice *out)
{
    CHECK(host_pay(run, VM_COST_READ_MEMORY_BASE, 1));
    CHECK(host_pay(run, VM_COST_READ_MEMORY_BYTE, len));
    return host_peek_memory(run, ptr, len, out);
}

bool host_write_memory(struct vm_run *run, uint64_t ptr, struct slice bytes)
{
    struct slice at;
    CHECK(host_pay(run, VM_COST_WRITE_MEMORY_BASE, 1));
    CHECK(host_pay(run, VM_COST_WRITE_MEMORY_BYTE, bytes.len));
    CHECK(host_peek_memory(run, ptr, bytes.len, &at));
    if (bytes.len)
        memcpy(run->memory + ptr, bytes.ptr, bytes.len);
    return true;
}

bool host_read_u128(struct vm_run *run, uint64_t ptr, u128 *out)
{
    struct slice bytes;
    CHECK(host_read_memory(run, ptr, 16, &bytes));
    *out = 0;
    for (int i = 15; i >= 0; i--)
        *out = *out << 8 | bytes.ptr[i];
    return true;
}

bool host_write_u128(struct vm_run *run, uint64_t ptr, u128 value)
{
    uint8_t bytes[16];
    for (int i = 0; i < 16; i++, value >>= 8)
        bytes[i] = (uint8_t)value;
    return host_write_memory(run, ptr, slice_from(bytes, sizeof bytes));
}

const struct vm_register *host_find_register(const struct vm_run *run, uint64_t id)
{
    for (size_t i = 0; i < run->register_count; i++) {
        if (run->registers[i].id == id)
            return &run->registers[i];
    }
    return NULL;
}

bool host_read_register(struct vm_run *run, uint64_t id, struct slice *out)
{
    const struct vm_register *r = host_find_register(run, id);
    if (!r)
        return host_fail_number(run, HOST_INVALID_REGISTER_ID, id);
    CHECK(host_pay(run, VM_COST_READ_REGISTER_BASE, 1));
    CHECK(host_pay(run, VM_COST_READ_REGISTER_BYTE, r->bytes.len));
    *out = buf_slice(&r->bytes);
    return true;
}

/* With all registers in use also a replacement fails: the network keeps this. */
static bool store_register(struct vm_run *run, uint64_t id, struct slice bytes)
{
    if (bytes.len > VM_MAX_REGISTER_LEN || run->register_count >= VM_MAX_REGISTERS)
        return host_fail(run, HOST_MEMORY_ACCESS_VIOLATION);
    struct vm_register *r = (struct vm_register *)host_find_register(run, id);
    uint64_t usage = run->registers_len - (r ? r->bytes.len + 8 : 0) + bytes.len + 8;
    if (usage > VM_MAX_REGISTERS_LEN)
        return host_fail(run, HOST_MEMORY_ACCESS_VIOLATION);
    run->registers_len = usage;
    if (!r) {
        r = &run->registers[run->register_count++];
        *r = (struct vm_register){.id = id};
    }
    /* `bytes` may be this register's own. */
    struct buf fresh = {0};
    buf_append(&fresh, bytes);
    buf_free(&r->bytes);
    r->bytes = fresh;
    return true;
}

bool host_set_register(struct vm_run *run, uint64_t id, struct slice bytes)
{
    CHECK(host_pay(run, VM_COST_WRITE_REGISTER_BASE, 1));
    CHECK(host_pay(run, VM_COST_WRITE_REGISTER_BYTE, bytes.len));
    return store_register(run, id, bytes);
}

bool host_set_register_flat(struct vm_run *run, uint64_t id, struct slice bytes)
{
    CHECK(host_pay(run, VM_COST_WRITE_REGISTER_BASE, 1));
    return store_register(run, id, bytes);
}

bool host_read_input(struct vm_run *run, uint64_t len, uint64_t ptr, struct slice *out)
{
    return len == UINT64_MAX ? host_read_register(run, ptr, out) : host_read_memory(run, ptr, len, out);
}

bool host_read_account_id(struct vm_run *run, uint64_t len, uint64_t ptr, struct account_id *out)
{
    struct slice text;
    CHECK(host_read_input(run, len, ptr, &text));
    CHECK(host_pay(run, VM_COST_UTF8_DECODING_BASE, 1));
    CHECK(host_pay(run, VM_COST_UTF8_DECODING_BYTE, text.len));
    if (!wasm_is_utf8(text))
        return host_fail(run, HOST_BAD_UTF8);
    if (!account_id_is_valid(text))
        return host_fail(run, HOST_INVALID_ACCOUNT_ID);
    *out = (struct account_id){.len = (uint8_t)text.len};
    memcpy(out->text, text.ptr, text.len);
    return true;
}

bool host_take_balance(struct vm_run *run, u128 amount)
{
    return u128_sub(run->balance, amount, &run->balance) || host_fail(run, HOST_BALANCE_EXCEEDED);
}

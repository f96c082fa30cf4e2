/* The state of one call, as the host functions see it. Private to devnet/vm.
 *
 * A host function is `bool name(struct vm_run *run, const uint64_t *args, uint64_t *result)`. It charges gas step by step in the
 * network's order and returns false after a failure, which run->error then holds; CHECK hands it on. */
#pragma once
#include "base/buf.h"
#include "devnet/vm/gas.h"
#include "devnet/vm/vm.h"

struct vm_run;
typedef bool host_fn(struct vm_run *run, const uint64_t *args, uint64_t *result);

#define CHECK(call)       \
    do {                  \
        if (!(call))      \
            return false; \
    } while (0)

struct vm_register {
    uint64_t id;
    struct buf bytes;
};

/* What a promise index stands for: one receipt, or several together. */
struct vm_promise {
    bool is_joint;
    size_t *receipts;
    size_t receipt_count;
};

struct vm_pending_receipt {
    struct vm_receipt receipt;
    size_t action_room;
};

/* A call that shares in the unused gas. */
struct vm_weight {
    size_t receipt, action;
    uint64_t weight;
};

struct vm_run {
    const struct vm_context *context;
    const struct vm_externals *externals;
    const struct hash *code_hash;
    struct arena *arena;
    struct gas_counter gas;
    struct host_error error;
    uint8_t *memory; /* of the guest, during a host call */
    size_t memory_len;

    struct vm_register registers[VM_MAX_REGISTERS];
    size_t register_count;
    uint64_t registers_len;

    struct slice logs[VM_MAX_LOGS];
    size_t log_count;
    uint64_t logs_len;

    enum vm_return_kind return_kind;
    struct buf return_value;
    size_t return_receipt;

    struct vm_promise promises[VM_MAX_PROMISES];
    size_t promise_count;
    struct vm_pending_receipt *receipts;
    size_t receipt_count, receipt_room;
    struct vm_weight *weights;
    size_t weight_count, weight_room;
    struct vm_resume *resumes;
    size_t resume_count, resume_room;
    size_t step;

    u128 balance;
    uint64_t storage_usage;
};

/* Frees what is not in the arena. */
void vm_run_free(struct vm_run *run);

/* Fails the call; always false, which an analyser should see. */
static inline bool host_fail_with(struct vm_run *run, struct host_error error)
{
    run->error = error;
    return false;
}

static inline bool host_fail(struct vm_run *run, enum host_error_kind kind)
{
    return host_fail_with(run, (struct host_error){.kind = kind});
}

static inline bool host_fail_number(struct vm_run *run, enum host_error_kind kind, uint64_t a)
{
    return host_fail_with(run, (struct host_error){.kind = kind, .a = a});
}

static inline bool host_fail_limit(struct vm_run *run, enum host_error_kind kind, uint64_t a, uint64_t limit)
{
    return host_fail_with(run, (struct host_error){.kind = kind, .a = a, .b = limit});
}

static inline bool host_fail_text(struct vm_run *run, enum host_error_kind kind, struct slice text)
{
    return host_fail_with(run, (struct host_error){.kind = kind, .text = arena_copy(run->arena, text)});
}

/* Gas; a failure becomes the call's error. */
bool host_pay(struct vm_run *run, enum vm_cost cost, uint64_t count);
bool host_pay_action(struct vm_run *run, enum vm_action_cost cost, uint64_t count, bool sir);
bool host_pay_action_sum(struct vm_run *run, enum vm_action_cost cost, uint64_t burn, uint64_t reserve);
bool host_reserve(struct vm_run *run, uint64_t gas);

/* Guest memory, charged. What is read is borrowed until the host function returns. */
bool host_read_memory(struct vm_run *run, uint64_t ptr, uint64_t len, struct slice *out);
bool host_write_memory(struct vm_run *run, uint64_t ptr, struct slice bytes);
bool host_read_u128(struct vm_run *run, uint64_t ptr, u128 *out);
bool host_write_u128(struct vm_run *run, uint64_t ptr, u128 value);
/* As host_read_memory but free. */
bool host_peek_memory(struct vm_run *run, uint64_t ptr, uint64_t len, struct slice *out);

/* `len` of UINT64_MAX means: take register `ptr`. Borrowed until a register is set. */
bool host_read_input(struct vm_run *run, uint64_t len, uint64_t ptr, struct slice *out);
bool host_read_account_id(struct vm_run *run, uint64_t len, uint64_t ptr, struct account_id *out);

bool host_read_register(struct vm_run *run, uint64_t id, struct slice *out);
const struct vm_register *host_find_register(const struct vm_run *run, uint64_t id);
bool host_set_register(struct vm_run *run, uint64_t id, struct slice bytes);
/* Without the charge per byte. */
bool host_set_register_flat(struct vm_run *run, uint64_t id, struct slice bytes);

/* Deposits leave the balance when they are scheduled. */
bool host_take_balance(struct vm_run *run, u128 amount);

/* A failed view check ends in HOST_PROHIBITED_IN_VIEW with this name. */
bool host_refuse_view(struct vm_run *run, const char *function);

/* Promises that other families need. */
bool host_new_receipt(struct vm_run *run, const struct account_id *receiver, size_t *receipt, uint64_t *promise_index);
/* The receipt behind a promise that is not joint; *sir: it goes to this account itself. */
bool host_find_receipt(struct vm_run *run, uint64_t promise_index, size_t *receipt, bool *sir);
/* A public key in borsh; HOST_INVALID_PUBLIC_KEY. */
bool host_parse_public_key(struct vm_run *run, struct slice bytes, struct public_key *out);
/* A comma-separated list of method names, copied; nothing at all means every method. HOST_EMPTY_METHOD_NAME for an empty one. */
bool host_split_names(struct vm_run *run, struct slice list, struct slice **names, size_t *count);
/* HOST_INVALID_METHOD_NAME for one that is not UTF-8. */
bool host_names_are_utf8(struct vm_run *run, const struct slice *names, size_t count);
struct action *host_append_action(struct vm_run *run, size_t receipt, enum action_kind kind);
void host_add_weight(struct vm_run *run, size_t receipt, uint64_t weight);
bool host_pay_new_receipt(struct vm_run *run, bool sir, const bool *dependency_is_self, size_t dependency_count);
/* A function call's deposit: one yocto is free for a contract that has nothing. */
bool host_take_call_deposit(struct vm_run *run, u128 amount);

/* One action receipt under way; shared by the files that run its actions. Private to the runtime. */
#pragma once
#include "devnet/runtime/fees.h"
#include "devnet/runtime/runtime.h"

enum {
    ACCOUNT_RECORD_BYTES = 100,
    EXTRA_RECORD_BYTES = 40, /* every key-value pair counts this beside its bytes */
};

struct exec {
    struct block_run *run;
    const struct receipt *receipt;
    bool is_refund;
    struct account_id actor; /* whose rights the next action has */
    struct account account;  /* of the receiver, while `exists` */
    bool exists;

    size_t index; /* of the action that runs */
    struct hash action_hash;
    uint64_t data_ids; /* drawn by this action */
    const struct vm_promise_result *results;

    uint64_t gas_burnt, gas_used;
    uint64_t call_gas_burnt; /* of gas_burnt, in the VM: its share is the contract's reward */
    u128 minted;             /* yocto of the one-yocto subsidy */
    u128 burnt;              /* yocto, by actions beside their gas */

    struct receipt *made;
    size_t made_count;
    struct slice *logs;
    size_t log_count;
    struct outcome_cost *profile;
    size_t profile_count;
    struct contract_ref *contracts;

    /* What the action that ran last gave. */
    enum vm_return_kind returned;
    struct slice value;
    size_t value_receipt; /* index into `made` */

    struct failure failure; /* FAIL_NONE while all is well */
};

/* A new receipt of the running one: signer, gas price and transaction copied, the rest to be filled by the caller. */
struct receipt *exec_make(struct exec *e, enum receipt_kind kind, const struct account_id *receiver);

/* A refund: `system` sends `amount` to `receiver`. */
struct receipt *exec_make_refund(struct exec *e, const struct account_id *receiver, u128 amount);

/* Checks and runs the action at e->index; a failure is left in e->failure. */
void exec_action(struct exec *e, const struct action *a);

/* The FunctionCall action. */
void exec_call(struct exec *e, const struct action *a);

/* Bytes of the account's usage that its contract is. */
uint64_t exec_contract_bytes(struct exec *e);

/* DeployGlobalContract, UseGlobalContract, DeterministicStateInit. */
void exec_deploy_global(struct exec *e, const struct action *a);
void exec_use_global(struct exec *e, const struct action *a);
void exec_state_init(struct exec *e, const struct action *a);

/* The Delegate action. */
void exec_delegate(struct exec *e, const struct action *a);

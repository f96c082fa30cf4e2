/* The NEAR virtual machine: one call of one contract method, with the network's gas.
 *
 * The machine knows nothing of accounts or blocks. What a call may see is in `struct vm_context`; storage and ids come from the
 * caller through `struct vm_externals`; what it did is in `struct vm_outcome`. The runtime (devnet/runtime) and `outlayer vm run`
 * are its two users. Prepared and compiled modules are cached by code hash.
 *
 * Source: NEAR protocol 85; docs/devnet.md has the tables.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/u128.h"
#include "crypto/hash.h"
#include "near/transaction.h"

struct vm;

/* `cache_dir` keeps compiled modules between runs; NULL: memory only. */
struct err *vm_new(const char *cache_dir, struct vm **out);
void vm_free(struct vm *vm);

/* What a waiting receipt finds for one of its inputs. */
struct vm_promise_result {
    bool ok;            /* false: the promise failed */
    struct slice value; /* when ok */
};

struct vm_context {
    struct account_id current_account, signer, predecessor, refund_to;
    struct public_key signer_public_key;
    struct slice method, input;
    uint64_t block_height, block_timestamp_ns, epoch_height;
    u128 account_balance;           /* yocto, including the attached deposit */
    u128 account_locked;            /* yocto */
    const struct global_id *global; /* the account's contract is this global one; NULL: its own */
    uint64_t storage_usage;         /* bytes of the account before the call */
    u128 attached_deposit;          /* yocto */
    uint64_t prepaid_gas;
    uint8_t random_seed[32];
    const char *chain_id;
    bool is_view; /* the prohibitions of views; only the 10^15 gas limit applies, or view_gas when it is not 0 */
    uint64_t view_gas;
    const struct vm_promise_result *promise_results;
    size_t promise_result_count;
    const struct account_id *output_data_receivers; /* who waits for the value of this action; none unless it is the last */
    size_t output_data_receiver_count;
};

struct vm_externals {
    void *self;
    /* Storage of the current account. A value that is read lives until the call of the machine ends. */
    bool (*storage_get)(void *self, struct slice key, struct slice *value);
    void (*storage_set)(void *self, struct slice key, struct slice value);
    void (*storage_remove)(void *self, struct slice key);
    /* The next data id of this action, for a yield's token. */
    void (*next_data_id)(void *self, struct hash *out);
    /* A new receipt depends on `count` others: as many data ids of this action go to their results, in this order among the
     * yields' tokens. NULL: results draw none, as in the reference's stand-alone machine. */
    void (*skip_data_ids)(void *self, size_t count);
    /* Resumes a yield of the current account that already exists in the state: true when there is one that still waits. One made
     * in the same call is the machine's own affair. */
    bool (*yield_resume)(void *self, const struct hash *data_id, struct slice payload);
    /* The data id of the current account's yield that was made with the contract's own `yield_id` and whose callback has not run:
     * true when there is one. Those of the same call are the machine's own affair. */
    bool (*yield_find)(void *self, const struct hash *yield_id, struct hash *data_id);
    /* How many nodes of the state's trie a write or removal of `key` touches, for the fee. NULL: there is no trie, as in the
     * reference's stand-alone machine, and neither nodes nor the bytes of replaced and removed values are charged. */
    uint64_t (*trie_nodes)(void *self, struct slice key);
};

/* What a contract scheduled. Promises are receipts; a receipt may wait for others of the same call. */
struct vm_receipt {
    struct account_id receiver;
    struct account_id refund_to; /* len 0: the predecessor, i.e. this contract */
    struct action *actions;      /* gas of calls already includes the share of unused gas */
    size_t action_count;
    const size_t *depends_on; /* indices into vm_outcome.receipts, in the order of the promise results */
    size_t depends_on_count;
    bool is_yield; /* waits for `yield_data_id` instead */
    struct hash yield_data_id;
    bool has_yield_id; /* the contract names the yield itself */
    struct hash yield_id;
    size_t step; /* how many receipts, actions, refund settings and resumes the call had scheduled before it */
};

/* A resume of a yield, by this call, that was accepted. */
struct vm_resume {
    struct hash data_id;
    struct slice payload;
};

enum vm_return_kind { VM_RETURN_NONE, VM_RETURN_VALUE, VM_RETURN_RECEIPT };

/* One line of a gas profile, e.g. {"WASM_HOST_COST", "STORAGE_WRITE_BASE", gas} or {"ACTION_COST", "NEW_ACTION_RECEIPT", gas}. */
struct vm_profile_entry {
    const char *category, *name;
    uint64_t gas;
};

/* Which of FunctionCallError's variants a failed call ends in; `fault_text` is its payload as the node prints it. */
enum vm_fault {
    VM_OK,
    VM_COMPILATION_ERROR, /* payload: {"PrepareError":…} or {"CodeDoesNotExist":…} as JSON */
    VM_LINK_ERROR,
    VM_METHOD_RESOLVE_ERROR, /* payload: MethodEmptyName, MethodNotFound or MethodInvalidSignature */
    VM_WASM_TRAP,
    VM_HOST_ERROR,
};

struct vm_outcome {
    enum vm_fault fault;
    const char *fault_text;           /* what follows "ExecutionError(" for a client, e.g. "Smart contract panicked: …" */
    const char *fault_variant;        /* the error's machine name as the reference prints it, e.g. GasExceeded */
    const char *fault_debug;          /* as view calls report it, e.g. HostError(GuestPanic { panic_msg: "…" }) */
    uint64_t gas_burnt, gas_used;     /* VM part only: no action or receipt fees of the running receipt */
    uint64_t gas_distributed;         /* of gas_used: unused gas that calls with a weight got */
    uint64_t wasm_gas;                /* instructions, of gas_burnt */
    struct vm_profile_entry *profile; /* non-zero entries only */
    size_t profile_count;
    struct slice *logs;
    size_t log_count;
    enum vm_return_kind return_kind;
    struct slice return_value;
    size_t return_receipt;
    /* Empty after a failure: */
    struct vm_receipt *receipts;
    size_t receipt_count;
    struct vm_resume *resumes;
    size_t resume_count;
    size_t steps;           /* all that vm_receipt.step counts */
    u128 balance;           /* after deposits of scheduled receipts were taken */
    uint64_t storage_usage; /* after the call */
};

/* Runs one call. Everything in *out lives in `arena`. An error is a fault of the machine itself (or of the host), never of the
 * contract. After a failed call the caller drops what storage_set and storage_remove did. `code_hash` is SHA-256 of `code`. */
struct err *vm_call(struct vm *vm, const struct hash *code_hash, struct slice code, const struct vm_context *context,
                    const struct vm_externals *externals, struct arena *arena, struct vm_outcome *out);

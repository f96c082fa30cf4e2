/* A second set of books for the main contract, kept from outside: it sees the receipts that ran on the contract's account and nothing of
 * the contract's state, and says after each what the contract owes and to whom. The rules are those of docs/contract.md, "Money".
 *
 *     balance = at the start + the share of burnt gas that the protocol pays to contracts + payments of open requests
 *               + deposits for records + fees + strays
 *
 * Strays are what nobody has a claim to: transfers to the contract, and payouts that came back because their receiver is no account. */
#pragma once
#include "devnet/chain/chain.h"

enum { LEDGER_KEY_MAX = 512 };

/* A request that has not ended. */
struct ledger_request {
    uint64_t id;
    u128 payment;
    struct account_id payer, sender;
};

/* Yocto that are kept for a record: "p<project id>", "v<project id>#<version key>" or "a<new owner>,<old owner>/<name>". */
struct ledger_deposit {
    char key[LEDGER_KEY_MAX];
    u128 yocto;
};

struct ledger {
    struct account_id contract;
    struct ledger_request *requests; /* by id */
    size_t request_count, request_room;
    struct ledger_deposit *deposits;
    size_t deposit_count, deposit_room;
    uint64_t next_id, executions;
    uint64_t settled, cancelled, timed_out, stray_count; /* how requests ended, and how many payouts came back */
    uint64_t refused;                                    /* calls that failed */
    u128 prices[4];                                      /* base, a million instructions, a ms, a ms of compiling */
    u128 fees, rewards, strays;
};

void ledger_init(struct ledger *l, struct account_id contract);
void ledger_free(struct ledger *l);

/* Books an executed receipt of any account. ERR_BUG: the contract did what the books do not allow. */
struct err *ledger_take(struct ledger *l, struct chain *c, const struct chain_receipt *r);

/* What the contract holds for others or earned by fees. */
u128 ledger_owed(const struct ledger *l);

const struct ledger_request *ledger_find(const struct ledger *l, uint64_t id);

/* The share of a receipt's burnt gas that its contract gets, in yocto. */
u128 ledger_reward(const struct chain_receipt *r);

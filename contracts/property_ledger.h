/* A second set of books for the main contract, kept from outside: it sees the receipts that ran on the contract's account and nothing of
 * the contract's state, and says after each what the contract owes and to whom. The rules are those of docs/contract.md, "Money".
 *
 *     balance = at the start + the share of burnt gas that the protocol pays to contracts + payments of open requests
 *               + deposits for records + reserves of top-ups + fees + strays
 *
 *     stablecoin = balances + earnings + what is attached to open requests + kept for keys and subscriptions + on its way + strays
 *
 * Strays are what nobody has a claim to: transfers to the contract, the yocto of methods that want one, and payouts that came back because
 * their receiver is no account. */
#pragma once
#include "devnet/chain/chain.h"

enum { LEDGER_KEY_MAX = 512, LEDGER_ACCOUNTS_MAX = 64, LEDGER_PRICES_MAX = 512, LEDGER_WAITS_MAX = 32 };

/* A request that has not ended. */
struct ledger_request {
    uint64_t id;
    u128 payment, usd, refund_usd; /* refund_usd: what the operator's answer gives back */
    struct account_id payer, sender;
    char project[160], operation[32]; /* "": none */
    bool answered;
};

/* Yocto that are kept for a record: "p<project id>", "v<project id>#<version key>", "a<new owner>,<old owner>/<name>",
 * "s<owner> <accessor> <profile>", "n<owner>" (the nonces of its payment keys) or "k<wallet key>". */
struct ledger_deposit {
    char key[LEDGER_KEY_MAX];
    u128 yocto;
    size_t key_bytes, content_len, access_len; /* of a secret; content_len of a policy too */
    size_t topped_up_len;                      /* of a payment key: what its content is when the answer has arrived */
    bool with_vault;
    struct account_id owner, refund_to; /* of a policy */
};

/* Stablecoin of an account. */
struct ledger_account {
    struct account_id id;
    u128 balance, earnings;
};

struct ledger_price {
    char project[160], operation[32];
    struct account_id author;
    u128 price;
    unsigned share_bp;
};

/* A call that waits for the operator. */
struct ledger_wait {
    bool deletes; /* a payment key; or tops one up */
    bool answered;
    char data_id[65], key[LEDGER_KEY_MAX];
};

struct ledger {
    struct account_id contract, token, wrap;
    struct ledger_request *requests; /* by id */
    size_t request_count, request_room;
    struct ledger_deposit *deposits;
    size_t deposit_count, deposit_room;
    uint64_t next_id, executions;
    uint64_t settled, cancelled, timed_out, stray_count; /* how requests ended, and how many payouts came back */
    uint64_t refused;                                    /* calls that failed */
    u128 prices[4];                                      /* base, a million instructions, a ms, a ms of compiling */
    u128 fees, fees_withdrawn, reserves, rewards, strays;

    struct ledger_account accounts[LEDGER_ACCOUNTS_MAX];
    size_t account_count;
    struct ledger_price price_list[LEDGER_PRICES_MAX];
    size_t price_count;
    u128 usd_kept, usd_coming, usd_going, usd_strays; /* for keys and subscriptions; not booked yet; not paid yet; gifts */
    struct ledger_wait waits[LEDGER_WAITS_MAX];       /* the newest */
    uint64_t wait_count;
};

/* `token` is the stablecoin, `wrap` where NEAR is wrapped. */
void ledger_init(struct ledger *l, struct account_id contract, struct account_id token, struct account_id wrap);
void ledger_free(struct ledger *l);

/* Books an executed receipt of any account. ERR_BUG: the contract did what the books do not allow. */
struct err *ledger_take(struct ledger *l, struct chain *c, const struct chain_receipt *r);

/* What the contract holds for others or earned by fees, in yocto; in units of the stablecoin. */
u128 ledger_owed(const struct ledger *l);
u128 ledger_owed_usd(const struct ledger *l);

const struct ledger_request *ledger_find(const struct ledger *l, uint64_t id);

/* The share of a receipt's burnt gas that its contract gets, in yocto. */
u128 ledger_reward(const struct chain_receipt *r);

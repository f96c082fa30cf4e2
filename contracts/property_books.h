/* Inside of the second set of books (property_ledger.h): a call that ran on the contract, and what the books of every area do with one. */
#pragma once
#include "codec/json_doc.h"
#include "property_ledger.h"

enum { PAYOUTS_MAX = 1024 };

/* A call that ran on the contract and succeeded. */
struct seen {
    const struct receipt *receipt;
    const struct outcome *outcome;
    const json_t *args;
    struct payout {
        struct account_id to;
        u128 yocto;
    } payouts[PAYOUTS_MAX];
    size_t payout_count, payouts_read;
};

struct booking {
    const char *method;
    struct err *(*book)(struct ledger *l, struct seen *s);
};

/* Ended by a nameless one. */
extern const struct booking project_bookings[], token_bookings[], secret_bookings[], wallet_bookings[];

/* What the call was given; "" and zero where there is nothing. */
const char *seen_text(const struct seen *s, const char *name);
struct account_id seen_account(const struct seen *s, const char *name);
uint64_t seen_number(const struct seen *s, const char *name);
u128 seen_amount(const struct seen *s, const char *name); /* of digits in a string */
u128 seen_attached(const struct seen *s);                 /* yocto */
bool seen_logs(const struct seen *s, const char *head);   /* a line that starts so */

/* The next payout is exactly this; nothing is paid where there is nothing to pay. */
struct err *seen_pays(struct seen *s, const struct account_id *to, u128 yocto);
/* What is attached beyond the price of a new record comes back. */
struct err *seen_returns_excess(struct seen *s, size_t bytes);
/* A method that wants a yocto gives back what is more. */
struct err *seen_returns_above_yocto(struct seen *s);

/* Deposits. `bytes` are those of a record as the interface counts them. */
u128 books_price(size_t bytes);
struct ledger_deposit *books_held(struct ledger *l, const char *key);
/* ERR_BUG when there is one already. */
struct err *books_hold(struct ledger *l, const char *key, size_t bytes);
/* Ends one, which must be there. */
struct err *books_release(struct ledger *l, const char *key, u128 *yocto);

/* Secrets: "s<owner> <accessor> <profile>". */
void books_name_payment_key(const char *owner, uint64_t nonce, char out[LEDGER_KEY_MAX]);

/* Stablecoin. */
struct ledger_account *books_account(struct ledger *l, const struct account_id *id);
void books_attach_usd(struct ledger *l, const struct seen *s, struct ledger_request *r);
void books_return_usd(struct ledger *l, const struct ledger_request *r);
void books_settle_usd(struct ledger *l, const struct ledger_request *r);
void books_unprice(struct ledger *l, const char *project_id);
/* Books a receipt that ran on the token's account. */
struct err *books_take_token(struct ledger *l, const struct chain_receipt *r);

/* Signs and sends the transactions of one access key.
 *
 *     nonce known? ──no──► view_access_key
 *          │
 *     fresh block hash ──► sign ──► send_tx ──► outcome
 *                           ▲          │
 *          InvalidNonce ────┤          ├── no answer, TIMEOUT_ERROR ──► the same bytes again, until they are decided
 *          Expired ─────────┘          ├── the key may not ──► ERR_DENIED
 *                                      ├── the account cannot pay ──► ERR_LIMIT
 *                                      └── refused otherwise ──► ERR_INVALID
 *
 * One transaction is under way at a time, so nonces never overtake each other; several threads may share a signer. The same bytes
 * are the same transaction, so sending them again cannot execute it twice. New bytes are signed only when the node refused the
 * old ones while nobody could have taken them before.
 *
 * Source: NEAR protocol, "Transactions" (nonce and block hash validity); JSON-RPC `send_tx`.
 */
#pragma once
#include "base/clock.h"
#include "near/rpc_client.h"
#include "near/transaction.h"

struct signer;

struct signer_config {
    struct rpc_config rpc;
    const struct account_id *account_id;
    const struct secret_key *key; /* copied into the signer, wiped with it */
    unsigned patience_ms;         /* how long one transaction is pursued, 0: 60 s */
    const struct clock *clock;    /* NULL: clock_system */
};

struct err *signer_new(const struct signer_config *config, struct signer **out);
void signer_free(struct signer *s);

static inline void auto_signer(struct signer **s)
{
    signer_free(*s);
}

/* Signs with another key of the account from now on, after the transaction under way. `key` is copied, the old one wiped. */
void signer_use_key(struct signer *s, const struct secret_key *key);

const struct account_id *signer_account_id(const struct signer *s);

/* Sends one transaction and follows it to `level` (usually TX_LEVEL_EXECUTED_OPTIMISTIC). NULL: the chain took it, and *out says
 * whether it succeeded. ERR_INVALID: the chain refuses this transaction, it did not and will not execute. ERR_DENIED: the account has no such key, or the key may not
 * send it; ERR_LIMIT: the account cannot pay for it; it did not execute, another may. ERR_UNAVAILABLE: not known; out->hash names it when it may have been taken.
 * *out must be a zero value. */
struct err *signer_send(struct signer *s, struct slice receiver_id, const struct action *actions, size_t count,
                        enum tx_level level, struct tx_outcome *out);

/* One function call; gas in gas units, deposit in yocto. */
struct err *signer_call(struct signer *s, struct slice receiver_id, const char *method, struct slice args, uint64_t gas,
                        u128 deposit, enum tx_level level, struct tx_outcome *out);

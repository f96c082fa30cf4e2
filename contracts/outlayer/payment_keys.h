/* Payment keys: secrets (secrets.h) that hold a balance for the HTTPS side. What happens to a balance is decided there: the contract
 * announces a top-up or a deletion, waits up to 200 blocks for the operator's answer, and only then changes the key, or gives the tokens
 * back. The ciphertext on chain tells what the balance was when it was written. */
#pragma once
#include "outlayer/state.h"

struct top_up_event {
    uint8_t data_id[32];
    struct slice owner;
    uint32_t nonce;
    u128 amount;
    struct slice encrypted_data;
};
extern const struct schema top_up_event_schema;

bool payment_key_exists(struct slice owner, uint32_t nonce);
/* Asks for a top-up; the call's result will be what of `amount` goes back. */
void payment_key_top_up(const struct state *s, struct slice owner, uint32_t nonce, u128 amount);

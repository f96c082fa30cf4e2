/* Subscriptions: plans that are sold for stablecoin. The contract announces a sale; who has which plan is kept by the HTTPS side.
 *
 *     l           the plans
 *     N <index>   the name that a plan's index has for good */
#pragma once
#include "outlayer/state.h"

struct purchase {
    struct slice owner;
    uint32_t nonce;
    uint8_t plan;
    u128 paid_usd;
    struct slice payer;
};

/* Sells a plan to the owner of a payment key and keeps all that was paid. */
void subscription_buy(const struct state *s, const struct purchase *p);

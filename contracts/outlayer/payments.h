/* Stablecoin on its way: what a transfer to the contract is for, and what becomes of the attached_usd of a request. Every unit is, at any
 * time, in one balance, in one developer's earnings, attached to one request, or kept for a payment key or a subscription. */
#pragma once
#include "outlayer/requests.h"

/* Takes q->attached_usd from the sender's balance: "Insufficient stablecoin balance. Required: …". */
void usd_attach(const struct request *q);
/* Gives it all back; without a reason nothing is logged. */
void usd_give_back(const struct request *q, struct text reason);
/* After a success: the price, less what the program gives back, goes to the developers; the rest to the sender. */
void usd_settle(const struct request *q, const struct response *r);

/* {"receiver_id":…,"amount":"…","memo":…}, of NEP-141's ft_transfer. */
struct slice ft_transfer_args(struct slice receiver, u128 amount, struct slice memo);

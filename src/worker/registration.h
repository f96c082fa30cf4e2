/* A worker's key on chain: whether it may answer, and how it comes there. One attempt each; worker/admission.h repeats them. */
#pragma once
#include "worker/identity.h"

/* Whether the key may answer for the operator's account. ERR_NOT_FOUND: the account has no such key. ERR_DENIED: it has, but a worker that registers is given
 * another kind of key, or its allowance is used up. Other codes: the chain does not say. */
struct err *registration_look(const struct worker_settings *s, const struct public_key *key);

/* Sends the quote of the present key through the init account, once the register contract approves its measurements; the quote carries the contract's nonce where it
 * gives one. ERR_DENIED: not approved, or the init account's key may not; ERR_INVALID: the contract refuses the quote, its words are in the text. */
struct err *registration_send(const struct worker_settings *s, struct identity *i);

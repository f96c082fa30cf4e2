/* What the chain holds, in the JSON shapes of NEAR's JSON-RPC and indexer messages. Every function gives a new reference.
 *
 * Conventions: hashes base58, bytes base64, money decimal strings, gas and heights numbers. What a chain of one producer does not
 * have (endorsements, Merkle roots, rewards) is there with a neutral value, so that strict readers accept it.
 * Source: nearcore 2.13, the *View types.
 */
#pragma once
#include "codec/json_doc.h"
#include "devnet/chain/chain.h"

json_t *view_hash(const struct hash *h);
json_t *view_u128(u128 value);
json_t *view_base64(struct slice bytes);
json_t *view_account_id(const struct account_id *id);
json_t *view_public_key(const struct public_key *k);

/* {"CodeHash":…} or {"AccountId":…} */
json_t *view_global_id(const struct global_id *id);

json_t *view_account(const struct chain_account *a);
json_t *view_access_key(const struct access_key *k);
/* As the protocol's own type has it, in records and within delegated actions: differs for gas keys that may only call functions. */
json_t *view_native_access_key(const struct access_key *k);

/* `{"transaction": …}`'s value: SignedTransactionView. */
json_t *view_transaction(const struct signed_transaction *t);

/* The body a receipt's reader knows: Action (yields too), Data (resumes too) or GlobalContractDistribution. */
json_t *view_receipt(const struct receipt *r);

/* ExecutionOutcomeWithIdView. */
json_t *view_outcome(const struct outcome *o, const struct hash *block_hash);

/* The answer of send_tx, tx and their kin; `with_receipts` as EXPERIMENTAL_tx_status has it. */
json_t *view_tx_status(const struct chain_tx_status *s, bool with_receipts);

/* {"author","header","chunks"}. */
json_t *view_block(const struct chain *c, const struct chain_block *b);

json_t *view_chunk_header(const struct chain_block *b);

/* The `chunk` method's result. */
json_t *view_chunk(const struct chain *c, const struct chain_content *content);

/* {"cause","type","change"}; a list of them; and {"type":"account_touched",…} once for each kind and account, of a sorted list. */
bool view_change_is_told(const struct chain_change *c);
json_t *view_change(const struct chain_change *c);
json_t *view_changes(const struct chain_change *changes, size_t count);
json_t *view_touched(const struct chain_change *changes, size_t count);

/* The indexer's StreamerMessage, with neardata's `tx_hash`. `state_changes` is taken over. */
json_t *view_streamer_message(const struct chain *c, const struct chain_content *content, json_t *state_changes);

/* State as records in JSON: what sandbox_patch_state takes, and a genesis file holds.
 *
 *     {"Account":   {"account_id", "account": {"amount", "locked", "code_hash", "storage_usage", "version"}}}
 *     {"Contract":  {"account_id", "code": base64}}
 *     {"AccessKey": {"account_id", "public_key", "access_key": {"nonce", "permission"}}}
 *     {"Data":      {"account_id", "data_key": base64, "value": base64}}
 *     {"GlobalContract": {"hash" or "account_id", "code": base64}}     (this chain's own)
 *
 * A genesis file is an object with "records" and "genesis_height", where the chain begins: an access key's nonce may not be ahead
 * of the height (NEAR protocol, "Nonce rules"). "chain_id" and "protocol_version" are for people and not read.
 * Source: nearcore's StateRecord.
 */
#pragma once
#include "codec/json_doc.h"
#include "devnet/chain/chain.h"
#include <stdio.h>

/* ERR_INVALID says which record is wrong and what would be right. *out borrows from `list` and `arena`. */
struct err *records_read(const json_t *list, struct arena *arena, struct chain_patch **out, size_t *count);

/* A new reference. */
json_t *records_view(const struct chain_patch *record);

/* Puts what the file holds into a chain that has made no block yet, with a block of its own. Says nothing and does nothing to one that
 * has. ERR_NOT_FOUND: no such file; ERR_INVALID: it is none. */
struct err *genesis_load(struct chain *c, const char *path);

/* Writes the chain's present state as a genesis file, a line a record. ERR_UNAVAILABLE when `to` does not take it. */
struct err *genesis_write(struct chain *c, FILE *to, uint64_t *record_count);

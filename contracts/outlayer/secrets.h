/* Secrets: what an owner encrypted for the keystore, found by what may read it (the accessor), a profile and the owner. A payment key is a
 * secret too: its accessor is System, its profile the nonce.
 *
 *     s <hash of the key>   the record
 *     S <owner>             set of the keys without the owner: the owner's secrets in order
 *     n <owner>             the highest nonce of a payment key that the owner ever had
 *
 * The record holds neither accessor nor profile nor owner: who asks for it knows them, and the set lists them. */
#pragma once
#include "outlayer/state.h"

#define PAYMENT_NONCE_MAX 2147483647ull

/* Rewrites a key as it is kept: the hash of a WasmHash in lower case, the nonce of a payment key without leading zeros. Every function
 * below wants it so. */
void secret_key_canonicalise(struct secret_key *k);
struct secret_key payment_key_of(struct slice owner, uint64_t nonce);

/* False when there is none. */
struct secret *secret_load(const struct secret_key *k);
bool secret_exists(const struct secret_key *k);
/* Rewrites a secret that is there. */
void secret_save(const struct secret_key *k, const struct secret *s);
/* Removes it with its place in the list; its deposit is the caller's affair. False when there is none. */
struct secret *secret_take(const struct secret_key *k);

/* 0 when the account never had a payment key. */
uint32_t payment_nonce_floor(struct slice account);

/* What is stored under a key. */
struct secret_content {
    struct slice ciphertext, vault_id; /* base64; NULL: leaves a vault as it is */
    struct access access;
};

/* Stores a new secret or replaces one, after all checks of the interface. The caller pays the difference and gets what is too much. */
void secret_store(const struct state *s, const struct secret_key *k, const struct secret_content *c);
/* Compact, members in the interface's order. */
struct slice access_json(const struct access *a);

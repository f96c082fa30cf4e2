/* TEE sessions of workers in the database (tee/session.h): challenges that wait, sessions that live. Inside the caller's transaction.
 *
 * A challenge is for one token, once, for a minute. A session belongs to the token that made it and to one key; the newest of the two
 * replaces the others. It ends after a day, or when the chain has forgotten its key. */
#pragma once
#include "base/arena.h"
#include "base/entropy.h"
#include "crypto/hash.h"
#include "store/db.h"

enum { TEE_CHALLENGES_MAX = 64 /* that wait, of one token; the oldest goes */, TEE_SESSION_ID_MAX = 37 };

#define TEE_SESSION_MS UINT64_C(86400000)

/* Writes 64 hex digits and a terminator. */
struct err *tee_challenge_make(struct db *db, const struct entropy *entropy, const char *token_hash, uint64_t now_ms,
                               char out[HASH_HEX_MAX]);

/* Takes it away, whatever follows. ERR_INVALID: "Invalid or expired challenge", "Challenge expired". */
struct err *tee_challenge_take(struct db *db, struct slice challenge, const char *token_hash, uint64_t now_ms);

/* Writes the new session's id, a UUID of version 4. */
struct err *tee_session_make(struct db *db, const struct entropy *entropy, const char *token_hash, const char *public_key,
                             uint64_t now_ms, char out[TEE_SESSION_ID_MAX]);

/* Whether this is a live session of this token. */
struct err *tee_session_is_live(struct db *db, struct slice id, const char *token_hash, uint64_t now_ms, bool *live);

/* The key of the live session whose key the chain was asked for longest ago, before `before_ms`; notes that it is asked for now. NULL
 * pointer: none. */
struct err *tee_session_next_check(struct db *db, uint64_t before_ms, uint64_t now_ms, struct arena *arena,
                                   struct slice *public_key);

/* Ends every session of a key. */
struct err *tee_sessions_end(struct db *db, struct slice public_key);

/* Who works here: tokens, heartbeats, advisory locks and the monitor's cursor. Inside the caller's transaction. */
#pragma once
#include "coordinator/message.h"
#include "store/db.h"

/* Makes the token known (by the hash of its bytes) and active, with all roles. ERR_INVALID when it is shorter than
 * WORKER_TOKEN_MIN characters. */
struct err *worker_token_provision(struct db *db, const char *token, uint64_t now_ms);
enum { WORKER_TOKEN_MIN = 16 };

/* The caller behind an `Authorization` header. */
struct worker_identity {
    char token_hash[HASH_HEX_MAX];
    char roles[128]; /* comma list */
};

/* *known is false for a header that is missing, malformed, unknown or revoked. */
struct err *worker_authenticate(struct db *db, struct slice authorization, uint64_t now_ms, struct worker_identity *out,
                                bool *known);

/* `role` is one of compile, execute, monitor, callbacks. */
bool worker_has_role(const struct worker_identity *who, const char *role);

/* What the roles let the token's workers do, of CAN_COMPILE and CAN_EXECUTE. */
unsigned worker_capabilities(const struct worker_identity *who);

struct err *worker_note_heartbeat(struct db *db, const struct msg_heartbeat *msg, uint64_t now_ms);

/* The cursor only grows, and by `max_jump` blocks at most; another height is logged and left out. */
struct err *worker_move_cursor(struct db *db, const char *contract_id, uint64_t height, uint64_t max_jump,
                               const char *token_hash, uint64_t now_ms);
struct err *worker_read_cursor(struct db *db, const char *contract_id, uint64_t *height, bool *known);

/* Set if absent or expired. Released by the same token only. */
struct err *worker_lock_acquire(struct db *db, const struct msg_lock *msg, const char *token_hash, uint64_t now_ms,
                                bool *acquired);
struct err *worker_lock_release(struct db *db, struct slice key, const char *token_hash);
struct err *worker_locks_expire(struct db *db, uint64_t now_ms);

#include "coordinator/workers.h"
#include "base/log.h"
#include "crypto/hash.h"
#include <stdio.h>
#include <string.h>

enum { LOCK_TTL_MAX_S = 3600, TOUCH_EVERY_MS = 60 * 1000 };

static void token_hash_of(struct slice token, char out[HASH_HEX_MAX])
{
    struct hash hash = hash_sha256(token);
    hash_hex(&hash, out);
}

struct err *worker_token_provision(struct db *db, const char *token, uint64_t now_ms)
{
    char hash[HASH_HEX_MAX];
    if (strlen(token) < WORKER_TOKEN_MIN)
        return err_new(ERR_INVALID, "WORKER_TOKEN has %zu characters, expected at least %d", strlen(token), WORKER_TOKEN_MIN);
    token_hash_of(slice_str(token), hash);
    struct db_stmt *s = NULL;
    TRY(db_prepare(db,
                   "INSERT INTO worker_auth_tokens (token_hash, worker_name, created_ms) VALUES (?1, 'WORKER_TOKEN', ?2)"
                   " ON CONFLICT (token_hash) DO NOTHING",
                   &s));
    db_bind_text(s, 1, slice_str(hash));
    db_bind_u64(s, 2, now_ms);
    return db_run(s);
}

static struct err *find_token(struct db *db, struct worker_identity *who, uint64_t *last_used_ms, bool *known)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(db, "SELECT roles, last_used_ms FROM worker_auth_tokens WHERE token_hash = ?1 AND is_active = 1", &s));
    db_bind_text(s, 1, slice_str(who->token_hash));
    TRY(db_step(s, known));
    if (!*known)
        return NULL;
    snprintf(who->roles, sizeof who->roles, "%.*s", SLICE_FMT(db_text(s, 0)));
    *last_used_ms = db_u64(s, 1);
    return NULL;
}

struct err *worker_authenticate(struct db *db, struct slice authorization, uint64_t now_ms, struct worker_identity *out,
                                bool *known)
{
    uint64_t last_used_ms = 0;
    *known = false;
    *out = (struct worker_identity){0};
    if (!slice_starts_with(authorization, SLICE("Bearer ")))
        return NULL;
    token_hash_of(slice_skip(authorization, 7), out->token_hash);
    TRY(find_token(db, out, &last_used_ms, known));
    if (!*known || now_ms < last_used_ms + TOUCH_EVERY_MS)
        return NULL;
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, "UPDATE worker_auth_tokens SET last_used_ms = ?2 WHERE token_hash = ?1", &s));
    db_bind_text(s, 1, slice_str(out->token_hash));
    db_bind_u64(s, 2, now_ms);
    return db_run(s);
}

bool worker_has_role(const struct worker_identity *who, const char *role)
{
    struct slice rest = slice_str(who->roles), word;
    while (rest.len) {
        rest = slice_cut(rest, ',', &word);
        if (slice_eq_str(word, role))
            return true;
    }
    return false;
}

unsigned worker_capabilities(const struct worker_identity *who)
{
    return (worker_has_role(who, "compile") ? CAN_COMPILE : 0) | (worker_has_role(who, "execute") ? CAN_EXECUTE : 0);
}

struct err *worker_note_heartbeat(struct db *db, const struct msg_heartbeat *msg, uint64_t now_ms)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db,
                   "INSERT INTO worker_status (worker_id, worker_name, status, current_task_id, last_heartbeat_ms, created_ms)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (worker_id, instance) DO UPDATE SET"
                   " worker_name = excluded.worker_name, status = excluded.status, current_task_id = excluded.current_task_id,"
                   " last_heartbeat_ms = excluded.last_heartbeat_ms",
                   &s));
    db_bind_text(s, 1, msg->worker_id);
    db_bind_text(s, 2, msg->worker_name);
    db_bind_text(s, 3, msg->status);
    if (msg->current_task_id.ptr)
        db_bind_text(s, 4, msg->current_task_id);
    db_bind_u64(s, 5, now_ms);
    return db_run(s);
}

struct err *worker_read_cursor(struct db *db, const char *contract_id, uint64_t *height, bool *known)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(db, "SELECT height FROM block_cursors WHERE contract_id = ?1", &s));
    db_bind_text(s, 1, slice_str(contract_id));
    TRY(db_step(s, known));
    *height = *known ? db_u64(s, 0) : 0;
    return NULL;
}

struct err *worker_move_cursor(struct db *db, const char *contract_id, uint64_t height, uint64_t max_jump,
                               const char *token_hash, uint64_t now_ms)
{
    uint64_t former = 0;
    bool known = false;
    TRY(worker_read_cursor(db, contract_id, &former, &known));
    if (known && height <= former)
        return NULL;
    if (known && height - former > max_jump) {
        log_warn("a heartbeat moves the block cursor too far; left where it is", LOG_U64("from", former),
                 LOG_U64("to", height));
        return NULL;
    }
    struct db_stmt *s = NULL;
    TRY(db_prepare(db,
                   "INSERT INTO block_cursors (contract_id, height, token_hash, updated_ms) VALUES (?1, ?2, ?3, ?4)"
                   " ON CONFLICT (contract_id) DO UPDATE SET height = excluded.height, token_hash = excluded.token_hash,"
                   " updated_ms = excluded.updated_ms",
                   &s));
    db_bind_text(s, 1, slice_str(contract_id));
    db_bind_u64(s, 2, height);
    db_bind_text(s, 3, slice_str(token_hash));
    db_bind_u64(s, 4, now_ms);
    return db_run(s);
}

struct err *worker_lock_acquire(struct db *db, const struct msg_lock *msg, const char *token_hash, uint64_t now_ms,
                                bool *acquired)
{
    uint64_t ttl_s = msg->ttl_seconds < LOCK_TTL_MAX_S ? msg->ttl_seconds : LOCK_TTL_MAX_S;
    struct db_stmt *s = NULL;
    TRY(db_prepare(db,
                   "INSERT INTO locks (lock_key, worker_id, token_hash, expires_ms) VALUES (?1, ?2, ?3, ?4)"
                   " ON CONFLICT (lock_key) DO UPDATE SET worker_id = excluded.worker_id, token_hash = excluded.token_hash,"
                   " expires_ms = excluded.expires_ms WHERE locks.expires_ms <= ?5",
                   &s));
    db_bind_text(s, 1, msg->lock_key);
    db_bind_text(s, 2, msg->worker_id);
    db_bind_text(s, 3, slice_str(token_hash));
    db_bind_u64(s, 4, now_ms + ttl_s * 1000);
    db_bind_u64(s, 5, now_ms);
    TRY(db_run(s));
    *acquired = db_changes(db) > 0;
    return NULL;
}

struct err *worker_lock_release(struct db *db, struct slice key, const char *token_hash)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, "DELETE FROM locks WHERE lock_key = ?1 AND token_hash = ?2", &s));
    db_bind_text(s, 1, key);
    db_bind_text(s, 2, slice_str(token_hash));
    return db_run(s);
}

struct err *worker_locks_expire(struct db *db, uint64_t now_ms)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, "DELETE FROM locks WHERE expires_ms <= ?1", &s));
    db_bind_u64(s, 1, now_ms);
    return db_run(s);
}

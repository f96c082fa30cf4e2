#include "coordinator/tee_sessions.h"
#include "codec/hex.h"
#include "tee/session.h"
#include <string.h>

static struct err *drop_old_challenges(struct db *db, const char *token_hash, uint64_t now_ms)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db,
                   "DELETE FROM tee_challenges WHERE created_ms < ?2 OR challenge IN (SELECT challenge FROM tee_challenges"
                   " WHERE token_hash = ?1 ORDER BY created_ms DESC, challenge LIMIT -1 OFFSET ?3)",
                   &s));
    db_bind_text(s, 1, slice_str(token_hash));
    db_bind_u64(s, 2, now_ms - (uint64_t)2 * TEE_CHALLENGE_SECONDS * 1000);
    db_bind_u64(s, 3, TEE_CHALLENGES_MAX - 1);
    return db_run(s);
}

struct err *tee_challenge_make(struct db *db, const struct entropy *entropy, const char *token_hash, uint64_t now_ms,
                               char out[HASH_HEX_MAX])
{
    struct db_stmt *s = NULL;
    struct hash challenge;
    entropy_fill(entropy, challenge.bytes, sizeof challenge.bytes);
    hash_hex(&challenge, out);
    TRY(drop_old_challenges(db, token_hash, now_ms));
    TRY(db_prepare(db, "INSERT INTO tee_challenges (challenge, token_hash, created_ms) VALUES (?1, ?2, ?3)", &s));
    db_bind_text(s, 1, slice_str(out));
    db_bind_text(s, 2, slice_str(token_hash));
    db_bind_u64(s, 3, now_ms);
    return db_run(s);
}

static struct err *delete_challenge(struct db *db, struct slice challenge, const char *token_hash, bool *found,
                                    uint64_t *made_ms)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(db, "DELETE FROM tee_challenges WHERE challenge = ?1 AND token_hash = ?2 RETURNING created_ms", &s));
    db_bind_text(s, 1, challenge);
    db_bind_text(s, 2, slice_str(token_hash));
    TRY(db_step(s, found));
    *made_ms = *found ? db_u64(s, 0) : 0;
    return NULL;
}

struct err *tee_challenge_take(struct db *db, struct slice challenge, const char *token_hash, uint64_t now_ms)
{
    bool found = false;
    uint64_t made_ms = 0;
    TRY(delete_challenge(db, challenge, token_hash, &found, &made_ms));
    if (!found)
        return err_new(ERR_INVALID, "Invalid or expired challenge");
    if (now_ms > made_ms + (uint64_t)TEE_CHALLENGE_SECONDS * 1000)
        return err_new(ERR_INVALID, "Challenge expired");
    return NULL;
}

/* RFC 9562, section 5.4. */
static void make_uuid(const struct entropy *entropy, char out[TEE_SESSION_ID_MAX])
{
    static const uint8_t lengths[] = {4, 2, 2, 2, 6};
    uint8_t bytes[16], *from = bytes;
    entropy_fill(entropy, bytes, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof lengths; from += lengths[i++]) {
        hex_encode(slice_from(from, lengths[i]), out);
        out += 2 * (size_t)lengths[i];
        *out++ = '-';
    }
    out[-1] = '\0';
}

static struct err *end_where(struct db *db, const char *sql, struct slice a, struct slice b)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, sql, &s));
    db_bind_text(s, 1, a);
    if (b.ptr)
        db_bind_text(s, 2, b);
    return db_run(s);
}

struct err *tee_session_make(struct db *db, const struct entropy *entropy, const char *token_hash, const char *public_key,
                             uint64_t now_ms, char out[TEE_SESSION_ID_MAX])
{
    struct db_stmt *s = NULL;
    make_uuid(entropy, out);
    TRY(end_where(db,
                  "UPDATE worker_tee_sessions SET is_active = 0 WHERE token_hash = ?1 AND public_key = ?2 AND is_active = 1",
                  slice_str(token_hash), slice_str(public_key)));
    TRY(db_prepare(db,
                   "INSERT INTO worker_tee_sessions (session_id, token_hash, public_key, created_ms, checked_ms)"
                   " VALUES (?1, ?2, ?3, ?4, ?4)",
                   &s));
    db_bind_text(s, 1, slice_str(out));
    db_bind_text(s, 2, slice_str(token_hash));
    db_bind_text(s, 3, slice_str(public_key));
    db_bind_u64(s, 4, now_ms);
    return db_run(s);
}

struct err *tee_session_is_live(struct db *db, struct slice id, const char *token_hash, uint64_t now_ms, bool *live)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(db,
                   "SELECT 1 FROM worker_tee_sessions WHERE session_id = ?1 AND token_hash = ?2 AND is_active = 1"
                   " AND created_ms + ?3 > ?4",
                   &s));
    db_bind_text(s, 1, id);
    db_bind_text(s, 2, slice_str(token_hash));
    db_bind_u64(s, 3, TEE_SESSION_MS);
    db_bind_u64(s, 4, now_ms);
    return db_step(s, live);
}

struct err *tee_session_next_check(struct db *db, uint64_t before_ms, uint64_t now_ms, struct arena *arena,
                                   struct slice *public_key)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    *public_key = (struct slice){0};
    TRY(db_prepare(db,
                   "UPDATE worker_tee_sessions SET checked_ms = ?2 WHERE is_active = 1 AND public_key = (SELECT public_key FROM"
                   " worker_tee_sessions WHERE is_active = 1 AND checked_ms < ?1 ORDER BY checked_ms LIMIT 1)"
                   " RETURNING public_key",
                   &s));
    db_bind_u64(s, 1, before_ms);
    db_bind_u64(s, 2, now_ms);
    TRY(db_step(s, &row));
    if (row)
        *public_key = arena_copy(arena, db_text(s, 0));
    while (row)
        TRY(db_step(s, &row));
    return NULL;
}

struct err *tee_sessions_end(struct db *db, struct slice public_key)
{
    return end_where(db, "UPDATE worker_tee_sessions SET is_active = 0 WHERE public_key = ?1 AND is_active = 1", public_key,
                     (struct slice){0});
}

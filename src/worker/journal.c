#include "worker/journal.h"
#include "base/mem.h"
#include "store/db.h"
#include <pthread.h>

struct journal {
    pthread_mutex_t lock; /* one connection, one thread at a time */
    struct db *db;
};

static const struct db_migration migrations[] = {
    {1, "CREATE TABLE block_cursor (one INTEGER PRIMARY KEY CHECK (one = 1), height INTEGER NOT NULL);"
        "CREATE TABLE job_entry ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " job_id INTEGER NOT NULL,"
        " request_id INTEGER NOT NULL,"
        " data_id TEXT NOT NULL,"
        " state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),"
        " delivery TEXT NOT NULL DEFAULT '',"
        " completion TEXT NOT NULL DEFAULT '',"
        " held INTEGER NOT NULL CHECK (held IN (0, 1)));"},
    {2, "CREATE TABLE attestation ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " job_id INTEGER NOT NULL,"
        " body TEXT NOT NULL,"
        " record BLOB NOT NULL,"
        " signature BLOB NOT NULL,"
        " quote BLOB,"
        " place INTEGER,"
        " batch_count INTEGER,"
        " path BLOB,"
        " batch_quote BLOB);"},
    {3, "ALTER TABLE job_entry ADD COLUMN facts TEXT NOT NULL DEFAULT ''"},
};

struct err *journal_open(const char *path, struct journal **out)
{
    AUTO(db) struct db *db = NULL;
    TRY_DOING(db_open(path, migrations, sizeof migrations / sizeof *migrations, &db), "opening the worker's journal");
    TRY(db_exec(db, "PRAGMA synchronous=NORMAL"));
    TRY(db_exec(db, "UPDATE job_entry SET held = 0"));
    struct journal *j = mem_calloc(1, sizeof *j);
    pthread_mutex_init(&j->lock, NULL);
    j->db = db;
    db = NULL;
    *out = j;
    return NULL;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    db_close(j->db);
    pthread_mutex_destroy(&j->lock);
    mem_free(j);
}

static struct err *unlocking(struct journal *j, struct err *e)
{
    pthread_mutex_unlock(&j->lock);
    return err_doing(e, "worker's journal");
}

static struct err *read_cursor(struct db *db, uint64_t *height, bool *known)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(db, "SELECT height FROM block_cursor", &s));
    TRY(db_step(s, known));
    if (*known)
        *height = db_u64(s, 0);
    return NULL;
}

struct err *journal_cursor(struct journal *j, uint64_t *height, bool *known)
{
    pthread_mutex_lock(&j->lock);
    return unlocking(j, read_cursor(j->db, height, known));
}

static struct err *write_cursor(struct db *db, uint64_t height)
{
    static const char sql[] = "INSERT INTO block_cursor (one, height) VALUES (1, ?1)"
                              " ON CONFLICT (one) DO UPDATE SET height = excluded.height";
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, sql, &s));
    db_bind_u64(s, 1, height);
    return db_run(s);
}

struct err *journal_set_cursor(struct journal *j, uint64_t height)
{
    pthread_mutex_lock(&j->lock);
    return unlocking(j, write_cursor(j->db, height));
}

static struct err *insert_entry(struct db *db, uint64_t job_id, uint64_t request_id, struct slice data_id, struct slice facts,
                                uint64_t *id)
{
    static const char sql[] = "INSERT INTO job_entry (job_id, request_id, data_id, facts, state, held)"
                              " VALUES (?1, ?2, ?3, ?4, 1, 1) RETURNING id";
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(db, sql, &s));
    db_bind_u64(s, 1, job_id);
    db_bind_u64(s, 2, request_id);
    db_bind_text(s, 3, data_id);
    db_bind_text(s, 4, facts.ptr ? facts : SLICE(""));
    TRY(db_step(s, &row));
    if (!row)
        return err_new(ERR_BUG, "a new entry has no id");
    *id = db_u64(s, 0);
    return db_step(s, &row); /* to its end, so that it is committed */
}

struct err *journal_claim(struct journal *j, uint64_t job_id, uint64_t request_id, struct slice data_id, struct slice facts,
                          uint64_t *id)
{
    pthread_mutex_lock(&j->lock);
    return unlocking(j, insert_entry(j->db, job_id, request_id, data_id, facts, id));
}

/* An update by id that must meet its row. The texts with NULL pointers are not bound. */
static struct err *update(struct db *db, const char *sql, uint64_t id, struct slice first, struct slice second)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, sql, &s));
    db_bind_u64(s, 1, id);
    if (first.ptr)
        db_bind_text(s, 2, first);
    if (second.ptr)
        db_bind_text(s, 3, second);
    TRY(db_run(s));
    return db_changes(db) == 1 ? NULL : err_new(ERR_BUG, "entry %llu does not exist", (unsigned long long)id);
}

static struct err *insert_attestation(struct db *db, const struct journal_attestation *a)
{
    static const char sql[] = "INSERT INTO attestation (job_id, body, record, signature) VALUES (?1, ?2, ?3, ?4)";
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, sql, &s));
    db_bind_u64(s, 1, a->job_id);
    db_bind_text(s, 2, a->body);
    db_bind_blob(s, 3, a->record);
    db_bind_blob(s, 4, a->signature);
    return db_run(s);
}

static struct err *update_answer(struct db *db, const struct journal_entry *entry)
{
    static const char sql[] =
        "UPDATE job_entry SET state = 2, delivery = ?2, completion = ?3, facts = ?4 WHERE id = ?1 AND state < 3";
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, sql, &s));
    db_bind_u64(s, 1, entry->id);
    db_bind_text(s, 2, entry->delivery);
    db_bind_text(s, 3, entry->completion);
    db_bind_text(s, 4, entry->facts.ptr ? entry->facts : SLICE(""));
    TRY(db_run(s));
    return db_changes(db) == 1 ? NULL
                               : err_new(ERR_BUG, "entry %llu does not wait for an answer", (unsigned long long)entry->id);
}

static struct err *drop_attestation(struct db *db, uint64_t entry_id)
{
    static const char sql[] =
        "DELETE FROM attestation WHERE quote IS NULL AND job_id = (SELECT job_id FROM job_entry WHERE id = ?1)";
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, sql, &s));
    db_bind_u64(s, 1, entry_id);
    return db_run(s);
}

static struct err *set_executed(struct db *db, const struct journal_entry *entry, const struct journal_attestation *attestation)
{
    TRY(db_begin(db));
    struct err *e = update_answer(db, entry);
    if (!e)
        e = drop_attestation(db, entry->id);
    if (!e && attestation)
        e = insert_attestation(db, attestation);
    if (!e)
        e = db_commit(db);
    if (e)
        db_rollback(db);
    return e;
}

struct err *journal_set_executed(struct journal *j, const struct journal_entry *entry,
                                 const struct journal_attestation *attestation)
{
    pthread_mutex_lock(&j->lock);
    return unlocking(j, set_executed(j->db, entry, attestation));
}

struct err *journal_attest(struct journal *j, const struct journal_attestation *attestation)
{
    pthread_mutex_lock(&j->lock);
    return unlocking(j, insert_attestation(j->db, attestation));
}

struct err *journal_set_delivered(struct journal *j, uint64_t id, struct slice completion)
{
    static const char sql[] = "UPDATE job_entry SET state = 3, completion = ?2 WHERE id = ?1";
    pthread_mutex_lock(&j->lock);
    return unlocking(j, update(j->db, sql, id, completion, (struct slice){0}));
}

struct err *journal_remove(struct journal *j, uint64_t id)
{
    static const char sql[] = "DELETE FROM job_entry WHERE id = ?1";
    pthread_mutex_lock(&j->lock);
    return unlocking(j, update(j->db, sql, id, (struct slice){0}, (struct slice){0}));
}

struct err *journal_release(struct journal *j, uint64_t id)
{
    static const char sql[] = "UPDATE job_entry SET held = 0 WHERE id = ?1";
    pthread_mutex_lock(&j->lock);
    return unlocking(j, update(j->db, sql, id, (struct slice){0}, (struct slice){0}));
}

static struct err *take(struct db *db, struct arena *arena, struct journal_entry *out, bool *found)
{
    static const char sql[] = "UPDATE job_entry SET held = 1 WHERE id = (SELECT min(id) FROM job_entry WHERE held = 0)"
                              " RETURNING id, job_id, request_id, state, data_id, delivery, completion, facts";
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool more = false;
    TRY(db_prepare(db, sql, &s));
    TRY(db_step(s, found));
    if (!*found)
        return NULL;
    *out = (struct journal_entry){
        .id = db_u64(s, 0),
        .job_id = db_u64(s, 1),
        .request_id = db_u64(s, 2),
        .state = (enum journal_state)db_u64(s, 3),
        .data_id = arena_copy(arena, db_text(s, 4)),
        .delivery = arena_copy(arena, db_text(s, 5)),
        .completion = arena_copy(arena, db_text(s, 6)),
        .facts = arena_copy(arena, db_text(s, 7)),
    };
    return db_step(s, &more);
}

struct err *journal_take(struct journal *j, struct arena *arena, struct journal_entry *out, bool *found)
{
    pthread_mutex_lock(&j->lock);
    return unlocking(j, take(j->db, arena, out, found));
}

static struct err *list_jobs(struct db *db, json_t *list)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(db, "SELECT job_id FROM job_entry ORDER BY id", &s));
    TRY(db_step(s, &row));
    while (row) {
        json_array_append_new(list, json_integer((json_int_t)db_u64(s, 0)));
        TRY(db_step(s, &row));
    }
    return NULL;
}

struct err *journal_jobs(struct journal *j, json_t **out)
{
    *out = json_array();
    pthread_mutex_lock(&j->lock);
    return unlocking(j, list_jobs(j->db, *out));
}

static void read_attestation(struct db_stmt *s, struct arena *arena, struct journal_attestation *out)
{
    *out = (struct journal_attestation){
        .id = db_u64(s, 0),
        .job_id = db_u64(s, 1),
        .body = arena_copy(arena, db_text(s, 2)),
        .record = arena_copy(arena, db_blob(s, 3)),
        .signature = arena_copy(arena, db_blob(s, 4)),
        .quote = arena_copy(arena, db_blob(s, 5)),
        .index = db_u64(s, 6),
        .count = db_u64(s, 7),
        .path = arena_copy(arena, db_blob(s, 8)),
        .batch_quote = arena_copy(arena, db_blob(s, 9)),
    };
}

#define SELECT_ATTESTATIONS \
    "SELECT id, job_id, body, record, signature, quote, place, batch_count, path, batch_quote FROM attestation "

static struct err *list_attestations(struct db *db, bool quoted, struct arena *arena, struct journal_attestation *list,
                                     size_t *count)
{
    static const char waiting[] = SELECT_ATTESTATIONS "WHERE quote IS NULL AND job_id NOT IN"
                                                      " (SELECT job_id FROM job_entry WHERE state = 2) ORDER BY id LIMIT ?1";
    static const char ready[] = SELECT_ATTESTATIONS "WHERE quote IS NOT NULL ORDER BY id LIMIT ?1";
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(db, quoted ? ready : waiting, &s));
    db_bind_u64(s, 1, JOURNAL_BATCH_MAX);
    TRY(db_step(s, &row));
    for (*count = 0; row && *count < JOURNAL_BATCH_MAX; ++*count) {
        read_attestation(s, arena, &list[*count]);
        TRY(db_step(s, &row));
    }
    return NULL;
}

struct err *journal_attestations(struct journal *j, bool quoted, struct arena *arena,
                                 struct journal_attestation list[JOURNAL_BATCH_MAX], size_t *count)
{
    pthread_mutex_lock(&j->lock);
    return unlocking(j, list_attestations(j->db, quoted, arena, list, count));
}

static struct err *update_quoted(struct db *db, const struct journal_attestation *a)
{
    static const char sql[] =
        "UPDATE attestation SET quote = ?2, place = ?3, batch_count = ?4, path = ?5, batch_quote = ?6 WHERE id = ?1";
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, sql, &s));
    db_bind_u64(s, 1, a->id);
    db_bind_blob(s, 2, a->quote);
    db_bind_u64(s, 3, a->index);
    db_bind_u64(s, 4, a->count);
    db_bind_blob(s, 5, a->path);
    db_bind_blob(s, 6, a->batch_quote);
    return db_run(s);
}

static struct err *set_quoted(struct db *db, const struct journal_attestation *list, size_t count)
{
    TRY(db_begin(db));
    struct err *e = NULL;
    for (size_t i = 0; !e && i < count; i++)
        e = update_quoted(db, &list[i]);
    if (!e)
        e = db_commit(db);
    if (e)
        db_rollback(db);
    return e;
}

struct err *journal_set_quoted(struct journal *j, const struct journal_attestation *list, size_t count)
{
    pthread_mutex_lock(&j->lock);
    return unlocking(j, set_quoted(j->db, list, count));
}

struct err *journal_remove_attestation(struct journal *j, uint64_t id)
{
    static const char sql[] = "DELETE FROM attestation WHERE id = ?1";
    pthread_mutex_lock(&j->lock);
    return unlocking(j, update(j->db, sql, id, (struct slice){0}, (struct slice){0}));
}

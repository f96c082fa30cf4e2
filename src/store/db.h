/* One SQL layer. The backend of today is SQLite (WAL, synchronous=FULL); statements keep to what PostgreSQL also takes where
 * that costs nothing: numbered parameters, RETURNING, ON CONFLICT.
 *
 * A `struct db` is one connection and is used by one thread at a time. Blobs and texts that a row gives are borrowed until the
 * next db_step, db_reset or db_finish of that statement. Statements of one connection may be open at the same time.
 */
#pragma once
#include "base/err.h"
#include "base/slice.h"
#include "base/u128.h"

struct db;
struct db_stmt;

struct db_migration {
    unsigned version; /* 1, 2, 3 … without gaps */
    const char *sql;  /* one or more statements */
};

/* What survives a power cut. Either survives a crash of the process. */
enum db_sync {
    DB_SYNC_FULL,   /* every commit that returned */
    DB_SYNC_NORMAL, /* a consistent past state; a commit costs no disk flush */
};

struct db_options {
    enum db_sync sync;
    unsigned busy_timeout_ms;  /* how long to wait for another connection's write; 0: 5000 */
    unsigned checkpoint_pages; /* of 4 KiB that commits may leave beside the file before they are written into it; 0: 1000.
                                * More is faster, and slower to open after a crash (16 MiB: some 20 ms). */
};

/* Opens or makes the file (":memory:" for a test; a new file has mode 0600) and brings it to the newest of `migrations`, each in
 * its own transaction. ERR_CONFLICT when the file is newer than this program, ERR_INVALID when it is not a database,
 * ERR_UNAVAILABLE when it cannot be opened, read or written. */
struct err *db_open(const char *path, const struct db_migration *migrations, size_t count, struct db **out);
struct err *db_open_with(const char *path, const struct db_options *options, const struct db_migration *migrations,
                         size_t count, struct db **out);

/* Closes; NULL is fine. Statements of it must be finished before. */
void db_close(struct db *db);

static inline void auto_db(struct db **db)
{
    db_close(*db);
}

/* Runs statements that give no rows. */
struct err *db_exec(struct db *db, const char *sql);

/* BEGIN IMMEDIATE … COMMIT. A failed commit has rolled back. db_rollback is harmless when nothing is open. */
struct err *db_begin(struct db *db);
struct err *db_commit(struct db *db);
void db_rollback(struct db *db);

/* Prepares, or takes from the connection's cache, a statement with parameters ?1, ?2, … `sql` must be a constant: the cache is
 * keyed by its address. The statement comes back reset and without bindings; hand it back with db_finish. */
struct err *db_prepare(struct db *db, const char *sql, struct db_stmt **out);

void db_bind_u64(struct db_stmt *s, int index, uint64_t value); /* up to 2^63 - 1; more is ERR_BUG at the next step */
void db_bind_i64(struct db_stmt *s, int index, int64_t value);
void db_bind_text(struct db_stmt *s, int index, struct slice text);     /* must live until the step */
void db_bind_text_opt(struct db_stmt *s, int index, struct slice text); /* likewise; a NULL pointer is null */
void db_bind_blob(struct db_stmt *s, int index, struct slice bytes);    /* likewise */
void db_bind_u128(struct db_stmt *s, int index, u128 value);            /* decimal text */
void db_bind_null(struct db_stmt *s, int index);

/* *row tells whether there is one. A unique, foreign key or check constraint that does not hold is ERR_CONFLICT; a full disk, an
 * input or output error and another writer that does not finish in time are ERR_UNAVAILABLE. */
struct err *db_step(struct db_stmt *s, bool *row);

/* One step that must give no row, then reset and finish, also on an error. */
struct err *db_run(struct db_stmt *s);

/* Columns count from 0; NULL reads as 0 or an empty slice with a NULL pointer. A value that is not of the asked kind (a negative
 * db_u64, a db_u128 that is not decimal) reads as 0 and is ERR_BUG at the next step. */
uint64_t db_u64(struct db_stmt *s, int column);
int64_t db_i64(struct db_stmt *s, int column);
struct slice db_text(struct db_stmt *s, int column);
struct slice db_blob(struct db_stmt *s, int column);
u128 db_u128(struct db_stmt *s, int column);
bool db_is_null(struct db_stmt *s, int column);

/* Rows that the last run statement changed. */
uint64_t db_changes(struct db *db);

/* Back to before the first step, without bindings. */
void db_reset(struct db_stmt *s);

/* Gives the statement back to the cache; harmless when that was done already. */
void db_finish(struct db_stmt *s);

static inline void auto_db_stmt(struct db_stmt **s)
{
    if (*s)
        db_finish(*s);
}

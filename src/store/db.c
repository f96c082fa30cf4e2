#include "store/db.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CACHE_BUCKETS = 64, BUSY_TIMEOUT_DEFAULT_MS = 5000, FILE_MODE = 0600 };

struct db_stmt {
    struct db *db;
    const char *sql; /* the cache's key, by address */
    sqlite3_stmt *handle;
    struct db_stmt *next; /* in the same bucket */
    const char *fault;    /* a value that did not fit; told at the next step */
    bool in_use;
};

struct db {
    sqlite3 *handle;
    struct db_stmt *cache[CACHE_BUCKETS];
};

static enum err_code code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
        return ERR_CONFLICT;
    case SQLITE_NOTADB:
        return ERR_INVALID;
    case SQLITE_TOOBIG:
        return ERR_LIMIT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ERR_UNAVAILABLE;
    default:
        return ERR_BUG;
    }
}

__attribute__((returns_nonnull)) static struct err *sql_err(struct db *db, int rc, const char *what)
{
    return err_new(code_of(rc), "%s: database says: %s", what, db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc));
}

struct err *db_exec(struct db *db, const char *sql)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? NULL : sql_err(db, rc, "running statements");
}

static struct err *read_version(struct db *db, unsigned *out)
{
    struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(db, "PRAGMA user_version", &s));
    struct err *e = db_step(s, &row);
    *out = !e && row ? (unsigned)db_u64(s, 0) : 0;
    db_finish(s);
    return e;
}

static struct err *run_migration(struct db *db, const struct db_migration *m)
{
    unsigned version = 0;
    TRY(read_version(db, &version));
    if (version >= m->version) /* another process was first */
        return NULL;
    char set_version[64];
    snprintf(set_version, sizeof set_version, "PRAGMA user_version = %u", m->version);
    TRY(db_exec(db, m->sql));
    return db_exec(db, set_version);
}

static struct err *migrate(struct db *db, const struct db_migration *migrations, size_t count)
{
    unsigned version = 0;
    TRY(read_version(db, &version));
    if (version > count)
        return err_new(ERR_CONFLICT, "its schema has version %u, this program knows up to %zu; run a newer program", version,
                       count);
    for (size_t i = version; i < count; i++) {
        if (migrations[i].version != i + 1)
            return err_new(ERR_BUG, "migration %zu carries number %u", i + 1, migrations[i].version);
        TRY(db_begin(db));
        struct err *e = run_migration(db, &migrations[i]);
        if (e) {
            db_rollback(db);
            return err_doing(e, "migrating to version %zu", i + 1);
        }
        TRY_DOING(db_commit(db), "migrating to version %zu", i + 1);
    }
    return NULL;
}

/* SQLite would make the file readable for everyone that umask lets; its -wal and -shm files take the mode of the main one. */
static struct err *make_file(const char *path)
{
    if (strcmp(path, ":memory:") == 0)
        return NULL;
    int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "making the file");
    close(fd);
    return NULL;
}

static struct err *open_handle(struct db *db, const char *path, const struct db_options *options)
{
    TRY(make_file(path));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (rc != SQLITE_OK)
        return sql_err(db, rc, "opening");
    sqlite3_busy_timeout(db->handle, (int)(options->busy_timeout_ms ? options->busy_timeout_ms : BUSY_TIMEOUT_DEFAULT_MS));
    TRY(db_exec(db, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY"));
    if (options->checkpoint_pages)
        sqlite3_wal_autocheckpoint(db->handle, (int)options->checkpoint_pages);
    return db_exec(db, options->sync == DB_SYNC_NORMAL ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
}

struct err *db_open_with(const char *path, const struct db_options *options, const struct db_migration *migrations,
                         size_t count, struct db **out)
{
    AUTO(db) struct db *db = mem_calloc(1, sizeof *db);
    TRY_DOING(open_handle(db, path, options), "database %s", path);
    TRY_DOING(migrate(db, migrations, count), "database %s", path);
    *out = db;
    db = NULL;
    return NULL;
}

struct err *db_open(const char *path, const struct db_migration *migrations, size_t count, struct db **out)
{
    return db_open_with(path, &(struct db_options){.sync = DB_SYNC_FULL}, migrations, count, out);
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < CACHE_BUCKETS; i++) {
        while (db->cache[i]) {
            struct db_stmt *s = db->cache[i];
            db->cache[i] = s->next;
            sqlite3_finalize(s->handle);
            mem_free(s);
        }
    }
    sqlite3_close(db->handle);
    mem_free(db);
}

static struct err *run_constant(struct db *db, const char *sql)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, sql, &s));
    return db_run(s);
}

struct err *db_begin(struct db *db)
{
    return run_constant(db, "BEGIN IMMEDIATE");
}

struct err *db_commit(struct db *db)
{
    struct err *e = run_constant(db, "COMMIT");
    if (e)
        db_rollback(db);
    return e;
}

void db_rollback(struct db *db)
{
    /* Some errors have rolled back already; a rollback that fails leaves nothing committed either. */
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

struct err *db_prepare(struct db *db, const char *sql, struct db_stmt **out)
{
    struct db_stmt **bucket = &db->cache[((uintptr_t)sql >> 3) % CACHE_BUCKETS];
    struct db_stmt *s = *bucket;
    while (s && (s->sql != sql || s->in_use))
        s = s->next;
    if (!s) {
        sqlite3_stmt *handle = NULL;
        int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
        if (rc != SQLITE_OK)
            return sql_err(db, rc, "preparing a statement");
        s = mem_calloc(1, sizeof *s);
        *s = (struct db_stmt){.db = db, .sql = sql, .handle = handle, .next = *bucket};
        *bucket = s;
    }
    s->in_use = true;
    *out = s;
    return NULL;
}

static void check_bind(struct db_stmt *s, int rc)
{
    if (rc != SQLITE_OK && !s->fault)
        s->fault = rc == SQLITE_RANGE ? "it has no parameter of that number" : sqlite3_errstr(rc);
}

void db_bind_u64(struct db_stmt *s, int index, uint64_t value)
{
    if (value > INT64_MAX)
        s->fault = "a bound number exceeds 2^63 - 1";
    else
        db_bind_i64(s, index, (int64_t)value);
}

void db_bind_i64(struct db_stmt *s, int index, int64_t value)
{
    check_bind(s, sqlite3_bind_int64(s->handle, index, value));
}

void db_bind_text(struct db_stmt *s, int index, struct slice text)
{
    const char *ptr = text.ptr ? (const char *)text.ptr : ""; /* SQLite takes a NULL pointer for NULL, not for empty */
    check_bind(s, sqlite3_bind_text64(s->handle, index, ptr, text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void db_bind_blob(struct db_stmt *s, int index, struct slice bytes)
{
    const void *ptr = bytes.ptr ? (const void *)bytes.ptr : "";
    check_bind(s, sqlite3_bind_blob64(s->handle, index, ptr, bytes.len, SQLITE_STATIC));
}

void db_bind_u128(struct db_stmt *s, int index, u128 value)
{
    char digits[U128_DIGITS_MAX];
    size_t len = u128_format(value, digits);
    check_bind(s, sqlite3_bind_text64(s->handle, index, digits, len, SQLITE_TRANSIENT, SQLITE_UTF8));
}

void db_bind_null(struct db_stmt *s, int index)
{
    check_bind(s, sqlite3_bind_null(s->handle, index));
}

void db_bind_text_opt(struct db_stmt *s, int index, struct slice text)
{
    if (text.ptr)
        db_bind_text(s, index, text);
    else
        db_bind_null(s, index);
}

struct err *db_step(struct db_stmt *s, bool *row)
{
    *row = false;
    if (s->fault)
        return err_new(ERR_BUG, "statement `%.60s`: %s", s->sql, s->fault);
    int rc = sqlite3_step(s->handle);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        *row = rc == SQLITE_ROW;
        return NULL;
    }
    return err_new(code_of(rc), "statement `%.60s`: database says: %s", s->sql, sqlite3_errmsg(s->db->handle));
}

struct err *db_run(struct db_stmt *s)
{
    bool row = false;
    struct err *e = db_step(s, &row);
    if (!e && row)
        e = err_new(ERR_BUG, "statement `%.60s` gave a row where none was expected", s->sql);
    db_finish(s);
    return e;
}

uint64_t db_u64(struct db_stmt *s, int column)
{
    int64_t value = db_i64(s, column);
    if (value < 0) {
        s->fault = "a column that counts is negative";
        return 0;
    }
    return (uint64_t)value;
}

int64_t db_i64(struct db_stmt *s, int column)
{
    return sqlite3_column_int64(s->handle, column);
}

struct slice db_text(struct db_stmt *s, int column)
{
    const void *ptr = sqlite3_column_text(s->handle, column);
    return slice_from(ptr, (size_t)sqlite3_column_bytes(s->handle, column));
}

struct slice db_blob(struct db_stmt *s, int column)
{
    if (db_is_null(s, column))
        return (struct slice){0};
    const void *ptr = sqlite3_column_blob(s->handle, column);
    return slice_from(ptr ? ptr : "", (size_t)sqlite3_column_bytes(s->handle, column));
}

u128 db_u128(struct db_stmt *s, int column)
{
    u128 value = 0;
    if (!db_is_null(s, column) && !u128_parse(db_text(s, column), &value))
        s->fault = "a column of money is not a decimal number";
    return value;
}

bool db_is_null(struct db_stmt *s, int column)
{
    return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}

uint64_t db_changes(struct db *db)
{
    return (uint64_t)sqlite3_changes64(db->handle);
}

void db_reset(struct db_stmt *s)
{
    sqlite3_reset(s->handle);
    sqlite3_clear_bindings(s->handle);
    s->fault = NULL;
}

void db_finish(struct db_stmt *s)
{
    if (!s->in_use)
        return;
    db_reset(s);
    s->in_use = false;
}

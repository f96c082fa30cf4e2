#include "coordinator/wasm_store.h"
#include "base/fs.h"
#include "base/log.h"
#include "coordinator/code_source.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MODE = 0600, ORPHAN_AGE_MS = 60 * 60 * 1000, TOUCH_EVERY_MS = 60 * 1000 };

static void file_path(const struct wasm_store *store, struct slice checksum, struct buf *out)
{
    buf_append_fmt(out, "%s/%.*s.wasm", store->folder, SLICE_FMT(checksum));
}

struct err *wasm_store_open(struct wasm_store *store, const char *folder, uint64_t max_file_len)
{
    *store = (struct wasm_store){.folder = folder, .max_file_len = max_file_len};
    pthread_mutex_init(&store->writing, NULL);
    return fs_make_dirs(folder);
}

void wasm_store_close(struct wasm_store *store)
{
    if (store->folder)
        pthread_mutex_destroy(&store->writing);
    store->folder = NULL;
}

struct err *wasm_store_write(struct wasm_store *store, struct slice checksum, struct slice bytes)
{
    if (bytes.len > store->max_file_len)
        return err_new(ERR_LIMIT, "code of %zu bytes is over the limit of %llu", bytes.len,
                       (unsigned long long)store->max_file_len);
    if (!slice_starts_with(bytes, SLICE("\0asm")))
        return err_new(ERR_INVALID, "the bytes are not WebAssembly: they do not start with 00 61 73 6d");
    AUTO(buf) struct buf path = {0};
    file_path(store, checksum, &path);
    pthread_mutex_lock(&store->writing); /* two writers of one name would share the temporary file */
    struct err *e = fs_write_atomic(buf_str(&path), bytes, FILE_MODE);
    pthread_mutex_unlock(&store->writing);
    return e;
}

struct err *wasm_store_read(struct wasm_store *store, const struct wasm_row *row, struct buf *out)
{
    AUTO(buf) struct buf path = {0};
    file_path(store, slice_str(row->checksum), &path);
    TRY(fs_read(buf_str(&path), row->file_size, out));
    struct hash hash = hash_sha256(buf_slice(out));
    char hex[HASH_HEX_MAX];
    if (strcmp(hash_hex(&hash, hex), row->content_hash) != 0)
        return err_new(ERR_NOT_FOUND, "code %s is damaged on disk", row->checksum);
    return NULL;
}

struct err *wasm_row_put(struct db *db, struct slice checksum, const char *content_hash, uint64_t size,
                         const struct wasm_origin *origin, uint64_t now_ms)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db,
                   "INSERT INTO wasm_cache (checksum, repo_url, commit_hash, build_target, file_size, content_hash, created_ms,"
                   " last_accessed_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (checksum) DO UPDATE SET"
                   " file_size = excluded.file_size, content_hash = excluded.content_hash, created_ms = excluded.created_ms"
                   " WHERE content_hash <> excluded.content_hash",
                   &s));
    db_bind_text(s, 1, checksum);
    db_bind_text(s, 2, origin->repo_url);
    db_bind_text(s, 3, origin->commit_hash);
    db_bind_text(s, 4, origin->build_target);
    db_bind_u64(s, 5, size);
    db_bind_text(s, 6, slice_str(content_hash));
    db_bind_u64(s, 7, now_ms);
    return db_run(s);
}

static void copy_hex(char out[HASH_HEX_MAX], struct slice text)
{
    memset(out, 0, HASH_HEX_MAX);
    memcpy(out, text.ptr, text.len < HASH_HEX_MAX ? text.len : HASH_HEX_MAX - 1);
}

static struct err *read_row(struct db *db, struct slice checksum, struct wasm_row *out, bool *found)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    TRY(db_prepare(
        db, "SELECT checksum, content_hash, file_size, created_ms, last_accessed_ms FROM wasm_cache WHERE checksum = ?1", &s));
    db_bind_text(s, 1, checksum);
    TRY(db_step(s, found));
    if (!*found)
        return NULL;
    copy_hex(out->checksum, db_text(s, 0));
    copy_hex(out->content_hash, db_text(s, 1));
    out->file_size = db_u64(s, 2);
    out->created_ms = db_u64(s, 3);
    out->last_accessed_ms = db_u64(s, 4);
    return NULL;
}

static bool file_is_whole(const struct wasm_store *store, const struct wasm_row *row)
{
    AUTO(buf) struct buf path = {0};
    struct stat st;
    file_path(store, slice_str(row->checksum), &path);
    return stat(buf_str(&path), &st) == 0 && (uint64_t)st.st_size == row->file_size;
}

struct err *wasm_row_find(struct wasm_store *store, struct db *db, struct slice checksum, struct wasm_row *out, bool *found)
{
    TRY(read_row(db, checksum, out, found));
    if (!*found || file_is_whole(store, out))
        return NULL;
    *found = false;
    log_warn("code has a row and no file; forgetting the row", LOG_SLICE("checksum", checksum));
    return wasm_row_delete(db, checksum);
}

struct err *wasm_row_touch(struct db *db, const struct wasm_row *row, uint64_t now_ms)
{
    if (now_ms < row->last_accessed_ms + TOUCH_EVERY_MS)
        return NULL;
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, "UPDATE wasm_cache SET last_accessed_ms = ?2, access_count = access_count + 1 WHERE checksum = ?1", &s));
    db_bind_text(s, 1, slice_str(row->checksum));
    db_bind_u64(s, 2, now_ms);
    return db_run(s);
}

struct err *wasm_row_delete(struct db *db, struct slice checksum)
{
    struct db_stmt *s = NULL;
    TRY(db_prepare(db, "DELETE FROM wasm_cache WHERE checksum = ?1", &s));
    db_bind_text(s, 1, checksum);
    return db_run(s);
}

/* Removes one file of the folder that no row names, if it is a leftover of an interrupted write or old enough. */
static struct err *sweep_file(struct wasm_store *store, struct db *db, const char *name, uint64_t now_ms)
{
    AUTO(buf) struct buf path = {0};
    struct wasm_row row;
    struct stat st;
    bool found = false;
    struct slice checksum = slice_first(slice_str(name), HASH_HEX_MAX - 1);
    buf_append_fmt(&path, "%s/%s", store->folder, name);
    if (lstat(buf_str(&path), &st) != 0 || !S_ISREG(st.st_mode))
        return NULL;
    bool temporary = slice_ends_with(slice_str(name), SLICE(".tmp"));
    if (!temporary) {
        TRY(read_row(db, checksum, &row, &found));
        uint64_t changed_ms = (uint64_t)st.st_mtime * 1000;
        if (found || now_ms < changed_ms + ORPHAN_AGE_MS)
            return NULL;
    }
    if (unlink(buf_str(&path)) != 0)
        return err_errno(ERR_UNAVAILABLE, errno, "removing %s", buf_str(&path));
    return NULL;
}

static struct err *sweep_files(struct wasm_store *store, struct db *db, uint64_t now_ms)
{
    DIR *folder = opendir(store->folder);
    if (!folder)
        return err_errno(ERR_UNAVAILABLE, errno, "reading folder %s", store->folder);
    struct err *e = NULL;
    struct dirent *entry;
    while (!e && (entry = readdir(folder)))
        e = sweep_file(store, db, entry->d_name, now_ms);
    closedir(folder);
    return e;
}

struct err *wasm_store_reconcile(struct wasm_store *store, struct db *db, uint64_t now_ms)
{
    AUTO(buf) struct buf names = {0};
    {
        AUTO(db_stmt) struct db_stmt *s = NULL;
        bool row = false;
        TRY(db_prepare(db, "SELECT checksum FROM wasm_cache", &s));
        TRY(db_step(s, &row));
        while (row) {
            buf_append(&names, db_text(s, 0));
            buf_append_byte(&names, ' ');
            TRY(db_step(s, &row));
        }
    }
    struct slice rest = buf_slice(&names), name;
    while (rest.len) {
        struct wasm_row row;
        bool found = false;
        rest = slice_cut(rest, ' ', &name);
        TRY(wasm_row_find(store, db, name, &row, &found));
    }
    return sweep_files(store, db, now_ms);
}

struct err *wasm_store_size(struct db *db, uint64_t *out)
{
    AUTO(db_stmt) struct db_stmt *s = NULL;
    bool row = false;
    TRY(db_prepare(db, "SELECT coalesce(sum(file_size), 0) FROM wasm_cache", &s));
    TRY(db_step(s, &row));
    *out = db_u64(s, 0);
    return NULL;
}

/* Code by name: one file `<folder>/<checksum>.wasm` and one row of wasm_cache each. A file is written before its row and read
 * against the row's content hash, so that a crash between the two, or a damaged disk, reads as "not there".
 *
 * wasm_store_write and wasm_store_read touch files only and need no transaction; several threads may call them at once. */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "crypto/hash.h"
#include "store/db.h"
#include <pthread.h>

struct wasm_store {
    const char *folder; /* absolute, or relative to where the process stays */
    uint64_t max_file_len;
    pthread_mutex_t writing;
};

struct wasm_row {
    char checksum[HASH_HEX_MAX];
    char content_hash[HASH_HEX_MAX];
    uint64_t file_size, created_ms, last_accessed_ms;
};

/* Where the bytes came from, for people. */
struct wasm_origin {
    struct slice repo_url, commit_hash, build_target;
};

/* Makes the folder and removes what an interrupted write left. */
struct err *wasm_store_open(struct wasm_store *store, const char *folder, uint64_t max_file_len);
void wasm_store_close(struct wasm_store *store);

/* ERR_INVALID when the bytes do not start as WebAssembly, ERR_LIMIT when they are too many. `checksum` is valid hex. */
struct err *wasm_store_write(struct wasm_store *store, struct slice checksum, struct slice bytes);

/* Appends the bytes. ERR_NOT_FOUND when the file is missing or is not what the row says. */
struct err *wasm_store_read(struct wasm_store *store, const struct wasm_row *row, struct buf *out);

/* In the caller's transaction. */
struct err *wasm_row_put(struct db *db, struct slice checksum, const char *content_hash, uint64_t size,
                         const struct wasm_origin *origin, uint64_t now_ms);

/* The row of a checksum whose file is there in its full length; a row without one is deleted. */
struct err *wasm_row_find(struct wasm_store *store, struct db *db, struct slice checksum, struct wasm_row *out, bool *found);

/* Counts a read; the time is written once a minute at most. */
struct err *wasm_row_touch(struct db *db, const struct wasm_row *row, uint64_t now_ms);

struct err *wasm_row_delete(struct db *db, struct slice checksum);

/* Deletes rows without a file and, older than an hour, files without a row. */
struct err *wasm_store_reconcile(struct wasm_store *store, struct db *db, uint64_t now_ms);

/* Sum of the files' lengths as the rows tell it. */
struct err *wasm_store_size(struct db *db, uint64_t *out);

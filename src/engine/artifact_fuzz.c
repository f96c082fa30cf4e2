/* A file in the artifact cache that somebody has been at: whatever it holds, only what the engine put there under this name comes out.
 *
 * The first byte says what is done with the rest:
 *
 *     0  it is the file
 *     1  it is laid over an honest file, from the place that its first two bytes say on
 *     2  an honest file is cut to that many bytes, and it follows
 *     3  an honest file of another program, the rest is this one's hash
 *     4  it is the key's file
 *     5  it is an artifact: put, and got again */
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/artifact.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char label[] = "fuzz-1";

static struct {
    char dir[64];
    struct artifact_store *store;
    struct hash code;
    struct buf path, honest; /* the file and its bytes */
} f;

static void must(struct err *e)
{
    if (e)
        __builtin_trap();
}

static void remove_folder(void)
{
    artifact_store_close(f.store);
    buf_free(&f.path);
    buf_free(&f.honest);
    err_free(fs_remove_tree(f.dir));
}

static void put(const struct hash *code, struct slice bytes)
{
    AUTO(fd) int fd = -1;
    must(memory_file_new("fuzz", bytes, &fd));
    must(artifact_put(f.store, code, fd));
}

static void path_of(const struct hash *code, struct buf *out)
{
    char hex[HASH_HEX_MAX];
    buf_append_fmt(out, "%s/%s.%s", f.dir, hash_hex(code, hex), label);
}

static void begin(void)
{
    log_start("fuzz", LOG_ERROR);
    snprintf(f.dir, sizeof f.dir, "/tmp/outlayer-artifact-XXXXXX");
    if (!mkdtemp(f.dir))
        __builtin_trap();
    must(artifact_store_open(f.dir, label, 1 << 24, &f.store));
    memset(f.code.bytes, 7, HASH_LEN);
    path_of(&f.code, &f.path);
    put(&f.code, SLICE("native code of an honest program"));
    must(fs_read(buf_str(&f.path), 1 << 20, &f.honest));
    atexit(remove_folder);
}

/* Whether the cache gives anything out under the program's name; `bytes` is what it may be. */
static bool gives_out(struct slice bytes)
{
    AUTO(fd) int fd = -1;
    AUTO(buf) struct buf got = {0};
    AUTO(err) struct err *e = artifact_get(f.store, &f.code, &fd);
    if (e)
        return false;
    struct stat st;
    if (fstat(fd, &st) || (size_t)st.st_size != bytes.len)
        __builtin_trap();
    if (pread(fd, buf_reserve(&got, bytes.len), bytes.len, 0) != (ssize_t)bytes.len || memcmp(got.ptr, bytes.ptr, bytes.len))
        __builtin_trap();
    return true;
}

/* The file is `bytes` now: only the honest ones are accepted. */
static void try_file(struct slice bytes)
{
    enum { MAC_LEN = 32 };
    must(fs_write_atomic(buf_str(&f.path), bytes, 0600));
    bool is_honest = slice_eq(bytes, buf_slice(&f.honest));
    if (gives_out(slice_skip(buf_slice(&f.honest), MAC_LEN)) != is_honest)
        __builtin_trap();
    if (fs_exists(buf_str(&f.path)) != is_honest) /* what is wrong is gone */
        __builtin_trap();
}

static void try_key(struct slice bytes)
{
    AUTO(buf) struct buf path = {0}, key = {0};
    struct artifact_store *second = NULL;
    buf_append_fmt(&path, "%s/key", f.dir);
    must(fs_read(buf_str(&path), 100, &key));
    must(fs_write_atomic(buf_str(&path), bytes, 0600));
    AUTO(err) struct err *e = artifact_store_open(f.dir, label, 1 << 24, &second);
    if (!e) {
        struct artifact_store *first = f.store;
        must(fs_write_atomic(buf_str(&f.path), buf_slice(&f.honest), 0600));
        f.store = second;
        if (gives_out(slice_skip(buf_slice(&f.honest), 32)) != slice_eq(bytes, buf_slice(&key)))
            __builtin_trap();
        f.store = first;
    }
    if (!e != (bytes.len == key.len))
        __builtin_trap();
    artifact_store_close(second);
    must(fs_write_atomic(buf_str(&path), buf_slice(&key), 0600));
}

static void try_other_program(struct slice hash)
{
    struct hash other = {0};
    memcpy(other.bytes, hash.ptr, hash.len < HASH_LEN ? hash.len : HASH_LEN);
    AUTO(buf) struct buf from = {0}, bytes = {0};
    path_of(&other, &from);
    put(&other, slice_skip(buf_slice(&f.honest), 32));
    must(fs_read(buf_str(&from), 1 << 20, &bytes));
    try_file(buf_slice(&bytes));
    artifact_remove(f.store, &other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!f.store)
        begin();
    if (size < 1)
        return 0;
    struct slice rest = slice_from(data + 1, size - 1);
    size_t at = rest.len < 2 ? 0 : (size_t)(rest.ptr[0] | rest.ptr[1] << 8);
    AUTO(buf) struct buf file = {0};
    switch (data[0] % 6) {
    case 0:
        try_file(rest);
        break;
    case 1:
        rest = slice_skip(rest, 2);
        buf_append(&file, buf_slice(&f.honest));
        at %= file.len;
        memcpy(file.ptr + at, rest.ptr, rest.len < file.len - at ? rest.len : file.len - at);
        try_file(buf_slice(&file));
        break;
    case 2:
        buf_append(&file, slice_first(buf_slice(&f.honest), at % (f.honest.len + 1)));
        buf_append(&file, slice_skip(rest, 2));
        try_file(buf_slice(&file));
        break;
    case 3:
        try_other_program(rest);
        break;
    case 4:
        try_key(rest);
        break;
    default:
        if (rest.len == 0)
            break;
        put(&f.code, rest);
        if (!gives_out(rest))
            __builtin_trap();
    }
    return 0;
}

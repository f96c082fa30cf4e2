#include "engine/artifact.h"
#include "base/arena.h"
#include "base/entropy.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum { MAC_LEN = crypto_auth_hmacsha256_BYTES, KEY_LEN = crypto_auth_hmacsha256_KEYBYTES };

struct artifact_store {
    char *dir;
    const char *label;
    uint64_t max_len;
    uint8_t key[KEY_LEN];
};

struct err *memory_file_new(const char *name, struct slice bytes, int *fd)
{
    *fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "making a memory file");
    struct err *e = fs_write_fd(*fd, name, bytes);
    if (e) {
        close(*fd);
        *fd = -1;
    }
    return e;
}

struct err *memory_file_seal(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
        return err_errno(ERR_UNAVAILABLE, errno, "sealing a memory file");
    return NULL;
}

/* A name in the folder that nobody else uses. */
static void temporary_path(const struct artifact_store *s, struct buf *out)
{
    uint64_t random = 0;
    entropy_fill(&entropy_system, &random, sizeof random);
    buf_append_fmt(out, "%s/%016" PRIx64 ".tmp", s->dir, random);
}

/* Several processes may make the key at once: the first link wins, and all read that one. */
static struct err *make_key(const struct artifact_store *s, const char *path)
{
    AUTO(buf) struct buf beside = {0};
    uint8_t key[KEY_LEN];
    temporary_path(s, &beside);
    entropy_fill(&entropy_system, key, sizeof key);
    struct err *e = fs_write_atomic(buf_str(&beside), slice_from(key, sizeof key), 0600);
    sodium_memzero(key, sizeof key);
    if (!e && link(buf_str(&beside), path) && errno != EEXIST)
        e = err_errno(ERR_UNAVAILABLE, errno, "making %s", path);
    unlink(buf_str(&beside));
    return e;
}

static struct err *read_key(struct artifact_store *s)
{
    AUTO(buf) struct buf path = {0}, key = {0};
    buf_append_fmt(&path, "%s/key", s->dir);
    if (!fs_exists(buf_str(&path)))
        TRY(make_key(s, buf_str(&path)));
    TRY(fs_read(buf_str(&path), KEY_LEN, &key));
    if (key.len != KEY_LEN)
        return err_new(ERR_INVALID, "%s is %zu bytes, a key is %d; remove it to get a new one", buf_str(&path), key.len,
                       KEY_LEN);
    memcpy(s->key, key.ptr, KEY_LEN);
    sodium_memzero(key.ptr, key.len);
    return NULL;
}

struct err *artifact_store_open(const char *dir, const char *label, uint64_t max_len, struct artifact_store **out)
{
    TRY(fs_make_dirs(dir));
    struct artifact_store *s = mem_calloc(1, sizeof *s);
    s->dir = mem_copy_str(dir, strlen(dir));
    s->label = label;
    s->max_len = max_len;
    struct err *e = read_key(s);
    if (e)
        artifact_store_close(s);
    else
        *out = s;
    return err_doing(e, "opening the artifact cache");
}

void artifact_store_close(struct artifact_store *s)
{
    if (!s)
        return;
    sodium_memzero(s->key, sizeof s->key);
    mem_free(s->dir);
    mem_free(s);
}

static void artifact_path(const struct artifact_store *s, const struct hash *code, struct buf *out)
{
    char hex[HASH_HEX_MAX];
    buf_append_fmt(out, "%s/%s.%s", s->dir, hash_hex(code, hex), s->label);
}

void artifact_remove(struct artifact_store *s, const struct hash *code)
{
    AUTO(buf) struct buf path = {0};
    artifact_path(s, code, &path);
    unlink(buf_str(&path));
}

void artifact_touch(struct artifact_store *s, const struct hash *code)
{
    AUTO(buf) struct buf path = {0};
    artifact_path(s, code, &path);
    utimensat(AT_FDCWD, buf_str(&path), NULL, 0);
}

/* A file of the folder; its time of change is when it was used last. */
struct cached {
    const char *name;
    uint64_t len;
    struct timespec used;
};

static int by_age(const void *left, const void *right)
{
    const struct timespec *a = &((const struct cached *)left)->used, *b = &((const struct cached *)right)->used;
    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? -1 : 1;
    return (a->tv_nsec > b->tv_nsec) - (a->tv_nsec < b->tv_nsec);
}

/* All files but the key, `struct cached` one after the other; returns their length together. */
static uint64_t list_cached(DIR *dir, struct arena *arena, struct buf *list)
{
    uint64_t total = 0;
    struct stat st;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (!strcmp(entry->d_name, "key") || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
            !S_ISREG(st.st_mode))
            continue;
        struct cached file = {arena_str(arena, slice_str(entry->d_name)), (uint64_t)st.st_size, st.st_mtim};
        buf_append(list, slice_from(&file, sizeof file));
        total += file.len;
    }
    return total;
}

/* Makes room for what was just put at `kept`. Other processes may do the same: a file that is gone already is fine. */
static void evict(struct artifact_store *s, const char *kept)
{
    AUTO(arena) struct arena arena = {0};
    AUTO(buf) struct buf list = {0};
    DIR *dir = opendir(s->dir);
    if (!dir)
        return;
    uint64_t total = list_cached(dir, &arena, &list);
    struct cached *files = (void *)list.ptr;
    size_t count = list.len / sizeof *files, removed = 0;
    if (total > s->max_len)
        qsort(files, count, sizeof *files, by_age);
    for (size_t i = 0; i < count && total > s->max_len; i++) {
        if (!strcmp(files[i].name, kept) || unlinkat(dirfd(dir), files[i].name, 0))
            continue;
        total -= files[i].len;
        removed++;
    }
    closedir(dir);
    if (removed)
        log_info("the least recently used compiled programs made room", LOG_U64("removed", removed), LOG_U64("bytes", total));
}

static void put_u64(uint8_t out[8], uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static void compute_mac(const struct artifact_store *s, const struct hash *code, struct slice artifact, uint8_t mac[MAC_LEN])
{
    static const char domain[] = "outlayer artifact 2";
    const struct hash content = hash_sha256(artifact);
    uint8_t number[8];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, s->key, KEY_LEN);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)domain, sizeof domain);
    crypto_auth_hmacsha256_update(&state, code->bytes, HASH_LEN);
    put_u64(number, strlen(s->label));
    crypto_auth_hmacsha256_update(&state, number, sizeof number);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)s->label, strlen(s->label));
    crypto_auth_hmacsha256_update(&state, content.bytes, HASH_LEN);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
}

/* The bytes of a sealed memory file, mapped; unmap with munmap. */
static struct err *map_sealed(int fd, struct slice *out)
{
    struct stat st;
    if (fstat(fd, &st))
        return err_errno(ERR_UNAVAILABLE, errno, "measuring an artifact");
    if (st.st_size == 0)
        return err_new(ERR_INVALID, "the artifact is empty");
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return err_errno(ERR_UNAVAILABLE, errno, "mapping an artifact");
    *out = slice_from(at, (size_t)st.st_size);
    return NULL;
}

static struct err *write_artifact(const char *path, const uint8_t mac[MAC_LEN], struct slice artifact)
{
    AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "creating %s", path);
    TRY(fs_write_fd(fd, path, slice_from(mac, MAC_LEN)));
    return fs_write_fd(fd, path, artifact); /* not synced: a torn file fails its MAC and is compiled again */
}

struct err *artifact_put(struct artifact_store *s, const struct hash *code, int fd)
{
    AUTO(buf) struct buf beside = {0}, path = {0};
    struct slice artifact;
    uint8_t mac[MAC_LEN];
    TRY(memory_file_seal(fd));
    TRY(map_sealed(fd, &artifact));
    compute_mac(s, code, artifact, mac);
    temporary_path(s, &beside);
    artifact_path(s, code, &path);
    struct err *e = write_artifact(buf_str(&beside), mac, artifact);
    if (!e && rename(buf_str(&beside), buf_str(&path)))
        e = err_errno(ERR_UNAVAILABLE, errno, "renaming to %s", buf_str(&path));
    if (e)
        unlink(buf_str(&beside));
    else
        evict(s, strrchr(buf_str(&path), '/') + 1);
    munmap((void *)(uintptr_t)artifact.ptr, artifact.len);
    return e;
}

/* Copies what stands behind the MAC from the file into a new, sealed memory file. */
static struct err *copy_to_memory(int file, const char *path, uint8_t mac[MAC_LEN], int *fd)
{
    ssize_t got = read(file, mac, MAC_LEN);
    if (got < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "reading %s", path);
    if (got != MAC_LEN)
        return err_new(ERR_INVALID, "%s is cut off", path);
    TRY(memory_file_new("artifact", (struct slice){0}, fd));
    do
        got = sendfile(*fd, file, NULL, 1 << 30);
    while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "copying %s", path);
    return memory_file_seal(*fd);
}

static struct err *verify(const struct artifact_store *s, const struct hash *code, int fd, const uint8_t mac[MAC_LEN])
{
    struct slice artifact;
    uint8_t expected[MAC_LEN];
    TRY(map_sealed(fd, &artifact));
    compute_mac(s, code, artifact, expected);
    munmap((void *)(uintptr_t)artifact.ptr, artifact.len);
    return sodium_memcmp(expected, mac, MAC_LEN) ? err_new(ERR_INVALID, "its authentication code is wrong") : NULL;
}

struct err *artifact_get(struct artifact_store *s, const struct hash *code, int *fd)
{
    AUTO(buf) struct buf path = {0};
    uint8_t mac[MAC_LEN];
    int copy = -1;
    artifact_path(s, code, &path);
    AUTO(fd) int file = open(buf_str(&path), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return err_errno(errno == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE, errno, "opening %s", buf_str(&path));
    struct err *e = copy_to_memory(file, buf_str(&path), mac, &copy);
    if (!e)
        e = verify(s, code, copy, mac);
    if (!e) {
        futimens(file, NULL);
        *fd = copy;
        return NULL;
    }
    if (copy >= 0)
        close(copy);
    if (err_code(e) == ERR_INVALID) {
        log_warn("removed a compiled program that does not verify", LOG_STR("file", buf_str(&path)), LOG_ERR(e));
        unlink(buf_str(&path));
    }
    return err_doing(e, "checking %s", buf_str(&path));
}

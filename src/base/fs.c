#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { READ_STEP = 64 * 1024 };

struct err *fs_read_fd(int fd, const char *what, size_t max_len, struct buf *out)
{
    size_t start = out->len;
    for (;;) {
        ssize_t got = read(fd, buf_reserve(out, READ_STEP), READ_STEP);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(ERR_UNAVAILABLE, errno, "reading %s", what);
        if (got == 0)
            return NULL;
        out->len += (size_t)got;
        if (out->len - start > max_len)
            return err_new(ERR_LIMIT, "%s is longer than %zu bytes", what, max_len);
    }
}

struct err *fs_read(const char *path, size_t max_len, struct buf *out)
{
    AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(errno == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE, errno, "opening %s", path);
    return fs_read_fd(fd, path, max_len, out);
}

struct err *fs_write_fd(int fd, const char *what, struct slice bytes)
{
    while (bytes.len) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(ERR_UNAVAILABLE, errno, "writing %s", what);
        bytes = slice_skip(bytes, (size_t)put);
    }
    return NULL;
}

static struct err *write_and_sync(const char *path, struct slice bytes, unsigned mode)
{
    AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "creating %s", path);
    if (fchmod(fd, (mode_t)mode))
        return err_errno(ERR_UNAVAILABLE, errno, "setting the mode of %s", path);
    TRY(fs_write_fd(fd, path, bytes));
    if (fsync(fd))
        return err_errno(ERR_UNAVAILABLE, errno, "syncing %s", path);
    return NULL;
}

struct err *fs_write_atomic(const char *path, struct slice bytes, unsigned mode)
{
    static atomic_uint serial; /* two threads may write the same path */
    AUTO(buf) struct buf beside = {0};
    buf_append_fmt(&beside, "%s.%ld.%u.tmp", path, (long)getpid(), atomic_fetch_add(&serial, 1));
    struct err *e = write_and_sync(buf_str(&beside), bytes, mode);
    if (!e && rename(buf_str(&beside), path))
        e = err_errno(ERR_UNAVAILABLE, errno, "renaming to %s", path);
    if (e)
        unlink(buf_str(&beside));
    return e;
}

/* Leaves errno alone when it says no. */
static bool is_folder(const char *path)
{
    int held = errno;
    struct stat st;
    bool yes = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    errno = held;
    return yes;
}

struct err *fs_make_dirs(const char *path)
{
    AUTO(str) char *part = mem_copy_str(path, strlen(path));
    for (char *at = part;; at++) {
        if (*at && (*at != '/' || at == part))
            continue;
        char held = *at;
        *at = '\0';
        if (mkdir(part, 0700) && !(errno == EEXIST && is_folder(part)))
            return err_errno(ERR_UNAVAILABLE, errno, "making folder %s", part);
        *at = held;
        if (held == '\0')
            return NULL;
    }
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path) && errno != ENOENT ? -1 : 0; /* whoever else removes it has done our work */
}

struct err *fs_remove_tree(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
        return err_errno(ERR_UNAVAILABLE, errno, "removing %s", path);
    return NULL;
}

bool fs_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

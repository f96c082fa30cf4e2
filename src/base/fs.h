/* Files: whole reads with a bound, atomic writes, folders. Paths are C strings. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <unistd.h>

/* Appends the whole file to `out`. ERR_NOT_FOUND when it does not exist, ERR_LIMIT when it is longer than `max_len` bytes. */
struct err *fs_read(const char *path, size_t max_len, struct buf *out);

/* Reads a descriptor to its end, with the same bound; `what` names it in errors. */
struct err *fs_read_fd(int fd, const char *what, size_t max_len, struct buf *out);

/* Writes beside `path`, syncs and renames over it, so that a reader or a crash sees the old bytes or the new ones.
 * `mode` is the permission bits, e.g. 0600 for a secret. */
struct err *fs_write_atomic(const char *path, struct slice bytes, unsigned mode);

/* Writes all bytes to a descriptor, through short writes and EINTR. */
struct err *fs_write_fd(int fd, const char *what, struct slice bytes);

/* Makes the folder and its missing parents with mode 0700. */
struct err *fs_make_dirs(const char *path);

/* Removes a folder and all below it; nothing there is success. Never follows a link. */
struct err *fs_remove_tree(const char *path);

bool fs_exists(const char *path);

/* `AUTO(fd) int fd = -1;` */
static inline void auto_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* The kernel's TSM reports. Whoever writes `inblob` owns the next `outblob`; `generation` counts the writes of everybody, so a counter that moved by anything but
 * one says that somebody else wrote in between.
 *
 * Files are opened so that nothing in the folder can make a call wait; only the kernel itself can, while it makes a report, and it has a bound of its own. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/u128.h"
#include "tee/quote_source/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { ATTEMPTS = 3, POLL_MS = 10, BUSY_MS = 200, GENERATION_TEXT_MAX = 32 };

struct configfs {
    struct quote_source head;
    char *folder;
};

static void nap(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void path_of(const struct configfs *c, const char *name, struct buf *path)
{
    buf_append_fmt(path, "%s/%s", c->folder, name);
}

static struct err *read_file(const struct configfs *c, const char *name, size_t max_len, struct buf *out)
{
    AUTO(buf) struct buf path = {0};
    path_of(c, name, &path);
    AUTO(fd) int fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", buf_str(&path));
    return fs_read_fd(fd, buf_str(&path), max_len, out);
}

static struct err *read_generation(const struct configfs *c, uint64_t *out)
{
    AUTO(buf) struct buf text = {0};
    u128 number;
    TRY(read_file(c, "generation", GENERATION_TEXT_MAX, &text));
    struct slice digits = buf_slice(&text);
    if (slice_ends_with(digits, SLICE("\n")))
        digits.len--;
    if (!u128_parse(digits, &number) || number > UINT64_MAX)
        return err_new(ERR_INVALID, "%s/generation holds no number", c->folder);
    *out = (uint64_t)number;
    return NULL;
}

/* A file of its own for every write: the kernel takes the bytes when it is closed. */
static struct err *write_inblob(const char *path, const uint8_t *report_data)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", path);
    int failure = write(fd, report_data, REPORT_DATA_LEN) == REPORT_DATA_LEN ? 0 : errno;
    if (close(fd) != 0 && !failure)
        failure = errno;
    if (failure)
        return err_errno(failure == EBUSY ? ERR_CONFLICT : ERR_UNAVAILABLE, failure, "writing %s", path);
    return NULL;
}

static struct err *wait_for_generation(const struct configfs *c, uint64_t wanted, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now = 0;
        TRY(read_generation(c, &now));
        if (now == wanted)
            return NULL;
        if (now != wanted - 1)
            return err_new(ERR_CONFLICT, "somebody else uses %s: its generation went from %llu to %llu", c->folder,
                           (unsigned long long)(wanted - 1), (unsigned long long)now);
        if (!quote_source_left_ms(deadline_ns))
            return err_new(ERR_UNAVAILABLE, "%s did not take the report data in %u ms", c->folder, c->head.timeout_ms);
        nap(POLL_MS);
    }
}

/* One writer after the other, among those that lock. */
static struct err *lock_folder(const struct configfs *c, int fd, uint64_t deadline_ns)
{
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return err_errno(ERR_UNAVAILABLE, errno, "locking %s/inblob", c->folder);
        if (!quote_source_left_ms(deadline_ns))
            return err_new(ERR_UNAVAILABLE, "another process held the lock of %s/inblob for %u ms", c->folder,
                           c->head.timeout_ms);
        nap(POLL_MS);
    }
    return NULL;
}

static struct err *attempt(const struct configfs *c, const uint8_t *report_data, uint64_t deadline_ns, struct buf *out)
{
    AUTO(buf) struct buf inblob = {0};
    uint64_t before = 0, after = 0;
    path_of(c, "inblob", &inblob);
    AUTO(fd) int lock = open(buf_str(&inblob), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (lock < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", buf_str(&inblob));
    TRY(lock_folder(c, lock, deadline_ns));
    TRY(read_generation(c, &before));
    TRY(write_inblob(buf_str(&inblob), report_data));
    TRY(wait_for_generation(c, before + 1, deadline_ns));
    TRY(read_file(c, "outblob", QUOTE_LEN_MAX, out));
    TRY(read_generation(c, &after));
    if (after != before + 1)
        return err_new(ERR_CONFLICT, "somebody else wrote to %s while the quote was read", c->folder);
    return NULL;
}

static struct err *configfs_quote(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out)
{
    const struct configfs *c = (const struct configfs *)s;
    uint64_t deadline_ns = quote_source_deadline_ns(s);
    size_t start = out->len;
    for (unsigned i = 1;; i++) {
        struct err *e = attempt(c, report_data, deadline_ns, out);
        if (!e || err_code(e) != ERR_CONFLICT || i == ATTEMPTS)
            return e;
        err_free(e);
        out->len = start;
        nap(BUSY_MS);
    }
}

static void configfs_free(struct quote_source *s)
{
    struct configfs *c = (struct configfs *)s;
    mem_free(c->folder);
    mem_free(c);
}

struct err *quote_source_configfs(const char *folder, struct quote_source **out)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return err_errno(ERR_UNAVAILABLE, errno, "making the report entry %s", folder);
    struct configfs *c = mem_calloc(1, sizeof *c);
    c->head = (struct quote_source){"configfs", configfs_quote, configfs_free, QUOTE_TIMEOUT_MS};
    c->folder = mem_copy_str(folder, strlen(folder));
    *out = &c->head;
    return NULL;
}

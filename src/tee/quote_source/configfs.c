/* The kernel's TSM reports. Whoever writes `inblob` owns the next `outblob`; `generation` counts the writes of everybody, so a counter that moved by anything but
 * one says that somebody else wrote in between. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "tee/quote_source/internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { ATTEMPTS = 3, WAIT_MS = 5000, POLL_MS = 10, BUSY_MS = 200, GENERATION_TEXT_MAX = 32 };

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

static struct err *read_generation(const struct configfs *c, uint64_t *out)
{
    AUTO(buf) struct buf path = {0};
    AUTO(buf) struct buf text = {0};
    char *end = NULL;
    path_of(c, "generation", &path);
    TRY(fs_read(buf_str(&path), GENERATION_TEXT_MAX, &text));
    const char *digits = buf_str(&text);
    *out = strtoull(digits, &end, 10);
    if (end == digits || (*end && *end != '\n'))
        return err_new(ERR_INVALID, "%s holds no number", buf_str(&path));
    return NULL;
}

/* A file of its own for every write: the kernel takes the bytes when it is closed. */
static struct err *write_inblob(const char *path, const uint8_t *report_data)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", path);
    int failure = write(fd, report_data, REPORT_DATA_LEN) == REPORT_DATA_LEN ? 0 : errno;
    if (close(fd) != 0 && !failure)
        failure = errno;
    if (failure)
        return err_errno(failure == EBUSY ? ERR_CONFLICT : ERR_UNAVAILABLE, failure, "writing %s", path);
    return NULL;
}

static struct err *wait_for_generation(const struct configfs *c, uint64_t wanted)
{
    uint64_t deadline = clock_monotonic_ns(&clock_system) + WAIT_MS * NS_PER_MS;
    for (;;) {
        uint64_t now = 0;
        TRY(read_generation(c, &now));
        if (now == wanted)
            return NULL;
        if (now != wanted - 1)
            return err_new(ERR_CONFLICT, "somebody else uses %s: its generation went from %llu to %llu", c->folder,
                           (unsigned long long)(wanted - 1), (unsigned long long)now);
        if (clock_monotonic_ns(&clock_system) > deadline)
            return err_new(ERR_UNAVAILABLE, "%s did not take the report data in %d ms", c->folder, WAIT_MS);
        nap(POLL_MS);
    }
}

static struct err *attempt(const struct configfs *c, const uint8_t *report_data, struct buf *out)
{
    AUTO(buf) struct buf inblob = {0};
    AUTO(buf) struct buf outblob = {0};
    uint64_t before = 0, after = 0;
    path_of(c, "inblob", &inblob);
    path_of(c, "outblob", &outblob);
    AUTO(fd) int lock = open(buf_str(&inblob), O_WRONLY | O_CLOEXEC);
    if (lock < 0)
        return err_errno(ERR_UNAVAILABLE, errno, "opening %s", buf_str(&inblob));
    if (flock(lock, LOCK_EX) != 0)
        return err_errno(ERR_UNAVAILABLE, errno, "locking %s", buf_str(&inblob));
    TRY(read_generation(c, &before));
    TRY(write_inblob(buf_str(&inblob), report_data));
    TRY(wait_for_generation(c, before + 1));
    TRY(fs_read(buf_str(&outblob), QUOTE_LEN_MAX, out));
    TRY(read_generation(c, &after));
    if (after != before + 1)
        return err_new(ERR_CONFLICT, "somebody else wrote to %s while the quote was read", c->folder);
    return NULL;
}

static struct err *configfs_quote(struct quote_source *s, const uint8_t report_data[REPORT_DATA_LEN], struct buf *out)
{
    const struct configfs *c = (const struct configfs *)s;
    size_t start = out->len;
    for (unsigned i = 1;; i++) {
        struct err *e = attempt(c, report_data, out);
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
    c->head = (struct quote_source){"configfs", configfs_quote, configfs_free};
    c->folder = mem_copy_str(folder, strlen(folder));
    *out = &c->head;
    return NULL;
}

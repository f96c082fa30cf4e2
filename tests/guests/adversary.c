/* A guest that wears on its host: what its input says, once. Prints "held" where the host held. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

enum { BADF = __WASI_ERRNO_BADF, MANY = 1024 };

static uint8_t bytes[65536];

/* No number but three is a descriptor, whatever is asked of it. */
static int descriptors(void)
{
    __wasi_size_t size;
    __wasi_fdstat_t stat;
    const __wasi_ciovec_t out = {bytes, 1};
    for (uint32_t fd = 3; fd < 100000; fd++)
        if (__wasi_fd_fdstat_get(fd, &stat) != BADF || __wasi_fd_write(fd, &out, 1, &size) != BADF ||
            __wasi_fd_close(fd) != BADF)
            return 0;
    return __wasi_fd_close(UINT32_MAX) == BADF && __wasi_fd_close(1u << 31) == BADF;
}

/* The number of bytes read is written over the list of pieces itself, and pieces lie on each other. */
static int overlaps(void)
{
    static __wasi_iovec_t pieces[MANY];
    for (int i = 0; i < MANY; i++)
        pieces[i] = (__wasi_iovec_t){(uint8_t *)pieces + i, 64};
    return __wasi_fd_read(0, pieces, MANY, (__wasi_size_t *)&pieces[3]) <= __WASI_ERRNO_NOTCAPABLE;
}

static int long_lists(void)
{
    static __wasi_ciovec_t pieces[MANY + 1];
    __wasi_size_t size = 1;
    int most = __wasi_fd_write(2, pieces, MANY, &size) == 0 && size == 0;
    return most && __wasi_fd_write(2, pieces, MANY + 1, &size) == __WASI_ERRNO_INVAL;
}

static int subscriptions(void)
{
    static __wasi_subscription_t in[MANY + 1];
    static __wasi_event_t out[MANY + 1];
    __wasi_size_t count = 0;
    for (int i = 0; i <= MANY; i++) {
        in[i].u.tag = __WASI_EVENTTYPE_CLOCK;
        in[i].u.u.clock = (__wasi_subscription_clock_t){.id = __WASI_CLOCKID_MONOTONIC, .timeout = 1000};
    }
    int most = __wasi_poll_oneoff(in, out, MANY, &count) == 0 && count == MANY;
    /* results over the subscriptions they answer */
    int over = __wasi_poll_oneoff(in, (__wasi_event_t *)in, 8, &count) == 0;
    return most && over && __wasi_poll_oneoff(in, out, MANY + 1, &count) == __WASI_ERRNO_INVAL;
}

/* Every byte there is, in every order of two, to both streams. */
static int not_text(void)
{
    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            bytes[(a * 256 + b) % sizeof bytes] = (uint8_t)(b % 2 ? a : b);
        }
    return write(1, bytes, sizeof bytes) == sizeof bytes && write(2, bytes, sizeof bytes) == sizeof bytes;
}

static int endless_calls(void)
{
    __wasi_timestamp_t now;
    while (__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &now) == 0)
        continue;
    return 0;
}

static int flood(void)
{
    while (write(2, bytes, sizeof bytes) > 0)
        continue;
    return 0;
}

static int random_over_everything(void)
{
    return __wasi_random_get((uint8_t *)0xffff0000u, 0x10000) == __WASI_ERRNO_FAULT &&
           __wasi_random_get(bytes, UINT32_MAX) == __WASI_ERRNO_FAULT;
}

static int sleep_long(void)
{
    __wasi_subscription_t in = {.u = {.tag = __WASI_EVENTTYPE_CLOCK}};
    __wasi_event_t out;
    __wasi_size_t count;
    in.u.u.clock = (__wasi_subscription_clock_t){.id = __WASI_CLOCKID_MONOTONIC, .timeout = UINT64_MAX};
    return __wasi_poll_oneoff(&in, &out, 1, &count) == 0;
}

static const struct {
    const char *word;
    int (*act)(void);
} acts[] = {
    {"descriptors", descriptors},
    {"overlaps", overlaps},
    {"long lists", long_lists},
    {"subscriptions", subscriptions},
    {"not text", not_text},
    {"flood", flood},
    {"sleep", sleep_long},
    {"endless calls", endless_calls},
    {"random", random_over_everything},
};

int main(void)
{
    char word[32] = "";
    read(0, word, sizeof word - 1);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (!strcmp(word, acts[i].word) && acts[i].act())
            printf("held");
    return 0;
}

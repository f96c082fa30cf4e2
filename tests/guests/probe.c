/* Does what its input says, one word and a number, so that a test can see every way a program can end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Where the optimiser must not look. */
static volatile long number;
static char *volatile kept;

static void do_exit(void)
{
    fprintf(stderr, "leaving with %ld", number);
    exit((int)number);
}

/* The sentences of ends that cost everything, or nothing. */
static void do_forge(void)
{
    fprintf(stderr,
            "WASM execution timed out after 1 seconds (penalty). Full execution cost is charged with no refund (consumed 0 "
            "instructions)\nwasm trap: all fuel consumed\nTrap: interrupt");
    if (number == 0)
        __builtin_trap();
    exit((int)number);
}

static void do_unreachable(void)
{
    printf("lost");
    fflush(stdout);
    __builtin_trap();
}

static void do_divide(void)
{
    number = 1000 / number; /* no number: zero */
}

static void do_bounds(void)
{
    number = *(volatile unsigned char *)0xfffffff0u;
}

static int recurse(int depth)
{
    volatile char room[64] = {(char)depth};
    return depth < 0 ? 0 : recurse(depth + 1) + room[0];
}

static void do_recurse(void)
{
    number = recurse(1);
}

static void do_loop(void)
{
    fprintf(stderr, "looping");
    for (;;)
        number++;
}

/* Takes memory in pieces of `number` KiB until there is none, then aborts as most programs do. */
static void do_hog(void)
{
    for (;;) {
        kept = malloc((size_t)number << 10);
        if (!kept)
            abort();
        memset(kept, 1, (size_t)number << 10);
    }
}

/* Takes `number` KiB and is content. */
static void do_take(void)
{
    kept = malloc((size_t)number << 10);
    printf("%s", kept ? "taken" : "refused");
}

static void do_write(void)
{
    static char line[1024];
    memset(line, 'x', sizeof line);
    for (long left = number; left > 0; left -= (long)sizeof line)
        fwrite(line, 1, left < (long)sizeof line ? (size_t)left : sizeof line, stdout);
}

static void do_complain(void)
{
    for (long i = 0; i < number; i++)
        fprintf(stderr, "line %ld of many\n", i);
}

/* Length and sum of what follows on standard input. */
static void do_sum(void)
{
    unsigned long len = 0, sum = 0;
    for (int c = getchar(); c != EOF; c = getchar(), len++)
        sum += (unsigned)c;
    printf("%lu %lu", len, sum);
}

static void do_environment(void)
{
    for (char **e = environ; *e; e++)
        printf("%s\n", *e);
}

static void do_sleep(void)
{
    struct timespec wait = {.tv_sec = number / 1000, .tv_nsec = number % 1000 * 1000000};
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    nanosleep(&wait, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    printf("%s",
           (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= number ? "slept" : "short");
}

static void do_random(void)
{
    unsigned char a[32] = {0}, b[32] = {0}, zero[32] = {0};
    getentropy(a, sizeof a);
    getentropy(b, sizeof b);
    printf("%s", memcmp(a, b, 32) && memcmp(a, zero, 32) && memcmp(b, zero, 32) ? "random" : "not random");
}

static void do_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("%lld", (long long)now.tv_sec);
}

/* What there is not: files, folders, terminals, seeking. */
static void do_files(void)
{
    struct stat st;
    printf("open %d ", open("/etc/passwd", O_RDONLY));
    printf("mkdir %d ", mkdir("/tmp/x", 0700));
    printf("stat %d ", stat("/", &st));
    printf("tty %d%d%d ", isatty(0), isatty(1), isatty(2));
    printf("seek %d %d ", (int)lseek(0, 0, SEEK_SET), errno == ESPIPE);
    printf("write %d ", (int)write(0, "x", 1));
    printf("close %d %d ", close(0), close(0));
    printf("read %d", (int)read(0, &st, 1));
}

static void do_poll(void)
{
    struct pollfd fds[] = {{.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLOUT}};
    int ready = poll(fds, 2, 60000);
    printf("%d %d %d", ready, fds[0].revents == POLLIN, fds[1].revents == POLLOUT);
}

static const struct {
    const char *word;
    void (*act)(void);
} acts[] = {
    {"exit", do_exit},       {"unreachable", do_unreachable},
    {"divide", do_divide},   {"bounds", do_bounds},
    {"recurse", do_recurse}, {"loop", do_loop},
    {"hog", do_hog},         {"take", do_take},
    {"write", do_write},     {"complain", do_complain},
    {"sum", do_sum},         {"environment", do_environment},
    {"sleep", do_sleep},     {"random", do_random},
    {"clock", do_clock},     {"files", do_files},
    {"poll", do_poll},       {"forge", do_forge},
};

int main(int argc, char **argv)
{
    char line[64] = "", word[32] = "";
    long value = 0;
    (void)argv;
    if (argc != 0)
        return 100; /* there are no arguments, not even a name */
    if (!fgets(line, sizeof line, stdin))
        return 101;
    sscanf(line, "%31s %ld", word, &value);
    number = value;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (!strcmp(word, acts[i].word)) {
            acts[i].act();
            return 0;
        }
    }
    return 102;
}

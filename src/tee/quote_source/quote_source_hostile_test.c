/* Each source against a peer that means harm or is broken: whatever it does, the caller has an error that says what was wrong, soon, and no byte of a quote. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/test.h"
#include "codec/borsh.h"
#include "codec/hex.h"
#include "tee/quote_source/quote_source.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

enum {
    TIMEOUT_MS = 400,
    SOON_MS = 10000, /* for a machine that is busy with something else */
    STEP_MS = 20,
    HUGE_LEN = 5 << 20
};

static const uint8_t wanted[REPORT_DATA_LEN] = "sixty-four bytes of report data, which a quote must carry again";
static const uint8_t others[REPORT_DATA_LEN] = "sixty-four bytes of report data that somebody else has asked for";

static void quote_for(const uint8_t *report_data, struct buf *out)
{
    struct simulator_config config = {.now = 1767225600, .seed = "the platform behind the peers"};
    AUTO(simulator_output) struct simulator_output made = {0};
    memcpy(config.report_data, report_data, REPORT_DATA_LEN);
    simulator_make(&config, &made);
    buf_append(out, buf_slice(&made.quote));
}

static void nap_ms(long ms)
{
    nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

/* Asks, and takes `s`. */
static void assert_refused(const char *name, struct quote_source *s, enum err_code code, const char *part)
{
    AUTO(quote_source) struct quote_source *source = s;
    AUTO(buf) struct buf quote = {0};
    quote_source_set_timeout(source, TIMEOUT_MS);
    uint64_t start = clock_monotonic_ns(&clock_system);
    AUTO(err) struct err *e = quote_source_quote(source, wanted, &quote);
    uint64_t took_ms = (clock_monotonic_ns(&clock_system) - start) / NS_PER_MS;
    if (!e || err_code(e) != code || !strstr(err_text(e), part))
        fail_msg("%s: `%s` (code %d), expected `%s` (code %d)", name, e ? err_text(e) : "a quote", e ? (int)err_code(e) : 0,
                 part, (int)code);
    if (took_ms > SOON_MS)
        fail_msg("%s: it took %llu ms", name, (unsigned long long)took_ms);
    assert_int_equal(quote.len, 0);
}

/* ---- a peer at the other end of a stream ---- */

enum manner {
    AT_ONCE,   /* says all, hangs up */
    BY_BYTES,  /* a byte every STEP_MS */
    AND_WAITS, /* says all, and then nothing until the other side hangs up */
    FOR_EVER,  /* says the same again and again */
};

struct peer {
    enum manner manner;
    struct buf says;
    int listener; /* -1: `fd` is connected */
    int fd;
    pthread_t thread;
};

static bool say(const struct peer *p, size_t from, size_t len)
{
    return send(p->fd, p->says.ptr + from, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void *peer_run(void *arg)
{
    struct peer *p = arg;
    uint8_t heard[4096];
    if (p->listener >= 0)
        p->fd = accept(p->listener, NULL, NULL);
    (void)!recv(p->fd, heard, sizeof heard, 0);
    if (p->manner == BY_BYTES) {
        for (size_t i = 0; i < p->says.len && say(p, i, 1); i++)
            nap_ms(STEP_MS);
    } else {
        while (say(p, 0, p->says.len) && p->manner == FOR_EVER)
            continue;
    }
    while (p->manner == AND_WAITS && recv(p->fd, heard, sizeof heard, 0) > 0)
        continue;
    close(p->fd);
    return NULL;
}

/* ---- dstack: HTTP on a Unix socket ---- */

static void ask_dstack(const char *name, enum manner manner, struct slice says, enum err_code code, const char *part)
{
    struct peer p = {.manner = manner};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct quote_source *s = NULL;
    buf_append(&p.says, says);
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/outlayer-hostile-%d.sock", (int)getpid());
    unlink(address.sun_path);
    p.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(p.listener, 1), 0);
    pthread_create(&p.thread, NULL, peer_run, &p);
    assert_ok(quote_source_dstack(address.sun_path, &s));
    assert_refused(name, s, code, part);
    pthread_join(p.thread, NULL);
    close(p.listener);
    unlink(address.sun_path);
    buf_free(&p.says);
}

/* An answer with a body; `announced` is its Content-Length, or NULL for the right one. */
static void http_answer_of(struct slice body, const char *announced, struct buf *out)
{
    char right[32];
    snprintf(right, sizeof right, "%zu", body.len);
    buf_append_fmt(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n",
                   announced ? announced : right);
    buf_append(out, body);
}

static void quote_json(const uint8_t *report_data, struct buf *out)
{
    AUTO(buf) struct buf quote = {0};
    quote_for(report_data, &quote);
    buf_append_str(out, "{\"quote\":\"");
    hex_append(out, buf_slice(&quote));
    buf_append_str(out, "\"}");
}

static void test_a_slow_or_silent_dstack_is_not_waited_for(void **state)
{
    (void)state;
    AUTO(buf) struct buf body = {0}, answer = {0};
    quote_json(wanted, &body);
    http_answer_of(buf_slice(&body), NULL, &answer);
    ask_dstack("a byte at a time", BY_BYTES, buf_slice(&answer), ERR_UNAVAILABLE, "getting a quote from dstack");
    ask_dstack("silent", AND_WAITS, SLICE(""), ERR_UNAVAILABLE, "getting a quote from dstack");
    ask_dstack("silent behind the headers", AND_WAITS, SLICE("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), ERR_UNAVAILABLE,
               "getting a quote from dstack");
    ask_dstack("hangs up", AT_ONCE, SLICE(""), ERR_UNAVAILABLE, "getting a quote from dstack");
    ask_dstack("informs for ever", FOR_EVER, SLICE("HTTP/1.1 102 Processing\r\n\r\n"), ERR_UNAVAILABLE,
               "getting a quote from dstack");
}

static void test_what_dstack_announces_is_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *announced, *part;
        enum err_code code;
    } cases[] = {
        {"100000", "transfer closed with", ERR_UNAVAILABLE}, /* it hangs up before */
        {"10", "JSON", ERR_INVALID},                         /* the rest is not read */
        {"-1", "getting a quote from dstack", ERR_UNAVAILABLE},
        {"999999999999", "transfer closed with", ERR_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf body = {0}, answer = {0};
        quote_json(wanted, &body);
        http_answer_of(buf_slice(&body), cases[i].announced, &answer);
        ask_dstack(cases[i].announced, AT_ONCE, buf_slice(&answer), cases[i].code, cases[i].part);
    }
}

static void test_a_dstack_that_talks_too_much_is_cut_short(void **state)
{
    (void)state;
    AUTO(buf) struct buf body = {0}, answer = {0};
    memset(buf_reserve(&body, HUGE_LEN), ' ', HUGE_LEN);
    body.len = HUGE_LEN;
    http_answer_of(buf_slice(&body), NULL, &answer);
    ask_dstack("5 MiB", AT_ONCE, buf_slice(&answer), ERR_LIMIT, "4194304");
    buf_clear(&answer);
    buf_append_str(&answer, "HTTP/1.1 200 OK\r\n\r\n");
    buf_append(&answer, buf_slice(&body));
    ask_dstack("no length and no end", FOR_EVER, buf_slice(&answer), ERR_LIMIT, "4194304");
    buf_clear(&answer);
    for (int i = 0; i < 1000; i++)
        buf_append_fmt(&answer, "%sX-Header-%d: of no use\r\n", i ? "" : "HTTP/1.1 200 OK\r\n", i);
    ask_dstack("headers for ever", FOR_EVER, buf_slice(&answer), ERR_UNAVAILABLE, "getting a quote from dstack");
}

static void test_what_is_no_quote_in_dstacks_answer_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *body, *part;
    } cases[] = {
        {"", "JSON"},
        {"{\"quote\":", "JSON"},
        {"{\"quote\":\"\xff\"}", "JSON"},
        {"[]", "quote"},
        {"{\"quote\":17}", "quote"},
        {"{\"quote\":null}", "quote"},
        {"{\"quote\":\"\"}", "a quote of 0 bytes, expected 1020 to 16384"},
        {"{\"quote\":\"0x\"}", "a quote of 0 bytes, expected 1020 to 16384"},
        {"{\"quote\":\"040\"}", "`quote` is not hex of at most 16384 bytes"},
        {"{\"quote\":\"0g\"}", "`quote` is not hex of at most 16384 bytes"},
        {"{\"quote\":\"04000200\"}", "a quote of 4 bytes, expected 1020 to 16384"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf answer = {0};
        http_answer_of(slice_str(cases[i].body), NULL, &answer);
        ask_dstack(cases[i].body, AT_ONCE, buf_slice(&answer), ERR_INVALID, cases[i].part);
    }
    ask_dstack("no HTTP", AT_ONCE, SLICE("a sentence\r\n\r\n"), ERR_UNAVAILABLE, "getting a quote from dstack");
}

static void test_dstacks_quote_must_be_of_this_report_data_and_of_a_quotes_size(void **state)
{
    (void)state;
    AUTO(buf) struct buf body = {0}, answer = {0};
    quote_json(others, &body);
    http_answer_of(buf_slice(&body), NULL, &answer);
    ask_dstack("another's", AT_ONCE, buf_slice(&answer), ERR_INVALID,
               "the quote carries other report data than it was asked for");
    buf_clear(&body);
    buf_clear(&answer);
    buf_append_str(&body, "{\"quote\":\"");
    memset(buf_reserve(&body, 2 * (QUOTE_LEN_MAX + 1)), '0', 2 * (QUOTE_LEN_MAX + 1));
    body.len += 2 * (QUOTE_LEN_MAX + 1);
    buf_append_str(&body, "\"}");
    http_answer_of(buf_slice(&body), NULL, &answer);
    ask_dstack("a byte too long", AT_ONCE, buf_slice(&answer), ERR_INVALID, "`quote` is not hex of at most 16384 bytes");
}

/* ---- vsock: the quoting service ---- */

static struct err *blank_report(void *self, const uint8_t report_data[REPORT_DATA_LEN], uint8_t report[TD_REPORT_LEN])
{
    (void)self;
    (void)report_data;
    memset(report, 0, TD_REPORT_LEN);
    return NULL;
}

static struct err *connect_to_peer(void *self, int *fd)
{
    struct peer *p = self;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    *fd = pair[0];
    p->fd = pair[1];
    pthread_create(&p->thread, NULL, peer_run, p);
    return NULL;
}

static void ask_service(const char *name, enum manner manner, struct slice says, enum err_code code, const char *part)
{
    struct peer p = {.manner = manner, .listener = -1};
    struct quote_source *s = NULL;
    buf_append(&p.says, says);
    quote_source_vsock(&(struct quote_host){blank_report, connect_to_peer, &p}, &s);
    assert_refused(name, s, code, part);
    pthread_join(p.thread, NULL);
    buf_free(&p.says);
}

/* A message of the quoting service, each of whose numbers may lie. */
struct service_message {
    uint32_t announced; /* 0: the right one, as for those below */
    uint32_t size, type, error, id_len, quote_len;
    struct slice quote;
};

static uint32_t or_right(uint32_t said, size_t right)
{
    return said ? said : (uint32_t)right;
}

static void message_write(const struct service_message *m, struct buf *out)
{
    size_t len = 16 + 8 + m->quote.len;
    uint32_t announced = or_right(m->announced, len);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_append_byte(out, (uint8_t)(announced >> shift));
    borsh_write_u32(out, 1); /* version 1.0 */
    borsh_write_u32(out, or_right(m->type, 1));
    borsh_write_u32(out, or_right(m->size, len));
    borsh_write_u32(out, m->error);
    borsh_write_u32(out, m->id_len);
    borsh_write_u32(out, or_right(m->quote_len, m->quote.len));
    buf_append(out, m->quote);
}

static void test_a_slow_or_silent_quoting_service_is_not_waited_for(void **state)
{
    (void)state;
    AUTO(buf) struct buf quote = {0}, message = {0};
    quote_for(wanted, &quote);
    message_write(&(struct service_message){.quote = buf_slice(&quote)}, &message);
    ask_service("a byte at a time", BY_BYTES, buf_slice(&message), ERR_UNAVAILABLE,
                "getting a quote from vsock: the quoting service was not done in time: ");
    ask_service("silent", AND_WAITS, SLICE(""), ERR_UNAVAILABLE,
                "the quoting service was not done in time: 0 of 4 bytes of an answer came");
    ask_service("silent in the middle", AND_WAITS, slice_first(buf_slice(&message), 104), ERR_UNAVAILABLE,
                "the quoting service was not done in time: 100 of ");
}

static void test_a_quoting_service_that_hangs_up_is_told_with_what_came(void **state)
{
    (void)state;
    AUTO(buf) struct buf quote = {0}, message = {0};
    quote_for(wanted, &quote);
    message_write(&(struct service_message){.quote = buf_slice(&quote)}, &message);
    ask_service("at once", AT_ONCE, SLICE(""), ERR_UNAVAILABLE, "closed the connection after 0 of 4 bytes");
    ask_service("in its length", AT_ONCE, slice_first(buf_slice(&message), 3), ERR_UNAVAILABLE,
                "closed the connection after 3 of 4 bytes");
    ask_service("before its end", AT_ONCE, slice_first(buf_slice(&message), message.len - 1), ERR_UNAVAILABLE,
                "closed the connection after ");
}

static void test_the_numbers_of_a_quoting_service_are_not_believed(void **state)
{
    (void)state;
    AUTO(buf) struct buf good = {0}, anothers = {0}, nothing_more = {0};
    quote_for(wanted, &good);
    quote_for(others, &anothers);
    memset(buf_reserve(&nothing_more, QUOTE_LEN_MAX + 1), 4, QUOTE_LEN_MAX + 1);
    nothing_more.len = QUOTE_LEN_MAX + 1;
    struct slice quote = buf_slice(&good);
    const struct {
        const char *name;
        struct service_message says;
        enum err_code code;
        const char *part;
    } cases[] = {
        {"announces 4 GB",
         {.announced = 0xffffffff, .quote = quote},
         ERR_INVALID,
         "announces 4294967295 bytes, expected 16 to"},
        {"announces 15 bytes", {.announced = 15, .quote = quote}, ERR_INVALID, "announces 15 bytes"},
        {"announces less", {.announced = 1000, .quote = quote}, ERR_INVALID, "1000 bytes that are no quote response"},
        {"says another size", {.size = 17, .quote = quote}, ERR_INVALID, "bytes that are no quote response"},
        {"answers something else", {.type = 3, .quote = quote}, ERR_INVALID, "bytes that are no quote response"},
        {"fails", {.error = 0x11001, .quote = quote}, ERR_UNAVAILABLE, "failed with code 0x11001"},
        {"a long id", {.id_len = 0xffffffff, .quote = quote}, ERR_INVALID, "lengths do not add up: id 4294967295"},
        {"a long quote", {.quote_len = 0xffffffff, .quote = quote}, ERR_INVALID, "lengths do not add up: id 0"},
        {"a short quote", {.quote_len = 1020, .quote = quote}, ERR_INVALID, "lengths do not add up: id 0, quote 1020"},
        {"both together", {.id_len = 0xfffffff0, .quote_len = 0x10, .quote = quote}, ERR_INVALID, "lengths do not add up"},
        {"no quote", {.quote = SLICE("")}, ERR_INVALID, "a quote of 0 bytes, expected 1020 to 16384"},
        {"too long a quote", {.quote = buf_slice(&nothing_more)}, ERR_INVALID, "a quote of 16385 bytes"},
        {"another's", {.quote = buf_slice(&anothers)}, ERR_INVALID, "the quote carries other report data"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf message = {0};
        message_write(&cases[i].says, &message);
        ask_service(cases[i].name, AT_ONCE, buf_slice(&message), cases[i].code, cases[i].part);
    }
}

/* ---- configfs: a folder that only looks like the kernel's ---- */

struct folder {
    char path[64];
    bool counts; /* the generation grows when report data is written */
    atomic_bool stop;
    pthread_t thread;
};

static void path_in(const struct folder *f, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", f->path, name);
}

static void put(const struct folder *f, const char *name, struct slice bytes)
{
    char path[128];
    path_in(f, name, path);
    assert_ok(fs_write_atomic(path, bytes, 0600));
}

static void *folder_run(void *arg)
{
    struct folder *f = arg;
    char path[128];
    struct stat st;
    path_in(f, "inblob", path);
    while (!atomic_load(&f->stop)) {
        if (f->counts && stat(path, &st) == 0 && st.st_size == REPORT_DATA_LEN) {
            put(f, "generation", SLICE("42\n"));
            return NULL;
        }
        nap_ms(2);
    }
    return NULL;
}

/* Generation 41, and a quote of this report data that is there already. */
static void folder_start(struct folder *f, bool counts)
{
    AUTO(buf) struct buf quote = {0};
    *f = (struct folder){.path = "/tmp/outlayer-tsm-XXXXXX", .counts = counts};
    assert_non_null(mkdtemp(f->path));
    quote_for(wanted, &quote);
    put(f, "inblob", SLICE(""));
    put(f, "generation", SLICE("41\n"));
    put(f, "outblob", buf_slice(&quote));
    pthread_create(&f->thread, NULL, folder_run, f);
}

static void folder_end(struct folder *f)
{
    atomic_store(&f->stop, true);
    pthread_join(f->thread, NULL);
    assert_ok(fs_remove_tree(f->path));
}

static void ask_folder(const char *name, struct folder *f, enum err_code code, const char *part)
{
    struct quote_source *s = NULL;
    assert_ok(quote_source_configfs(f->path, &s));
    assert_refused(name, s, code, part);
    folder_end(f);
}

static void test_a_stale_generation_is_no_quote(void **state)
{
    (void)state;
    struct folder f;
    AUTO(buf) struct buf old = {0};
    folder_start(&f, false);
    ask_folder("it does not count", &f, ERR_UNAVAILABLE, "did not take the report data in 400 ms");
    folder_start(&f, true);
    quote_for(others, &old);
    put(&f, "outblob", buf_slice(&old));
    ask_folder("the quote of an earlier one", &f, ERR_INVALID, "the quote carries other report data than it was asked for");
}

static void test_a_generation_must_be_a_number(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "-1\n", " 41\n", "41 \n", "0x29\n", "41\n41\n", "99999999999999999999\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct folder f;
        folder_start(&f, true);
        put(&f, "generation", slice_str(texts[i]));
        ask_folder(texts[i], &f, ERR_INVALID, "/generation holds no number");
    }
}

static void test_files_of_the_folder_have_bounds(void **state)
{
    (void)state;
    struct folder f;
    AUTO(buf) struct buf much = {0};
    memset(buf_reserve(&much, HUGE_LEN), '1', HUGE_LEN);
    much.len = HUGE_LEN;
    folder_start(&f, true);
    put(&f, "generation", buf_slice(&much));
    ask_folder("a long generation", &f, ERR_LIMIT, "/generation is longer than 32 bytes");
    folder_start(&f, true);
    put(&f, "outblob", buf_slice(&much));
    ask_folder("a long quote", &f, ERR_LIMIT, "/outblob is longer than 16384 bytes");
    folder_start(&f, true);
    put(&f, "outblob", slice_first(buf_slice(&much), 1019));
    ask_folder("a short quote", &f, ERR_INVALID, "a quote of 1019 bytes");
}

static const char *const names[] = {"inblob", "generation", "outblob"};

/* `path` gets where the missing file would be. */
static void folder_start_without(struct folder *f, const char *name, char path[128])
{
    folder_start(f, true);
    path_in(f, name, path);
    assert_int_equal(unlink(path), 0);
}

static void test_a_missing_file_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct folder f;
        char path[128];
        folder_start_without(&f, names[i], path);
        ask_folder(names[i], &f, ERR_UNAVAILABLE, path);
    }
}

/* A pipe in place of a file says as little and as slowly as its other end likes. */
static void test_a_file_that_never_ends_is_not_waited_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct folder f;
        char path[128];
        folder_start_without(&f, names[i], path);
        assert_int_equal(mkfifo(path, 0600), 0);
        AUTO(fd) int other_end = strcmp(names[i], "inblob") ? open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
        if (other_end >= 0)
            assert_int_equal(write(other_end, "4", 1), 1);
        ask_folder(names[i], &f, ERR_UNAVAILABLE, path);
    }
}

static void test_who_holds_the_lock_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    struct folder f;
    char path[128];
    folder_start(&f, true);
    path_in(&f, "inblob", path);
    AUTO(fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    ask_folder("held", &f, ERR_UNAVAILABLE, "another process held the lock of ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slow_or_silent_dstack_is_not_waited_for),
        cmocka_unit_test(test_what_dstack_announces_is_not_believed),
        cmocka_unit_test(test_a_dstack_that_talks_too_much_is_cut_short),
        cmocka_unit_test(test_what_is_no_quote_in_dstacks_answer_is_named),
        cmocka_unit_test(test_dstacks_quote_must_be_of_this_report_data_and_of_a_quotes_size),
        cmocka_unit_test(test_a_slow_or_silent_quoting_service_is_not_waited_for),
        cmocka_unit_test(test_a_quoting_service_that_hangs_up_is_told_with_what_came),
        cmocka_unit_test(test_the_numbers_of_a_quoting_service_are_not_believed),
        cmocka_unit_test(test_a_stale_generation_is_no_quote),
        cmocka_unit_test(test_a_generation_must_be_a_number),
        cmocka_unit_test(test_files_of_the_folder_have_bounds),
        cmocka_unit_test(test_a_missing_file_is_named),
        cmocka_unit_test(test_a_file_that_never_ends_is_not_waited_for),
        cmocka_unit_test(test_who_holds_the_lock_is_not_waited_for_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

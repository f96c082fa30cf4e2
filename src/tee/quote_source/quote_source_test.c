/* Each source against a peer that speaks the real one's protocol: a folder that behaves like the kernel's, a socket that behaves like the quoting service, an HTTP
 * server on a Unix socket. */
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

static const uint8_t wanted[REPORT_DATA_LEN] = "sixty-four bytes of report data, which a quote must carry again";

static struct simulator_config platform(void)
{
    return (struct simulator_config){.now = 1767225600, .seed = "the platform behind the peers"};
}

/* The quote that a peer gives for this report data. */
static void quote_for(const uint8_t *report_data, struct buf *out)
{
    struct simulator_config config = platform();
    AUTO(simulator_output) struct simulator_output made = {0};
    memcpy(config.report_data, report_data, REPORT_DATA_LEN);
    simulator_make(&config, &made);
    buf_append(out, buf_slice(&made.quote));
}

static void assert_is_wanted(const struct buf *quote)
{
    AUTO(buf) struct buf expected = {0};
    quote_for(wanted, &expected);
    assert_true(slice_eq(buf_slice(quote), buf_slice(&expected)));
}

static void nap_ms(long ms)
{
    nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

/* ---- configfs ---- */

enum kernel_mood { KERNEL_WORKS, KERNEL_SLEEPS, KERNEL_SKIPS_ONCE, KERNEL_ALWAYS_SKIPS, KERNEL_TALKS_NONSENSE };

struct kernel {
    char folder[64];
    enum kernel_mood mood;
    atomic_bool stop;
    pthread_t thread;
    unsigned generation, writes;
};

static void kernel_put(const struct kernel *k, const char *name, struct slice bytes)
{
    char path[128], fresh[128];
    snprintf(path, sizeof path, "%s/%s", k->folder, name);
    snprintf(fresh, sizeof fresh, "%s/.%s", k->folder, name);
    AUTO(fd) int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), (ssize_t)bytes.len);
    assert_int_equal(rename(fresh, path), 0);
}

static void kernel_put_generation(struct kernel *k, unsigned step)
{
    char text[16];
    k->generation += step;
    snprintf(text, sizeof text, "%u\n", k->generation);
    kernel_put(k, "generation", slice_str(text));
}

static void kernel_take(struct kernel *k, const uint8_t *report_data)
{
    AUTO(buf) struct buf quote = {0};
    bool skip = k->mood == KERNEL_ALWAYS_SKIPS || (k->mood == KERNEL_SKIPS_ONCE && k->writes == 0);
    k->writes++;
    quote_for(report_data, &quote);
    if (k->mood == KERNEL_TALKS_NONSENSE)
        quote.len = 100;
    if (k->mood == KERNEL_SLEEPS)
        return;
    kernel_put(k, "outblob", buf_slice(&quote));
    kernel_put_generation(k, skip ? 2 : 1);
}

/* Looks for new report data, as the kernel is told of it. The file is emptied once taken, so that equal data is seen again. */
static void *kernel_run(void *arg)
{
    struct kernel *k = arg;
    char path[128];
    snprintf(path, sizeof path, "%s/inblob", k->folder);
    while (!atomic_load(&k->stop)) {
        uint8_t report_data[REPORT_DATA_LEN];
        AUTO(fd) int fd = open(path, O_RDWR | O_CLOEXEC);
        if (read(fd, report_data, sizeof report_data) == sizeof report_data && ftruncate(fd, 0) == 0)
            kernel_take(k, report_data);
        nap_ms(2);
    }
    return NULL;
}

static void kernel_start(struct kernel *k, enum kernel_mood mood)
{
    *k = (struct kernel){.mood = mood, .folder = "/tmp/outlayer-tsm-XXXXXX"};
    assert_non_null(mkdtemp(k->folder));
    kernel_put(k, "inblob", SLICE(""));
    kernel_put(k, "outblob", SLICE(""));
    kernel_put_generation(k, 41);
    pthread_create(&k->thread, NULL, kernel_run, k);
}

static void kernel_stop(struct kernel *k)
{
    atomic_store(&k->stop, true);
    pthread_join(k->thread, NULL);
    assert_ok(fs_remove_tree(k->folder));
}

static struct err *configfs_quote_under(enum kernel_mood mood, struct buf *out)
{
    struct kernel k;
    AUTO(quote_source) struct quote_source *s = NULL;
    kernel_start(&k, mood);
    assert_ok(quote_source_configfs(k.folder, &s));
    if (mood == KERNEL_SLEEPS)
        quote_source_set_timeout(s, 400);
    struct err *e = quote_source_quote(s, wanted, out);
    kernel_stop(&k);
    return e;
}

static void test_configfs_gives_the_quote_of_its_own_write(void **state)
{
    (void)state;
    AUTO(buf) struct buf quote = {0};
    assert_ok(configfs_quote_under(KERNEL_WORKS, &quote));
    assert_is_wanted(&quote);
}

static void test_configfs_tries_again_when_somebody_wrote_in_between(void **state)
{
    (void)state;
    AUTO(buf) struct buf quote = {0};
    assert_ok(configfs_quote_under(KERNEL_SKIPS_ONCE, &quote));
    assert_is_wanted(&quote);
    buf_clear(&quote);
    AUTO(err) struct err *e = configfs_quote_under(KERNEL_ALWAYS_SKIPS, &quote);
    assert_int_equal(err_code(e), ERR_CONFLICT);
    assert_non_null(strstr(err_text(e), "somebody else uses"));
    assert_int_equal(quote.len, 0);
}

static void test_configfs_does_not_wait_for_ever(void **state)
{
    (void)state;
    AUTO(buf) struct buf quote = {0};
    AUTO(err) struct err *e = configfs_quote_under(KERNEL_SLEEPS, &quote);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
    assert_non_null(strstr(err_text(e), "did not take the report data"));
}

static void test_a_quote_of_an_impossible_length_is_refused(void **state)
{
    (void)state;
    AUTO(buf) struct buf quote = {0};
    assert_fails(configfs_quote_under(KERNEL_TALKS_NONSENSE, &quote), ERR_INVALID,
                 "getting a quote from configfs: a quote of 100 bytes, expected 1020 to 16384");
    assert_int_equal(quote.len, 0);
}

/* ---- /dev/tdx_guest and the quoting service ---- */

enum service_mood {
    SERVICE_WORKS,
    SERVICE_FAILS,
    SERVICE_ANOTHERS_QUOTE,
    SERVICE_CUTS,
    SERVICE_HUGE,
    SERVICE_WRONG_TYPE,
    SERVICE_LENGTHS
};

struct service {
    enum service_mood mood;
    int fd;
    pthread_t thread;
    bool request_was_right;
};

static void service_answer(const struct service *v, const uint8_t *report_data, struct buf *out)
{
    AUTO(buf) struct buf quote = {0};
    quote_for(report_data, &quote);
    uint32_t len = (uint32_t)(16 + 8 + 4 + quote.len);
    borsh_write_u16(out, 1);
    borsh_write_u16(out, 1);
    borsh_write_u32(out, v->mood == SERVICE_WRONG_TYPE ? 7 : 1);
    borsh_write_u32(out, v->mood == SERVICE_FAILS ? 16 : len);
    borsh_write_u32(out, v->mood == SERVICE_FAILS ? 0x12005 : 0);
    if (v->mood == SERVICE_FAILS)
        return;
    borsh_write_u32(out, 4);
    borsh_write_u32(out, (uint32_t)quote.len + (v->mood == SERVICE_LENGTHS));
    buf_append_str(out, "id..");
    buf_append(out, buf_slice(&quote));
}

static void *service_run(void *arg)
{
    struct service *v = arg;
    uint8_t request[4 + 16 + 8 + TD_REPORT_LEN];
    AUTO(buf) struct buf answer = {0};
    ssize_t got = recv(v->fd, request, sizeof request, MSG_WAITALL);
    v->request_was_right =
        got == (ssize_t)sizeof request && !memcmp(request, "\0\0\4\x18\1\0\0\0\0\0\0\0\x18\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0", 28);
    uint8_t report_data[REPORT_DATA_LEN];
    memcpy(report_data, request + 28 + 128, sizeof report_data);
    report_data[0] ^= v->mood == SERVICE_ANOTHERS_QUOTE;
    service_answer(v, report_data, &answer);
    uint32_t len = v->mood == SERVICE_HUGE ? 0xffffffff : (uint32_t)answer.len;
    uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
    size_t sent = v->mood == SERVICE_CUTS ? answer.len / 2 : answer.len;
    (void)!send(v->fd, head, sizeof head, MSG_NOSIGNAL);
    (void)!send(v->fd, answer.ptr, sent, MSG_NOSIGNAL);
    close(v->fd);
    return NULL;
}

/* A TD report carries its report data at offset 128. */
static struct err *fake_report(void *self, const uint8_t report_data[REPORT_DATA_LEN], uint8_t report[TD_REPORT_LEN])
{
    (void)self;
    memset(report, 0, TD_REPORT_LEN);
    memcpy(report + 128, report_data, REPORT_DATA_LEN);
    return NULL;
}

static struct err *fake_connect(void *self, int *fd)
{
    struct service *v = self;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    *fd = pair[0];
    v->fd = pair[1];
    pthread_create(&v->thread, NULL, service_run, v);
    return NULL;
}

static struct err *vsock_quote_under(enum service_mood mood, struct buf *out)
{
    struct service v = {.mood = mood};
    AUTO(quote_source) struct quote_source *s = NULL;
    quote_source_vsock(&(struct quote_host){fake_report, fake_connect, &v}, &s);
    struct err *e = quote_source_quote(s, wanted, out);
    pthread_join(v.thread, NULL);
    assert_true(v.request_was_right);
    return e;
}

static void test_vsock_has_the_report_signed(void **state)
{
    (void)state;
    AUTO(buf) struct buf quote = {0};
    assert_ok(vsock_quote_under(SERVICE_WORKS, &quote));
    assert_is_wanted(&quote);
}

static void test_vsock_names_what_the_service_got_wrong(void **state)
{
    (void)state;
    static const struct {
        enum service_mood mood;
        enum err_code code;
        const char *part;
    } cases[] = {
        {SERVICE_FAILS, ERR_UNAVAILABLE, "failed with code 0x12005"},
        {SERVICE_ANOTHERS_QUOTE, ERR_INVALID, "carries other report data"},
        {SERVICE_CUTS, ERR_UNAVAILABLE, "closed the connection after"},
        {SERVICE_HUGE, ERR_INVALID, "announces 4294967295 bytes"},
        {SERVICE_WRONG_TYPE, ERR_INVALID, "no quote response"},
        {SERVICE_LENGTHS, ERR_INVALID, "lengths do not add up"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf quote = {0};
        AUTO(err) struct err *e = vsock_quote_under(cases[i].mood, &quote);
        assert_non_null(e);
        if (err_code(e) != cases[i].code || !strstr(err_text(e), cases[i].part))
            fail_msg("case %zu: %s", i, err_text(e));
        assert_int_equal(quote.len, 0);
    }
}

/* ---- dstack ---- */

enum agent_mood { AGENT_WORKS, AGENT_REFUSES, AGENT_NO_QUOTE, AGENT_NOT_HEX, AGENT_ANOTHERS_QUOTE };

struct agent {
    enum agent_mood mood;
    char path[64];
    int listener;
    pthread_t thread;
};

/* The hex behind "report_data":" of the one request. */
static void agent_read_request(int fd, uint8_t *report_data)
{
    char request[2048];
    size_t len = 0;
    const char *at = NULL;
    while (!at || strlen(at) < 2 * REPORT_DATA_LEN + 15) {
        ssize_t n = read(fd, request + len, sizeof request - 1 - len);
        if (n <= 0)
            return;
        len += (size_t)n;
        request[len] = 0;
        at = strstr(request, "\"report_data\":\"");
    }
    if (strncmp(request, "POST /GetQuote HTTP/1.1\r\n", 25) == 0 && strstr(request, "Host: dstack"))
        hex_decode(slice_from(at + 15, 2 * REPORT_DATA_LEN), report_data, REPORT_DATA_LEN, NULL);
}

static void agent_answer(const struct agent *a, const uint8_t *report_data, struct buf *out)
{
    AUTO(buf) struct buf body = {0};
    AUTO(buf) struct buf quote = {0};
    quote_for(report_data, &quote);
    if (a->mood == AGENT_REFUSES) {
        buf_append_str(&body, "{\"error\":\"no quote today\"}");
    } else if (a->mood == AGENT_NO_QUOTE) {
        buf_append_str(&body, "{\"event_log\":\"[]\"}");
    } else {
        buf_append_str(&body, a->mood == AGENT_NOT_HEX ? "{\"quote\":\"zz" : "{\"quote\":\"");
        hex_append(&body, buf_slice(&quote));
        buf_append_str(&body, "\",\"event_log\":\"[]\",\"vm_config\":\"{}\"}");
    }
    buf_append_fmt(out, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                   a->mood == AGENT_REFUSES ? "400 Bad Request" : "200 OK", body.len);
    buf_append(out, buf_slice(&body));
}

static void *agent_run(void *arg)
{
    struct agent *a = arg;
    uint8_t report_data[REPORT_DATA_LEN] = {0};
    AUTO(buf) struct buf answer = {0};
    AUTO(fd) int fd = accept(a->listener, NULL, NULL);
    agent_read_request(fd, report_data);
    report_data[1] ^= a->mood == AGENT_ANOTHERS_QUOTE;
    agent_answer(a, report_data, &answer);
    (void)!send(fd, answer.ptr, answer.len, MSG_NOSIGNAL);
    return NULL;
}

static struct err *dstack_quote_under(enum agent_mood mood, struct buf *out)
{
    struct agent a = {.mood = mood};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    AUTO(quote_source) struct quote_source *s = NULL;
    snprintf(a.path, sizeof a.path, "/tmp/outlayer-dstack-%d.sock", (int)getpid());
    snprintf(address.sun_path, sizeof address.sun_path, "%s", a.path);
    unlink(a.path);
    a.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(a.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(a.listener, 1), 0);
    pthread_create(&a.thread, NULL, agent_run, &a);
    assert_ok(quote_source_dstack(a.path, &s));
    struct err *e = quote_source_quote(s, wanted, out);
    pthread_join(a.thread, NULL);
    close(a.listener);
    unlink(a.path);
    return e;
}

static void test_dstack_is_asked_over_its_socket(void **state)
{
    (void)state;
    AUTO(buf) struct buf quote = {0};
    assert_ok(dstack_quote_under(AGENT_WORKS, &quote));
    assert_is_wanted(&quote);
}

static void test_dstack_errors_are_told(void **state)
{
    (void)state;
    static const struct {
        enum agent_mood mood;
        const char *part;
    } cases[] = {
        {AGENT_REFUSES, "no quote today"},
        {AGENT_NO_QUOTE, "quote"},
        {AGENT_NOT_HEX, "is not hex"},
        {AGENT_ANOTHERS_QUOTE, "carries other report data"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf quote = {0};
        AUTO(err) struct err *e = dstack_quote_under(cases[i].mood, &quote);
        assert_non_null(e);
        if (!strstr(err_text(e), cases[i].part))
            fail_msg("case %zu: %s", i, err_text(e));
        assert_int_equal(quote.len, 0);
    }
}

static void test_a_dstack_socket_that_nobody_serves(void **state)
{
    (void)state;
    AUTO(quote_source) struct quote_source *s = NULL;
    AUTO(buf) struct buf quote = {0};
    assert_ok(quote_source_dstack("/tmp/outlayer-nobody.sock", &s));
    AUTO(err) struct err *e = quote_source_quote(s, wanted, &quote);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
}

/* ---- simulator ---- */

static void test_the_simulator_is_a_source_and_says_so(void **state)
{
    (void)state;
    AUTO(quote_source) struct quote_source *s = NULL;
    AUTO(buf) struct buf quote = {0};
    struct simulator_config config = platform();
    quote_source_simulator(&config, &s);
    assert_ok(quote_source_quote(s, wanted, &quote));
    assert_is_wanted(&quote);
    assert_true(quote_source_is_simulated(s));
    assert_string_equal(quote_source_name(s), "simulator");
}

static void test_a_machine_without_tdx_has_no_source(void **state)
{
    (void)state;
    AUTO(quote_source) struct quote_source *s = NULL;
    if (fs_exists("/dev/tdx_guest") || fs_exists("/sys/kernel/config/tsm/report") || fs_exists("/var/run/dstack.sock"))
        skip();
    unsetenv("DSTACK_SIMULATOR_ENDPOINT");
    AUTO(err) struct err *e = quote_source_find(&s);
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configfs_gives_the_quote_of_its_own_write),
        cmocka_unit_test(test_configfs_tries_again_when_somebody_wrote_in_between),
        cmocka_unit_test(test_configfs_does_not_wait_for_ever),
        cmocka_unit_test(test_a_quote_of_an_impossible_length_is_refused),
        cmocka_unit_test(test_vsock_has_the_report_signed),
        cmocka_unit_test(test_vsock_names_what_the_service_got_wrong),
        cmocka_unit_test(test_dstack_is_asked_over_its_socket),
        cmocka_unit_test(test_dstack_errors_are_told),
        cmocka_unit_test(test_a_dstack_socket_that_nobody_serves),
        cmocka_unit_test(test_the_simulator_is_a_source_and_says_so),
        cmocka_unit_test(test_a_machine_without_tdx_has_no_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

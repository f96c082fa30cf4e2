#include "base/fs.h"
#include "base/log.h"
#include "base/test.h"
#include <string.h>

static int held = -1, pipe_ends[2];

/* Standard error goes into a pipe for the length of a test. */
static int catch_lines(void **state)
{
    (void)state;
    held = dup(STDERR_FILENO);
    return pipe(pipe_ends) || dup2(pipe_ends[1], STDERR_FILENO) < 0;
}

static int let_go(void **state)
{
    (void)state;
    log_start("outlayer", LOG_INFO);
    log_request(NULL);
    close(pipe_ends[0]);
    return 0;
}

/* Ends the catching and gives what was written, without the time stamps, which have 24 characters. */
static void written(struct buf *out)
{
    AUTO(buf) struct buf raw = {0};
    dup2(held, STDERR_FILENO);
    close(held);
    close(pipe_ends[1]);
    assert_ok(fs_read_fd(pipe_ends[0], "log", 1 << 20, &raw));
    struct slice rest = buf_slice(&raw), line;
    while (rest.len) {
        rest = slice_cut(rest, '\n', &line);
        assert_true(slice_starts_with(line, SLICE("{\"ts\":\"2")) && line.len > 32 && line.ptr[30] == 'Z');
        buf_append(out, slice_skip(line, 33));
        buf_append_byte(out, '\n');
    }
    buf_str(out);
}

static void test_a_line_is_one_object(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    log_start("worker", LOG_INFO);
    log_info("claimed job", LOG_U64("job_id", 12), LOG_STR("account", "a.test"),
             LOG_SLICE("code", slice_first(SLICE("abcd"), 2)));
    log_warn("nothing to say");
    written(&out);
    assert_string_equal(buf_str(&out),
                        "\"level\":\"info\",\"service\":\"worker\",\"msg\":\"claimed job\",\"job_id\":12,\"account\":"
                        "\"a.test\",\"code\":\"ab\"}\n"
                        "\"level\":\"warn\",\"service\":\"worker\",\"msg\":\"nothing to say\"}\n");
}

static void test_lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    log_start("w", LOG_WARN);
    log_debug("no");
    log_info("no");
    log_error("yes");
    written(&out);
    assert_string_equal(buf_str(&out), "\"level\":\"error\",\"service\":\"w\",\"msg\":\"yes\"}\n");
}

static void test_the_request_is_in_every_line_of_its_thread(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    log_start("w", LOG_INFO);
    log_request("r-7");
    log_info("one");
    log_request(NULL);
    log_info("two");
    written(&out);
    assert_string_equal(buf_str(&out), "\"level\":\"info\",\"service\":\"w\",\"request_id\":\"r-7\",\"msg\":\"one\"}\n"
                                       "\"level\":\"info\",\"service\":\"w\",\"msg\":\"two\"}\n");
}

static void test_hostile_text_cannot_leave_its_string(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    log_start("w", LOG_INFO);
    log_info("got", LOG_SLICE("text", SLICE("a\"b\\c\nd\0e\x1f")), LOG_STR("none", NULL));
    written(&out);
    assert_string_equal(buf_str(&out), "\"level\":\"info\",\"service\":\"w\",\"msg\":\"got\",\"text\":"
                                       "\"a\\\"b\\\\c\\u000ad\\u0000e\\u001f\",\"none\":\"\"}\n");
}

static void test_a_long_request_id_is_cut(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = {0};
    char id[200];
    memset(id, 'i', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    log_start("w", LOG_INFO);
    log_request(id);
    log_info("x");
    written(&out);
    assert_null(strstr(buf_str(&out), id + sizeof id - 65));
    assert_non_null(strstr(buf_str(&out), id + sizeof id - 64));
}

static void test_levels_by_name(void **state)
{
    (void)state;
    enum log_level level = LOG_INFO;
    AUTO(buf) struct buf out = {0};
    written(&out);
    assert_ok(log_level_parse(SLICE("debug"), &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_fails(log_level_parse(SLICE("loud"), &level), ERR_INVALID,
                 "unknown log level `loud`, expected debug, info, warn or error");
}

#define CAUGHT(test) cmocka_unit_test_setup_teardown(test, catch_lines, let_go)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CAUGHT(test_a_line_is_one_object),
        CAUGHT(test_lines_below_the_level_are_not_written),
        CAUGHT(test_the_request_is_in_every_line_of_its_thread),
        CAUGHT(test_hostile_text_cannot_leave_its_string),
        CAUGHT(test_a_long_request_id_is_cut),
        CAUGHT(test_levels_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

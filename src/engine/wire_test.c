#include "base/mem.h"
#include "base/test.h"
#include "engine/wire.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void append_frame(struct buf *out, uint32_t kind, struct slice payload)
{
    struct frame_head head = {.kind = kind, .len = (uint32_t)payload.len};
    buf_append(out, slice_from(&head, sizeof head));
    buf_append(out, payload);
}

static void append_outcome(struct buf *out, struct frame_outcome o)
{
    append_frame(out, FRAME_OUTCOME, slice_from(&o, sizeof o));
}

static const struct frame_reader ready = {.max_output_len = 10, .max_instructions = 100};

static void frames_add_up_however_they_are_cut(void **state)
{
    (void)state;
    AUTO(buf) struct buf stream = {0};
    append_frame(&stream, FRAME_OUTPUT, SLICE("hel"));
    append_frame(&stream, FRAME_ERROR_TEXT, SLICE("oops"));
    append_frame(&stream, FRAME_OUTPUT, SLICE(""));
    append_frame(&stream, FRAME_OUTPUT, SLICE("lo"));
    append_outcome(&stream,
                   (struct frame_outcome){
                       .end = TASK_GUEST_EXIT, .exit_code = 3, .instructions = 100, .peak_memory = 7, .detail = "left"});
    for (size_t step = 1; step <= stream.len; step++) {
        AUTO(frame_reader) struct frame_reader r = ready;
        AUTO(task_outcome) struct task_outcome out = {0};
        AUTO(buf) struct buf detail = {0};
        for (struct slice rest = buf_slice(&stream); rest.len; rest = slice_skip(rest, step))
            assert_null(frame_reader_feed(&r, slice_first(rest, step), &out, &detail));
        assert_true(r.done);
        assert_string_equal(buf_str(&out.output), "hello");
        assert_string_equal(buf_str(&out.error_text), "oops");
        assert_string_equal(buf_str(&detail), "left");
        assert_int_equal(out.end, TASK_GUEST_EXIT);
        assert_int_equal(out.exit_code, 3);
        assert_int_equal(out.instructions, 100);
        assert_int_equal(out.peak_memory, 7);
    }
}

static void only_the_tail_of_error_text_is_kept(void **state)
{
    (void)state;
    AUTO(frame_reader) struct frame_reader r = ready;
    AUTO(task_outcome) struct task_outcome out = {0};
    AUTO(buf) struct buf detail = {0}, stream = {0}, big = {0};
    memset(buf_reserve(&big, FRAME_LEN_MAX), 'a', FRAME_LEN_MAX);
    big.len = FRAME_LEN_MAX;
    append_frame(&stream, FRAME_ERROR_TEXT, buf_slice(&big));
    append_frame(&stream, FRAME_ERROR_TEXT, SLICE("the end"));
    assert_null(frame_reader_feed(&r, buf_slice(&stream), &out, &detail));
    assert_int_equal(out.error_text.len, ERROR_TEXT_MAX);
    assert_true(slice_ends_with(buf_slice(&out.error_text), SLICE("athe end")));
}

static void append_call(struct buf *out, uint32_t op, uint32_t number, struct slice values)
{
    AUTO(buf) struct buf payload = {0};
    struct call_head head = {.op = op, .number = number};
    buf_append(&payload, slice_from(&head, sizeof head));
    buf_append(&payload, values);
    append_frame(out, FRAME_CALL, buf_slice(&payload));
}

static void a_call_waits_for_its_answer(void **state)
{
    (void)state;
    AUTO(frame_reader) struct frame_reader r = ready;
    AUTO(task_outcome) struct task_outcome out = {0};
    AUTO(buf) struct buf detail = {0}, first = {0}, second = {0};
    append_frame(&first, FRAME_OUTPUT, SLICE("before"));
    append_call(&first, HOST_RPC_BLOCK, 1, SLICE("\5\0\0\0final"));
    append_call(&second, HOST_RPC_STATUS, 2, SLICE(""));
    assert_ok(frame_reader_feed(&r, slice_first(buf_slice(&first), first.len - 1), &out, &detail));
    assert_false(r.calling);
    assert_ok(frame_reader_feed(&r, slice_skip(buf_slice(&first), first.len - 1), &out, &detail));
    assert_true(r.calling);
    assert_int_equal(r.op, HOST_RPC_BLOCK);
    assert_true(slice_eq_str(r.args[0].bytes, "final"));
    r.calling = false;
    assert_ok(frame_reader_feed(&r, buf_slice(&second), &out, &detail));
    assert_true(r.calling);
    assert_int_equal(r.calls, 2);
}

static void assert_lie(const struct buf *stream, const char *says)
{
    AUTO(frame_reader) struct frame_reader r = ready;
    AUTO(task_outcome) struct task_outcome out = {0};
    AUTO(buf) struct buf detail = {0};
    AUTO(err) struct err *e = frame_reader_feed(&r, buf_slice(stream), &out, &detail);
    assert_non_null(e);
    assert_int_equal(err_code(e), ERR_INVALID);
    assert_non_null(strstr(err_text(e), says));
}

static void every_lie_is_named(void **state)
{
    (void)state;
    static const struct {
        uint32_t kind;
        struct slice payload;
        const char *says;
    } frames[] = {
        {0, {0}, "a frame of unknown kind 0"},
        {9, {0}, "a frame of unknown kind 9"},
        {FRAME_OUTPUT, SLICE("12345678901"), "more output than the limit of 10 bytes"},
        {FRAME_OUTCOME, {0}, "an outcome of 0 bytes"},
        {FRAME_OUTCOME, SLICE("1234"), "an outcome of 4 bytes"},
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        AUTO(buf) struct buf stream = {0};
        append_frame(&stream, frames[i].kind, frames[i].payload);
        assert_lie(&stream, frames[i].says);
    }
    static const struct {
        struct frame_outcome outcome;
        const char *says;
    } outcomes[] = {
        {{.end = TASK_HOST_FAULT + 1}, "an outcome of unknown kind 12"},
        {{.end = TASK_HTTP_TIMEOUTS}, "an outcome of unknown kind"},
        {{.end = TASK_CALL_LIMIT}, "an outcome of unknown kind"},
        {{.end = TASK_DENIED}, "an outcome of unknown kind"},
        {{.end = UINT32_MAX}, "an outcome of unknown kind"},
        {{.end = TASK_DEADLINE}, "an outcome of unknown kind"},
        {{.end = TASK_GUEST_EXIT}, "an outcome guest_exit with exit code 0"},
        {{.end = TASK_COMPLETED, .exit_code = 1}, "an outcome completed with exit code 1"},
        {{.end = TASK_COMPLETED, .instructions = 101}, "more instructions (101) than allowed"},
    };
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        AUTO(buf) struct buf stream = {0};
        append_outcome(&stream, outcomes[i].outcome);
        assert_lie(&stream, outcomes[i].says);
    }
    static const struct {
        uint32_t op, number;
        struct slice values;
        const char *says;
    } calls[] = {
        {HOST_OPS, 1, {0}, "a call of unknown kind"},
        {UINT32_MAX, 1, {0}, "a call of unknown kind"},
        {HOST_RPC_STATUS, 0, {0}, "call 0 where 1 comes next"},
        {HOST_RPC_STATUS, 2, {0}, "call 2 where 1 comes next"},
        {HOST_RPC_STATUS, 1, SLICE("x"), "near:rpc/api@0.1.0 status: 1 bytes behind the last value"},
        {HOST_RPC_BLOCK, 1, SLICE("\xff\xff\xff\xffx"), "near:rpc/api@0.1.0 block: value 1 is cut off"},
        {HOST_RPC_BLOCK, 1, SLICE("\1\0\0\0\xff"), "near:rpc/api@0.1.0 block: value 1 is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        AUTO(buf) struct buf stream = {0};
        append_call(&stream, calls[i].op, calls[i].number, calls[i].values);
        assert_lie(&stream, calls[i].says);
    }
    AUTO(buf) struct buf short_call = {0}, impatient = {0}, huge_call = {0};
    append_frame(&short_call, FRAME_CALL, SLICE("1234567"));
    assert_lie(&short_call, "a call of 7 bytes");
    append_call(&impatient, HOST_RPC_STATUS, 1, SLICE(""));
    append_call(&impatient, HOST_RPC_STATUS, 2, SLICE(""));
    assert_lie(&impatient, "bytes after a call that has no answer yet");
    struct frame_head over = {.kind = FRAME_CALL, .len = sizeof(struct call_head) + HOST_REQUEST_MAX + 1};
    buf_append(&huge_call, slice_from(&over, sizeof over));
    assert_lie(&huge_call, "a frame of 4194313 bytes");
    AUTO(buf) struct buf twice = {0}, huge = {0};
    append_outcome(&twice, (struct frame_outcome){.end = TASK_COMPLETED});
    append_frame(&twice, FRAME_OUTPUT, SLICE("more"));
    assert_lie(&twice, "bytes after the outcome");
    buf_append(&huge,
               slice_from(&(struct frame_head){.kind = FRAME_OUTPUT, .len = FRAME_LEN_MAX + 1}, sizeof(struct frame_head)));
    assert_lie(&huge, "a frame of 65537 bytes");
}

static void a_text_field_without_end_is_still_bounded(void **state)
{
    (void)state;
    char field[WIRE_TEXT_MAX];
    memset(field, 'x', sizeof field);
    assert_int_equal(wire_text(field).len, WIRE_TEXT_MAX);
    AUTO(str) char *longer = mem_calloc(1, 2 * WIRE_TEXT_MAX);
    memset(longer, 'y', 2 * WIRE_TEXT_MAX - 1);
    wire_set_text(field, longer);
    assert_int_equal(wire_text(field).len, WIRE_TEXT_MAX - 1);
}

static void packets_carry_one_descriptor(void **state)
{
    (void)state;
    int ends[2], fd = -1, none = -1;
    char packet[4];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_null(wire_send(ends[0], "abcd", 4, ends[0]));
    assert_null(wire_recv(ends[1], packet, 4, &fd, 1000));
    assert_memory_equal(packet, "abcd", 4);
    assert_true(fd >= 0);
    assert_null(wire_send(ends[0], "efgh", 4, -1));
    assert_null(wire_recv(ends[1], packet, 4, &none, 1000));
    assert_int_equal(none, -1);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}

static void packets_of_another_shape_are_refused(void **state)
{
    (void)state;
    int ends[2], fd = -1;
    char packet[4];
    struct err *e;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    for (size_t len = 1; len < 9; len++) {
        if (len == 4)
            continue;
        assert_null(wire_send(ends[0], "12345678", len, ends[0]));
        e = wire_recv(ends[1], packet, 4, &fd, 1000);
        assert_int_equal(err_code(e), ERR_INVALID);
        assert_int_equal(fd, -1);
        err_free(e);
    }
    e = wire_recv(ends[1], packet, 4, &fd, 10);
    assert_int_equal(err_code(e), ERR_UNAVAILABLE);
    err_free(e);
    close(ends[0]);
    e = wire_recv(ends[1], packet, 4, &fd, 10);
    assert_int_equal(err_code(e), ERR_NOT_FOUND);
    err_free(e);
    close(ends[1]);
}

/* The most calls there can be are made, the end for one more is believed, one more is not. */
static void calls_are_counted_on_both_sides(void **state)
{
    (void)state;
    const struct call_head call = {.op = HOST_RPC_STATUS, .number = HOST_CALLS_MAX + 1};
    AUTO(frame_reader) struct frame_reader r = {.max_instructions = 100, .calls = HOST_CALLS_MAX};
    AUTO(task_outcome) struct task_outcome out = {0};
    AUTO(buf) struct buf detail = {0}, one_more = {0}, outcome = {0};
    append_frame(&one_more, FRAME_CALL, slice_from(&call, sizeof call));
    append_outcome(&outcome, (struct frame_outcome){.end = TASK_CALL_LIMIT, .instructions = 7});
    assert_fails(frame_reader_feed(&r, buf_slice(&one_more), &out, &detail), ERR_INVALID, "more than 262144 calls");
    buf_clear(&r.pending);
    assert_ok(frame_reader_feed(&r, buf_slice(&outcome), &out, &detail));
    assert_int_equal(out.end, TASK_CALL_LIMIT);
    assert_int_equal(out.instructions, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_add_up_however_they_are_cut),        cmocka_unit_test(a_call_waits_for_its_answer),
        cmocka_unit_test(only_the_tail_of_error_text_is_kept),       cmocka_unit_test(every_lie_is_named),
        cmocka_unit_test(a_text_field_without_end_is_still_bounded), cmocka_unit_test(packets_carry_one_descriptor),
        cmocka_unit_test(packets_of_another_shape_are_refused),      cmocka_unit_test(calls_are_counted_on_both_sides),
    };
    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}

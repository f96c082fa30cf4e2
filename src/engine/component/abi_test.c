/* Components through the canonical ABI, by a guest that makes whatever calls it is told (tests/guests/relay.c): texts, lists, handles,
 * cases and allocators that lie end the guest before a function of ours sees them, and what is honest arrives. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/test.h"
#include "engine/guest.h"
#include "engine/test_outside.h"
#include "tests/guests/relay.h"
#include <signal.h>
#include <stdio.h>

/* A result: of the call `back` before the last, word `word`. */
#define RESULT(back, word) ((uint8_t)(0x40 | (back) << 3 | (word)))
#define TEXT_AT(at)        ((uint8_t)(0x80 | (at)))

static const struct {
    const char *params, *result, *module, *function;
} imports[] = {
#define IMPORT(name, params, result, module, function) {#params, #result, module, function},
#include "tests/guests/relay_imports.def"
#undef IMPORT
};

static struct guest_host host;
static struct guest_program program;
static struct buf output;
static struct sigaction traps; /* the engine's handler, which cmocka puts its own over for each test */

/* What the outside was asked last. It answers every call with "answer 0", "answer 1" … and 70, 71 … */
static struct {
    unsigned calls;
    enum host_op op;
    struct buf bytes[HOST_PARAMS_MAX];
    struct host_value args[HOST_PARAMS_MAX];
} seen;

static enum host_verdict answer(void *self, const struct host_request *request, struct host_answer *out)
{
    const struct host_function *f = &host_functions[request->op];
    (void)self;
    seen.calls++;
    seen.op = request->op;
    for (size_t i = 0; f->params[i]; i++) {
        seen.args[i] = request->args[i];
        buf_clear(&seen.bytes[i]);
        buf_append(&seen.bytes[i], request->args[i].bytes);
    }
    for (size_t i = 0; f->results[i]; i++) {
        out->values[i].number = f->results[i] == 't' ? 1 : 70 + i;
        if (strchr("sb", f->results[i]))
            buf_append_fmt(&out->bytes[i], "answer %zu", i);
    }
    return HOST_GO_ON;
}

static bool collect(void *self, enum p1_stream stream, struct slice bytes)
{
    (void)self;
    if (stream == P1_STDOUT)
        buf_append(&output, bytes);
    return true;
}

static int set_up(void **state)
{
    (void)state;
    AUTO(buf) struct buf wasm = {0};
    wasmtime_component_t *component = NULL;
    assert_ok(guest_host_open(&host));
    sigaction(SIGILL, NULL, &traps);
    assert_ok(fs_read(OUTLAYER_GUESTS "/relay.component.wasm", 4 << 20, &wasm));
    assert_null(wasmtime_component_new(host.engine, wasm.ptr, wasm.len, &component));
    assert_null(shim_program_new(host.components, component, &program.component));
    wasmtime_component_delete(component);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guest_program_free(&program);
    guest_host_close(&host);
    buf_free(&output);
    for (size_t i = 0; i < HOST_PARAMS_MAX; i++)
        buf_free(&seen.bytes[i]);
    return 0;
}

/* Runs what the guest is told; its output is in `output`, why it ended in `detail`. */
static enum task_end run(const struct buf *told, struct buf *detail)
{
    struct task_host outside_host = {0};
    for (size_t i = 0; i < HOST_INTERFACES; i++)
        outside_host.serve[i] = answer;
    struct outside outside = {.host = &outside_host};
    struct host_port port = {.exchange = outside_exchange, .self = &outside};
    struct p1 p1 = {.input = buf_slice(told),
                    .environment = SLICE("A=b\0"),
                    .environment_count = 1,
                    .max_output_len = 1 << 20,
                    .sink = collect,
                    .port = &port};
    const struct guest_limits limits = {.max_instructions = 100000000, .max_memory = 8 << 20};
    struct guest_instance instance = {0};
    struct guest_result result = {0};
    seen.calls = 0;
    buf_clear(&output);
    sigaction(SIGILL, &traps, NULL);
    guest_run(&host, &program, &instance, &limits, &p1, &result);
    guest_instance_free(&instance);
    buf_append(detail, buf_slice(&result.detail));
    buf_free(&result.detail);
    buf_free(&port.frame);
    buf_free(&port.answer);
    return result.end;
}

#define TELL(told, ...) buf_append(told, slice_from(((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})))

static void tell_text(struct buf *told, const char *text)
{
    buf_append_byte(told, RELAY_TEXT);
    buf_append_byte(told, (uint8_t)strlen(text));
    buf_append_str(told, text);
}

static void check(const struct buf *told, const char *why, const char *what)
{
    AUTO(buf) struct buf detail = {0};
    enum task_end end = run(told, &detail);
    if (end != (why ? TASK_TRAP : TASK_COMPLETED) || (why && !strstr(buf_str(&detail), why)))
        fail_msg("%s: %s (%s) instead of `%s`", what, task_end_name(end), buf_str(&detail), why ? why : "completed");
}

/* The guest is told a text and then these bytes; it ends as a trap whose text has `why`, or goes well when that is NULL. */
#define CHECK(why, text, ...)               \
    do {                                    \
        AUTO(buf) struct buf told_ = {0};   \
        tell_text(&told_, (text));          \
        TELL(&told_, __VA_ARGS__);          \
        check(&told_, (why), #__VA_ARGS__); \
    } while (0)

static const char bad_text[] = "utf-8", out_of_bounds[] = "out of bounds", wrong_type[] = "used with the wrong type",
                  unknown_handle[] = "unknown handle index";

/* --- near:* and outlayer:* ---------------------------------------------------------------------------------------------------------- */

/* The import of a function of the table. */
static uint8_t import_of(enum host_op op)
{
    for (size_t i = 0; i < RELAY_IMPORTS; i++)
        if (!strcmp(imports[i].module, host_interface_name(host_functions[op].interface)) &&
            !strcmp(imports[i].function, host_functions[op].name))
            return (uint8_t)i;
    fail_msg("%s has no import", host_functions[op].name);
    return 0;
}

/* A call of it with good arguments, all of them of the text "0123456789"; texts and bytes of argument `which` (or -1) are ptr and len. */
static void tell_call(struct buf *told, enum host_op op, int which, uint8_t ptr, uint8_t len)
{
    const char *params = host_functions[op].params;
    buf_append_byte(told, import_of(op));
    for (int i = 0; params[i]; i++) {
        if (strchr("ST", params[i]))
            buf_append_byte(told, 1);
        if (strchr("sbS", params[i])) {
            buf_append_byte(told, i == which ? ptr : TEXT_AT(i));
            buf_append_byte(told, i == which ? len : 2);
        } else {
            buf_append_byte(told, strchr("tT", params[i]) ? 1 : 40 + i);
        }
    }
}

static bool is_wit(enum host_op op)
{
    return host_functions[op].interface != HOST_HTTP; /* theirs is wasi:http */
}

static void every_function_passes_its_values(void **state)
{
    (void)state;
    static const char text[] = "0123456789";
    for (size_t op = 0; op < HOST_OPS; op++) {
        const struct host_function *f = &host_functions[op];
        AUTO(buf) struct buf told = {0};
        if (!is_wit((enum host_op)op))
            continue;
        tell_text(&told, text);
        tell_call(&told, (enum host_op)op, -1, 0, 0);
        check(&told, NULL, f->name);
        assert_int_equal(seen.calls, 1);
        assert_int_equal(seen.op, op);
        for (int i = 0; f->params[i]; i++) {
            assert_false(seen.args[i].none);
            if (strchr("sbS", f->params[i]))
                assert_memory_equal(seen.bytes[i].ptr, text + i, 2);
            else
                assert_int_equal(seen.args[i].number, strchr("tT", f->params[i]) ? 1 : 40 + i);
        }
    }
}

/* By the layout of each kind of result, worker.md of every guest: pointers and lengths, numbers, truths. */
static void results_lie_as_the_abi_says(void **state)
{
    (void)state;
    static const struct {
        enum host_op op;
        uint8_t show[8]; /* word of the pointer; then the next is the length; 0xff ends */
        const char *output;
    } cases[] = {
        {HOST_RPC_VIEW, {0, 2, 0xff}, "answer 0answer 1"},
        {HOST_STORAGE_SET, {0, 0xff}, "answer 0"},
        {HOST_STORAGE_GET, {0, 2, 0xff}, "answer 0answer 1"},
        {HOST_STORAGE_SET_IF_ABSENT, {1, 0xff}, "answer 1"},
        {HOST_STORAGE_SET_IF_EQUALS, {1, 3, 0xff}, "answer 1answer 2"},
        {HOST_STORAGE_INCREMENT, {2, 0xff}, "answer 1"},
        {HOST_VRF_GENERATE, {0, 2, 4, 6, 0xff}, "answer 0answer 1answer 2answer 3"},
        {HOST_PAYMENT_REFUND_USD, {0, 0xff}, "answer 0"},
        {HOST_WALLET_SWAP, {0, 2, 0xff}, "answer 0answer 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO(buf) struct buf told = {0};
        tell_text(&told, "0123456789");
        tell_call(&told, cases[i].op, -1, 0, 0);
        for (const uint8_t *word = cases[i].show; *word != 0xff; word++)
            TELL(&told, RELAY_SHOW, RESULT(0, *word), RESULT(0, *word + 1));
        check(&told, NULL, host_functions[cases[i].op].name);
        assert_string_equal(buf_str(&output), cases[i].output);
    }
    static const struct {
        enum host_op op;
        uint8_t byte;
    } numbers[] = {
        {HOST_STORAGE_HAS, 1}, {HOST_STORAGE_DELETE, 1}, {HOST_STORAGE_SET_IF_ABSENT, 1}, {HOST_STORAGE_INCREMENT, 70}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        AUTO(buf) struct buf told = {0};
        tell_text(&told, "0123456789");
        tell_call(&told, numbers[i].op, -1, 0, 0);
        TELL(&told, RELAY_SAY, 1, RESULT(0, 0));
        check(&told, NULL, host_functions[numbers[i].op].name);
        assert_int_equal(output.ptr[0], numbers[i].byte);
    }
}

static void optional_values_may_be_none(void **state)
{
    (void)state;
    CHECK(NULL, "k", RELAY_storage_set_worker, TEXT_AT(0), 1, TEXT_AT(0), 1, 0, 1);
    assert_true(seen.args[2].none);
    CHECK(NULL, "k", RELAY_storage_get_worker, TEXT_AT(0), 1, 0, RELAY_MINUS_ONE, RELAY_MINUS_ONE);
    assert_true(seen.args[1].none); /* what stands where it would is not looked at */
    CHECK("discriminant", "", RELAY_storage_set_worker, 0, 0, 0, 0, 2, 1);
    CHECK("discriminant", "", RELAY_storage_get_worker, 0, 0, RELAY_MINUS_ONE, 0, 0);
    assert_int_equal(seen.calls, 0);
}

static void check_argument(enum host_op op, int which, const char *text, uint8_t ptr, uint8_t len, const char *why)
{
    AUTO(buf) struct buf told = {0}, whole = {0};
    buf_append_fmt(&whole, "0123456789%s", text);
    tell_text(&told, buf_str(&whole));
    tell_call(&told, op, which, ptr, len);
    check(&told, why, host_functions[op].name);
    assert_int_equal(seen.calls, !why);
}

/* In every text of every function; bytes may be anything. */
static void texts_are_utf8_and_lie_in_memory(void **state)
{
    (void)state;
    static const char *const texts[] = {"\xff", "\xc3", "a\x80", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "\xe2\x82"};
    for (size_t n = 0; n < HOST_OPS; n++) {
        enum host_op op = (enum host_op)n;
        const char *params = host_functions[op].params;
        for (int i = 0; is_wit(op) && params[i]; i++) {
            if (!strchr("sbS", params[i]))
                continue;
            for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
                check_argument(op, i, texts[k], TEXT_AT(10), (uint8_t)strlen(texts[k]), params[i] == 'b' ? NULL : bad_text);
            check_argument(op, i, "", RELAY_MINUS_ONE, 1, out_of_bounds);
            check_argument(op, i, "", 0, RELAY_MINUS_ONE, out_of_bounds);
            check_argument(op, i, "", RELAY_MINUS_ONE, RELAY_MINUS_ONE, out_of_bounds);
            check_argument(op, i, "", TEXT_AT(0), 0, NULL);
        }
    }
}

/* --- wasi:http and the rest ------------------------------------------------------------------------------------------------------------ */

static void texts_of_requests_are_utf8(void **state)
{
    (void)state;
    static const char bad[] = "a\xff";
    CHECK(bad_text, bad, RELAY_fields_new, RELAY_fields_get, RESULT(0, 0), TEXT_AT(0), 2);
    CHECK(bad_text, bad, RELAY_fields_new, RELAY_fields_has, RESULT(0, 0), TEXT_AT(0), 2);
    CHECK(bad_text, bad, RELAY_fields_new, RELAY_fields_delete, RESULT(0, 0), TEXT_AT(0), 2);
    CHECK(bad_text, bad, RELAY_fields_new, RELAY_fields_append, RESULT(0, 0), TEXT_AT(0), 2, TEXT_AT(0), 1);
    CHECK(bad_text, bad, RELAY_fields_new, RELAY_fields_set, RESULT(0, 0), TEXT_AT(0), 2, RELAY_GATHERED, 0);
    CHECK(bad_text, bad, RELAY_GATHER, 4, TEXT_AT(0), 2, TEXT_AT(0), 1, RELAY_fields_from_list, RELAY_GATHERED, 1);
    CHECK(NULL, bad, RELAY_fields_new, RELAY_fields_append, RESULT(0, 0), TEXT_AT(0), 1, TEXT_AT(0), 2); /* a value is bytes */
    CHECK(bad_text, bad, RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_outgoing_request_set_method,
          RESULT(0, 0), 9, TEXT_AT(0), 2);
    CHECK(bad_text, bad, RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_outgoing_request_set_scheme,
          RESULT(0, 0), 1, 2, TEXT_AT(0), 2);
    CHECK(bad_text, bad, RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_outgoing_request_set_authority,
          RESULT(0, 0), 1, TEXT_AT(0), 2);
    CHECK(bad_text, bad, RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_outgoing_request_set_path_with_query,
          RESULT(0, 0), 1, TEXT_AT(0), 2);
    CHECK(bad_text, bad, RELAY_instance_network, RELAY_resolve_addresses, RESULT(0, 0), TEXT_AT(0), 2);
}

static void lists_lie_where_they_say(void **state)
{
    (void)state;
    enum { HUGE = 0xc4 }; /* INT32_MAX or as large */
    static const char misaligned[] = "not aligned";
    CHECK(out_of_bounds, "", RELAY_fields_from_list, RELAY_MINUS_ONE - 0, 1);
    CHECK(out_of_bounds, "", RELAY_fields_from_list, RELAY_GATHERED, 0xfe, 0xff, 0xff, 0xff, 0x0f);
    CHECK(out_of_bounds, "", RELAY_fields_from_list, RELAY_GATHERED, 0xfe, 1, 0, 0,
          0x10); /* 16 bytes each: over 2^32 together */
    CHECK(misaligned, "", RELAY_fields_from_list, TEXT_AT(1), 1);
    CHECK(out_of_bounds, "", RELAY_GATHER, 4, TEXT_AT(0), 1, 0, RELAY_MINUS_ONE, RELAY_fields_from_list, RELAY_GATHERED, 1);
    CHECK(out_of_bounds, "a", RELAY_fields_new, RELAY_fields_set, RESULT(0, 0), TEXT_AT(0), 1, RELAY_GATHERED, 0xfe, 0, 0, 0,
          0x20);
    CHECK(misaligned, "a", RELAY_fields_new, RELAY_fields_set, RESULT(0, 0), TEXT_AT(0), 1, TEXT_AT(1), 1);
    CHECK(out_of_bounds, "", RELAY_poll, RELAY_GATHERED, 0xfe, 0, 0, 0, 0x40);
    CHECK(misaligned, "", RELAY_poll, TEXT_AT(1), 1);
    CHECK("poll of no pollables", "", RELAY_poll, RELAY_GATHERED, 0);
    CHECK(unknown_handle, "", RELAY_GATHER, 2, 63, 62, RELAY_poll, RELAY_GATHERED, 2);
    CHECK(out_of_bounds, "", RELAY_get_stdout, RELAY_output_stream_write, RESULT(0, 0), RELAY_MINUS_ONE, 1);
    CHECK(out_of_bounds, "", RELAY_get_stdout, RELAY_output_stream_write, RESULT(0, 0), 0, RELAY_MINUS_ONE);
    /* a list that is read twice as long as the last byte of memory allows */
    CHECK(out_of_bounds, "", RELAY_get_stdout, RELAY_output_stream_write, RESULT(0, 0), RELAY_MINUS_ONE + 2, 2);
}

static void cases_that_are_none_end_the_guest(void **state)
{
    (void)state;
    static const char none[] = "discriminant";
    CHECK(none, "", RELAY_create_tcp_socket, 2);
    CHECK(none, "", RELAY_create_udp_socket, RELAY_MINUS_ONE);
    CHECK(none, "", RELAY_exit, 2);
    CHECK(none, "", RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_outgoing_request_set_method, RESULT(0, 0),
          10, 0, 0);
    CHECK(none, "", RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_outgoing_request_set_scheme, RESULT(0, 0),
          1, 3, 0, 0);
    CHECK(none, "", RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_outgoing_request_set_authority,
          RESULT(0, 0), 2, 0, 0);
    CHECK(none, "", RELAY_request_options_new, RELAY_request_options_set_connect_timeout, RESULT(0, 0), 3, 0);
    CHECK(none, "", RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_handle, RESULT(0, 0), 2, 0);
    CHECK(none, "", RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_outgoing_request_body, RESULT(0, 0),
          RELAY_outgoing_body_finish, RESULT(0, 1), 2, 0);
}

/* --- handles ---------------------------------------------------------------------------------------------------------------------------- */

static bool starts_with(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

/* Every import whose first parameter is a resource, of which kind whatever: with a stream of the other kind, and with handles there are
 * not. */
static void no_import_takes_another_handle(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < RELAY_IMPORTS; i++) {
        const char *name = imports[i].function;
        bool takes_resource = starts_with(name, "[method]") || starts_with(name, "[resource-drop]") ||
                              strstr(name, "body.finish") || starts_with(name, "[constructor]outgoing-request") ||
                              !strcmp(name, "handle") || !strcmp(name, "http-error-code") ||
                              !strcmp(name, "filesystem-error-code") || !strcmp(name, "resolve-addresses");
        if (!takes_resource || strstr(name, "descriptor."))
            continue;
        uint8_t other = strstr(name, "output-stream") ? RELAY_get_stdin : RELAY_get_stdout;
        CHECK(wrong_type, "", other, (uint8_t)i, RESULT(0, 0), 0, 0, 0, 0, 0, 0);
        CHECK(unknown_handle, "", (uint8_t)i, 0, 0, 0, 0, 0, 0, 0); /* never one */
        CHECK(unknown_handle, "", (uint8_t)i, 63, 0, 0, 0, 0, 0, 0);
        CHECK(unknown_handle, "", (uint8_t)i, RELAY_MINUS_ONE, 0, 0, 0, 0, 0, 0);
        tried++;
    }
    assert_true(tried > 60);
}

static void what_is_given_away_or_dropped_is_gone(void **state)
{
    (void)state;
    /* its number is the next one's by then */
    CHECK(wrong_type, "", RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_fields_clone, RESULT(1, 0));
    CHECK(wrong_type, "", RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_outgoing_request_new, RESULT(1, 0));
    CHECK(unknown_handle, "", RELAY_fields_new, RELAY_fields_drop, RESULT(0, 0), RELAY_fields_drop, RESULT(1, 0));
    CHECK(unknown_handle, "", RELAY_get_stdin, RELAY_input_stream_drop, RESULT(0, 0), RELAY_input_stream_subscribe,
          RESULT(1, 0));
    CHECK(unknown_handle, "", RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_handle, RESULT(0, 0), 0, 0,
          RELAY_outgoing_request_method, RESULT(1, 0));
    /* the second of two arguments */
    CHECK(wrong_type, "", RELAY_get_stdout, RELAY_output_stream_splice, RESULT(0, 0), RESULT(0, 0), 1);
    CHECK(wrong_type, "", RELAY_fields_new, RELAY_fields_new, RELAY_outgoing_request_new, RESULT(0, 0), RELAY_handle,
          RESULT(0, 0), 1, RESULT(2, 0));
    /* the same number for another kind, once its owner has gone: still not what it was */
    CHECK(wrong_type, "", RELAY_fields_new, RELAY_fields_drop, RESULT(0, 0), RELAY_request_options_new, RELAY_fields_clone,
          RESULT(0, 0));
}

/* --- the guest's allocator, and where it wants its results ------------------------------------------------------------------------ */

static void an_allocator_that_lies_ends_its_guest(void **state)
{
    (void)state;
    static const struct {
        uint8_t how;
        const char *why; /* NULL: nothing is wrong */
    } cases[] = {
        {REALLOC_HONEST, NULL},
        {REALLOC_NULL, NULL}, /* 0 is a place like any other */
        {REALLOC_SAME, NULL},
        {REALLOC_MISALIGNED, "not aligned"},
        {REALLOC_OUTSIDE, "beyond end of memory"},
        {REALLOC_TRAP, "unreachable"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(cases[i].why, "", RELAY_REALLOC, cases[i].how, RELAY_get_environment);
    CHECK("beyond end of memory", "", RELAY_REALLOC, REALLOC_OUTSIDE, RELAY_get_random_bytes, 9);
    CHECK("beyond end of memory", "abcd", RELAY_REALLOC, REALLOC_OUTSIDE, RELAY_rpc_block, TEXT_AT(0), 1);
}

/* While the host writes results, what they point to must stay: nothing of the guest may call it meanwhile. */
static void an_allocator_calls_nobody(void **state)
{
    (void)state;
    static const char no_way_out[] = "cannot leave component instance";
    CHECK(no_way_out, "ab", RELAY_REALLOC, REALLOC_CALLS, RELAY_rpc_block, TEXT_AT(0), 1);
    assert_int_equal(seen.calls, 1); /* the block, not the status */
    CHECK(no_way_out, "ab", RELAY_REALLOC, REALLOC_CALLS, RELAY_storage_set, TEXT_AT(0), 1, TEXT_AT(0), 1);
    CHECK(no_way_out, "", RELAY_REALLOC, REALLOC_CALLS, RELAY_get_environment);
    CHECK(no_way_out, "", RELAY_REALLOC, REALLOC_CALLS, RELAY_get_random_bytes, 9);
    CHECK(NULL, "", RELAY_REALLOC, REALLOC_CALLS, RELAY_get_random_u64); /* nothing to make room for */
}

static void results_are_written_into_memory_or_not_at_all(void **state)
{
    (void)state;
    CHECK(out_of_bounds, "", RELAY_RETURN, 0xfe, 0xfc, 0xff, 0xff, 0xff, RELAY_initial_cwd);
    CHECK("not aligned", "", RELAY_RETURN, TEXT_AT(1), RELAY_wall_now);
    CHECK(out_of_bounds, "", RELAY_RETURN, 0xfe, 0xf8, 0xff, 0xff, 0xff, RELAY_wall_now);
    CHECK(out_of_bounds, "", RELAY_RETURN, 0xfe, 0xfc, 0xff, 0xff, 0xff, RELAY_rpc_status);
}

/* More bytes at once than a call may hand over, though they are all there. */
/* More bytes at once than a call may hand over, though they are all there: the same ones again and again. */
static void a_call_hands_over_only_so_much(void **state)
{
    (void)state;
    for (uint8_t count = 1; count <= 32; count += 31) {
        AUTO(buf) struct buf told = {0};
        TELL(&told, RELAY_GATHER, (uint8_t)(2 * count));
        for (uint8_t i = 0; i < count; i++)
            TELL(&told, 0, 0xfe, 0, 0, 3, 0); /* 192 KiB, which are 7.5 MiB as values of the engine's */
        TELL(&told, RELAY_fields_new, RELAY_fields_set, RESULT(0, 0), TEXT_AT(0), 0, RELAY_GATHERED, count);
        check(&told, count == 1 ? NULL : "too much data is being copied", "values of fields.set");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_passes_its_values),
        cmocka_unit_test(results_lie_as_the_abi_says),
        cmocka_unit_test(optional_values_may_be_none),
        cmocka_unit_test(texts_are_utf8_and_lie_in_memory),
        cmocka_unit_test(texts_of_requests_are_utf8),
        cmocka_unit_test(lists_lie_where_they_say),
        cmocka_unit_test(cases_that_are_none_end_the_guest),
        cmocka_unit_test(no_import_takes_another_handle),
        cmocka_unit_test(what_is_given_away_or_dropped_is_gone),
        cmocka_unit_test(an_allocator_that_lies_ends_its_guest),
        cmocka_unit_test(an_allocator_calls_nobody),
        cmocka_unit_test(results_are_written_into_memory_or_not_at_all),
        cmocka_unit_test(a_call_hands_over_only_so_much),
    };
    if (!fs_exists(OUTLAYER_GUESTS "/relay.component.wasm")) {
        puts("skipped: there are no component guests, `make componentize` builds what makes them");
        return 77;
    }
    return cmocka_run_group_tests_name("component interface", tests, set_up, tear_down);
}

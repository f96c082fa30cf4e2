/* wasi:http that ends anywhere: everything dropped in every order, and a guest, engine or bound that stops an exchange at any point. */
#include "engine/component/test_http.h"

/* --- any order -------------------------------------------------------------------------------------------------------------------------- */

enum { THINGS = 7 };

/* All that an exchange with two bodies leaves in a guest's hands. */
static void everything(uint64_t numbers[THINGS])
{
    start();
    uint64_t request = request_of_length(NULL), body = body_of(request);
    numbers[0] = body;
    numbers[1] = stream_of(body);
    numbers[2] = sent(request);
    CALL("[method]future-incoming-response.subscribe", N(numbers[2]));
    numbers[3] = result(0);
    numbers[4] = answer_of(numbers[2]);
    numbers[5] = incoming_of(numbers[4]);
    numbers[6] = incoming_stream_of(numbers[5]);
}

static const enum component_kind kinds[THINGS] = {KIND_OUTGOING_BODY, KIND_OUTPUT_STREAM,     KIND_FUTURE_INCOMING_RESPONSE,
                                                  KIND_POLLABLE,      KIND_INCOMING_RESPONSE, KIND_INCOMING_BODY,
                                                  KIND_INPUT_STREAM};

/* Drops in an order, and uses what is left after each; the exchange is closed once, whatever happens. */
static void drop_in(const int order[THINGS])
{
    uint64_t numbers[THINGS];
    everything(numbers);
    bool gone[THINGS] = {false};
    for (size_t i = 0; i < THINGS; i++) {
        assert_true(bench_drop(kinds[order[i]], numbers[order[i]]));
        gone[order[i]] = true;
        if (!gone[1])
            CALL("[method]output-stream.check-write", N(numbers[1]));
        if (!gone[2])
            CALL("[method]future-incoming-response.get", N(numbers[2]));
        if (!gone[3])
            CALL("[method]pollable.ready", N(numbers[3]));
        if (!gone[4])
            CALL("[method]incoming-response.status", N(numbers[4]));
        if (!gone[6])
            CALL("[method]input-stream.read", N(numbers[6]), N(1));
    }
    assert_int_equal(server.closed, 1);
    assert_int_equal(bench.guest.handles_used, 0);
    assert_int_equal(bench.guest.held, 0);
}

static void permute(int order[THINGS], size_t from)
{
    if (from == THINGS)
        drop_in(order);
    for (size_t i = from; i < THINGS; i++) {
        int swap = order[from];
        order[from] = order[i];
        order[i] = swap;
        permute(order, from + 1);
        order[i] = order[from];
        order[from] = swap;
    }
}

static void things_are_dropped_in_every_order(void **state)
{
    (void)state;
    int order[THINGS] = {0, 1, 2, 3, 4, 5, 6};
    permute(order, 0); /* 5,040 */
}

/* A guest that ends with everything open leaves nothing behind, whether the engine is still there or not. */
static void an_ended_guest_leaves_nothing(void **state)
{
    (void)state;
    uint64_t numbers[THINGS];
    everything(numbers);
    component_free(&bench.guest);
    assert_int_equal(server.closed, 1);
    bench.guest = (struct component){.p1 = &bench.p1};
    everything(numbers);
    bench.outside.host = NULL;
}

/* --- ends in the middle ------------------------------------------------------------------------------------------------------------- */

#define STEP(name, ...)                   \
    do {                                  \
        if (!TRY_CALL(name, __VA_ARGS__)) \
            return false;                 \
    } while (0)

/* A whole exchange with everything that can be waited for. False: the guest was stopped on its way. */
static bool exchange_all(void)
{
    static const union shim_value values[] = {S("1"), S("2")}, pairs[] = {S("a"), S("1"), S("b"), S("2")};
    STEP("[static]fields.from-list", ((union shim_value){.list = {pairs, 2}}));
    uint64_t fields = result(1);
    STEP("[method]fields.set", N(fields), S("c"), L(values));
    STEP("[method]fields.append", N(fields), S("d"), S("3"));
    STEP("[method]fields.delete", N(fields), S("a"));
    STEP("[method]fields.clone", N(fields));
    uint64_t trailers = result(0);
    STEP("[constructor]outgoing-request", N(fields));
    uint64_t request = result(0);
    STEP("[method]outgoing-request.set-authority", N(request), SOME(S("host")));
    STEP("[method]outgoing-request.headers", N(request));
    STEP("[method]outgoing-request.body", N(request));
    uint64_t body = result(1);
    STEP("[method]outgoing-body.write", N(body));
    uint64_t out = result(1);
    STEP("[method]output-stream.subscribe", N(out));
    STEP("[method]output-stream.blocking-write-and-flush", N(out), S("early"));
    STEP("handle", N(request), NONE_);
    uint64_t future = result(1);
    STEP("[method]output-stream.subscribe", N(out));
    STEP("[method]pollable.block", N(result(0)));
    STEP("[method]output-stream.write", N(out), S("late"));
    STEP("[method]output-stream.blocking-write-and-flush", N(out), S("later"));
    STEP("[static]outgoing-body.finish", N(body), SOME(N(trailers)));
    STEP("[method]future-incoming-response.subscribe", N(future));
    uint64_t head = result(0);
    STEP("subscribe-duration", N(3600000000000));
    const union shim_value both[] = {N(result(0)), N(head)};
    STEP("poll", L(both));
    STEP("[method]future-incoming-response.get", N(future));
    uint64_t response = result(3);
    STEP("[method]incoming-response.headers", N(response));
    STEP("[method]incoming-response.consume", N(response));
    uint64_t incoming = result(1);
    STEP("[method]incoming-body.stream", N(incoming));
    uint64_t in = result(1);
    STEP("[method]input-stream.subscribe", N(in));
    STEP("[method]pollable.ready", N(result(0)));
    STEP("[method]input-stream.blocking-read", N(in), N(2));
    STEP("[method]output-stream.splice", N(out), N(in), N(2)); /* closed: nothing is taken */
    STEP("[method]input-stream.skip", N(in), N(100));
    STEP("[method]input-stream.read", N(in), N(100));
    STEP("[method]input-stream.read", N(in), N(100));
    STEP("[static]incoming-body.finish", N(incoming));
    STEP("[method]future-trailers.get", N(result(0)));
    return true;
}

static void start_exchange(void)
{
    start_with((struct server){.status = 200,
                               .headers = "a: b\n",
                               .body = "the body",
                               .trailers = "t: 1\n",
                               .waits_for_head = 1,
                               .waits_for_bytes = 2,
                               .waits_for_room = 2});
}

/* Without instructions from any point on: stopped for that reason, and nothing is left. */
static void instructions_may_end_anywhere(void **state)
{
    (void)state;
    uint64_t fuel = 0;
    for (bool done = false; !done; fuel++) {
        start_exchange();
        bench_set_fuel(fuel + 1);
        done = exchange_all();
        if (!done && bench.p1.stop != P1_OUT_OF_FUEL)
            fail_msg("with %u instructions: %d, %s", (unsigned)fuel, bench.p1.stop, bench.guest.fault ? bench.guest.fault : "");
    }
    assert_in_range(fuel, 500, 5000);
    assert_string_equal(buf_str(&server.sent), "earlylatelater");
    assert_string_equal(buf_str(&server.sent_trailers), "b: 2\nc: 1\nc: 2\nd: 3\n");
}

static unsigned answers_left;

static bool exchange_for_a_while(void *self, struct slice frame, uint32_t number, struct buf *answer)
{
    if (answers_left == 0)
        return false;
    answers_left--;
    return outside_exchange(self, frame, number, answer);
}

/* The engine is gone from any call on. */
static void the_engine_may_go_anywhere(void **state)
{
    (void)state;
    unsigned calls = 0;
    for (bool done = false; !done; calls++) {
        start_exchange();
        bench.port.exchange = exchange_for_a_while;
        answers_left = calls;
        done = exchange_all();
        if (!done && bench.p1.stop != P1_SINK_FAILED)
            fail_msg("after %u calls: %d", calls, bench.p1.stop);
    }
    assert_in_range(calls, 15, 40);
}

/* No room for the host to keep what it is given, from any byte on. */
static void what_is_held_may_be_full_anywhere(void **state)
{
    (void)state;
    size_t room = 0;
    for (bool done = false; !done; room++) {
        start_exchange();
        bench.guest.held = COMPONENT_HELD_MAX - room;
        done = exchange_all();
        bench.guest.held -= COMPONENT_HELD_MAX - room;
        if (!done && (bench.p1.stop != P1_FAULTED || !strstr(bench.guest.fault, "64 MiB")))
            fail_msg("with room for %zu bytes: %d", room, bench.p1.stop);
    }
    assert_in_range(room, 100, 1000);
}

static void many_exchanges_are_asked_about_once_each(void **state)
{
    (void)state;
    enum { EXCHANGES = 32, EACH = 20 };
    static union shim_value all[EXCHANGES * EACH];
    start();
    for (size_t i = 0; i < EXCHANGES; i++) {
        uint64_t future = sent(request_to("h", fields_new()));
        for (size_t k = 0; k < EACH; k++) {
            CALL("[method]future-incoming-response.subscribe", N(future));
            all[EACH * i + k] = N(result(0));
        }
    }
    CALL("poll", L(all));
    assert_int_equal(bench.results[0].list.len, EXCHANGES * EACH);
    assert_int_equal(server.waited, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_are_dropped_in_every_order), cmocka_unit_test(an_ended_guest_leaves_nothing),
        cmocka_unit_test(instructions_may_end_anywhere),     cmocka_unit_test(the_engine_may_go_anywhere),
        cmocka_unit_test(what_is_held_may_be_full_anywhere), cmocka_unit_test(many_exchanges_are_asked_about_once_each),
    };
    return cmocka_run_group_tests_name("wasi:http, its ends", tests, bench_open, close_all);
}

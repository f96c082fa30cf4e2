/* For tests of the host functions of components: calls them by their names with slots as shim.h lays them out, as one guest would, in
 * this process and with an outside that answers as the test says. What the canonical ABI does before is tests/guests/relay.c's. */
#pragma once
#include "base/mem.h"
#include "base/test.h"
#include "engine/component/http.h"
#include "engine/guest.h"
#include "engine/test_outside.h"
#include <string.h>

enum { BENCH_FUEL = 1 << 30, BENCH_OUTPUT_MAX = 10000, BENCH_SLOTS = 16 };

static struct bench {
    struct guest_host host;
    wasmtime_store_t *store;
    struct component guest;
    struct p1 p1;
    struct task_host outside_host;
    struct outside outside;
    struct host_port port;
    struct buf output[P1_STREAMS];
    union shim_value results[BENCH_SLOTS]; /* of the last call */
} bench;

static inline bool bench_sink(void *self, enum p1_stream stream, struct slice bytes)
{
    (void)self;
    buf_append(&bench.output[stream], bytes);
    return true;
}

static inline void bench_set_fuel(uint64_t fuel)
{
    assert_null(wasmtime_context_set_fuel(wasmtime_store_context(bench.store), fuel));
}

static inline uint64_t bench_fuel(void)
{
    uint64_t fuel = 0;
    assert_null(wasmtime_context_get_fuel(wasmtime_store_context(bench.store), &fuel));
    return fuel;
}

static inline void bench_end_guest(void)
{
    component_free(&bench.guest);
    buf_free(&bench.port.frame);
    buf_free(&bench.port.answer);
    for (size_t i = 0; i < P1_STREAMS; i++)
        buf_free(&bench.output[i]);
}

/* A new guest. `http` answers its requests with `self`, or is NULL. */
static inline void bench_start(host_serve *http, void *self)
{
    bench_end_guest();
    bench.outside_host = (struct task_host){.serve = {[HOST_HTTP] = http}, .self = self};
    bench.outside = (struct outside){.host = &bench.outside_host};
    bench.port = (struct host_port){.exchange = outside_exchange, .self = &bench.outside};
    bench.p1 = (struct p1){.input = SLICE("0123456789"),
                           .max_output_len = BENCH_OUTPUT_MAX,
                           .sink = bench_sink,
                           .port = http ? &bench.port : NULL};
    bench.guest = (struct component){.p1 = &bench.p1};
    bench_set_fuel(BENCH_FUEL);
}

static inline int bench_open(void **state)
{
    (void)state;
    assert_ok(guest_host_open(&bench.host));
    bench.store = wasmtime_store_new(bench.host.engine, NULL, NULL);
    return 0;
}

static inline int bench_close(void **state)
{
    (void)state;
    bench_end_guest();
    wasmtime_store_delete(bench.store);
    guest_host_close(&bench.host);
    return 0;
}

/* A function by its name, which names an interface too when there are several: "wall-clock/now". */
static inline component_function *bench_find(const char *name)
{
    const char *slash = strchr(name, '/');
    for (size_t i = 0; i < component_interface_count; i++) {
        if (slash &&
            !memmem(component_interfaces[i]->name, strlen(component_interfaces[i]->name), name, (size_t)(slash - name)))
            continue;
        for (const struct component_function_row *row = component_interfaces[i]->functions; row && row->name; row++)
            if (!strcmp(row->name, slash ? slash + 1 : name))
                return row->function;
    }
    fail_msg("no function %s", name);
    return NULL;
}

static inline bool bench_call(component_function *function, const union shim_value *args)
{
    memset(bench.results, 0, sizeof bench.results);
    arena_free(&bench.guest.results);
    struct component_call c = {
        .guest = &bench.guest, .store = wasmtime_store_context(bench.store), .args = args, .results = bench.results};
    return function(&c);
}

static inline bool bench_drop(enum component_kind kind, uint64_t number)
{
    struct component_call c = {.guest = &bench.guest, .store = wasmtime_store_context(bench.store)};
    return component_handle_drop(&c, kind, number);
}

/* Arguments. */
#define N(number) ((union shim_value){.n = (number)})
#define S(text)   ((union shim_value){.list = {(text), sizeof(text) - 1}})
#define L(items)  ((union shim_value){.list = {(items), sizeof(items) / sizeof *(items)}})
#define NONE_     N(0), N(0)
#define SOME(v)   N(1), v

/* Whether the guest goes on; the slots of the result are in bench.results. */
#define TRY_CALL(name, ...) bench_call(bench_find(name), (const union shim_value[BENCH_SLOTS]){__VA_ARGS__})
#define CALL(name, ...)     assert_true(TRY_CALL(name, __VA_ARGS__))

/* The call ends the guest, for this reason. */
#define assert_faults(why, name, ...)                      \
    do {                                                   \
        assert_false(TRY_CALL(name, __VA_ARGS__));         \
        assert_int_equal(bench.p1.stop, P1_FAULTED);       \
        assert_non_null(strstr(bench.guest.fault, (why))); \
    } while (0)

static inline uint64_t result(size_t slot)
{
    return bench.results[slot].n;
}

static inline void assert_bytes(size_t slot, const char *text)
{
    assert_int_equal(bench.results[slot].list.len, strlen(text));
    assert_memory_equal(bench.results[slot].list.ptr, text, strlen(text));
}

static const char bench_no_resource[] = "a resource that does not exist";

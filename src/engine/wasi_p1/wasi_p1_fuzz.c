/* Calls of preview 1, one after the other, over a memory that the input fills: an input is 16 bytes a call, the function and up to nine
 * arguments of it, and then the bytes of the memory. */
#include "engine/wasi_p1/test_functions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    CALL_LEN = 16,
    CALLS_MAX = 16,
    FUEL = 1 << 20,
    OUTPUT_MAX = 1 << 16,
    SUBSCRIPTION_CLOCK_MAX_NS = 100000,
    NOTCAPABLE = 76
};

static struct caller c;
static uint64_t delivered;

static bool count(void *self, enum p1_stream stream, struct slice bytes)
{
    (void)self;
    volatile uint8_t last = bytes.ptr[bytes.len - 1]; /* all of it is readable */
    (void)last;
    delivered += stream == P1_STDOUT ? bytes.len : 0;
    return true;
}

/* A small number, a place in memory, one near its end, or what no pointer should be. */
static int64_t argument(uint8_t b)
{
    static const int64_t odd[] = {-1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, CALLER_MEMORY_LEN, CALLER_MEMORY_LEN + 1, -8};
    if (b < 8)
        return b;
    if (b < 0x80)
        return 16 * b + (b & 1);
    if (b < 0xf0)
        return CALLER_MEMORY_LEN - (b - 0x80);
    return odd[b % (sizeof odd / sizeof *odd)];
}

/* A fuzzer has no time: what would sleep long is a call of another function. */
static bool would_sleep(const struct caller_import *f, const int64_t *args)
{
    if (strcmp(f->name, "poll_oneoff") != 0)
        return false;
    uint64_t at = (uint32_t)args[0], subscriptions = (uint32_t)args[2];
    for (uint64_t i = 0; i < subscriptions && at + 48 <= CALLER_MEMORY_LEN; i++, at += 48)
        if (caller_get(&c, (uint32_t)at + 24, 8) > SUBSCRIPTION_CLOCK_MAX_NS)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t calls = size / 64 < CALLS_MAX ? size / 64 : CALLS_MAX;
    struct slice memory = slice_first(slice_skip(slice_from(data, size), calls * CALL_LEN), CALLER_MEMORY_LEN);
    if (!c.module)
        caller_open(&c, functions, FUNCTIONS);
    delivered = 0;
    caller_start(&c, (struct p1){.input = SLICE("0123456789"),
                                 .environment = SLICE("A=b\0C=\0"),
                                 .environment_count = 2,
                                 .max_output_len = OUTPUT_MAX,
                                 .sink = count});
    caller_set_fuel(&c, FUEL);
    if (memory.len)
        memcpy(caller_memory(&c), memory.ptr, memory.len);
    for (size_t i = 0; i < calls; i++) {
        const uint8_t *call = data + i * CALL_LEN;
        const struct caller_import *f = &functions[call[0] % FUNCTIONS];
        int64_t args[CALLER_ARGS_MAX] = {0}, result = 0;
        for (size_t k = 0; k < CALL_LEN - 1; k++)
            args[k] = argument(call[1 + k]);
        if (would_sleep(f, args))
            continue;
        if (!caller_call(&c, f, args, &result))
            break;
        if (result < 0 || result > NOTCAPABLE)
            __builtin_trap();
    }
    if (delivered > OUTPUT_MAX || delivered != c.p1.output_len || c.p1.input_at > c.p1.input.len || caller_fuel(&c) > FUEL)
        __builtin_trap();
    return 0;
}

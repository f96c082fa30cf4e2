/* A component that makes whatever calls its input says (relay.h): how tests and the fuzzer reach every host function through the
 * canonical ABI with arguments that no compiler would let through. */
#include "relay.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- the imports by their types ------------------------------------------------------------------------------------------------ */

typedef void function(void);
typedef uint64_t caller(function *f, const uint64_t *a);

#define i(n) (int32_t)a[n]
#define I(n) (int64_t)a[n]

/* A type of functions and how one is called. */
#define TYPE(name, result, params, ...)                         \
    typedef result type_##name params;                          \
    static uint64_t call_##name(function *f, const uint64_t *a) \
    {                                                           \
        (void)a;                                                \
        return (uint64_t)(((type_##name *)f)(__VA_ARGS__));     \
    }
#define VOID(name, params, ...)                                 \
    typedef void type_##name params;                            \
    static uint64_t call_##name(function *f, const uint64_t *a) \
    {                                                           \
        ((type_##name *)f)(__VA_ARGS__);                        \
        return 0;                                               \
    }

#define W int32_t
#define D int64_t
TYPE(none_I, D, (void))
TYPE(none_i, W, (void))
TYPE(I_i, W, (D), I(0))
TYPE(i_i, W, (W), i(0))
TYPE(ii_i, W, (W, W), i(0), i(1))
TYPE(iiI_i, W, (W, W, D), i(0), i(1), I(2))
TYPE(iii_i, W, (W, W, W), i(0), i(1), i(2))
TYPE(iiii_i, W, (W, W, W, W), i(0), i(1), i(2), i(3))
TYPE(iiiii_i, W, (W, W, W, W, W), i(0), i(1), i(2), i(3), i(4))
VOID(i_V, (W), i(0))
VOID(i_R, (W), i(0))
VOID(Ii_R, (D, W), I(0), i(1))
VOID(ii_R, (W, W), i(0), i(1))
VOID(iIi_R, (W, D, W), i(0), I(1), i(2))
VOID(iii_R, (W, W, W), i(0), i(1), i(2))
VOID(iiIi_R, (W, W, D, W), i(0), i(1), I(2), i(3))
VOID(iiii_R, (W, W, W, W), i(0), i(1), i(2), i(3))
VOID(iiiii_R, (W, W, W, W, W), i(0), i(1), i(2), i(3), i(4))
VOID(iiiiii_R, (W, W, W, W, W, W), i(0), i(1), i(2), i(3), i(4), i(5))
VOID(iiiiiii_R, (W, W, W, W, W, W, W), i(0), i(1), i(2), i(3), i(4), i(5), i(6))
VOID(iiiiiiiii_R, (W, W, W, W, W, W, W, W, W), i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8))
VOID(iiiiiiiiiii_R, (W, W, W, W, W, W, W, W, W, W, W), i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), i(10))
VOID(iiiiiiiiiiiiiiiii_R, (W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W), i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7),
     i(8), i(9), i(10), i(11), i(12), i(13), i(14), i(15), i(16))

#define IMPORT(name, params, result, module, function) \
    __attribute__((import_module(module), import_name(function))) type_##params##_##result host_##name;
#include "relay_imports.def"
#undef IMPORT

static const struct {
    function *f;
    caller *call;
    const char *params;
    char result;
} imports[] = {
#define IMPORT(name, params, result, module, function) \
    {(void (*)(void))host_##name, call_##params##_##result, #params, #result[0]},
#include "relay_imports.def"
#undef IMPORT
};

/* --- memory -------------------------------------------------------------------------------------------------------------------------- */

enum { RESULTS = 8, RESULT_WORDS = 16, GATHERED_MAX = 64, TEXT_MAX = 64, PARAMS_MAX = 17 };

static uint32_t results[RESULTS][RESULT_WORDS], gathered[GATHERED_MAX];
static uint8_t text[TEXT_MAX];
static uint8_t heap[1 << 18] __attribute__((aligned(16)));
static size_t heap_used;
static uint32_t calls;
static int32_t out; /* standard output */
static enum relay_realloc how;

static void *honest(size_t align, size_t len)
{
    heap_used = (heap_used + align - 1) / align * align;
    if (heap_used > sizeof heap || len > sizeof heap - heap_used)
        heap_used = 0;
    if (len > sizeof heap)
        __builtin_trap();
    void *at = heap + heap_used;
    heap_used += len;
    return at;
}

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len);
void *cabi_realloc(void *old, size_t old_len, size_t align, size_t len)
{
    (void)old, (void)old_len;
    switch (how) {
    case REALLOC_NULL:
        return NULL;
    case REALLOC_MISALIGNED:
        return (uint8_t *)honest(align, len + 1) + 1;
    case REALLOC_OUTSIDE:
        return (void *)(uintptr_t)(((uint32_t)__builtin_wasm_memory_size(0) << 16) - align);
    case REALLOC_SAME:
        return heap;
    case REALLOC_TRAP:
        __builtin_trap();
    case REALLOC_CALLS: /* whose answer would lie where the one that it makes room for does */
        imports[RELAY_rpc_status].call(imports[RELAY_rpc_status].f, (const uint64_t[]){(uintptr_t)results});
        return honest(align, len);
    default:
        return honest(align, len);
    }
}

/* --- the program --------------------------------------------------------------------------------------------------------------------- */

static const uint8_t *program;
static size_t rest;

static uint64_t take(size_t len)
{
    uint64_t n = 0;
    for (size_t k = 0; k < len && rest; k++, rest--)
        n |= (uint64_t)*program++ << (8 * k);
    return n;
}

static uint64_t odd(uint8_t which)
{
    static const int64_t numbers[] = {INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 65535, 65536, 1 << 20, 4096,
                                      4097,      10000,     16 << 20,  128,       255,   256,   1000};
    switch (which) {
    case RELAY_GATHERED:
        return (uintptr_t)gathered;
    case RELAY_OUT:
        return (uintptr_t)results;
    case RELAY_MINUS_ONE:
        return UINT64_MAX;
    case RELAY_HANDLE_OUT:
        return (uint64_t)out;
    case RELAY_MINUS_ONE + 2:
        return ((uint64_t)__builtin_wasm_memory_size(0) << 16) - 1;
    default:
        return (uint64_t)numbers[which % (sizeof numbers / sizeof *numbers)];
    }
}

static uint64_t value(void)
{
    uint8_t b = (uint8_t)take(1);
    if (b < 0x40)
        return b;
    if (b < 0x80)
        return results[(calls - 1 - ((b >> 3) & 7)) % RESULTS][b & 7];
    if (b < 0xc0)
        return (uintptr_t)text + (b & 0x3f);
    if (b < 0xfe)
        return odd(b);
    return take(b == 0xfe ? 4 : 8);
}

static void call_import(uint8_t op, uint64_t return_pointer)
{
    uint64_t args[PARAMS_MAX] = {0};
    const char *params = imports[op].params;
    uint32_t *result = results[calls % RESULTS];
    size_t count = 0;
    if (params[0] != 'n')
        for (; params[count]; count++) {
            bool is_pointer = imports[op].result == 'R' && !params[count + 1];
            args[count] = is_pointer ? return_pointer : value();
        }
    if (op == RELAY_monotonic_subscribe_duration)
        args[0] %= 1000000; /* a millisecond: a fuzzer has no time */
    if (op == RELAY_monotonic_subscribe_instant)
        args[0] = args[0] % 2 ? 1 : UINT64_MAX;
    uint64_t direct = imports[op].call(imports[op].f, args);
    if (imports[op].result != 'R') {
        result[0] = (uint32_t)direct;
        result[1] = (uint32_t)(direct >> 32);
    }
    calls++;
}

/* Its own results are not looked at: what goes wrong ends the guest. */
static void say(const void *at, size_t len)
{
    uint32_t ignored[RESULT_WORDS];
    uint64_t args[] = {(uint64_t)out, (uintptr_t)at, len, (uintptr_t)ignored};
    imports[RELAY_output_stream_blocking_write_and_flush].call(imports[RELAY_output_stream_blocking_write_and_flush].f, args);
}

static void show(const uint8_t *at, size_t len)
{
    for (size_t part; len; at += part, len -= part) {
        part = len < 4096 ? len : 4096;
        say(at, part);
    }
}

static void step(void)
{
    static uint64_t return_pointer;
    uint8_t op = (uint8_t)take(1) % RELAY_OPS;
    uint64_t at;
    size_t len;
    switch (op) {
    case RELAY_TEXT:
        len = take(1) % (TEXT_MAX + 1);
        for (size_t k = 0; k < len; k++)
            text[k] = (uint8_t)take(1);
        break;
    case RELAY_GATHER:
        len = take(1) % (GATHERED_MAX + 1);
        for (size_t k = 0; k < len; k++)
            gathered[k] = (uint32_t)value();
        break;
    case RELAY_SAY:
        len = take(1) % 9;
        at = value();
        say(&at, len);
        break;
    case RELAY_SHOW:
        at = value();
        show((const uint8_t *)(uintptr_t)at, (size_t)value());
        break;
    case RELAY_RETURN:
        return_pointer = value() + 1;
        break;
    case RELAY_REALLOC:
        how = (enum relay_realloc)(take(1) % REALLOC_KINDS);
        break;
    default:
        at = return_pointer;
        return_pointer = 0;
        call_import(op, at ? at - 1 : (uintptr_t)results[calls % RESULTS]);
    }
}

/* All of the input, at most what is there for it. */
static void read_program(void)
{
    static uint8_t input[1 << 14];
    uint32_t result[RESULT_WORDS];
    uint64_t in = imports[RELAY_get_stdin].call(imports[RELAY_get_stdin].f, NULL);
    program = input;
    for (;;) {
        uint64_t args[] = {in, sizeof input - rest, (uintptr_t)result};
        imports[RELAY_input_stream_read].call(imports[RELAY_input_stream_read].f, args);
        if ((uint8_t)result[0] || !result[2])
            return;
        __builtin_memcpy(input + rest, (const void *)(uintptr_t)result[1], result[2]);
        rest += result[2];
    }
}

__attribute__((export_name("wasi:cli/run@0.2.12#run"))) int32_t run(void);
int32_t run(void)
{
    out = (int32_t)imports[RELAY_get_stdout].call(imports[RELAY_get_stdout].f, NULL);
    read_program();
    while (rest)
        step();
    return 0;
}

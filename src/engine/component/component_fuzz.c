/* Calls of every host function that a component can reach, through the canonical ABI: the input is a program of tests/guests/relay.h. What
 * the outside answers follows from the input too. Without the guest (`make componentize`) nothing is tried. */
#include "base/fs.h"
#include "base/mem.h"
#include "engine/guest.h"
#include "engine/test_outside.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INSTRUCTIONS = 1000000, MAX_MEMORY = 8 << 20, MAX_OUTPUT = 1 << 20 };

static struct {
    bool tried;
    struct guest_host host;
    struct guest_program program;
} f;

static void load(void)
{
    AUTO(buf) struct buf wasm = {0};
    wasmtime_component_t *component = NULL;
    f.tried = true;
    AUTO(err) struct err *absent = fs_read(OUTLAYER_GUESTS "/relay.component.wasm", 4 << 20, &wasm);
    if (absent) {
        printf("%s\n", err_text(absent));
        return;
    }
    AUTO(err) struct err *e = guest_host_open(&f.host);
    if (e || wasmtime_component_new(f.host.engine, wasm.ptr, wasm.len, &component) ||
        shim_program_new(f.host.components, component, &f.program.component))
        __builtin_trap();
    wasmtime_component_delete(component);
}

/* The outside: answers out of a generator (xorshift) that the input has seeded. */
struct chance {
    uint64_t state;
};

static uint64_t draw(struct chance *c, uint64_t below)
{
    c->state ^= c->state << 13;
    c->state ^= c->state >> 7;
    c->state ^= c->state << 17;
    return c->state % below;
}

static void draw_bytes(struct chance *c, struct buf *out)
{
    static const char *const texts[] = {"x-header: 1\n", "internal-error: it broke", "DNS-error: none", "\xff\xfe",
                                        "a: \nb\n:\n\n"};
    uint64_t which = draw(c, 8);
    if (which < sizeof texts / sizeof *texts)
        buf_append_str(out, texts[which]);
    for (uint64_t left = which == 7 ? draw(c, 70000) : draw(c, 9); left; left--)
        buf_append_byte(out, (uint8_t)draw(c, 256));
}

static enum host_verdict answer_by_chance(void *self, const struct host_request *request, struct host_answer *answer)
{
    struct chance *c = self;
    const char *results = host_functions[request->op].results;
    for (size_t i = 0; results[i]; i++) {
        bool is_error = results[i] == 's' && !results[i + 1];
        if (is_error && draw(c, 4))
            continue;
        if (results[i] == 's' || results[i] == 'b')
            draw_bytes(c, &answer->bytes[i]);
        else
            answer->values[i].number = draw(c, 16) ? draw(c, 6) : draw(c, UINT64_MAX);
    }
    if (request->op == HOST_HTTP_OPEN) /* never 0 */
        answer->values[0].number = 1 + draw(c, 6);
    if (request->op == HOST_HTTP_WAIT && draw(c, 8)) { /* mostly ready, or the guest spins */
        buf_clear(&answer->bytes[0]);
        for (size_t i = 0; i < request->args[0].bytes.len / 8; i++)
            buf_append_byte(&answer->bytes[0], draw(c, 4) != 0);
    }
    return HOST_GO_ON;
}

static bool swallow(void *self, enum p1_stream stream, struct slice bytes)
{
    (void)self, (void)stream, (void)bytes;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!f.tried)
        load();
    if (!f.program.component)
        return 0;
    struct chance chance = {.state = size * 0x9e3779b97f4a7c15 + 1};
    for (size_t i = 0; i < size && i < 8; i++)
        chance.state += (uint64_t)data[size - 1 - i] << (8 * i);
    chance.state |= 1;
    struct task_host host = {.self = &chance};
    for (int i = 0; i < HOST_INTERFACES; i++)
        host.serve[i] = answer_by_chance;
    struct outside outside = {.host = &host};
    struct host_port port = {.exchange = outside_exchange, .self = &outside};
    struct p1 p1 = {.input = slice_from(data, size),
                    .environment = SLICE("A=b\0C\0=\xff\0"),
                    .environment_count = 3,
                    .max_output_len = MAX_OUTPUT,
                    .sink = swallow,
                    .port = &port};
    const struct guest_limits limits = {.max_instructions = MAX_INSTRUCTIONS, .max_memory = MAX_MEMORY};
    struct guest_instance instance = {0};
    struct guest_result result = {0};
    guest_run(&f.host, &f.program, &instance, &limits, &p1, &result);
    if (result.end == TASK_HOST_FAULT || result.end == TASK_INVALID_PROGRAM || result.instructions > MAX_INSTRUCTIONS ||
        result.peak_memory > MAX_MEMORY)
        __builtin_trap();
    guest_instance_free(&instance);
    if (f.host.memory.used)
        __builtin_trap();
    buf_free(&result.detail);
    buf_free(&port.frame);
    buf_free(&port.answer);
    return 0;
}

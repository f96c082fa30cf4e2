/* wasi:cli: environment, exit, standard streams, terminals (there are none) */
#include "engine/component/streams.h"
#include "engine/text.h"

/* How much check-write allows at a time. */
enum { WRITE_MAX = 1 << 20 };

/* A guest's strings are UTF-8, an environment need not be. */
static struct shim_list clean_text(struct component_call *c, struct slice text)
{
    AUTO(buf) struct buf clean = {0};
    text_append_clean(&clean, text, SIZE_MAX, TEXT_KEEP_LINES);
    struct slice copy = arena_copy(&c->guest->results, buf_slice(&clean));
    return (struct shim_list){copy.ptr, copy.len};
}

static bool get_environment(struct component_call *c)
{
    const struct p1 *p1 = c->guest->p1;
    struct slice rest = p1->environment;
    if (!component_charge(c, rest.len))
        return false;
    union shim_value *pairs = ARENA_ARRAY(&c->guest->results, union shim_value, 2 * (size_t)p1->environment_count);
    for (uint32_t i = 0; i < p1->environment_count; i++) {
        struct slice variable, name;
        rest = slice_cut(rest, '\0', &variable);
        struct slice value = slice_cut(variable, '=', &name);
        pairs[2 * i].list = clean_text(c, name);
        pairs[2 * i + 1].list = clean_text(c, value);
    }
    c->results[0].list = (struct shim_list){pairs, p1->environment_count};
    return true;
}

/* No arguments, no folder. */
static bool return_nothing(struct component_call *c)
{
    (void)c;
    return true;
}

static bool exit_with(struct component_call *c)
{
    c->guest->p1->stop = P1_EXITED;
    c->guest->p1->exit_code = (int)c->args[0].n; /* of a result: 0 ok, 1 error */
    return false;
}

static struct pollable always_ready(void *self)
{
    (void)self;
    return (struct pollable){0};
}

static enum stream_state read_stdin(struct component_call *c, void *self, size_t max_len, struct slice *out,
                                    struct component_error **error)
{
    (void)self, (void)error;
    struct p1 *p1 = c->guest->p1;
    if (p1->input_at == p1->input.len)
        return STREAM_CLOSED;
    return p1_take_input(p1, c->store, max_len, out) ? STREAM_OK : STREAM_STOPPED;
}

/* At least one byte: a program that writes over its limit shall end by it rather than wait for room that never comes. */
static enum stream_state check_stdout(struct component_call *c, void *self, uint64_t *len, struct component_error **error)
{
    (void)self, (void)error;
    const struct p1 *p1 = c->guest->p1;
    uint64_t left = p1->max_output_len - p1->output_len;
    *len = left < WRITE_MAX ? left + (left == 0) : WRITE_MAX;
    return STREAM_OK;
}

static enum stream_state check_stderr(struct component_call *c, void *self, uint64_t *len, struct component_error **error)
{
    (void)c, (void)self, (void)error;
    *len = WRITE_MAX;
    return STREAM_OK;
}

static enum stream_state write_stdout(struct component_call *c, void *self, struct slice bytes, struct component_error **error)
{
    (void)self, (void)error;
    return p1_deliver(c->guest->p1, c->store, P1_STDOUT, bytes) ? STREAM_OK : STREAM_STOPPED;
}

static enum stream_state write_stderr(struct component_call *c, void *self, struct slice bytes, struct component_error **error)
{
    (void)self, (void)error;
    return p1_deliver(c->guest->p1, c->store, P1_STDERR, bytes) ? STREAM_OK : STREAM_STOPPED;
}

static const struct input_stream_ops stdin_ops = {.read = read_stdin, .pollable = always_ready};
static const struct output_stream_ops stdout_ops = {.check = check_stdout, .write = write_stdout, .pollable = always_ready};
static const struct output_stream_ops stderr_ops = {.check = check_stderr, .write = write_stderr, .pollable = always_ready};

static bool get_stdin(struct component_call *c)
{
    return input_stream_new(c, &stdin_ops, NULL, &c->results[0]);
}

static bool get_stdout(struct component_call *c)
{
    return output_stream_new(c, &stdout_ops, NULL, &c->results[0]);
}

static bool get_stderr(struct component_call *c)
{
    return output_stream_new(c, &stderr_ops, NULL, &c->results[0]);
}

#define FUNCTIONS(...) ((const struct component_function_row[]){__VA_ARGS__, {0}})
#define RESOURCES(...) ((const struct component_resource_row[]){__VA_ARGS__, {0}})

const struct component_interface component_environment = {
    "wasi:cli/environment@0.2.0", NULL, NULL,
    FUNCTIONS({"get-environment", "() -> list<tuple<string, string>>", get_environment},
              {"get-arguments", "() -> list<string>", return_nothing},
              {"initial-cwd", "() -> option<string>", return_nothing})};

const struct component_interface component_exit = {
    "wasi:cli/exit@0.2.0", NULL, NULL, FUNCTIONS({"exit", "(result)", exit_with}, {"exit-with-code", "(u8)", exit_with})};

const struct component_interface component_stdin = {"wasi:cli/stdin@0.2.0", NULL, NULL,
                                                    FUNCTIONS({"get-stdin", "() -> own<input-stream>", get_stdin})};

const struct component_interface component_stdout = {"wasi:cli/stdout@0.2.0", NULL, NULL,
                                                     FUNCTIONS({"get-stdout", "() -> own<output-stream>", get_stdout})};

const struct component_interface component_stderr = {"wasi:cli/stderr@0.2.0", NULL, NULL,
                                                     FUNCTIONS({"get-stderr", "() -> own<output-stream>", get_stderr})};

const struct component_interface component_terminal_input = {"wasi:cli/terminal-input@0.2.0", NULL,
                                                             RESOURCES({"terminal-input", KIND_TERMINAL_INPUT}), NULL};

const struct component_interface component_terminal_output = {"wasi:cli/terminal-output@0.2.0", NULL,
                                                              RESOURCES({"terminal-output", KIND_TERMINAL_OUTPUT}), NULL};

const struct component_interface component_terminal_stdin = {
    "wasi:cli/terminal-stdin@0.2.0", NULL, NULL,
    FUNCTIONS({"get-terminal-stdin", "() -> option<own<terminal-input>>", return_nothing})};

const struct component_interface component_terminal_stdout = {
    "wasi:cli/terminal-stdout@0.2.0", NULL, NULL,
    FUNCTIONS({"get-terminal-stdout", "() -> option<own<terminal-output>>", return_nothing})};

const struct component_interface component_terminal_stderr = {
    "wasi:cli/terminal-stderr@0.2.0", NULL, NULL,
    FUNCTIONS({"get-terminal-stderr", "() -> option<own<terminal-output>>", return_nothing})};

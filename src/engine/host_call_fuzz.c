/* Both ends of a call of the outside, without a guest: a call of the input's choosing, answered with values of the input's choosing that
 * the engine's side has settled, and again with the input's raw bytes, as an engine would that is none. */
#include "engine/test_outside.h"
#include "engine/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts a piece off the input: a byte says how long it is, 255 that it is long. */
static struct slice cut(struct slice *rest)
{
    size_t len = rest->len ? rest->ptr[0] : 0;
    if (len == 255)
        len = 70000;
    *rest = slice_skip(*rest, 1);
    struct slice piece = slice_first(*rest, len);
    *rest = slice_skip(*rest, len);
    return piece;
}

static uint64_t number(struct slice *rest)
{
    uint64_t n = 0;
    struct slice bytes = slice_first(*rest, sizeof n);
    if (bytes.len)
        memcpy(&n, bytes.ptr, bytes.len);
    *rest = slice_skip(*rest, sizeof n);
    return n;
}

static void cut_values(const char *shape, struct slice *rest, struct host_value *out)
{
    for (; *shape; shape++, out++) {
        *out = (struct host_value){0};
        if (strchr("ui", *shape)) {
            out->number = number(rest);
        } else if (strchr("tT", *shape)) {
            out->number = number(rest) & 1;
            out->none = *shape == 'T' && out->number && rest->len % 2;
        } else {
            out->bytes = cut(rest);
            out->none = *shape == 'S' && out->bytes.len == 0;
        }
    }
}

struct answering {
    struct host_value asked[HOST_PARAMS_MAX]; /* what must arrive */
    struct slice *rest;
};

static void check_values(const char *shape, const struct host_value *a, const struct host_value *b)
{
    for (; *shape; shape++, a++, b++)
        if (a->none != b->none || (!a->none && strchr("uitT", *shape) && a->number != b->number) ||
            (!a->none && strchr("sbS", *shape) && !slice_eq(a->bytes, b->bytes)))
            __builtin_trap();
}

static enum host_verdict answer_from_input(void *self, const struct host_request *request, struct host_answer *answer)
{
    struct answering *a = self;
    const char *results = host_functions[request->op].results;
    check_values(host_functions[request->op].params, a->asked, request->args);
    cut_values(results, a->rest, answer->values);
    for (size_t i = 0; results[i]; i++)
        buf_append(&answer->bytes[i], answer->values[i].bytes);
    return a->rest->len && a->rest->ptr[0] == 'E' ? HOST_END_HTTP_TIMEOUTS : HOST_GO_ON;
}

static bool answer_raw(void *self, struct slice frame, uint32_t call, struct buf *answer)
{
    (void)frame, (void)call;
    struct slice *rest = self;
    buf_clear(answer);
    buf_append(answer, *rest);
    return true;
}

/* What host_call leaves must be readable to its last byte, and its texts are UTF-8. */
static void check_results(const struct host_port *port)
{
    const char *results = host_functions[port->op].results;
    AUTO(buf) struct buf copy = {0};
    for (size_t i = 0; results[i]; i++) {
        buf_append(&copy, port->results[i].bytes);
        if (results[i] == 's' && !text_is_utf8(port->results[i].bytes))
            __builtin_trap();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_from(data, size);
    if (size < 1)
        return 0;
    enum host_op op = (enum host_op)(data[0] % HOST_OPS);
    rest = slice_skip(rest, 1);
    struct answering a = {.rest = &rest};
    struct task_host host = {.self = &a};
    host.serve[host_functions[op].interface] = answer_from_input;
    struct outside outside = {.host = &host};
    struct host_port port = {.exchange = outside_exchange, .self = &outside};
    cut_values(host_functions[op].params, &rest, a.asked);
    for (int i = 0; i < 3; i++)
        if (host_call(&port, op, a.asked))
            check_results(&port);
    port.exchange = answer_raw;
    port.self = &rest;
    if (host_call(&port, op, a.asked))
        check_results(&port);
    buf_free(&port.frame);
    buf_free(&port.answer);
    return 0;
}

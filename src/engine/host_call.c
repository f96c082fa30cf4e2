#include "engine/host_call.h"
#include "engine/text.h"
#include "engine/wire.h"
#include <string.h>

/* Puts an error of our own in the answer's place. */
static bool answer_here(struct host_port *port, const char *why)
{
    AUTO(host_answer) struct host_answer answer = {0};
    const char *results = host_functions[port->op].results;
    host_answer_fail(&answer, port->op, "%s", why);
    for (size_t i = 0; results[i]; i++)
        answer.values[i].bytes = buf_slice(&answer.bytes[i]);
    buf_clear(&port->answer);
    host_values_append(results, answer.values, &port->answer);
    AUTO(err) struct err *fault = host_values_read(results, buf_slice(&port->answer), port->results);
    return !fault;
}

static const char *fault_of(enum host_op op, const struct host_value *args)
{
    const char *params = host_functions[op].params;
    for (size_t i = 0; params[i]; i++) {
        if (strchr("sS", params[i]) && !args[i].none && !text_is_utf8(args[i].bytes))
            return "invalid argument: a text is not UTF-8";
    }
    return host_values_len(params, args) > HOST_REQUEST_MAX ? "invalid argument: the request is longer than 4 MiB" : NULL;
}

bool host_call(struct host_port *port, enum host_op op, const struct host_value *args)
{
    const struct host_function *f = &host_functions[op];
    port->op = op;
    if (!port->exchange)
        return answer_here(port, host_interface_absence(f->interface));
    const char *fault = fault_of(op, args);
    if (fault)
        return answer_here(port, fault);
    if (port->calls == HOST_CALLS_MAX)
        return false;
    struct call_head head = {.op = op, .number = ++port->calls};
    struct frame_head frame = {.kind = FRAME_CALL, .len = (uint32_t)(sizeof head + host_values_len(f->params, args))};
    buf_clear(&port->frame);
    buf_append(&port->frame, slice_from(&frame, sizeof frame));
    buf_append(&port->frame, slice_from(&head, sizeof head));
    host_values_append(f->params, args, &port->frame);
    if (!port->exchange(port->self, buf_slice(&port->frame), port->calls, &port->answer))
        return false;
    AUTO(err) struct err *nonsense = host_values_read(f->results, buf_slice(&port->answer), port->results);
    return !nonsense;
}

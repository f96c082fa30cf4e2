/* near:* and outlayer:*, made of the table of engine/host.h: a letter of its shapes is a type of WIT. */
#include "engine/component/host.h"
#include "base/buf.h"
#include <string.h>

/* The WIT type of a letter. */
static const char *type_of(char letter)
{
    switch (letter) {
    case 's':
        return "string";
    case 'b':
        return "list<u8>";
    case 'S':
        return "option<string>";
    case 'T':
        return "option<bool>";
    case 'u':
        return "u64";
    case 'i':
        return "s64";
    default:
        return "bool";
    }
}

static void append_types(const char *shape, struct buf *out)
{
    for (size_t i = 0; shape[i]; i++)
        buf_append_fmt(out, "%s%s", i ? ", " : "", type_of(shape[i]));
}

static void append_signature(const struct host_function *f, struct buf *out)
{
    bool many = strlen(f->results) > 1;
    buf_append_byte(out, '(');
    append_types(f->params, out);
    buf_append_str(out, many ? ") -> tuple<" : ") -> ");
    append_types(f->results, out);
    if (many)
        buf_append_byte(out, '>');
}

static struct slice bytes_of(const union shim_value *slot)
{
    return slice_from(slot->list.ptr, slot->list.len);
}

static void read_args(const char *params, const union shim_value *slots, struct host_value *out)
{
    for (; *params; params++, out++) {
        *out = (struct host_value){0};
        if (strchr("ST", *params))
            out->none = (slots++)->n == 0;
        if (strchr("sbS", *params))
            out->bytes = out->none ? (struct slice){0} : bytes_of(slots);
        else
            out->number = slots->n;
        slots++;
    }
}

static void put_results(const char *results, const struct host_value *values, union shim_value *slots)
{
    for (; *results; results++, values++, slots++) {
        if (strchr("sb", *results))
            slots->list = (struct shim_list){values->bytes.ptr, values->bytes.len};
        else
            slots->n = values->number;
    }
}

struct host_port *component_port(const struct component *guest)
{
    static struct host_port nowhere;
    return guest->p1->port ? guest->p1->port : &nowhere;
}

static uint64_t bytes_in(const char *shape, const struct host_value *values)
{
    uint64_t len = 0;
    for (; *shape; shape++, values++)
        len += values->bytes.len;
    return len;
}

struct host_port *component_host_call(struct component_call *c, enum host_op op, const struct host_value *args)
{
    const struct host_function *f = &host_functions[op];
    struct host_port *port = component_port(c->guest);
    if (!component_charge(c, 1 + bytes_in(f->params, args)))
        return NULL;
    if (!host_call(port, op, args)) {
        c->guest->p1->stop = host_call_stop(port);
        return NULL;
    }
    return component_charge(c, bytes_in(f->results, port->results)) ? port : NULL;
}

static bool enter(void *env, wasmtime_context_t *store, const union shim_value *args, union shim_value *results)
{
    const struct host_function *f = env;
    struct component_call c = {.guest = wasmtime_context_get_data(store), .store = store, .args = args, .results = results};
    struct host_value values[HOST_PARAMS_MAX] = {0};
    read_args(f->params, args, values);
    const struct host_port *port = component_host_call(&c, (enum host_op)(f - host_functions), values);
    if (port)
        put_results(f->results, port->results, results);
    return port != NULL;
}

wasmtime_error_t *component_host_define(shim_linker_t *linker)
{
    wasmtime_error_t *error = NULL;
    for (size_t i = 0; i < HOST_OPS && !error; i++) {
        const struct host_function *f = &host_functions[i];
        AUTO(buf) struct buf signature = {0};
        if (f->interface == HOST_HTTP) /* theirs is wasi:http */
            continue;
        append_signature(f, &signature);
        error = shim_linker_function(linker, host_interface_name(f->interface), f->name, buf_str(&signature), enter,
                                     (void *)(uintptr_t)f);
    }
    return error;
}

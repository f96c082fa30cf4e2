/* The interfaces there are, and the one way into all their functions. */
#include "engine/component/http.h"

const struct component_interface *const component_interfaces[] = {
    &component_io_error,
    &component_io_poll,
    &component_io_streams,
    &component_monotonic_clock,
    &component_wall_clock,
    &component_random,
    &component_insecure,
    &component_insecure_seed,
    &component_environment,
    &component_exit,
    &component_stdin,
    &component_stdout,
    &component_stderr,
    &component_terminal_input,
    &component_terminal_output,
    &component_terminal_stdin,
    &component_terminal_stdout,
    &component_terminal_stderr,
    &component_filesystem_types,
    &component_filesystem_preopens,
    &component_network,
    &component_instance_network,
    &component_ip_name_lookup,
    &component_tcp,
    &component_tcp_create_socket,
    &component_udp,
    &component_udp_create_socket,
    &component_http_types,
    &component_http_handler,
};
const size_t component_interface_count = sizeof component_interfaces / sizeof *component_interfaces;

bool component_fault(struct component *guest, const char *why)
{
    guest->p1->stop = P1_FAULTED;
    guest->fault = why;
    return false;
}

bool component_hold(struct component *guest, size_t more)
{
    if (more > COMPONENT_HELD_MAX - guest->held)
        return component_fault(guest, "more than 64 MiB of fields and bodies");
    guest->held += more;
    return true;
}

static bool enter(void *env, wasmtime_context_t *store, const union shim_value *args, union shim_value *results)
{
    const struct component_function_row *row = env;
    struct component_call c = {.guest = wasmtime_context_get_data(store), .store = store, .args = args, .results = results};
    arena_free(&c.guest->results);
    return row->function ? row->function(&c) : component_fault(c.guest, "a resource that does not exist");
}

static bool drop(void *env, wasmtime_context_t *store, const union shim_value *args, union shim_value *results)
{
    const struct component_resource_row *row = env;
    struct component_call c = {.guest = wasmtime_context_get_data(store), .store = store, .args = args, .results = results};
    return component_handle_drop(&c, row->kind, args[0].n);
}

static wasmtime_error_t *define(shim_linker_t *linker, const struct component_interface *i)
{
    wasmtime_error_t *error = NULL;
    for (const struct component_resource_row *row = i->resources; row && row->name && !error; row++)
        error = shim_linker_resource(linker, i->name, row->name, row->kind, drop, (void *)(uintptr_t)row);
    for (const struct component_type_row *row = i->types; row && row->name && !error; row++)
        error = shim_linker_type(linker, row->name, row->type);
    for (const struct component_function_row *row = i->functions; row && row->name && !error; row++)
        error = shim_linker_function(linker, i->name, row->name, row->signature, enter, (void *)(uintptr_t)row);
    return error;
}

wasmtime_error_t *component_linker_new(const wasm_engine_t *engine, shim_linker_t **out)
{
    wasmtime_error_t *error = NULL;
    *out = shim_linker_new(engine);
    for (size_t i = 0; i < component_interface_count && !error; i++)
        error = define(*out, component_interfaces[i]);
    return error ? error : component_host_define(*out);
}

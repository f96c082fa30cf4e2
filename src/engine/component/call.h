/* Inside component: what the tables of an interface are made of, and what its functions use. */
#pragma once
#include "engine/component/component.h"

/* One call of a guest. */
struct component_call {
    struct component *guest;
    wasmtime_context_t *store;
    const union shim_value *args; /* shim.h says how values lie in here and in results */
    union shim_value *results;    /* zero: false, 0, none, ok, the first case */
};

/* False: the guest is stopped; p1->stop says why. */
typedef bool component_function(struct component_call *c);

enum component_kind {
    KIND_ERROR = 1,
    KIND_POLLABLE,
    KIND_INPUT_STREAM,
    KIND_OUTPUT_STREAM,
    KIND_TERMINAL_INPUT,
    KIND_TERMINAL_OUTPUT,
    KIND_DESCRIPTOR,
    KIND_DIRECTORY_ENTRY_STREAM,
    KIND_NETWORK,
    KIND_RESOLVE_ADDRESS_STREAM,
    KIND_TCP_SOCKET,
    KIND_UDP_SOCKET,
    KIND_INCOMING_DATAGRAM_STREAM,
    KIND_OUTGOING_DATAGRAM_STREAM,
    KIND_FIELDS,
    KIND_INCOMING_REQUEST,
    KIND_OUTGOING_REQUEST,
    KIND_REQUEST_OPTIONS,
    KIND_RESPONSE_OUTPARAM,
    KIND_INCOMING_RESPONSE,
    KIND_INCOMING_BODY,
    KIND_FUTURE_TRAILERS,
    KIND_OUTGOING_RESPONSE,
    KIND_OUTGOING_BODY,
    KIND_FUTURE_INCOMING_RESPONSE,
};

struct component_type_row {
    const char *name, *type;
};

struct component_resource_row {
    const char *name;
    enum component_kind kind;
};

struct component_function_row {
    const char *name, *signature;
    component_function *function; /* NULL: nobody can call it, for there is no resource it takes */
};

/* Each table ends with a zero row and may be NULL. `name` is with version 0.2.0, or the one version there is. */
struct component_interface {
    const char *name;
    const struct component_type_row *types;
    const struct component_resource_row *resources;
    const struct component_function_row *functions;
};

extern const struct component_interface component_io_error, component_io_poll, component_io_streams, component_monotonic_clock,
    component_wall_clock, component_random, component_insecure, component_insecure_seed, component_environment, component_exit,
    component_stdin, component_stdout, component_stderr, component_terminal_input, component_terminal_output,
    component_terminal_stdin, component_terminal_stdout, component_terminal_stderr, component_filesystem_types,
    component_filesystem_preopens, component_network, component_instance_network, component_ip_name_lookup, component_tcp,
    component_tcp_create_socket, component_udp, component_udp_create_socket;

/* Stops the guest as a trap does, for breaking the contract of a host function; `why` is a constant. False. */
bool component_fault(struct component *guest, const char *why);

/* Takes `units` of the guest's instructions; false: it has not that many, and is stopped. */
static inline bool component_charge(const struct component_call *c, uint64_t units)
{
    return p1_charge(c->guest->p1, c->store, units);
}

/* Notes that a resource of the guest keeps `more` bytes; false: they are too many, and the guest is stopped. What is let go comes off
 * guest->held again. */
bool component_hold(struct component *guest, size_t more);

/* Gives the guest a resource: *slot is its number. Takes the object, which is not NULL, also when it fails. `drop` (or NULL) is
 * called when the guest drops it or ends. */
bool component_handle_new(struct component_call *c, enum component_kind kind, void *object, void (*drop)(void *object),
                          union shim_value *slot);

/* The object of a number from the arguments; it stays the guest's. NULL: there is no such resource of this kind, and the guest is
 * stopped. */
void *component_handle_get(struct component_call *c, enum component_kind kind, uint64_t number);

/* As component_handle_get, and the object is the caller's now: for `own` arguments. */
void *component_handle_take(struct component_call *c, enum component_kind kind, uint64_t number);

/* Drops a resource as the guest does. */
bool component_handle_drop(struct component_call *c, enum component_kind kind, uint64_t number);

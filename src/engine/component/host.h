/* Inside component: the interfaces of engine/host.h, and what those of HTTP are made of. */
#pragma once
#include "engine/component/call.h"
#include "engine/host_call.h"

/* Defines near:rpc, near:storage, near:vrf, near:payment and outlayer:wallet from the table of engine/host.h. */
wasmtime_error_t *component_host_define(shim_linker_t *linker);

/* Calls the outside and leaves the results in the port, which it returns: borrowed until the next such call. Bytes cost as those of
 * streams do. NULL: the guest is stopped. */
struct host_port *component_host_call(struct component_call *c, enum host_op op, const struct host_value *args);

/* The guest's way to the outside; never NULL. */
struct host_port *component_port(const struct component *guest);

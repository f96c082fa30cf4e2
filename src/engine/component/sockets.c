/* wasi:sockets: a program may ask for sockets and names, and is denied both; so nothing that takes a socket is ever called. */
#include "engine/component/call.h"

enum { ERROR_ACCESS_DENIED = 1 }; /* of socket-error */

static bool instance_network(struct component_call *c)
{
    static char network; /* there is one, and nothing to know about it */
    return component_handle_new(c, KIND_NETWORK, &network, NULL, &c->results[0]);
}

static bool deny(struct component_call *c)
{
    c->results[0].n = 1;
    c->results[1].n = ERROR_ACCESS_DENIED;
    return true;
}

static const struct component_type_row network_types[] = {
    {"socket-error", "enum{unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, "
                     "concurrency-conflict, not-in-progress, would-block, invalid-state, new-socket-limit, "
                     "address-not-bindable, address-in-use, remote-unreachable, connection-refused, connection-reset, "
                     "connection-aborted, datagram-too-large, name-unresolvable, temporary-resolver-failure, "
                     "permanent-resolver-failure}"},
    {"ip-family", "enum{ipv4, ipv6}"},
    {"ipv4", "tuple<u8, u8, u8, u8>"},
    {"ipv6", "tuple<u16, u16, u16, u16, u16, u16, u16, u16>"},
    {"ip-address", "variant{ipv4(ipv4), ipv6(ipv6)}"},
    {"socket-address", "variant{ipv4(record{port: u16, address: ipv4}), "
                       "ipv6(record{port: u16, flow-info: u32, address: ipv6, scope-id: u32})}"},
    {0},
};

static const struct component_resource_row network_resources[] = {{"network", KIND_NETWORK}, {0}};

const struct component_interface component_network = {"wasi:sockets/network@0.2.0", network_types, network_resources, NULL};

static const struct component_function_row instance_network_functions[] = {
    {"instance-network", "() -> own<network>", instance_network},
    {0},
};

const struct component_interface component_instance_network = {"wasi:sockets/instance-network@0.2.0", NULL, NULL,
                                                               instance_network_functions};

#define METHOD(type, name, params, result) \
    {"[method]" type "." name, "(borrow<" type ">" params ") -> result<" result ", socket-error>", NULL}
#define SUBSCRIBE(type) {"[method]" type ".subscribe", "(borrow<" type ">) -> own<pollable>", NULL}

static const struct component_resource_row lookup_resources[] = {
    {"resolve-address-stream", KIND_RESOLVE_ADDRESS_STREAM},
    {0},
};

static const struct component_function_row lookup_functions[] = {
    {"resolve-addresses", "(borrow<network>, string) -> result<own<resolve-address-stream>, socket-error>", deny},
    METHOD("resolve-address-stream", "resolve-next-address", "", "option<ip-address>"),
    SUBSCRIBE("resolve-address-stream"),
    {0},
};

const struct component_interface component_ip_name_lookup = {"wasi:sockets/ip-name-lookup@0.2.0", NULL, lookup_resources,
                                                             lookup_functions};

#define TCP(name, params, result) METHOD("tcp-socket", name, params, result)

static const struct component_resource_row tcp_resources[] = {{"tcp-socket", KIND_TCP_SOCKET}, {0}};

static const struct component_function_row tcp_functions[] = {
    TCP("start-bind", ", borrow<network>, socket-address", "_"),
    TCP("finish-bind", "", "_"),
    TCP("start-connect", ", borrow<network>, socket-address", "_"),
    TCP("finish-connect", "", "tuple<own<input-stream>, own<output-stream>>"),
    TCP("start-listen", "", "_"),
    TCP("finish-listen", "", "_"),
    TCP("accept", "", "tuple<own<tcp-socket>, own<input-stream>, own<output-stream>>"),
    TCP("local-address", "", "socket-address"),
    TCP("remote-address", "", "socket-address"),
    {"[method]tcp-socket.is-listening", "(borrow<tcp-socket>) -> bool", NULL},
    {"[method]tcp-socket.address-family", "(borrow<tcp-socket>) -> ip-family", NULL},
    TCP("set-listen-backlog-size", ", u64", "_"),
    TCP("keep-alive-enabled", "", "bool"),
    TCP("set-keep-alive-enabled", ", bool", "_"),
    TCP("keep-alive-idle-time", "", "u64"),
    TCP("set-keep-alive-idle-time", ", u64", "_"),
    TCP("keep-alive-interval", "", "u64"),
    TCP("set-keep-alive-interval", ", u64", "_"),
    TCP("keep-alive-count", "", "u32"),
    TCP("set-keep-alive-count", ", u32", "_"),
    TCP("hop-limit", "", "u8"),
    TCP("set-hop-limit", ", u8", "_"),
    TCP("receive-buffer-size", "", "u64"),
    TCP("set-receive-buffer-size", ", u64", "_"),
    TCP("send-buffer-size", "", "u64"),
    TCP("set-send-buffer-size", ", u64", "_"),
    SUBSCRIBE("tcp-socket"),
    TCP("shutdown", ", enum{receive, send, both}", "_"),
    {0},
};

const struct component_interface component_tcp = {"wasi:sockets/tcp@0.2.0", NULL, tcp_resources, tcp_functions};

static const struct component_function_row tcp_create_functions[] = {
    {"create-tcp-socket", "(ip-family) -> result<own<tcp-socket>, socket-error>", deny},
    {0},
};

const struct component_interface component_tcp_create_socket = {"wasi:sockets/tcp-create-socket@0.2.0", NULL, NULL,
                                                                tcp_create_functions};

#define UDP(name, params, result) METHOD("udp-socket", name, params, result)

static const struct component_resource_row udp_resources[] = {
    {"udp-socket", KIND_UDP_SOCKET},
    {"incoming-datagram-stream", KIND_INCOMING_DATAGRAM_STREAM},
    {"outgoing-datagram-stream", KIND_OUTGOING_DATAGRAM_STREAM},
    {0},
};

static const struct component_function_row udp_functions[] = {
    UDP("start-bind", ", borrow<network>, socket-address", "_"),
    UDP("finish-bind", "", "_"),
    UDP("stream", ", option<socket-address>", "tuple<own<incoming-datagram-stream>, own<outgoing-datagram-stream>>"),
    UDP("local-address", "", "socket-address"),
    UDP("remote-address", "", "socket-address"),
    {"[method]udp-socket.address-family", "(borrow<udp-socket>) -> ip-family", NULL},
    UDP("unicast-hop-limit", "", "u8"),
    UDP("set-unicast-hop-limit", ", u8", "_"),
    UDP("receive-buffer-size", "", "u64"),
    UDP("set-receive-buffer-size", ", u64", "_"),
    UDP("send-buffer-size", "", "u64"),
    UDP("set-send-buffer-size", ", u64", "_"),
    SUBSCRIBE("udp-socket"),
    METHOD("incoming-datagram-stream", "receive", ", u64", "list<record{data: list<u8>, remote-address: socket-address}>"),
    SUBSCRIBE("incoming-datagram-stream"),
    METHOD("outgoing-datagram-stream", "check-send", "", "u64"),
    METHOD("outgoing-datagram-stream", "send", ", list<record{data: list<u8>, remote-address: option<socket-address>}>", "u64"),
    SUBSCRIBE("outgoing-datagram-stream"),
    {0},
};

const struct component_interface component_udp = {"wasi:sockets/udp@0.2.0", NULL, udp_resources, udp_functions};

static const struct component_function_row udp_create_functions[] = {
    {"create-udp-socket", "(ip-family) -> result<own<udp-socket>, socket-error>", deny},
    {0},
};

const struct component_interface component_udp_create_socket = {"wasi:sockets/udp-create-socket@0.2.0", NULL, NULL,
                                                                udp_create_functions};

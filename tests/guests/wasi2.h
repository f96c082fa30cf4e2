/* The imports of WASI 0.2 that tests use, as the canonical ABI lays them out: a result that is more than one value goes to memory at the last
 * argument; a list or text is pointer and length. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WASI(interface, name) __attribute__((import_module("wasi:" interface "@0.2.12"), import_name(name)))

typedef int32_t handle;

struct list {
    void *ptr;
    size_t len;
};

/* result<list<u8>, stream-error> and result<_, stream-error> */
struct bytes_result {
    uint8_t is_error;
    union {
        struct list bytes;
        struct {
            uint8_t closed;
            handle error;
        };
    };
};

/* result<u64, stream-error> */
struct u64_result {
    uint8_t is_error;
    union {
        uint64_t n;
        uint8_t closed;
    };
};

/* result<own<…>, error-code> of sockets */
struct code_result {
    uint8_t is_error;
    union {
        handle resource;
        uint8_t code;
    };
};

WASI("cli/stdin", "get-stdin") handle get_stdin(void);
WASI("cli/stdout", "get-stdout") handle get_stdout(void);
WASI("cli/stderr", "get-stderr") handle get_stderr(void);
WASI("cli/environment", "get-environment") void get_environment(struct list *out);
WASI("cli/environment", "get-arguments") void get_arguments(struct list *out);
WASI("cli/environment", "initial-cwd") void initial_cwd(int32_t out[3]);
WASI("cli/exit", "exit") void exit_with_result(int32_t is_error);
WASI("cli/exit", "exit-with-code") void exit_with_code(int32_t code);
WASI("cli/terminal-stdout", "get-terminal-stdout") void get_terminal_stdout(int32_t out[2]);

WASI("io/streams", "[method]input-stream.read") void input_read(handle s, uint64_t len, struct bytes_result *out);
WASI("io/streams", "[method]input-stream.blocking-read")
void input_blocking_read(handle s, uint64_t len, struct bytes_result *out);
WASI("io/streams", "[method]input-stream.blocking-skip") void input_skip(handle s, uint64_t len, struct u64_result *out);
WASI("io/streams", "[method]input-stream.subscribe") handle input_subscribe(handle s);
WASI("io/streams", "[resource-drop]input-stream") void input_drop(handle s);
WASI("io/streams", "[method]output-stream.check-write") void output_check(handle s, struct u64_result *out);
WASI("io/streams", "[method]output-stream.write")
void output_write(handle s, const void *ptr, size_t len, struct bytes_result *out);
WASI("io/streams", "[method]output-stream.blocking-write-and-flush")
void output_blocking_write(handle s, const void *ptr, size_t len, struct bytes_result *out);
WASI("io/streams", "[method]output-stream.blocking-flush") void output_flush(handle s, struct bytes_result *out);
WASI("io/streams", "[method]output-stream.write-zeroes") void output_zeroes(handle s, uint64_t len, struct bytes_result *out);
WASI("io/streams", "[method]output-stream.blocking-write-zeroes-and-flush")
void output_blocking_zeroes(handle s, uint64_t len, struct bytes_result *out);
WASI("io/streams", "[method]output-stream.splice")
void output_splice(handle s, handle from, uint64_t len, struct u64_result *out);
WASI("io/streams", "[method]output-stream.subscribe") handle output_subscribe(handle s);
WASI("io/streams", "[resource-drop]output-stream") void output_drop(handle s);

WASI("io/poll", "poll") void poll_list(const handle *list, size_t len, struct list *out);
WASI("io/poll", "[method]pollable.ready") int32_t pollable_ready(handle p);
WASI("io/poll", "[method]pollable.block") void pollable_block(handle p);
WASI("io/poll", "[resource-drop]pollable") void pollable_drop(handle p);

WASI("clocks/monotonic-clock", "now") uint64_t monotonic_now(void);
WASI("clocks/monotonic-clock", "resolution") uint64_t monotonic_resolution(void);
WASI("clocks/monotonic-clock", "subscribe-duration") handle subscribe_duration(uint64_t ns);
WASI("clocks/monotonic-clock", "subscribe-instant") handle subscribe_instant(uint64_t ns);
WASI("clocks/wall-clock", "now") void wall_now(uint64_t out[2]);

WASI("random/random", "get-random-bytes") void random_bytes(uint64_t len, struct list *out);
WASI("random/random", "get-random-u64") uint64_t random_u64(void);
WASI("random/insecure-seed", "insecure-seed") void insecure_seed(uint64_t out[2]);

WASI("filesystem/preopens", "get-directories") void get_directories(struct list *out);
WASI("filesystem/types", "[method]descriptor.sync") void descriptor_sync(handle d, void *out);

WASI("sockets/instance-network", "instance-network") handle instance_network(void);
WASI("sockets/tcp-create-socket", "create-tcp-socket") void create_tcp_socket(int32_t family, struct code_result *out);
WASI("sockets/udp-create-socket", "create-udp-socket") void create_udp_socket(int32_t family, struct code_result *out);
WASI("sockets/ip-name-lookup", "resolve-addresses")
void resolve_addresses(handle network, const char *name, size_t len, struct code_result *out);

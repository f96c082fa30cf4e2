/* The outside (engine/host.h) as plain imports of modules, for programs without component tooling: sdk/outlayer.h is their header.
 *
 * Module `outlayer`. Every function of the table under the name INTERFACE_FUNCTION with underscores: `rpc_view`, `storage_get`,
 * `payment_refund_usd`, `http_open`. Parameters:
 *
 *     s, b     i32 pointer, i32 length
 *     S        the same; pointer 0: none
 *     u, i     i64
 *     t        i32, 0: false
 *     T        i32, 0: false, 1: true, -1: none
 *
 * They return an i32: of a function whose results end in an error, 1 when there is one and 0 when not; of the others, their one truth.
 * What came is read from the host until the next call:
 *
 *     result_len(k: i32) -> i32                                    bytes of result k (from 0), 0 when it has none
 *     result_read(k: i32, at: i32, ptr: i32, len: i32) -> i32      copies from byte `at` on; how many there were
 *     result_number(k: i32) -> i64                                 of u, i, t
 *
 * A pointer that leaves memory ends the program, as an access of its own would. Bytes that move cost one instruction each.
 */
#pragma once
#include <wasmtime.h>

/* Defines all functions in a linker whose stores carry a `struct p1 *`. NULL, or an error that the caller deletes. */
wasmtime_error_t *host_p1_define(wasmtime_linker_t *linker);

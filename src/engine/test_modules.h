/* Hostile and odd programs as bytes, each with its text form (inside "(module …)") above; made with wat2wasm. */
#pragma once
#include "base/slice.h"

/* (import "env" "foo" (func)) (func (export "_start")) */
#define MODULE_UNKNOWN_IMPORT                                                                 \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`"                                           \
          "\x00\x00\x02\x0b\x01\x03\x65nv\x03\x66oo\x00\x00\x03\x02\x01\x00\x07\x0a\x01\x06_" \
          "start\x00\x01\x0a\x04\x01\x02\x00\x0b")

/* (import "wasi_unstable" "sched_yield" (func (result i32))) (func (export "_start")) */
#define MODULE_OLD_WASI                                                                                         \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x08\x02`\x00\x01\x7f`\x00\x00\x02\x1d\x01\x0dwasi_unstable\x0bsched_" \
          "yield\x00\x00\x03\x02\x01\x01\x07\x0a\x01\x06_start\x00\x01\x0a\x04\x01\x02\x00\x0b")

/* (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32))) (func (export "_start")) */
#define MODULE_WRONG_TYPE                                                                                                 \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x09\x02`\x01~\x01\x7f`\x00\x00\x02#\x01\x16wasi_snapshot_preview1\x08\x66\x64_" \
          "close\x00\x00\x03\x02\x01\x01\x07\x0a\x01\x06_start\x00\x01\x0a\x04\x01\x02\x00\x0b")

/* (import "wasi_snapshot_preview1" "memory" (memory 1)) (func (export "_start")) */
#define MODULE_IMPORTED_MEMORY                                                            \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x02\x22\x01\x16wasi_snapshot_" \
          "preview1\x06memory\x02\x00\x01\x03\x02\x01\x00\x07\x0a\x01\x06_start\x00\x00\x0a\x04\x01\x02\x00\x0b")

/* (func (export "main")) */
#define MODULE_NO_START                             \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`" \
          "\x00\x00\x03\x02\x01\x00\x07\x08\x01\x04main\x00\x00\x0a\x04\x01\x02\x00\x0b")

/* (func (export "_start") (param i32)) */
#define MODULE_START_WITH_PARAMETER                                                              \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x05\x01`\x01\x7f\x00\x03\x02\x01\x00\x07\x0a\x01\x06_" \
          "start\x00\x00\x0a\x04\x01\x02\x00\x0b")

/* (memory (export "_start") 1) */
#define MODULE_START_IS_MEMORY SLICE("\x00\x61sm\x01\x00\x00\x00\x05\x03\x01\x00\x01\x07\x0a\x01\x06_start\x02\x00")

/* (func (export "_start") (i32.const 1)) */
#define MODULE_DOES_NOT_VALIDATE                                                             \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x07\x0a\x01\x06_" \
          "start\x00\x00\x0a\x06\x01\x04\x00\x41\x01\x0b")

/* (tag) (func (export "_start") try throw 0 catch 0 end) */
#define MODULE_LEGACY_EXCEPTIONS                                                                                 \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x0d\x03\x01\x00\x00\x07\x0a\x01\x06_" \
          "start\x00\x00\x0a\x0b\x01\x09\x00\x06\x40\x08\x00\x07\x00\x0b\x0b")

/* (memory i64 1) (func (export "_start")) */
#define MODULE_MEMORY64                                                                                          \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x05\x03\x01\x04\x01\x07\x0a\x01\x06_" \
          "start\x00\x00\x0a\x04\x01\x02\x00\x0b")

/* (memory 1 1 shared) (func (export "_start")) */
#define MODULE_SHARED_MEMORY                                                                                         \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x05\x04\x01\x03\x01\x01\x07\x0a\x01\x06_" \
          "start\x00\x00\x0a\x04\x01\x02\x00\x0b")

/* (memory 2048) (func (export "_start")) */
#define MODULE_LARGE_MINIMUM                                                                                         \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x05\x04\x01\x00\x80\x10\x07\x0a\x01\x06_" \
          "start\x00\x00\x0a\x04\x01\x02\x00\x0b")

/* (memory 600) (memory 600) (func (export "_start")) */
#define MODULE_TWO_MEMORIES                                                                                                    \
    SLICE(                                                                                                                     \
        "\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x05\x07\x02\x00\xd8\x04\x00\xd8\x04\x07\x0a\x01\x06_" \
        "start\x00\x00\x0a\x04\x01\x02\x00\x0b")

/* (table 2000000 funcref) (func (export "_start")) */
#define MODULE_LARGE_TABLE                                                                                             \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x04\x06\x01p\x00\x80\x89z\x07\x0a\x01\x06_" \
          "start\x00\x00\x0a\x04\x01\x02\x00\x0b")

/* (func $f (loop (br 0))) (start $f) (func (export "_start")) */
#define MODULE_LOOPING_START_SECTION                                                             \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x03\x02\x00\x00\x07\x0a\x01\x06_" \
          "start\x00\x01\x08\x01\x00\x0a\x0c\x02\x07\x00\x03@\x0c\x00\x0b\x0b\x02\x00\x0b")

/* (memory 1) (data (i32.const 65536) "x") (func (export "_start")) */
#define MODULE_DATA_OUT_OF_BOUNDS                                                                                \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x05\x03\x01\x00\x01\x07\x0a\x01\x06_" \
          "start\x00\x00\x0a\x04\x01\x02\x00\x0b\x0b\x09\x01\x00\x41\x80\x80\x04\x0b\x01x")

/* (memory (export "memory") 1) (func (export "_start") (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))) */
#define MODULE_GROWS_TO_THE_LIMIT                                                           \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`"                                         \
          "\x00\x00\x03\x02\x01\x00\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_" \
          "start\x00\x00\x0a\x10\x01\x0e\x00\x03@A\x01@\x00\x41\x7fG\x0d\x00\x0b\x0b")

/* (memory (export "memory") 1) (func (export "_start") (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable) */
#define MODULE_GROWS_AND_TRAPS                                                              \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`"                                         \
          "\x00\x00\x03\x02\x01\x00\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_" \
          "start\x00\x00\x0a\x11\x01\x0f\x00\x03@A\x01@\x00\x41\x7fG\x0d\x00\x0b\x00\x0b")

/* (memory (export "memory") 1 2) (func (export "_start") (drop (memory.grow (i32.const 9))) unreachable) */
#define MODULE_OWN_MAXIMUM                                                                      \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x04\x01`"                                             \
          "\x00\x00\x03\x02\x01\x00\x05\x04\x01\x01\x01\x02\x07\x13\x02\x06memory\x02\x00\x06_" \
          "start\x00\x00\x0a\x0a\x01\x08\x00\x41\x09@\x00\x1a\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (func (export "_start") (call $x (i32.const 0)) unreachable) */
#define MODULE_EXIT_ZERO                                                                                             \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x08\x02`\x01\x7f\x00`\x00\x00\x02$\x01\x16wasi_snapshot_preview1\x09proc_" \
          "exit\x00\x00\x03\x02\x01\x01\x07\x0a\x01\x06_start\x00\x01\x0a\x09\x01\x07\x00\x41\x00\x10\x00\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (func (export "_start") (call $x (i32.const -1))) */
#define MODULE_EXIT_MINUS_ONE                                                                                        \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x08\x02`\x01\x7f\x00`\x00\x00\x02$\x01\x16wasi_snapshot_preview1\x09proc_" \
          "exit\x00\x00\x03\x02\x01\x01\x07\x0a\x01\x06_start\x00\x01\x0a\x08\x01\x06\x00\x41\x7f\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "random_get" (func $r (param i32 i32) (result i32))) (func (export "_start") (call $x (call $r (i32.const 0) (i32.const 1)))) */
#define MODULE_NO_MEMORY                                                                                                   \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x0e\x03`\x01\x7f\x00`\x02\x7f\x7f\x01\x7f`\x00\x00\x02H\x02\x16wasi_snapshot_"   \
          "preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x0arandom_get\x00\x01\x03\x02\x01\x02\x07\x0a\x01\x06_" \
          "start\x00\x02\x0a\x0c\x01\x0a\x00\x41\x00\x41\x01\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "random_get" (func $r (param i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (call $x (call $r (i32.const -1) (i32.const -1)))) */
#define MODULE_RANDOM_PAST_THE_END                                                                                       \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x0e\x03`\x01\x7f\x00`\x02\x7f\x7f\x01\x7f`\x00\x00\x02H\x02\x16wasi_snapshot_" \
          "preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x0arandom_"                                           \
          "get\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                           \
          "start\x00\x02\x0a\x0c\x01\x0a\x00\x41\x7f\x41\x7f\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "random_get" (func $r (param i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (loop (drop (call $r (i32.const 0) (i32.const 65536))) (br 0))) */
#define MODULE_RANDOM_WITHOUT_END                                                                                              \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x0a\x02`\x02\x7f\x7f\x01\x7f`\x00\x00\x02%\x01\x16wasi_snapshot_preview1\x0arandom_" \
          "get\x00\x00\x03\x02\x01\x01\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                                 \
          "start\x00\x01\x0a\x12\x01\x10\x00\x03@A\x00\x41\x80\x80\x04\x10\x00\x1a\x0c\x00\x0b\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (call $x (call $w (i32.const 1) (i32.const -8) (i32.const 2) (i32.const 0)))) */
#define MODULE_IOVECS_PAST_THE_END                                                                                         \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x10\x03`\x01\x7f\x00`\x04\x7f\x7f\x7f\x7f\x01\x7f`\x00\x00\x02\x46\x02\x16wasi_" \
          "snapshot_preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x08\x66\x64_"                                  \
          "write\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                           \
          "start\x00\x02\x0a\x10\x01\x0e\x00\x41\x01\x41xA\x02\x41\x00\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (i32.store (i32.const 4) (i32.const -1)) (call $x (call $w (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))) */
#define MODULE_IOVEC_OF_4_GIB                                                                                              \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x10\x03`\x01\x7f\x00`\x04\x7f\x7f\x7f\x7f\x01\x7f`\x00\x00\x02\x46\x02\x16wasi_" \
          "snapshot_preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x08\x66\x64_"                                  \
          "write\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                           \
          "start\x00\x02\x0a\x17\x01\x15\x00\x41\x04\x41\x7f\x36\x02\x00\x41\x01\x41\x00\x41\x01\x41\x08\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "fd_read" (func $w (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (call $x (call $w (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 8)))) */
#define MODULE_TOO_MANY_IOVECS                                                                                             \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x10\x03`\x01\x7f\x00`\x04\x7f\x7f\x7f\x7f\x01\x7f`\x00\x00\x02\x45\x02\x16wasi_" \
          "snapshot_preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x07\x66\x64_"                                  \
          "read\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                            \
          "start\x00\x02\x0a\x10\x01\x0e\x00\x41\x00\x41\x00\x41\x7f\x41\x08\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "poll_oneoff" (func $p (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (call $x (call $p (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))) */
#define MODULE_POLL_NOTHING                                                                                             \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x10\x03`\x01\x7f\x00`\x04\x7f\x7f\x7f\x7f\x01\x7f`\x00\x00\x02I\x02\x16wasi_" \
          "snapshot_preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x0bpoll_"                                   \
          "oneoff\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                       \
          "start\x00\x02\x0a\x10\x01\x0e\x00\x41\x00\x41\x00\x41\x00\x41\x00\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "poll_oneoff" (func $p (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (call $x (call $p (i32.const 0) (i32.const 65530) (i32.const 1) (i32.const 0)))) */
#define MODULE_POLL_PAST_THE_END                                                                                        \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x10\x03`\x01\x7f\x00`\x04\x7f\x7f\x7f\x7f\x01\x7f`\x00\x00\x02I\x02\x16wasi_" \
          "snapshot_preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x0bpoll_"                                   \
          "oneoff\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                       \
          "start\x00\x02\x0a\x12\x01\x10\x00\x41\x00\x41\xfa\xff\x03\x41\x01\x41\x00\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "environ_get" (func $e (param i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (call $x (call $e (i32.const 65535) (i32.const 0)))) */
#define MODULE_ENVIRONMENT_PAST_THE_END                                                                                  \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x0e\x03`\x01\x7f\x00`\x02\x7f\x7f\x01\x7f`\x00\x00\x02I\x02\x16wasi_snapshot_" \
          "preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x0b\x65nviron_"                                       \
          "get\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                           \
          "start\x00\x02\x0a\x0e\x01\x0c\x00\x41\xff\xff\x03\x41\x00\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "clock_time_get" (func $c (param i32 i64 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (call $x (call $c (i32.const 7) (i64.const 0) (i32.const 0)))) */
#define MODULE_UNKNOWN_CLOCK                                                                                              \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x0f\x03`\x01\x7f\x00`\x03\x7f~\x7f\x01\x7f`\x00\x00\x02L\x02\x16wasi_snapshot_" \
          "preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x0e\x63lock_time_"                                     \
          "get\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                            \
          "start\x00\x02\x0a\x0e\x01\x0c\x00\x41\x07\x42\x00\x41\x00\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "path_open" (func $o (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32))) (memory (export "memory") 1) (func (export "_start") (call $x (call $o (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 0)))) */
#define MODULE_OPENS_A_FILE                                                                                                   \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x15\x03`\x01\x7f\x00`\x09\x7f\x7f\x7f\x7f\x7f~~\x7f\x7f\x01\x7f`"                   \
          "\x00\x00\x02G\x02\x16wasi_snapshot_preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x09path_"               \
          "open\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_"                               \
          "start\x00\x02\x0a\x1a\x01\x18\x00\x41\x03\x41\x00\x41\x00\x41\x01\x41\x00\x42\x7f\x42\x7f\x41\x00\x41\x00\x10\x01" \
          "\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "proc_exit" (func $x (param i32))) (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $s (param i32 i32) (result i32))) (func (export "memory")) (func (export "_start") (call $x (call $s (i32.const 0) (i32.const 0)))) */
#define MODULE_MEMORY_IS_A_FUNCTION                                                                                      \
    SLICE("\x00\x61sm\x01\x00\x00\x00\x01\x0e\x03`\x01\x7f\x00`\x02\x7f\x7f\x01\x7f`\x00\x00\x02K\x02\x16wasi_snapshot_" \
          "preview1\x09proc_exit\x00\x00\x16wasi_snapshot_preview1\x0d\x66\x64_fdstat_"                                  \
          "get\x00\x01\x03\x03\x02\x02\x02\x07\x13\x02\x06memory\x00\x02\x06_"                                           \
          "start\x00\x03\x0a\x0f\x02\x02\x00\x0b\x0a\x00\x41\x00\x41\x00\x10\x01\x10\x00\x0b")

/* (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1)
 * (data (i32.const 180) "tail") (data (i32.const 120) "middle") (data (i32.const 0) "d\00\00\00h\00\00\00") (data (i32.const 100) "head")
 * (func (export "_start") (drop (call 0 (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
 * Without and with a section that counts the segments; with it they stay as many. */
#define MODULE_SEGMENTS         SLICE(SEGMENTS_FRONT SEGMENTS_REST)
#define MODULE_COUNTED_SEGMENTS SLICE(SEGMENTS_FRONT "\x0c\x01\x04" SEGMENTS_REST)
#define SEGMENTS_FRONT                                                                                        \
    "\x00\x61sm\x01\x00\x00\x00\x01\x0c\x02`\x04\x7f\x7f\x7f\x7f\x01\x7f`\x00\x00\x02#\x01\x16wasi_snapshot_" \
    "preview1\x08\x66\x64_write\x00\x00\x03\x02\x01\x01\x05\x03\x01\x00\x01\x07\x13\x02\x06memory\x02\x00\x06_start\x00\x01"
#define SEGMENTS_REST                                                                                                         \
    "\x0a\x0f\x01\x0d\x00\x41\x01\x41\x00\x41\x01\x41\x08\x10\x00\x1a\x0b\x0b."                                               \
    "\x04\x00\x41\xb4\x01\x0b\x04tail\x00\x41\xf8\x00\x0b\x06middle\x00\x41\x00\x0b\x08\x64\x00\x00\x00h\x00\x00\x00\x00\x41" \
    "\xe4\x00\x0b\x04head"

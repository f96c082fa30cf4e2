;; What a component is billed, to the instruction (src/engine/fuel_test.c): its input is one byte N. It reads it, counts down from N, asks the
;; clock, fills in 100 random bytes and ends: below 250 it is ok, 250 an error, 251 a trap, above that it counts for ever.
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $io-error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (alias outer 1 $io-error (type $error-outside))
    (export "input-stream" (type $in (sub resource)))
    (type $stream-error' (variant (case "last-operation-failed" (own $error-outside)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error')))
    (export "[method]input-stream.blocking-read"
      (func (param "self" (borrow $in)) (param "len" u64) (result (result (list u8) (error $stream-error)))))))
  (alias export $streams "input-stream" (type $input-stream))
  (import "wasi:cli/stdin@0.2.0" (instance $stdin
    (alias outer 1 $input-stream (type $in-outside))
    (export "input-stream" (type $in (eq $in-outside)))
    (export "get-stdin" (func (result (own $in))))))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
  (import "wasi:random/random@0.2.0" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))

  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $bytes))
  (alias core export $memory "realloc" (core func $realloc))
  (alias export $stdin "get-stdin" (func $stdin.get))
  (alias export $streams "[method]input-stream.blocking-read" (func $stream.read))
  (alias export $clock "now" (func $clock.now))
  (alias export $random "get-random-bytes" (func $random.bytes))
  (core func $get-stdin (canon lower (func $stdin.get)))
  (core func $read (canon lower (func $stream.read) (memory $bytes) (realloc $realloc)))
  (core func $now (canon lower (func $clock.now)))
  (core func $get-random-bytes (canon lower (func $random.bytes) (memory $bytes) (realloc $realloc)))

  (core module $main
    (import "host" "memory" (memory 1))
    (import "host" "get-stdin" (func $get-stdin (result i32)))
    (import "host" "read" (func $read (param i32 i64 i32)))
    (import "host" "now" (func $now (result i64)))
    (import "host" "get-random-bytes" (func $get-random-bytes (param i64 i32)))
    (data (i32.const 2048) "0123456789")
    (func (export "run") (result i32) (local $n i32) (local $left i32)
      (call $read (call $get-stdin) (i64.const 1) (i32.const 0))
      (local.set $n (i32.load8_u (i32.load (i32.const 4))))
      (local.set $left (local.get $n))
      (loop $again
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (drop (call $now))
      (call $get-random-bytes (i64.const 100) (i32.const 0))
      (if (i32.eq (local.get $n) (i32.const 251)) (then unreachable))
      (loop $for-ever
        (br_if $for-ever (i32.gt_u (local.get $n) (i32.const 251))))
      (i32.eq (local.get $n) (i32.const 250))))
  (core instance $main (instantiate $main (with "host" (instance
    (export "memory" (memory $bytes))
    (export "get-stdin" (func $get-stdin))
    (export "read" (func $read))
    (export "now" (func $now))
    (export "get-random-bytes" (func $get-random-bytes))))))
  (alias core export $main "run" (core func $main.run))
  (func $run (result (result)) (canon lift (core func $main.run)))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run)))

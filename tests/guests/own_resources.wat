;; Makes resources of its own kind without end, which live in the engine's tables and not in its memory.
(component
  (type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core module $main
    (import "host" "new" (func $new (param i32) (result i32)))
    (func (export "run") (result i32)
      (loop $again (drop (call $new (i32.const 7))) (br $again))
      unreachable))
  (core instance $main (instantiate $main (with "host" (instance (export "new" (func $new))))))
  (alias core export $main "run" (core func $main.run))
  (func $run (result (result)) (canon lift (core func $main.run)))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run)))

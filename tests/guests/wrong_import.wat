;; Imports a function that is of no interface.
(component
  (import "now" (func (result u64)))
  (core module (func (export "run") (result i32) i32.const 0))
  (core instance (instantiate 0))
  (alias core export 0 "run" (core func))
  (func (result (result)) (canon lift (core func 0)))
  (instance (export "run" (func 1)))
  (export "wasi:cli/run@0.2.0" (instance 0)))

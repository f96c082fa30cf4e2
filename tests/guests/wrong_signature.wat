;; Imports a function that has another signature.
(component
  (import "wasi:random/random@0.2.3" (instance (export "get-random-bytes" (func (param "len" u32) (result (list u8))))))
  (core module (func (export "run") (result i32) i32.const 0))
  (core instance (instantiate 0))
  (alias core export 0 "run" (core func))
  (func (result (result)) (canon lift (core func 0)))
  (instance (export "run" (func 0)))
  (export "wasi:cli/run@0.2.0" (instance 1)))

;; Calls parameters by other names than sdk/wit does: types are what counts, and a later patch of a version is the same interface.
(component
  (import "near:storage/api@0.1.7" (instance
    (export "get-worker" (func (param "k" string) (param "project-uuid" (option string)) (result (tuple (list u8) string))))))
  (core module (func (export "run") (result i32) i32.const 0))
  (core instance (instantiate 0))
  (alias core export 0 "run" (core func))
  (func (result (result)) (canon lift (core func 0)))
  (instance (export "run" (func 0)))
  (export "wasi:cli/run@0.2.0" (instance 1)))

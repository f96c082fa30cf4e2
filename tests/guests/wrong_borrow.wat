;; Lends what it would have to give away.
(component
  (import "wasi:http/types@0.2.3" (instance
    (export "incoming-body" (type $body (sub resource)))
    (export "future-trailers" (type $trailers (sub resource)))
    (export "[static]incoming-body.finish" (func (param "this" (borrow $body)) (result (own $trailers))))))
  (core module (func (export "run") (result i32) i32.const 0))
  (core instance (instantiate 0))
  (alias core export 0 "run" (core func))
  (func (result (result)) (canon lift (core func 0)))
  (instance (export "run" (func 0)))
  (export "wasi:cli/run@0.2.0" (instance 1)))

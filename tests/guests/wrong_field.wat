;; Means another record by a datetime.
(component
  (import "wasi:clocks/wall-clock@0.2.3" (instance
    (type $datetime' (record (field "seconds" u64) (field "nanos" u32)))
    (export "datetime" (type $datetime (eq $datetime')))
    (export "now" (func (result $datetime)))))
  (core module (func (export "run") (result i32) i32.const 0))
  (core instance (instantiate 0))
  (alias core export 0 "run" (core func))
  (func (result (result)) (canon lift (core func 0)))
  (instance (export "run" (func 0)))
  (export "wasi:cli/run@0.2.0" (instance 1)))

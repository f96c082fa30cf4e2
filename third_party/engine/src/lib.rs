//! Everything of wasmtime's C API, re-exported so that the static library keeps it.
pub use wasmtime_c_api::*;

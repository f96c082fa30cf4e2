//! What C takes from Rust: wasmtime's C API, re-exported so that the static library keeps it, a layer over its components, and the
//! pairing curves of NEAR's host functions. The C headers are `src/engine/component/shim.h` and `src/devnet/vm/curves.h`.
//!
//! The curve functions share one contract. They borrow what they are given until they return, write only to buffers of the
//! caller, check every byte of their input and report a fault by their result. They do not panic.

mod bls12381;
mod bn128;
mod code;
mod component;
mod ffi;
mod limits;

pub use bls12381::*;
pub use bn128::*;
pub use code::*;
pub use component::*;
pub use limits::*;
pub use wasmtime_c_api::*;

//! Compiling without executing. Compiling a program with wasmtime also loads it, and loading makes its code executable; a process
//! that compiles to write an artifact needs what loading tells of the program, and never calls its code. The C header is
//! `src/engine/settings.h`.
use std::sync::Arc;
use wasmtime::{Config, CustomCodeMemory, Result};
use wasmtime_c_api::wasm_config_t;

/// Leaves code where it is: readable, and nothing more.
struct NeverExecuted;

impl CustomCodeMemory for NeverExecuted {
    fn required_alignment(&self) -> usize {
        1
    }

    fn publish_executable(&self, _: *const u8, _: usize) -> Result<()> {
        Ok(())
    }

    fn unpublish_executable(&self, _: *const u8, _: usize) -> Result<()> {
        Ok(())
    }
}

/// # Safety
/// See the header.
#[no_mangle]
pub unsafe extern "C" fn shim_config_never_execute(config: &mut wasm_config_t) {
    // SAFETY: `wasm_config_t` has one field, the configuration, and is laid out as C would.
    let config: &mut Config = unsafe { &mut *std::ptr::from_mut(config).cast() };
    config.with_custom_code_memory(Some(Arc::new(NeverExecuted)));
}

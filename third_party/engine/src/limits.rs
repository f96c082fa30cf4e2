//! Limits of a store that C decides on one by one: wasmtime's C API has fixed ones only, and none on the sum of all tables. The C
//! header is `src/engine/limits.h`.
use std::ffi::c_void;
use wasmtime::{ResourceLimiter, Result, Store};
use wasmtime_c_api::{wasmtime_store_t, WasmtimeStoreData};

/// `shim_limits_t`; it belongs to C and outlives the store.
#[repr(C)]
pub struct ShimLimits {
    instances: usize,
    tables: usize,
    memories: usize,
    grow_table: unsafe extern "C" fn(*mut c_void, usize, usize) -> bool,
    env: *mut c_void,
}

// SAFETY: one thread uses a store and its limits.
unsafe impl Send for ShimLimits {}

impl ResourceLimiter for ShimLimits {
    /// Linear memories are bounded by whoever makes them.
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        if maximum.is_some_and(|most| desired > most) {
            return Ok(false);
        }
        // SAFETY: C says how to call it.
        Ok(unsafe { (self.grow_table)(self.env, current, desired) })
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

/// Where C keeps the limits of one store, which one thread uses.
struct Place(*mut ShimLimits);

// SAFETY: see Place.
unsafe impl Send for Place {}
// SAFETY: see Place.
unsafe impl Sync for Place {}

impl Place {
    fn limits(&mut self) -> &mut ShimLimits {
        // SAFETY: C keeps the limits where they are while there is the store.
        unsafe { &mut *self.0 }
    }
}

/// # Safety
/// See the header.
#[no_mangle]
pub unsafe extern "C" fn shim_store_limit(store: &mut wasmtime_store_t, limits: *mut ShimLimits) {
    // SAFETY: `wasmtime_store_t` has one field, the store, and is laid out as C would.
    let store: &mut Store<WasmtimeStoreData> = unsafe { &mut *std::ptr::from_mut(store).cast() };
    let mut place = Place(limits);
    // SAFETY: the lifetime of the result is the call's, and the place outlives the store.
    store.limiter(move |_| unsafe { &mut *std::ptr::from_mut(place.limits()) });
}

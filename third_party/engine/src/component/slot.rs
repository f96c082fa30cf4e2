//! Values as C sees them, and the way into a host function.
use std::ffi::c_void;
use std::{ptr, slice, str};
use wasmtime::{Error, Result, StoreContextMut};
use wasmtime_c_api::WasmtimeStoreData;

pub type Context<'a> = StoreContextMut<'a, WasmtimeStoreData>;

/// `struct shim_list`: elements or bytes somewhere else.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct List {
    pub ptr: *const c_void,
    pub len: usize,
}

/// `union shim_value`.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Slot {
    n: u64,
    list: List,
}

impl Slot {
    pub const ZERO: Slot = Slot { list: List { ptr: ptr::null(), len: 0 } };

    pub fn number(n: u64) -> Slot {
        let mut slot = Slot::ZERO;
        slot.n = n;
        slot
    }

    pub fn list<T>(items: &[T]) -> Slot {
        Slot { list: List { ptr: items.as_ptr().cast(), len: items.len() } }
    }

    /// The same place with another number of items.
    pub fn with_len(self, len: usize) -> Slot {
        // SAFETY: every bit pattern is a pointer and a length, and slots are never uninitialised.
        let list = unsafe { self.list };
        Slot { list: List { ptr: list.ptr, len } }
    }

    /// The number of items.
    pub fn len(self) -> usize {
        // SAFETY: as with_len.
        unsafe { self.list.len }
    }

    pub fn n(self) -> u64 {
        // SAFETY: every bit pattern is a number, and slots are never uninitialised.
        unsafe { self.n }
    }

    /// The items that C put into this slot. They live until the call of the guest goes on, which is longer than anything done
    /// with them here: the lifetime says so to wasmtime, whose results may not borrow.
    ///
    /// # Safety
    /// C filled this slot with that many items.
    pub unsafe fn items<T>(self) -> &'static [T] {
        // SAFETY: as this function's own.
        let list = unsafe { self.list };
        if list.len == 0 {
            return &[];
        }
        // SAFETY: as this function's own.
        unsafe { slice::from_raw_parts(list.ptr.cast(), list.len) }
    }

    /// As `items`, as text.
    ///
    /// # Safety
    /// As `items`.
    pub unsafe fn text(self) -> Result<&'static str> {
        // SAFETY: as this function's own.
        let bytes = unsafe { self.items() };
        str::from_utf8(bytes).map_err(|_| Error::msg("the host gave text that is not UTF-8"))
    }
}

/// `shim_function`.
pub type Function = unsafe extern "C" fn(*mut c_void, Context<'_>, *const Slot, *mut Slot) -> bool;

/// A function of C with its environment. Both are constant tables, so any thread may call.
#[derive(Clone, Copy)]
pub struct Host {
    pub function: Function,
    pub env: *mut c_void,
}

// SAFETY: see Host.
unsafe impl Send for Host {}
// SAFETY: see Host.
unsafe impl Sync for Host {}

impl Host {
    pub fn call(&self, context: Context<'_>, args: &[Slot], results: &mut [Slot]) -> Result<()> {
        // SAFETY: the slots have the shape of the signature that the function was registered with.
        let goes_on = unsafe { (self.function)(self.env, context, args.as_ptr(), results.as_mut_ptr()) };
        if goes_on {
            return Ok(());
        }
        Err(Error::msg("stopped by the host"))
    }
}

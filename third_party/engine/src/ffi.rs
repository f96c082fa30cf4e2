//! Borrowing C's memory.
use std::slice;

/// The bytes at `ptr`, which may be null when there are none.
///
/// # Safety
/// `ptr` is readable for `len` bytes, which nobody writes while the result lives.
pub unsafe fn input<'a>(ptr: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: as this function's own.
    unsafe { slice::from_raw_parts(ptr, len) }
}

/// The buffer at `ptr`, which may be null when it is empty.
///
/// # Safety
/// `ptr` is writable for `len` bytes, which nobody else uses while the result lives.
pub unsafe fn output<'a>(ptr: *mut u8, len: usize) -> &'a mut [u8] {
    if len == 0 {
        return &mut [];
    }
    // SAFETY: as this function's own.
    unsafe { slice::from_raw_parts_mut(ptr, len) }
}

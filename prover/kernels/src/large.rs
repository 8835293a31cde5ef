//! Memory for what is read in no order.

/// Bytes of a large page.
const PAGE: usize = 2 << 20;

/// An empty vector with room for so many entries, in large pages where the system gives any: a table
/// that is read in no order costs a walk through the page tables for nearly every entry otherwise.
#[cfg_attr(target_os = "linux", allow(unsafe_code))]
pub(crate) fn large<T>(entries: usize) -> Vec<T> {
    let vector = Vec::<T>::with_capacity(entries);
    let start = (vector.as_ptr() as usize).next_multiple_of(PAGE);
    let end = vector.as_ptr() as usize + entries * size_of::<T>();
    let pages = end.saturating_sub(start) / PAGE;
    #[cfg(target_os = "linux")]
    if pages > 0 {
        // SAFETY: these pages lie in memory that the vector has allocated, and the advice changes
        // nothing that a program can see. A system that does not take it says so, which is no matter.
        unsafe {
            libc::madvise(
                start as *mut libc::c_void,
                pages * PAGE,
                libc::MADV_HUGEPAGE,
            )
        };
    }
    vector
}

/// Asks for a place that will be read soon, where the machine can be asked.
#[cfg_attr(target_arch = "x86_64", allow(unsafe_code))]
#[inline(always)]
pub(crate) fn prefetch<T>(place: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every processor of this architecture has the instruction, and it changes nothing.
    unsafe {
        use std::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

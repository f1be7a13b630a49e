//! The heap of `alloc`: the C library's malloc, which takes memory from the kernel as it is needed and answers "none"
//! when the budget is spent. One heap for both languages, so that either may be used in a library of the other.

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;

extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn memalign(alignment: usize, size: usize) -> *mut c_void;
    fn realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// What malloc aligns to by itself.
const MALLOC_ALIGNMENT: usize = 2 * core::mem::size_of::<usize>();

struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = if layout.align() <= MALLOC_ALIGNMENT {
            unsafe { malloc(layout.size()) }
        } else {
            unsafe { memalign(layout.align(), layout.size()) }
        };
        block.cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        unsafe { free(block.cast()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.align() <= MALLOC_ALIGNMENT {
            return unsafe { realloc(block.cast(), size) }.cast();
        }
        // realloc would forget the alignment.
        let fresh = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !fresh.is_null() {
            unsafe {
                core::ptr::copy_nonoverlapping(block, fresh, size.min(layout.size()));
                self.dealloc(block, layout);
            }
        }
        fresh
    }
}

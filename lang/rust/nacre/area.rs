//! Memory of one's own in whole pages: it can be lent to a server for the time of a call.

use crate::abi;
use crate::handle::{AsHandle, Handle, Memory};
use crate::{start, Result};
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

/// Bytes of a page.
pub const PAGE_BYTES: usize = 4096;

/// Mapped private memory; a slice of bytes. Dropped means unmapped and freed.
pub struct Area {
    base: usize,
    pages: usize,
    memory: Memory,
}

impl Area {
    /// New zeroed memory of at least so many bytes.
    pub fn new(bytes: usize) -> Result<Area> {
        let pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
        Area::map(Memory::new(pages)?, pages)
    }

    /// Maps private memory that this program alone holds: what `new` made, or what was moved here and claimed.
    pub fn of_memory(memory: Memory) -> Result<Area> {
        let pages = memory.pages()?;
        Area::map(memory, pages)
    }

    fn map(memory: Memory, pages: usize) -> Result<Area> {
        let protection = abi::PROT_READ | abi::PROT_WRITE;
        // Private memory can be mapped only once, so that nobody else sees these bytes.
        let base = unsafe { abi::map_add(start::process().raw(), 0, memory.raw(), 0, pages, protection)? };
        Ok(Area { base, pages, memory })
    }

    fn unmap(&mut self) {
        // Cannot fail: it is wholly ours, and lent to nobody while nobody borrows this value.
        let _ = unsafe { abi::map_remove(start::process().raw(), self.base, self.pages) };
    }

    /// Unmaps it; what is left can be moved to another program.
    pub fn into_memory(self) -> Memory {
        let mut area = ManuallyDrop::new(self);
        area.unmap();
        unsafe { core::ptr::read(&area.memory) }
    }

    /// Pages of it.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Its first address.
    pub fn base(&self) -> usize {
        self.base
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        self.unmap();
    }
}

impl Deref for Area {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        unsafe { core::slice::from_raw_parts(self.base as *const u8, self.pages * PAGE_BYTES) }
    }
}

impl DerefMut for Area {
    fn deref_mut(&mut self) -> &mut [u8] {
        unsafe { core::slice::from_raw_parts_mut(self.base as *mut u8, self.pages * PAGE_BYTES) }
    }
}

/// Mapped shared memory. Others may change it at any moment, so there are no references to it: copy out, then look.
pub struct Shared {
    base: usize,
    size: usize,
    writable: bool,
}

impl Shared {
    /// New shared memory, zeroed; to be mapped here and by others.
    pub fn create(pages: usize) -> Result<Memory> {
        let raw = abi::memory_create(start::budget().raw(), pages, abi::MEMORY_SHARED)?;
        unsafe { Handle::from_raw(raw) }.map(Memory::from).ok_or(crate::Error::STATE)
    }

    /// Maps all of it. The mapping stays when the handle is closed.
    pub fn map(memory: &Memory, writable: bool) -> Result<Shared> {
        let pages = memory.pages()?;
        let protection = abi::PROT_READ | if writable { abi::PROT_WRITE } else { 0 };
        let base = unsafe { abi::map_add(start::process().raw(), 0, memory.raw(), 0, pages, protection)? };
        Ok(Shared { base, size: pages * PAGE_BYTES, writable })
    }

    /// Bytes of it.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Copies out of it, as much as there is from `offset` on. Answers how much that was.
    pub fn read(&self, offset: usize, to: &mut [u8]) -> usize {
        let count = to.len().min(self.size.saturating_sub(offset));
        unsafe { copy_out(self.base + offset, &mut to[..count]) };
        count
    }

    /// Copies into it, as much as there is room from `offset` on. Answers how much that was; 0 if it is read-only.
    pub fn write(&self, offset: usize, from: &[u8]) -> usize {
        let count = if self.writable { from.len().min(self.size.saturating_sub(offset)) } else { 0 };
        unsafe { copy_in(self.base + offset, &from[..count]) };
        count
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Cannot fail: the mapping is ours alone.
        let _ = unsafe { abi::map_remove(start::process().raw(), self.base, self.size / PAGE_BYTES) };
    }
}

/// Reads memory that others may change: each byte once, and only here.
///
/// # Safety
/// So many bytes are mapped there.
pub(crate) unsafe fn copy_out(base: usize, to: &mut [u8]) {
    for (index, byte) in to.iter_mut().enumerate() {
        *byte = unsafe { ((base + index) as *const u8).read_volatile() };
    }
}

/// Writes memory that others may change, too.
///
/// # Safety
/// So many bytes are mapped there, writable.
pub(crate) unsafe fn copy_in(base: usize, from: &[u8]) {
    for (index, &byte) in from.iter().enumerate() {
        unsafe { ((base + index) as *mut u8).write_volatile(byte) };
    }
}

impl From<Area> for Handle {
    fn from(area: Area) -> Handle {
        area.into_memory().into()
    }
}

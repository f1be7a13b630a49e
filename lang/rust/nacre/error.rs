//! Errors in words: the same texts that C programs print.

use crate::Error;
use core::ffi::CStr;
use core::fmt;

extern "C" {
    fn nacre_error_name(status: u32) -> *const core::ffi::c_char;
    fn nacre_error_sentence(status: u32) -> *const core::ffi::c_char;
    fn nacre_error_hint(status: u32) -> *const core::ffi::c_char;
}

/// # Safety
/// `start` is a constant text of the library's.
unsafe fn constant(start: *const core::ffi::c_char) -> &'static str {
    unsafe { CStr::from_ptr(start) }.to_str().unwrap_or("?")
}

impl Error {
    /// "PEER_GONE"; "UNKNOWN" for errors of a protocol's own.
    pub fn name(self) -> &'static str {
        unsafe { constant(nacre_error_name(self.number())) }
    }

    /// "the other side is dead, or the object was destroyed"
    pub fn sentence(self) -> &'static str {
        unsafe { constant(nacre_error_sentence(self.number())) }
    }

    /// "connect again through its name"; may be empty.
    pub fn hint(self) -> &'static str {
        unsafe { constant(nacre_error_hint(self.number())) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.sentence())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.name(), self.number())
    }
}

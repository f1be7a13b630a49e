//! Lines for the log. Cannot fail: what cannot be delivered is dropped.

use core::ffi::{c_char, c_int};
use core::fmt::{self, Write};

extern "C" {
    fn nacre_log(level: c_int, format: *const c_char, ...);
}

/// Levels, the gravest first.
pub const ERROR: u32 = 0;
/// Something is not as it should be.
pub const WARNING: u32 = 1;
/// What a person may want to know.
pub const INFO: u32 = 2;
/// What only the author wants to know.
pub const DEBUG: u32 = 3;

/// Bytes of a line; the rest is cut.
const TEXT_BYTES: usize = 240;

/// Writes a line to the log: `nacre::log!(INFO, "counted to {}", n)`.
#[macro_export]
macro_rules! log {
    ($level:ident, $($arguments:tt)*) => { $crate::log::write($crate::log::$level, format_args!($($arguments)*)) };
}

struct Text {
    used: usize,
    bytes: [u8; TEXT_BYTES],
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let taken = text.len().min(TEXT_BYTES - self.used);
        self.bytes[self.used..self.used + taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.used += taken;
        Ok(())
    }
}

/// What `log!` calls.
pub fn write(level: u32, text: fmt::Arguments<'_>) {
    let mut line = Text { used: 0, bytes: [0; TEXT_BYTES] };
    let _ = line.write_fmt(text);
    let format = b"%.*s\0";
    unsafe { nacre_log(level as c_int, format.as_ptr().cast(), line.used as c_int, line.bytes.as_ptr()) };
}

//! Text to and from the console: `println!`, `eprintln!`, `read`.

use core::ffi::{c_int, c_void};
use core::fmt::{self, Write};

extern "C" {
    fn write(file: c_int, data: *const c_void, size: usize) -> c_int;
    fn read(file: c_int, data: *mut c_void, size: usize) -> c_int;
}

/// Prints to standard output, formatted as by `core::format_args!`, with a newline.
#[macro_export]
macro_rules! println {
    ($($arguments:tt)*) => { $crate::console::line(1, format_args!($($arguments)*)) };
}

/// Prints to standard output.
#[macro_export]
macro_rules! print {
    ($($arguments:tt)*) => { $crate::console::text(1, format_args!($($arguments)*)) };
}

/// Prints to standard error, with a newline.
#[macro_export]
macro_rules! eprintln {
    ($($arguments:tt)*) => { $crate::console::line(2, format_args!($($arguments)*)) };
}

/// Bytes of one message to the console, so that a short line is one message.
const LINE_BYTES: usize = 128;

/// Gathers text and hands it on when it is full, ends, or is dropped.
struct Line {
    file: c_int,
    used: usize,
    bytes: [u8; LINE_BYTES],
}

impl Line {
    fn flush(&mut self) {
        // Where there is no console there is nobody to tell.
        unsafe { write(self.file, self.bytes.as_ptr().cast(), self.used) };
        self.used = 0;
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.used == LINE_BYTES {
                self.flush();
            }
            self.bytes[self.used] = byte;
            self.used += 1;
        }
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.used > 0 {
            self.flush();
        }
    }
}

/// What `print!` calls; `file` is 1 or 2.
pub fn text(file: c_int, text: fmt::Arguments<'_>) {
    let _ = Line { file, used: 0, bytes: [0; LINE_BYTES] }.write_fmt(text);
}

/// What `println!` calls.
pub fn line(file: c_int, text: fmt::Arguments<'_>) {
    let mut line = Line { file, used: 0, bytes: [0; LINE_BYTES] };
    let _ = line.write_fmt(text);
    let _ = line.write_str("\n");
}

/// A line of standard input, or as much of it as there is room for. 0: its end, or there is none.
pub fn read_line(buffer: &mut [u8]) -> usize {
    let count = unsafe { read(0, buffer.as_mut_ptr().cast(), buffer.len()) };
    count.max(0) as usize
}

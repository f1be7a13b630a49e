//! The way in and out: arguments, handles that the program was started with, panics.

use crate::handle::{Borrowed, Budget, Connection, Mailbox, Process};
use crate::{log, Result};
use core::ffi::{c_char, c_int, CStr};
use core::panic::PanicInfo;

extern "C" {
    fn nacre_startup_handle(name: *const c_char) -> u32;
    fn nacre_self_process() -> u32;
    fn nacre_self_budget() -> u32;
    fn getenv(name: *const c_char) -> *const c_char;
    fn abort() -> !;
}

/// Bytes of a handle's name, its NUL included.
const NAME_BYTES: usize = 24;

/// Makes `fn main(Arguments) -> Result<()>` the program's main function. An error that it answers is printed, and
/// the program ends with status 1.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[export_name = "main"]
        extern "C" fn nacre_entry(count: i32, strings: *const *const u8) -> i32 {
            let main: fn($crate::Arguments) -> $crate::Result<()> = $main;
            // The start code passes what it found in the startup block.
            $crate::start::run(main, unsafe { $crate::Arguments::from_c(count, strings) })
        }
    };
}

/// The words that the program was started with; the first is its name.
#[derive(Clone, Copy)]
pub struct Arguments {
    strings: &'static [*const c_char],
}

impl Arguments {
    /// # Safety
    /// `strings` are `count` strings that stay for ever.
    pub unsafe fn from_c(count: c_int, strings: *const *const u8) -> Arguments {
        Arguments { strings: unsafe { core::slice::from_raw_parts(strings.cast(), count as usize) } }
    }

    /// How many there are, the name included.
    pub fn count(&self) -> usize {
        self.strings.len()
    }

    /// The argument of that number. `None`: there is none, or it is not UTF-8.
    pub fn get(&self, index: usize) -> Option<&'static str> {
        unsafe { CStr::from_ptr(*self.strings.get(index)?) }.to_str().ok()
    }

    /// All that follow the name; one that is not UTF-8 is shown as "?".
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        (1..self.count()).map(move |index| self.get(index).unwrap_or("?"))
    }
}

/// What `entry!` calls.
pub fn run(main: fn(Arguments) -> Result<()>, arguments: Arguments) -> c_int {
    match main(arguments) {
        Ok(()) => 0,
        Err(error) => {
            crate::eprintln!("{}: {} ({})", arguments.get(0).unwrap_or("?"), error, error.name());
            1
        }
    }
}

/// `text` with a NUL behind it; `None` where it is too long or holds one.
fn terminated<const N: usize>(text: &str) -> Option<[c_char; N]> {
    let mut buffer = [0; N];
    if text.len() >= N || text.as_bytes().contains(&0) {
        return None;
    }
    for (to, from) in buffer.iter_mut().zip(text.bytes()) {
        *to = from as c_char;
    }
    Some(buffer)
}

/// The number of a handle that the manifest gave a name to; 0: none. It is the startup block's: do not close it.
pub fn handle(name: &str) -> u32 {
    terminated::<NAME_BYTES>(name).map_or(0, |name| unsafe { nacre_startup_handle(name.as_ptr()) })
}

/// A connection by the name that the manifest gave it.
pub fn connection(name: &str) -> Option<Borrowed<'static, Connection>> {
    unsafe { Connection::borrow_raw(handle(name)) }
}

/// The mailbox of a service: what init made for it.
pub fn mailbox() -> Option<Borrowed<'static, Mailbox>> {
    unsafe { Mailbox::borrow_raw(handle("server")) }
}

/// This program itself.
pub fn process() -> Borrowed<'static, Process> {
    unsafe { Process::borrow_raw(nacre_self_process()) }.expect("every program has a handle to itself")
}

/// What this program may spend.
pub fn budget() -> Borrowed<'static, Budget> {
    unsafe { Budget::borrow_raw(nacre_self_budget()) }.expect("every program has a budget")
}

/// A variable of the environment. `None`: it is not set, or is not UTF-8.
pub fn variable(name: &str) -> Option<&'static str> {
    let name = terminated::<64>(name)?;
    unsafe {
        let value = getenv(name.as_ptr());
        if value.is_null() {
            None
        } else {
            CStr::from_ptr(value).to_str().ok()
        }
    }
}

/// Says where and why, on the console and in the log, and stops at a breakpoint: the crash report has the registers.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    crate::eprintln!("{}", info);
    log::write(log::ERROR, format_args!("{}", info));
    unsafe { abort() }
}

/// No memory for something that cannot say so.
#[alloc_error_handler]
fn out_of_memory(layout: core::alloc::Layout) -> ! {
    panic!("the budget has no room for {} bytes more", layout.size())
}

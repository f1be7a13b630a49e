//! nacre - what a Rust program on Nacre has under it: system calls, handles that close themselves, servers and
//! clients, a heap, and a way in and out. No std: `core` and `alloc` are there.
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//! use nacre::{entry, println, Arguments, Result};
//!
//! entry!(main);
//!
//! fn main(arguments: Arguments) -> Result<()> {
//!     println!("hello, {}", arguments.get(1).unwrap_or("world"));
//!     Ok(())
//! }
//! ```
//!
//! The C library is linked behind it, for what it does anyway: start, malloc, the log. What goes into a message and
//! what comes out of one is put together and checked here, in Rust.
//!
//! `abi`, `status` and `idl` are generated: from the kernel's contract, and from the interfaces of the servers.
#![no_std]
// Of the compiler's version 1.63; later ones have the first two without asking.
#![feature(core_ffi_c, core_c_str, alloc_error_handler)]
#![allow(stable_features)]
#![deny(unsafe_op_in_unsafe_fn)]

extern crate alloc;
extern crate self as nacre;

pub mod abi;
pub mod area;
pub mod clock;
pub mod console;
mod error;
pub mod handle;
mod heap;
pub mod idl;
pub mod log;
pub mod names;
pub mod request;
pub mod server;
pub mod start;
pub mod status;
pub mod wire;

pub use abi::{Error, Words};
pub use area::Area;
pub use handle::{AsHandle, Borrowed, Budget, Connection, Device, Handle, Interrupt, Mailbox, Memory, Process, Thread};
pub use request::{Answer, Request};
pub use start::Arguments;

/// What most functions here answer.
pub type Result<T> = core::result::Result<T, Error>;

/// What a handler answers instead of a result when it has taken the call's token. Never travels.
pub const LATER: Error = Error::new(u32::MAX);

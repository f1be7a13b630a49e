//! Servers by name, in this program's own name space.

use crate::handle::{Connection, Handle};
use crate::{Error, Result};
use core::ffi::c_char;

extern "C" {
    fn nacre_connect(path: *const c_char, connection: *mut u32) -> u32;
    fn nacre_connect_now(path: *const c_char, connection: *mut u32) -> u32;
}

/// Longest path, in bytes, and its NUL.
const PATH_BYTES: usize = 61;

fn through(connect: unsafe extern "C" fn(*const c_char, *mut u32) -> u32, path: &str) -> Result<Connection> {
    let mut text = [0 as c_char; PATH_BYTES];
    let mut raw = 0;
    if path.len() >= PATH_BYTES || path.as_bytes().contains(&0) {
        return Err(crate::status::MALFORMED);
    }
    for (to, from) in text.iter_mut().zip(path.bytes()) {
        *to = from as c_char;
    }
    Error::of_register(unsafe { connect(text.as_ptr(), &mut raw) } as usize)?;
    unsafe { Handle::from_raw(raw) }.map(Connection::from).ok_or(Error::HANDLE_ROOM)
}

/// A connection to what is published under `path`, as in "svc/log". Waits until somebody publishes it, if the name
/// space allows the name at all.
pub fn connect(path: &str) -> Result<Connection> {
    through(nacre_connect, path)
}

/// The same, with `NOT_READY` in place of waiting.
pub fn connect_now(path: &str) -> Result<Connection> {
    through(nacre_connect_now, path)
}

//! Servers by name, in this program's own name space.

use crate::abi::RawHandle;
use crate::handle::{Connection, Handle};
use crate::{Error, Result};
use alloc::boxed::Box;
use core::ffi::c_char;

extern "C" {
    fn nacre_connect(path: *const c_char, connection: *mut u32) -> u32;
    fn nacre_connect_now(path: *const c_char, connection: *mut u32) -> u32;
    fn nacre_connect_lasting(path: *const c_char, protocol: u32, version: u32, connection: *mut u32) -> u32;
    fn nacre_lasting_end(connection: u32);
}

/// Longest path, in bytes, and its NUL.
const PATH_BYTES: usize = 61;

type Path = [c_char; PATH_BYTES];

/// As C wants it, ended by a NUL.
fn path_of(path: &str) -> Result<Path> {
    let mut text = [0; PATH_BYTES];
    if path.len() >= PATH_BYTES || path.as_bytes().contains(&0) {
        return Err(crate::status::MALFORMED);
    }
    for (to, from) in text.iter_mut().zip(path.bytes()) {
        *to = from as c_char;
    }
    Ok(text)
}

fn through(connect: unsafe extern "C" fn(*const c_char, *mut u32) -> u32, path: &str) -> Result<Connection> {
    let text = path_of(path)?;
    let mut raw = 0;
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

/// That a connection lasts. Dropped, it is a plain one; it may be dropped before or after that.
#[derive(Debug)]
pub struct Lasting {
    first: RawHandle,
    /// The library's table refers to it.
    _path: Box<Path>,
}

impl Drop for Lasting {
    fn drop(&mut self) {
        unsafe { nacre_lasting_end(self.first) }
    }
}

/// A connection that outlives its server (lib/nacre/names.h), and what keeps it so. Only `Request` knows of it: a system call
/// reaches the first connection.
pub fn connect_lasting(path: &str, protocol: u32, version: u32) -> Result<(Connection, Lasting)> {
    let path = Box::new(path_of(path)?);
    let mut raw = 0;
    Error::of_register(unsafe { nacre_connect_lasting(path.as_ptr(), protocol, version, &mut raw) } as usize)?;
    let connection = unsafe { Handle::from_raw(raw) }.map(Connection::from).ok_or(Error::HANDLE_ROOM)?;
    Ok((connection, Lasting { first: raw, _path: path }))
}

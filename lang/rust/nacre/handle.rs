//! Handles: what this program may use. An owned one closes itself; each type of object has a type of its own.
//!
//! ```text
//! Handle ──from──▶ Connection, Memory, Mailbox ...   owned: dropped means closed
//! Borrowed<Connection>                              somebody else's, for a while: dropped means nothing
//! ```

use crate::abi::{self, RawHandle};
use crate::{Result, Words};
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;

/// An owned handle to an object of any type.
#[derive(Debug, PartialEq, Eq)]
pub struct Handle(RawHandle);

impl Handle {
    /// Where a type of object is asked for: any.
    pub const OBJECT: u32 = 0;

    /// Takes over a handle by its number; 0 is none.
    ///
    /// # Safety
    /// Nobody else closes it.
    pub unsafe fn from_raw(raw: RawHandle) -> Option<Handle> {
        (raw != 0).then(|| Handle(raw))
    }

    /// Gives the number up: the caller closes it, or nobody.
    pub fn into_raw(self) -> RawHandle {
        ManuallyDrop::new(self).0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // The object may have been destroyed meanwhile; then there is nothing to do.
        let _ = abi::handle_close(self.0);
    }
}

/// Whatever has a handle inside.
pub trait AsHandle {
    /// The handle's number, for a call or a message; it stays where it is.
    fn raw(&self) -> RawHandle;

    /// A second handle to the same object, with those of `rights` that this one has.
    fn duplicate(&self, rights: u32) -> Result<Handle> {
        abi::handle_duplicate(self.raw(), rights).map(Handle)
    }

    /// Type (`OBJECT_...`) and rights.
    fn info(&self) -> Result<(u32, u32)> {
        abi::handle_info(self.raw()).map(|(kind, rights)| (kind as u32, rights as u32))
    }

    /// The public ID of the object. It identifies, it never authorises.
    fn id(&self) -> Result<[u32; 4]> {
        abi::handle_id(self.raw()).map(|(a, b, c, d)| [a as u32, b as u32, c as u32, d as u32])
    }
}

impl AsHandle for Handle {
    fn raw(&self) -> RawHandle {
        self.0
    }
}

/// A handle that belongs to somebody else, used as if it were a `T`.
pub struct Borrowed<'a, T>(ManuallyDrop<T>, PhantomData<&'a ()>);

impl<T> Deref for Borrowed<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

macro_rules! object_types {
    ($($(#[$doc:meta])* $name:ident = $object:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, PartialEq, Eq)]
        pub struct $name(Handle);

        impl $name {
            /// The type's number in the contract.
            pub const OBJECT: u32 = abi::$object;

            /// Somebody else's handle by its number; `None` for 0.
            ///
            /// # Safety
            /// It stays open for as long as it is borrowed.
            pub unsafe fn borrow_raw<'a>(raw: RawHandle) -> Option<Borrowed<'a, $name>> {
                (raw != 0).then(|| Borrowed(ManuallyDrop::new($name(Handle(raw))), PhantomData))
            }
        }

        impl From<Handle> for $name {
            /// Unchecked: a call through a handle of another type answers `WRONG_TYPE`.
            fn from(handle: Handle) -> $name {
                $name(handle)
            }
        }

        impl From<$name> for Handle {
            fn from(object: $name) -> Handle {
                object.0
            }
        }

        impl AsHandle for $name {
            fn raw(&self) -> RawHandle {
                self.0.raw()
            }
        }
    )* };
}

object_types! {
    /// A client's end of a server.
    Connection = OBJECT_CONNECTION;
    /// A server: the mailbox where messages arrive.
    Mailbox = OBJECT_SERVER;
    /// Committed pages.
    Memory = OBJECT_MEMORY;
    /// What pays.
    Budget = OBJECT_BUDGET;
    /// An address space with its handles and threads.
    Process = OBJECT_PROCESS;
    /// A flow of execution.
    Thread = OBJECT_THREAD;
    /// Registers and interrupt lines.
    Device = OBJECT_DEVICE;
    /// An interrupt line bound to a mailbox.
    Interrupt = OBJECT_INTERRUPT;
}

impl Connection {
    /// Six words each way, the fast path. What the server refuses is an error as well.
    pub fn ask(&self, opcode: usize, word: [usize; 5]) -> Result<[usize; 5]> {
        let mut words = Words { opcode, word };
        abi::connection_call(self.raw(), &mut words)?;
        crate::Error::of_register(words.opcode)?;
        Ok(words.word)
    }

    /// Sets bits; they arrive as one message. Never waits.
    pub fn signal(&self, bits: usize) -> Result<()> {
        abi::connection_signal(self.raw(), bits)
    }

    /// What a client may have of it: to ask, to signal, and to hand it on. Who could destroy it would leave the server's entry for
    /// it behind.
    pub fn for_client(self) -> Result<Connection> {
        self.duplicate(abi::RIGHT_CALL | abi::RIGHT_SIGNAL | abi::RIGHT_DUPLICATE | abi::RIGHT_TRANSFER).map(Connection)
    }

    /// Does the server speak this protocol, in this major version and at least this minor one?
    /// `NOT_FOUND`: it speaks another. `METHOD`: another version.
    pub fn check(&self, protocol: u32, version: u32) -> Result<()> {
        let [number, spoken, ..] = self.ask(0, [0; 5])?;
        if number != protocol as usize {
            return Err(crate::status::NOT_FOUND);
        }
        if spoken >> 16 != version as usize >> 16 || spoken < version as usize {
            return Err(crate::status::METHOD);
        }
        Ok(())
    }
}

impl Mailbox {
    /// A new server, paid for by this program.
    pub fn new() -> Result<Mailbox> {
        abi::server_create(crate::start::budget().raw()).map(|raw| Mailbox(Handle(raw)))
    }

    /// A connection to it. `slots`: sends it can hold; `loans`: loans that may be out at once; `priority`: of signals.
    pub fn mint(&self, badge: usize, slots: u32, loans: u32, priority: u32) -> Result<Connection> {
        abi::connection_mint(self.raw(), crate::start::budget().raw(), badge, slots, loans, priority)
            .map(|raw| Connection(Handle(raw)))
    }
}

impl Memory {
    /// `pages` of new private memory, zeroed and mapped nowhere: it can be moved to another program.
    pub fn new(pages: usize) -> Result<Memory> {
        abi::memory_create(crate::start::budget().raw(), pages, abi::MEMORY_PRIVATE).map(|raw| Memory(Handle(raw)))
    }

    /// Pages of it.
    pub fn pages(&self) -> Result<usize> {
        abi::memory_info(self.raw()).map(|(pages, _)| pages)
    }

    /// Pays for memory that was moved here, from now on.
    pub fn claim(&self) -> Result<()> {
        abi::memory_claim(self.raw(), crate::start::budget().raw())
    }
}

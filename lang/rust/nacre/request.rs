//! A message to a server, put together piece by piece, and what came back.
//!
//! ```ignore
//! let answer = Request::new(2).word(0, 7).bytes(b"name").room(&mut buffer).call(&connection)?;
//! ```
//!
//! What is lent or filled is borrowed until the answer is there, so the compiler sees to it that nobody looks meanwhile.

use crate::abi::{self, Message, Segment, LIMIT_HANDLES, LIMIT_SEGMENTS};
use crate::area::{Area, PAGE_BYTES};
use crate::handle::{AsHandle, Connection, Handle, Memory};
use crate::{Error, Result, Words};
use core::marker::PhantomData;

extern "C" {
    /// The library's rules of asking again and of lasting connections (lib/nacre/stub.h); it leaves the message as it is.
    fn nacre_stub_gone(
        connection: u32,
        deadline_ns: u64,
        words: &mut Words,
        message: &mut Message,
        length: &mut usize,
        again: bool,
    ) -> u32;
}

/// A message under construction. More pieces than a message holds are a mistake of the program: it panics.
pub struct Request<'a> {
    words: Words,
    deadline_ns: u64,
    message: Message,
    moved: Option<Memory>,
    borrowed: PhantomData<&'a mut [u8]>,
}

/// The answer to a call.
pub struct Answer {
    /// Five words.
    pub word: [usize; 5],
    /// Bytes that came, over all rooms together.
    pub length: usize,
    /// Handles that came; what is not taken is closed.
    pub handles: [Option<Handle>; LIMIT_HANDLES as usize],
}

impl<'a> Request<'a> {
    /// An opcode, words that are zero, and nothing else; waits for ever.
    pub fn new(opcode: u32) -> Request<'a> {
        Request {
            words: Words { opcode: opcode as usize, word: [0; 5] },
            deadline_ns: abi::DEADLINE_NEVER,
            message: Message::default(),
            moved: None,
            borrowed: PhantomData,
        }
    }

    /// Fills one of the five words.
    pub fn word(mut self, index: usize, value: usize) -> Self {
        self.words.word[index] = value;
        self
    }

    /// When to give up, in ns of `clock::now`.
    pub fn deadline(mut self, deadline_ns: u64) -> Self {
        self.deadline_ns = deadline_ns;
        self
    }

    /// Bytes to copy to the server, behind those there are already.
    pub fn bytes(mut self, bytes: &'a [u8]) -> Self {
        push(&mut self.message.r#in, &mut self.message.in_count, bytes.as_ptr() as usize, bytes.len());
        self
    }

    /// Room for bytes that come back, behind that there is already. Word 4 is the caller's to fill.
    pub fn room(mut self, room: &'a mut [u8]) -> Self {
        push(&mut self.message.out, &mut self.message.out_count, room.as_mut_ptr() as usize, room.len());
        self
    }

    /// A handle to send: the server gets a duplicate with its rights.
    pub fn handle(mut self, handle: &'a dyn AsHandle) -> Self {
        let count = &mut self.message.handle_count;
        assert!((*count as u32) < LIMIT_HANDLES, "a message carries at most 4 handles");
        self.message.send[*count as usize] = handle.raw();
        *count += 1;
        self
    }

    /// Takes up to so many handles from the answer.
    pub fn accept(mut self, count: u8) -> Self {
        self.message.accept = count;
        self
    }

    fn pages(&mut self, kind: u32, base: usize, count: usize) {
        assert!(self.message.pages == abi::PAGES_NONE, "a message carries one loan or one moved memory");
        self.message.pages = if kind != abi::PAGES_MOVE && count == 0 { abi::PAGES_NONE } else { kind };
        self.message.page_base = base;
        self.message.page_count = count;
    }

    /// Lends the pages of the first `bytes` bytes; the server may read them until it answers.
    pub fn lend(mut self, area: &'a Area, bytes: usize) -> Self {
        self.pages(abi::PAGES_LEND, area.base(), pages_of(bytes.min(area.len())));
        self
    }

    /// Lends the pages of the first `bytes` bytes; the server may change them until it answers.
    pub fn lend_mut(mut self, area: &'a mut Area, bytes: usize) -> Self {
        self.pages(abi::PAGES_LEND_MUT, area.base(), pages_of(bytes.min(area.len())));
        self
    }

    /// Moves private memory that is mapped nowhere. If the message is not taken it is closed.
    pub fn give(mut self, memory: Memory) -> Self {
        self.pages(abi::PAGES_MOVE, memory.raw() as usize, 0);
        self.moved = Some(memory);
        self
    }

    /// Calls and waits for the answer. What the server refuses is an error, as what the kernel refuses. `PEER_GONE`: the
    /// server died with it, and nobody knows how far it came.
    pub fn call(self, connection: &Connection) -> Result<Answer> {
        self.ask(connection, false)
    }

    /// The same for what may be done twice: if the server dies with the call, its successor is asked, once.
    pub fn call_again(self, connection: &Connection) -> Result<Answer> {
        self.ask(connection, true)
    }

    /// A lasting connection is connected anew, and asked up to three times.
    fn ask(mut self, connection: &Connection, again: bool) -> Result<Answer> {
        let (raw, deadline_ns) = (connection.raw(), self.deadline_ns);
        // Every address in it is of something borrowed for as long as this value lives.
        let first = unsafe { abi::connection_call_message(raw, &mut self.words, deadline_ns, &mut self.message) };
        let length = match first {
            Err(Error::PEER_GONE) => {
                let mut length = 0;
                let message = &mut self.message;
                let status = unsafe { nacre_stub_gone(raw, deadline_ns, &mut self.words, message, &mut length, again) };
                Error::of_register(status as usize)?;
                length
            }
            other => other?,
        };
        let mut answer = Answer { word: self.words.word, length, handles: [None, None, None, None] };
        for index in 0..self.message.accept as usize {
            answer.handles[index] = unsafe { Handle::from_raw(self.message.received[index]) };
        }
        Error::of_register(self.words.opcode)?;
        Ok(answer)
    }

    /// Leaves the message without waiting for an answer; at most 64 bytes, and no loan.
    pub fn send(mut self, connection: &Connection) -> Result<()> {
        unsafe { abi::connection_send(connection.raw(), &self.words, &mut self.message) }
    }
}

fn push(list: &mut [Segment; 4], count: &mut u8, base: usize, size: usize) {
    assert!((*count as u32) < LIMIT_SEGMENTS, "a message copies at most 4 pieces each way");
    list[*count as usize] = Segment { base, size };
    *count += 1;
}

fn pages_of(bytes: usize) -> usize {
    (bytes + PAGE_BYTES - 1) / PAGE_BYTES
}

impl Answer {
    /// Handle `index`, which must be of that type and have at least those rights; `None`: it did not come.
    pub fn take<T: From<Handle>>(&mut self, index: usize, object: u32, rights: u32) -> Result<Option<T>> {
        crate::server::taken(&mut self.handles, index, object, rights)
    }
}

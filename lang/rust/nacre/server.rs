//! A server: receives, hands on, answers, and never dies of a client. Generated skeletons stand between this loop and
//! the methods: they turn away what does not fit the interface (doc/interfaces.md).
//!
//! * I1  every call is answered exactly once: by this loop, or, after `Call::later`, through its `Token`
//! * I2  handles that came and were not taken are closed before the next receive
//! * I3  `Call::data` stays valid until the handler returns; nobody can change it. A loan anybody can take back

use crate::abi::{self, Message, Received, Segment, LIMIT_HANDLES};
use crate::area::{copy_in, copy_out, PAGE_BYTES};
use crate::handle::{AsHandle, Handle, Mailbox};
use crate::status::{self, MALFORMED};
use crate::wire::Integer;
use crate::{Error, Result, Words};
use alloc::vec;
use alloc::vec::Vec;

/// Handles of a message; what is not taken is closed.
pub type Handles = [Option<Handle>; LIMIT_HANDLES as usize];

/// A request that arrived.
pub struct Call<'a> {
    /// Opcode and five words.
    pub words: Words,
    /// Who: as its connection was minted.
    pub badge: usize,
    /// It came by way of another server, as INTERFACE_CONNECT does.
    pub forwarded: bool,
    /// Somebody waits for an answer; otherwise it was sent.
    pub waits: bool,
    /// Bytes that were copied.
    pub data: &'a [u8],
    /// Pages that were lent.
    pub loan: Option<Loan>,
    /// Handles that came, the first `handle_count` of them.
    pub handles: Handles,
    /// How many came.
    pub handle_count: usize,
    token: usize,
    later: bool,
}

/// Lent pages. They may change or turn into zeroes at any moment, so there are no references to them: copy first,
/// then check.
#[derive(Debug)]
pub struct Loan {
    base: usize,
    size: usize,
    writable: bool,
}

/// Answers a call later.
#[derive(Debug)]
pub struct Token {
    raw: usize,
    room: usize,
    struct_room: usize,
}

/// What goes back. With an error only the status does.
pub struct Reply<'a> {
    /// Five words.
    pub word: [usize; 5],
    /// Where bytes for the caller are put, `size` of them go back.
    pub data: &'a mut [u8],
    /// Bytes of `data`.
    pub size: usize,
    /// Handles for the caller, who gets them with their rights; closed here once they are sent.
    pub handles: Handles,
}

/// What arrives at a server beside requests. All of it may be ignored: `impl nacre::server::Notices for Mine {}`.
pub trait Notices {
    /// The client's last handle went; its badge is free again.
    fn closed(&mut self, _badge: usize) {}
    /// A parked call of this badge ended early; `Token::alive` tells which.
    fn cancelled(&mut self, _badge: usize) {}
    /// Bits were set on a connection.
    fn signalled(&mut self, _badge: usize, _bits: usize) {}
    /// An interrupt fired; acknowledge it.
    fn interrupted(&mut self, _badge: usize) {}
    /// A watched process ended.
    fn exited(&mut self, _badge: usize, _cause: u32, _code: i32) {}
    /// The deadline has passed.
    fn alarm(&mut self) {}
    /// When `alarm` wants to be called; asked before each receive.
    fn deadline_ns(&self) -> u64 {
        abi::DEADLINE_NEVER
    }
}

/// What a server is, for the loop: the generated `Skeleton` of its protocol, or something that chooses among several.
pub trait Handler {
    /// Bytes of the longest request and answer, and handles that any request brings.
    fn limits(&self) -> Limits;
    /// A request: a call, or a send, whose answer nobody hears.
    fn call(&mut self, call: &mut Call<'_>, reply: &mut Reply<'_>) -> Result<()>;
    /// Who hears of everything else.
    fn notices(&mut self) -> &mut dyn Notices;
}

/// What the loop must have room for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Of the longest request.
    pub request_bytes: usize,
    /// Of the longest answer.
    pub answer_bytes: usize,
    /// That a request may bring.
    pub handles: u8,
}

/// A room that a caller states, which is a number of 32 bits.
fn stated(word: usize) -> Result<usize> {
    u32::try_from(word).map(|size| size as usize).map_err(|_| MALFORMED)
}

impl Call<'_> {
    /// The call will be answered through this token: the handler answers `LATER` now.
    pub fn later(&mut self) -> Token {
        self.later = true;
        Token { raw: self.token, room: self.words.word[4], struct_room: self.words.word[3] }
    }

    /// What must be so before anything is looked at: how many handles, and whether there is a loan.
    pub fn shape(&self, handles_min: usize, handles_max: usize, loan: bool) -> Result<()> {
        if self.handle_count < handles_min || self.handle_count > handles_max || self.loan.is_some() != loan {
            return Err(MALFORMED);
        }
        Ok(())
    }

    /// The call's loan, whose length of MIN to MAX bytes stands in a word.
    pub fn take_loan(&mut self, size: usize, min: usize, max: usize, writable: bool) -> Result<Loan> {
        let mut loan = self.loan.take().ok_or(MALFORMED)?;
        if size < min || size > max || size > loan.size || writable && !loan.writable {
            return Err(MALFORMED);
        }
        loan.size = size;
        Ok(loan)
    }

    /// Handle `index`, which must be of that type and have at least those rights.
    pub fn take_handle<T: From<Handle>>(&mut self, index: usize, object: u32, rights: u32) -> Result<T> {
        taken(&mut self.handles, index, object, rights)?.ok_or(MALFORMED)
    }

    /// Room for copied data that the caller states: at least `min`, and of more than `max` no more.
    pub fn room(&self, min: usize, max: usize) -> Result<usize> {
        let room = stated(self.words.word[4])?;
        if room < min {
            return Err(MALFORMED);
        }
        Ok(room.min(max))
    }

    /// Room for the struct in front of a run.
    pub fn struct_room(&self, max: usize) -> Result<usize> {
        Ok(stated(self.words.word[3])?.min(self.room(0, max)?))
    }

    /// Room for the run behind a struct.
    pub fn room_behind(&self, max: usize) -> Result<usize> {
        Ok(stated(self.words.word[4])?.saturating_sub(stated(self.words.word[3])?).min(max))
    }
}

/// Takes a handle out of those that came, checked; `None`: it is not there.
pub(crate) fn taken<T: From<Handle>>(handles: &mut Handles, index: usize, object: u32, rights: u32) -> Result<Option<T>> {
    let handle = match handles.get_mut(index).and_then(Option::take) {
        None => return Ok(None),
        Some(handle) => handle,
    };
    let (kind, has) = handle.info().map_err(|_| MALFORMED)?;
    if (object != Handle::OBJECT && kind != object) || has & rights != rights {
        return Err(MALFORMED);
    }
    Ok(Some(handle.into()))
}

impl Loan {
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
    pub fn write(&mut self, offset: usize, from: &[u8]) -> usize {
        let room = if self.writable { self.size.saturating_sub(offset) } else { 0 };
        let count = from.len().min(room);
        unsafe { copy_in(self.base + offset, &from[..count]) };
        count
    }
}

impl Reply<'_> {
    /// A reply that is put together elsewhere than in the loop.
    pub fn new(data: &mut [u8]) -> Reply<'_> {
        Reply { word: [0; 5], data, size: 0, handles: [None, None, None, None] }
    }

    /// What every protocol answers to method 0.
    pub fn info(&mut self, call: &Call<'_>, protocol: u32, version: u32) -> Result<()> {
        call.shape(0, 0, false)?;
        crate::wire::run(call.data, 0, 0)?;
        self.word[0] = protocol as usize;
        self.word[1] = version as usize;
        Ok(())
    }

    /// Puts a struct first: as much of it as the caller knows, which its size then says.
    pub fn fixed<const N: usize>(&mut self, bytes: &[u8; N], room: usize) {
        let size = room.min(N) / 8 * 8;
        self.data[..size].copy_from_slice(&bytes[..size]);
        if size > 0 {
            (size as u32).put(&mut self.data[..4]);
        }
        self.size = size;
    }

    /// Where the run behind a struct is written.
    pub fn run_space(&mut self, struct_room: usize, run_room: usize) -> &mut [u8] {
        &mut self.data[struct_room / 8 * 8..][..run_room]
    }

    /// So many bytes were written there.
    pub fn run(&mut self, count: usize, room: usize) {
        self.size += count.min(room);
    }

    /// The header and words of the answer, whose handles stay where they are.
    fn message(&self, status: Result<()>) -> (Words, Message) {
        let mut message = Message::default();
        if let Err(error) = status {
            return (Words { opcode: error.number() as usize, word: self.word }, message);
        }
        message.in_count = (self.size != 0) as u8;
        message.r#in[0] = Segment { base: self.data.as_ptr() as usize, size: self.size.min(self.data.len()) };
        for handle in self.handles.iter().flatten() {
            message.send[message.handle_count as usize] = handle.raw();
            message.handle_count += 1;
        }
        (Words { opcode: 0, word: self.word }, message)
    }

}

impl Token {
    /// Does somebody still wait for this answer?
    pub fn alive(&self) -> bool {
        abi::server_token_check(self.raw).is_ok()
    }

    /// Room for copied data that the caller stated.
    pub fn room(&self, _min: usize, max: usize) -> Result<usize> {
        Ok(self.room.min(max))
    }

    /// Room for the struct in front of a run.
    pub fn struct_room(&self, max: usize) -> Result<usize> {
        Ok(self.struct_room.min(self.room).min(max))
    }

    /// Room for the run behind a struct.
    pub fn room_behind(&self, max: usize) -> Result<usize> {
        Ok(self.room.saturating_sub(self.struct_room).min(max))
    }

    /// Answers. A caller that has gone meanwhile is no error; one that cannot be given its answer hears why.
    pub fn answer(self, status: Result<()>, answer: &Reply<'_>) {
        let (words, message) = answer.message(status);
        reply(self.raw, &words, &message);
        core::mem::forget(self);
    }

    /// Answers with an error.
    pub fn refuse(self, error: Error) {
        self.answer(Err(error), &Reply::new(&mut []));
    }
}

/// A token that nobody kept: its caller must not wait for ever.
impl Drop for Token {
    fn drop(&mut self) {
        let (words, message) = Reply::new(&mut []).message(Err(Error::PEER_GONE));
        reply(self.raw, &words, &message);
    }
}

/// A caller that could not be given its answer hears why.
fn reply(token: usize, words: &Words, message: &Message) {
    let mut message = *message;
    let error = match unsafe { abi::server_reply(words, token, &mut message) } {
        Ok(()) => return,
        Err(error) => error,
    };
    if error != Error::STALE_TOKEN && error != Error::PEER_FAULT {
        let refusal = Words { opcode: error.number() as usize, word: [0; 5] };
        let _ = unsafe { abi::server_reply(&refusal, token, core::ptr::null_mut()) };
    }
}

/// An answer that goes out with the next receive.
struct Pending {
    token: usize,
    words: Words,
    message: Message,
}

struct Loop<'a> {
    mailbox: &'a Mailbox,
    accept: u8,
    message: Message,
}

impl Loop<'_> {
    fn receive(&mut self, deadline_ns: u64) -> Result<Received> {
        self.message = Message { accept: self.accept, ..Message::default() };
        match unsafe { abi::server_receive(self.mailbox.raw(), deadline_ns, &mut self.message) } {
            Err(Error::HANDLE_ROOM | Error::BUDGET) => {}
            other => return other,
        }
        // No room for handles now: serve those who bring none.
        self.message.accept = 0;
        unsafe { abi::server_receive(self.mailbox.raw(), deadline_ns, &mut self.message) }
    }

    /// Answers what is to be answered and takes the next message, in one system call where that goes.
    fn exchange(&mut self, pending: Option<Pending>, deadline_ns: u64) -> Result<Received> {
        let Pending { token, words, message } = match pending {
            None => return self.receive(deadline_ns),
            Some(pending) => pending,
        };
        if message.in_count == 0 && self.accept == 0 && deadline_ns == abi::DEADLINE_NEVER {
            return abi::server_reply_and_receive(self.mailbox.raw(), &words, token);
        }
        self.message = Message { accept: self.accept, ..message };
        let both = unsafe {
            abi::server_reply_and_receive_message(self.mailbox.raw(), &words, token, deadline_ns, &mut self.message)
        };
        match both {
            Ok(_) | Err(Error::TIMEOUT | Error::PEER_GONE) => both,
            Err(_) => {
                reply(token, &words, &message);
                self.receive(deadline_ns)
            }
        }
    }

    fn handles(&self, received: &Received) -> (Handles, usize) {
        let count = (received.info as u32 & abi::INFO_HANDLES) >> abi::INFO_HANDLES_SHIFT;
        let mut handles: Handles = [None, None, None, None];
        for (index, handle) in handles.iter_mut().enumerate().take(count as usize) {
            *handle = unsafe { Handle::from_raw(self.message.received[index]) };
        }
        (handles, count.min(LIMIT_HANDLES) as usize)
    }

    /// A message of any kind. Answers what goes back.
    fn take(&self, handler: &mut dyn Handler, received: &Received, data: &[u8], out: &mut [u8]) -> Option<Pending> {
        let (badge, word) = (received.badge, &received.words.word);
        match received.info as u32 & abi::INFO_KIND {
            abi::KIND_CALL | abi::KIND_SEND => return self.serve(handler, received, data, out),
            abi::KIND_SIGNAL => signal(handler.notices(), badge, word[0]),
            abi::KIND_INTERRUPT => handler.notices().interrupted(badge),
            abi::KIND_EXIT => handler.notices().exited(badge, word[0] as u32, word[1] as i32),
            _ => {}
        }
        None
    }

    /// A request: what its handler answers, unless that comes later or nobody waits.
    fn serve(&self, handler: &mut dyn Handler, received: &Received, data: &[u8], out: &mut [u8]) -> Option<Pending> {
        let (handles, handle_count) = self.handles(received);
        let mut call = Call {
            words: received.words,
            badge: received.badge,
            forwarded: received.info as u32 & abi::INFO_FORWARDED != 0,
            waits: received.token != 0,
            data,
            loan: Loan::of(received),
            handles,
            handle_count,
            token: received.token,
            later: false,
        };
        let mut answer = Reply::new(out);
        let status = handler.call(&mut call, &mut answer);
        if call.later || received.token == 0 {
            return None;
        }
        // Who says that the answer comes later, and took no token, has lost it.
        let status = if status == Err(crate::LATER) { Err(Error::STATE) } else { status };
        if status.is_err() || answer.handles.iter().all(Option::is_none) {
            let (words, message) = answer.message(status);
            return Some(Pending { token: received.token, words, message });
        }
        // Handles are closed once they are sent, which must not wait for the next message.
        let (words, message) = answer.message(status);
        reply(received.token, &words, &message);
        None
    }
}

impl Loan {
    fn of(received: &Received) -> Option<Loan> {
        (received.loan_pages != 0).then(|| Loan {
            base: received.loan_base,
            size: received.loan_pages * PAGE_BYTES,
            writable: received.info as u32 & abi::INFO_LOAN_WRITABLE != 0,
        })
    }
}

/// Init asks whether this loop is alive: answered for every server, whose own code hears nothing of it.
fn answer_ping() {
    let heartbeat = crate::start::handle("heartbeat");
    if heartbeat != 0 {
        let _ = abi::connection_signal(heartbeat, 1);
    }
}

fn signal(notices: &mut dyn Notices, badge: usize, bits: usize) {
    let (cancelled, closed) = (abi::SIGNAL_CANCELLED as usize, abi::SIGNAL_CLOSED as usize);
    let mut others = bits & !(cancelled | closed);
    if badge == status::BADGE_CONTROL && others & status::SIGNAL_PING != 0 {
        others &= !status::SIGNAL_PING;
        answer_ping();
    }
    if others != 0 {
        notices.signalled(badge, others);
    }
    if bits & cancelled != 0 {
        notices.cancelled(badge);
    }
    if bits & closed != 0 {
        notices.closed(badge); // last: the badge may be given out again from here on
    }
}

/// Serves until the server object is gone.
pub fn run(mailbox: &Mailbox, handler: &mut dyn Handler) -> Result<()> {
    run_while(mailbox, handler, || true)
}

/// Serves until the server object is gone, or `more`, which is asked before each receive, says no.
pub fn run_while(mailbox: &Mailbox, handler: &mut dyn Handler, mut more: impl FnMut() -> bool) -> Result<()> {
    let limits = handler.limits();
    let buffer: Vec<u64> = vec![0; limits.request_bytes / 8 + 1];
    let mut out: Vec<u8> = vec![0; limits.answer_bytes];
    let mut serving = Loop { mailbox, accept: limits.handles, message: Message::default() };
    let mut pending = None;
    let _buffer = ReceiveBuffer::set(&buffer, limits.request_bytes)?;
    while more() {
        // Under a steady stream of messages the receive would never time out.
        let deadline_ns = handler.notices().deadline_ns();
        if deadline_ns != abi::DEADLINE_NEVER && crate::clock::now() >= deadline_ns {
            handler.notices().alarm();
        }
        let received = match serving.exchange(pending.take(), handler.notices().deadline_ns()) {
            Ok(received) => received,
            Err(Error::TIMEOUT) => continue,
            Err(Error::PEER_GONE) => return Ok(()),
            Err(error) => return Err(error),
        };
        // The kernel writes there only while this thread receives.
        let data = unsafe { core::slice::from_raw_parts(buffer.as_ptr().cast(), received.length) };
        pending = serving.take(handler, &received, data, &mut out);
    }
    if let Some(Pending { token, words, message }) = pending {
        reply(token, &words, &message);
    }
    Ok(())
}

/// This thread's receive buffer, until it is dropped.
struct ReceiveBuffer;

impl ReceiveBuffer {
    fn set(buffer: &[u64], size: usize) -> Result<ReceiveBuffer> {
        unsafe { abi::thread_buffer_set(buffer.as_ptr() as *mut _, size) }.map(|()| ReceiveBuffer)
    }
}

impl Drop for ReceiveBuffer {
    fn drop(&mut self) {
        let _ = unsafe { abi::thread_buffer_set(core::ptr::null_mut(), 0) };
    }
}

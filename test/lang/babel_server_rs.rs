//! babel_server_rs - the server of test/lang/babel.nid in Rust. It does the same as babel_server_c.c, and the same
//! clients and the same malformed messages are tried on both.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use nacre::server::{Call, Loan, Notices, Token};
use nacre::status::{FULL, NOT_FOUND};
use nacre::wire::Strings;
use nacre::area::Shared;
use nacre::{abi, entry, start, Area, Arguments, AsHandle, Budget, Connection, Error, Memory, Result, LATER};
use babel::*;

entry!(main);

const RECORDS: usize = 4;

/// What belongs to one client, by the badge of its connection.
struct Peer {
    badge: usize,
    count: u64,
    note: Vec<u8>,
    listener: Option<Connection>,
    waiting: Option<(u64, Token)>,
}

#[derive(Default)]
struct Babel {
    records: Vec<(String, Record)>,
    peers: Vec<Peer>,
}

impl Babel {
    fn peer(&mut self, badge: usize) -> &mut Peer {
        let place = match self.peers.iter().position(|peer| peer.badge == badge) {
            Some(place) => place,
            None => {
                self.peers.push(Peer { badge, count: 0, note: Vec::new(), listener: None, waiting: None });
                self.peers.len() - 1
            }
        };
        &mut self.peers[place]
    }

    fn find(&self, name: &str) -> Result<&Record> {
        self.records.iter().find(|(known, _)| known == name).map(|(_, record)| record).ok_or(NOT_FOUND)
    }
}

impl Peer {
    fn counted(&mut self) {
        if let Some(listener) = &self.listener {
            let _ = listener.signal(SIGNAL_TICKED);
            let _ = ticked_send(listener, self.count, Colour::Green, &self.note);
        }
        match self.waiting.take() {
            Some((goal, token)) if self.count >= goal => {
                let reached = Ok(ReachReply { reached: self.count, text: 7 });
                reach_answer(token, reached, b"reached");
            }
            other => self.waiting = other,
        }
    }
}

/// Copies into the room that the caller has, or says that it is too small.
fn fill(room: &mut [u8], parts: &[&[u8]]) -> Result<usize> {
    let mut used = 0;
    for part in parts {
        room.get_mut(used..used + part.len()).ok_or(Error::TOO_LONG)?.copy_from_slice(part);
        used += part.len();
    }
    Ok(used)
}

impl Server for Babel {
    fn connect(&mut self, _: &mut Call<'_>, process: u32) -> Result<Connection> {
        start::mailbox().ok_or(NOT_FOUND)?.mint(process as usize, 4, 1, 0)
    }

    fn small(&mut self, _: &mut Call<'_>, a: u8, b: i8, c: u16, d: i16, e: bool) -> Result<SmallReply> {
        Ok(SmallReply { a1: a.wrapping_add(1), b1: b.wrapping_add(1), c1: c.wrapping_add(1), d1: d.wrapping_add(1), e1: !e })
    }

    fn wide(&mut self, _: &mut Call<'_>, a: u64, b: i64) -> Result<WideReply> {
        Ok(WideReply { sum: a.wrapping_add(b as u64), difference: (a as i64).wrapping_sub(b) })
    }

    fn mixed(&mut self, _: &mut Call<'_>, who: [u32; 4], n: i32) -> Result<MixedReply> {
        Ok(MixedReply { turned: [who[3], who[2], who[1], who[0]], twice: n.wrapping_mul(2) })
    }

    fn choose(&mut self, _: &mut Call<'_>, colour: Colour, mode: Mode) -> Result<ChooseReply> {
        let next = match colour {
            Colour::Red => Colour::Green,
            Colour::Green => Colour::Blue,
            Colour::Blue => Colour::Red,
        };
        let all = [Mode::QUICK, Mode::QUIET, Mode::LOUD];
        let others = all.into_iter().filter(|one| !mode.has(*one)).fold(Mode::empty(), |sum, one| sum | one);
        Ok(ChooseReply { next, others })
    }

    fn store(&mut self, _: &mut Call<'_>, record: Record, name: &str) -> Result<u32> {
        match self.records.iter().position(|(known, _)| known == name) {
            Some(place) => self.records[place].1 = record,
            None if self.records.len() == RECORDS => return Err(FULL),
            None => self.records.push((String::from(name), record)),
        }
        Ok(self.records.len() as u32)
    }

    fn load(&mut self, _: &mut Call<'_>, name: &str) -> Result<Record> {
        self.find(name).cloned()
    }

    fn describe(&mut self, _: &mut Call<'_>, name: &str, room: &mut [u8]) -> Result<DescribeReply> {
        let record = self.find(name)?.clone();
        let text = fill(room, &[b"[", name.as_bytes(), b"]"])?;
        Ok(DescribeReply { record, text })
    }

    fn join(&mut self, _: &mut Call<'_>, first: &str, second: &[u8], room: &mut [u8]) -> Result<usize> {
        fill(room, &[first.as_bytes(), second])
    }

    fn list(&mut self, _: &mut Call<'_>, words: Strings<'_>, room: &mut [u8]) -> Result<ListReply> {
        let all: Vec<&str> = words.iter().collect();
        let mut reversed = 0;
        for word in all.iter().rev() {
            reversed += fill(&mut room[reversed..], &[word.as_bytes(), b"\0"])?;
        }
        Ok(ListReply { reversed, count: all.len() as u32 })
    }

    fn sum(&mut self, _: &mut Call<'_>, start: u32, data: Loan) -> Result<u32> {
        let mut total = start;
        let mut piece = [0; 64];
        let mut done = 0;
        while done < data.size() {
            let count = data.read(done, &mut piece);
            total = piece[..count].iter().fold(total, |sum, &byte| sum.wrapping_add(byte as u32));
            done += count;
        }
        Ok(total)
    }

    fn fill(&mut self, _: &mut Call<'_>, mut data: Loan, with: u8) -> Result<()> {
        let piece = [with; 64];
        let mut done = 0;
        while done < data.size() {
            done += data.write(done, &piece);
        }
        Ok(())
    }

    fn take(&mut self, _: &mut Call<'_>, offset: u32, memory: Memory) -> Result<u32> {
        memory.claim()?;
        let area = Area::of_memory(memory)?;
        let bytes = area.get(offset as usize..).and_then(|rest| rest.get(..4)).ok_or(Error::TOO_LONG)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn show(&mut self, _: &mut Call<'_>, to: Connection, budget: Option<Budget>) -> Result<ShowReply> {
        let other = match budget {
            Some(budget) => budget.info()?.0,
            None => 0,
        };
        Ok(ShowReply { kind: to.info()?.0, other })
    }

    fn make(&mut self, _: &mut Call<'_>, value: u32, two: bool) -> Result<MakeReply> {
        let second = if two { Some(made(value.wrapping_add(1))?) } else { None };
        Ok(MakeReply { memory: made(value)?, second })
    }

    fn tick(&mut self, call: &mut Call<'_>, by: u32, note: &[u8]) -> Result<()> {
        let peer = self.peer(call.badge);
        peer.count += by as u64;
        peer.note = note.to_vec();
        peer.counted();
        Ok(())
    }

    fn ticks(&mut self, call: &mut Call<'_>, room: &mut [u8]) -> Result<TicksReply> {
        let peer = self.peer(call.badge);
        Ok(TicksReply { count: peer.count, last: fill(room, &[&peer.note])? })
    }

    fn reach(&mut self, call: &mut Call<'_>, goal: u64, room: &mut [u8]) -> Result<ReachReply> {
        let peer = self.peer(call.badge);
        if peer.count >= goal {
            return Ok(ReachReply { reached: peer.count, text: fill(room, &[b"there"])? });
        }
        if matches!(&peer.waiting, Some((_, token)) if token.alive()) {
            return Err(Error::BUSY);
        }
        peer.waiting = Some((goal, call.later()));
        Err(LATER)
    }

    fn fail(&mut self, _: &mut Call<'_>, status: u32) -> Result<()> {
        if status == 0 {
            return Ok(());
        }
        Err(Error::new(status))
    }

    fn listen(&mut self, call: &mut Call<'_>, to: Connection) -> Result<()> {
        self.peer(call.badge).listener = Some(to);
        Ok(())
    }

    fn newest(&mut self, _: &mut Call<'_>) -> Result<u32> {
        Ok(VERSION)
    }
}

/// Shared memory that begins with a number.
fn made(value: u32) -> Result<Memory> {
    let memory = Shared::create(1)?;
    Shared::map(&memory, true)?.write(0, &value.to_le_bytes());
    Ok(memory)
}

impl Notices for Babel {
    fn closed(&mut self, badge: usize) {
        self.peers.retain(|peer| peer.badge != badge);
    }
}

fn main(_: Arguments) -> Result<()> {
    assert!(abi::VERSION_MAJOR == 1);
    serve(&*start::mailbox().ok_or(NOT_FOUND)?, Babel::default())
}

//! babel_client_rs - asks a server of test/lang/babel.nid for everything, and checks every answer.
//! babel-client-rs PATH: the server's name.
#![no_std]
#![no_main]

extern crate alloc;

use nacre::area::Shared;
use nacre::server::{Call, Notices};
use nacre::status::{FULL, MALFORMED, METHOD, NOT_FOUND};
use nacre::wire::Text;
use nacre::{clock, entry, names, println, start, Area, Arguments, AsHandle, Connection, Error, Handle, Mailbox, Memory, Result};
use babel::*;

entry!(main);

macro_rules! expect {
    ($($condition:tt)*) => {
        if !($($condition)*) {
            println!("not so, line {}: {}", line!(), stringify!($($condition)*));
            return Err(Error::STATE);
        }
    };
}

fn record(small: u16) -> Record {
    Record {
        small,
        colour: Colour::Blue,
        ready: true,
        big: 0x1234_5678_9abc_def0,
        delta: -5_000_000_000,
        who: [1, 0xffff_ffff, 3, 4],
        label: Text::new("Grüße").unwrap_or_default(),
        mode: Mode::QUICK | Mode::LOUD,
        counts: [10, 20, 30, 0x8000_0000],
        halves: [1, 2, 0xffff],
        tail: -3,
        added: 77,
    }
}

fn numbers(babel: &Client) -> Result<()> {
    let answer = babel.small(255, -128, 65535, 32767, false)?;
    expect!((answer.a1, answer.b1, answer.c1, answer.d1, answer.e1) == (0, -127, 0, -32768, true));
    let answer = babel.small(1, -1, 0x8000, -32768, true)?;
    expect!((answer.a1, answer.b1, answer.c1, answer.d1, answer.e1) == (2, 0, 0x8001, -32767, false));
    let answer = babel.wide(u64::MAX, i64::MIN)?;
    expect!((answer.sum, answer.difference) == (0x7fff_ffff_ffff_ffff, i64::MAX));
    let answer = babel.wide(1 << 40, -1)?;
    expect!((answer.sum, answer.difference) == ((1 << 40) - 1, (1 << 40) + 1));
    let answer = babel.mixed([1, 2, 0xffff_fffe, 4], -1_000_000_000)?;
    expect!(answer.turned == [4, 0xffff_fffe, 2, 1] && answer.twice == -2_000_000_000);
    let answer = babel.choose(Colour::Green, Mode::LOUD)?;
    expect!(answer.next == Colour::Blue && answer.others == Mode::QUICK | Mode::QUIET);
    let answer = babel.choose(Colour::Blue, Mode::empty())?;
    expect!(answer.next == Colour::Red && answer.others.has(Mode::LOUD));
    Ok(())
}

fn structs(babel: &Client) -> Result<()> {
    for number in 0..4 {
        let name = alloc::format!("record {}", number);
        let kept = babel.store(&record(number), &name)?;
        expect!(kept >= number as u32 + 1 && kept <= 4);
        expect!(babel.load(&name)? == record(number));
    }
    expect!(babel.store(&record(9), "one too many") == Err(FULL));
    expect!(babel.load("nothing") == Err(NOT_FOUND));
    let mut room = [0; 200];
    let answer = babel.describe("record 3", &mut room)?;
    expect!(answer.record == record(3) && answer.text == "[record 3]");
    expect!(babel.describe("record 3", &mut [0; 5]).err() == Some(Error::TOO_LONG));
    Ok(())
}

fn runs(babel: &Client) -> Result<()> {
    let mut room = [0; 300];
    expect!(babel.join("äb", &[0, 1, 2], &mut room)? == "äb\0\x01\x02".as_bytes());
    expect!(babel.join("", &[7; 300], &mut room)? == [7; 300]);
    expect!(babel.join("x", &[7; 300], &mut room) == Err(Error::TOO_LONG));
    expect!(babel.join("", &[], &mut room) == Err(MALFORMED));
    expect!(babel.load("") == Err(MALFORMED));
    expect!(babel.load("a\0b") == Err(MALFORMED));
    let answer = babel.list(&["one", "", "drei"], &mut room)?;
    expect!(answer.count == 3 && answer.reversed.iter().eq(["drei", "", "one"]));
    let answer = babel.list(&[], &mut room)?;
    expect!(answer.count == 0 && answer.reversed.iter().next().is_none());
    Ok(())
}

fn pages(babel: &Client) -> Result<()> {
    let mut area = Area::new(16384)?;
    for (index, byte) in area.iter_mut().enumerate() {
        *byte = index as u8;
    }
    expect!(babel.sum(5, &area, 300)? == 5 + 255 * 128 + (0..44).sum::<u32>());
    expect!(babel.sum(0, &area, 16384)? == 64 * 255 * 128);
    expect!(babel.sum(0, &area, 0) == Err(MALFORMED));
    babel.fill(&mut area, 5000, 0xee)?;
    expect!(area[..5000].iter().all(|&byte| byte == 0xee) && area[5000] == 5000u16 as u8);
    let mut moved = Area::new(4096)?;
    moved[100..104].copy_from_slice(&[1, 2, 3, 4]);
    expect!(babel.take(100, moved.into_memory())? == 0x0403_0201);
    expect!(babel.take(4093, Memory::new(1)?) == Err(Error::TOO_LONG));
    Ok(())
}

fn handles(babel: &Client) -> Result<()> {
    let mailbox = Mailbox::new()?;
    let connection = mailbox.mint(1, 0, 0, 0)?;
    let answer = babel.show(&connection, Some(&*start::budget()))?;
    expect!(answer.kind == nacre::Connection::OBJECT && answer.other == nacre::Budget::OBJECT);
    expect!(babel.show(&connection, None)?.other == 0);
    let weak = Connection::from(connection.duplicate(nacre::abi::RIGHT_CALL | nacre::abi::RIGHT_TRANSFER)?);
    expect!(babel.show(&weak, None).err() == Some(MALFORMED));
    let answer = babel.make(0xdead_beef, true)?;
    expect!(answer.memory.pages()? == 1);
    expect!(first_word(&answer.memory)? == 0xdead_beef);
    expect!(first_word(&answer.second.ok_or(NOT_FOUND)?)? == 0xdead_bef0);
    expect!(babel.make(1, false)?.second.is_none());
    Ok(())
}

fn first_word(memory: &Memory) -> Result<u32> {
    let mut bytes = [0; 4];
    Shared::map(memory, false)?.read(0, &mut bytes);
    Ok(u32::from_le_bytes(bytes))
}

/// What arrives at our own mailbox.
#[derive(Default)]
struct Heard {
    signals: usize,
    events: u32,
    count: u64,
    note: alloc::vec::Vec<u8>,
}

impl Listener for Heard {
    fn ticked(&mut self, _: &mut Call<'_>, count: u64, colour: Colour, note: &[u8]) {
        self.events += (colour == Colour::Green) as u32;
        self.count = count;
        self.note = note.to_vec();
    }
}

impl Notices for Heard {
    fn signalled(&mut self, _: usize, bits: usize) {
        self.signals |= bits;
    }
}

fn counting(babel: &mut Client) -> Result<()> {
    let mut room = [0; 32];
    babel.tick(5, b"first")?;
    let before = babel.ticks(&mut room)?.count;
    babel.tick_send(1 << 31, b"sent")?;
    let answer = babel.ticks(&mut room)?;
    expect!(answer.count == before + (1 << 31) && answer.last == b"sent");
    let mailbox = Mailbox::new()?;
    babel.listen(&mailbox.mint(7, 4, 0, 0)?)?;
    babel.tick(1, b"")?;
    babel.tick(2, b"heard")?;
    let mut heard = Listening(Heard::default());
    let mut messages = 0;
    nacre::server::run_while(&mailbox, &mut heard, || {
        messages += 1;
        messages <= 3
    })?;
    let heard = heard.0;
    expect!(heard.signals == SIGNAL_TICKED && heard.events == 2);
    expect!(heard.count == before + (1 << 31) + 3 && heard.note == b"heard");
    babel.deadline_ns = clock::deadline_in(5_000_000);
    expect!(babel.reach(u64::MAX, &mut room).err() == Some(Error::TIMEOUT));
    babel.deadline_ns = nacre::abi::DEADLINE_NEVER;
    expect!(babel.reach(1, &mut room)?.text == "there");
    Ok(())
}

fn errors(babel: &Client, path: &str) -> Result<()> {
    expect!(babel.fail(0).is_ok());
    expect!(babel.fail(128) == Err(BROKEN) && sentence(BROKEN) == "this is broken on purpose");
    expect!(babel.fail(67) == Err(NOT_FOUND));
    expect!(babel.newest()? == VERSION);
    expect!(Client::connect_version(path, 1 << 16 | 3).err() == Some(METHOD));
    expect!(Client::connect_version(path, 2 << 16).err() == Some(METHOD));
    expect!(names::connect(path)?.check(0x1234, 1 << 16) == Err(NOT_FOUND));
    // Nobody else can end a client's connection.
    let rights = nacre::abi::RIGHT_CALL | nacre::abi::RIGHT_SIGNAL | nacre::abi::RIGHT_DUPLICATE | nacre::abi::RIGHT_TRANSFER;
    expect!(babel.connection.info()?.1 == rights);
    expect!(babel.connection.ask(22, [0; 5]) == Err(METHOD));
    expect!(babel.connection.ask(1, [0; 5]) == Err(METHOD));
    Ok(())
}

/// A handle that nobody closed would be in use still.
fn in_use() -> Result<u32> {
    let mut state = nacre::abi::ProcessState::default();
    unsafe { nacre::abi::process_info(start::process().raw(), &mut state as *mut _ as *mut _)? };
    Ok(state.handles)
}

fn main(arguments: Arguments) -> Result<()> {
    let path = arguments.get(1).ok_or(NOT_FOUND)?;
    let before = in_use()?;
    let mut babel = Client::connect(path)?;
    numbers(&babel)?;
    structs(&babel)?;
    runs(&babel)?;
    pages(&babel)?;
    handles(&babel)?;
    counting(&mut babel)?;
    errors(&babel, path)?;
    drop::<Handle>(babel.connection.into());
    expect!(in_use()? == before);
    println!("Rust at {}: all as it should be", path);
    Ok(())
}

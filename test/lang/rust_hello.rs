//! rust_hello - a Rust program that prints, allocates, and asks servers.
//!
//! `rust-hello WORD...` shows its arguments; `rust-hello panic` stops as a program with a bug does.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use nacre::idl::rng;
use nacre::status::NOT_FOUND;
use nacre::{entry, names, println, Area, Arguments, AsHandle, Error, Mailbox, Result};

entry!(main);

fn main(arguments: Arguments) -> Result<()> {
    println!("hello, {}", nacre::start::variable("NAME").unwrap_or("world"));
    for (number, argument) in arguments.iter().enumerate() {
        println!("argument {}: {}", number + 1, argument);
    }
    if arguments.get(1) == Some("panic") {
        panic!("this program was told to panic");
    }
    allocate();
    numbers();
    handles()?;
    ask()
}

/// Every allocation of `alloc` comes from the program's own budget.
fn allocate() {
    let words: Vec<String> = (0..1000).map(|n| format!("word {}", n)).collect();
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for word in &words {
        *lengths.entry(word.len()).or_default() += 1;
    }
    println!("{} words by length: {:?}", words.len(), lengths);
    #[repr(align(256))]
    struct Wide(u8);
    let wide: Vec<Wide> = (0..3).map(Wide).collect();
    println!("aligned: {}", wide.as_ptr() as usize % 256 + wide[2].0 as usize);
}

/// The value, which the compiler cannot know beforehand.
fn unknown<T>(value: T) -> T {
    unsafe { core::ptr::read_volatile(&core::mem::ManuallyDrop::new(value) as *const _ as *const T) }
}

/// What the compiler calls the library for, on RV32.
fn numbers() {
    let large = u128::from(unknown(u64::MAX)) * 1_000_000_007;
    println!("128 bits: {} / 10007 = {} rest {}", large, large / 10007, large % 10007);
    let negative = -(large as i128) * unknown(3);
    println!("signed: {} {}", negative / 1_000_000, (negative >> 60) % 1000);
    println!("overflow: {:?} {:?}", large.checked_mul(large), (negative / 7).checked_mul(5));
    println!("float: {:.4}", unknown(1.0f64) / 3.0);
}

/// Handles of this program that are in use now.
fn in_use() -> Result<u32> {
    let mut state = nacre::abi::ProcessState::default();
    unsafe { nacre::abi::process_info(nacre::start::process().raw(), &mut state as *mut _ as *mut _)? };
    Ok(state.handles)
}

/// A handle that is dropped is closed: as many are in use afterwards as before.
fn handles() -> Result<()> {
    let before = in_use()?;
    for _ in 0..100 {
        let mailbox = Mailbox::new()?;
        let connection = mailbox.mint(1, 0, 0, 0)?;
        let mut area = Area::new(8192)?;
        area[8191] = 7;
        if connection.info()?.0 != nacre::Connection::OBJECT || in_use()? != before + 3 {
            return Err(Error::STATE);
        }
    }
    println!("handles left over: {}", in_use()? - before);
    Ok(())
}

/// Asks the time server for the wall clock, and for something that does not exist.
fn ask() -> Result<()> {
    let rng = rng::Client::connect("svc/rng")?;
    let (mut one, mut other) = ([0; 32], [0; 32]);
    rng.bytes(&mut one)?;
    rng.bytes(&mut other)?;
    println!("random bytes differ: {}", one != other);
    match rng.connection.ask(99, [0; 5]) {
        Err(error) => println!("method 99: {} ({})", error, error.name()),
        Ok(_) => println!("method 99 was answered"),
    }
    match names::connect("svc/none") {
        Err(NOT_FOUND) => Err(Error::BUSY),
        _ => Ok(()),
    }
}

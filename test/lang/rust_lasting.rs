//! rust_lasting - what becomes of a Rust client's calls when the server dies with them (system/lasting.toml).
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use nacre::idl::system;
use nacre::{clock, entry, println, Arguments, AsHandle, Result};
use tally::Client;

entry!(main);

const SERVER: &str = "test/first";
const SECOND_NS: u64 = 1_000_000_000;

fn main(_: Arguments) -> Result<()> {
    let steering = system::Client::connect("svc/system")?;
    let before = handles_open()?;
    plain()?;
    lasting(&steering)?;
    limits()?;
    println!("handles left over: {}", handles_open()? - before);
    Ok(())
}

fn handles_open() -> Result<u32> {
    let mut state = nacre::abi::ProcessState::default();
    unsafe { nacre::abi::process_info(nacre::start::process().raw(), &mut state as *mut _ as *mut _)? };
    Ok(state.handles)
}

/// The error's name, where there is one.
fn told<T>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "no error",
        Err(error) => error.name(),
    }
}

/// Until its server has had so many lives: restarts take the time they take.
fn wait_for_life(client: &Client, wanted: u32) -> Result<()> {
    while client.read()?.lives < wanted {
        clock::sleep_until(clock::now() + 1_000_000);
    }
    Ok(())
}

/// That it lasts ends with the rest of the client.
fn connection_of(client: Client) -> nacre::Connection {
    client.connection
}

/// The mailbox is kept, and the successor serves it.
fn plain() -> Result<()> {
    let mut client = Client::connect(SERVER)?;
    println!("asked once more: life {}", client.fall(1)?);
    println!("dead again: {}", told(client.fall(3)));
    wait_for_life(&client, 4)?;
    println!("not asked again: {}", told(client.fall_once(4)));
    wait_for_life(&client, 5)?;
    client.deadline_ns = clock::now() + SECOND_NS / 20;
    println!("in time: {}", told(client.work(100)));
    Ok(())
}

/// The service is given up, so its mailbox is gone, and started again with another one.
fn lasting(steering: &system::Client) -> Result<()> {
    let plain = Client::connect(SERVER)?;
    let client = Client::connect_lasting(SERVER)?;
    println!("lasting: life {}", client.fall(6)?);
    println!("lasting, not asked again: {}", told(client.fall_once(7)));
    client.add(5)?;
    println!("given up: {}", told(plain.fall(9)));
    while told(steering.start("first")) != "no error" {
        clock::sleep_until(clock::now() + 1_000_000);
    }
    println!("plain, new mailbox: {}", told(plain.read()));
    let answer = client.read()?;
    println!("lasting, new mailbox: life {}, value {}", answer.lives, answer.value);
    println!("lasting, adds: {}", client.add(5)?);
    println!("plain from now on: {}", told(Client::from(connection_of(client)).read()));
    Ok(())
}

fn limits() -> Result<()> {
    let mut clients = Vec::new();
    let error = loop {
        match Client::connect_lasting(SERVER) {
            Ok(client) => clients.push(client),
            Err(error) => break error,
        }
    };
    println!("{}, and then {}", if clients.len() == 16 { "sixteen" } else { "not sixteen" }, error.name());
    clients.pop();
    clients.push(Client::connect_lasting(SERVER)?);
    let path = "test/of/a/path/that/is/longer/than/the/name/server/takes/them/from/anybody";
    println!("a path that is too long: {}", told(Client::connect_lasting(path)));
    Ok(())
}

//! Sockets, rule by rule: on loopback, and in simulations.
#![cfg(feature = "io")]

#[path = "../support/mod.rs"]
mod support;

mod addresses;
mod cancelled;
mod connecting;
mod errors;
mod fairness;
mod streams;
mod traits;
mod udp;
#[cfg(unix)]
mod unix;
mod waiting;

use std::time::Duration;

use tminus::{
    Exception,
    net::{TcpListener, TcpStream},
    simulation::{Simulation, explore},
};

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// How many seeds each program is tried with. The release build tries more.
const SEEDS: u64 = if cfg!(debug_assertions) { 30 } else { 300 };

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Runs a program on loopback, plainly in a simulation, and with many seeds.
fn everywhere<F>(program: impl Fn() -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    tminus::run(program()).unwrap();
    simulated(program);
}

fn simulated<F>(program: impl Fn() -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    Simulation::replay("".parse().unwrap())
        .run(program())
        .0
        .unwrap();
    if let Err(failure) = explore(0..SEEDS, program) {
        panic!("{failure}");
    }
}

/// Both ends of a connection: the one that connected, and the one that was accepted.
async fn pair() -> Result<(TcpStream, TcpStream), Exception> {
    let listener = TcpListener::bind(LOOPBACK).await?;
    let connected = TcpStream::connect(listener.local_addr()?).await?;
    let (accepted, _) = listener.accept().await?;
    Ok((connected, accepted))
}

/// Reads until the other end closes its side.
async fn read_to_end(stream: &mut TcpStream) -> Result<Vec<u8>, Exception> {
    let (mut all, mut buffer) = (Vec::new(), [0; 100]);
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(all),
            n => all.extend_from_slice(&buffer[..n]),
        }
    }
}

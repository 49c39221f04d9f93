//! Streams, rule by rule: on loopback, and in simulations. What CPython recorded is replayed by `conformance` and
//! `stream_programs`.
#![cfg(feature = "io")]

mod addresses;
mod closing;
mod errors;
mod flow;
mod reading;
mod servers;
#[cfg(unix)]
mod unix;

use std::time::Duration;

use tminus::{
    Exception,
    net::{TcpListener, TcpStream},
    simulation::{Simulation, explore},
    streams::{StreamReader, StreamWriter, from_socket},
};

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Runs a program on loopback, plainly in a simulation, and with many seeds.
fn everywhere<F>(program: impl Fn() -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    tminus::run(program()).unwrap();
    simulated(100, program);
}

fn simulated<F>(seeds: u64, program: impl Fn() -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let plain = Simulation::replay("".parse().unwrap());
    plain.run(program()).0.unwrap();
    // A debug build is a tenth as fast, and the release build tries them all.
    let seeds = if cfg!(debug_assertions) {
        seeds / 10
    } else {
        seeds
    };
    if let Err(failure) = explore(0..seeds, program) {
        panic!("{failure}");
    }
}

type Ends = (StreamReader, StreamWriter);

/// Both ends of a stream.
async fn pair(limit: usize) -> Result<(Ends, Ends), Exception> {
    let listener = TcpListener::bind(LOOPBACK).await?;
    let connected = TcpStream::connect(listener.local_addr()?).await?;
    let (accepted, _) = listener.accept().await?;
    let left = from_socket(connected).limit(limit).await?;
    Ok((left, from_socket(accepted).limit(limit).await?))
}

//! A key-value store over TCP, on a network that fails, and a bug that a simulation finds.
//!
//! ```sh
//! cargo run --example key_value                     # on a simulated network
//! cargo run --example key_value -- --real           # on the operating system's network
//! cargo run --example key_value -- --explore        # finds the bug of a version that loses replies
//! cargo run --example key_value -- --replay 6:2,8:2 # runs that version with a schedule, such as the one in the report
//! ```

mod client;
mod failures;
mod log;
mod program;
mod server;

use std::env;

use tminus::{
    Exception, Kind,
    simulation::{Simulation, explore},
};

use log::Log;
use program::{on_loopback, simulated};
use server::Version;

const USAGE: &str = "usage: key_value [--real | --explore | --replay SCHEDULE]";

/// A seed for which the network fails three times.
const SEED: u64 = 3;

fn main() -> Result<(), Exception> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let log = Log::default();
    let result = match arguments[..] {
        [] => {
            println!("Two clients of a key-value store, on a simulated network, with seed {SEED}.");
            println!("A client that receives no reply connects again, and repeats the request:\n");
            let program = simulated(Version::Fixed, log.clone());
            Simulation::new(SEED).run(program).0
        }
        ["--real"] => {
            println!("Two clients of a key-value store, on the operating system's network:\n");
            tminus::run(on_loopback(Version::Fixed, log.clone()))
        }
        ["--explore"] => {
            find();
            Ok(())
        }
        ["--replay", schedule] => {
            let program = simulated(Version::Lossy, log.clone());
            Simulation::replay(schedule.parse()?).run(program).0
        }
        _ => Err(Exception::new(Kind::ValueError, USAGE)),
    };
    for event in log.take() {
        println!("{event}");
    }
    result
}

fn find() {
    println!("A server that forgets a reply as soon as it has been sent:\n");
    match explore(0..1000, || simulated(Version::Lossy, Log::default())) {
        Ok(()) => println!("no failure with the seeds 0 to 999"),
        Err(failure) => println!("{failure}"),
    }
    println!("A server that keeps it until the client's next request:\n");
    match explore(0..1000, || simulated(Version::Fixed, Log::default())) {
        Ok(()) => println!("no failure with the seeds 0 to 999"),
        Err(failure) => println!("{failure}"),
    }
}

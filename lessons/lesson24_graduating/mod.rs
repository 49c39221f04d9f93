#![doc = include_str!("README.md")]

pub use tminus::net::{TcpListener, TcpStream};
pub use tminus::{sleep, spawn, wait_for};

use tminus::{Exception, simulation::Simulation, timeline::Timeline};

mod both;
pub mod program;
pub mod rows;

pub use both::both;

/// Runs the program on the crate's loop: on the system's network, or on a simulated one.
pub fn run(real: bool) -> Result<(), Exception> {
    match real {
        true => tminus::run(program::main()),
        false => Simulation::new(0).run(program::main()).0,
    }
}

/// Runs the program in a simulation, and draws its lanes.
pub fn lanes() -> Result<Timeline, Exception> {
    let (result, timeline) = Timeline::of(|| run(false));
    result?;
    Ok(timeline)
}

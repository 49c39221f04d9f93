#![doc = include_str!("README.md")]

pub use tminus::net::{TcpListener, TcpStream};
pub use tminus::{sleep, spawn, wait_for};

use tminus::{Exception, simulation::Simulation, timeline::Timeline};

mod both;
mod log;
pub mod program;
pub mod rows;
pub mod statuses;

pub use both::both;
pub use log::{Log, Valve};

/// Runs a program on the crate's loop: on the system's network, or on a simulated one.
pub fn run(
    real: bool,
    main: impl Future<Output = Result<(), Exception>> + 'static,
) -> Result<(), Exception> {
    match real {
        true => tminus::run(main),
        false => Simulation::new(0).run(main).0,
    }
}

/// Runs the program in a simulation, and draws its lanes.
pub fn lanes() -> Result<Timeline, Exception> {
    let (result, timeline) = Timeline::of(|| run(false, program::main()));
    result?;
    Ok(timeline)
}

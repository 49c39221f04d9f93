//! The example `echo`, in simulations and on loopback.

#[path = "../examples/echo.rs"]
#[allow(dead_code, reason = "its `main` is not called here")]
mod echo;

use tminus::{
    Exception,
    simulation::{Schedule, Simulation, explore},
};

use echo::{Summary, program};

/// Of each message, 17 bytes are text; the numbers 0 to 99 have 190 digits, and 1 to 100 have 192.
const BYTES: usize = 100 * 17 + 190 + 192;

/// There and back takes two milliseconds to connect, and two for the echo.
#[test]
fn a_hundred_echoes_in_the_plain_run() -> Result<(), Exception> {
    let (summary, _) = Simulation::replay(Schedule::default()).run(program());
    let expected = Summary {
        bytes: BYTES,
        peak: 100,
        milliseconds: 4,
    };
    assert_eq!(summary?, expected);
    Ok(())
}

#[test]
fn no_seed_loses_a_byte() {
    // A debug build is a tenth as fast.
    let seeds = if cfg!(debug_assertions) { 20 } else { 1000 };
    if let Err(failure) = explore(0..seeds, program) {
        panic!("{failure}");
    }
}

#[cfg(feature = "io")]
#[test]
fn a_hundred_echoes_on_loopback() -> Result<(), Exception> {
    assert_eq!(tminus::run(program())?.bytes, BYTES);
    Ok(())
}

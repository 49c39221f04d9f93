//! Shared code of the examples and tests: running a program in simulations and on loopback.
#![forbid(unsafe_code)]

use std::env;

use tminus::{
    Exception, Kind,
    simulation::{Simulation, explore},
};

/// The number of seeds with which each program is run.
const SEEDS: u64 = 100;

/// Runs an example in a simulation, or on loopback if the argument is `--real`, and prints its lines.
///
/// # Errors
///
/// - What the example raises.
/// - `ValueError` if the process has other arguments than `--real` or `--seed` and a number.
pub fn show<F>(program: impl FnOnce() -> F) -> Result<(), Exception>
where
    F: Future<Output = Result<Vec<String>, Exception>> + 'static,
{
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let lines = match arguments[..] {
        [] => Simulation::new(1).run(program()).0?,
        ["--seed", seed] => Simulation::new(seed.parse()?).run(program()).0?,
        ["--real"] => tminus::run(program())?,
        _ => {
            return Err(Exception::new(
                Kind::ValueError,
                "the only arguments are `--real`, or `--seed` and a number",
            ));
        }
    };
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

/// Tests a program on loopback, in the plain run of a simulation, and with 100 seeds.
///
/// # Panics
///
/// - If a run fails.
/// - If two runs with the same seed make different choices, so that a seed would not repeat a failure.
pub fn everywhere<F>(program: impl Fn() -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    tminus::run(program()).expect("it works on loopback");
    simulated(program);
}

/// Tests a program in the plain run of a simulation and with 100 seeds.
///
/// # Panics
///
/// - If a run fails.
/// - If two runs with the same seed make different choices.
pub fn simulated<F>(program: impl Fn() -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let plain = Simulation::replay("".parse().expect("an empty schedule"));
    plain.run(program()).0.expect("it works in the plain run");
    if let Err(failure) = explore(0..SEEDS, &program) {
        panic!("{failure}");
    }
    for seed in 0..3 {
        let [first, second] = [(); 2].map(|()| Simulation::new(seed).run(program()).1);
        assert_eq!(first, second, "seed {seed} does not repeat");
    }
}

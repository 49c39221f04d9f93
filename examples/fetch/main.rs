//! Four programs that fetch pages over HTTP, each from a server of its own. Their output is that of their Python originals,
//! `tests/programs/57_…` to `60_…`.
//!
//! ```sh
//! cargo run --example fetch                  # in a simulation
//! cargo run --example fetch -- --real        # on the operating system's network, 20 times as slow
//! cargo run --example fetch -- --real 59     # one of them
//! ```

mod http;
mod permits;
mod progress;
mod show;
mod spinner;
mod status;

use std::{env, pin::Pin};

use tminus::{
    Exception,
    simulation::{Schedule, Simulation},
};

use show::Show;

/// A program, as a function.
type Program = fn(Show) -> Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

fn main() -> Result<(), Exception> {
    let (options, numbers): (Vec<_>, Vec<_>) = env::args()
        .skip(1)
        .partition(|argument| argument.starts_with('-'));
    let is_real = options.iter().any(|option| option == "--real");
    let show = Show::new(is_real, |line| println!("{line}"));
    let programs: [(&str, Program); 4] = [
        ("57", |show| Box::pin(status::program(show))),
        ("58", |show| Box::pin(spinner::program(show))),
        ("59", |show| Box::pin(progress::program(show))),
        ("60", |show| Box::pin(permits::program(show))),
    ];
    for (number, program) in programs {
        let is_wanted = numbers.is_empty() || numbers.iter().any(|one| one == number);
        if is_wanted {
            let program = program(show.clone());
            match is_real {
                true => tminus::run(program)?,
                false => Simulation::replay(Schedule::default()).run(program).0?,
            }
        }
    }
    Ok(())
}

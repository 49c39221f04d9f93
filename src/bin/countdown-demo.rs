//! Counts down from ten, by one generator.

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use tminus::{Exception, Generator};

fn countdown(n: u32) -> Generator<String> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            co.yield_(format!("T-minus {i}")).await?;
        }
        co.yield_("Blast off!".into()).await
    })
}

fn run() -> Result<(), Exception> {
    let mut out = io::stdout().lock();
    for line in countdown(10) {
        writeln!(out, "{}", line?)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if reader_left(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("countdown-demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whoever reads the output (`| head`) has seen enough.
fn reader_left(error: &Exception) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

//! What the tasks do: count, print each number, and yield after it.

use tminus::{Co, Exception, Generator, Kind};

use crate::output::Output;

/// A task of the command line.
#[derive(Clone, Copy)]
pub enum Count {
    Down(u32),
    Up(u32),
}

impl Count {
    pub fn name(self) -> String {
        match self {
            Count::Down(n) => format!("countdown({n})"),
            Count::Up(n) => format!("countup({n})"),
        }
    }

    /// Returns the task. Its result is the number of numbers that it printed.
    pub fn task(self, out: Output, blast_off: BlastOff) -> Generator<(), (), u32> {
        match self {
            Count::Down(n) => countdown(n, out, blast_off),
            Count::Up(n) => countup(n, out),
        }
    }
}

/// The place of `Blast off!` in a countdown.
#[derive(Clone, Copy, PartialEq)]
pub enum BlastOff {
    AfterTheLoop,
    InsideTheLoop,
}

fn countdown(n: u32, out: Output, blast_off: BlastOff) -> Generator<(), (), u32> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            out.line(&format!("T-minus {i}"))?;
            let so_far = || format!("countdown({n}) stopped at T-minus {i}");
            yield_once(&co, &out, so_far).await?;
            if blast_off == BlastOff::InsideTheLoop {
                out.line("Blast off!")?;
            }
        }
        if blast_off == BlastOff::AfterTheLoop {
            out.line("Blast off!")?;
        }
        Ok(n)
    })
}

fn countup(n: u32, out: Output) -> Generator<(), (), u32> {
    Generator::new(async move |co| {
        for i in 0..n {
            out.line(&format!("Counting up {i}"))?;
            let so_far = || format!("countup({n}) stopped at {i}");
            yield_once(&co, &out, so_far).await?;
        }
        Ok(n)
    })
}

/// Yields. If the task is cancelled there, prints how far it got and propagates the cancellation.
async fn yield_once(
    co: &Co<()>,
    out: &Output,
    so_far: impl FnOnce() -> String,
) -> Result<(), Exception> {
    let resumed = co.yield_(()).await;
    if let Err(exception) = &resumed
        && exception.kind() == Kind::Cancelled
    {
        out.line(&so_far())?;
    }
    resumed
}

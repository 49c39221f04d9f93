//! Every type of `sync` and every combinator in thousands of orders: nothing is lost, nothing happens twice, and whoever came
//! first is served first.
//!
//! A release build tries 10,000 seeds for each program. The programs leave to chance when they yield and who is cancelled, so
//! a failure shrinks to the few yields and cancellations that it needs.

mod barriers;
mod combinators;
mod groups;
mod locks;
mod permits;
mod queues;
mod results;
mod timeouts;
mod waking;

use std::env;

use tminus::{
    Exception, Kind, Task,
    simulation::{check, choose, explore},
    yield_now,
};

const SEEDS: u64 = if cfg!(debug_assertions) { 200 } else { 10_000 };

/// Runs a program in many orders. The variables of [`check`] can ask for others.
#[track_caller]
fn always<F>(program: impl Fn() -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let is_asked = |name| env::var_os(name).is_some();
    if is_asked("TMINUS_SEEDS") || is_asked("TMINUS_SCHEDULE") {
        return check(program);
    }
    if let Err(failure) = explore(0..SEEDS, program) {
        panic!("{failure}");
    }
}

/// Yields a few times, or not at all.
async fn idle(below: usize) -> Result<(), Exception> {
    for _ in 0..choose(below)? {
        yield_now().await?;
    }
    Ok(())
}

/// Cancels some of the tasks, now or later. Those who are to know of it are told first.
async fn cancels_some<T: 'static>(
    tasks: Vec<Task<T>>,
    tell: impl Fn(usize),
) -> Result<(), Exception> {
    for (n, task) in tasks.iter().enumerate() {
        if choose(2)? == 1 {
            idle(4).await?;
            tell(n);
            task.cancel();
        }
    }
    Ok(())
}

/// The result of a task that may have been cancelled.
async fn unless_cancelled<T: Clone + 'static>(task: Task<T>) -> Result<Option<T>, Exception> {
    match task.await {
        Ok(result) => Ok(Some(result)),
        Err(exception) if exception.kind() == Kind::Cancelled => Ok(None),
        Err(exception) => Err(exception),
    }
}

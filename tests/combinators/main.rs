//! The combinators, rule by rule.

#[path = "../support/mod.rs"]
mod support;

mod as_completed;
mod gather;
mod left_behind;
mod own_errors;
mod shield;
mod task_groups;
mod task_groups_cancelled;
mod task_results;
mod timeouts;
mod wait;
mod wait_for;

use std::time::Duration;

use tminus::{EventLoop, Exception, Kind, clock::VirtualClock, sleep};

use support::Log;

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn error(message: &'static str) -> Exception {
    Exception::new(Kind::ValueError, message)
}

/// Runs `main` on a loop of its own; gives its result, and what the clock shows then.
fn run<T: Clone + 'static>(
    main: impl Future<Output = Result<T, Exception>> + 'static,
) -> (Result<T, Exception>, Duration) {
    let event_loop = new_loop();
    let result = event_loop.run_until_complete(main);
    (result, event_loop.time())
}

/// Sleeps that many milliseconds, and gives the number.
async fn after(n: u64) -> Result<u64, Exception> {
    sleep(ms(n)).await?;
    Ok(n)
}

/// Sleeps that many milliseconds, and fails.
async fn fails_after(n: u64, message: &'static str) -> Result<u64, Exception> {
    sleep(ms(n)).await?;
    Err(error(message))
}

/// Sleeps an hour; cancelled, it cleans up for that many milliseconds.
async fn cleans_up(log: Log, name: &'static str, for_ms: u64) -> Result<u64, Exception> {
    let stopped = sleep(ms(3_600_000)).await.unwrap_err();
    log.add(format!("{name}: {stopped}"));
    sleep(ms(for_ms)).await?;
    log.add(format!("{name} is clean"));
    Err(stopped)
}

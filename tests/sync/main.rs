//! Locks, queues and the like, rule by rule.

#[path = "../support/mod.rs"]
mod support;

mod barriers;
mod cancelling_everywhere;
mod conditions;
mod events;
mod handed_on;
mod identity;
mod left_behind;
mod locks;
mod many_permits;
mod outlived;
mod queue_streams;
mod queues;
mod semaphores;

use std::time::Duration;

use futures::{FutureExt, future::Either};
use tminus::{EventLoop, Exception, clock::VirtualClock, sleep, yield_now};

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Runs `main` on a loop of its own.
fn run<T: Clone + 'static>(
    main: impl Future<Output = Result<T, Exception>> + 'static,
) -> Result<T, Exception> {
    new_loop().run_until_complete(main)
}

/// Gives way that often.
async fn turns(count: u32) -> Result<(), Exception> {
    for _ in 0..count {
        yield_now().await?;
    }
    Ok(())
}

/// Waits for that long at most, and then drops what it waits for; it is not cancelled.
async fn dropped_after<F: Future>(n: u64, future: F) -> Option<F::Output> {
    match futures::future::select(Box::pin(future), Box::pin(sleep(ms(n)))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// What is had without waiting.
fn at_once<T>(future: impl Future<Output = Result<T, Exception>>) -> T {
    let polled = future.now_or_never().expect("it does not wait");
    polled.expect("it does not fail")
}

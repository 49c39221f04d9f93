//! Async generators, as PEP 525 has them.

#[path = "../support/mod.rs"]
mod support;

mod dropped;
mod operations;
mod recorded;

use std::time::Duration;

use tminus::{AsyncGenerator, EventLoop, clock::VirtualClock, sleep};

use support::Log;

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Yields the numbers below 9, and takes a millisecond to clean up.
fn numbers(name: &'static str, log: &Log) -> AsyncGenerator<u32> {
    let log = log.clone();
    AsyncGenerator::new(async move |co| {
        let counted = async {
            for i in 0..9 {
                co.yield_(i).await?;
            }
            Ok(())
        };
        let result = counted.await;
        log.add(format!("{name} cleaning"));
        sleep(ms(1)).await?;
        log.add(format!("{name} clean"));
        result
    })
}

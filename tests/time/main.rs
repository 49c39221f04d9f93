//! Sleeping until a time, delays, intervals, and clocks that are moved by hand.

mod advance;
mod delays;
mod intervals;
mod sleeping;

use std::time::Duration;

use tminus::{EventLoop, clock::VirtualClock};

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

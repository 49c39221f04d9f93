//! Faults that the event loop must not have. Each test was written for one that was found; the modules are the kinds.

#[path = "../support/mod.rs"]
mod support;

mod blocks;
mod closed;
mod closing;
mod drops;
mod foreign_blocks;
mod foreign_wakers;
mod growth;
mod handler;
mod interrupts;
mod left_futures;
mod limits;
mod livelocks;
mod queue_items;
mod reentry;
mod rules;
mod shutdown;
mod single_threaded;
mod slow_turns;
mod stuck;
mod thread_end;
mod timer_slack;
mod two_loops;
mod two_loops_sync;
mod user_code;

use std::{cell::Cell, rc::Rc, time::Duration};

use tminus::{EventLoop, Exception, Kind, clock::VirtualClock};

const HOUR: Duration = Duration::from_secs(3_600);

fn new_loop() -> EventLoop {
    EventLoop::with_clock(VirtualClock::new())
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn error(message: &'static str) -> Exception {
    Exception::new(Kind::ValueError, message)
}

/// Panics when it is dropped. Two of them in one value abort: whatever holds many drops them one by one.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("boom");
    }
}

/// The number of calls of the loop's exception handler, which this function sets.
fn handler_calls(event_loop: &EventLoop) -> Rc<Cell<usize>> {
    let calls = Rc::new(Cell::new(0));
    let count = calls.clone();
    event_loop.set_exception_handler(move |_| count.set(count.get() + 1));
    calls
}

/// What `main` returns, and the time when it does.
fn run<T: Clone + 'static>(
    main: impl Future<Output = Result<T, Exception>> + 'static,
) -> (Result<T, Exception>, Duration) {
    let event_loop = new_loop();
    let result = event_loop.run_until_complete(main);
    (result, event_loop.time())
}

fn kind<T>(result: Result<T, Exception>) -> Option<Kind> {
    result.err().map(|exception| exception.kind())
}

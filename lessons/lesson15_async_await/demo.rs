use std::sync::Arc;

use tminus::{EventLoop, Exception, clock::VirtualClock};
use tminus_lessons::lesson15_async_await::{
    Countdown, WakeCounter, launch, launch_generator, poll_all, poll_once, programs, resume_all,
    word,
};

fn main() -> Result<(), Exception> {
    println!("== Predict ==");
    let flight = launch(0);
    println!("called");
    println!("{:?}", poll_once(flight));
    println!("== A generator, an async fn, and a future by hand ==");
    let resumed = resume_all(launch_generator(3)).expect("nobody throws");
    println!("{resumed:?}");
    let wakes = Arc::new(WakeCounter::default());
    println!("{:?}", poll_all(launch(3), &wakes));
    println!("{:?}", poll_all(Countdown::Created(3), &wakes));
    println!("the waker was called {} times", wakes.count());
    println!("== Polled in turn ==");
    println!("polled: {}", word::in_turn().join(" "));
    println!("== Polled when woken ==");
    println!("polled: {}", word::under_the_executor().join(" "));
    println!("== Cancelled ==");
    println!("polled: {}", word::hold().join(" "));
    println!("== On the crate's loop ==");
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    print!("{}", word::under_the_event_loop(&event_loop)?.text(80));
    print!("{}", word::two_countdowns(&event_loop)?.text(80));
    println!("== Python's programs ==");
    programs::all(&event_loop)
}

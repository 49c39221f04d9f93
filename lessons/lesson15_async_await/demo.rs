use std::sync::Arc;

use tminus::{EventLoop, Exception, clock::VirtualClock};
use tminus_lessons::lesson15_async_await::{
    Countdown, WakeCounter, chains, contexts, iterators, launch, launch_generator, poll_all,
    programs, resume_all, word,
};

fn main() -> Result<(), Exception> {
    println!(
        "{:?}",
        resume_all(launch_generator(3)).expect("nobody throws")
    );
    let wakes = Arc::new(WakeCounter::default());
    println!("{:?}", poll_all(launch(3), &wakes));
    println!("{:?}", poll_all(Countdown::Created(3), &wakes));
    println!("woken {} times", wakes.count());

    let polls = word::under_the_executor();
    println!("{polls} polls");
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let lanes = word::under_the_event_loop(&event_loop)?.text(80);
    print!("{lanes}");
    let lanes = word::two_countdowns(&event_loop)?.text(80);
    print!("{lanes}");

    programs::start(&event_loop)?;
    programs::return_a_value(&event_loop)?;
    chains::chain(&event_loop)?;
    chains::chain_of_generators(&event_loop)?;
    programs::run_at_last()?;
    event_loop.run_until_complete(programs::one_after_the_other())?;
    programs::is_it_a_coroutine(&event_loop)?;
    event_loop.run_until_complete(programs::hello_world())?;
    event_loop.run_until_complete(iterators::read_lines())?;
    event_loop.run_until_complete(iterators::async_for())?;
    event_loop.run_until_complete(contexts::async_with())?;
    contexts::async_with_by_hand();
    Ok(())
}

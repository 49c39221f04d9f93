use tminus_lessons::lesson13_futures::programs::PROGRAMS;
use tminus_lessons::lesson13_futures::word::wait_for_the_word;
use tminus_lessons::lesson13_futures::{Clock, EventLoop, Exception, LEGEND, Lanes};

fn main() -> Result<(), Exception> {
    let clock = Clock::virtual_time();
    let (event_loop, lanes) = (EventLoop::new(&clock), Lanes::new(&clock));
    println!("== the word");
    wait_for_the_word(&event_loop, &lanes)?;
    println!("== its lanes");
    println!("{}{LEGEND}", lanes.draw());
    event_loop.close()?;

    for (name, program) in PROGRAMS {
        println!("== {name}");
        program(&clock)?;
    }
    Ok(())
}

use tminus_lessons::lesson12_event_loop::programs::{
    a_closed_loop_refuses_work, countdown, first_to_finish_stops_the_loop, launch,
    stop_in_the_middle, timer,
};
use tminus_lessons::lesson12_event_loop::{Clock, EventLoop, Exception, LEGEND, Lanes};

fn main() -> Result<(), Exception> {
    println!("== a stop in the middle");
    let clock = Clock::virtual_time();
    stop_in_the_middle(&EventLoop::new(&clock))?;

    println!("== a countdown of callbacks");
    let event_loop = EventLoop::new(&clock);
    countdown(&event_loop, 3)?;
    event_loop.run_forever()?;

    println!("== a launch");
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    launch(&EventLoop::new(&clock), &lanes)?;
    println!("{}{LEGEND}", lanes.draw());

    println!("== two workers");
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    first_to_finish_stops_the_loop(&clock, &lanes)?;
    println!("{}{LEGEND}", lanes.draw());

    println!("== a closed loop, and a timer");
    a_closed_loop_refuses_work(&clock)?;
    timer(&clock)
}

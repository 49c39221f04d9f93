use tminus_lessons::lesson13_futures::programs::{
    callbacks_in_order, done_callback, gather_and_stop, run_until_a_future_is_done, set_by_a_task,
    wait_for_a_future,
};
use tminus_lessons::lesson13_futures::word::wait_for_the_word;
use tminus_lessons::lesson13_futures::{Clock, Exception, LEGEND, Lanes};

fn main() -> Result<(), Exception> {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    wait_for_the_word(&clock, &lanes)?;
    println!("{}{LEGEND}", lanes.draw());

    run_until_a_future_is_done(&clock)?;
    wait_for_a_future(&clock)?;
    callbacks_in_order(&clock)?;
    set_by_a_task(&clock)?;
    done_callback(&clock)?;
    gather_and_stop(&clock)
}

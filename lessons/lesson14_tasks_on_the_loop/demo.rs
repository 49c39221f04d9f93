use tminus_lessons::lesson14_tasks_on_the_loop::ends::{
    cancel_a_sleeper, keyboard_interrupt, tasks_need_a_loop,
};
use tminus_lessons::lesson14_tasks_on_the_loop::hold::hold;
use tminus_lessons::lesson14_tasks_on_the_loop::programs::{
    cancel_before_the_start, hand_a_task_on, nobody_has_to_wait, start_a_task, two_tasks,
};
use tminus_lessons::lesson14_tasks_on_the_loop::{Clock, Exception, LEGEND, Lanes};

fn main() -> Result<(), Exception> {
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    hold(&clock, &lanes)?;
    println!("{}{LEGEND}", lanes.draw());

    start_a_task(&clock)?;
    hand_a_task_on(&clock)?;
    cancel_before_the_start(&clock)?;
    nobody_has_to_wait(&clock)?;
    two_tasks(&clock)?;
    keyboard_interrupt(&clock)?;
    tasks_need_a_loop(&clock)?;
    cancel_a_sleeper(&clock)
}

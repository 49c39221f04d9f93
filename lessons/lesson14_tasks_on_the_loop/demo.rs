use tminus_lessons::lesson14_tasks_on_the_loop::before::{
    cancel_the_future, cancel_the_task, first_try,
};
use tminus_lessons::lesson14_tasks_on_the_loop::early::early_and_late;
use tminus_lessons::lesson14_tasks_on_the_loop::hold::hold;
use tminus_lessons::lesson14_tasks_on_the_loop::programs::PROGRAMS;
use tminus_lessons::lesson14_tasks_on_the_loop::{Clock, Exception, LEGEND, Lanes};

fn main() -> Result<(), Exception> {
    let clock = Clock::virtual_time();
    println!("== early and late");
    early_and_late(&clock)?;
    println!("== lesson 13: the future is cancelled");
    print!("{}", cancel_the_future()?);
    println!("== lesson 14: the task is cancelled");
    print!("{}", cancel_the_task()?);
    println!("== a first try: throw at once");
    first_try(&clock)?;

    println!("== a launch on hold");
    let clock = Clock::virtual_time();
    let lanes = Lanes::new(&clock);
    hold(&clock, &lanes)?;
    println!("== its lanes");
    println!("{}{LEGEND}", lanes.draw());

    for (name, program) in PROGRAMS {
        println!("== {name}");
        program(&clock)?;
    }
    Ok(())
}

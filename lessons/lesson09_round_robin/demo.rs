use tminus_lessons::lesson09_round_robin::{
    Exception, Generator, LEGEND, Lanes, TaskScheduler, countdown, countup, early_countdown,
};

fn main() -> Result<(), Exception> {
    println!("== Two take turns");
    two_take_turns()?;
    println!("== Three take turns, two of them early");
    three_take_turns(early_countdown)?;
    println!("== Three take turns");
    three_take_turns(countdown)?;
    println!("== Two for loops");
    let lanes = two_for_loops();
    println!("== Their lanes\n{}{LEGEND}", lanes.draw());
    Ok(())
}

fn two_take_turns() -> Result<(), Exception> {
    let mut scheduler = TaskScheduler::default();
    scheduler.new_task(early_countdown(2));
    scheduler.new_task(countup(2));
    scheduler.run()
}

fn three_take_turns(countdown: fn(u32) -> Generator<()>) -> Result<(), Exception> {
    let mut scheduler = TaskScheduler::default();
    scheduler.new_task(countdown(10));
    scheduler.new_task(countdown(5));
    scheduler.new_task(countup(15));
    scheduler.run()
}

fn two_for_loops() -> Lanes {
    let lanes = Lanes::default();
    let down = lanes.watch("countdown(3)", countdown(3));
    let up = lanes.watch("countup(4)", countup(4));
    for _ in down {}
    for _ in up {}
    lanes
}

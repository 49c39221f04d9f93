use tminus_lessons::lesson09_round_robin::{
    Exception, Generator, LEGEND, Lanes, TaskScheduler, countdown, countup, early_countdown,
};

fn main() -> Result<(), Exception> {
    two_take_turns()?;
    three_take_turns(early_countdown)?;
    let lanes = three_take_turns(countdown)?;
    println!("{}{LEGEND}", lanes.draw());
    let lanes = one_after_the_other();
    println!("{}{LEGEND}", lanes.draw());
    Ok(())
}

fn two_take_turns() -> Result<(), Exception> {
    let mut scheduler = TaskScheduler::default();
    scheduler.new_task(early_countdown(2));
    scheduler.new_task(countup(2));
    scheduler.run()
}

fn three_take_turns(countdown: fn(u32) -> Generator<()>) -> Result<Lanes, Exception> {
    let lanes = Lanes::default();
    let mut scheduler = TaskScheduler::default();
    scheduler.new_task(lanes.watch("countdown(10)", countdown(10)));
    scheduler.new_task(lanes.watch("countdown(5)", countdown(5)));
    scheduler.new_task(lanes.watch("countup(15)", countup(15)));
    scheduler.run()?;
    Ok(lanes)
}

fn one_after_the_other() -> Lanes {
    let lanes = Lanes::default();
    let down = lanes.watch("countdown(3)", countdown(3));
    let up = lanes.watch("countup(4)", countup(4));
    for _ in down {}
    for _ in up {}
    lanes
}

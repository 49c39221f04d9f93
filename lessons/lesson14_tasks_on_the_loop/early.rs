//! Two launches: one is cancelled before its first turn, the other after its first turn.

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson14_tasks_on_the_loop::{
    Clock, Coroutine, Exception, Generator, Wait, YieldFrom, create_task, run, sleep,
};

fn launch(name: &'static str) -> Coroutine {
    Generator::new(async move |co| {
        println!("{name}: counting");
        let outcome = co.yield_from(sleep(ms(1000))).await;
        println!("{name}: cleaning up");
        outcome
    })
}

fn chief() -> Coroutine {
    Generator::new(async |co| {
        let early = create_task(launch("early"))?;
        let late = create_task(launch("late"))?;
        early.cancel();
        println!("chief: early is cancelled: {}", early.cancelled());
        co.yield_(Wait::Turn).await?;
        late.cancel();
        println!("chief: early is cancelled: {}", early.cancelled());
        println!("chief: late is cancelled: {}", late.cancelled());
        Ok(())
    })
}

/// Runs the chief of both.
pub fn early_and_late(clock: &Clock) -> Result<(), Exception> {
    run(clock, chief())
}

//! Small programs, which CPython and the demo run: how tasks end early.

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::KeyboardInterrupt;
use tminus_lessons::lesson14_tasks_on_the_loop::{
    Cancelled, Clock, Coroutine, EventLoop, Exception, Generator, Task, YieldFrom,
    cancel_all_tasks, create_task, run, run_until_complete, sleep,
};

/// A task is interrupted in the middle of an hour, and cancelled.
pub fn keyboard_interrupt(clock: &Clock) -> Result<(), Exception> {
    let hang: Coroutine = Generator::new(async |co| {
        let outcome = co.yield_from(sleep(ms(3_600_000))).await;
        if outcome.as_ref().is_err_and(Exception::is::<Cancelled>) {
            println!("hang cancelled");
        }
        outcome
    });
    let event_loop = EventLoop::new(clock);
    let task = Task::new(&event_loop, hang)?;
    event_loop.call_later(ms(20), || Err(KeyboardInterrupt.into()))?;
    if let Err(interrupt) = run_until_complete(&event_loop, &task) {
        println!("{interrupt}; task done: {}", python(task.done()));
        cancel_all_tasks(&event_loop)?;
    }
    event_loop.close()?;
    println!("cancelled: {}", python(task.cancelled()));
    Ok(())
}

/// Tasks need a loop that runs.
pub fn tasks_need_a_loop(clock: &Clock) -> Result<(), Exception> {
    fn nested() -> Coroutine<u32> {
        Generator::new(async |_| Ok(42))
    }
    let main = Generator::new(async |co| {
        let task = create_task(nested())?;
        println!("{}", co.yield_from(task.wait()).await?);
        println!("{}", co.yield_from(create_task(nested())?.wait()).await?);
        Ok(())
    });
    run(clock, main)?;
    if let Err(error) = create_task(nested()) {
        println!("{error}");
    }
    Ok(())
}

/// A task catches its cancellation, and passes it on.
pub fn cancel_a_sleeper(clock: &Clock) -> Result<(), Exception> {
    let cancel_me: Coroutine = Generator::new(async |co| {
        println!("cancel_me(): before sleep");
        let outcome = co.yield_from(sleep(ms(3_600_000))).await;
        if outcome.as_ref().is_err_and(Exception::is::<Cancelled>) {
            println!("cancel_me(): cancel sleep");
        }
        println!("cancel_me(): after sleep");
        outcome
    });
    let main = Generator::new(async |co| {
        let task = create_task(cancel_me)?;
        co.yield_from(sleep(ms(10))).await?;
        task.cancel();
        match co.yield_from(task.wait()).await {
            Err(exception) if exception.is::<Cancelled>() => {
                println!("main(): cancel_me is cancelled now");
                Ok(())
            }
            outcome => outcome,
        }
    });
    run(clock, main)
}

/// `True` or `False`, as Python writes it.
fn python(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

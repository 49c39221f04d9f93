//! The programs 53, 63 and 67: how tasks end before their time.

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::{KeyboardInterrupt, programs::python};
use tminus_lessons::lesson14_tasks_on_the_loop::{
    CancelledError, Clock, Coroutine, EventLoop, Exception, Generator, YieldFrom, create_task, run,
    sleep,
};

/// Program 53.
pub fn keyboard_interrupt(clock: &Clock) -> Result<(), Exception> {
    let hang: Coroutine = Generator::new(async |co| {
        let outcome = co.yield_from(sleep(ms(3_600_000))).await;
        if outcome.as_ref().is_err_and(Exception::is::<CancelledError>) {
            println!("hang cancelled");
        }
        outcome
    });
    let event_loop = EventLoop::new(clock);
    let task = event_loop.create_task(hang)?;
    event_loop.call_later(ms(20), || Err(KeyboardInterrupt.into()))?;
    if let Err(interrupt) = event_loop.run_until_complete(&task) {
        println!("{interrupt}; task done: {}", python(task.done()));
        event_loop.cancel_all_tasks()?;
    }
    event_loop.close()?;
    println!("cancelled: {}", python(task.cancelled()));
    Ok(())
}

/// Program 63.
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

/// Program 67.
pub fn cancel_a_sleeper(clock: &Clock) -> Result<(), Exception> {
    let cancel_me: Coroutine = Generator::new(async |co| {
        println!("cancel_me(): before sleep");
        let outcome = co.yield_from(sleep(ms(3_600_000))).await;
        if outcome.as_ref().is_err_and(Exception::is::<CancelledError>) {
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
            Err(exception) if exception.is::<CancelledError>() => {
                println!("main(): cancel_me is cancelled now");
                Ok(())
            }
            outcome => outcome,
        }
    });
    run(clock, main)
}

//! What goes wrong before a task can be cancelled: the futures of lesson 13, and a first try.

use super::Task;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson13_futures::ensure_future;
use tminus_lessons::lesson14_tasks_on_the_loop::{
    Cancelled, Clock, Coroutine, EventLoop, Exception, Future, Generator, Lanes, Step, YieldFrom,
    create_task, run, running_loop, sleep,
};

fn countdown() -> Coroutine {
    Generator::new(async |co| {
        for _ in 0..5 {
            co.yield_from(sleep(ms(100))).await?;
        }
        Ok(())
    })
}

/// Draws a countdown from 5, whose future is cancelled at 250 ms.
pub fn cancel_the_future() -> Result<String, Exception> {
    let clock = Clock::virtual_time();
    let (event_loop, lanes) = (EventLoop::new(&clock), Lanes::new(&clock));
    let future = ensure_future(&event_loop, lanes.watch("countdown", countdown()))?;
    event_loop.call_later(ms(250), move || {
        future.cancel();
        Ok(())
    })?;
    event_loop
        .run_forever()
        .expect_err("it runs until nothing is left");
    Ok(lanes.draw())
}

/// Draws the same countdown as a task, which is cancelled at 250 ms.
pub fn cancel_the_task() -> Result<String, Exception> {
    let clock = Clock::virtual_time();
    let (event_loop, lanes) = (EventLoop::new(&clock), Lanes::new(&clock));
    let task = Task::new(&event_loop, lanes.watch("countdown", countdown()))?;
    event_loop.call_later(ms(250), move || {
        task.cancel();
        Ok(())
    })?;
    event_loop
        .run_forever()
        .expect_err("it runs until nothing is left");
    Ok(lanes.draw())
}

fn throw_at_once(task: &Task<()>) -> Result<(), Exception> {
    let coroutine = task.0.coroutine.take();
    let mut coroutine = coroutine.expect("the task has no turn now");
    match coroutine.throw(Cancelled) {
        Ok(Step::Yielded(wait)) => {
            task.0.coroutine.replace(Some(coroutine));
            task.rest(wait)
        }
        Ok(Step::Returned(())) => task.set_result(()),
        Err(exception) => task.set_exception(exception),
    }
}

/// A launch that waits for the word. If it is cancelled, it takes 50 ms to close the valves.
fn launch(word: Future<&'static str>) -> Coroutine {
    Generator::new(async move |co| {
        let outcome = co.yield_from(word.wait()).await;
        println!("launch: closing the valves");
        co.yield_from(sleep(ms(50))).await?;
        println!("launch: the valves are closed");
        outcome.map(drop)
    })
}

/// Throws into the launch at 10 ms, and sets the word at 20 ms.
fn chief() -> Coroutine {
    Generator::new(async |co| {
        let word = Future::new(&running_loop()?);
        let task = create_task(launch(word.clone()))?;
        co.yield_from(sleep(ms(10))).await?;
        println!("chief: stop!");
        throw_at_once(&task)?;
        println!("chief: it will stop");
        co.yield_from(sleep(ms(10))).await?;
        word.set_result("go!")?;
        if let Err(exception) = co.yield_from(task.wait()).await {
            println!("chief: {exception}");
        }
        Ok(())
    })
}

/// Runs the chief who throws.
pub fn first_try(clock: &Clock) -> Result<(), Exception> {
    run(clock, chief())
}

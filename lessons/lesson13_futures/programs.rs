//! Small programs, which CPython and the demo run.

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson13_futures::{
    Clock, Coroutine, EventLoop, Exception, Future, Generator, YieldFrom, ensure_future, gather,
    run_until_complete, running_loop, sleep,
};

/// A program and its heading.
pub type Program = (&'static str, fn(&Clock) -> Result<(), Exception>);

/// All of them, in the order of the demo.
pub const PROGRAMS: [Program; 6] = [
    ("a callback sets the result", run_until_a_future_is_done),
    ("a coroutine waits for that", wait_for_a_future),
    ("two done callbacks", callbacks_in_order),
    ("a task sets the result", set_by_a_task),
    ("a done callback of a task", done_callback),
    ("a done callback stops the loop", gather_and_stop),
];

fn set_result(future: &Future<&'static str>, result: &'static str) -> Result<(), Exception> {
    println!("setting future result to {result}");
    future.set_result(result)
}

/// A callback sets the result of a future, and the loop runs until then.
pub fn run_until_a_future_is_done(clock: &Clock) -> Result<(), Exception> {
    let event_loop = EventLoop::new(clock);
    let future = Future::new(&event_loop);
    println!("scheduling set_result");
    let its_future = future.clone();
    event_loop.call_soon(move || set_result(&its_future, "the result"))?;
    println!("entering event loop");
    let result = run_until_complete(&event_loop, &future)?;
    println!("returned result: {result}");
    event_loop.close()?;
    println!("future result: {}", future.result()?);
    Ok(())
}

/// Runs a coroutine until it is done, on a loop of its own.
fn run<T: Clone + 'static>(clock: &Clock, coroutine: Coroutine<T>) -> Result<T, Exception> {
    let event_loop = EventLoop::new(clock);
    let future = ensure_future(&event_loop, coroutine)?;
    let result = run_until_complete(&event_loop, &future)?;
    event_loop.close()?;
    Ok(result)
}

/// A coroutine waits for a future that a callback sets.
pub fn wait_for_a_future(clock: &Clock) -> Result<(), Exception> {
    let main = Generator::new(async |co| {
        let event_loop = running_loop()?;
        let future = Future::new(&event_loop);
        println!("scheduling set_result");
        let its_future = future.clone();
        event_loop.call_soon(move || set_result(&its_future, "the result"))?;
        println!("returned result: {}", co.yield_from(future.wait()).await?);
        Ok(())
    });
    run(clock, main)
}

fn register_callbacks(future: &Future<&'static str>) -> Result<(), Exception> {
    println!("registering callbacks on future");
    for n in [1, 2] {
        future.add_done_callback(move |future| {
            println!("{n}: future done: {}", future.result()?);
            Ok(())
        })?;
    }
    Ok(())
}

/// A future with two done callbacks.
pub fn callbacks_in_order(clock: &Clock) -> Result<(), Exception> {
    let main = Generator::new(async |_| {
        let future = Future::new(&running_loop()?);
        register_callbacks(&future)?;
        println!("setting result of future");
        future.set_result("the result")
    });
    run(clock, main)
}

/// One task sets a future, and another one waits for both.
pub fn set_by_a_task(clock: &Clock) -> Result<(), Exception> {
    fn work(future: Future<&'static str>) -> Coroutine {
        Generator::new(async move |co| {
            co.yield_from(sleep(ms(20))).await?;
            future.set_result("666")
        })
    }
    let main = Generator::new(async |co| {
        let event_loop = running_loop()?;
        let future = Future::new(&event_loop);
        let task = ensure_future(&event_loop, work(future.clone()))?;
        co.yield_from(task.wait()).await?;
        println!("{}", co.yield_from(future.wait()).await?);
        Ok(())
    });
    run(clock, main)
}

fn do_some_work(x: u64) -> Coroutine {
    Generator::new(async move |co| {
        println!("Waiting {x}");
        co.yield_from(sleep(ms(x * 10))).await
    })
}

/// A done callback at the end of a coroutine.
pub fn done_callback(clock: &Clock) -> Result<(), Exception> {
    let event_loop = EventLoop::new(clock);
    let future = ensure_future(&event_loop, do_some_work(3))?;
    future.add_done_callback(|_| {
        println!("Done");
        Ok(())
    })?;
    run_until_complete(&event_loop, &future)?;
    event_loop.close()
}

/// Two coroutines make one future, whose done callback stops the loop.
pub fn gather_and_stop(clock: &Clock) -> Result<(), Exception> {
    fn work_and_say(x: u64) -> Coroutine {
        Generator::new(async move |co| {
            co.yield_from(do_some_work(x)).await?;
            println!("Done");
            Ok(())
        })
    }
    let start = Generator::new(async |_| {
        let event_loop = running_loop()?;
        let first = ensure_future(&event_loop, work_and_say(1))?;
        gather(vec![first, ensure_future(&event_loop, work_and_say(3))?])
    });
    let event_loop = EventLoop::new(clock);
    let start = ensure_future(&event_loop, start)?;
    let all = run_until_complete(&event_loop, &start)?;
    let this = event_loop.clone();
    all.add_done_callback(move |_| {
        this.stop();
        Ok(())
    })?;
    event_loop.run_forever()?;
    event_loop.close()
}

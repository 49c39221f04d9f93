//! The programs 09, 10, 11, 16, 22 and 25.

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::programs::say;
use tminus_lessons::lesson13_futures::{
    Clock, Coroutine, EventLoop, Exception, Future, Generator, YieldFrom, gather, running_loop,
    sleep,
};

fn set_result(future: &Future<&'static str>, result: &'static str) -> Result<(), Exception> {
    println!("setting future result to {result}");
    future.set_result(result)
}

/// Program 09.
pub fn run_until_a_future_is_done(clock: &Clock) -> Result<(), Exception> {
    let event_loop = EventLoop::new(clock);
    let future = event_loop.create_future();
    println!("scheduling set_result");
    let its_future = future.clone();
    event_loop.call_soon(move || set_result(&its_future, "the result"))?;
    println!("entering event loop");
    let result = event_loop.run_until_complete(&future)?;
    println!("returned result: {result}");
    event_loop.close()?;
    println!("future result: {}", future.result()?);
    Ok(())
}

/// Runs a coroutine to its end, on a loop of its own.
fn run<T: Clone + 'static>(clock: &Clock, coroutine: Coroutine<T>) -> Result<T, Exception> {
    let event_loop = EventLoop::new(clock);
    let future = event_loop.ensure_future(coroutine)?;
    let result = event_loop.run_until_complete(&future)?;
    event_loop.close()?;
    Ok(result)
}

/// Program 10.
pub fn wait_for_a_future(clock: &Clock) -> Result<(), Exception> {
    let main = Generator::new(async |co| {
        let event_loop = running_loop()?;
        let future = event_loop.create_future();
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

/// Program 11.
pub fn callbacks_in_order(clock: &Clock) -> Result<(), Exception> {
    let main = Generator::new(async |_| {
        let future = running_loop()?.create_future();
        register_callbacks(&future)?;
        println!("setting result of future");
        future.set_result("the result")
    });
    run(clock, main)
}

/// Program 16.
pub fn set_by_a_task(clock: &Clock) -> Result<(), Exception> {
    fn work(future: Future<&'static str>) -> Coroutine {
        Generator::new(async move |co| {
            co.yield_from(sleep(ms(20))).await?;
            future.set_result("666")
        })
    }
    let main = Generator::new(async |co| {
        let event_loop = running_loop()?;
        let future = event_loop.create_future();
        let task = event_loop.ensure_future(work(future.clone()))?;
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

/// Program 22.
pub fn done_callback(clock: &Clock) -> Result<(), Exception> {
    let event_loop = EventLoop::new(clock);
    let future = event_loop.ensure_future(do_some_work(3))?;
    future.add_done_callback(|_| say("Done"))?;
    event_loop.run_until_complete(&future)?;
    event_loop.close()
}

/// Program 25.
pub fn gather_and_stop(clock: &Clock) -> Result<(), Exception> {
    fn work_and_say(x: u64) -> Coroutine {
        Generator::new(async move |co| {
            co.yield_from(do_some_work(x)).await?;
            say("Done")
        })
    }
    let start = Generator::new(async |_| {
        let event_loop = running_loop()?;
        let first = event_loop.ensure_future(work_and_say(1))?;
        gather(vec![first, event_loop.ensure_future(work_and_say(3))?])
    });
    let event_loop = EventLoop::new(clock);
    let start = event_loop.ensure_future(start)?;
    let all = event_loop.run_until_complete(&start)?;
    let this = event_loop.clone();
    all.add_done_callback(move |_| {
        this.stop();
        Ok(())
    })?;
    event_loop.run_forever()?;
    event_loop.close()
}

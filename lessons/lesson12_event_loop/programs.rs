//! Programs that only use the loop: a stop, a countdown, a launch, and work that takes some time.

use std::{cell::Cell, rc::Rc};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::{
    Clock, Coroutine, EventLoop, Exception, Generator, Lanes, Wait, YieldFrom, sleep, spawn,
};

/// Prints a line, and returns what a callback returns.
pub fn say(line: &str) -> Result<(), Exception> {
    println!("{line}");
    Ok(())
}

/// Stops a loop in its first round, and runs it again.
pub fn stop_in_the_middle(event_loop: &EventLoop) -> Result<(), Exception> {
    event_loop.call_later(ms(0), || say("timer"))?;
    let this = event_loop.clone();
    event_loop.call_soon(move || {
        this.stop();
        this.call_soon(|| say("from the first"))?;
        say("first")
    })?;
    event_loop.call_soon(|| say("second"))?;
    event_loop.run_forever()?;
    say("stopped")?;
    event_loop.stop();
    event_loop.run_forever()
}

/// Counts down from `n`: a callback that schedules itself, a second later.
pub fn countdown(event_loop: &EventLoop, n: u32) -> Result<(), Exception> {
    if n == 0 {
        event_loop.stop();
        return say("Blast off!");
    }
    println!("T-minus {n}");
    let this = event_loop.clone();
    event_loop.call_later(ms(1000), move || countdown(&this, n - 1))?;
    Ok(())
}

/// Runs callbacks around a launch. One of them, `abort`, is cancelled before its deadline.
pub fn launch(event_loop: &EventLoop, lanes: &Lanes) -> Result<(), Exception> {
    let this = event_loop.clone();
    let lift_off = lanes.callback("lift-off", Wait::For(ms(300)), move || {
        this.stop();
        say("lift-off")
    });
    event_loop.call_later(ms(300), lift_off)?;

    let abort = lanes.callback("abort", Wait::For(ms(200)), || say("abort"));
    let abort = event_loop.call_later(ms(200), abort)?;

    let (this, tower_lanes) = (event_loop.clone(), lanes.clone());
    let crew = lanes.callback("crew", Wait::Turn, move || {
        say("crew: we are in")?;
        let tower = tower_lanes.callback("tower", Wait::Turn, || say("tower: they are in"));
        this.call_soon(tower)?;
        abort.cancel();
        Ok(())
    });
    event_loop.call_soon(crew)?;

    let fuel = lanes.callback("fuel", Wait::Turn, || say("fuel: the tanks are full"));
    event_loop.call_soon(fuel)?;
    event_loop.run_forever()
}

/// Waits, and prints a line before and after.
fn do_some_work(x: u64, done: String) -> Coroutine {
    Generator::new(async move |co| {
        println!("Waiting {x}");
        co.yield_from(sleep(ms(x * 10))).await?;
        say(&done)
    })
}

/// Returns Python's name for the value.
pub fn python(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Runs two tasks, each of which stops the loop when it is done.
pub fn first_to_finish_stops_the_loop(clock: &Clock, lanes: &Lanes) -> Result<(), Exception> {
    let event_loop = EventLoop::new(clock);
    let done: [Rc<Cell<bool>>; 2] = Default::default();
    for (x, done) in [1, 3].into_iter().zip(&done) {
        let (this, done) = (event_loop.clone(), done.clone());
        let task: Coroutine = Generator::new(async move |co| {
            co.yield_from(do_some_work(x, format!("Done {x}"))).await?;
            this.stop();
            done.set(true);
            Ok(())
        });
        spawn(&event_loop, lanes.watch(&format!("work {x}"), task))?;
    }
    for _ in 0..2 {
        event_loop.run_forever()?; // a stopped loop can go on
        let [first, second] = done.each_ref().map(|done| python(done.get()));
        println!("[{first}, {second}]");
    }
    event_loop.close()
}

/// Runs a coroutine to its end. Lesson 13 has a better way.
fn run(event_loop: &EventLoop, coroutine: Coroutine) -> Result<(), Exception> {
    let this = event_loop.clone();
    let and_stop = Generator::new(async move |co| {
        co.yield_from(coroutine).await?;
        this.stop();
        Ok(())
    });
    spawn(event_loop, and_stop)?;
    event_loop.run_forever()
}

/// Closes a loop, and tries to use it.
pub fn a_closed_loop_refuses_work(clock: &Clock) -> Result<(), Exception> {
    let event_loop = EventLoop::new(clock);
    run(&event_loop, do_some_work(1, "Done".into()))?;
    run(&event_loop, do_some_work(3, "Done".into()))?;
    event_loop.close()?;
    if let Err(error) = run(&event_loop, do_some_work(3, "Done".into())) {
        println!("{error}");
    }
    println!("{}", python(event_loop.is_closed()));
    Ok(())
}

/// Calls back after a while. The loop has timers, so this needs no coroutine.
pub fn timer(clock: &Clock) -> Result<(), Exception> {
    let event_loop = EventLoop::new(clock);
    let this = event_loop.clone();
    event_loop.call_later(ms(30), move || {
        this.stop();
        say("Done")
    })?;
    event_loop.run_forever()?;
    event_loop.close()
}

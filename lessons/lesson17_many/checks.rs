//! Three checks before a launch, one of which fails: what `gather`, `wait` and a task group make of that.

use tminus::{spawn, spawn_named, timeline::Timeline};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson17_many::{
    EventLoop, Exception, Job, Kind, Task, all_or_none, gather, gather_first_try, named,
    run_virtual, sleep, wait_all, watch,
};

/// Prints what happens, and after how many milliseconds.
fn say(what: &str) -> Result<(), Exception> {
    let now = EventLoop::running()?.time().as_millis();
    println!("{now} ms: {what}");
    Ok(())
}

/// A check that takes `takes` milliseconds. The engine fails it.
async fn check(name: &'static str, takes: u64) -> Result<&'static str, Exception> {
    sleep(ms(takes)).await?;
    say(name)?;
    match name {
        "engine" => Err(Exception::new(Kind::ValueError, "the engine leaks")),
        name => Ok(name),
    }
}

/// Awaits the longer check first.
pub async fn two_checks() -> Result<(), Exception> {
    let weather = spawn(check("weather", 40))?;
    let engine = spawn(check("engine", 20))?;
    weather.await?;
    say("main has the weather")?;
    if let Err(exception) = engine.await {
        say(&exception.to_string())?;
    }
    Ok(())
}

fn checks() -> Vec<impl Job<&'static str>> {
    let checks = [("fuel", 10), ("engine", 20), ("weather", 40)];
    let checks = checks.map(|(name, takes)| named(name, check(name, takes)));
    checks.into_iter().collect()
}

/// Cancels a task after 5 ms, and looks on until the last check could be done.
async fn cancel_at_5(all: impl Job<Vec<&'static str>>) -> Result<(), Exception> {
    let main = spawn(all)?;
    sleep(ms(5)).await?;
    main.cancel();
    if let Err(exception) = main.await {
        say(&format!("main: {exception}"))?;
    }
    sleep(ms(45)).await
}

/// The caller of `gather` is cancelled while the checks run: with the first version, and with the second.
pub fn cancelled_callers() -> Result<(), Exception> {
    println!("== the caller of gather_first_try is cancelled");
    run_virtual(cancel_at_5(gather_first_try(checks())))?;
    println!("== the caller of gather is cancelled");
    run_virtual(cancel_at_5(gather(checks())))
}

/// Raises the first exception. The other tasks keep running.
async fn gathered() -> Result<String, Exception> {
    Ok(format!("{:?}", gather(checks()).await?))
}

/// Waits for all, and raises no exception of theirs.
async fn waited() -> Result<String, Exception> {
    let tasks = wait_all(checks()).await?;
    let failed = tasks.iter().filter(|task| Task::result(task).is_err());
    Ok(format!("{} done, {} failed", tasks.len(), failed.count()))
}

/// Cancels the others, and raises the exception when they are done.
pub async fn grouped() -> Result<String, Exception> {
    Ok(format!("{:?}", all_or_none(checks()).await?))
}

/// Prints what came of the checks and when. It looks on until the last one could be done.
pub fn tell(all: impl Job<String>) -> Result<Timeline, Exception> {
    let main = async move {
        let outcome = spawn_named("main", all)?.await;
        say(&outcome.unwrap_or_else(|exception| format!("main: {exception}")))?;
        let now = EventLoop::running()?.time();
        sleep(ms(50).saturating_sub(now)).await
    };
    watch(|| run_virtual(main))
}

/// The checks in each of the three ways, and their lanes.
pub fn three_ways() -> Result<(), Exception> {
    println!("== gather, and one fails");
    draw(&tell(gathered())?);
    println!("== wait_all, and one fails");
    draw(&tell(waited())?);
    println!("== all_or_none, and one fails");
    draw(&tell(grouped())?);
    Ok(())
}

/// Only the lanes: what stands between the number of tasks and the legend.
fn draw(timeline: &Timeline) {
    let text = timeline.text(80);
    println!("{}", text.split("\n\n").nth(1).unwrap_or_default());
}

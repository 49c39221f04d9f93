//! Three checks before a launch, one of which fails: what `gather`, `wait` and a task group make of that.

use tminus::lessons::lesson11_timers::programs::ms;
use tminus::lessons::lesson16_many::{
    EventLoop, Exception, Job, Kind, LEGEND, Lanes, all_or_none, gather, run_virtual, sleep,
    spawn_all,
};
use tminus::{Task, wait};

/// A check that takes so many milliseconds. The engine fails it.
pub async fn check(name: &'static str, takes: u64) -> Result<&'static str, Exception> {
    sleep(ms(takes)).await?;
    match name {
        "engine" => Err(Exception::new(Kind::ValueError, "the engine leaks")),
        name => Ok(name),
    }
}

fn checks(lanes: &Lanes) -> Vec<impl Job<&'static str> + use<>> {
    let checks = [("fuel", 10), ("engine", 20), ("weather", 40)];
    let watched = |(name, takes)| lanes.watch(name, check(name, takes));
    checks.into_iter().map(watched).collect()
}

/// `gather` raises the first exception. The others run on.
async fn gathered(lanes: Lanes) -> Result<String, Exception> {
    Ok(match gather(checks(&lanes)).await {
        Ok(names) => format!("{names:?}"),
        Err(exception) => exception.to_string(),
    })
}

/// `wait` waits for all, and raises no exception of theirs.
async fn waited(lanes: Lanes) -> Result<String, Exception> {
    let tasks = spawn_all(checks(&lanes))?;
    let (done, pending) = wait(&tasks).await?;
    let failed = done
        .iter()
        .filter(|task| Task::result(task).is_err())
        .count();
    let (done, pending) = (done.len(), pending.len());
    Ok(format!(
        "{done} done, {failed} of them failed, {pending} pending"
    ))
}

/// A task group cancels the others, and raises when they are over.
async fn grouped(lanes: Lanes) -> Result<String, Exception> {
    Ok(match all_or_none(checks(&lanes)).await {
        Ok(names) => format!("{names:?}"),
        Err(group) => group.to_string(),
    })
}

/// Says what came of the checks and when, and draws their lanes. It looks on until the last one could be over.
async fn tell<F>(name: &str, all: impl FnOnce(Lanes) -> F) -> Result<(), Exception>
where
    F: Future<Output = Result<String, Exception>> + 'static,
{
    let lanes = Lanes::default();
    let event_loop = EventLoop::running()?;
    let outcome = lanes.watch("main", all(lanes.clone())).await?;
    let now = event_loop.time();
    println!("{name}, after {now:?}: {outcome}");
    sleep(ms(50).saturating_sub(now)).await?;
    print!("{}", lanes.draw());
    Ok(())
}

/// The checks in each of the three ways.
pub fn three_ways() -> Result<(), Exception> {
    run_virtual(tell("gather", gathered))?;
    run_virtual(tell("wait", waited))?;
    run_virtual(tell("task group", grouped))?;
    println!("{LEGEND}");
    Ok(())
}

//! Three checks before a launch, one of which fails: what `gather`, `wait` and a task group make of that.

use tminus::{Task, spawn_named, timeline::Timeline, wait};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson17_many::{
    EventLoop, Exception, Job, Kind, all_or_none, gather, named, run_virtual, sleep, spawn_all,
    watch,
};

/// A check that takes so many milliseconds. The engine fails it.
async fn check(name: &'static str, takes: u64) -> Result<&'static str, Exception> {
    sleep(ms(takes)).await?;
    match name {
        "engine" => Err(Exception::new(Kind::ValueError, "the engine leaks")),
        name => Ok(name),
    }
}

fn checks() -> Vec<impl Job<&'static str>> {
    let checks = [("fuel", 10), ("engine", 20), ("weather", 40)];
    let checks = checks.map(|(name, takes)| named(name, check(name, takes)));
    checks.into_iter().collect()
}

/// `gather` raises the first exception. The others run on.
async fn gathered() -> Result<String, Exception> {
    Ok(match gather(checks()).await {
        Ok(names) => format!("{names:?}"),
        Err(exception) => exception.to_string(),
    })
}

/// `wait` waits for all, and raises no exception of theirs.
async fn waited() -> Result<String, Exception> {
    let tasks = spawn_all(checks())?;
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
pub async fn grouped() -> Result<String, Exception> {
    Ok(match all_or_none(checks()).await {
        Ok(names) => format!("{names:?}"),
        Err(group) => group.to_string(),
    })
}

/// Says what came of the checks and when. It looks on until the last one could be over.
pub fn tell(name: &'static str, all: impl Job<String>) -> Result<Timeline, Exception> {
    let main = async move {
        let event_loop = EventLoop::running()?;
        let outcome = spawn_named("main", all)?.await?;
        let now = event_loop.time();
        println!("{name}, after {now:?}: {outcome}");
        sleep(ms(50).saturating_sub(now)).await
    };
    watch(|| run_virtual(main))
}

/// The checks in each of the three ways, and their lanes.
pub fn three_ways() -> Result<(), Exception> {
    draw(&tell("gather", gathered())?);
    draw(&tell("wait", waited())?);
    draw(&tell("task group", grouped())?);
    Ok(())
}

/// Only the lanes: what stands between how many there are and the legend.
fn draw(timeline: &Timeline) {
    let text = timeline.text(80);
    println!("{}", text.split("\n\n").nth(1).unwrap_or_default());
}

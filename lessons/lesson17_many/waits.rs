//! Programs with `wait`.

use tminus::{Task, event_loop::spawn_named, wait};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::programs::python;
use tminus_lessons::lesson17_many::{Exception, sleep, spawn_all};

async fn func(delay: u64) -> Result<&'static str, Exception> {
    println!("start");
    sleep(ms(delay)).await?;
    println!("end");
    Ok("func result")
}

/// Names and results, as Python shows them.
fn show(tasks: &[&Task<&str>]) -> Result<String, Exception> {
    let pair = |task: &&Task<&str>| Ok(format!("('{}', '{}')", task.name(), task.result()?));
    let pairs: Result<Vec<_>, Exception> = tasks.iter().map(pair).collect();
    Ok(format!("[{}]", pairs?.join(", ")))
}

fn names(tasks: &[&Task<&str>]) -> String {
    let names: Vec<_> = tasks
        .iter()
        .map(|task| format!("'{}'", task.name()))
        .collect();
    format!("[{}]", names.join(", "))
}

/// `wait` with a timeout: in time, and too late. It cancels nobody.
pub async fn wait_so_long() -> Result<(), Exception> {
    let tasks = [spawn_named("t1", func(20))?, spawn_named("t2", func(20))?];
    println!("main finished");
    let (done, pending) = wait(&tasks).timeout(ms(500)).await?;
    println!("done: {}", show(&done)?);
    println!("pending: {}", names(&pending));
    let slow = spawn_named("slow", func(5000))?;
    let (done, pending) = wait([&slow]).timeout(ms(30)).await?;
    println!("done: {}", show(&done)?);
    let cancelled = python(slow.cancelled());
    println!(
        "pending: {} cancelled by wait: {cancelled}",
        names(&pending)
    );
    Ok(())
}

async fn do_some_work(x: u64) -> Result<(), Exception> {
    println!("Waiting {x}");
    sleep(ms(x * 10)).await?;
    println!("Done");
    Ok(())
}

/// `wait` takes tasks only. Python's raises an error if it is passed a coroutine.
pub async fn wait_for_tasks() -> Result<(), Exception> {
    let tasks = spawn_all(vec![do_some_work(1), do_some_work(3)])?;
    let (done, pending) = wait(&tasks).await?;
    println!("{} {}", done.len(), pending.len());
    Ok(())
}

/// Three operations of equal length end in the order in which they began.
pub async fn slow_operations() -> Result<(), Exception> {
    let slow_operation = async |n: u32| {
        sleep(ms(20)).await?;
        println!("Slow operation {n} complete");
        Ok(())
    };
    let tasks = spawn_all((1..=3).map(slow_operation).collect())?;
    wait(&tasks).await?;
    Ok(())
}

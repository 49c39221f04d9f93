//! `shield`, `wait_for`, `wait`, `as_completed`, and a loop on another thread: a program that shows some APIs.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tminus::event_loop::{all_tasks, current_task};
use tminus::{ReturnWhen, clock::VirtualClock, shield, spawn, wait, wait_for};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::programs::python;
use tminus_lessons::lesson17_many::{EventLoop, Exception, Kind, as_they_come, run_virtual, sleep};

async fn work<T>(t: Duration, v: T) -> Result<T, Exception> {
    sleep(t).await?;
    Ok(v)
}

async fn some_apis() -> Result<(), Exception> {
    let inner = spawn(work(ms(30), "shielded"))?;
    match spawn(wait_for(shield(inner.clone()), ms(10)))?.await {
        Err(exception) if exception.kind() == Kind::Timeout => {
            println!("timeout; inner cancelled: {}", python(inner.cancelled()));
        }
        outcome => drop(outcome?),
    }
    println!("{}", inner.await?);
    match wait_for(work(ms(1000), ()), ms(10)).await {
        Err(exception) if exception.kind() == Kind::Timeout => println!("wait_for timed out"),
        outcome => outcome?,
    }
    let (a, b) = (spawn(work(ms(10), "a"))?, spawn(work(ms(100), "b"))?);
    let first = wait([&a, &b]).return_when(ReturnWhen::FirstCompleted);
    let (done, pending) = first.await?;
    println!("['{}'] {}", done[0].result()?, pending.len());
    b.await?;
    let jobs = [3, 1, 2].map(|n| work(ms(n * 10), n));
    as_they_come(jobs.into(), |n| println!("{n}")).await?;
    let in_a_task = python(current_task().is_ok());
    println!("{in_a_task} {}", all_tasks()?.len());
    Ok(())
}

/// Runs a coroutine on another thread's loop: Python's `run_coroutine_threadsafe`.
fn on_another_thread() -> Result<(), Exception> {
    let (give_remote, remote) = mpsc::channel();
    let runner = thread::spawn(move || {
        let event_loop = EventLoop::with_clock(VirtualClock::new()); // it stays on its thread
        let _ = give_remote.send(event_loop.remote());
        event_loop.run_forever().is_ok()
    });
    let remote = remote.recv()?;
    let (give_result, result) = mpsc::channel();
    remote.call_soon_threadsafe(move || {
        spawn(async move { Ok(give_result.send(work(ms(10), 3).await?)?) })?;
        Ok(())
    })?;
    println!("{}", result.recv()?);
    remote.call_soon_threadsafe(|| {
        EventLoop::running()?.stop();
        Ok(())
    })?;
    let ended = runner.join();
    assert!(ended.is_ok_and(|ended| ended), "the loop was stopped");
    Ok(())
}

/// The program, in its two halves.
pub fn some_apis_and_a_thread() -> Result<(), Exception> {
    run_virtual(some_apis())?;
    on_another_thread()
}

//! The end of a run, and of a loop, while jobs run.

use std::{sync::mpsc, thread};

use tminus::{
    EventLoop, Exception, Kind, run, sleep, spawn,
    threads::{ThreadPoolExecutor, to_thread},
    yield_now,
};

use crate::{Flag, gate, kind, ms, on_a_virtual_clock, support::Log};

/// Returns when the loop waits for the end of its pool.
fn until_shut_down(pool: &ThreadPoolExecutor) {
    while pool.submit(|| ()).is_ok() {
        thread::yield_now();
    }
}

#[test]
fn run_waits_for_the_jobs_of_the_default_pool() -> Result<(), Exception> {
    for new in [EventLoop::new, on_a_virtual_clock] {
        let (key, gate) = gate();
        let ended = Flag::default();
        let ends = ended.clone();
        let opener = new().run(async move {
            EventLoop::running()?.run_in_executor(None, move || {
                gate.waits();
                ends.raise();
            })?;
            let opener = thread::spawn(move || drop(key));
            Ok(std::rc::Rc::new(opener))
        })?;
        assert!(ended.is_raised());
        let opener = std::rc::Rc::into_inner(opener).expect("it is the only one");
        opener.join().unwrap();
    }
    Ok(())
}

/// The loop runs in that time, so a job can still call into it.
#[test]
fn a_job_at_the_end_of_a_run_can_call_into_the_loop() -> Result<(), Exception> {
    let (says, said) = mpsc::channel();
    run(async move {
        let event_loop = EventLoop::running()?;
        let pool = ThreadPoolExecutor::new(1)?;
        event_loop.set_default_executor(pool.clone());
        let remote = event_loop.remote();
        event_loop.run_in_executor(None, move || {
            until_shut_down(&pool); // before that, `run` would cancel the task like all others
            let coroutine = || async {
                sleep(ms(1)).await?;
                Ok("from the loop")
            };
            let promise = remote.run_coroutine_threadsafe(coroutine).unwrap();
            says.send(promise.result().unwrap()).unwrap();
        })?;
        Ok(())
    })?;
    assert_eq!(said.recv(), Ok("from the loop"));
    Ok(())
}

/// This is how a second Ctrl-C ends the wait.
#[test]
fn a_keyboard_interrupt_ends_the_wait_for_the_jobs() -> Result<(), Exception> {
    let (key, gate) = gate();
    let ended = Flag::default();
    let ends = ended.clone();
    let (says, said) = mpsc::channel();
    let end: Result<(), _> = run(async move {
        let event_loop = EventLoop::running()?;
        let pool = ThreadPoolExecutor::new(1)?;
        event_loop.set_default_executor(pool.clone());
        let remote = event_loop.remote();
        event_loop.run_in_executor(None, move || {
            until_shut_down(&pool);
            let interrupt = || Err(Kind::KeyboardInterrupt.into());
            remote.call_soon_threadsafe(interrupt).unwrap();
            gate.waits();
            ends.raise();
            says.send(()).unwrap();
        })?;
        Ok(())
    });
    assert_eq!(kind(end), Kind::KeyboardInterrupt);
    assert!(!ended.is_raised());
    drop(key);
    said.recv().unwrap(); // the job runs on
    assert!(ended.is_raised());
    Ok(())
}

#[test]
fn the_default_pool_can_be_shut_down_before_the_end() -> Result<(), Exception> {
    let log = Log::default();
    let lines = log.clone();
    run(async move {
        let event_loop = EventLoop::running()?;
        event_loop.shutdown_default_executor().await?; // it has none
        Ok(())
    })?;
    run(async move {
        let event_loop = EventLoop::running()?;
        let (key, gate) = gate();
        let job = event_loop.run_in_executor(None, move || {
            gate.waits();
            "a job"
        })?;
        let adds = lines.clone();
        let other = spawn(async move {
            yield_now().await?;
            adds.add("another task");
            drop(key);
            Ok(())
        })?;
        event_loop.shutdown_default_executor().await?;
        lines.add("shut down");
        lines.add(job.await?);
        let refused = event_loop.run_in_executor(None, || 1).unwrap_err();
        lines.add(refused.to_string());
        assert_eq!(kind(to_thread(|| 1).await), Kind::RuntimeError);
        event_loop.shutdown_default_executor().await?; // again
        other.await
    })?;
    assert_eq!(
        log.take(),
        [
            "another task",
            "shut down",
            "a job",
            "RuntimeError: Executor shutdown has been called"
        ]
    );
    Ok(())
}

#[test]
fn a_cancelled_shutdown_of_the_default_pool_leaves_its_jobs() -> Result<(), Exception> {
    let (key, gate) = gate();
    run(async move {
        let event_loop = EventLoop::running()?;
        let job = event_loop.run_in_executor(None, move || {
            gate.waits();
            42
        })?;
        let shutdown = spawn(event_loop.shutdown_default_executor())?;
        yield_now().await?;
        shutdown.cancel();
        assert_eq!(kind(shutdown.await), Kind::Cancelled);
        drop(key);
        assert_eq!(job.await?, 42);
        Ok(())
    })
}

/// Closing a loop does not wait, as in CPython. What the job ends with is for nobody.
#[test]
fn a_loop_can_close_while_its_jobs_run() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    let (says, said) = mpsc::channel();
    let event_loop = EventLoop::new();
    let custom = event_loop.run_in_executor(Some(&pool), move || gate.waits())?;
    let default = event_loop.run_in_executor(None, move || says.send(()).unwrap())?;
    event_loop.run_until_complete(yield_now())?;
    event_loop.close()?;
    assert!(!custom.done());
    drop(key);
    said.recv().unwrap();
    pool.shutdown(true)?;
    assert!(!custom.done());
    drop((custom, default, event_loop));
    Ok(())
}

/// The program's own pool outlives the loop to which it was lent, but takes no more jobs, as in CPython.
#[test]
fn a_loop_that_closes_shuts_its_default_pool_down() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let event_loop = EventLoop::new();
    event_loop.set_default_executor(pool.clone());
    let promise = pool.submit(|| 42)?;
    event_loop.close()?;
    assert_eq!(promise.result()?, 42);
    assert_eq!(kind(pool.submit(|| 1)), Kind::RuntimeError);
    Ok(())
}

/// A job that holds the last handle to the loop's pool does not wait for itself.
#[test]
fn the_default_pool_can_be_dropped_by_its_own_job() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let event_loop = EventLoop::new();
    event_loop.set_default_executor(pool.clone());
    let (key, gate) = gate();
    let (says, said) = mpsc::channel();
    event_loop.run_in_executor(None, move || {
        gate.waits();
        drop(pool);
        says.send(()).unwrap();
    })?;
    event_loop.close()?;
    drop(key);
    said.recv().unwrap();
    Ok(())
}

#[test]
fn a_default_pool_that_is_replaced_still_serves_its_other_handles() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let event_loop = EventLoop::new();
    event_loop.set_default_executor(pool.clone());
    event_loop.set_default_executor(ThreadPoolExecutor::new(1)?);
    assert_eq!(pool.submit(|| 42)?.result()?, 42);
    Ok(())
}

/// One of the two joins the threads, and the other one has none left to join.
#[test]
fn whoever_shuts_a_pool_down_and_waits_sees_its_jobs_ended() -> Result<(), Exception> {
    let (pool, ended) = (ThreadPoolExecutor::new(1)?, Flag::default());
    let (key, gate) = gate();
    let at_the_end = ended.clone();
    pool.submit(move || {
        gate.waits();
        at_the_end.raise();
    })?;
    let waits = || {
        let (pool, ended) = (pool.clone(), ended.clone());
        std::thread::spawn(move || pool.shutdown(true).map(|()| ended.is_raised()).ok())
    };
    let both = [waits(), waits()];
    while pool.submit(|| ()).is_ok() {
        std::thread::yield_now();
    }
    for _ in 0..1_000 {
        std::thread::yield_now(); // so that both are likely to wait
    }
    drop(key);
    for one in both {
        assert_eq!(one.join().expect("it does not panic"), Some(true));
    }
    Ok(())
}

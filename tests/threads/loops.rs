//! Promises and jobs in a loop.

use std::{sync::mpsc, thread};

use futures::StreamExt;
use tminus::{
    EventLoop, Exception, Kind, gather, run, sleep, spawn, spawn_named,
    threads::{ThreadPoolExecutor, to_thread},
    wait_for, yield_now,
};

use crate::{Flag, gate, kind, ms, on_a_virtual_clock, support::Log};

#[test]
fn a_task_awaits_a_job_while_others_run() {
    let log = Log::default();
    let lines = log.clone();
    run(async move {
        let (key, gate) = gate();
        let adds = lines.clone();
        let other = spawn(async move {
            yield_now().await?;
            adds.add("another task");
            drop(key); // only now the job can end
            Ok(())
        })?;
        let text = to_thread(move || {
            gate.waits();
            "a job"
        });
        lines.add(text.await?);
        other.await
    })
    .unwrap();
    assert_eq!(log.take(), ["another task", "a job"]);
}

#[test]
fn to_thread_uses_the_default_pool_and_its_result_need_not_be_clone() {
    struct Engine(String);
    let engine = run(async {
        let engine = to_thread(|| Engine(thread::current().name().unwrap_or_default().into()));
        Ok(engine.await?.0)
    });
    assert_eq!(engine.unwrap(), "asyncio_0");
}

#[test]
fn nothing_happens_before_to_thread_is_polled() {
    let ran = Flag::default();
    let runs = ran.clone();
    run(async move {
        drop(to_thread(move || runs.raise()));
        Ok(())
    })
    .unwrap();
    assert!(!ran.is_raised());
}

#[test]
fn a_panic_of_a_job_is_raised_in_the_task() {
    let end: Result<(), _> = run(to_thread(|| panic!("a leak")));
    assert_eq!(end.unwrap_err().to_string(), "Panic: a leak");
}

#[test]
fn results_arrive_whatever_their_order() {
    let sum = run(async {
        let jobs = (0..50_u64).map(|n| to_thread(move || n * n));
        Ok(gather(jobs.collect::<Vec<_>>())
            .await?
            .into_iter()
            .sum::<u64>())
    });
    assert_eq!(sum.unwrap(), (0..50).map(|n| n * n).sum());
}

#[test]
fn to_block_the_loop_is_refused_unless_the_promise_is_done() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    run(async move {
        let (key, gate) = gate();
        let promise = pool.submit(move || {
            gate.waits();
            42
        })?;
        let refused = promise.result().unwrap_err();
        let text = refused.to_string();
        assert!(text.starts_with("RuntimeError: this would block"), "{text}");
        assert!(text.ends_with("await the promise instead"), "{text}");
        assert_eq!(kind(promise.result_timeout(ms(1))), Kind::RuntimeError);
        assert_eq!(kind(promise.exception()), Kind::RuntimeError);
        assert_eq!(kind(promise.clone().into_result()), Kind::RuntimeError);
        drop(key);
        assert_eq!(promise.wait().await?, 42);
        assert_eq!(promise.result()?, 42);
        assert_eq!(promise.await?, 42);
        Ok(())
    })
}

#[test]
fn several_tasks_await_one_promise() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    let promise = pool.submit(move || {
        gate.waits();
        42
    })?;
    let all = run(async move {
        let tasks = [spawn(promise.wait())?, spawn(promise.wait())?];
        yield_now().await?;
        drop(key);
        gather(tasks).await
    });
    assert_eq!(all?, [42, 42]);
    Ok(())
}

/// As in asyncio: the job was wrapped, and cancelling the future cancels the job.
#[test]
fn a_cancelled_task_cancels_the_job_that_has_not_begun() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let ran = Flag::default();
    let runs = ran.clone();
    let (key, gate) = gate();
    let first = pool.submit(move || gate.waits())?;
    let second = pool.submit(move || runs.raise())?;
    let promise = second.clone();
    let late = run(async move {
        let late = wait_for(second.wait(), ms(1)).await.unwrap_err();
        assert_eq!(late.kind(), Kind::Timeout);
        assert!(second.cancelled());
        drop(key);
        first.await?;
        Ok(late.kind())
    });
    assert_eq!(late?, Kind::Timeout);
    pool.shutdown(true)?;
    assert!(promise.cancelled() && !ran.is_raised());
    Ok(())
}

#[test]
fn a_cancelled_task_leaves_a_job_that_has_begun() -> Result<(), Exception> {
    let (begins, has_begun) = mpsc::channel();
    let (key, gate) = gate();
    let ended = Flag::default();
    let ends = ended.clone();
    run(async move {
        let task = spawn(to_thread(move || {
            begins.send(()).unwrap();
            gate.waits();
            ends.raise();
        }))?;
        yield_now().await?;
        has_begun.recv().unwrap();
        task.cancel();
        assert_eq!(kind(task.await), Kind::Cancelled);
        drop(key);
        Ok(())
    })?; // waits for the job
    assert!(ended.is_raised());
    Ok(())
}

#[test]
fn a_dropped_to_thread_cancels_the_job_that_has_not_begun() {
    let ran = Flag::default();
    let runs = ran.clone();
    run(async move {
        let event_loop = EventLoop::running()?;
        event_loop.set_default_executor(ThreadPoolExecutor::new(1)?);
        let (key, gate) = gate();
        let first = event_loop.run_in_executor(None, move || gate.waits())?;
        let mut second = Box::pin(to_thread(move || runs.raise()));
        assert!(futures::poll!(&mut second).is_pending());
        drop(second);
        drop(key);
        first.await
    })
    .unwrap();
    assert!(!ran.is_raised());
}

#[test]
fn a_dropped_wait_leaves_the_promise_alone() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    let first = pool.submit(move || gate.waits())?;
    let second = pool.submit(|| 42)?;
    let answer = run(async move {
        let mut waits = Box::pin(second.wait());
        assert!(futures::poll!(&mut waits).is_pending());
        drop(waits);
        drop(key);
        first.await?;
        second.await
    });
    assert_eq!(answer?, 42);
    Ok(())
}

#[test]
fn a_future_of_the_loop_follows_a_promise() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    run(async move {
        let event_loop = EventLoop::running()?;
        let (key, gate) = gate();
        let promise = pool.submit(move || {
            gate.waits();
            42
        })?;
        let future = event_loop.wrap_future(&promise)?;
        assert!(!future.done());
        drop(key);
        assert_eq!(future.clone().await?, 42);
        assert_eq!(future.result()?, 42);
        // In CPython, too, the future of a promise that is done is done one round later.
        let done = event_loop.wrap_future(&promise)?;
        assert!(!done.done());
        yield_now().await?;
        assert!(done.done());
        let panicked = pool.submit(|| panic!("no") as u8)?;
        let failed = event_loop.wrap_future(&panicked)?;
        assert_eq!(kind(failed.await), Kind::Panic);
        Ok(())
    })
}

#[test]
fn a_promise_that_is_cancelled_elsewhere_cancels_who_awaits_it() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (key, gate) = gate();
    let first = pool.submit(move || gate.waits())?;
    let second = pool.submit(|| 42)?;
    let cancels = second.clone();
    let end = run(async move {
        let task = spawn(second.wait())?;
        yield_now().await?;
        let thread = thread::spawn(move || cancels.cancel());
        let end = kind(task.await);
        assert!(thread.join().unwrap());
        drop(key);
        first.await?;
        Ok(end)
    });
    assert_eq!(end?, Kind::Cancelled);
    Ok(())
}

#[test]
fn a_pool_that_was_shut_down_or_a_loop_that_is_closed_is_refused() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    pool.shutdown(true)?;
    let event_loop = EventLoop::new();
    let refused = event_loop.run_in_executor(Some(&pool), || 1).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "RuntimeError: cannot schedule new futures after shutdown"
    );
    let promise = ThreadPoolExecutor::new(1)?.submit(|| 42)?;
    event_loop.close()?;
    for refused in [
        event_loop.run_in_executor(None, || 1).err(),
        event_loop.wrap_future(&promise).err(),
    ] {
        let refused = refused.expect("the loop is closed");
        assert_eq!(refused.to_string(), "RuntimeError: Event loop is closed");
    }
    Ok(())
}

#[test]
fn outside_a_loop_nothing_can_be_awaited() -> Result<(), Exception> {
    use futures::FutureExt;
    let ended = to_thread(|| 1).now_or_never().expect("it is refused");
    assert_eq!(kind(ended), Kind::RuntimeError);
    let promise = ThreadPoolExecutor::new(1)?.submit(|| 42)?;
    let ended = promise.wait().now_or_never().expect("it is refused");
    assert_eq!(kind(ended), Kind::RuntimeError);
    assert_eq!(EventLoop::new().run_until_complete(promise)?, 42);
    Ok(())
}

#[test]
fn the_default_pool_is_the_one_that_was_set_and_the_one_before_finishes() -> Result<(), Exception> {
    let event_loop = EventLoop::new();
    let name = || thread::current().name().unwrap_or_default().to_owned();
    let names = event_loop.run(async move {
        let event_loop = EventLoop::running()?;
        let (key, gate) = gate();
        let first = event_loop.run_in_executor(None, move || {
            gate.waits();
            name()
        })?;
        event_loop.set_default_executor(ThreadPoolExecutor::with_thread_name_prefix(1, "pump")?);
        let second = to_thread(name).await?;
        drop(key);
        Ok((first.await?, second))
    });
    assert_eq!(names?, ("asyncio_0".into(), "pump_0".into()));
    Ok(())
}

/// What was asked for with a limit, again and again, leaves nothing behind in a promise that takes long.
#[test]
fn waits_that_end_early_do_not_stay() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (begins, has_begun) = mpsc::channel();
    let (key, gate) = gate();
    let promise = pool.submit(move || {
        begins.send(()).unwrap();
        gate.waits();
        42
    })?;
    has_begun.recv().unwrap();
    run(async move {
        for _ in 0..3 {
            let late = wait_for(promise.wait(), ms(1)).await;
            assert_eq!(kind(late), Kind::Timeout);
        }
        let other = spawn_named("other", sleep(ms(1)))?;
        other.await?;
        drop(key);
        assert_eq!(promise.await?, 42);
        Ok(())
    })
}

/// The loop does not wait for a job that only a dropped stream has asked for.
#[test]
fn a_stream_of_results_that_is_dropped_while_it_waits_is_not_waited_for() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (begins, has_begun) = mpsc::channel();
    let (key, gate) = gate();
    let gate = std::sync::Mutex::new(gate);
    let results = pool.map(
        move |_| {
            begins.send(()).unwrap();
            gate.lock().unwrap().waits();
        },
        [1],
    )?;
    has_begun.recv().unwrap();
    let event_loop = on_a_virtual_clock();
    event_loop.run_until_complete(async move {
        let mut results = results.into_stream();
        assert!(futures::poll!(results.next()).is_pending());
        drop(results);
        sleep(ms(1)).await // which would not end while the loop waits for the job
    })?;
    assert_eq!(event_loop.time(), ms(1));
    drop(key);
    Ok(())
}

#[test]
fn a_pool_that_is_replaced_as_the_default_is_not_shut_down_while_others_have_it()
-> Result<(), Exception> {
    let event_loop = on_a_virtual_clock();
    let pool = ThreadPoolExecutor::new(1)?;
    event_loop.set_default_executor(pool.clone());
    event_loop.set_default_executor(ThreadPoolExecutor::new(1)?);
    assert_eq!(pool.submit(|| 7)?.result()?, 7);
    Ok(())
}

//! Jobs and the deadlock report: a loop that waits for a job is not stuck, and says what it waits for.

use tminus::{
    EventLoop, Exception,
    event_loop::Deadlock,
    gather, spawn_named,
    threads::{ThreadPoolExecutor, to_thread},
    yield_now,
};

use crate::{
    gate, on_a_virtual_clock,
    support::{Record, records_while},
};

/// The job can end at any moment: before the loop looks, between its looks, or while it waits.
#[test]
fn a_loop_that_waits_for_a_job_never_reports_a_deadlock() -> Result<(), Exception> {
    for is_alone in [false, true] {
        for new in [EventLoop::new, on_a_virtual_clock] {
            let event_loop = new();
            event_loop.set_single_threaded(is_alone);
            let sum = event_loop.run(async {
                let mut sum = 0;
                for n in 0..500_u64 {
                    sum += to_thread(move || n).await?;
                }
                let jobs: Vec<_> = (0..50_u64).map(|n| to_thread(move || n)).collect();
                Ok(sum + gather(jobs).await?.into_iter().sum::<u64>())
            });
            assert_eq!(sum?, 500 * 499 / 2 + 50 * 49 / 2);
        }
    }
    Ok(())
}

#[test]
fn when_the_job_has_ended_a_deadlock_is_reported() -> Result<(), Exception> {
    let event_loop = EventLoop::new();
    let never = event_loop.create_future::<()>();
    let stuck = event_loop.create_task(async move {
        to_thread(|| ()).await?;
        never.await
    })?;
    let end = event_loop.run_until_complete(stuck).unwrap_err();
    let deadlock = end
        .downcast_ref::<Deadlock>()
        .expect("nothing can happen any more");
    assert_eq!(deadlock.stuck[0].waits_for, "a future");
    Ok(())
}

/// A promise that its own loop is to keep is nothing that comes from outside.
#[test]
fn two_tasks_that_wait_for_each_other_through_a_promise_are_stuck() -> Result<(), Exception> {
    let event_loop = EventLoop::new();
    event_loop.set_single_threaded(true);
    let end = event_loop.run_until_complete(async {
        let remote = EventLoop::running()?.remote();
        let coroutine = || async { EventLoop::running()?.create_future::<()>().await };
        remote.run_coroutine_threadsafe(coroutine)?.await
    });
    let end = end.unwrap_err();
    let deadlock = end
        .downcast_ref::<Deadlock>()
        .expect("nothing can happen any more");
    let reasons: Vec<_> = deadlock
        .stuck
        .iter()
        .map(|stuck| &*stuck.waits_for)
        .collect();
    assert_eq!(
        reasons,
        ["the result of run_coroutine_threadsafe", "a future"]
    );
    Ok(())
}

#[test]
fn a_task_says_for_which_pool_it_waits() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::with_thread_name_prefix(1, "pump")?;
    let event_loop = EventLoop::new();
    let (key, gate) = gate();
    let job = pool.submit(move || gate.waits())?;
    let main = async move {
        let job = spawn_named("waits", job.wait())?;
        let future = EventLoop::running()?.run_in_executor(Some(&pool), || ())?;
        let both = spawn_named("both", async move { gather([future]).await })?;
        yield_now().await?;
        let shown = [format!("{:?}", job.any()), format!("{:?}", both.any())];
        drop(key);
        job.await?;
        both.await?;
        Ok(shown)
    };
    let mut shown = None;
    let records = records_while(|| shown = Some(event_loop.run(main)));
    let [waits, both] = shown.expect("it ran")?;
    let words = "a job of thread pool pump";
    assert_eq!(
        waits,
        format!("Task {{ name: \"waits\", waits_for: {words} }}")
    );
    assert_eq!(
        both,
        format!("Task {{ name: \"both\", waits_for: {words} }}")
    );
    let told = records.into_iter().find_map(|record| match record {
        Record::Event(_, fields) => {
            (fields.get("what").map(String::as_str) == Some("thread")).then_some(fields)
        }
        Record::Enter(..) | Record::Exit => None,
    });
    let told = told.expect("the wait is in the trace");
    assert_eq!(told["of"].trim_matches('"'), words);
    Ok(())
}

#[test]
fn a_task_that_waits_for_the_end_of_the_default_pool_says_so() -> Result<(), Exception> {
    let shown = EventLoop::new().run(async {
        let event_loop = EventLoop::running()?;
        let (key, gate) = gate();
        let job = event_loop.run_in_executor(None, move || gate.waits())?;
        let ends = spawn_named("ends", event_loop.shutdown_default_executor())?;
        yield_now().await?;
        let shown = format!("{:?}", ends.any());
        drop(key);
        job.await?;
        ends.await?;
        Ok(shown)
    });
    assert_eq!(
        shown?,
        "Task { name: \"ends\", waits_for: the jobs of thread pool asyncio }"
    );
    Ok(())
}

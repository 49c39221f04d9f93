//! Threads: each has its own values.

use std::{rc::Rc, thread};

use tminus::{
    Exception, contextvars::ContextVar, run, simulation::Simulation, spawn, threads::to_thread,
    yield_now,
};

static NAME: ContextVar<Rc<str>> = ContextVar::new("name");
static COUNT: ContextVar<u32> = ContextVar::with_default("count", || 0);

#[test]
fn a_static_has_a_value_of_its_own_on_each_thread() {
    NAME.set("main".into());
    let other = thread::spawn(|| {
        let before = NAME.get().is_err();
        NAME.set("other".into());
        (before, NAME.get().unwrap().to_string())
    });
    assert_eq!(other.join().unwrap(), (true, "other".into()));
    assert_eq!(&*NAME.get().unwrap(), "main");
}

#[test]
fn a_job_begins_with_an_empty_context_and_leaves_nothing_behind() -> Result<(), Exception> {
    run(async {
        COUNT.set(1);
        let seen = to_thread(|| {
            let seen = COUNT.get();
            COUNT.set(2);
            seen
        });
        assert_eq!(seen.await?, Ok(0));
        assert_eq!(COUNT.get(), Ok(1));
        Ok(())
    })
}

/// There, a job runs on the loop's own thread.
#[test]
fn a_job_in_a_simulation_sees_what_it_would_see_on_a_thread() -> Result<(), Exception> {
    let (result, _) = Simulation::new(1).run(async {
        COUNT.set(1);
        let seen = to_thread(|| {
            let seen = COUNT.get();
            COUNT.set(2);
            seen
        });
        assert_eq!(seen.await?, Ok(0));
        assert_eq!(COUNT.get(), Ok(1));
        Ok(())
    });
    result
}

#[test]
fn what_another_thread_calls_does_not_see_the_context_of_the_task_that_runs()
-> Result<(), Exception> {
    run(async {
        COUNT.set(1);
        let (sender, receiver) = futures::channel::oneshot::channel();
        let remote = tminus::EventLoop::running()?.remote();
        let other = thread::spawn(move || {
            let called = remote.call_soon_threadsafe(move || {
                let seen = COUNT.get()?;
                COUNT.set(7);
                let _ = sender.send(seen);
                Ok(())
            });
            assert!(called.is_ok());
        });
        let reads = spawn(async {
            yield_now().await?;
            Ok(COUNT.get()?)
        })?;
        assert_eq!(reads.await?, 1);
        assert_eq!(receiver.await?, 0);
        other.join().unwrap();
        assert_eq!(COUNT.get()?, 1);
        Ok(())
    })
}

//! Jobs on a virtual clock: they take real time, and the clock waits for them.

use std::{cell::Cell, rc::Rc, sync::mpsc, time::Duration};

use tminus::{
    EventLoop, Exception, Kind,
    clock::{Clock, VirtualClock},
    sleep, spawn,
    threads::{ThreadPoolExecutor, to_thread},
    wait_for, yield_now,
};

use crate::{Key, gate, kind, ms, on_a_virtual_clock};

/// The other task's sleep is long over in virtual time, if that does not stand still.
#[test]
fn the_clock_stands_still_while_a_job_runs() -> Result<(), Exception> {
    let event_loop = on_a_virtual_clock();
    let slept = Rc::new(Cell::new(false));
    let sleeps = slept.clone();
    event_loop.run_until_complete(async move {
        let sleeper = spawn(async move {
            sleep(ms(1)).await?;
            sleeps.set(true);
            Ok(())
        })?;
        let (key, gate) = gate();
        std::thread::spawn(move || drop(key));
        to_thread(move || gate.waits()).await?;
        assert!(!slept.get());
        assert_eq!(EventLoop::running()?.time(), Duration::ZERO);
        sleeper.await
    })?;
    assert_eq!(event_loop.time(), ms(1));
    Ok(())
}

#[test]
fn a_job_for_which_nobody_waits_does_not_stop_the_clock() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (begins, has_begun) = mpsc::channel();
    let (key, gate) = gate();
    let job = pool.submit(move || {
        begins.send(()).unwrap();
        gate.waits();
    })?;
    has_begun.recv().unwrap();
    let event_loop = on_a_virtual_clock();
    event_loop.run_until_complete(async move {
        sleep(ms(1)).await?; // nobody waits yet
        let task = spawn(job.wait())?;
        yield_now().await?;
        task.cancel();
        assert_eq!(kind(task.await), Kind::Cancelled);
        sleep(ms(1)).await?; // nobody waits any longer
        let mut waits = Box::pin(job.wait());
        assert!(futures::poll!(&mut waits).is_pending());
        drop(waits);
        sleep(ms(1)).await
    })?;
    assert_eq!(event_loop.time(), ms(3));
    drop(key);
    Ok(())
}

/// A limit in virtual time is never reached by a job, because no virtual time passes.
#[test]
fn a_limit_does_not_end_a_job() -> Result<(), Exception> {
    let event_loop = on_a_virtual_clock();
    let answer = event_loop.run_until_complete(wait_for(to_thread(|| 42), ms(1)));
    assert_eq!(answer?, 42);
    assert_eq!(event_loop.time(), Duration::ZERO);
    Ok(())
}

/// Otherwise the job would wait for the loop's time, and the time for the job.
#[test]
fn time_passes_for_a_coroutine_for_which_a_job_waits() -> Result<(), Exception> {
    let event_loop = on_a_virtual_clock();
    let times = event_loop.run_until_complete(async {
        let event_loop = EventLoop::running()?;
        let remote = event_loop.remote();
        to_thread(move || {
            let sleeps = |n| {
                let coroutine = move || async move {
                    sleep(ms(n)).await?;
                    Ok(EventLoop::running()?.time())
                };
                let promise = remote.run_coroutine_threadsafe(coroutine);
                promise.and_then(|promise| promise.result()).unwrap()
            };
            [sleeps(3), sleeps(4)]
        })
        .await
    });
    assert_eq!(times?, [ms(3), ms(7)]);
    Ok(())
}

#[test]
fn time_stands_still_for_a_job_whose_wait_for_a_coroutine_has_timed_out() -> Result<(), Exception> {
    let event_loop = on_a_virtual_clock();
    let end = event_loop.run_until_complete(async {
        let event_loop = EventLoop::running()?;
        let remote = event_loop.remote();
        to_thread(move || {
            let never = || async { EventLoop::running()?.create_future::<()>().await };
            let promise = remote.run_coroutine_threadsafe(never).unwrap();
            let late = promise.result_timeout(ms(1)).unwrap_err();
            promise.cancel();
            late.kind()
        })
        .await
    });
    assert_eq!(end?, Kind::Timeout);
    assert_eq!(event_loop.time(), Duration::ZERO);
    Ok(())
}

/// A task that awaits a coroutine of its own loop does not stop the clock: nothing runs elsewhere.
#[test]
fn time_passes_for_a_coroutine_of_the_same_loop() -> Result<(), Exception> {
    let event_loop = on_a_virtual_clock();
    event_loop.run_until_complete(async {
        let remote = EventLoop::running()?.remote();
        remote.run_coroutine_threadsafe(|| sleep(ms(5)))?.await
    })?;
    assert_eq!(event_loop.time(), ms(5));
    Ok(())
}

/// A job that has waited for a coroutine runs again, and the clock stands still for it again.
#[test]
fn the_clock_stands_still_for_a_job_after_it_has_waited_for_the_loop() -> Result<(), Exception> {
    let event_loop = on_a_virtual_clock();
    event_loop.run_until_complete(async {
        let sleeper = spawn(sleep(ms(1)))?;
        let remote = EventLoop::running()?.remote();
        let job = move || {
            let waits = remote.run_coroutine_threadsafe(|| async { Ok(()) });
            waits.and_then(|promise| promise.result()).unwrap();
            (0..1000).for_each(|_| std::thread::yield_now()); // time for the loop to make a mistake
        };
        to_thread(job).await?;
        assert_eq!(EventLoop::running()?.time(), Duration::ZERO);
        sleeper.await
    })?;
    assert_eq!(event_loop.time(), ms(1));
    Ok(())
}

/// A virtual clock that drops a key when the loop waits without a deadline: its time stands still then.
#[derive(Clone, Default)]
struct Watched {
    clock: VirtualClock,
    key: Rc<Cell<Option<Key>>>,
}

impl Clock for Watched {
    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn wait(&self, deadline: Option<Duration>) {
        if deadline.is_none() {
            drop(self.key.take());
        }
        self.clock.wait(deadline);
    }

    fn is_virtual(&self) -> bool {
        true
    }
}

#[test]
fn the_clock_stands_still_for_a_job_after_another_one_has_waited_for_the_loop()
-> Result<(), Exception> {
    let clock = Watched::default();
    let event_loop = EventLoop::with_clock(clock.clone());
    event_loop.run_until_complete(async move {
        let remote = EventLoop::running()?.remote();
        let waits = move || {
            let slept = remote.run_coroutine_threadsafe(|| sleep(ms(1)));
            slept.and_then(|promise| promise.result()).unwrap();
        };
        to_thread(waits).await?;
        assert_eq!(clock.now(), ms(1));

        let sleeper = spawn(sleep(ms(1)))?;
        let (key, gate) = gate();
        clock.key.set(Some(key));
        to_thread(move || gate.waits()).await?;
        assert_eq!(clock.now(), ms(1));
        sleeper.await
    })
}

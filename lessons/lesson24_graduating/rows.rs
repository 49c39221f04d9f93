//! What does not carry over, on the crate's loop and its virtual clock. `tokio_rows.rs` has the same, on tokio.

use std::time::Duration;

use tminus::event_loop::Deadlock;
use tminus::sync::Lock;
use tminus::{EventLoop, Exception, Kind, clock::VirtualClock, sleep, spawn, yield_now};

use super::{Log, Valve};

fn run<T: 'static>(main: impl Future<Output = Result<T, Exception>>) -> Result<T, Exception> {
    EventLoop::with_clock(VirtualClock::new()).run_until_complete(main)
}

async fn connection(log: Log) -> Result<(), Exception> {
    let _valve = Valve(log.clone());
    let outcome = sleep(Duration::from_secs(3600)).await;
    log.add("closing");
    sleep(Duration::from_secs(1)).await?;
    log.add("closed");
    outcome
}

/// A task that is cancelled, and whose clean-up waits.
pub fn clean_up() -> Result<String, Exception> {
    let log = Log::default();
    run(async {
        let task = spawn(connection(log.clone()))?;
        yield_now().await?;
        task.cancel();
        let _ = task.await;
        Ok(())
    })?;
    Ok(log.take())
}

/// A task that is left when `main` returns.
pub fn left() -> Result<String, Exception> {
    let log = Log::default();
    EventLoop::with_clock(VirtualClock::new()).run(async {
        drop(spawn(connection(log.clone()))?);
        yield_now().await
    })?;
    Ok(log.take())
}

/// Three tasks that yield once.
pub fn order() -> Result<String, Exception> {
    async fn twice(log: Log, name: &str) -> Result<(), Exception> {
        for _ in 0..2 {
            log.add(name);
            yield_now().await?;
        }
        Ok(())
    }
    let log = Log::default();
    run(async {
        let tasks = ["a", "b", "c"].map(|name| spawn(twice(log.clone(), name)));
        for task in tasks {
            task?.await?;
        }
        Ok(())
    })?;
    Ok(log.take())
}

/// Two tasks that sleep for 1.8 ms and 1.2 ms, and the time after that.
pub fn timers() -> Result<String, Exception> {
    async fn sleeps(log: Log, micros: u64) -> Result<(), Exception> {
        sleep(Duration::from_micros(micros)).await?;
        log.add(format!("{micros} µs"));
        Ok(())
    }
    let log = Log::default();
    run(async {
        let long = spawn(sleeps(log.clone(), 1800))?;
        let short = spawn(sleeps(log.clone(), 1200))?;
        long.await?;
        short.await?;
        let time = EventLoop::running()?.time();
        log.add(format!("after {} µs", time.as_micros()));
        Ok(())
    })?;
    Ok(log.take())
}

/// Two tasks that need two locks, in two orders.
pub fn deadlock() -> Result<String, Exception> {
    async fn two(first: Lock, second: Lock) -> Result<(), Exception> {
        let _first = first.acquire().await?;
        yield_now().await?;
        second.acquire().await.map(drop)
    }
    let stuck = run(async {
        let (pump, valve) = (Lock::new(), Lock::new());
        let fuel = spawn(two(pump.clone(), valve.clone()))?;
        let drain = spawn(two(valve, pump))?;
        fuel.await?;
        drain.await
    });
    let error = stuck.expect_err("nobody releases a lock");
    let deadlock = error.downcast_ref::<Deadlock>().ok_or(Kind::Error)?;
    Ok(format!("cycle: {}", deadlock.cycle.join(" -> ")))
}

/// A task that fails, and that nobody awaits.
pub fn failure() -> Result<String, Exception> {
    let log = Log::default();
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let heard = log.clone();
    event_loop.set_exception_handler(move |report| heard.add(report.to_string()));
    event_loop.run_until_complete(async {
        let leak = async { Err::<(), _>(Exception::new(Kind::ValueError, "no fuel")) };
        drop(spawn(leak)?);
        sleep(Duration::from_secs(1)).await
    })?;
    Ok(log.take())
}

/// A task whose turn panics, and what the task that awaits it gets.
pub fn panics() -> Result<String, Exception> {
    run(async {
        let leak = async {
            std::panic::resume_unwind(Box::new("a leak")); // a panic without a message on stderr
            #[expect(unreachable_code, reason = "it says what the task returns")]
            Ok(())
        };
        let ended = spawn(leak)?.await;
        Ok(format!("{:?}", ended.map_err(|exception| exception.kind())))
    })
}

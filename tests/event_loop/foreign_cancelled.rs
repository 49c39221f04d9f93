//! Futures of the loop inside `cancellable`: they raise a cancellation themselves, so that what awaits them can clean up.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Wake, Waker},
};

use futures::join;
use tminus::{Exception, Kind, event_loop::cancellable, sleep, spawn, yield_now};

use crate::{ms, new_loop, support::Log};

/// Sleeps, and cleans up if it is cancelled.
async fn cleans_up(log: Log) -> Result<(), Exception> {
    let cancelled = sleep(ms(1_000)).await.unwrap_err();
    sleep(ms(1)).await?;
    log.add("clean");
    Err(cancelled)
}

/// Is polled once more after a millisecond, and is done then.
async fn polled_twice(log: Log) -> Result<(), Exception> {
    let (ended, slept) = join!(cleans_up(log), sleep(ms(1)));
    ended.and(slept)
}

/// Runs `body` as a task that is cancelled after 5 ms, and returns what it logged.
fn cancelled_after_5_ms<F>(body: impl FnOnce(Log) -> F) -> Vec<String>
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let log = Log::default();
    let body = body(log.clone());
    let main = async {
        let task = spawn(body)?;
        sleep(ms(5)).await?;
        task.cancel();
        Ok(task.await.unwrap_err().kind())
    };
    let ended = new_loop().run_until_complete(main);
    assert_eq!(ended.unwrap(), Kind::Cancelled);
    log.take()
}

#[test]
fn what_is_cancellable_cleans_up_if_it_waits_for_the_loop() {
    let alone = cancelled_after_5_ms(async |log| cancellable(cleans_up(log)).await?);
    assert_eq!(alone, ["clean"]);
    let again = cancelled_after_5_ms(async |log| cancellable(polled_twice(log)).await?);
    assert_eq!(again, ["clean"]);
}

#[test]
fn what_is_cancellable_cleans_up_beside_another_wait() {
    let alone = cancelled_after_5_ms(async |log| {
        let (slept, ended) = join!(sleep(ms(20)), cancellable(cleans_up(log)));
        slept.and(ended?)
    });
    assert_eq!(alone, ["clean"]);
    let again = cancelled_after_5_ms(async |log| {
        let (slept, ended) = join!(sleep(ms(20)), cancellable(polled_twice(log)));
        slept.and(ended?)
    });
    assert_eq!(again, ["clean"]);
}

#[test]
fn a_cancellable_that_is_dropped_lets_the_waker_go_that_polled_it() {
    struct Idle;
    impl Wake for Idle {
        fn wake(self: Arc<Self>) {}
    }
    let main = async {
        let idle = Arc::new(Idle);
        let waker = Waker::from(idle.clone());
        {
            let waits = pin!(cancellable(futures::future::pending::<()>()));
            assert!(waits.poll(&mut Context::from_waker(&waker)).is_pending());
            assert!(Arc::strong_count(&idle) > 2);
        }
        yield_now().await?;
        drop(waker);
        assert_eq!(Arc::strong_count(&idle), 1);
        Ok(())
    };
    new_loop().run_until_complete(main).unwrap();
}

//! `run_coroutine_threadsafe`: coroutines from other threads, and how they end.

use std::{sync::mpsc, thread};

use tminus::{
    EventLoop, Exception, Kind,
    event_loop::{RemoteLoop, all_tasks, current_task},
    run, sleep,
    threads::{Promise, to_thread},
    yield_now,
};

use crate::{Flag, kind, ms};

/// Runs a loop until `thread` has ended, and returns what that returns.
fn beside<T: Clone + Send + 'static>(thread: impl FnOnce(RemoteLoop) -> T + Send + 'static) -> T {
    let result = run(async {
        let remote = EventLoop::running()?.remote();
        to_thread(move || thread(remote)).await
    });
    result.expect("the thread does not panic")
}

/// An exception cannot leave the thread.
fn texts<T>(result: Result<T, Exception>) -> Result<T, String> {
    result.map_err(|exception| exception.to_string())
}

const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);

#[test]
fn a_result_arrives() {
    let answer = beside(|remote| {
        let promise = remote.run_coroutine_threadsafe(|| async {
            sleep(ms(1)).await?;
            Ok(42)
        });
        texts(promise.and_then(|promise| promise.result()))
    });
    assert_eq!(answer, Ok(42));
}

#[test]
fn an_exception_arrives_with_its_kind_its_name_and_its_text() {
    let arrived = beside(|remote| {
        let coroutine = || async { Ok("six".parse::<u32>()?) };
        let promise = remote.run_coroutine_threadsafe(coroutine).unwrap();
        let exception = promise.exception().unwrap().expect("it failed");
        let late = || async { Err::<(), _>(Exception::new(Kind::Timeout, "3 s")) };
        let late = remote.run_coroutine_threadsafe(late).unwrap();
        let late = late.result().unwrap_err();
        (
            exception.kind(),
            exception.name(),
            exception.to_string(),
            late.kind(),
            late.to_string(),
        )
    });
    assert_eq!(
        arrived,
        (
            Kind::Error,
            "ParseIntError",
            "invalid digit found in string".into(),
            Kind::Timeout,
            "Timeout: 3 s".into()
        )
    );
}

#[test]
fn a_panic_in_the_coroutine_or_in_what_makes_it_arrives() {
    let event_loop = EventLoop::new();
    event_loop.set_exception_handler(|_| ());
    let texts = event_loop.run(async {
        let remote = EventLoop::running()?.remote();
        to_thread(move || {
            let inside = remote.run_coroutine_threadsafe(|| async {
                yield_now().await?;
                panic!("inside") as Result<(), Exception>
            });
            let before = remote.run_coroutine_threadsafe(|| {
                if true {
                    panic!("before");
                }
                async { Ok(()) }
            });
            [inside, before].map(|promise| promise.unwrap().result().unwrap_err().to_string())
        })
        .await
    });
    assert_eq!(texts.unwrap(), ["Panic: inside", "Panic: before"]);
}

/// The promise is cancelled immediately; its task is cancelled where it waits.
#[test]
fn to_cancel_the_promise_cancels_the_task() {
    let caught = beside(|remote| {
        let (begins, has_begun) = mpsc::channel();
        let (says, said) = mpsc::channel();
        let coroutine = move || async move {
            begins.send(()).unwrap();
            let end = sleep(HOUR).await;
            says.send(end.as_ref().unwrap_err().kind()).unwrap();
            end
        };
        let promise = remote.run_coroutine_threadsafe(coroutine).unwrap();
        has_begun.recv().unwrap();
        assert!(!promise.running() && !promise.done()); // as in CPython, it is pending
        assert!(promise.cancel());
        assert!(promise.cancelled());
        (said.recv().unwrap(), kind(promise.result()))
    });
    assert_eq!(caught, (Kind::Cancelled, Kind::Cancelled));
}

#[test]
fn a_task_that_is_cancelled_cancels_its_promise() {
    let ended = beside(|remote| {
        let coroutine = || async {
            current_task()?.cancel();
            sleep(HOUR).await
        };
        let promise = remote.run_coroutine_threadsafe(coroutine).unwrap();
        let end = kind(promise.result());
        (end, promise.cancelled())
    });
    assert_eq!(ended, (Kind::Cancelled, true));
}

/// As in CPython 3.13: the coroutine begins, and is cancelled where it first waits.
#[test]
fn a_promise_that_is_cancelled_before_its_coroutine_begins() {
    let log = run(async {
        let event_loop = EventLoop::running()?;
        let (says, said) = mpsc::channel();
        let tells = says.clone();
        let coroutine = move || async move {
            tells.send("start").unwrap();
            let end = sleep(HOUR).await;
            tells.send("cancelled").unwrap();
            end
        };
        let promise = event_loop.remote().run_coroutine_threadsafe(coroutine)?;
        assert!(promise.cancel());
        for round in ["0", "1", "2"] {
            yield_now().await?;
            says.send(round).unwrap();
        }
        drop(says);
        Ok(said.try_iter().collect::<Vec<_>>())
    });
    assert_eq!(log.unwrap(), ["0", "start", "1", "cancelled", "2"]);
}

#[test]
fn a_closed_loop_refuses() {
    let event_loop = EventLoop::new();
    let remote = event_loop.remote();
    event_loop.close().unwrap();
    let made = Flag::default();
    let makes = made.clone();
    let refused = remote.run_coroutine_threadsafe(move || {
        makes.raise();
        async { Ok(()) }
    });
    assert_eq!(
        refused.unwrap_err().to_string(),
        "RuntimeError: Event loop is closed"
    );
    assert!(!made.is_raised());
}

/// Whether it has begun or not.
#[test]
fn a_loop_that_closes_before_the_coroutine_is_done_fails_the_promise() {
    for rounds in 0..3 {
        let event_loop = EventLoop::new();
        let remote = event_loop.remote();
        let promise = remote.run_coroutine_threadsafe(|| sleep(HOUR)).unwrap();
        let blocked = promise.clone();
        let thread = thread::spawn(move || texts(blocked.result()));
        for _ in 0..rounds {
            event_loop.run_until_complete(yield_now()).unwrap();
        }
        assert!(!promise.done());
        drop(event_loop);
        let end = thread.join().unwrap().unwrap_err();
        assert!(
            end.starts_with("RuntimeError: the event loop was closed"),
            "{end}"
        );
    }
}

#[test]
fn a_task_awaits_a_coroutine_of_its_own_loop() {
    let answer = run(async {
        let remote = EventLoop::running()?.remote();
        let promise = remote.run_coroutine_threadsafe(|| async {
            sleep(ms(1)).await?;
            Ok(42)
        })?;
        promise.await
    });
    assert_eq!(answer.unwrap(), 42);
}

#[test]
fn a_task_awaits_a_coroutine_of_another_loop() {
    let (sends, received) = mpsc::channel();
    let thread = thread::spawn(move || {
        let event_loop = EventLoop::new();
        sends.send(event_loop.remote()).unwrap();
        event_loop.run_forever().unwrap();
    });
    let remote = received.recv().unwrap();
    let answer = run(async move {
        let there = remote.run_coroutine_threadsafe(|| async {
            sleep(ms(1)).await?;
            Ok(thread::current().id())
        })?;
        let id = there.await?;
        remote.call_soon_threadsafe(|| EventLoop::running().map(|event_loop| event_loop.stop()))?;
        Ok(id)
    });
    assert_eq!(answer.unwrap(), thread.thread().id());
    thread.join().unwrap();
}

/// The loop remembers nothing of what is over.
#[test]
fn nothing_stays_of_a_coroutine_that_is_over() {
    run(async {
        let remote = EventLoop::running()?.remote();
        let before = all_tasks()?.len();
        for _ in 0..3 {
            let promise: Promise<u8> = remote.run_coroutine_threadsafe(|| async { Ok(1) })?;
            promise.await?;
        }
        assert_eq!(all_tasks()?.len(), before);
        Ok(())
    })
    .unwrap();
}

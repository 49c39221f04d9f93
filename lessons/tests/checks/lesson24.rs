use std::future::{pending, poll_fn};
use std::{cell::RefCell, net::SocketAddr, rc::Rc, task::Poll, time::Duration};

use tminus::{EventLoop, Exception, Kind, clock::VirtualClock};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson15_async_await::{LoopFuture, yield_now};
use tminus_lessons::lesson19_threads::Executor;
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::lesson24::{Task, TcpListener, both, cancellable, sleep, spawn, wait_for};

type Outcome = Result<(), Exception>;

/// What happened, and after how many milliseconds.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    /// Logs how a future ends.
    async fn end<T>(&self, name: &str, future: impl Future<Output = Result<T, Exception>>) {
        let end = future.await.map(drop).map_err(|exception| exception.kind());
        self.add(format!("{name}: {end:?}"));
    }

    /// Compares the log, line by line.
    #[track_caller]
    fn check<const N: usize>(&self, want: [&str; N]) {
        let (got, want) = (self.0.take().join("\n  "), want.join("\n  "));
        assert!(
            got == want,
            "\nwhat happened:\n  {got}\nwhat should happen:\n  {want}\n"
        );
    }
}

/// Runs `main` on tokio. Its clock is paused: it jumps to the next timer if no task can run. If an hour passes on it,
/// something waits forever.
fn run(main: impl AsyncFnOnce(Log) -> Outcome) -> Log {
    let log = Log::default();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let main = tokio::time::timeout(Duration::from_secs(3600), main(log.clone()));
        match main.await {
            Ok(outcome) => {
                outcome.unwrap_or_else(|exception| log.add(format!("main: {exception}")))
            }
            Err(_) => log.add("an hour has passed, and something still waits"),
        }
    });
    log
}

/// Waits for a day, and cleans up if it is cancelled. That takes 5 ms.
async fn valve(log: Log) -> Outcome {
    let outcome = sleep(Duration::from_secs(86_400)).await;
    log.add("closing");
    sleep(ms(5)).await?;
    log.add("closed");
    outcome
}

// Exercise 1: tasks on tokio that can be cancelled.

#[test]
fn a_cancelled_task_cleans_up_and_its_clean_up_can_wait() {
    let log = run(async |log| {
        let task = spawn(valve(log.clone()))?;
        sleep(ms(1)).await?;
        task.cancel();
        log.add("cancel() runs nothing");
        log.end("valve", task).await;
        Ok(())
    });
    log.check([
        "cancel() runs nothing",
        "closing",
        "closed",
        "valve: Err(Cancelled)",
    ]);
}

#[test]
fn a_task_can_catch_its_cancellation_and_return_a_result() {
    let log = run(async |log| {
        let task = spawn(async {
            let _ = sleep(Duration::from_secs(86_400)).await;
            Ok("closed in order")
        })?;
        sleep(ms(1)).await?;
        task.cancel();
        log.add(task.await?);
        Ok(())
    });
    log.check(["closed in order"]);
}

#[test]
fn a_cancellation_reaches_the_innermost_await_and_propagates() {
    let log = run(async |log| {
        let its_log = log.clone();
        let task = spawn(async move {
            let outcome = valve(its_log.clone()).await;
            its_log.add("outer");
            outcome
        })?;
        sleep(ms(1)).await?;
        task.cancel();
        log.end("task", task).await;
        Ok(())
    });
    log.check(["closing", "closed", "outer", "task: Err(Cancelled)"]);
}

#[test]
fn a_second_cancel_is_raised_at_the_next_await() {
    let log = run(async |log| {
        let task = spawn(valve(log.clone()))?;
        sleep(ms(1)).await?;
        task.cancel();
        sleep(ms(1)).await?;
        task.cancel();
        log.end("valve", task).await;
        Ok(())
    });
    log.check(["closing", "valve: Err(Cancelled)"]);
}

#[test]
fn a_request_is_kept_until_a_wait_that_knows_it() {
    let log = run(async |log| {
        let its_log = log.clone();
        let task = spawn(async move {
            for _ in 0..3 {
                tokio::task::yield_now().await; // it knows no request
            }
            its_log.add("three turns later");
            sleep(ms(1)).await
        })?;
        task.cancel();
        tokio::time::sleep(ms(20)).await; // not ours: nobody but the task looks at the flag
        log.end("task", task).await;
        Ok(())
    });
    log.check(["three turns later", "task: Err(Cancelled)"]);
}

#[test]
fn a_request_reaches_no_other_task() {
    let log = run(async |log| {
        let cancelled = spawn(async {
            tokio::task::yield_now().await;
            sleep(ms(20)).await
        })?;
        let other = spawn(sleep(ms(10)))?;
        cancelled.cancel();
        log.end("other", other).await;
        log.end("cancelled", cancelled).await;
        Ok(())
    });
    log.check(["other: Ok(())", "cancelled: Err(Cancelled)"]);
}

#[test]
fn a_request_does_not_outlive_a_turn_that_panics() {
    let log = run(async |log| {
        let its_log = log.clone();
        let task = spawn(async move {
            its_log.add("a leak");
            std::panic::resume_unwind(Box::new("a leak")); // a panic without a message on stderr
            #[expect(unreachable_code)]
            Ok(())
        })?;
        task.cancel();
        tokio::time::sleep(ms(1)).await; // not ours: it takes no flag
        log.end("main's sleep", sleep(ms(1))).await;
        log.end("task", task).await;
        Ok(())
    });
    log.check(["a leak", "main's sleep: Ok(())", "task: Err(Panic)"]);
}

#[test]
fn a_task_that_awaits_another_one_has_that_cancelled_first() {
    let log = run(async |log| {
        let inner = spawn(valve(log.clone()))?;
        let its_log = log.clone();
        let outer = spawn(async move {
            let outcome = inner.await;
            its_log.add("outer");
            outcome
        })?;
        sleep(ms(1)).await?;
        outer.cancel();
        log.end("outer", outer).await;
        Ok(())
    });
    log.check(["closing", "closed", "outer", "outer: Err(Cancelled)"]);
}

#[test]
fn a_request_is_not_lost_if_the_awaited_task_has_just_ended() {
    let log = run(async |log| {
        // the handle of `outer`, for `inner`
        let outer: Rc<RefCell<Option<Task<i32>>>> = Rc::default();
        let its_outer = outer.clone();
        let inner = spawn(async move {
            sleep(ms(1)).await?;
            if let Some(outer) = &*its_outer.borrow() {
                outer.cancel(); // the last action of `inner`
            }
            Ok(7)
        })?;
        let its_log = log.clone();
        outer.replace(Some(spawn(async move {
            let outcome = inner.await;
            let kind = outcome.as_ref().map_err(|exception| exception.kind());
            its_log.add(format!("inner.await: {kind:?}"));
            outcome
        })?));
        sleep(ms(5)).await?;
        let outer = outer.take().expect("it was spawned");
        log.end("outer", outer).await;
        Ok(())
    });
    log.check(["inner.await: Err(Cancelled)", "outer: Err(Cancelled)"]);
}

#[test]
fn a_request_is_not_lost_if_the_task_returns_in_the_same_turn() {
    let log = run(async |log| {
        let itself: Rc<RefCell<Option<Task<i32>>>> = Rc::default();
        let its_handle = itself.clone();
        itself.replace(Some(spawn(async move {
            if let Some(task) = &*its_handle.borrow() {
                task.cancel();
            }
            Ok(7)
        })?));
        sleep(ms(1)).await?;
        let task = itself.take().expect("it was spawned");
        log.end("task", task).await;
        Ok(())
    });
    log.check(["task: Err(Cancelled)"]);
}

#[test]
fn a_foreign_future_is_dropped_when_its_task_is_cancelled() {
    struct Dropped(Log);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.add("dropped");
        }
    }
    let log = run(async |log| {
        let its_log = log.clone();
        let task = spawn(async move {
            let foreign = Dropped(its_log.clone());
            let outcome = cancellable(async move {
                let _foreign = foreign;
                pending::<()>().await
            });
            let outcome = outcome.await;
            its_log.add("after it");
            outcome
        })?;
        sleep(ms(1)).await?;
        task.cancel();
        log.end("task", task).await;
        Ok(())
    });
    log.check(["dropped", "after it", "task: Err(Cancelled)"]);
}

#[test]
fn wait_for_returns_what_is_in_time_and_cancels_what_is_late() {
    let log = run(async |log| {
        let begin = Instant::now();
        log.end("in time", wait_for(sleep(ms(10)), ms(20))).await;
        log.end("late", wait_for(valve(log.clone()), ms(20))).await;
        log.add(format!("{} ms", begin.elapsed().as_millis() / 5 * 5)); // tokio's timers are late by up to 1 ms
        Ok(())
    });
    log.check([
        "in time: Ok(())",
        "closing",
        "closed",
        "late: Err(Timeout)",
        "35 ms",
    ]);
}

/// A task waits at most 20 ms for a valve, and is cancelled itself.
fn caller_cancelled_at(moment: u64) -> Log {
    run(async |log| {
        let caller = spawn(wait_for(valve(log.clone()), ms(20)))?;
        sleep(ms(moment)).await?;
        caller.cancel();
        log.end("caller", caller).await;
        Ok(())
    })
}

#[test]
fn a_caller_that_is_cancelled_while_it_waits_for_the_late_task_gets_no_timeout() {
    let cleaned_up = ["closing", "closed", "caller: Err(Cancelled)"];
    caller_cancelled_at(10).check(cleaned_up);
    caller_cancelled_at(20).check(cleaned_up); // in the turn in which the limit passes
    caller_cancelled_at(22).check(["closing", "caller: Err(Cancelled)"]); // the clean-up is cancelled, too
}

#[test]
fn a_caller_that_is_cancelled_as_the_late_task_ends_gets_no_timeout() {
    let log = run(async |log| {
        // the handle of the caller, for the late task
        let caller: Rc<RefCell<Option<Task<()>>>> = Rc::default();
        let its_caller = caller.clone();
        let late = async move {
            let outcome = sleep(Duration::from_secs(86_400)).await;
            if let Some(caller) = &*its_caller.borrow() {
                caller.cancel(); // its last action
            }
            outcome
        };
        caller.replace(Some(spawn(wait_for(late, ms(20)))?));
        sleep(ms(30)).await?;
        let caller = caller.take().expect("it was spawned");
        log.end("caller", caller).await;
        Ok(())
    });
    log.check(["caller: Err(Cancelled)"]);
}

#[test]
fn a_server_that_waits_for_clients_can_be_cancelled() {
    let log = run(async |log| {
        let its_log = log.clone();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let server = spawn(async move {
            let end = listener.accept().await.map(drop);
            its_log.add("closing");
            end
        })?;
        sleep(ms(1)).await?;
        server.cancel();
        log.end("server", server).await;
        Ok(())
    });
    log.check(["closing", "server: Err(Cancelled)"]);
}

// Exercise 2.

/// An `async fn` panics if it is polled after its end. This logs it.
fn watched<F: Future>(
    log: &Log,
    name: &'static str,
    future: F,
) -> impl Future<Output = F::Output> + use<F> {
    let log = log.clone();
    let mut future = Some(Box::pin(future));
    poll_fn(move |cx| match &mut future {
        Some(running) => {
            let polled = running.as_mut().poll(cx);
            if polled.is_ready() {
                future = None;
            }
            polled
        }
        None => {
            log.add(format!("{name} is polled after its end"));
            Poll::Pending
        }
    })
}

#[test]
fn both_wait_at_the_same_time() {
    let log = run(async |log| {
        let (first, second) = (log.clone(), log.clone());
        let first = async {
            sleep(ms(20)).await?;
            first.add("first");
            Ok::<_, Exception>(1)
        };
        let second = async {
            sleep(ms(10)).await?;
            second.add("second");
            Ok(2)
        };
        let (first, second) = both(
            watched(&log, "the first future", first),
            watched(&log, "the second future", second),
        )
        .await?;
        log.add(format!("{first} and {second}"));
        Ok(())
    });
    log.check(["second", "first", "1 and 2"]);
}

#[test]
fn an_error_is_raised_at_once_and_the_other_one_is_dropped() {
    let log = run(async |log| {
        let failing = async {
            sleep(ms(10)).await?;
            Err::<(), _>(Exception::new(Kind::ValueError, "no fuel"))
        };
        log.end("both", both(pending::<Result<(), _>>(), failing))
            .await;
        Ok(())
    });
    log.check(["both: Err(ValueError)"]);
}

/// Two tasks' worth of turns, under any loop.
async fn in_turns(log: Log) {
    let steps = |name: &'static str, turns| {
        let log = log.clone();
        async move {
            for turn in 1..=turns {
                log.add(format!("{name} {turn}"));
                yield_now().await;
            }
            Ok::<_, ()>(name)
        }
    };
    let (a, b) = (steps("a", 2), steps("b", 3));
    let ended = both(watched(&log, "a", a), watched(&log, "b", b)).await;
    log.add(format!("{ended:?}"));
}

const TURNS: [&str; 6] = ["a 1", "b 1", "a 2", "b 2", "b 3", "Ok((\"a\", \"b\"))"];

#[test]
fn both_runs_on_the_loop_of_the_crate() {
    let log = Log::default();
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let main = in_turns(log.clone());
    let ended = event_loop.run_until_complete(async {
        main.await;
        Ok(())
    });
    assert!(ended.is_ok());
    log.check(TURNS);
}

#[test]
fn both_runs_under_the_executor_of_lesson_19() {
    let log = Log::default();
    let mut executor = Executor::default();
    executor.spawn("main", in_turns(log.clone()));
    executor.run();
    log.check(TURNS);
}

#[test]
fn each_of_both_is_woken_by_its_own_news() {
    let log = run(async |log| {
        let words = [LoopFuture::default(), LoopFuture::default()];
        let [first, second] = ["first", "second"].map(|name| {
            let (word, log) = (words[usize::from(name == "second")].clone(), log.clone());
            async move {
                let word = word.await;
                log.add(format!("{name}: {word:?}"));
                Ok::<_, Exception>(())
            }
        });
        let first = watched(&log, "the first future", first);
        let second = watched(&log, "the second future", second);
        let waits = spawn(async move { both(first, second).await.map(drop) })?;
        sleep(ms(1)).await?;
        words[1].set_result("go!");
        sleep(ms(1)).await?;
        log.add("and 1 ms later");
        words[0].set_result("ready");
        waits.await
    });
    log.check([
        "second: Ok(\"go!\")",
        "and 1 ms later",
        "first: Ok(\"ready\")",
    ]);
}

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::{cell::Cell, cell::RefCell, rc::Rc, thread};

use tminus_lessons::lesson15_async_await::{WakeCounter, yield_now};

use crate::lesson15::{Cancelled, Executor, LoopFuture, Task, TwoTanks};

fn poll<F: Future + Unpin>(future: &mut F, wakes: &Arc<WakeCounter>) -> Poll<F::Output> {
    let waker = Waker::from(wakes.clone());
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

/// What the tasks of a check say, line by line.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    fn take(&self) -> String {
        self.0.take().join("\n")
    }
}

/// Awaits the word, and says what came of it.
async fn says(name: &'static str, word: LoopFuture<&'static str>, log: Log) {
    let outcome = word.await;
    log.add(format!("{name}: {outcome:?}"));
}

// Exercise 1: the executor and its waker.

#[test]
fn executor_polls_a_new_task_once_and_in_order() {
    let mut executor = Executor::default();
    executor.spawn("crew", async {});
    executor.spawn("chief", async {});
    let polled = executor.run().join(" ");
    assert_eq!(polled, "crew chief", "the polls of two new tasks");
    let polled = executor.run().join(" ");
    assert_eq!(polled, "", "the polls when both are done");
}

#[test]
fn executor_polls_a_task_that_yields_after_those_that_are_ready() {
    let mut executor = Executor::default();
    for (name, yields) in [("a", 2), ("b", 1)] {
        executor.spawn(name, async move {
            for _ in 0..yields {
                yield_now().await;
            }
        });
    }
    let polled = executor.run().join(" ");
    assert_eq!(polled, "a b a b a", "`a` yields twice, `b` once");
}

#[test]
fn executor_does_not_poll_a_task_that_waits() {
    let (log, word) = (Log::default(), LoopFuture::default());
    let mut executor = Executor::default();
    executor.spawn("crew", says("crew", word.clone(), log.clone()));
    executor.spawn("chief", async move {
        for _ in 0..3 {
            yield_now().await;
        }
        word.set_result("go!");
    });
    let polled = executor.run().join(" ");
    assert_eq!(
        polled, "crew chief chief chief chief crew",
        "`crew` waits for a word that `chief` says in its fourth turn"
    );
    assert_eq!(log.take(), "crew: Ok(\"go!\")", "what `crew` gets");
}

#[test]
fn executor_can_be_woken_between_two_runs() {
    let (log, word) = (Log::default(), LoopFuture::default());
    let mut executor = Executor::default();
    executor.spawn("crew", says("crew", word.clone(), log.clone()));
    let polled = [executor.run().join(" "), executor.run().join(" ")];
    assert_eq!(polled, ["crew", ""], "the polls of two runs without a word");
    word.set_result("go!");
    assert_eq!(executor.run().join(" "), "crew", "the polls with a word");
    assert_eq!(log.take(), "crew: Ok(\"go!\")", "what `crew` gets");
}

/// Lends its waker to whoever wants it, and is never ready.
async fn lend_waker(to: Rc<RefCell<Option<Waker>>>) {
    std::future::poll_fn(|cx| {
        to.replace(Some(cx.waker().clone()));
        Poll::<()>::Pending
    })
    .await;
}

#[test]
fn a_waker_works_from_another_thread() {
    let lent = Rc::new(RefCell::new(None));
    let mut executor = Executor::default();
    executor.spawn("crew", lend_waker(lent.clone()));
    executor.run();
    let waker: Waker = lent.take().expect("`crew` was polled with a waker");
    let woken = thread::spawn(move || waker.wake());
    woken.join().expect("a waker does not panic");
    let polled = executor.run().join(" ");
    assert_eq!(polled, "crew", "the polls after a wake from another thread");
}

#[test]
fn a_waker_may_be_called_when_its_task_is_done() {
    let lent = Rc::new(RefCell::new(None));
    let its_lent = lent.clone();
    let mut executor = Executor::default();
    executor.spawn("crew", async move {
        std::future::poll_fn(|cx| {
            its_lent.replace(Some(cx.waker().clone()));
            Poll::Ready(())
        })
        .await;
    });
    executor.run();
    let waker: Waker = lent.take().expect("`crew` was polled with a waker");
    waker.wake();
    let polled = executor.run().join(" ");
    assert_eq!(polled, "", "the polls of a task that is done");
}

#[test]
fn a_future_wakes_all_that_wait_when_it_has_a_result() {
    let (log, word) = (Log::default(), LoopFuture::default());
    let mut executor = Executor::default();
    for name in ["crew", "tower"] {
        executor.spawn(name, says(name, word.clone(), log.clone()));
    }
    executor.run();
    let set = [word.set_result("go!"), word.set_result("stop!")];
    assert_eq!(set, [true, false], "the first result and the second one");
    let polled = executor.run().join(" ");
    assert_eq!(polled, "crew tower", "the order of waiting");
    assert_eq!(
        log.take(),
        "crew: Ok(\"go!\")\ntower: Ok(\"go!\")",
        "both get the first result"
    );
}

/// A waker that polls immediately, as foreign code can. The waker keeps nothing that could not go to another thread.
struct PollsAtOnce;

thread_local! {
    static POLLED: RefCell<LoopFuture<&'static str>> = RefCell::default();
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

impl Wake for PollsAtOnce {
    fn wake(self: Arc<Self>) {
        let mut word = POLLED.with_borrow(Clone::clone);
        let polled = poll(&mut word, &Arc::default());
        SEEN.with_borrow_mut(|seen| seen.push(format!("{polled:?}")));
    }
}

#[test]
fn a_future_has_its_outcome_and_holds_no_borrow_when_it_calls_a_waker() {
    let waker = Waker::from(Arc::new(PollsAtOnce));
    for (outcome, cancels) in [
        ("Ready(Ok(\"go!\"))", false),
        ("Ready(Err(Cancelled))", true),
    ] {
        let mut word = LoopFuture::default();
        POLLED.set(word.clone());
        let first = Pin::new(&mut word).poll(&mut Context::from_waker(&waker));
        assert_eq!(first, Poll::Pending, "nobody has set the word");
        if cancels {
            word.cancel();
        } else {
            word.set_result("go!");
        }
        let seen = SEEN.take().join(" ");
        assert_eq!(seen, outcome, "what a waker sees that polls at once");
    }
}

#[test]
fn a_future_that_is_done_is_ready_in_the_first_poll() {
    let wakes = Arc::default();
    let mut word = LoopFuture::default();
    word.set_result("go!");
    let polled = poll(&mut word, &wakes);
    assert_eq!(polled, Poll::Ready(Ok("go!")), "the first poll");
    assert_eq!(wakes.count(), 0, "wakes, though nothing had to wait");
}

#[test]
fn a_future_that_is_cancelled_raises_at_the_await() {
    let (log, word) = (Log::default(), LoopFuture::default());
    let mut executor = Executor::default();
    executor.spawn("crew", says("crew", word.clone(), log.clone()));
    executor.run();
    assert!(word.cancel(), "it was pending, and is cancelled");
    assert!(!word.set_result("go!"), "a cancelled future is done");
    assert_eq!(
        executor.run().join(" "),
        "crew",
        "the polls after the cancel"
    );
    assert_eq!(
        log.take(),
        "crew: Err(Cancelled)",
        "`word` was cancelled, not the task"
    );
}

#[test]
fn a_cancelled_task_gets_cancelled_where_it_waits_and_can_continue() {
    let (log, word) = (Log::default(), LoopFuture::<&str>::default());
    let (its_log, its_word) = (log.clone(), word.clone());
    let mut executor = Executor::default();
    let crew = executor.spawn("crew", async move {
        if let Err(Cancelled) = its_word.clone().await {
            its_log.add("crew: closing the valves");
        }
        yield_now().await;
        its_log.add(format!("crew: {:?}", its_word.await));
    });
    executor.run();
    crew.cancel();
    assert_eq!(log.take(), "", "a cancel runs nothing by itself");
    let polled = executor.run().join(" ");
    assert_eq!(polled, "crew crew", "it is told, yields, and waits again");
    word.set_result("go!");
    executor.run();
    assert_eq!(
        log.take(),
        "crew: closing the valves\ncrew: Ok(\"go!\")",
        "it is cancelled once, and then gets the word"
    );
}

#[test]
fn a_cancelled_task_does_not_disturb_others_that_wait_for_the_same() {
    let (log, word) = (Log::default(), LoopFuture::default());
    let mut executor = Executor::default();
    let crew = executor.spawn("crew", says("crew", word.clone(), log.clone()));
    executor.spawn("tower", says("tower", word.clone(), log.clone()));
    executor.run();
    crew.cancel();
    executor.run();
    word.set_result("go!");
    executor.run();
    assert_eq!(
        log.take(),
        "crew: Err(Cancelled)\ntower: Ok(\"go!\")",
        "only the task `crew` was cancelled, and `word` was not"
    );
}

#[test]
fn a_cancel_comes_before_a_result_that_the_task_has_not_seen() {
    let (log, word) = (Log::default(), LoopFuture::default());
    let mut executor = Executor::default();
    let crew = executor.spawn("crew", says("crew", word.clone(), log.clone()));
    executor.run();
    word.set_result("go!");
    crew.cancel();
    executor.run();
    assert_eq!(
        log.take(),
        "crew: Err(Cancelled)",
        "`crew` was cancelled before its next turn"
    );
}

#[test]
fn a_cancel_is_kept_until_something_can_raise_it() {
    let log = Log::default();
    let mut executor = Executor::default();
    let its_log = log.clone();
    let crew = executor.spawn("crew", async move {
        yield_now().await; // this cannot raise
        yield_now().await;
        says("crew", LoopFuture::default(), its_log).await;
    });
    executor.spawn("tower", says("tower", LoopFuture::default(), log.clone()));
    crew.cancel();
    executor.run();
    assert_eq!(
        log.take(),
        "crew: Err(Cancelled)",
        "`crew` was cancelled while it was to yield, and `tower` was not"
    );
}

#[test]
fn a_task_that_cancels_itself_gets_cancelled_in_its_next_turn() {
    let log = Log::default();
    let own: Rc<RefCell<Option<Task>>> = Rc::default();
    let (its_log, itself) = (log.clone(), own.clone());
    let mut executor = Executor::default();
    let crew = executor.spawn("crew", async move {
        itself.take().expect("it was spawned").cancel();
        says("crew", LoopFuture::default(), its_log).await;
    });
    own.replace(Some(crew));
    let polled = executor.run().join(" ");
    assert_eq!(
        polled, "crew crew",
        "it cancels itself, and is polled again"
    );
    assert_eq!(
        log.take(),
        "crew: Err(Cancelled)",
        "`crew` set its own flag during the poll, and `run` must not clear it afterwards"
    );
}

// Exercise 2: a future by hand.

/// A tank that reports only on request, and counts its polls.
#[derive(Clone, Default)]
struct Tank(Rc<TankState>);

#[derive(Default)]
struct TankState {
    report: Cell<Option<Option<u32>>>,
    polls: Cell<u32>,
    waker: Cell<Option<Waker>>,
}

impl Tank {
    fn report(&self, litres: Option<u32>) {
        self.0.report.set(Some(litres));
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }
}

impl Future for Tank {
    type Output = Option<u32>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        self.0.polls.set(self.0.polls.get() + 1);
        match self.0.report.get() {
            Some(litres) => Poll::Ready(litres),
            None => {
                self.0.waker.set(Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

/// Two tanks, and the future of both. In each step one may report, then the future is polled once.
fn trace(steps: &[(&str, Option<u32>)]) -> String {
    let (first, second) = (Tank::default(), Tank::default());
    let mut both = TwoTanks::new(first.clone(), second.clone());
    let wakes = Arc::default();
    let mut lines = Vec::new();
    for &(which, litres) in steps {
        match which {
            "first" => first.report(litres),
            "second" => second.report(litres),
            "both" => {
                first.report(litres);
                second.report(litres);
            }
            _ => {}
        }
        let polled = poll(&mut both, &wakes);
        let polls = (first.0.polls.get(), second.0.polls.get());
        let wakes = wakes.count();
        lines.push(format!(
            "{which}: {polled:?}, polls {polls:?}, wakes {wakes}"
        ));
    }
    lines.join("\n")
}

const COLUMNS: &str = "each line: which tank reports before a poll, the poll, the polls of both tanks so far, the wakes so far";

#[test]
fn two_tanks_waits_for_one_and_then_for_the_other() {
    assert_eq!(
        trace(&[
            ("nobody", None),
            ("first", Some(200)),
            ("nobody", None),
            ("second", Some(300)),
        ]),
        "nobody: Pending, polls (1, 0), wakes 0\n\
         first: Pending, polls (2, 1), wakes 1\n\
         nobody: Pending, polls (2, 2), wakes 1\n\
         second: Ready(Some(500)), polls (2, 3), wakes 2",
        "{COLUMNS}"
    );
}

#[test]
fn two_tanks_takes_one_poll_if_both_have_reported() {
    assert_eq!(
        trace(&[("both", Some(200))]),
        "both: Ready(Some(400)), polls (1, 1), wakes 0",
        "{COLUMNS}"
    );
}

#[test]
fn two_tanks_does_not_poll_the_second_before_the_first_has_reported() {
    assert_eq!(
        trace(&[("nobody", None), ("second", None), ("first", Some(200))]),
        "nobody: Pending, polls (1, 0), wakes 0\n\
         second: Pending, polls (2, 0), wakes 0\n\
         first: Ready(None), polls (3, 1), wakes 1",
        "{COLUMNS}"
    );
}

#[test]
fn two_tanks_ends_when_the_first_does_not_report() {
    assert_eq!(
        trace(&[("nobody", None), ("first", None)]),
        "nobody: Pending, polls (1, 0), wakes 0\n\
         first: Ready(None), polls (2, 0), wakes 1",
        "the second tank was never needed"
    );
}

#[test]
#[should_panic(expected = "`async fn` resumed after completion")]
fn two_tanks_refuses_a_poll_after_its_end() {
    trace(&[("both", Some(200)), ("nobody", None)]);
}

#[test]
#[should_panic(expected = "`async fn` resumed after completion")]
fn two_tanks_refuses_a_poll_after_an_early_end() {
    trace(&[("first", None), ("nobody", None)]);
}

#[test]
#[should_panic(expected = "`async fn` resumed after completion")]
fn two_tanks_refuses_a_poll_after_the_second_did_not_report() {
    trace(&[("first", Some(200)), ("second", None), ("nobody", None)]);
}

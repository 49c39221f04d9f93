use std::{cell::Cell, cell::RefCell, env, process::Command, rc::Rc};

use tminus_lessons::lesson10_tasks::ValueError;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson14_tasks_on_the_loop::{
    Cancelled, Clock, Coroutine, EventLoop, Exception, Future, Generator, Wait, YieldFrom, sleep,
};

use super::output;
use crate::lesson14::{Task, cancel_and_wait};

/// A loop that is run round by round, and what happened when.
#[derive(Clone)]
struct Run {
    clock: Clock,
    event_loop: EventLoop,
    round: Rc<Cell<u32>>,
    trace: Rc<RefCell<Vec<String>>>,
}

impl Run {
    fn new() -> Self {
        let clock = Clock::virtual_time();
        Self {
            event_loop: EventLoop::new(&clock),
            clock,
            round: Rc::default(),
            trace: Rc::default(),
        }
    }

    fn spawn<T: Clone + 'static>(&self, coroutine: Coroutine<T>) -> Task<T> {
        Task::new(&self.event_loop, coroutine).unwrap()
    }

    fn note(&self, what: &str) {
        let time = self.clock.now().as_millis();
        let entry = format!("{time} ms, round {}: {what}", self.round.get());
        self.trace.borrow_mut().push(entry);
    }

    /// Runs six rounds, then advances the clock by 10 ms, and so on until the clock shows `end` and six rounds have
    /// been run.
    fn until(&self, end: u64) {
        loop {
            for round in 1..=6 {
                self.round.set(round);
                self.event_loop.stop();
                self.event_loop.run_forever().unwrap();
            }
            self.round.set(0);
            if self.clock.now() >= ms(end) {
                return;
            }
            self.clock.wait_until(self.clock.now() + ms(10));
        }
    }

    /// Sleeps for a second. If that is cancelled, cleans up for 20 ms, and is cancelled.
    fn launch(&self) -> Coroutine<u32> {
        let run = self.clone();
        Generator::new(async move |co| {
            let outcome = co.yield_from(sleep(ms(1000))).await;
            run.note(&format!("the launch wakes: {}", text(&outcome)));
            co.yield_from(sleep(ms(20))).await?;
            run.note("the launch is clean");
            outcome.map(|()| 1)
        })
    }

    /// Does what a coroutine does, and notes its end.
    fn noted<T: std::fmt::Debug + 'static>(
        &self,
        name: &'static str,
        coroutine: Coroutine<T>,
    ) -> Coroutine<T> {
        let run = self.clone();
        Generator::new(async move |co| {
            let outcome = co.yield_from(coroutine).await;
            run.note(&format!("{name}: {}", text(&outcome)));
            outcome
        })
    }

    fn check(&self, want: &[&str]) {
        let (got, want) = (self.trace.take().join("\n"), want.join("\n"));
        assert!(got == want, "\nexpected:\n{want}\n\ngot:\n{got}\n");
    }
}

fn text<T: std::fmt::Debug>(outcome: &Result<T, Exception>) -> String {
    match outcome {
        Ok(result) => format!("Ok({result:?})"),
        Err(exception) => format!("Err({exception})"),
    }
}

/// What came of a task, as text.
fn outcome<T: Clone + std::fmt::Debug + 'static>(task: &Task<T>) -> String {
    text(&task.result())
}

/// Has two turns, and then this end.
fn yields(run: &Run, name: &'static str, end: Result<u32, ValueError>) -> Coroutine<u32> {
    let run = run.clone();
    Generator::new(async move |co| {
        run.note(&format!("{name}, turn 1"));
        co.yield_(Wait::Turn).await?;
        run.note(&format!("{name}, turn 2"));
        Ok(end?)
    })
}

#[test]
fn a1_a_task_has_a_turn_a_round_and_then_its_outcome() {
    let run = Run::new();
    let first = run.spawn(yields(&run, "first", Ok(5)));
    let second = run.spawn(yields(&run, "second", Err(ValueError("fog"))));
    run.note("both are spawned");
    run.until(0);
    run.check(&[
        "0 ms, round 0: both are spawned",
        "0 ms, round 1: first, turn 1",
        "0 ms, round 1: second, turn 1",
        "0 ms, round 2: first, turn 2",
        "0 ms, round 2: second, turn 2",
    ]);
    assert_eq!(outcome(&first), "Ok(5)", "the outcome of first");
    assert_eq!(outcome(&second), "Err(fog)", "the outcome of second");
}

#[test]
fn a2_a_task_waits_for_a_future_or_for_another_task() {
    let run = Run::new();
    let inner = run.spawn(run.noted("inner", sleep(ms(10))));
    let outer = run.spawn(run.noted("outer", inner.wait()));
    run.until(10);
    run.check(&[
        "10 ms, round 2: inner: Ok(())", // in round 1 the timer sets its future
        "10 ms, round 3: outer: Ok(())",
    ]);
    assert_eq!(outcome(&outer), "Ok(())", "the outcome of outer");
}

#[test]
fn a3_a_cancellation_is_raised_in_the_next_round_where_the_task_waits() {
    let run = Run::new();
    let task = run.spawn(run.launch());
    run.until(10);
    assert!(task.cancel(), "cancel returns false");
    run.note(&format!("cancelled: {}", task.cancelled()));
    run.until(50);
    run.check(&[
        "10 ms, round 0: cancelled: false",
        "10 ms, round 1: the launch wakes: Err(Cancelled)",
        "30 ms, round 2: the launch is clean",
    ]);
    assert_eq!(outcome(&task), "Err(Cancelled)", "the outcome of the task");
}

#[test]
fn a3_a_task_can_catch_its_cancellation_and_return_a_result() {
    let run = Run::new();
    let launch = run.launch();
    let task = run.spawn(Generator::new(async move |co| {
        let outcome = co.yield_from(launch).await;
        let cancelled = outcome.is_err_and(|exception| exception.is::<Cancelled>());
        Ok(if cancelled {
            "caught it"
        } else {
            "was not cancelled"
        })
    }));
    run.until(10);
    task.cancel();
    run.until(50);
    assert_eq!(
        outcome(&task),
        r#"Ok("caught it")"#,
        "the outcome of the task"
    );
}

#[test]
fn a3_it_goes_down_to_the_last_task_and_comes_back_a_task_a_round() {
    let run = Run::new();
    let inner = run.spawn(run.noted("inner", sleep(ms(1000))));
    let middle = run.spawn(run.noted("middle", inner.wait()));
    let outer = run.spawn(run.noted("outer", middle.wait()));
    run.until(10);
    outer.cancel();
    run.until(20);
    run.check(&[
        "10 ms, round 1: inner: Err(Cancelled)",
        "10 ms, round 2: middle: Err(Cancelled)",
        "10 ms, round 3: outer: Err(Cancelled)",
    ]);
}

#[test]
fn a3_a_task_that_is_done_cannot_be_cancelled() {
    let run = Run::new();
    let task = run.spawn(yields(&run, "task", Ok(5)));
    run.until(0);
    assert!(!task.cancel(), "cancel returns true after the end");
    run.until(0);
    assert_eq!(outcome(&task), "Ok(5)", "the outcome of the task");
}

#[test]
fn a4_a_task_that_is_cancelled_before_its_first_turn_runs_nothing() {
    let run = Run::new();
    let task = run.spawn(yields(&run, "task", Ok(5)));
    assert!(task.cancel(), "cancel returns false");
    assert!(!task.done(), "the task is done before its first turn");
    run.until(0);
    run.check(&[]);
    assert_eq!(outcome(&task), "Err(Cancelled)", "the outcome of the task");
}

#[test]
fn a4_a_task_that_has_just_yielded_learns_of_it_in_its_next_turn() {
    let run = Run::new();
    let its_run = run.clone();
    let task = run.spawn(Generator::new(async move |co| {
        for turn in 1.. {
            its_run.note(&format!("turn {turn}"));
            let outcome = co.yield_(Wait::Turn).await;
            if outcome.is_err() {
                its_run.note(&text(&outcome));
                return Ok(turn);
            }
        }
        Ok(0)
    }));
    let (its_task, this) = (task.clone(), run.clone());
    run.spawn(Generator::new(async move |co| {
        co.yield_(Wait::Turn).await?;
        this.note("cancel");
        its_task.cancel();
        Ok(())
    }));
    run.until(0);
    run.check(&[
        "0 ms, round 1: turn 1",
        "0 ms, round 2: turn 2",
        "0 ms, round 2: cancel",
        "0 ms, round 3: Err(Cancelled)",
    ]);
    assert_eq!(outcome(&task), "Ok(2)", "the outcome of the task");
}

#[test]
fn a4_a_cancellation_is_not_lost_if_the_result_came_first() {
    let run = Run::new();
    let future = Future::new(&run.event_loop);
    let task = run.spawn(run.noted("task", future.wait()));
    run.until(10);
    future.set_result(7).unwrap();
    task.cancel();
    run.until(10);
    run.check(&["10 ms, round 1: task: Err(Cancelled)"]);
    assert_eq!(future.result().unwrap(), 7, "the result of the future");
}

#[test]
fn a4_a_task_that_cancels_itself_learns_of_it_where_it_waits_next() {
    let run = Run::new();
    let itself: Rc<RefCell<Option<Task<u32>>>> = Rc::default();
    let (cancels, its_run) = (itself.clone(), run.clone());
    let task = run.spawn(Generator::new(async move |co| {
        let cancel = || cancels.borrow().as_ref().is_some_and(Task::cancel);
        its_run.note(&format!("cancel: {}", cancel()));
        let outcome = co.yield_from(sleep(ms(1000))).await;
        its_run.note(&format!("slept: {}", text(&outcome)));
        its_run.note(&format!("cancel: {}", cancel()));
        Ok(3) // too late for an exception, and nobody gets the 3
    }));
    itself.replace(Some(task.clone()));
    run.until(0);
    run.check(&[
        "0 ms, round 1: cancel: true",
        "0 ms, round 2: slept: Err(Cancelled)",
        "0 ms, round 2: cancel: true",
    ]);
    assert_eq!(outcome(&task), "Err(Cancelled)", "the outcome of the task");
}

#[test]
fn a4_a_cancellation_that_was_passed_on_is_not_raised_a_second_time() {
    let run = Run::new();
    let stubborn = run.spawn(Generator::new(async |co| {
        let outcome = co.yield_from(sleep(ms(1000))).await;
        Ok(outcome.map_or(7, |()| 0)) // catches the cancellation
    }));
    run.until(10);
    let itself: Rc<RefCell<Option<Task<u32>>>> = Rc::default();
    let cancels = itself.clone();
    let task = run.spawn(Generator::new(async move |co| {
        cancels.borrow().as_ref().map(Task::cancel);
        co.yield_from(stubborn.wait()).await
    }));
    itself.replace(Some(task.clone()));
    run.until(10);
    assert_eq!(
        outcome(&task),
        "Ok(7)",
        "what the task that it waits for returns"
    );
}

#[test]
fn b_it_returns_when_the_task_has_cleaned_up() {
    let run = Run::new();
    let task = run.spawn(run.launch());
    run.until(10);
    run.spawn(run.noted("cancel_and_wait", cancel_and_wait(&task)));
    run.until(50);
    run.check(&[
        "10 ms, round 2: the launch wakes: Err(Cancelled)",
        "30 ms, round 2: the launch is clean",
        "30 ms, round 4: cancel_and_wait: Ok(())", // in round 3 a done callback sets its future
    ]);
}

#[test]
fn b_it_does_not_matter_how_the_task_ends() {
    let run = Run::new();
    let launch = run.launch();
    let catches = run.spawn(Generator::new(async move |co| {
        Ok(co.yield_from(launch).await.unwrap_or(42))
    }));
    let fails = run.spawn(Generator::new(async |co| {
        let outcome = co.yield_from(sleep(ms(1000))).await;
        outcome.map_err(|_| ValueError("the valves are stuck").into())
    }));
    run.until(10);
    run.spawn(run.noted("the first", cancel_and_wait(&catches)));
    run.spawn(run.noted("the second", cancel_and_wait(&fails)));
    run.until(30);
    run.spawn(run.noted("once more", cancel_and_wait(&fails))); // which is done
    run.until(50);
    let ends = run.trace.take();
    let ends: Vec<&str> = ends
        .iter()
        .filter_map(|end| Some(end.split_once(": ")?.1))
        .collect();
    let want = [
        "the launch wakes: Err(Cancelled)",
        "the second: Ok(())",
        "the launch is clean",
        "the first: Ok(())",
        "once more: Ok(())",
    ];
    assert_eq!(ends, want, "what ends, and how, in this order");
    assert_eq!(outcome(&catches), "Ok(42)", "the outcome of the first task");
    assert_eq!(
        outcome(&fails),
        "Err(the valves are stuck)",
        "that of the second"
    );
}

fn the_caller_leaves() {
    let run = Run::new();
    let task = run.spawn(run.launch());
    run.until(10);
    let caller = run.spawn(run.noted("cancel_and_wait", cancel_and_wait(&task)));
    run.until(20);
    caller.cancel();
    run.until(50);
    run.check(&[
        "10 ms, round 2: the launch wakes: Err(Cancelled)",
        "20 ms, round 1: cancel_and_wait: Err(Cancelled)",
        "30 ms, round 2: the launch is clean",
    ]);
}

#[test]
fn b_a_caller_that_is_cancelled_leaves_at_once_and_the_task_cleans_up() {
    the_caller_leaves();
}

/// The loop prints what a callback raises. Here it should have nothing to print.
#[test]
fn b_and_nothing_complains_on_stderr() {
    the_caller_leaves();
    if env::var_os("IN_A_PROCESS_OF_ITS_OWN").is_some() {
        return;
    }
    let (_, module) = module_path!().split_once("::").unwrap();
    let this_check = format!("{module}::b_and_nothing_complains_on_stderr");
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", &this_check, "--nocapture"])
        .env("IN_A_PROCESS_OF_ITS_OWN", "yes");
    let output = output(&mut command);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaints.is_empty(),
        "\nexpected: silence on stderr\n\ngot:\n{complaints}"
    );
}

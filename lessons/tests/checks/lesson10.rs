use std::{cell::Cell, rc::Rc};

use tminus_lessons::lesson10_tasks::{Generator, Step, Turn, ValueError};

use crate::lesson10::{Scheduler, retry};

/// A task that ends in its `n`th turn, in this way.
fn task(n: u32, end: Result<u32, &'static str>) -> Generator<(), (), u32> {
    Generator::new(async move |co| {
        for _ in 1..n {
            co.yield_(()).await?;
        }
        end.map_err(|text| ValueError(text).into())
    })
}

/// Calls `turn` until there is no task, and tells how each turn ended. A scheduler that never ends is stopped.
fn turns(scheduler: &mut Scheduler<u32>) -> String {
    let turns = std::iter::from_fn(|| scheduler.turn()).take(30);
    let lines = (1..).zip(turns).map(|(number, turn)| {
        let (id, end) = match turn {
            Turn::Yielded(id) => (id, "yielded"),
            Turn::Returned(id) => (id, "returned"),
            Turn::Failed(id) => (id, "failed"),
        };
        format!("turn {number}: task {id} {end}\n")
    });
    lines.collect()
}

/// What is in the results and in the errors, in their order.
fn kept(scheduler: &Scheduler<u32>) -> String {
    let results = scheduler.results.iter();
    let results = results.map(|(id, result)| format!("task {id} returned {result}\n"));
    let errors = scheduler.errors.iter();
    let errors = errors.map(|(id, error)| format!("task {id} failed: {error}\n"));
    results.chain(errors).collect()
}

/// Compares two traces, and shows both as text.
#[track_caller]
fn assert_same(got: &str, want: &str, what: &str) {
    assert!(got == want, "{what}\nexpected:\n{want}actual:\n{got}");
}

fn holding(tasks: impl IntoIterator<Item = Generator<(), (), u32>>) -> Scheduler<u32> {
    let mut scheduler = Scheduler::default();
    for task in tasks {
        scheduler.add(task);
    }
    scheduler
}

#[test]
fn tasks_take_turns_until_each_has_returned() {
    let mut scheduler = holding([task(2, Ok(20)), task(3, Ok(30))]);
    let want = "\
turn 1: task 0 yielded
turn 2: task 1 yielded
turn 3: task 0 returned
turn 4: task 1 yielded
turn 5: task 1 returned
";
    assert_same(&turns(&mut scheduler), want, "how each turn ended");
    assert_eq!(scheduler.turn(), None, "after the last task has returned");
}

#[test]
fn a_failure_ends_one_task_and_the_others_go_on() {
    let mut scheduler = holding([task(2, Err("broken")), task(3, Ok(30))]);
    let want = "\
turn 1: task 0 yielded
turn 2: task 1 yielded
turn 3: task 0 failed
turn 4: task 1 yielded
turn 5: task 1 returned
";
    assert_same(&turns(&mut scheduler), want, "how each turn ended");
}

#[test]
fn each_end_is_kept_under_the_id_of_its_task() {
    let mut scheduler = holding([task(1, Err("broken")), task(2, Ok(20)), task(1, Ok(10))]);
    turns(&mut scheduler);
    let want = "\
task 2 returned 10
task 1 returned 20
task 0 failed: broken
";
    assert_same(&kept(&scheduler), want, "what is kept, in order");
}

#[test]
fn an_id_is_never_used_again() {
    let mut scheduler = Scheduler::default();
    let mut ids = Vec::new();
    for result in [10, 11, 12] {
        ids.push(scheduler.add(task(1, Ok(result))));
        turns(&mut scheduler); // it is over before the next one is added
    }
    assert_eq!(ids, [0, 1, 2], "the ids that `add` returned");
    let want = "\
task 0 returned 10
task 1 returned 11
task 2 returned 12
";
    assert_same(&kept(&scheduler), want, "what is kept, in order");
}

/// An attempt that takes two turns, and works the `works`th time. It counts how often it was made.
fn attempts(works: u32, made: &Rc<Cell<u32>>) -> impl FnMut() -> Generator<(), (), u32> + 'static {
    let made = made.clone();
    move || {
        made.set(made.get() + 1);
        let end = if made.get() == works {
            Ok(works)
        } else {
            Err("try again")
        };
        task(2, end)
    }
}

/// The number of turns that a task takes, and its end.
fn drive(mut task: Generator<(), (), u32>) -> String {
    for turn in 1..100 {
        match task.resume() {
            Ok(Step::Yielded(())) => {}
            Ok(Step::Returned(result)) => return format!("returned {result} in turn {turn}"),
            Err(exception) => return format!("failed in turn {turn}: {exception}"),
        }
    }
    "had 100 turns without an end".to_owned()
}

#[test]
fn retry_stops_at_the_first_attempt_that_works() {
    let made = Rc::default();
    let end = drive(retry(5, attempts(2, &made)));
    assert_eq!(end, "returned 2 in turn 3");
    assert_eq!(made.get(), 2, "attempts");
}

#[test]
fn retry_fails_as_the_last_attempt_did() {
    let made = Rc::default();
    let end = drive(retry(3, attempts(9, &made)));
    assert_eq!(end, "failed in turn 4: try again");
    assert_eq!(made.get(), 3, "attempts");
}

#[test]
fn retry_makes_no_attempt_after_it_was_closed() {
    let made = Rc::default();
    let mut retry = retry(5, attempts(9, &made));
    assert!(retry.resume().is_ok(), "turn 1: the first attempt yields");
    assert!(retry.resume().is_ok(), "turn 2: the second attempt yields");
    let closed = match retry.close() {
        Ok(_) => "closed".to_owned(),
        Err(exception) => exception.to_string(),
    };
    assert_eq!(closed, "closed", "what `close` came back with");
    assert_eq!(made.get(), 2, "attempts, all of them before the close");
}

use std::{cell::Cell, rc::Rc};

use tminus_lessons::lesson10_tasks::{Exception, Generator, Step, ValueError};

use crate::lesson10::{first_of, retry};

/// A task that ends in its `n`th turn, in this way.
fn task(n: u32, end: Result<u32, &'static str>) -> Generator<(), (), u32> {
    Generator::new(async move |co| {
        for _ in 1..n {
            co.yield_(()).await?;
        }
        end.map_err(|text| ValueError(text).into())
    })
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

/// The turns it took, and the result or the text of the exception.
fn drive(mut task: Generator<(), (), u32>) -> (u32, Result<u32, String>) {
    for turn in 1..100 {
        match task.resume() {
            Ok(Step::Yielded(())) => {}
            Ok(Step::Returned(result)) => return (turn, Ok(result)),
            Err(exception) => return (turn, Err(exception.to_string())),
        }
    }
    panic!("it does not end");
}

#[test]
fn retry_stops_at_the_first_attempt_that_works() {
    let made = Rc::default();
    assert_eq!(drive(retry(5, attempts(2, &made))), (3, Ok(2)));
    assert_eq!(made.get(), 2);
}

#[test]
fn retry_fails_as_the_last_attempt_did() {
    let made = Rc::default();
    let outcome = drive(retry(3, attempts(9, &made)));
    assert_eq!(outcome, (4, Err("try again".to_owned())));
    assert_eq!(made.get(), 3);
}

#[test]
fn retry_makes_no_attempt_after_it_was_closed() {
    let made = Rc::default();
    let mut retry = retry(5, attempts(9, &made));
    assert!(retry.resume().is_ok());
    assert!(retry.resume().is_ok());
    assert_eq!(made.get(), 2, "attempts before the close");
    let closed = retry.close();
    assert!(matches!(closed, Ok(None)), "the close gave {closed:?}");
    assert_eq!(made.get(), 2, "attempts after the close");
}

#[test]
fn first_of_returns_what_the_first_to_finish_did() {
    let tasks = vec![task(7, Ok(7)), task(3, Ok(3)), task(5, Ok(5))];
    // two turns each, then the first one's third, then the second one's
    assert_eq!(drive(first_of(tasks)), (8, Ok(3)));
}

#[test]
fn first_of_leaves_out_what_fails() {
    let tasks = vec![task(1, Err("broken")), task(2, Ok(2))];
    assert_eq!(drive(first_of(tasks)), (3, Ok(2)));
}

#[test]
fn first_of_fails_when_all_have_failed() {
    let tasks = vec![task(1, Err("the first")), task(2, Err("the last"))];
    assert_eq!(drive(first_of(tasks)), (3, Err("the last".to_owned())));
}

#[test]
fn first_of_closes_the_others() {
    let closed = Rc::new(Cell::new(false));
    let tell = closed.clone();
    let endless = Generator::new(async move |co| {
        loop {
            if let Err(exception) = co.yield_(()).await {
                tell.set(matches!(exception, Exception::GeneratorExit));
                return Err(exception);
            }
        }
    });
    let outcome = drive(first_of(vec![endless, task(2, Ok(2))]));
    assert_eq!(outcome, (4, Ok(2)));
    assert!(closed.get(), "the endless one was not closed");
}

use std::{
    cell::{Cell, RefCell},
    fmt::{Debug, Error},
    future::poll_fn,
    rc::Rc,
};

use tminus_lessons::lesson08_yield_from::{Co, Exception, Generator, Step};

use crate::lesson08::{StackCo, Stacked, YieldFrom, add, ask};

type Answer<Y, R> = Result<Step<Y, R>, Exception>;

/// An answer in words, as the expected lines write it.
fn words<Y: Debug, R: Debug>(answer: Answer<Y, R>) -> String {
    match answer {
        Ok(Step::Yielded(value)) => format!("yields {value:?}"),
        Ok(Step::Returned(result)) => format!("returns {result:?}"),
        Err(exception) => format!("raises {exception}"),
    }
}

/// Yields each number that is sent, and returns at 0. An error that is thrown in is caught, and answered with 99.
fn echo() -> Generator<i32, i32, &'static str> {
    Generator::new(async |co: Co<i32, i32>| {
        let mut heard = co.yield_(1).await?;
        while heard != 0 {
            heard = match co.yield_(heard).await {
                Err(Exception::Error(_)) => co.yield_(99).await?,
                other => other?,
            };
        }
        Ok("the end")
    })
}

#[test]
fn by_calls_all_that_is_sent_or_thrown_in_reaches_the_sub_generator() {
    let mut outer: Generator<i32, i32, &str> =
        Generator::new(async |co: Co<i32, i32>| co.yield_from(echo()).await);
    let got = [
        words(outer.resume()),
        words(outer.send(7)),
        words(outer.throw(Error)),
        words(outer.send(8)),
        words(outer.send(0)),
    ];
    let want = "yields 1, yields 7, yields 99, yields 8, returns \"the end\"";
    assert_eq!(
        got.join(", "),
        want,
        "resume, send 7, throw, send 8, send 0"
    );
}

#[test]
fn by_calls_a_clean_up_that_fails_is_raised_in_the_body_that_delegated() {
    let heard = Rc::new(RefCell::new("nothing".to_owned()));
    let log = heard.clone();
    let mut outer: Generator<i32> = Generator::new(async move |co: Co<i32>| {
        let sub: Generator<i32> = Generator::new(async |co| {
            let _exit = co.yield_(1).await;
            Err(Exception::RuntimeError("the disk is full", None))
        });
        let outcome = co.yield_from(sub).await;
        *log.borrow_mut() = words::<(), ()>(outcome.clone().map(Step::Returned));
        outcome
    });
    let _ = (outer.resume(), outer.close());
    let heard = heard.borrow();
    assert_eq!(*heard, "raises RuntimeError: the disk is full");
}

#[test]
fn by_calls_the_exit_goes_on_whatever_the_sub_generator_returns() {
    let heard = Rc::new(RefCell::new("nothing".to_owned()));
    let log = heard.clone();
    let mut outer: Generator<i32, i32> = Generator::new(async move |co: Co<i32, i32>| {
        let sub: Generator<i32, i32, &str> = Generator::new(async |co: Co<i32, i32>| {
            let mut sent = co.yield_(1).await;
            while let Ok(number) = sent {
                sent = co.yield_(number).await;
            }
            Ok("closed calmly")
        });
        let outcome = co.yield_from(sub).await;
        *log.borrow_mut() = words::<(), _>(outcome.clone().map(Step::Returned));
        outcome.map(drop)
    });
    let got = [words(outer.resume()), words(outer.send(7))].join(", ");
    let closed = words::<(), _>(outer.close().map(Step::Returned));
    assert_eq!(got, "yields 1, yields 7", "resume, send 7");
    assert_eq!(
        *heard.borrow(),
        "raises GeneratorExit",
        "what the `yield_from` did at a close that `sub` answered with a result"
    );
    assert_eq!(closed, "returns None", "close");
}

#[test]
fn by_calls_ask_asks_until_it_is_sent_a_number() {
    let mut ask = ask("How many?");
    let got = [
        words(ask.resume()),
        words(ask.send("many".into())),
        words(ask.send(String::new())),
        words(ask.send("-42".into())),
    ];
    assert_eq!(
        got.join(", "),
        "yields \"How many?\", yields \"How many?\", yields \"How many?\", returns -42"
    );
}

#[test]
fn by_calls_add_asks_for_two_numbers() {
    let mut add = add();
    let got = [
        words(add.resume()),
        words(add.send("7".into())),
        words(add.send("x".into())),
        words(add.send("8".into())),
    ];
    let (first, second) = ("yields \"First number?\"", "yields \"Second number?\"");
    assert_eq!(
        got.join(", "),
        format!("{first}, {second}, {second}, returns 15")
    );
}

/// An [`echo`] whose body runs on a stack.
fn stacked_echo() -> Stacked<i32, i32, &'static str> {
    Stacked::new(async |co: StackCo<i32, i32>| {
        let mut heard = co.yield_(1).await?;
        while heard != 0 {
            heard = match co.yield_(heard).await {
                Err(Exception::Error(_)) => co.yield_(99).await?,
                other => other?,
            };
        }
        Ok("the end")
    })
}

#[test]
fn on_a_stack_values_and_exceptions_reach_the_top_and_the_result_the_one_below() {
    let mut outer: Stacked<i32, i32, String> = Stacked::new(async |co: StackCo<i32, i32>| {
        let middle: Stacked<i32, i32, &str> =
            Stacked::new(async |co: StackCo<i32, i32>| co.yield_from(stacked_echo()).await);
        let result = co.yield_from(middle).await?;
        let last = co.yield_(100).await?;
        Ok(format!("{result}, {last}"))
    });
    let got = [
        words(outer.resume()),
        words(outer.send(7)),
        words(outer.throw(Error)),
        words(outer.send(8)),
        words(outer.send(0)),
        words(outer.send(5)),
        words(outer.resume()),
    ];
    let want = "yields 1, yields 7, yields 99, yields 8, yields 100, returns \"the end, 5\", \
                raises StopIteration";
    assert_eq!(got.join(", "), want);
}

#[test]
fn on_a_stack_an_exception_goes_down_until_a_body_catches_it() {
    let mut outer: Stacked<&str> = Stacked::new(async |co: StackCo<&str>| {
        let middle: Stacked<&str> = Stacked::new(async |co: StackCo<&str>| {
            let top: Stacked<&str> = Stacked::new(async |co: StackCo<&str>| co.yield_("top").await);
            co.yield_from(top).await
        });
        match co.yield_from(middle).await {
            Err(Exception::Error(_)) => co.yield_("caught below").await,
            other => other,
        }
    });
    let got = [
        words(outer.resume()),
        words(outer.throw(Error)),
        words(outer.resume()),
    ];
    assert_eq!(
        got.join(", "),
        "yields \"top\", yields \"caught below\", returns ()"
    );
}

#[test]
fn on_a_stack_a_generator_that_has_started_brings_its_own_bodies() {
    let mut started: Stacked<i32, i32, &str> =
        Stacked::new(async |co: StackCo<i32, i32>| co.yield_from(stacked_echo()).await);
    let first = words(started.resume());
    let mut outer: Stacked<i32, i32, &str> =
        Stacked::new(async move |co: StackCo<i32, i32>| co.yield_from(started).await);
    let got = [first, words(outer.resume())].join(", then through outer ");
    assert_eq!(got, "yields 1, then through outer returns \"the end\"");
}

/// `n` bodies, each of which delegates to the next one. The last one yields, and each counts its polls.
fn chain(n: u32, polls: Rc<Cell<u32>>) -> Stacked<u32> {
    Stacked::new(move |co: StackCo<u32>| {
        let mut body = Box::pin(chain_body(co, n, polls.clone()));
        poll_fn(move |cx| {
            polls.set(polls.get() + 1);
            body.as_mut().poll(cx)
        })
    })
}

async fn chain_body(co: StackCo<u32>, n: u32, polls: Rc<Cell<u32>>) -> Result<(), Exception> {
    if n > 1 {
        return co.yield_from(chain(n - 1, polls)).await;
    }
    for item in 0.. {
        co.yield_(item).await?;
    }
    Ok(())
}

#[test]
fn on_a_stack_an_item_costs_one_poll_at_any_depth() {
    for n in [1, 10, 100_000] {
        let polls = Rc::new(Cell::new(0));
        let mut chain = chain(n, polls.clone());
        let first = words(chain.resume());
        let start = polls.replace(0);
        let second = words(chain.resume());
        let got = format!(
            "{first} for {start} polls, {second} for {} polls",
            polls.get()
        );
        let want = format!("yields 0 for {n} polls, yields 1 for 1 polls");
        assert_eq!(got, want, "{n} generators");
    }
}

/// Three bodies, which write down what is raised in them. The one in the middle answers with `answer`.
fn three(log: &Rc<RefCell<Vec<String>>>, answer: Result<(), Exception>) -> Stacked<i32> {
    let note = |log: &RefCell<Vec<String>>, name: &str, outcome: &Result<(), Exception>| {
        let words = words::<(), ()>(outcome.clone().map(Step::Returned));
        log.borrow_mut().push(format!("{name} {words}"));
    };
    let (for_top, for_middle, for_outer) = (log.clone(), log.clone(), log.clone());
    let top: Stacked<i32> = Stacked::new(async move |co: StackCo<i32>| {
        let outcome = co.yield_(1).await;
        note(&for_top, "top", &outcome);
        outcome
    });
    let middle: Stacked<i32> = Stacked::new(async move |co: StackCo<i32>| {
        let outcome = co.yield_from(top).await;
        note(&for_middle, "middle", &outcome);
        answer
    });
    Stacked::new(async move |co: StackCo<i32>| {
        let outcome = co.yield_from(middle).await;
        note(&for_outer, "outer", &outcome);
        outcome
    })
}

#[test]
fn on_a_stack_the_top_is_closed_first_and_the_exit_goes_on_whatever_a_body_returns() {
    let log = Rc::default();
    let mut three = three(&log, Ok(()));
    let _ = three.resume();
    assert_eq!(three.close().unwrap(), None);
    let want = "top raises GeneratorExit, middle raises GeneratorExit, outer raises GeneratorExit";
    assert_eq!(log.borrow().join(", "), want);
}

#[test]
fn on_a_stack_a_clean_up_that_fails_is_raised_in_the_body_below() {
    let log = Rc::default();
    let mut three = three(&log, Err(Exception::RuntimeError("the disk is full", None)));
    let _ = three.resume();
    let closed = words::<(), _>(three.close().map(Step::Returned));
    let want = "top raises GeneratorExit, middle raises GeneratorExit, \
                outer raises RuntimeError: the disk is full";
    assert_eq!(log.borrow().join(", "), want);
    assert_eq!(closed, "raises RuntimeError: the disk is full");
}

#[test]
fn on_a_stack_a_body_that_yields_instead_of_finishing_is_an_error_below() {
    let heard = Rc::new(RefCell::new("nothing".to_owned()));
    let log = heard.clone();
    let mut outer: Stacked<i32> = Stacked::new(async move |co: StackCo<i32>| {
        let stubborn: Stacked<i32> = Stacked::new(async |co: StackCo<i32>| {
            let _exit = co.yield_(1).await;
            co.yield_(2).await
        });
        let outcome = co.yield_from(stubborn).await;
        *log.borrow_mut() = words::<(), ()>(outcome.clone().map(Step::Returned));
        outcome
    });
    let _ = (outer.resume(), outer.close());
    let want = "raises RuntimeError: generator ignored GeneratorExit";
    assert_eq!(*heard.borrow(), want);
}

#[test]
fn on_a_stack_a_body_can_delegate_while_it_cleans_up() {
    let heard = Rc::new(RefCell::new("nothing".to_owned()));
    let log = heard.clone();
    let inner: Stacked<u32> = Stacked::new(async move |co: StackCo<u32>| {
        let exit = co.yield_(1).await;
        let clean_up: Stacked<u32, (), u32> = Stacked::new(async |_| Ok(15));
        let outcome = co.yield_from(clean_up).await;
        *log.borrow_mut() = words::<(), _>(outcome.map(Step::Returned));
        exit
    });
    let mut outer: Stacked<u32> = Stacked::new(async |co: StackCo<u32>| co.yield_from(inner).await);
    let first = words(outer.resume());
    let closed = words::<(), _>(outer.close().map(Step::Returned));
    assert_eq!(first, "yields 1", "resume");
    assert_eq!(
        *heard.borrow(),
        "returns 15",
        "what the `yield_from` of the clean-up did"
    );
    assert_eq!(closed, "returns None", "close");
}

#[test]
fn on_a_stack_a_long_chain_is_closed_body_by_body() {
    let polls = Rc::new(Cell::new(0));
    let mut chain = chain(100_000, polls.clone());
    let _ = chain.resume();
    polls.set(0);
    assert_eq!(chain.close().unwrap(), None);
    assert_eq!(polls.get(), 100_000, "polls to close 100,000 generators");
}

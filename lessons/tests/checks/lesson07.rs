use std::fmt::{Debug, Error};

use tminus_lessons::lesson07_averager::{Co, Exception};

use crate::lesson07::{Generator, Step, drain};

/// An answer in words, as the expected lines write it.
fn words<Y: Debug, R: Debug>(answer: Result<Step<Y, R>, Exception>) -> String {
    match answer {
        Ok(Step::Yielded(value)) => format!("yields {value:?}"),
        Ok(Step::Returned(result)) => format!("returns {result:?}"),
        Err(exception) => format!("raises {exception}"),
    }
}

fn launch(n: u32) -> Generator<u32, (), &'static str> {
    Generator::new(async move |co: Co<u32>| {
        for i in (1..=n).rev() {
            co.yield_(i).await?;
        }
        Ok("Blast off!")
    })
}

/// An averager without a sign for the end: it answers a close with its result.
fn tally() -> Generator<(), f64, f64> {
    Generator::new(async |co: Co<(), f64>| {
        let mut total = 0.0;
        loop {
            match co.yield_(()).await {
                Ok(term) => total += term,
                Err(Exception::GeneratorExit) => return Ok(total),
                Err(other) => return Err(other),
            }
        }
    })
}

#[test]
fn a_result_is_returned_once_and_only_once() {
    let mut launch = launch(2);
    let got: Vec<String> = (0..4).map(|_| words(launch.resume())).collect();
    assert_eq!(
        got.join(", "),
        "yields 2, yields 1, returns \"Blast off!\", raises StopIteration"
    );
}

#[test]
fn an_exception_is_not_a_result() {
    let mut broken: Generator<u32, (), u32> = Generator::new(async |co: Co<u32>| {
        co.yield_(1).await?;
        Err(Exception::StopIteration)
    });
    let got = [
        words(broken.resume()),
        words(broken.resume()),
        words(broken.throw(Error)),
    ];
    let want = "yields 1, raises RuntimeError: generator raised StopIteration, \
                raises an error occurred when formatting an argument";
    assert_eq!(got.join(", "), want);
}

#[test]
fn close_returns_the_result_that_the_body_returns_in_answer() {
    let mut tally = tally().primed().expect("it waits for a number");
    let sent = words(tally.send(4.0));
    let closed = [tally.close(), tally.close()].map(|closed| closed.expect("it finishes"));
    assert_eq!(
        (sent.as_str(), closed),
        ("yields ()", [Some(4.0), None]),
        "send, close, close"
    );
}

#[test]
fn close_tells_a_good_end_from_a_bad_one() {
    let mut passes: Generator<u32, (), u32> =
        Generator::new(async |co: Co<u32>| co.yield_(1).await.map(|()| 5));
    let mut refuses: Generator<u32, (), u32> = Generator::new(async |co: Co<u32>| {
        let _exit = co.yield_(1).await;
        co.yield_(2).await.map(|()| 5)
    });
    let _ = (passes.resume(), refuses.resume());
    assert_eq!(passes.close().ok(), Some(None), "the exit passes");
    let ignored = refuses.close().expect_err("it yields again").to_string();
    assert_eq!(ignored, "RuntimeError: generator ignored GeneratorExit");
}

#[test]
fn a_generator_can_be_primed_if_it_waits_and_not_if_it_has_returned() {
    let got = match launch(2).primed() {
        Ok(mut waits) => words(waits.resume()),
        Err(exception) => format!("cannot be primed: {exception}"),
    };
    assert_eq!(got, "yields 1", "launch(2), primed");
    let got = launch(0)
        .primed()
        .map(|_| "primed")
        .map_err(|e| e.to_string());
    assert_eq!(got, Err("StopIteration".to_owned()), "launch(0), primed");
}

#[test]
fn a_loop_gets_the_values_and_the_exceptions_and_ends_at_the_result() {
    let values: Vec<String> = launch(3)
        .map(|value| words::<_, ()>(value.map(Step::Yielded)))
        .collect();
    assert_eq!(values.join(", "), "yields 3, yields 2, yields 1");
    let mut broken: Generator<u32> = Generator::new(async |co: Co<u32>| {
        co.yield_(1).await?;
        Err(Error.into())
    });
    let got: Vec<String> = broken
        .by_ref()
        .map(|value| words::<_, ()>(value.map(Step::Yielded)))
        .collect();
    assert_eq!(
        got.join(", "),
        "yields 1, raises an error occurred when formatting an argument"
    );
}

#[test]
fn drain_returns_the_items_and_the_result() {
    let drained = drain(launch(3)).expect("it goes well");
    assert_eq!(drained, (vec![3, 2, 1], "Blast off!"));
    let mut started = launch(3);
    let _ = started.resume();
    let drained = drain(started).expect("it goes well");
    assert_eq!(drained, (vec![2, 1], "Blast off!"), "after a resume");
}

#[test]
fn drain_fails_with_what_ended_the_generator() {
    let broken: Generator<u32> = Generator::new(async |co: Co<u32>| {
        co.yield_(1).await?;
        Err(Exception::RuntimeError("the disk is full", None))
    });
    let failed = drain(broken).expect_err("it is broken").to_string();
    assert_eq!(failed, "RuntimeError: the disk is full");
}

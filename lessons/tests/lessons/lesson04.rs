use std::io;

use tminus_lessons::{
    lesson02_close,
    lesson04_throw::{
        Exception::{self, Error, GeneratorExit, RuntimeError, StopIteration},
        Generator, broken,
    },
};

use crate::programs::{demo, recorded};

/// The lines of the demo's section with this heading.
fn section(heading: &str) -> Vec<String> {
    let demo = demo("lesson04");
    let lines = demo.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("# "));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_programs_print_what_cpython_printed() {
    let theirs = recorded("35_coroutine_decorator");
    let second_half: Vec<&str> = theirs.lines().skip(3).collect(); // lesson 3 has the rest
    assert_eq!(section("# a polite receiver"), second_half);
    let theirs = recorded("70_stop_iteration_claim");
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(section("# a StopIteration that escapes"), theirs);
}

#[test]
fn a_throw_into_one_that_does_not_wait_comes_back() {
    let mut g = broken();
    let too_early = g.throw(io::Error::other("too early"));
    assert!(matches!(too_early, Err(Error(_))));
    assert!(matches!(g.resume(), Err(StopIteration)));
    let too_late = g.throw(io::Error::other("too late"));
    assert_eq!(too_late.expect_err("it comes back").to_string(), "too late");
    assert!(matches!(g.throw(StopIteration), Err(StopIteration)));
}

#[test]
fn pairs_lose_a_number_without_the_rule_and_report_it_with_the_rule() {
    let mut numbers = lesson02_close::countdown(3);
    let pairs = lesson02_close::Generator::new(async move |co| {
        loop {
            co.yield_((numbers.resume()?, numbers.resume()?)).await?;
        }
    });
    assert!(pairs.eq([Ok((3, 2))]));

    let mut numbers: Generator<u32> = Generator::new(async |co| {
        for n in [4, 3, 2, 1] {
            co.yield_(n).await?;
        }
        Ok(())
    });
    let mut pairs: Generator<(u32, u32)> = Generator::new(async move |co| {
        loop {
            co.yield_((numbers.resume()?, numbers.resume()?)).await?;
        }
    });
    assert_eq!(pairs.resume().expect("a pair"), (4, 3));
    assert_eq!(pairs.resume().expect("a pair"), (2, 1));
    let error = pairs.resume().expect_err("the numbers have ended");
    assert!(matches!(
        error,
        RuntimeError("generator raised StopIteration", Some(_))
    ));
}

#[test]
fn a_stop_iteration_that_is_thrown_in_must_not_escape_either() {
    let mut g: Generator<u32> = Generator::new(async |co| co.yield_(1).await);
    assert_eq!(g.start().expect("it yields"), 1);
    let error = g.throw(StopIteration).expect_err("nothing catches it");
    assert_eq!(
        error.to_string(),
        "RuntimeError: generator raised StopIteration"
    );
}

#[test]
fn a_body_that_translates_everything_translates_the_close_too() {
    let mut g: Generator<u32> = Generator::new(async |co| {
        let raise_from = |cause| Exception::RuntimeError("cannot count on", Some(Box::new(cause)));
        co.yield_(1).await.map_err(raise_from)
    });
    assert_eq!(g.start().expect("it yields"), 1);
    let Err(RuntimeError("cannot count on", Some(cause))) = g.close() else {
        panic!("it has been closed without an error");
    };
    assert!(matches!(*cause, GeneratorExit));
}

/// A body that catches everything, and does not look.
#[test]
fn a_body_that_looks_at_nothing_ignores_a_close() {
    let mut deaf: Generator<u32> = Generator::new(async |co| {
        for n in 1..9 {
            let _ = co.yield_(n).await;
        }
        Ok(())
    });
    assert_eq!(deaf.start().expect("it yields"), 1);
    let error = deaf.close().expect_err("it yields again");
    assert_eq!(
        error.to_string(),
        "RuntimeError: generator ignored GeneratorExit"
    );
}

use std::io;

use tminus_lessons::lesson04_throw::{
    Exception::{Error, RuntimeError, StopIteration},
    Generator,
};

use crate::lesson04::{attempts, pairs};

#[test]
fn pairs_of_an_even_number_end_well() {
    let mut pairs = pairs(countdown(4));
    assert_eq!(pairs.resume().expect("a pair"), (4, 3));
    assert_eq!(pairs.resume().expect("a pair"), (2, 1));
    assert!(matches!(pairs.resume(), Err(StopIteration)));
}

#[test]
fn pairs_say_when_one_is_left_over() {
    let mut pairs = pairs(countdown(3));
    assert_eq!(pairs.resume().expect("a pair"), (3, 2));
    let error = pairs.resume().expect_err("1 is left over");
    assert_eq!(error.to_string(), "RuntimeError: one is left over");
}

#[test]
fn pairs_of_nothing_are_nothing_and_an_error_passes() {
    assert!(pairs(countdown(0)).next().is_none());
    for in_front_of_it in [0, 1] {
        let broken = Generator::new(async move |co| {
            for n in 0..in_front_of_it {
                co.yield_(n).await?;
            }
            Err(io::Error::other("disk on fire").into())
        });
        let error = pairs(broken).resume().expect_err("the disk is on fire");
        assert_eq!(error.to_string(), "disk on fire");
    }
}

#[test]
fn attempts_end_when_one_goes_well() {
    let mut attempts = attempts(3);
    assert_eq!(attempts.resume().expect("an attempt"), 1);
    assert_eq!(attempts.throw(failure(1)).expect("another attempt"), 2);
    assert!(matches!(attempts.resume(), Err(StopIteration)));
}

#[test]
fn attempts_give_up_and_say_why() {
    let mut attempts = attempts(2);
    assert_eq!(attempts.resume().expect("an attempt"), 1);
    assert_eq!(attempts.throw(failure(1)).expect("another attempt"), 2);
    let Err(RuntimeError("gave up", Some(cause))) = attempts.throw(failure(2)) else {
        panic!("it has not given up, or does not say why");
    };
    assert_eq!(cause.to_string(), "failure 2");
}

#[test]
fn attempts_let_all_pass_that_is_no_failure() {
    let mut closed = attempts(3);
    assert_eq!(closed.resume().expect("an attempt"), 1);
    assert_eq!(closed.throw(failure(1)).expect("another attempt"), 2);
    closed.close().expect("it lets GeneratorExit pass");
    let mut hosed = attempts(3);
    assert_eq!(hosed.resume().expect("an attempt"), 1);
    let error = hosed.throw(RuntimeError("You're hosed!", None));
    assert!(matches!(error, Err(RuntimeError("You're hosed!", None))));
    assert!(!matches!(hosed.resume(), Err(Error(_))));
}

fn failure(number: u32) -> io::Error {
    io::Error::other(format!("failure {number}"))
}

fn countdown(n: u32) -> Generator<u32> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            co.yield_(i).await?;
        }
        Ok(())
    })
}

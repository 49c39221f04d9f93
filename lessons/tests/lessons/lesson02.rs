use std::{cell::Cell, rc::Rc};

use genawaiter::rc::{Co, Gen};
use tminus_lessons::lesson02_close::{
    Exception::{GeneratorExit, RuntimeError, StopIteration},
    Generator, stubborn,
};

use crate::programs::{demo, recorded};

#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson02");
    let ours = ours.lines().skip(8); // the first section is not Python's
    let ours: Vec<&str> = ours.filter(|line| !line.starts_with("== ")).collect();
    let theirs = [
        recorded("31_close_generator"),
        recorded("32_generator_exit"),
        recorded("33_generator_exit_yield"),
    ]
    .concat();
    // Python's exception carries the result, `None`. Ours has room for one in lesson 7.
    let theirs = theirs.replace("StopIteration None", "StopIteration");
    assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
}

#[test]
fn a_generator_of_lesson_1_is_dropped_where_it_stands() {
    let held = Rc::new(());
    let in_the_body = held.clone();
    let reached = Rc::new(Cell::new(false));
    let say = reached.clone();
    let mut body = Gen::new(async move |co: Co<u32>| {
        co.yield_(1).await;
        drop(in_the_body);
        say.set(true);
    });
    body.resume();
    drop(body);
    assert_eq!(Rc::strong_count(&held), 1, "its variables are dropped");
    assert!(!reached.get(), "none of its lines has run");
}

#[test]
fn a_refused_close_leaves_it_alive() {
    let mut g = stubborn();
    assert_eq!(g.resume(), Ok(1));
    let refused = Err(RuntimeError("generator ignored GeneratorExit"));
    assert_eq!(g.close(), refused);
    assert_eq!(g.close(), Ok(()));
    assert_eq!(g.resume(), Err(StopIteration));
}

#[test]
fn a_body_that_ignores_every_close_ends_when_it_is_dropped() {
    let mut mule: Generator<u32> = Generator::new(async |co| {
        loop {
            let _ = co.yield_(1).await;
        }
    });
    assert_eq!(mule.resume(), Ok(1));
    for _ in 0..3 {
        assert!(mule.close().is_err());
    }
    assert_eq!(mule.resume(), Ok(1));
    drop(mule);
}

#[test]
fn a_drop_closes_unless_it_was_never_resumed() {
    let closed = Rc::new(Cell::new(0));
    let generator = || {
        let closed = closed.clone();
        Generator::new(async move |co| {
            if co.yield_(1).await == Err(GeneratorExit) {
                closed.set(closed.get() + 1);
            }
            Ok(())
        })
    };
    drop(generator());
    assert_eq!(closed.get(), 0);
    let mut started = generator();
    assert_eq!(started.resume(), Ok(1));
    drop(started);
    assert_eq!(closed.get(), 1);
}

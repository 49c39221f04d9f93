//! Long chains, and generators that outlive the code of their thread.

use std::{
    cell::{Cell, RefCell},
    thread,
};

use tminus::{Generator, Kind, Step};

use crate::{on_eight_mebibytes, panic_text, support::reported};

thread_local! {
    static KEPT: RefCell<Vec<Generator<u32>>> = const { RefCell::new(Vec::new()) };
    static DROPPED: Cell<u32> = const { Cell::new(0) };
}

const MILLION: u32 = 1_000_000;

#[test]
fn a_thread_ends_with_generators_in_its_variables() {
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
        }
    }
    let counted = || -> Generator<u32> {
        let value = Counted;
        Generator::new(async move |co| {
            let _value = value;
            co.yield_(1).await
        })
    };
    thread::spawn(move || {
        let suspended = counted().primed().unwrap();
        KEPT.with_borrow_mut(|kept| kept.extend([counted(), suspended]));
        drop(counted());
        assert_eq!(DROPPED.get(), 1);
    })
    .join()
    .unwrap();
}

#[test]
fn a_thread_ends_with_a_chain_of_a_million_in_its_variables() {
    on_eight_mebibytes(|| {
        KEPT.with_borrow_mut(|kept| kept.push(one_in_the_other(MILLION, false)));
        // What puts things aside has been used before, and is not gone when the variable is.
        drop(one_in_the_other(1_000, false));
        KEPT.with_borrow_mut(|kept| kept.push(one_in_the_other(MILLION, true)));
    });
}

/// Generators each of which holds the next one in a variable, and drives it never.
fn one_in_the_other(depth: u32, started: bool) -> Generator<u32> {
    let mut chain: Generator<u32> = Generator::new(async |co| co.yield_(0).await);
    for level in 1..=depth {
        if started {
            chain.start().unwrap();
        }
        let inner = chain;
        chain = Generator::new(async move |co| {
            let _inner = inner;
            co.yield_(level).await
        });
    }
    chain
}

#[test]
fn a_million_generators_one_in_the_other_are_dropped_and_closed() {
    on_eight_mebibytes(|| {
        drop(one_in_the_other(MILLION, false));
        drop(one_in_the_other(MILLION, true));

        let mut started = one_in_the_other(MILLION, true);
        started.start().unwrap();
        assert_eq!(started.close().unwrap(), None);

        let mut thrown_into = one_in_the_other(MILLION, true);
        thrown_into.start().unwrap();
        thrown_into.throw(Kind::Timeout).unwrap_err();

        let finished = &mut one_in_the_other(MILLION, true);
        finished.start().unwrap();
        assert_eq!(finished.resume().unwrap(), Step::Returned(()));
    });
}

#[test]
fn a_million_generators_one_in_the_other_are_dropped_by_a_panic() {
    on_eight_mebibytes(|| {
        let inner = one_in_the_other(MILLION, true);
        let mut panics: Generator<u32> = Generator::new(async move |co| {
            let _inner = inner;
            co.yield_(1).await?;
            panic!("boom");
        });
        panics.start().unwrap();
        assert_eq!(panic_text(|| panics.resume()), "boom");
    });
}

/// Answers each `GeneratorExit` by delegating to another one like itself, down to a depth.
fn delegates_instead_of_ending(depth: u32) -> Generator<u32> {
    Generator::new(async move |co| {
        let _exit = co.yield_(depth).await;
        if depth > 0 {
            let _exit = co.yield_from(delegates_instead_of_ending(depth - 1)).await;
        }
        Ok(())
    })
}

#[test]
fn generators_that_delegate_instead_of_ending_are_dropped_without_recursion() {
    on_eight_mebibytes(|| {
        let mut stubborn = delegates_instead_of_ending(100_000);
        stubborn.start().unwrap();
        let events = reported(|| drop(stubborn));
        assert_eq!(events.len(), 100_000); // "generator ignored GeneratorExit", all but the last one
    });
}

//! Generators of the crate genawaiter, in the place of ours.

mod support;

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
};

use genawaiter::{rc, sync};
use support::panic_message;
use tminus::{Coroutine, Exception, Generator, GeneratorState, Kind, Step};

/// The sum of what is sent, until that is more than 10.
fn totals() -> rc::Gen<u32, u32, impl Future<Output = &'static str>> {
    rc::Gen::new(|co| async move {
        let mut total = 0;
        while total <= 10 {
            total += co.yield_(total).await;
        }
        "enough"
    })
}

fn shared_totals() -> sync::GenBoxed<u32, u32, &'static str> {
    sync::Gen::new_boxed(|co| async move {
        let mut total = 0;
        while total <= 10 {
            total += co.yield_(total).await;
        }
        "enough"
    })
}

fn countdown(n: u32) -> rc::Gen<u32, (), Pin<Box<dyn Future<Output = ()>>>> {
    rc::Gen::new(|co| {
        Box::pin(async move {
            for i in (1..=n).rev() {
                co.yield_(i).await;
            }
        }) as _
    })
}

/// Drives any coroutine that takes numbers.
fn driven(mut sub: impl Coroutine<Yield = u32, Send = u32, Return = &'static str>) {
    assert_eq!(sub.resume().unwrap(), Step::Yielded(0));
    assert_eq!(sub.send(3).unwrap(), Step::Yielded(3));
    assert_eq!(sub.resume().unwrap(), Step::Yielded(3));
    assert_eq!(sub.send(8).unwrap(), Step::Returned("enough"));
    for _ in 0..2 {
        assert_eq!(sub.resume().unwrap_err().kind(), Kind::StopIteration);
        assert_eq!(sub.send(1).unwrap_err().kind(), Kind::StopIteration);
        assert_eq!(sub.close().unwrap(), None);
    }
}

#[test]
fn one_that_became_a_generator_is_driven_like_one_and_is_never_asked_after_its_end() {
    driven(Generator::from(totals()));
    driven(Generator::from(shared_totals()));
}

#[test]
fn one_that_became_a_generator_has_a_state() {
    let mut generator = Generator::from(countdown(1));
    assert_eq!(generator.state(), GeneratorState::Created);
    assert_eq!(generator.resume().unwrap(), Step::Yielded(1));
    assert_eq!(generator.state(), GeneratorState::Suspended);
    assert_eq!(generator.resume().unwrap(), Step::Returned(()));
    assert_eq!(generator.state(), GeneratorState::Closed);

    let all: Result<Vec<u32>, Exception> = Generator::from(countdown(3)).collect();
    assert_eq!(all.unwrap(), [3, 2, 1]);
}

#[test]
fn one_that_was_started_before_continues() {
    let mut started = countdown(3);
    started.resume();
    let rest: Result<Vec<u32>, Exception> = Generator::from(started).collect();
    assert_eq!(rest.unwrap(), [2, 1]);
}

#[test]
fn one_that_takes_values_can_be_delegated_to() {
    fn sends(mut outer: Generator<u32, u32, String>) {
        assert_eq!(outer.resume().unwrap(), Step::Yielded(0));
        assert_eq!(outer.send(3).unwrap(), Step::Yielded(3));
        assert_eq!(outer.send(8).unwrap(), Step::Returned("enough!".into()));
    }
    sends(Generator::new(async |co| {
        Ok(format!("{}!", co.yield_from(totals()).await?))
    }));
    sends(Generator::new(async |co| {
        Ok(format!("{}!", co.yield_from(shared_totals()).await?))
    }));
}

#[test]
fn one_without_values_is_an_iterator_or_has_a_result() {
    let outer: Generator<u32> = Generator::new(async |co| {
        co.yield_from(countdown(2)).await?;
        let with_result = rc::Gen::new(|co| async move {
            co.yield_(7).await;
            String::from("result")
        });
        assert_eq!(co.yield_from(with_result).await?, "result");
        co.yield_from(Generator::from(countdown(1))).await
    });
    let all: Result<Vec<u32>, Exception> = outer.collect();
    assert_eq!(all.unwrap(), [2, 1, 7, 1]);
}

#[test]
fn one_without_values_can_be_delegated_to_by_a_generator_that_takes_some() {
    let mut outer: Generator<u32, Option<u8>> = Generator::new(async |co| {
        let refused = co.yield_from(countdown(9)).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::AttributeError); // an iterator has no `send`
        co.yield_from(Generator::from(countdown(5))).await
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded(9));
    assert_eq!(outer.send(None).unwrap(), Step::Yielded(8));
    assert_eq!(outer.send(Some(1)).unwrap(), Step::Yielded(5));
    assert_eq!(outer.send(Some(1)).unwrap(), Step::Yielded(4));
}

#[test]
fn what_is_thrown_in_comes_straight_back_and_drops_it() {
    let held = Rc::new(());
    let inside = held.clone();
    let waits = rc::Gen::new(|co: rc::Co<u32>| async move {
        let _held = inside;
        co.yield_(1).await;
    });
    let mut generator = Generator::from(waits);
    generator.start().unwrap();
    assert_eq!(Rc::strong_count(&held), 2);
    let back = generator.throw(Kind::Timeout).unwrap_err();
    assert_eq!(back.kind(), Kind::Timeout);
    assert_eq!(Rc::strong_count(&held), 1);
    assert_eq!(generator.state(), GeneratorState::Closed);
}

#[test]
fn what_is_thrown_under_a_delegation_is_raised_there() {
    let mut outer: Generator<u32, u32> = Generator::new(async |co| {
        let raised = co.yield_from(totals()).await.unwrap_err();
        assert_eq!(raised.kind(), Kind::Timeout);
        co.yield_(99).await.map(drop)
    });
    outer.start().unwrap();
    assert_eq!(outer.throw(Kind::Timeout).unwrap(), Step::Yielded(99));
}

#[test]
fn close_and_drop_drop_it() {
    let held = Rc::new(());
    let holding = || {
        let inside = held.clone();
        Generator::from(rc::Gen::new(|co: rc::Co<u32>| async move {
            let _held = inside;
            co.yield_(1).await;
        }))
    };
    let mut generator = holding();
    generator.start().unwrap();
    assert_eq!(generator.close().unwrap(), None);
    assert_eq!(Rc::strong_count(&held), 1);

    drop(holding().primed());
    drop(holding());
    assert_eq!(Rc::strong_count(&held), 1);
}

fn panic_of<S: Default, R: 'static>(mut generator: Generator<u32, S, R>) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| while generator.resume().is_ok() {}));
    assert_eq!(generator.state(), GeneratorState::Closed);
    panic_message(&*panic.unwrap_err())
}

#[test]
fn one_that_awaits_another_future_gets_a_panic_that_says_what_to_do() {
    let at_first = rc::Gen::new(|_: rc::Co<u32, u32>| pending::<()>());
    let later = sync::Gen::new(|co: sync::Co<u32, u32>| async move {
        co.yield_(1).await;
        pending::<()>().await
    });
    for message in [panic_of(at_first.into()), panic_of(later.into())] {
        let says = "a generator body awaited a future that is not its own";
        assert!(message.starts_with(says), "{message}");
    }
}

#[test]
fn a_panic_of_its_body_passes_and_closes() {
    let panics = rc::Gen::new(|co: rc::Co<u32>| async move {
        co.yield_(1).await;
        panic!("boom");
    });
    assert_eq!(panic_of(Generator::from(panics)), "boom");
}

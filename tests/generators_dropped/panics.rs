//! Panics in drops: of variables, values, results and errors.

use std::{cell::RefCell, rc::Rc};

use tminus::{Co, Exception, Generator, GeneratorState, Step};

use crate::{
    Value, owns, panic_text,
    support::{Log, reported},
};

#[test]
fn unstarted_generators_are_dropped_however_many_drops_have_panicked() {
    let log = Log::default();
    for _ in 0..200 {
        assert_eq!(
            panic_text(|| drop(owns(Value::panics(&log, "bad")))),
            "bad panics"
        );
    }
    assert_eq!(log.take().len(), 200);
    drop(owns(Value::quiet(&log, "good")));
    assert_eq!(log.take(), ["good"]);
}

#[test]
fn started_generators_are_dropped_however_many_drops_have_panicked() {
    let log = Log::default();
    for _ in 0..200 {
        let bad = owns(Value::panics(&log, "bad")).primed();
        assert_eq!(panic_text(|| drop(bad)), "bad panics");
    }
    assert_eq!(log.take().len(), 200);
    drop(owns(Value::quiet(&log, "good")).primed());
    assert_eq!(log.take(), ["good"]);
}

#[test]
fn a_panic_in_a_drop_is_what_close_comes_to() {
    let log = Log::default();
    let mut generator = owns(Value::panics(&log, "bad")).primed().unwrap();
    assert_eq!(panic_text(|| generator.close()), "bad panics");
    assert_eq!(generator.state(), GeneratorState::Closed);
    assert_eq!(generator.close().unwrap(), None);

    let mut unstarted = owns(Value::panics(&log, "bad"));
    assert_eq!(panic_text(|| unstarted.close()), "bad panics");
    assert_eq!(unstarted.state(), GeneratorState::Closed);
}

#[test]
fn a_panic_in_one_frame_drops_the_others_even_if_they_panic_too() {
    let log = Log::default();
    let chain = |names: [&'static str; 3], log: &Log| -> Generator<u32> {
        let [outer, middle, inner] = names.map(|name| Value::panics(log, name));
        Generator::new(async move |co| {
            let _outer = outer;
            let delegates: Generator<u32> = Generator::new(async move |co: Co<u32>| {
                let _middle = middle;
                let leaf: Generator<u32> = Generator::new(async move |co: Co<u32>| {
                    let _inner = inner;
                    co.yield_(1).await?;
                    Ok(())
                });
                co.yield_from(leaf).await
            });
            co.yield_from(delegates).await
        })
    };
    let mut generator = chain(["outer", "middle", "inner"], &log);
    generator.start().unwrap();
    let events = reported(|| {
        // The innermost finishes, and its variable panics; the other frames are dropped while that panic passes.
        assert_eq!(panic_text(|| generator.resume()), "inner panics");
    });
    assert_eq!(log.take(), ["inner", "middle", "outer"]);
    assert_eq!(events, ["panic in a drop", "panic in a drop"]);
    assert_eq!(generator.state(), GeneratorState::Closed);

    let generator = chain(["outer", "middle", "inner"], &log).primed();
    let events = reported(|| assert_eq!(panic_text(|| drop(generator)), "inner panics"));
    assert_eq!(log.take(), ["inner", "middle", "outer"]);
    assert_eq!(events.len(), 2);
}

#[test]
fn a_panic_that_drops_an_unstarted_generator_is_not_joined_by_another() {
    let log = Log::default();
    let events = reported(|| {
        let text = panic_text(|| {
            let _bad = owns(Value::panics(&log, "bad"));
            panic!("first");
        });
        assert_eq!(text, "first");
    });
    assert_eq!(log.take(), ["bad"]);
    assert_eq!(events, ["panic in a drop"]);
}

#[test]
fn a_yielded_value_whose_drop_panics_ends_the_one_that_yielded_it() {
    let log = Log::default();
    let defies = |log: &Log| -> Generator<Value> {
        let log = log.clone();
        Generator::new(async move |co| {
            let _ = co.yield_(Value::quiet(&log, "first")).await;
            let _ = co.yield_(Value::panics(&log, "second")).await;
            Ok(())
        })
    };
    let mut generator = defies(&log);
    drop(generator.start());
    assert_eq!(panic_text(|| generator.close()), "second panics");
    assert_eq!(generator.state(), GeneratorState::Closed);

    let mut generator = defies(&log);
    drop(generator.start());
    assert_eq!(panic_text(|| drop(generator)), "second panics");

    let mut outer: Generator<Value> = {
        let sub = defies(&log);
        Generator::new(async move |co| co.yield_from(sub).await)
    };
    drop(outer.start());
    assert_eq!(panic_text(|| outer.close()), "second panics");
    assert_eq!(outer.state(), GeneratorState::Closed);
}

#[test]
fn two_yields_at_once_lose_values_whose_drops_panic_and_no_process() {
    let log = Log::default();
    let values = log.clone();
    let mut generator: Generator<Value> = Generator::new(async move |co| {
        let first = co.yield_(Value::panics(&values, "first"));
        let second = co.yield_(Value::panics(&values, "second"));
        first.await?;
        second.await
    });
    let text = panic_text(|| generator.start());
    assert!(text.contains("before the last time was awaited"), "{text}");
    assert_eq!(log.take(), ["second", "first"]);

    let values = log.clone();
    let mut generator: Generator<Value> = Generator::new(async move |co| {
        let _forgotten = co.yield_(Value::panics(&values, "forgotten"));
        Ok(())
    });
    let text = panic_text(|| generator.start());
    assert!(text.contains("whose value would be lost"), "{text}");
    assert_eq!(log.take(), ["forgotten"]);
}

#[test]
fn a_yield_from_outside_the_body_panics_there_and_does_the_generator_no_harm() {
    let carried_out: Rc<RefCell<Option<Rc<Co<Value>>>>> = Rc::default();
    let log = Log::default();
    let mut generator: Generator<Value> = {
        let (carried_out, log) = (carried_out.clone(), log.clone());
        Generator::new(async move |co| {
            let co = Rc::new(co);
            *carried_out.borrow_mut() = Some(co.clone());
            co.yield_(Value::quiet(&log, "inside")).await?;
            co.yield_(Value::quiet(&log, "again")).await
        })
    };
    drop(generator.start());
    let co = carried_out.take().expect("it was carried out");
    let text = panic_text(|| drop(co.yield_(Value::quiet(&log, "outside"))));
    assert!(text.contains("before the last time was awaited"), "{text}");
    assert_eq!(log.take(), ["inside", "outside"]);
    drop(generator.resume());
    assert_eq!(generator.resume().unwrap().returned(), Some(()));
    assert_eq!(log.take(), ["again"]);
}

#[test]
fn a_value_that_came_in_and_was_not_taken_is_dropped() {
    let log = Log::default();
    let mut generator: Generator<u32, Option<Value>> = Generator::new(async |co| {
        let mut first = Some(Box::pin(co.yield_(1)));
        std::future::poll_fn(|cx| match first.take() {
            Some(mut waits) => waits.as_mut().poll(cx).map(drop), // and it is dropped while it waits
            None => std::task::Poll::Ready(()),
        })
        .await;
        co.yield_(2).await?;
        Ok(())
    });
    generator.start().unwrap();
    let sent = Some(Value::quiet(&log, "sent"));
    assert_eq!(generator.send(sent).unwrap(), Step::Yielded(2));
    assert_eq!(log.take(), ["sent"]);
    assert_eq!(generator.send(None).unwrap(), Step::Returned(()));
}

#[test]
fn a_sent_value_that_a_panicking_body_did_not_take_is_dropped() {
    let log = Log::default();
    let mut generator: Generator<(), Value> = Generator::new(async |co| {
        let mut waits = Box::pin(co.yield_(()));
        let mut polls = 0;
        std::future::poll_fn(|cx| {
            polls += 1;
            assert!(polls == 1, "polled twice");
            waits.as_mut().poll(cx)
        })
        .await
        .map(drop)
    });
    generator.start().unwrap();
    let sent = Value::panics(&log, "sent");
    assert_eq!(panic_text(|| generator.send(sent)), "polled twice");
    assert_eq!(log.take(), ["sent"]);
    assert_eq!(generator.state(), GeneratorState::Closed);
}

#[test]
fn a_result_whose_drop_panics_ends_the_one_that_drops_it() {
    let log = Log::default();
    // The result of a sub-generator that is closed is dropped.
    let answers: Generator<u32, (), Value> = {
        let log = log.clone();
        Generator::new(async move |co| {
            let _exit = co.yield_(1).await;
            Ok(Value::panics(&log, "result"))
        })
    };
    let mut outer: Generator<u32> =
        Generator::new(async move |co| co.yield_from(answers).await.map(drop));
    outer.start().unwrap();
    assert_eq!(panic_text(|| outer.close()), "result panics");
    assert_eq!(outer.state(), GeneratorState::Closed);
    assert_eq!(log.take(), ["result"]);
}

#[test]
fn an_error_whose_drop_panics_does_not_end_the_process() {
    struct Bad(Value);
    impl std::fmt::Debug for Bad {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0.name)
        }
    }
    impl std::fmt::Display for Bad {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0.name)
        }
    }
    impl std::error::Error for Bad {}

    let log = Log::default();
    let fails = |log: &Log| -> Generator<u32> {
        let log = log.clone();
        Generator::new(async move |co| {
            let _exit = co.yield_(1).await;
            Err(Exception::from_boxed(Bad(Value::panics(&log, "error"))))
        })
    };
    let generator = fails(&log).primed();
    // It is reported, and nobody else hears of it: whoever drops the last clone of an exception cannot know what is in it.
    assert_eq!(panic_text(|| drop(generator)), "no panic");

    let generator = fails(&log).primed();
    let text = panic_text(|| {
        let _dropped = generator;
        panic!("first");
    });
    assert_eq!(text, "first");

    // Thrown into one that was never started, whose drop panics, too.
    let mut unstarted = owns(Value::panics(&log, "body"));
    let error = Exception::from_boxed(Bad(Value::panics(&log, "thrown")));
    assert_eq!(panic_text(|| unstarted.throw(error)), "body panics");
}

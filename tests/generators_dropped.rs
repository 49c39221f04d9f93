//! Dropping generators: long chains, panics on the way, and the end of a thread.

mod support;

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    thread,
};

use support::{Log, panic_message, reported};
use tminus::{Co, Exception, Generator, GeneratorState, Kind, Step, TaskScheduler};

/// Logs its drop, and panics then if it is told to.
struct Value {
    log: Log,
    name: &'static str,
    panics: bool,
}

impl Value {
    fn quiet(log: &Log, name: &'static str) -> Self {
        let (log, panics) = (log.clone(), false);
        Self { log, name, panics }
    }

    fn panics(log: &Log, name: &'static str) -> Self {
        let (log, panics) = (log.clone(), true);
        Self { log, name, panics }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.log.add(self.name);
        assert!(!self.panics, "{} panics", self.name);
    }
}

/// Owns a value, and yields once.
fn owns(value: Value) -> Generator<u32> {
    Generator::new(async move |co| {
        let _value = value;
        co.yield_(1).await
    })
}

fn panic_text<T>(run: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(_) => "no panic".into(),
        Err(panic) => panic_message(&*panic),
    }
}

/// On the stack that a main thread has.
fn on_eight_mebibytes(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(8 << 20);
    thread.spawn(test).unwrap().join().unwrap();
}

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

thread_local! {
    static KEPT: RefCell<Vec<Generator<u32>>> = const { RefCell::new(Vec::new()) };
    static DROPPED: Cell<u32> = const { Cell::new(0) };
}

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
            Err(Bad(Value::panics(&log, "error")).into())
        })
    };
    let generator = fails(&log).primed();
    assert_eq!(panic_text(|| drop(generator)), "error panics");

    let generator = fails(&log).primed();
    let text = panic_text(|| {
        let _dropped = generator;
        panic!("first");
    });
    assert_eq!(text, "first");

    // Thrown into one that was never started, whose drop panics, too.
    let mut unstarted = owns(Value::panics(&log, "body"));
    let error = Exception::from(Bad(Value::panics(&log, "thrown")));
    assert_eq!(panic_text(|| unstarted.throw(error)), "body panics");
}

const MILLION: u32 = 1_000_000;

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

#[test]
fn what_a_scheduler_drops_may_panic_and_the_rest_is_dropped() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    for name in ["first", "second", "third"] {
        let result = Value::panics(&log, name);
        scheduler.spawn(Generator::new(async move |_| Ok(result)));
    }
    scheduler.run();
    assert_eq!(scheduler.results().len(), 3);
    let events = reported(|| drop(scheduler));
    assert_eq!(log.take(), ["first", "second", "third"]);
    assert_eq!(events, ["panic in a drop"; 3]);
}

#[test]
fn a_panic_in_the_drop_of_a_task_is_that_tasks_error() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::<()>::new();
    let task = |value: Value| -> Generator<()> {
        Generator::new(async move |co| {
            let _value = value;
            co.yield_(()).await
        })
    };
    let ends = scheduler.spawn(task(Value::panics(&log, "ends")));
    let good = scheduler.spawn(task(Value::quiet(&log, "good")));
    scheduler.run();
    assert_eq!(scheduler.take_error(ends).unwrap().message(), "ends panics");
    assert_eq!(scheduler.take_result(good), Some(()));

    let suspended = scheduler.spawn(task(Value::panics(&log, "suspended")));
    scheduler.step();
    let unstarted = scheduler.spawn(task(Value::panics(&log, "unstarted")));
    scheduler.spawn(task(Value::quiet(&log, "good")));
    scheduler.close_all();
    let errors = scheduler.take_errors();
    assert_eq!(errors[&suspended].message(), "suspended panics");
    assert_eq!(errors[&unstarted].message(), "unstarted panics");
    assert_eq!(errors.len(), 2);
    assert_eq!(
        log.take(),
        ["ends", "good", "suspended", "unstarted", "good"]
    );
}

#[test]
fn tasks_that_were_spawned_too_late_are_dropped_one_by_one() {
    let log = Log::default();
    let scheduler = TaskScheduler::<()>::new();
    let tasks = scheduler.spawner();
    drop(scheduler);
    for name in ["first", "second"] {
        let value = Value::panics(&log, name);
        tasks.spawn(Generator::new(async move |_| {
            drop(value);
            Ok(())
        }));
    }
    let events = reported(|| assert_eq!(panic_text(|| drop(tasks)), "first panics"));
    assert_eq!(log.take(), ["first", "second"]);
    assert_eq!(events, ["panic in a drop"]);
}

#[test]
fn nobody_is_current_after_a_panic() {
    let mut scheduler = TaskScheduler::<()>::new();
    let tasks = scheduler.spawner();
    scheduler.spawn(Generator::new(async |_| panic!("boom")));
    scheduler.run();
    assert_eq!(tasks.current(), None);
    let holder: Rc<Cell<Option<u64>>> = Rc::default();
    let seen = holder.clone();
    let own = tasks.clone();
    scheduler.spawn(Generator::new(async move |_| {
        seen.set(own.current().map(|id| id.get()));
        Ok(())
    }));
    scheduler.run();
    assert_eq!(holder.get(), Some(1));
}

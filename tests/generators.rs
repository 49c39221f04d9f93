//! The generator protocol, rule by rule.

mod support;

use std::{
    cell::{Cell, RefCell},
    future::pending,
    num::ParseIntError,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use support::{Log, panic_message, reported};
use tminus::{Coroutine, Exception, Generator, GeneratorState, Kind, Step};

fn countdown(n: u32) -> Generator<u32> {
    Generator::new(async move |co| {
        for i in (1..=n).rev() {
            co.yield_(i).await?;
        }
        Ok(())
    })
}

/// Yields `ready`, logs what comes in until it is closed, and tells how it ended.
fn receiver(log: &Log) -> Generator<&'static str, Option<u32>, &'static str> {
    let log = log.clone();
    Generator::new(async move |co| {
        log.add("started");
        loop {
            match co.yield_("ready").await {
                Ok(value) => log.add(format!("got {value:?}")),
                Err(exit) if exit.kind() == Kind::GeneratorExit => {
                    log.add("closing");
                    return Ok("closed");
                }
                Err(exception) => {
                    log.add(format!("caught {exception}"));
                    return Err(exception);
                }
            }
        }
    })
}

/// Answers `GeneratorExit` with another value, as often as it comes.
fn stubborn(times: u32) -> Generator<u32> {
    Generator::new(async move |co| {
        for i in 0..=times {
            let _ = co.yield_(i).await;
        }
        Ok(())
    })
}

#[test]
fn nothing_runs_before_the_first_resume() {
    let log = Log::default();
    let mut generator = receiver(&log);
    assert_eq!(generator.state(), GeneratorState::Created);
    assert_eq!(log.take(), [""; 0]);

    assert_eq!(generator.start().unwrap(), Step::Yielded("ready"));
    assert_eq!(generator.state(), GeneratorState::Suspended);
    assert_eq!(log.take(), ["started"]);
}

#[test]
fn resume_runs_to_the_next_yield_and_the_end_gives_the_result() {
    let mut generator: Generator<u32, (), &str> = Generator::new(async |co| {
        co.yield_(1).await?;
        co.yield_(2).await?;
        Ok("done")
    });
    assert_eq!(generator.resume().unwrap(), Step::Yielded(1));
    assert_eq!(generator.resume().unwrap(), Step::Yielded(2));
    assert_eq!(generator.resume().unwrap(), Step::Returned("done"));
    assert_eq!(generator.state(), GeneratorState::Closed);
}

#[test]
fn send_gives_a_value_to_the_yield_that_waits_and_resume_gives_the_default() {
    let log = Log::default();
    let mut generator = receiver(&log).primed().unwrap();
    generator.send(Some(7)).unwrap();
    generator.resume().unwrap();
    assert_eq!(log.take(), ["started", "got Some(7)", "got None"]);
}

#[test]
fn a_send_to_a_just_started_generator_is_refused_and_does_it_no_harm() {
    let log = Log::default();
    let mut generator = receiver(&log);
    let refused = generator.send(Some(1)).unwrap_err();
    assert_eq!(refused.kind(), Kind::TypeError);
    assert_eq!(
        refused.message(),
        "can't send non-None value to a just-started generator"
    );
    assert_eq!(generator.state(), GeneratorState::Created);

    generator.start().unwrap();
    generator.send(Some(2)).unwrap();
    assert_eq!(log.take(), ["started", "got Some(2)"]);
}

#[test]
fn to_send_none_starts_a_generator() {
    let log = Log::default();
    let mut generator = receiver(&log);
    assert_eq!(generator.send(None).unwrap(), Step::Yielded("ready"));
    generator.send(None).unwrap();
    assert_eq!(log.take(), ["started", "got None"]);

    let mut generator = countdown(2);
    assert_eq!(generator.send(()).unwrap(), Step::Yielded(2));
    assert_eq!(generator.send(()).unwrap(), Step::Yielded(1));
}

#[test]
fn only_a_unit_and_a_none_are_no_value() {
    #[derive(Clone, Copy, Default)]
    struct Nothing;
    enum Like {
        None,
    }
    fn starts<S: 'static>(value: S) -> bool {
        let mut generator: Generator<(), S> =
            Generator::new(async |co| co.yield_(()).await.map(drop));
        generator.send(value).is_ok()
    }
    assert!(starts(()));
    assert!(starts(None::<String>));
    assert!(starts(None::<&'static str>));
    assert!(starts(None::<Option<u8>>));
    assert!(starts(None::<Box<u8>>));

    assert!(!starts(Some(())));
    assert!(!starts(Some("")));
    assert!(!starts(Some(None::<u8>)));
    assert!(!starts(Some(Box::new(0))));
    assert!(!starts(0));
    assert!(!starts(String::new()));
    assert!(!starts(Nothing));
    assert!(!starts(Like::None));
}

#[test]
fn a_generator_is_started_once() {
    let mut generator = countdown(2);
    generator.start().unwrap();
    let refused = generator.start().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "TypeError: can't start a generator twice: resume it, or send to it"
    );
    assert_eq!(generator.resume().unwrap(), Step::Yielded(1));
}

#[test]
fn primed_is_ready_for_its_first_value() {
    let log = Log::default();
    let mut generator = receiver(&log).primed().unwrap();
    assert_eq!(generator.send(Some(1)).unwrap(), Step::Yielded("ready"));
    assert_eq!(log.take(), ["started", "got Some(1)"]);

    let over_at_once: Generator<(), (), u8> = Generator::new(async |_| Ok(3));
    let stop = over_at_once.primed().unwrap_err();
    assert_eq!(stop.value::<u8>(), Some(&3));
}

#[test]
fn throw_raises_where_the_body_waits() {
    let log = Log::default();
    let mut generator = receiver(&log).primed().unwrap();
    let error = generator
        .throw(Exception::new(Kind::RuntimeError, "You're hosed!"))
        .unwrap_err();
    assert_eq!(error.to_string(), "RuntimeError: You're hosed!");
    assert_eq!(generator.state(), GeneratorState::Closed);
    assert_eq!(
        log.take(),
        ["started", "caught RuntimeError: You're hosed!"]
    );
}

#[test]
fn a_caught_exception_lets_the_body_go_on() {
    let mut generator: Generator<String> = Generator::new(async |co| {
        let caught = co.yield_("waiting".into()).await.unwrap_err();
        co.yield_(format!("caught {caught}")).await
    });
    generator.start().unwrap();
    let answer = generator.throw("ten".parse::<u8>().unwrap_err()).unwrap();
    assert_eq!(
        answer,
        Step::Yielded("caught invalid digit found in string".into())
    );
    assert_eq!(generator.state(), GeneratorState::Suspended);
}

#[test]
fn a_throw_into_a_new_generator_runs_nothing_and_closes_it() {
    let log = Log::default();
    let mut generator = receiver(&log);
    let back = generator.throw(Kind::Cancelled).unwrap_err();
    assert_eq!(back.kind(), Kind::Cancelled);
    assert_eq!(generator.state(), GeneratorState::Closed);
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn close_and_drop_of_a_new_generator_run_nothing() {
    let log = Log::default();
    let mut generator = receiver(&log);
    assert_eq!(generator.close().unwrap(), None);
    assert_eq!(generator.state(), GeneratorState::Closed);
    drop(receiver(&log));
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn close_raises_generator_exit_and_gives_the_result() {
    let log = Log::default();
    let mut generator = receiver(&log).primed().unwrap();
    assert_eq!(generator.close().unwrap(), Some("closed"));
    assert_eq!(log.take(), ["started", "closing"]);
    assert_eq!(generator.close().unwrap(), None);

    let mut lets_it_pass = countdown(3);
    lets_it_pass.start().unwrap();
    assert_eq!(lets_it_pass.close().unwrap(), None);
}

#[test]
fn close_gives_the_error_of_the_clean_up() {
    let mut generator: Generator<()> = Generator::new(async |co| {
        let _exit = co.yield_(()).await;
        Err(Exception::new(Kind::ValueError, "cannot clean up"))
    });
    generator.start().unwrap();
    let error = generator.close().unwrap_err();
    assert_eq!(error.to_string(), "ValueError: cannot clean up");
    assert_eq!(generator.state(), GeneratorState::Closed);
}

#[test]
fn who_yields_in_answer_to_generator_exit_gets_an_error_and_stays_alive() {
    let mut generator = stubborn(1);
    generator.start().unwrap();
    let error = generator.close().unwrap_err();
    assert_eq!(
        error.to_string(),
        "RuntimeError: generator ignored GeneratorExit"
    );
    assert_eq!(generator.state(), GeneratorState::Suspended);
    assert_eq!(generator.resume().unwrap(), Step::Returned(()));
}

#[test]
fn drop_closes() {
    let log = Log::default();
    drop(receiver(&log).primed());
    assert_eq!(log.take(), ["started", "closing"]);
}

#[test]
fn what_goes_wrong_while_dropping_is_reported() {
    let events = reported(|| {
        let mut generator: Generator<()> = Generator::new(async |co| {
            let _exit = co.yield_(()).await;
            Err("x".parse::<u8>().unwrap_err().into())
        });
        generator.start().unwrap();
    });
    assert_eq!(
        events,
        [
            "exception ignored while a generator was dropped: ParseIntError: invalid digit found in string"
        ]
    );

    let events = reported(|| {
        let mut generator = stubborn(5);
        generator.start().unwrap();
    });
    assert_eq!(
        events,
        ["exception ignored while a generator was dropped: \
             RuntimeError: generator ignored GeneratorExit"]
    );
}

#[test]
fn a_closed_generator_answers_and_never_panics() {
    let mut generator = countdown(0);
    assert_eq!(generator.resume().unwrap(), Step::Returned(()));
    for _ in 0..2 {
        assert_eq!(generator.resume().unwrap_err().kind(), Kind::StopIteration);
        assert_eq!(generator.send(()).unwrap_err().kind(), Kind::StopIteration);
        assert_eq!(generator.start().unwrap_err().kind(), Kind::StopIteration);
        let back = generator.throw(Kind::Timeout).unwrap_err();
        assert_eq!(back.kind(), Kind::Timeout);
        assert_eq!(generator.close().unwrap(), None);
    }
}

#[test]
fn a_stop_iteration_that_escapes_becomes_a_runtime_error() {
    let mut inner = countdown(0);
    let mut generator: Generator<u32> = Generator::new(async move |co| {
        inner.resume()?;
        inner.resume()?; // StopIteration, by mistake
        co.yield_(1).await
    });
    let error = generator.resume().unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "RuntimeError: generator raised StopIteration: StopIteration"
    );
}

#[test]
fn a_panic_closes_the_generator_and_unwinds() {
    let dropped = Rc::new(Cell::new(false));
    struct SetOnDrop(Rc<Cell<bool>>);
    impl Drop for SetOnDrop {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }

    let guard = SetOnDrop(dropped.clone());
    let mut generator: Generator<u32> = Generator::new(async move |co| {
        let _guard = guard;
        co.yield_(1).await?;
        panic!("boom");
    });
    generator.start().unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| generator.resume())).unwrap_err();
    assert_eq!(panic_message(&*panic), "boom");
    assert!(dropped.get());
    assert_eq!(generator.state(), GeneratorState::Closed);
    assert_eq!(generator.resume().unwrap_err().kind(), Kind::StopIteration);
}

#[test]
fn a_generator_dropped_by_a_panic_still_cleans_up() {
    let log = Log::default();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _receiver = receiver(&log).primed().unwrap();
        panic!("boom");
    }))
    .unwrap_err();
    assert_eq!(panic_message(&*panic), "boom");
    assert_eq!(log.take(), ["started", "closing"]);
}

#[test]
fn a_second_panic_while_a_panic_drops_the_generator_is_reported() {
    let events = reported(|| {
        let panic = catch_unwind(|| {
            let mut generator: Generator<()> = Generator::new(async |co| {
                let _exit = co.yield_(()).await;
                panic!("second");
            });
            generator.start().unwrap();
            panic!("first");
        })
        .unwrap_err();
        assert_eq!(panic_message(&*panic), "first");
    });
    assert_eq!(
        events,
        ["panic while a generator was dropped during another panic"]
    );
}

#[test]
fn a_generator_is_an_iterator() {
    let mut seen = Vec::new();
    for n in countdown(3) {
        seen.push(n.unwrap());
    }
    assert_eq!(seen, [3, 2, 1]);

    let total: Result<u32, Exception> = countdown(4).sum();
    assert_eq!(total.unwrap(), 10);

    let mut generator = countdown(5);
    let first: Result<Vec<u32>, Exception> = generator.by_ref().take(2).collect();
    assert_eq!(first.unwrap(), [5, 4]);
    let rest: Result<Vec<u32>, Exception> = generator.collect();
    assert_eq!(rest.unwrap(), [3, 2, 1]);
}

#[test]
fn iteration_shows_the_exception_and_then_is_over() {
    fn parse_all(texts: &'static [&'static str]) -> Generator<u32> {
        Generator::new(async move |co| {
            for text in texts {
                co.yield_(text.parse()?).await?;
            }
            Ok(())
        })
    }
    let mut numbers = parse_all(&["1", "two", "3"]);
    assert_eq!(numbers.next().unwrap().unwrap(), 1);
    assert!(numbers.next().unwrap().unwrap_err().is::<ParseIntError>());
    assert!(numbers.next().is_none());
    assert!(numbers.next().is_none());

    let total: Result<u32, Exception> = parse_all(&["1", "two"]).sum();
    assert!(total.is_err());
}

#[test]
fn a_running_generator_is_found_running_and_cannot_be_driven() {
    type Shared = Rc<RefCell<Generator<GeneratorState>>>;
    let shared: Rc<RefCell<Option<Shared>>> = Rc::default();
    let own = shared.clone();
    let generator: Shared = Rc::new(RefCell::new(Generator::new(async move |co| {
        let mut this = own.borrow().clone().expect("it was put there");
        let errors = [
            this.resume().unwrap_err(),
            this.send(()).unwrap_err(),
            this.throw(Kind::Timeout.into()).unwrap_err(),
            this.close().unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.to_string(), "ValueError: generator already executing");
        }
        let state = GeneratorState::of(&this);
        drop(this); // a generator that holds itself is never dropped
        co.yield_(state).await
    })));
    *shared.borrow_mut() = Some(generator.clone());
    let seen = generator.clone().resume().unwrap();
    assert_eq!(seen, Step::Yielded(GeneratorState::Running));
    assert_eq!(GeneratorState::of(&generator), GeneratorState::Suspended);
    *shared.borrow_mut() = None;
}

#[test]
fn any_error_becomes_an_exception_by_the_question_mark() {
    let mut generator: Generator<()> = Generator::new(async |_| {
        let text = String::from_utf8(vec![0xff])?;
        let _number: u32 = text.parse()?;
        Err(Kind::Timeout.into())
    });
    let error = generator.start().unwrap_err();
    assert!(error.is::<std::string::FromUtf8Error>());
}

fn panic_of<Y>(mut generator: Generator<Y>) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| while generator.resume().is_ok() {}));
    assert_eq!(generator.state(), GeneratorState::Closed);
    panic_message(&*panic.unwrap_err())
}

#[test]
fn a_body_that_awaits_another_future_gets_a_panic_that_says_what_to_do() {
    let message = panic_of::<()>(Generator::new(async |_| pending().await));
    assert!(
        message.starts_with("a generator body awaited a future that is not its own"),
        "{message}"
    );
    assert!(message.contains("as a task of an event loop"), "{message}");
}

#[test]
fn a_future_that_is_ready_at_once_may_be_awaited() {
    let mut generator: Generator<u32> = Generator::new(async |co| {
        let value = std::future::ready(7).await;
        co.yield_(value).await
    });
    assert_eq!(generator.resume().unwrap(), Step::Yielded(7));
}

#[test]
fn two_yields_at_once_get_a_panic_that_says_what_to_do() {
    let message = panic_of::<u32>(Generator::new(async |co| {
        let (first, second) = futures::join!(co.yield_(1), co.yield_(2));
        first.and(second)
    }));
    assert!(
        message.contains("before the last time was awaited"),
        "{message}"
    );
}

#[test]
fn a_yield_that_is_not_awaited_at_once_loses_no_value() {
    let message = panic_of::<u32>(Generator::new(async |co| {
        let first = co.yield_(1);
        let second = co.yield_(2);
        first.await?;
        second.await
    }));
    assert!(
        message.contains("write `co.yield_(value).await?`"),
        "{message}"
    );

    let message = panic_of::<u32>(Generator::new(async |co| {
        let _forgotten = co.yield_(1);
        Ok(())
    }));
    assert!(message.contains("whose value would be lost"), "{message}");
}

//! `yield from`, rule by rule, and a chain of a million.

mod support;

use std::{cell::RefCell, rc::Rc, thread};

use support::{Log, reported};
use tminus::{Co, Coroutine, Exception, Generator, GeneratorState, Kind, Step};

type Text = Generator<String, Option<u32>, String>;

/// Says what comes in, `name` before it, and ends by `return` on 0.
fn echo(name: &'static str) -> Text {
    Generator::new(async move |co| {
        let mut answer = String::from("ready");
        loop {
            answer = match co.yield_(format!("{name} {answer}")).await? {
                Some(0) => return Ok(format!("{name} done")),
                Some(value) => format!("got {value}"),
                None => "got nothing".into(),
            };
        }
    })
}

fn delegates_to(sub: Text) -> Text {
    Generator::new(async move |co| {
        let result = co.yield_from(sub).await?;
        co.yield_(format!("result: {result}")).await?;
        Ok("outer done".into())
    })
}

fn yielded(step: Result<Step<String, String>, Exception>) -> String {
    step.unwrap().yielded().expect("a yield")
}

#[test]
fn the_result_of_the_sub_generator_is_what_yield_from_gives() {
    let mut outer = delegates_to(echo("inner"));
    assert_eq!(yielded(outer.resume()), "inner ready");
    assert_eq!(yielded(outer.send(Some(5))), "inner got 5");
    assert_eq!(yielded(outer.resume()), "inner got nothing");
    assert_eq!(yielded(outer.send(Some(0))), "result: inner done");
    assert_eq!(outer.resume().unwrap(), Step::Returned("outer done".into()));
}

#[test]
fn a_sub_generator_that_was_started_before_is_resumed() {
    let mut inner = echo("inner");
    assert_eq!(yielded(inner.resume()), "inner ready");
    let mut outer = delegates_to(inner);
    assert_eq!(yielded(outer.resume()), "inner got nothing");
    assert_eq!(yielded(outer.send(Some(5))), "inner got 5");
    assert_eq!(yielded(outer.send(Some(0))), "result: inner done");
}

#[test]
fn a_sub_generator_that_delegates_already_is_taken_with_what_it_delegates_to() {
    let mut middle = delegates_to(delegates_to(echo("inner")));
    assert_eq!(yielded(middle.resume()), "inner ready");
    let mut outer = delegates_to(middle);
    assert_eq!(yielded(outer.resume()), "inner got nothing");
    assert_eq!(yielded(outer.send(Some(0))), "result: inner done");
    assert_eq!(yielded(outer.resume()), "result: outer done");
    assert_eq!(yielded(outer.resume()), "result: outer done");
    assert_eq!(outer.resume().unwrap(), Step::Returned("outer done".into()));
}

#[test]
fn a_sub_generator_that_has_finished_is_over_at_once_if_it_has_no_result() {
    let mut inner: Generator<u32> = Generator::new(async |_| Ok(()));
    inner.resume().unwrap();
    let mut outer: Generator<u32> = Generator::new(async move |co| {
        co.yield_from(inner).await?; // Python's result is None
        co.yield_(1).await
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded(1));
}

#[test]
fn a_sub_generator_that_has_finished_has_no_result_left() {
    let mut inner: Generator<u32, (), String> = Generator::new(async |_| Ok("taken".into()));
    inner.resume().unwrap();
    let mut outer: Generator<u32> = Generator::new(async move |co| {
        let stop = co.yield_from(inner).await.unwrap_err();
        assert_eq!(stop.kind(), Kind::StopIteration);
        co.yield_(1).await
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded(1));
}

#[test]
fn anything_iterable_can_be_delegated_to() {
    let chained: Generator<char> = Generator::new(async |co| {
        co.yield_from("ab".chars()).await?;
        co.yield_from(['c', 'd']).await?;
        co.yield_from(Some('e')).await
    });
    let all: Result<String, Exception> = chained.collect();
    assert_eq!(all.unwrap(), "abcde");
}

#[test]
fn an_iterable_takes_no_value() {
    let mut outer: Generator<u32, Option<&str>> = Generator::new(async |co| {
        let refused = co.yield_from([1, 2, 3]).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::AttributeError);
        co.yield_(9).await?;
        Ok(())
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded(1));
    assert_eq!(outer.resume().unwrap(), Step::Yielded(2));
    assert_eq!(outer.send(Some("x")).unwrap(), Step::Yielded(9));
}

#[test]
fn to_send_none_to_an_iterable_is_next() {
    let mut outer: Generator<u32, Option<&str>> =
        Generator::new(async |co| co.yield_from([1, 2, 3]).await);
    assert_eq!(outer.send(None).unwrap(), Step::Yielded(1));
    assert_eq!(outer.send(None).unwrap(), Step::Yielded(2));

    let mut outer: Generator<u32> = Generator::new(async |co| co.yield_from([1, 2, 3]).await);
    assert_eq!(outer.send(()).unwrap(), Step::Yielded(1));
    assert_eq!(outer.send(()).unwrap(), Step::Yielded(2));
}

/// Yields 1, 2, 3, and takes no values.
fn counts() -> Generator<u32, (), &'static str> {
    Generator::new(async |co| {
        co.yield_from([1, 2, 3]).await?;
        Ok("counted")
    })
}

#[test]
fn a_generator_that_takes_no_values_can_be_delegated_to_by_one_that_does() {
    let log = Log::default();
    let seen = log.clone();
    let mut outer: Generator<u32, Option<&str>> = Generator::new(async move |co| {
        seen.add(co.yield_from(counts()).await?);
        co.yield_(9).await.map(drop)
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded(1));
    assert_eq!(outer.send(None).unwrap(), Step::Yielded(2));
    assert_eq!(outer.resume().unwrap(), Step::Yielded(3));
    assert_eq!(outer.resume().unwrap(), Step::Yielded(9));
    assert_eq!(log.take(), ["counted"]);
}

#[test]
fn a_generator_that_takes_no_values_ignores_what_is_sent() {
    let mut outer: Generator<u32, u8> = Generator::new(async |co| {
        let steps: Generator<u32> = Generator::new(async |co| {
            for i in 1..=2 {
                co.yield_(i).await?;
            }
            Ok(())
        });
        co.yield_from(steps).await
    });
    assert_eq!(outer.start().unwrap(), Step::Yielded(1));
    assert_eq!(outer.send(77).unwrap(), Step::Yielded(2));
    assert_eq!(outer.send(78).unwrap(), Step::Returned(()));
}

#[test]
fn a_coroutine_without_a_send_refuses_what_is_sent() {
    struct Ones;
    impl Coroutine for Ones {
        type Yield = u32;
        type Send = ();
        type Return = ();

        fn resume(&mut self) -> Result<Step<u32, ()>, Exception> {
            Ok(Step::Yielded(1))
        }
    }
    let mut outer: Generator<u32, Option<u8>> =
        Generator::new(async |co| co.yield_from(Ones).await);
    assert_eq!(outer.start().unwrap(), Step::Yielded(1));
    assert_eq!(outer.send(None).unwrap(), Step::Yielded(1));
    let refused = outer.send(Some(1)).unwrap_err();
    assert_eq!(refused.kind(), Kind::AttributeError);
}

#[test]
fn a_generator_that_takes_no_values_is_thrown_into_closed_and_let_go_like_any_other() {
    let log = Log::default();
    let under_values = |log: &Log| -> Generator<u32, Option<u8>> {
        let sub = nested(log, &["middle", "inner"]);
        let seen = log.clone();
        Generator::new(async move |co| logged(&seen, "outer", co.yield_from(sub)).await)
    };
    let mut outer = under_values(&log);
    outer.start().unwrap();
    outer.throw(Kind::Timeout).unwrap_err();
    let all = ["inner: Timeout", "middle: Timeout", "outer: Timeout"];
    assert_eq!(log.take(), all);

    let exits = all.map(|entry| entry.replace("Timeout", "GeneratorExit"));
    let mut outer = under_values(&log);
    outer.start().unwrap();
    outer.close().unwrap();
    assert_eq!(log.take(), exits);
    drop(under_values(&log).primed());
    assert_eq!(log.take(), exits);
}

/// Delegates, and then yields what that came to.
fn shows_outcome<R: std::fmt::Debug + 'static>(sub: Generator<String, (), R>) -> Generator<String> {
    Generator::new(async move |co| {
        let outcome = match co.yield_from(sub).await {
            Ok(result) => format!("result {result:?}"),
            Err(exception) => format!("raised {exception}"),
        };
        co.yield_(outcome).await
    })
}

#[test]
fn a_stop_iteration_that_arrives_at_a_yield_from_is_its_end() {
    let thrown = |stop: Exception| {
        let mut outer: Generator<String> = Generator::new(async move |co| {
            co.yield_from([String::from("item")]).await?;
            co.yield_("ended".into()).await
        });
        outer.start().unwrap();
        outer.throw(stop).map(|step| step.yielded().unwrap())
    };
    assert_eq!(thrown(Kind::StopIteration.into()).unwrap(), "ended");
    assert_eq!(thrown(Exception::stop_iteration(())).unwrap(), "ended");
    // A value of another type cannot be the result.
    let error = thrown(Exception::stop_iteration(5)).unwrap_err();
    assert_eq!(error.message(), "generator raised StopIteration");
}

#[test]
fn a_stop_iteration_that_an_object_raises_is_its_end() {
    struct Stops;
    impl Coroutine for Stops {
        type Yield = u32;
        type Send = ();
        type Return = ();

        fn resume(&mut self) -> Result<Step<u32, ()>, Exception> {
            Err(Kind::StopIteration.into())
        }
    }
    let mut outer: Generator<u32> = Generator::new(async |co| {
        co.yield_from(Stops).await?;
        co.yield_(1).await
    });
    assert_eq!(outer.resume().unwrap(), Step::Yielded(1));
}

#[test]
fn a_stop_iteration_that_a_sub_generator_lets_pass_is_an_error_of_its_own() {
    let sub: Generator<String> = Generator::new(async |co| co.yield_("waits".into()).await);
    let mut outer = shows_outcome(sub);
    outer.start().unwrap();
    let shown = outer.throw(Kind::StopIteration).unwrap();
    let expected = "raised RuntimeError: generator raised StopIteration";
    assert_eq!(shown, Step::Yielded(expected.into()));
}

/// Raises a `StopIteration` without a value, and would have an `R` as its result.
struct StopsWithout<R>(std::marker::PhantomData<R>);

impl<R: 'static> Coroutine for StopsWithout<R> {
    type Yield = u32;
    type Send = ();
    type Return = R;

    fn resume(&mut self) -> Result<Step<u32, R>, Exception> {
        Err(Kind::StopIteration.into())
    }
}

fn result_of_one_without_a_value<R: 'static>() -> Result<R, Exception> {
    let mut outer: Generator<u32, (), R> =
        Generator::new(async |co| co.yield_from(StopsWithout(std::marker::PhantomData)).await);
    match outer.resume()? {
        Step::Returned(result) => Ok(result),
        Step::Yielded(_) => unreachable!("it yields nothing"),
    }
}

#[test]
fn a_stop_iteration_without_a_value_ends_the_delegation_with_the_default_of_the_result() {
    assert_eq!(result_of_one_without_a_value::<String>().unwrap(), "");
    assert_eq!(result_of_one_without_a_value::<u64>().unwrap(), 0);
    assert_eq!(
        result_of_one_without_a_value::<Option<f64>>().unwrap(),
        None
    );
}

#[test]
fn a_stop_iteration_without_a_value_is_raised_if_no_default_is_known() {
    #[derive(Debug)]
    struct Own;
    let error = result_of_one_without_a_value::<Own>().unwrap_err();
    // It leaves the body of the generator that delegates.
    assert_eq!(error.message(), "generator raised StopIteration");
}

/// A coroutine that is no generator, and logs how it is driven.
struct Logged(Log);

impl Coroutine for Logged {
    type Yield = u32;
    type Send = Option<u32>;
    type Return = ();

    fn resume(&mut self) -> Result<Step<u32, ()>, Exception> {
        self.0.add("resume");
        Ok(Step::Yielded(1))
    }

    fn send(&mut self, value: Option<u32>) -> Result<Step<u32, ()>, Exception> {
        self.0.add(format!("send {value:?}"));
        Ok(Step::Yielded(2))
    }

    fn throw(&mut self, exception: Exception) -> Result<Step<u32, ()>, Exception> {
        self.0.add(format!("throw {exception}"));
        Ok(Step::Yielded(3))
    }

    fn close(&mut self) -> Result<Option<()>, Exception> {
        self.0.add("close");
        Ok(None)
    }
}

#[test]
fn any_coroutine_can_be_delegated_to() {
    let log = Log::default();
    let sub = Logged(log.clone());
    let mut outer: Generator<u32, Option<u32>> =
        Generator::new(async move |co| co.yield_from(sub).await);
    outer.resume().unwrap();
    outer.resume().unwrap();
    outer.send(Some(4)).unwrap();
    outer.throw(Kind::Timeout).unwrap();
    outer.close().unwrap();
    assert_eq!(
        log.take(),
        ["resume", "resume", "send Some(4)", "throw Timeout", "close"]
    );

    let boxed: Box<dyn Coroutine<Yield = u32, Send = Option<u32>, Return = ()>> =
        Box::new(Logged(log.clone()));
    let outer: Generator<u32, Option<u32>> =
        Generator::new(async move |co| co.yield_from(boxed).await);
    drop(outer.primed());
    assert_eq!(log.take(), ["resume", "close"]);
}

#[test]
fn a_shared_generator_can_be_delegated_to_and_driven_from_beside() {
    let shared = Rc::new(RefCell::new(echo("inner")));
    let sub = shared.clone();
    let mut outer: Text = Generator::new(async move |co| co.yield_from(sub).await);
    assert_eq!(yielded(outer.resume()), "inner ready");
    assert_eq!(yielded(shared.clone().send(Some(3))), "inner got 3");
    assert_eq!(yielded(outer.send(Some(4))), "inner got 4");
    drop(outer);
    assert_eq!(GeneratorState::of(&shared), GeneratorState::Closed);
}

/// Logs what is raised where it waits, and passes it on.
async fn logged<T>(
    log: &Log,
    name: &str,
    wait: impl Future<Output = Result<T, Exception>>,
) -> Result<T, Exception> {
    let outcome = wait.await;
    if let Err(exception) = &outcome {
        log.add(format!("{name}: {exception}"));
    }
    outcome
}

fn nested(log: &Log, names: &'static [&'static str]) -> Generator<u32> {
    let log = log.clone();
    Generator::new(async move |co| {
        let (name, inner) = names.split_first().expect("a name");
        if inner.is_empty() {
            return logged(&log, name, co.yield_(1)).await;
        }
        let sub = nested(&log, inner);
        logged(&log, name, co.yield_from(sub)).await
    })
}

#[test]
fn throw_reaches_the_innermost_and_passes_outwards() {
    let log = Log::default();
    let mut outer = nested(&log, &["outer", "middle", "inner"]);
    outer.start().unwrap();
    outer.throw(Kind::Timeout).unwrap_err();
    assert_eq!(
        log.take(),
        ["inner: Timeout", "middle: Timeout", "outer: Timeout"]
    );
}

#[test]
fn close_and_drop_close_the_innermost_first() {
    let all = [
        "inner: GeneratorExit",
        "middle: GeneratorExit",
        "outer: GeneratorExit",
    ];
    let log = Log::default();
    let mut outer = nested(&log, &["outer", "middle", "inner"]);
    outer.start().unwrap();
    assert_eq!(outer.close().unwrap(), None);
    assert_eq!(log.take(), all);

    drop(nested(&log, &["outer", "middle", "inner"]).primed());
    assert_eq!(log.take(), all);
}

#[test]
fn who_delegates_gets_the_exit_even_if_the_sub_generator_swallows_it() {
    let log = Log::default();
    let seen = log.clone();
    let mut outer: Generator<u32> = Generator::new(async move |co| {
        let swallows = Generator::new(async |co: Co<u32>| {
            let _exit = co.yield_(1).await;
            Ok(())
        });
        logged(&seen, "outer", co.yield_from(swallows)).await
    });
    outer.start().unwrap();
    outer.close().unwrap();
    assert_eq!(log.take(), ["outer: GeneratorExit"]);
}

#[test]
fn a_sub_generator_that_ignores_the_exit_is_an_error_where_it_was_delegated_to() {
    let mut outer: Generator<u32, (), String> = Generator::new(async |co| {
        let stubborn = Generator::new(async |co: Co<u32>| {
            for i in 0..2 {
                let _exit = co.yield_(i).await;
            }
            Ok(())
        });
        let error = co.yield_from(stubborn).await.unwrap_err();
        Ok(error.to_string())
    });
    let events = reported(|| {
        outer.start().unwrap();
        assert_eq!(
            outer.close().unwrap().as_deref(),
            Some("RuntimeError: generator ignored GeneratorExit")
        );
    });
    assert_eq!(events, [""; 0]);
}

const MILLION: u32 = 1_000_000;

/// A chain of `depth` generators, each made by the one above it when that one runs. The one at `catcher` catches.
fn chain(depth: u32, catcher: u32) -> Generator<u32, u32> {
    Generator::new(async move |co| {
        if depth == 0 {
            let mut sum = 0;
            loop {
                sum += co.yield_(sum).await?;
            }
        }
        match co.yield_from(chain(depth - 1, catcher)).await {
            Err(exception) if depth == catcher && !exception.kind().is_exit() => {
                co.yield_(depth).await.map(drop)
            }
            other => other,
        }
    })
}

/// The same, but all are made first, the innermost first; perhaps each is started before the next one gets it.
fn chain_from_inside(depth: u32, started: bool) -> Generator<u32, u32> {
    let mut chain = chain(0, 0);
    for _ in 0..depth {
        if started {
            chain.start().unwrap();
        }
        let inner = chain;
        chain = Generator::new(async move |co| co.yield_from(inner).await);
    }
    chain
}

/// On the stack that a main thread has.
fn on_eight_mebibytes(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(8 << 20);
    thread.spawn(test).unwrap().join().unwrap();
}

#[test]
fn a_chain_of_a_million_is_resumed_thrown_into_closed_and_dropped() {
    on_eight_mebibytes(|| {
        let mut generator = chain(MILLION, MILLION / 2);
        assert_eq!(generator.start().unwrap(), Step::Yielded(0));
        assert_eq!(generator.send(2).unwrap(), Step::Yielded(2));
        assert_eq!(generator.send(3).unwrap(), Step::Yielded(5));
        let caught = generator.throw(Kind::Timeout).unwrap();
        assert_eq!(caught, Step::Yielded(MILLION / 2));
        assert_eq!(generator.close().unwrap(), None);
        assert_eq!(generator.state(), GeneratorState::Closed);

        let mut generator = chain(MILLION, 0);
        generator.start().unwrap();
        drop(generator);
    });
}

#[test]
fn a_chain_of_a_million_may_have_been_built_before() {
    on_eight_mebibytes(|| {
        drop(chain_from_inside(MILLION, false));

        let mut generator = chain_from_inside(MILLION, false);
        assert_eq!(generator.start().unwrap(), Step::Yielded(0));
        assert_eq!(generator.send(2).unwrap(), Step::Yielded(2));
        assert_eq!(generator.close().unwrap(), None);
    });
}

#[test]
fn a_chain_of_a_million_may_have_been_started_before() {
    on_eight_mebibytes(|| {
        let mut generator = chain_from_inside(MILLION, true);
        assert_eq!(generator.start().unwrap(), Step::Yielded(0));
        assert_eq!(generator.send(2).unwrap(), Step::Yielded(2));
        let back = generator.throw(Kind::Timeout).unwrap_err();
        assert_eq!(back.kind(), Kind::Timeout);

        drop(chain_from_inside(MILLION, true));
    });
}

/// A chain of pairs. Each pair is started when the one above delegates to it, so the long chain joins a short one each time.
fn chain_of_pairs(pairs: u32) -> Generator<u32, u32> {
    let inner = Generator::<u32, u32>::new(async move |co| {
        co.yield_(pairs).await?;
        let mut next = match pairs {
            0 => chain(0, 0),
            _ => chain_of_pairs(pairs - 1),
        };
        next.start()?;
        co.yield_from(next).await
    });
    Generator::new(async move |co| co.yield_from(inner).await)
}

#[test]
fn a_long_chain_joins_short_ones_in_no_time_that_grows_with_its_length() {
    const PAIRS: u32 = MILLION / 2;
    on_eight_mebibytes(|| {
        let mut generator = chain_of_pairs(PAIRS);
        assert_eq!(generator.start().unwrap(), Step::Yielded(PAIRS));
        assert_eq!(generator.send(0).unwrap(), Step::Yielded(0));
        assert_eq!(generator.send(2).unwrap(), Step::Yielded(2));
        assert_eq!(generator.close().unwrap(), None);
    });
}

#[test]
fn a_send_type_without_a_marker_needs_ignore_sent() {
    #[derive(Default)]
    struct Unmarked;

    let ones = Generator::<u32>::new(async |co| co.yield_from([1, 2]).await);
    let mut outer: Generator<u32, Unmarked> =
        Generator::new(async |co| co.yield_from(ones.ignore_sent()).await);
    assert_eq!(outer.start().unwrap(), Step::Yielded(1));
    assert_eq!(outer.send(Unmarked).unwrap(), Step::Yielded(2));
    assert_eq!(outer.close().unwrap(), None);
}

#[test]
fn what_a_generator_that_takes_no_values_raises_when_it_is_closed_arrives_at_the_delegation() {
    let under_values = |cleans_up: fn(Exception) -> Result<(), Exception>| {
        let sub = Generator::<u32>::new(async move |co| match co.yield_(1).await {
            Err(exit) => cleans_up(exit),
            Ok(()) => Ok(()),
        });
        Generator::<u32, Option<u8>>::new(async move |co| co.yield_from(sub).await)
    };
    let mut outer = under_values(|_| Err(Exception::new(Kind::ValueError, "a leak")));
    outer.start().unwrap();
    assert_eq!(outer.close().unwrap_err().to_string(), "ValueError: a leak");
    let mut outer = under_values(Err);
    outer.start().unwrap();
    outer.close().unwrap();
}

//! Generators that borrow.

use std::{cell::RefCell, mem, rc::Rc};

use tminus::{
    Co, Coroutine, Exception, Generator, GeneratorState, Kind, ScopedCo, ScopedGenerator, Step,
};

fn words(text: &str) -> ScopedGenerator<'_, &str> {
    ScopedGenerator::new(async move |co| {
        for word in text.split_whitespace() {
            co.yield_(word).await?;
        }
        Ok(())
    })
}

#[test]
fn yields_what_it_borrows() {
    let text = String::from("to be or not");
    let mut all = words(&text);
    assert_eq!(all.state(), GeneratorState::Created);
    assert_eq!(all.resume().unwrap(), Step::Yielded("to"));
    assert_eq!(all.state(), GeneratorState::Suspended);
    let rest: Result<Vec<_>, Exception> = all.by_ref().collect();
    assert_eq!(rest.unwrap(), ["be", "or", "not"]);
    assert_eq!(all.state(), GeneratorState::Closed);
    assert_eq!(all.resume().unwrap_err().kind(), Kind::StopIteration);
    assert_eq!(format!("{all:?}"), "ScopedGenerator { state: Closed }");
}

#[test]
fn borrows_mutably_and_returns_what_it_borrows() {
    fn collect<'a>(into: &'a mut Vec<u32>) -> ScopedGenerator<'a, usize, u32, &'a mut Vec<u32>> {
        ScopedGenerator::new(async move |co| {
            loop {
                match co.yield_(into.len()).await? {
                    0 => return Ok(into),
                    n => into.push(n),
                }
            }
        })
    }

    let mut numbers = vec![1];
    let mut collecting = collect(&mut numbers).primed().unwrap();
    assert_eq!(collecting.send(2).unwrap().yielded(), Some(2));
    assert_eq!(collecting.send(3).unwrap().yielded(), Some(3));
    collecting.send(0).unwrap().returned().unwrap().push(4);
    drop(collecting);
    assert_eq!(numbers, [1, 2, 3, 4]);
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Number(&'a str),
    Open,
    Close,
}

/// A lexer. Lists are lexed by delegation, to show that sub-generators borrow the same text.
fn lex<'a>(text: &'a str) -> ScopedGenerator<'a, Token<'a>, (), &'a str> {
    ScopedGenerator::new(async move |co| {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            rest = match first {
                '(' => {
                    co.yield_(Token::Open).await?;
                    co.yield_from(lex(&rest[1..])).await?
                }
                ')' => {
                    co.yield_(Token::Close).await?;
                    return Ok(&rest[1..]);
                }
                _ => {
                    let end = rest.find(['(', ')', ' ']).unwrap_or(rest.len());
                    co.yield_(Token::Number(&rest[..end])).await?;
                    &rest[end..]
                }
            }
            .trim_start();
        }
        Ok(rest)
    })
}

#[test]
fn a_lexer_delegates_and_gets_borrowed_results() {
    use Token::{Close, Number, Open};

    let text = String::from("1 (22 (3)) 4");
    let tokens: Result<Vec<_>, Exception> = lex(&text).collect();
    let expected = [
        Number("1"),
        Open,
        Number("22"),
        Open,
        Number("3"),
        Close,
        Close,
        Number("4"),
    ];
    assert_eq!(tokens.unwrap(), expected);
}

#[test]
fn delegates_to_generators_of_both_kinds_to_started_ones_and_to_iterators() {
    async fn greet(co: &Co<&'static str>) -> Result<(), Exception> {
        co.yield_("hello").await?;
        co.yield_from(Generator::new(async |co| co.yield_("from afar").await))
            .await
    }

    let text = String::from("a b c");
    let mut started = words(&text);
    started.start().unwrap();
    let all = ScopedGenerator::<&str>::new(async |co| {
        co.yield_from(started).await?;
        co.yield_from(["x", "y"]).await?;
        co.yield_from(text.split(' ')).await
    });
    let all: Result<Vec<&str>, Exception> = all.collect();
    assert_eq!(all.unwrap(), ["b", "c", "x", "y", "a", "b", "c"]);

    let number = 7;
    let all = ScopedGenerator::<u32>::new(async |co| {
        let owning = Generator::new(async |co: Co<u32>| {
            co.yield_(5).await?;
            Ok(6)
        });
        let result = co.yield_from(owning).await?;
        co.yield_(result).await?;
        co.yield_(number).await
    });
    let all: Result<Vec<u32>, Exception> = all.collect();
    assert_eq!(all.unwrap(), [5, 6, 7]);

    // What takes a `Co` takes a `ScopedCo`, too.
    let greeting = ScopedGenerator::<&str>::new(async |co| greet(&co).await);
    let all: Result<Vec<&str>, Exception> = greeting.collect();
    assert_eq!(all.unwrap(), ["hello", "from afar"]);
}

#[test]
fn what_is_sent_and_thrown_reaches_the_innermost() {
    fn inner(log: &RefCell<Vec<String>>) -> ScopedGenerator<'_, u32, u32, u32> {
        ScopedGenerator::new(async move |co| {
            let mut sum = 0;
            loop {
                match co.yield_(sum).await {
                    Ok(n) => sum += n,
                    Err(e) if e.kind() == Kind::ValueError => {
                        log.borrow_mut().push(e.to_string());
                        return Ok(sum);
                    }
                    Err(e) => return Err(e),
                }
            }
        })
    }

    let log = RefCell::new(Vec::new());
    let mut outer = ScopedGenerator::<u32, u32, u32>::new(async |co| {
        let first = co.yield_from(inner(&log)).await?;
        let second = co.yield_from(inner(&log)).await?;
        Ok(first * second)
    });
    assert_eq!(outer.start().unwrap(), Step::Yielded(0));
    assert_eq!(outer.send(3).unwrap(), Step::Yielded(3));
    let value_error = |text| Exception::new(Kind::ValueError, text);
    assert_eq!(
        outer.throw(value_error("enough")).unwrap(),
        Step::Yielded(0)
    );
    assert_eq!(outer.send(5).unwrap(), Step::Yielded(5));
    let end = outer.throw(value_error("of that")).unwrap();
    assert_eq!(end, Step::Returned(15));
    assert_eq!(log.borrow().len(), 2);
    assert!(log.borrow()[1].contains("of that"));
}

/// Logs its name when it is closed.
fn tidy<'a>(
    name: &'a str,
    log: &'a RefCell<Vec<&'a str>>,
    sub: Option<ScopedGenerator<'a, u32>>,
) -> ScopedGenerator<'a, u32> {
    ScopedGenerator::new(async move |co| {
        let outcome = match sub {
            Some(sub) => co.yield_from(sub).await,
            None => co.yield_(1).await,
        };
        log.borrow_mut().push(name);
        outcome
    })
}

#[test]
fn close_and_drop_clean_up_innermost_first() {
    let log = RefCell::new(Vec::new());
    let nested = || tidy("outer", &log, Some(tidy("inner", &log, None)));

    let mut closed = nested();
    closed.resume().unwrap();
    assert_eq!(closed.close().unwrap(), None);
    assert_eq!(log.take(), ["inner", "outer"]);

    let mut dropped = nested();
    dropped.resume().unwrap();
    drop(dropped);
    assert_eq!(log.take(), ["inner", "outer"]);

    drop(nested()); // never started: runs nothing
    let mut thrown_into = nested();
    let exit = thrown_into.throw(Kind::ValueError).unwrap_err();
    assert_eq!(exit.kind(), Kind::ValueError);
    assert_eq!(log.take(), [""; 0]);

    let mut thrown_into = nested();
    thrown_into.resume().unwrap();
    let exit = thrown_into.throw(Kind::GeneratorExit).unwrap_err();
    assert_eq!(exit.kind(), Kind::GeneratorExit);
    assert_eq!(log.take(), ["inner", "outer"]);
}

#[test]
fn an_error_in_answer_to_the_exit_is_raised_where_it_was_delegated_to() {
    let fails = ScopedGenerator::<u32>::new(async |co| {
        let exit = co.yield_(1).await.unwrap_err();
        assert_eq!(exit.kind(), Kind::GeneratorExit);
        Err(Kind::ValueError.into())
    });
    let seen = RefCell::new(None);
    let mut delegates = ScopedGenerator::<u32>::new(async |co| {
        let outcome = co.yield_from(fails).await;
        seen.replace(outcome.as_ref().err().map(|exception| exception.kind()));
        outcome
    });
    delegates.resume().unwrap();
    let error = delegates.close().unwrap_err();
    assert_eq!(error.kind(), Kind::ValueError);
    drop(delegates);
    assert_eq!(seen.take(), Some(Kind::ValueError));
}

#[test]
fn a_generator_that_ignores_its_exit_is_reported() {
    let ignored = RefCell::new(0);
    let mut stubborn = ScopedGenerator::new(async |co: ScopedCo<u32>| {
        while *ignored.borrow() < 2 {
            if co.yield_(1).await.is_err() {
                *ignored.borrow_mut() += 1;
            }
        }
        Ok(())
    });
    stubborn.resume().unwrap();
    let error = stubborn.close().unwrap_err();
    assert_eq!(error.kind(), Kind::RuntimeError);
    drop(stubborn);
    assert_eq!(*ignored.borrow(), 2);
}

#[test]
fn an_escaping_stop_iteration_becomes_a_runtime_error() {
    let mut generator =
        ScopedGenerator::<(), (), ()>::new(async |_| Err(Kind::StopIteration.into()));
    assert_eq!(generator.resume().unwrap_err().kind(), Kind::RuntimeError);
}

#[test]
fn delegating_to_a_finished_generator_raises_stop_iteration() {
    let mut spent = words("");
    spent.resume().unwrap();
    let mut outer = ScopedGenerator::<&str>::new(async move |co| {
        let ended = co.yield_from(spent).await.unwrap_err();
        assert_eq!(ended.kind(), Kind::StopIteration);
        Ok(())
    });
    assert_eq!(outer.resume().unwrap(), Step::Returned(()));
}

#[test]
fn values_sent_to_what_takes_none_are_dropped() {
    #[derive(Clone, Default)]
    struct Unmarked;

    let text = String::from("a b");
    let mut marked =
        ScopedGenerator::<&str, u32>::new(async |co| co.yield_from(words(&text)).await);
    assert_eq!(marked.start().unwrap(), Step::Yielded("a"));
    assert_eq!(marked.send(5).unwrap(), Step::Yielded("b"));

    let mut unmarked = ScopedGenerator::<&str, Unmarked>::new(async |co| {
        co.yield_from(words(&text).ignore_sent()).await
    });
    assert_eq!(unmarked.start().unwrap(), Step::Yielded("a"));
    assert_eq!(unmarked.send(Unmarked).unwrap(), Step::Yielded("b"));
    assert_eq!(unmarked.send(Unmarked).unwrap(), Step::Returned(()));
}

#[test]
fn a_panic_closes_the_generator_and_drops_what_it_owns() {
    let owned = Rc::new(());
    let mut generator = ScopedGenerator::<u32>::new(async |co| {
        let _kept = owned.clone();
        co.yield_from(ScopedGenerator::new(async |co| {
            let _kept = owned.clone();
            co.yield_(1).await?;
            panic!("in the body")
        }))
        .await
    });
    generator.resume().unwrap();
    assert_eq!(Rc::strong_count(&owned), 3);
    let resume = std::panic::AssertUnwindSafe(|| generator.resume());
    assert!(std::panic::catch_unwind(resume).is_err());
    assert_eq!(generator.state(), GeneratorState::Closed);
    assert_eq!(Rc::strong_count(&owned), 1);
}

#[test]
#[should_panic(expected = "before the last time was awaited")]
fn a_delegation_that_was_not_awaited_panics() {
    let text = String::from("a");
    let mut generator = ScopedGenerator::<&str>::new(async |co| {
        mem::drop(co.yield_from(words(&text)));
        co.yield_("b").await
    });
    let _ = generator.resume();
}

/// `depth` generators that delegate to each other, the innermost borrowing a number.
fn nest(depth: usize, number: &u32) -> ScopedGenerator<'_, u32, (), usize> {
    let innermost = ScopedGenerator::new(async move |co| {
        co.yield_(*number).await?;
        co.yield_(*number + 1).await?;
        Ok(0)
    });
    (0..depth).fold(innermost, |sub, _| {
        ScopedGenerator::new(async move |co| Ok(co.yield_from(sub).await? + 1))
    })
}

#[test]
fn a_chain_of_a_million_runs_closes_and_drops() {
    const DEPTH: usize = 1_000_000;
    let number = 7;

    let mut chain = nest(DEPTH, &number);
    assert_eq!(chain.resume().unwrap(), Step::Yielded(7));
    assert_eq!(chain.resume().unwrap(), Step::Yielded(8));
    assert_eq!(chain.resume().unwrap(), Step::Returned(DEPTH));

    let mut chain = nest(DEPTH, &number);
    chain.resume().unwrap();
    let error = chain.throw(Kind::ValueError).unwrap_err();
    assert_eq!(error.kind(), Kind::ValueError);

    let mut chain = nest(DEPTH, &number);
    chain.resume().unwrap();
    assert_eq!(chain.close().unwrap(), None);

    let mut chain = nest(DEPTH, &number);
    chain.resume().unwrap();
    drop(chain);
}

/// One that starts each generator before the next one delegates to it.
#[test]
fn a_chain_of_started_generators_joins() {
    const DEPTH: usize = 100_000;
    let number = 7;
    let mut chain = ScopedGenerator::<u32>::new(async |co| {
        for _ in 0..=DEPTH {
            co.yield_(number).await?;
        }
        co.yield_(number + 1).await
    });
    for _ in 0..DEPTH {
        chain.resume().unwrap();
        let sub = chain;
        chain = ScopedGenerator::new(async move |co| co.yield_from(sub).await);
    }
    assert_eq!(chain.resume().unwrap(), Step::Yielded(7));
    assert_eq!(chain.resume().unwrap(), Step::Yielded(8));
    assert_eq!(chain.resume().unwrap(), Step::Returned(()));
}

/// Owned by each other and never started, they are dropped by nested calls, which the documentation says.
#[test]
fn a_chain_of_a_thousand_can_be_dropped_unstarted() {
    let number = 7;
    drop(nest(1_000, &number));
}

#[test]
fn a_scoped_generator_has_the_shortest_lifetime_of_what_it_is_used_with() {
    fn numbers(to: &u32) -> ScopedGenerator<'_, u32> {
        ScopedGenerator::new(async move |co| co.yield_from(1..=*to).await)
    }

    fn both<'a>(
        first: ScopedGenerator<'a, u32>,
        second: ScopedGenerator<'a, u32>,
    ) -> ScopedGenerator<'a, u32> {
        ScopedGenerator::new(async move |co| {
            co.yield_from(first).await?;
            co.yield_from(second).await
        })
    }

    let forever: ScopedGenerator<'static, u32> = numbers(&2);
    let to = 3;
    let all: Result<Vec<_>, Exception> = both(forever, numbers(&to)).collect();
    assert_eq!(all.unwrap(), [1, 2, 1, 2, 3]);
}

/// A second panic in a drop would abort the process.
#[test]
fn a_body_that_has_not_started_can_panic_in_its_drop_while_the_thread_is_panicking() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("second");
        }
    }
    let panics = std::panic::catch_unwind(|| {
        let bomb = Bomb;
        let _unstarted = ScopedGenerator::<()>::new(async move |_| {
            drop(bomb);
            Ok(())
        });
        panic!("first");
    });
    assert_eq!(panics.unwrap_err().downcast_ref(), Some(&"first"));
}

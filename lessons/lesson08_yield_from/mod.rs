#![doc = include_str!("README.md")]

use std::{cell::Cell, cell::RefCell, collections::BTreeMap, future::poll_fn, rc::Rc};

pub use tminus_lessons::lesson07_averager::{Co, Exception, Generator, Step, averager};

pub mod programs;

/// What a body can do beside yielding: let another generator yield.
pub trait YieldFrom<Y, S> {
    /// Lets `sub` take this body's place until it finishes, and gives its result.
    fn yield_from<R>(&self, sub: Generator<Y, S, R>) -> impl Future<Output = Result<R, Exception>>;
}

impl<Y, S: Default> YieldFrom<Y, S> for Co<Y, S> {
    async fn yield_from<R>(&self, mut sub: Generator<Y, S, R>) -> Result<R, Exception> {
        let mut step = sub.resume();
        loop {
            let value = match step? {
                Step::Yielded(value) => value,
                Step::Returned(result) => return Ok(result),
            };
            step = match self.yield_(value).await {
                Ok(sent) => sub.send(sent),
                Err(Exception::GeneratorExit) => {
                    return sub.close().and(Err(Exception::GeneratorExit));
                }
                Err(exception) => sub.throw(exception),
            };
        }
    }
}

/// Makes a generator of anything iterable: Python's `iter(x)`. What is sent to it is dropped.
pub fn iterate<Y: 'static>(items: impl IntoIterator<Item = Y> + 'static) -> Generator<Y> {
    Generator::new(async move |co| {
        for item in items {
            co.yield_(item).await?;
        }
        Ok(())
    })
}

/// All items of the first part, then all of the second, and so on.
pub fn chain<Y: 'static>(parts: Vec<Generator<Y>>) -> Generator<Y> {
    Generator::new(async move |co| {
        for part in parts {
            co.yield_from(part).await?;
        }
        Ok(())
    })
}

/// A list with lists in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Nested<T> {
    /// No list.
    Item(T),
    /// A list.
    List(Vec<Nested<T>>),
}

/// The items of a nested list, without the lists.
pub fn flatten<T: 'static>(items: Vec<Nested<T>>) -> Generator<T> {
    Generator::new(async move |co| {
        for item in items {
            match item {
                Nested::Item(item) => co.yield_(item).await?,
                Nested::List(items) => co.yield_from(flatten(items)).await?,
            }
        }
        Ok(())
    })
}

/// What a [`grouper`] has found out, by name.
pub type Averages = Rc<RefCell<BTreeMap<&'static str, (u32, f64)>>>;

/// Lets averagers take its place, one after the other, and keeps the result of each.
pub fn grouper(averages: Averages, name: &'static str) -> Generator<(), Option<f64>> {
    Generator::new(async move |co| {
        loop {
            let average = co.yield_from(averager()).await?;
            averages.borrow_mut().insert(name, average);
        }
    })
}

/// Runs a body, and counts how often it is polled.
pub fn counted<T>(polls: Rc<Cell<u32>>, body: impl Future<Output = T>) -> impl Future<Output = T> {
    let mut body = Box::pin(body);
    poll_fn(move |cx| {
        polls.set(polls.get() + 1);
        body.as_mut().poll(cx)
    })
}

/// `n` generators, each of which delegates to the next. The last one yields.
pub fn nested(n: u32, polls: Rc<Cell<u32>>) -> Generator<()> {
    Generator::new(move |co: Co<()>| {
        counted(polls.clone(), async move {
            if n > 1 {
                return co.yield_from(nested(n - 1, polls.clone())).await;
            }
            loop {
                co.yield_(()).await?;
            }
        })
    })
}

/// The same with the crate's generators.
pub fn nested_in_crate(n: u32, polls: Rc<Cell<u32>>) -> tminus::Generator<()> {
    tminus::Generator::new(move |co: tminus::Co<()>| {
        counted(polls.clone(), async move {
            if n > 1 {
                return co.yield_from(nested_in_crate(n - 1, polls.clone())).await;
            }
            loop {
                co.yield_(()).await?;
            }
        })
    })
}

/// How often a body is polled for the second item. (The first one starts them all.)
pub fn polls_per_item(mut items: impl Iterator, polls: &Cell<u32>) -> u32 {
    items.next();
    polls.set(0);
    items.next();
    polls.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives back what it is sent, says what it catches, and finishes when it is sent `None`.
    fn echo() -> Generator<String, Option<&'static str>, usize> {
        Generator::new(async |co: Co<String, Option<&str>>| {
            let mut answer = "ready".to_owned();
            for count in 0.. {
                answer = match co.yield_(answer).await {
                    Ok(Some(word)) => word.to_owned(),
                    Ok(None) => return Ok(count),
                    Err(Exception::Error(error)) => format!("caught: {error}"),
                    Err(other) => return Err(other),
                }
            }
            Ok(0)
        })
    }

    fn through<Y: 'static, S: Default + 'static, R: 'static>(
        sub: Generator<Y, S, R>,
    ) -> Generator<Y, S, R> {
        Generator::new(async move |co| co.yield_from(sub).await)
    }

    fn yielded(word: &str) -> Step<String, usize> {
        Step::Yielded(word.to_owned())
    }

    #[test]
    fn send_throw_and_the_result_pass_through() {
        let mut g = through(through(echo()));
        assert_eq!(g.start().unwrap(), yielded("ready"));
        assert_eq!(g.send(Some("hello")).unwrap(), yielded("hello"));
        let caught = "caught: an error occurred when formatting an argument";
        assert_eq!(g.throw(std::fmt::Error).unwrap(), yielded(caught));
        assert_eq!(g.send(None).unwrap(), Step::Returned(2));
        assert!(matches!(g.resume(), Err(Exception::StopIteration)));
    }

    #[test]
    fn an_exception_that_nobody_catches_passes_outwards() {
        let mut g = through(through(iterate([1, 2])));
        assert_eq!(g.start().unwrap(), Step::Yielded(1));
        assert!(matches!(g.throw(std::fmt::Error), Err(Exception::Error(_))));
        assert!(matches!(g.resume(), Err(Exception::StopIteration)));
    }

    #[test]
    fn chain_gives_one_part_after_the_other() {
        let parts = vec![iterate(vec![1, 2]), iterate(vec![]), iterate(vec![3])];
        let all: Result<Vec<u32>, Exception> = chain(parts).collect();
        assert_eq!(all.unwrap(), [1, 2, 3]);
    }

    #[test]
    fn flatten_gives_the_items_in_order() {
        use Nested::{Item, List};

        let items = vec![
            Item(1),
            List(vec![Item(2), List(vec![]), List(vec![Item(3)])]),
            Item(4),
        ];
        let all: Result<Vec<u32>, Exception> = flatten(items).collect();
        assert_eq!(all.unwrap(), [1, 2, 3, 4]);
    }

    #[test]
    fn grouper_keeps_the_result_of_each_averager() {
        let averages = Averages::default();
        let mut group = grouper(averages.clone(), "boys").primed().unwrap();
        for term in [Some(1.0), Some(2.0), None] {
            assert_eq!(group.send(term).unwrap(), Step::Yielded(()));
        }
        assert_eq!(averages.borrow()["boys"], (2, 1.5));
    }

    #[test]
    fn one_item_costs_a_poll_for_each_level_by_hand_and_one_in_the_crate() {
        for n in [1, 10, 100] {
            let polls = Rc::new(Cell::new(0));
            let by_hand = nested(n, polls.clone());
            assert_eq!(polls_per_item(by_hand, &polls), n);
            let in_crate = nested_in_crate(n, polls.clone());
            assert_eq!(polls_per_item(in_crate, &polls), 1);
        }
    }
}

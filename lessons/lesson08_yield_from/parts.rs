//! Generators that delegate: what the programs and the questions on the page use.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use super::{Generator, YieldFrom, averager};

/// Makes a generator of anything iterable: Python's `iter(x)`. It ignores what is sent to it.
pub fn iterate<Y: 'static>(items: impl IntoIterator<Item = Y> + 'static) -> Generator<Y> {
    Generator::new(async move |co| {
        for item in items {
            co.yield_(item).await?;
        }
        Ok(())
    })
}

/// Yields all items of the first part, then all of the second, and so on.
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
    /// Not a list.
    Item(T),
    /// A list.
    List(Vec<Nested<T>>),
}

/// Yields the items of a nested list, without the lists.
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

/// The results that a [`grouper`] has kept, by name.
pub type Averages = Rc<RefCell<BTreeMap<&'static str, (u32, f64)>>>;

/// Delegates to one averager after the other, and keeps the result of each.
pub fn grouper(averages: Averages, name: &'static str) -> Generator<(), Option<f64>> {
    Generator::new(async move |co| {
        loop {
            let average = co.yield_from(averager()).await?;
            averages.borrow_mut().insert(name, average);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tminus_lessons::lesson07_averager::{Exception, Step};

    #[test]
    fn chain_yields_one_part_after_the_other() {
        let parts = vec![iterate(vec![1, 2]), iterate(vec![]), iterate(vec![3])];
        let all: Result<Vec<u32>, Exception> = chain(parts).collect();
        assert_eq!(all.unwrap(), [1, 2, 3]);
    }

    #[test]
    fn flatten_yields_the_items_in_order() {
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
}

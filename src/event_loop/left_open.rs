//! Async generators that were begun and not finished.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    mem,
    pin::Pin,
    rc::{Rc, Weak},
};

use super::keys::Key;
use crate::Exception;

/// An async generator, whatever it yields.
pub(crate) trait LeftOpen {
    /// Returns `true` if it has not finished, and no task closes it.
    fn is_open(&self) -> bool;

    /// Throws `GeneratorExit` in, and lets it clean up.
    fn closes(self: Rc<Self>) -> Pin<Box<dyn Future<Output = Result<(), Exception>>>>;
}

/// Python's `loop._asyncgens`, and the tasks that close some.
#[derive(Default)]
pub(super) struct AsyncGenerators {
    begun: RefCell<Vec<Weak<dyn LeftOpen>>>,
    closing: RefCell<Vec<Key>>,
}

impl AsyncGenerators {
    pub(super) fn begins(&self, generator: Weak<dyn LeftOpen>) {
        adds(&self.begun, generator, |one| one.strong_count() > 0);
    }

    /// A task closes a generator.
    pub(super) fn is_closed_by(&self, task: Key, has_ended: impl Fn(Key) -> bool) {
        adds(&self.closing, task, |&key| !has_ended(key));
    }

    /// The tasks that close a generator. Some may have ended.
    pub(super) fn closing(&self) -> BTreeSet<Key> {
        self.closing.borrow().iter().copied().collect()
    }

    /// Takes the generators that are open.
    pub(super) fn take_open(&self) -> Vec<Rc<dyn LeftOpen>> {
        let begun = mem::take(&mut *self.begun.borrow_mut());
        let begun = begun.iter().filter_map(Weak::upgrade);
        begun.filter(|generator| generator.is_open()).collect()
    }

    pub(super) fn take_closing(&self) -> Vec<Key> {
        mem::take(&mut *self.closing.borrow_mut())
    }
}

/// Adds an entry. Each time the list would grow, the entries of which nothing is left are removed: constant time on average.
fn adds<T>(to: &RefCell<Vec<T>>, one: T, is_left: impl Fn(&T) -> bool) {
    let mut list = to.borrow_mut();
    if list.len() == list.capacity() {
        list.retain(is_left);
    }
    list.push(one);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    struct Open;

    impl LeftOpen for Open {
        fn is_open(&self) -> bool {
            true
        }

        fn closes(self: Rc<Self>) -> Pin<Box<dyn Future<Output = Result<(), Exception>>>> {
            Box::pin(async { Ok(()) })
        }
    }

    fn keys(count: u32) -> impl Iterator<Item = Key> {
        let key = |index| Key {
            index,
            generation: 0,
        };
        (0..count).map(key)
    }

    #[test]
    fn each_task_that_closes_a_generator_is_known_until_it_has_ended() {
        let generators = AsyncGenerators::default();
        keys(100).for_each(|key| generators.is_closed_by(key, |_| false));
        assert!(generators.closing().into_iter().eq(keys(100)));
        let generators = AsyncGenerators::default();
        keys(1000).for_each(|key| generators.is_closed_by(key, |_| true));
        assert!(generators.closing().len() < 10);
    }

    #[test]
    fn to_look_for_those_that_have_ended_takes_constant_time_on_average() {
        let (generators, looks) = (AsyncGenerators::default(), Cell::new(0));
        let is_asked = |_| {
            looks.set(looks.get() + 1);
            false
        };
        keys(1000).for_each(|key| generators.is_closed_by(key, is_asked));
        assert!(looks.get() < 3000, "{} looks", looks.get());
    }

    #[test]
    fn generators_that_are_gone_take_no_room() {
        let generators = AsyncGenerators::default();
        let open = Rc::new(Open);
        let weak = Rc::downgrade(&open);
        generators.begins(weak);
        for _ in 0..1_000 {
            let gone = Rc::downgrade(&Rc::new(Open));
            generators.begins(gone);
        }
        assert!(generators.begun.borrow().len() < 100);
        assert_eq!(generators.take_open().len(), 1);
    }
}

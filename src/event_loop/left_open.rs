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
        let mut begun = self.begun.borrow_mut();
        if begun.len() == begun.capacity() {
            begun.retain(|one| one.strong_count() > 0); // each time it would grow: constant time on average
        }
        begun.push(generator);
    }

    /// A task closes a generator.
    pub(super) fn is_closed_by(&self, task: Key, has_ended: impl Fn(Key) -> bool) {
        let mut closing = self.closing.borrow_mut();
        if closing.len() == closing.capacity() {
            closing.retain(|&key| !has_ended(key));
        }
        closing.push(task);
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

#[cfg(test)]
mod tests {
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

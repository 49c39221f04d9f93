//! Dropping long chains without overflowing the stack.
//!
//! A generator can own another generator, a callback can hold a future whose callback holds the next, an exception can
//! have a cause that has a cause. If each of a million links is dropped inside the drop of the one before, the machine
//! stack overflows. [`drop_in_turn`] nests a few drops, and puts what is deeper aside until the outermost one is done.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::VecDeque,
    mem::ManuallyDrop,
};

use crate::{panics::caught, targets::DROPPING};

/// How many drops may nest. Short chains are dropped in the usual order and allocate nothing.
const DEEP: usize = 64;

thread_local! {
    /// How many calls of [`drop_in_turn`] are running. It has no destructor, so it can be read until the thread's very end.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// What is too deep, in the order in which its drop was requested. It has no destructor either, because a chain in another
    /// `thread_local!` may be dropped later than this one would be. [`Restored`] frees its memory.
    static ASIDE: ManuallyDrop<RefCell<VecDeque<Box<dyn Any>>>> =
        const { ManuallyDrop::new(RefCell::new(VecDeque::new())) };
}

/// Drops a value that may own a long chain of others like it.
///
/// A panic in its drop passes through. A panic in the drop of something that was put aside cannot: whoever owned that is
/// gone. It is reported as a `tracing` event.
pub(crate) fn drop_in_turn(value: impl Any) {
    let depth = DEPTH.get();
    if depth >= DEEP {
        ASIDE.with(|aside| aside.borrow_mut().push_back(Box::new(value)));
        return;
    }
    DEPTH.set(depth + 1);
    let _restored = Restored { depth };
    drop(value);
}

/// Resets the depth, also when a panic passes: otherwise a thread that had caught 64 panics would never drop again.
struct Restored {
    depth: usize,
}

impl Drop for Restored {
    fn drop(&mut self) {
        if self.depth == 0 {
            // The depth stays at 1 meanwhile, so that what is dropped here does not start a loop of its own.
            while let Some(next) = ASIDE.with(|aside| aside.borrow_mut().pop_front()) {
                report_panic(|| drop(next));
            }
            drop(ASIDE.with(|aside| aside.take()));
        }
        DEPTH.set(self.depth);
    }
}

/// Like [`drop_in_turn`], but reports a panic in the drop of the value, too.
pub(crate) fn drop_in_turn_and_report(value: impl Any) {
    report_panic(|| drop_in_turn(value));
}

fn report_panic(run: impl FnOnce()) {
    if let Err(text) = caught(run) {
        tracing::error!(target: DROPPING, %text, "panic in a drop");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        rc::Rc,
    };

    use super::*;

    struct Link {
        next: Option<Box<Link>>,
        dropped: Rc<Cell<usize>>,
        panics: bool,
    }

    impl Drop for Link {
        fn drop(&mut self) {
            self.dropped.set(self.dropped.get() + 1);
            if let Some(next) = self.next.take() {
                drop_in_turn(next);
            }
            assert!(!self.panics, "this link panics");
        }
    }

    fn chain(length: usize, panics: impl Fn(usize) -> bool) -> (Box<Link>, Rc<Cell<usize>>) {
        let dropped = Rc::new(Cell::new(0));
        let link = |next, panics| {
            let dropped = dropped.clone();
            Box::new(Link {
                next,
                dropped,
                panics,
            })
        };
        let mut first = link(None, false);
        for level in 1..length {
            first = link(Some(first), panics(level));
        }
        (first, dropped)
    }

    #[test]
    fn a_chain_of_a_million_is_dropped_on_a_small_stack() {
        let (first, dropped) = chain(1_000_000, |_| false);
        drop_in_turn(first);
        assert_eq!(dropped.get(), 1_000_000);
    }

    #[test]
    fn panics_do_not_use_up_the_depth() {
        for _ in 0..2 * DEEP {
            let (first, dropped) = chain(1, |_| false);
            let panics = Box::new(Link {
                next: Some(first),
                dropped: dropped.clone(),
                panics: true,
            });
            assert!(catch_unwind(AssertUnwindSafe(|| drop_in_turn(panics))).is_err());
            assert_eq!(dropped.get(), 2);
        }
        assert_eq!(DEPTH.get(), 0);
    }

    #[test]
    fn a_panic_in_what_was_put_aside_does_not_stop_the_rest() {
        let (first, dropped) = chain(10 * DEEP, |level| level % DEEP == 5);
        let (outer, _) = chain(1, |_| false);
        drop_in_turn(outer);
        let _ = catch_unwind(AssertUnwindSafe(|| drop_in_turn(first)));
        assert!(dropped.get() > 0);
        assert_eq!(DEPTH.get(), 0);
    }
}

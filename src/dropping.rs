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
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread,
};

use crate::{panics::caught, reports::report, targets::DROPPING};

/// How many drops may nest. Short chains are dropped in the usual order and allocate nothing.
const DEEP: usize = 64;

// Neither has a destructor, so both can be used to the thread's very end, when the thread-local variables of the program
// are dropped with what they own.
thread_local! {
    /// How many calls of [`drop_in_turn`] are running.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// What is too deep, in the order in which its drop was requested. The outermost call leaves it empty, and without
    /// memory of its own.
    static ASIDE: RefCell<ManuallyDrop<VecDeque<Box<dyn Any>>>> =
        const { RefCell::new(ManuallyDrop::new(VecDeque::new())) };
}

/// Drops a value that may own a long chain of others like it.
///
/// A panic in the drop of the value passes through. A panic in the drop of something that was put aside cannot, because its
/// owner is gone. It is reported.
#[inline]
pub(crate) fn drop_in_turn(value: impl Any) {
    let depth = DEPTH.get();
    if depth >= DEEP {
        ASIDE.with_borrow_mut(|aside| aside.push_back(Box::new(value)));
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
    #[inline]
    fn drop(&mut self) {
        if self.depth == 0 && ASIDE.with_borrow(|aside| !aside.is_empty()) {
            drop_aside();
        }
        DEPTH.set(self.depth);
    }
}

/// Drops what was put aside. The depth stays at 1 until then, so that no nested drop starts a loop of its own.
#[cold]
fn drop_aside() {
    // Taken out one by one, and never borrowed during a drop, which may put more aside.
    while let Some(next) = ASIDE.with_borrow_mut(|aside| aside.pop_front()) {
        report_panic(|| drop(next));
    }
    ASIDE.with_borrow_mut(|aside| **aside = VecDeque::new());
}

/// Drops each value. A panic in one does not keep the others from being dropped.
///
/// The first panic continues after the last drop. All others, and that one, too, if the thread is panicking already, are
/// reported: a panic that leaves a drop during another panic aborts the process.
pub(crate) fn drop_each<T>(values: impl IntoIterator<Item = T>) {
    let mut first = None;
    for value in values {
        let dropping = AssertUnwindSafe(|| drop(value));
        if thread::panicking() || first.is_some() {
            report_panic(dropping.0);
        } else {
            first = catch_unwind(dropping).err();
        }
    }
    if let Some(panic) = first {
        resume_unwind(panic);
    }
}

/// Drops a value. If the thread is panicking, a panic in the drop is reported instead of aborting the process.
#[inline]
pub(crate) fn drop_guarded(drop: impl FnOnce()) {
    if thread::panicking() {
        report_panic(drop);
    } else {
        drop();
    }
}

/// Like [`drop_in_turn`], but reports a panic in the drop of the value, too.
pub(crate) fn drop_in_turn_and_report(value: impl Any) {
    report_panic(|| drop_in_turn(value));
}

/// Runs a drop, and reports a panic in it.
#[cold]
pub(crate) fn report_panic(drop: impl FnOnce()) {
    if let Err(text) = caught(drop) {
        report!(error, target: DROPPING, { %text }, "panic in a drop", ": {text}");
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

    /// What is not too deep is dropped to its end first, from the inside out.
    #[test]
    fn what_is_too_deep_is_dropped_when_the_outermost_drop_is_done() {
        struct Level(usize, Option<Box<Level>>, Rc<RefCell<Vec<usize>>>);

        impl Drop for Level {
            fn drop(&mut self) {
                if let Some(next) = self.1.take() {
                    drop_in_turn(next);
                }
                self.2.borrow_mut().push(self.0);
            }
        }

        let done = Rc::default();
        let level = |next, level| Some(Box::new(Level(level, next, Rc::clone(&done))));
        let last = DEEP + 1;
        let first = (0..=last).rev().fold(None, level);
        drop_in_turn(first.expect("it has levels"));
        let nested = (0..DEEP).rev();
        let aside = [last, DEEP]; // the one inside the other
        assert_eq!(*done.borrow(), nested.chain(aside).collect::<Vec<_>>());
        assert_eq!(DEPTH.get(), 0);
    }
}

//! Dropping long chains.

use std::{any::Any, cell::RefCell, collections::VecDeque};

thread_local! {
    /// What is still to be dropped, while something is.
    static LEFT: RefCell<Option<VecDeque<Box<dyn Any>>>> = const { RefCell::new(None) };
}

/// Drops it; within another such drop, after that. A callback may hold a future, whose callback holds the next: a hundred
/// thousand of them, dropped one in the other, overflow the stack.
pub(super) fn drop_in_turn(value: impl Any) {
    let mut value = Some(value);
    let is_first = LEFT.try_with(|left| match &mut *left.borrow_mut() {
        Some(left) => {
            left.extend(value.take().map(|value| Box::new(value) as Box<dyn Any>));
            false
        }
        none => {
            *none = Some(VecDeque::new());
            true
        }
    });
    let _rest = is_first.unwrap_or(false).then(|| Rest);
    drop(value);
}

/// Drops what is left, when a panic passes, too.
struct Rest;

impl Drop for Rest {
    fn drop(&mut self) {
        while let Some(next) = LEFT.with_borrow_mut(|left| left.as_mut()?.pop_front()) {
            drop(next);
        }
        LEFT.set(None);
    }
}

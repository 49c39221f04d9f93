//! Keeping panics quiet while runs are tried out.
//!
//! An exploration may panic a thousand times until it has found the shortest schedule, and only the last time is for readers.
//! So the process's panic hook is wrapped, once. On a thread that explores, the wrapper prints nothing, and remembers where the
//! panic was. On all other threads it calls the hook that was there before.

use std::{
    cell::{Cell, RefCell},
    panic,
    sync::Once,
};

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// While this exists, panics of this thread are not printed.
pub(super) struct Quiet {
    was_quiet: bool,
}

impl Quiet {
    pub(super) fn begin() -> Self {
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                if !notes(panic) {
                    before(panic);
                }
            }));
        });
        Self {
            was_quiet: IS_QUIET.replace(true),
        }
    }

    /// Forgets the place of the last panic.
    pub(super) fn forgets(&self) {
        LAST.take();
    }

    /// The place of the first panic since then: `src/rocket.rs:10:5`.
    pub(super) fn place(&self) -> Option<String> {
        LAST.take()
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        IS_QUIET.set(self.was_quiet);
    }
}

/// Notes a panic if this thread is quiet. (A thread that is ending has no thread-locals, and is not quiet.)
fn notes(panic: &panic::PanicHookInfo<'_>) -> bool {
    if !IS_QUIET.try_with(Cell::get).unwrap_or(false) {
        return false;
    }
    if let Some(place) = panic.location() {
        LAST.with_borrow_mut(|last| last.get_or_insert_with(|| place.to_string()).len());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_quiet_until_the_outermost_guard_is_dropped() {
        assert!(!IS_QUIET.get());
        let outer = Quiet::begin();
        drop(Quiet::begin());
        assert!(IS_QUIET.get());
        drop(outer);
        assert!(!IS_QUIET.get());
    }
}

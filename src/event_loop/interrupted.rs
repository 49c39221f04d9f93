//! What Ctrl-C does to a run: CPython's `Runner._on_sigint`.
//!
//! | a Ctrl-C that is answered | does |
//! |---|---|
//! | the first, while the main task runs | cancels the main task |
//! | each other one, while the run lasts or cleans up | ends it with a `KeyboardInterrupt` |
//!
//! A Ctrl-C is answered at the beginning of a round, when no task has its turn. CPython answers it at the next instruction, even in
//! the middle of a turn. Here, a Ctrl-C during a turn that never ends is not answered, and the next one ends the process.

use std::{
    cell::{Cell, RefCell},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use crate::{
    Exception, Kind,
    interrupts::{Hearing, NEVER, Pipe},
};

/// What a loop knows of Ctrl-C.
pub(super) struct Interrupts {
    /// The flag that is set while a Ctrl-C is unanswered. It is read once a round.
    pressed: Cell<&'static AtomicBool>,
    /// What a loop without an outside waits for, while a run hears Ctrl-C.
    pipe: Cell<Option<&'static Pipe>>,
    /// Cancels the main task, unless it is done. `None` if a Ctrl-C has done so, or if the main task is over.
    cancels_main: RefCell<Option<Box<dyn Fn() -> bool>>>,
    has_cancelled_main: Cell<bool>,
}

impl Default for Interrupts {
    fn default() -> Self {
        Self {
            pressed: Cell::new(&NEVER),
            pipe: Cell::new(None),
            cancels_main: RefCell::default(),
            has_cancelled_main: Cell::new(false),
        }
    }
}

impl Interrupts {
    /// A run begins that hears Ctrl-C.
    pub(super) fn begins(&self, hearing: &Hearing) {
        self.pressed.set(hearing.flag());
        self.pipe.set(Some(hearing.pipe()));
        self.has_cancelled_main.set(false);
    }

    /// The run is over. Returns `true` if Ctrl-C was pressed after its last round.
    pub(super) fn ends(&self) -> bool {
        self.pipe.set(None);
        self.pressed.replace(&NEVER).swap(false, Ordering::SeqCst)
    }

    /// From now on the first Ctrl-C cancels the main task.
    pub(super) fn has_main(&self, cancels: Box<dyn Fn() -> bool>) {
        self.cancels_main.replace(Some(cancels));
    }

    /// From now on each Ctrl-C ends the run. Returns `true` if one has cancelled the main task.
    pub(super) fn has_no_main(&self) -> bool {
        self.cancels_main.take();
        self.has_cancelled_main.get()
    }

    /// Returns `true` if Ctrl-C was pressed and is to be answered.
    #[inline]
    pub(super) fn is_pressed(&self) -> bool {
        self.pressed.get().load(Ordering::Acquire)
    }

    /// Answers a Ctrl-C.
    ///
    /// # Errors
    ///
    /// - `KeyboardInterrupt` if it ends the run.
    #[cold]
    pub(super) fn answers(&self) -> Result<(), Exception> {
        self.pressed.get().store(false, Ordering::SeqCst);
        let cancels_main = self.cancels_main.take();
        if cancels_main.is_some_and(|cancels| cancels()) {
            self.has_cancelled_main.set(true);
            return Ok(());
        }
        Err(Kind::KeyboardInterrupt.into())
    }

    pub(super) fn pipe(&self) -> Option<&'static Pipe> {
        self.pipe.get()
    }

    /// Waits until Ctrl-C is pressed, another thread calls, or it is `deadline`. Returns `false` if the run does not hear Ctrl-C,
    /// and the clock is to wait.
    #[inline]
    pub(super) fn waits(&self, now: Duration, deadline: Option<Duration>) -> bool {
        let Some(pipe) = self.pipe.get() else {
            return false;
        };
        pipe.wait(deadline.map(|deadline| deadline.saturating_sub(now)));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_pressed_after_the_last_round_is_told_once() {
        static PRESSED: AtomicBool = AtomicBool::new(true);
        let interrupts = Interrupts::default();
        interrupts.pressed.set(&PRESSED);
        assert!(interrupts.is_pressed());
        assert!(interrupts.ends());
        assert!(!interrupts.is_pressed() && !PRESSED.load(Ordering::SeqCst));
        assert!(!interrupts.ends());
    }

    #[cfg(all(unix, feature = "io"))]
    #[test]
    fn after_a_handler_of_the_programs_own_the_first_ends_the_run() {
        static PRESSED: AtomicBool = AtomicBool::new(true);
        let event_loop = crate::EventLoop::new();
        let interrupts = &event_loop.kernel().interrupts;
        interrupts.pressed.set(&PRESSED);
        interrupts.has_main(Box::new(|| unreachable!("main is not cancelled")));
        event_loop.kernel().ctrl_c_ends_the_run();
        let kind = interrupts.answers().map_err(|exception| exception.kind());
        assert_eq!(kind, Err(Kind::KeyboardInterrupt));
        interrupts.pressed.set(&NEVER);
    }
}

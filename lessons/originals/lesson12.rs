//! Your turn. Everything here compiles, and is wrong.

use std::{cell::Cell, cell::RefCell, rc::Rc, time::Duration};

use tminus_lessons::lesson12_event_loop::{
    self as lesson, Callback, Clock, Exception, KeyboardInterrupt, Schedule,
};

/// Exercise 1: calls back, soon or later. Clones are handles to the same loop.
#[derive(Clone)]
pub struct EventLoop(Rc<Inner>);

struct Inner {
    clock: Clock,
    schedule: RefCell<Schedule>, // the one of step 1; this loop cannot be closed
    stopping: Cell<bool>,
}

/// A callback that was scheduled, and can be cancelled.
pub struct Handle {
    event_loop: EventLoop,
    number: u64,
}

impl Handle {
    /// Cancels the callback: it is not called, unless it already was.
    pub fn cancel(&self) {
        let _callback = self.event_loop.0.schedule.borrow_mut().take(self.number);
    }
}

impl EventLoop {
    /// Creates a loop with nothing to do, which waits by this clock.
    pub fn new(clock: &Clock) -> Self {
        Self(Rc::new(Inner {
            clock: clock.clone(),
            schedule: RefCell::default(),
            stopping: Cell::new(false),
        }))
    }

    /// Calls back in the next round, after what was scheduled before.
    pub fn call_soon(&self, callback: impl Callback) -> Handle {
        let event_loop = self.clone();
        let number = self.0.schedule.borrow_mut().add_ready(callback);
        Handle { event_loop, number }
    }

    /// Calls back when `delay` has passed.
    pub fn call_later(&self, _delay: Duration, callback: impl Callback) -> Handle {
        // Work out the deadline, and set a timer. This one does not wait.
        self.call_soon(callback)
    }

    /// Runs round after round, until it is stopped or interrupted, or could only wait forever.
    pub fn run_forever(&self) -> Result<(), Exception> {
        // Write the whole method: wait, have a round, look for a stop. A stop is for one run, however that ends: with `Ok`,
        // or with what `wait` or `round` fails with. (Your loop needs no `Running`.)
        Ok(())
    }

    /// If nothing is ready, waits for the first deadline. Then makes ready what is due.
    fn wait(&self) -> Result<(), Exception> {
        // Write the whole method. Step 3 shows what a wait costs that is made of rounds. When must this not wait? And if
        // there is nothing to wait for, it fails with this, or the run would never end:
        let _nothing = Exception::RuntimeError("nothing is ready, and no timer is set", None);
        Ok(())
    }

    /// Calls what is ready now. What gets ready in the meantime is for the next round.
    fn round(&self) -> Result<(), Exception> {
        // Write the whole method. Step 2 shows why `while let` is not enough. Its three outcomes of a call: nothing to do,
        // `eprintln!("Exception in callback: {exception}")`, and an exception for which `is::<KeyboardInterrupt>()` is true.
        let _ = |exception: Exception| exception.is::<KeyboardInterrupt>();
        Ok(())
    }

    /// Ends the run after the current round.
    pub fn stop(&self) {
        self.0.stopping.set(true);
    }
}

/// Exercise 2: calls `action` when `patience` has passed since its creation or its last reset. Then it is silent until
/// the next reset. It uses the lesson's loop, so that you can start here, too.
pub struct Watchdog {
    event_loop: lesson::EventLoop,
    patience: Duration,
    action: Rc<dyn Fn()>,
}

impl Watchdog {
    /// Creates a watchdog that waits from now on.
    pub fn new(
        event_loop: &lesson::EventLoop,
        patience: Duration,
        action: impl Fn() + 'static,
    ) -> Result<Self, Exception> {
        // This does not wait for anything.
        Ok(Self {
            event_loop: event_loop.clone(),
            patience,
            action: Rc::new(action),
        })
    }

    /// Waits from the start again.
    pub fn reset(&mut self) -> Result<(), Exception> {
        // This sets one timer more, each time.
        let action = self.action.clone();
        self.event_loop.call_later(self.patience, move || {
            action();
            Ok(())
        })?;
        Ok(())
    }

    /// Waits no more. The loop does not wait for it either.
    pub fn stop(self) {
        // This leaves the timers in the loop.
    }
}

//! A selector for the tests of the alarm: another thread calls a waker when the loop has just decided to wait.

use std::{cell::RefCell, io, rc::Rc, task::Waker, thread, time::Duration};

use mio::{Registry, Token};

use tminus_lessons::lesson20_selector::{Real, Selector};

/// The system's selector. Right before a wait, another thread calls the waker, if one was left.
pub struct WakesLate {
    real: Real,
    waker: Rc<RefCell<Option<Waker>>>,
}

impl WakesLate {
    /// Creates a selector, and the place for the waker.
    pub fn new() -> io::Result<(Self, Rc<RefCell<Option<Waker>>>)> {
        let (real, waker) = (Real::new()?, Rc::default());
        let place = Rc::clone(&waker);
        Ok((Self { real, waker }, place))
    }
}

impl Selector for WakesLate {
    fn registry(&self) -> &Registry {
        self.real.registry()
    }

    fn now(&self) -> Duration {
        self.real.now()
    }

    fn select(&mut self, timeout: Option<Duration>) -> Option<Vec<Token>> {
        if let Some(waker) = self.waker.take() {
            let woken = thread::spawn(move || waker.wake()).join();
            woken.expect("a waker does not panic");
        }
        self.real.select(timeout)
    }
}

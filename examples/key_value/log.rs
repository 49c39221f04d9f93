//! A log of events, with the loop's time.

use std::{cell::RefCell, rc::Rc};

use tminus::{EventLoop, Exception};

#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub fn add(&self, event: &str) -> Result<(), Exception> {
        let now = EventLoop::running()?.time().as_millis();
        self.0.borrow_mut().push(format!("{now:>5} ms  {event}"));
        Ok(())
    }

    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

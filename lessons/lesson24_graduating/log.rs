//! What the little programs log.

use std::{cell::RefCell, rc::Rc};

/// What tasks say, in their order.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    /// Adds a line.
    pub fn add(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    /// Takes the lines, with commas between them.
    pub fn take(&self) -> String {
        self.0.take().join(", ")
    }
}

/// Says when it is dropped.
pub struct Valve(pub Log);

impl Drop for Valve {
    fn drop(&mut self) {
        self.0.add("dropped");
    }
}

//! The output of a program, and the length of its time unit.

use std::{rc::Rc, time::Duration};

#[derive(Clone)]
pub struct Show {
    is_real: bool,
    print: Rc<dyn Fn(&str)>,
}

impl Show {
    pub fn new(is_real: bool, print: impl Fn(&str) + 'static) -> Self {
        let print = Rc::new(print);
        Self { is_real, print }
    }

    /// Returns `true` in real time, when a person may be watching.
    pub fn is_real(&self) -> bool {
        self.is_real
    }

    /// Converts a number of units to a duration. In Python's programs, a unit is a millisecond.
    ///
    /// In real time, a unit is 20 ms, so that a person can see the steps, and the order of the answers is the same on a busy
    /// machine.
    pub fn units(&self, count: u64) -> Duration {
        Duration::from_millis(count * if self.is_real { 20 } else { 1 })
    }

    pub fn line(&self, line: &str) {
        (self.print)(line);
    }
}

//! Where a program prints its lines, and how long its milliseconds are.

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

    /// Returns `true` if somebody may be watching.
    pub fn is_real(&self) -> bool {
        self.is_real
    }

    /// Returns a time. In Python's programs, a unit is a millisecond.
    ///
    /// In real time it is 20 ms: there is something to see then, and the order of the answers does not depend on how busy the
    /// machine is.
    pub fn units(&self, count: u64) -> Duration {
        Duration::from_millis(count * if self.is_real { 20 } else { 1 })
    }

    pub fn line(&self, line: &str) {
        (self.print)(line);
    }
}

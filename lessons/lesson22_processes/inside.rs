//! A selector for pipes of which both ends are in this program.

use std::{io, time::Duration};

use mio::{Registry, Token};

use tminus_lessons::lesson20_selector::{Real, Selector};

/// The selector of a program that nobody outside can wake. If no pipe is ready and no deadline is set, nothing will
/// ever be ready, and `select` returns `None`. So a program that would hang ends.
pub struct Inside(Real);

impl Inside {
    /// Creates a selector that watches nothing yet.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Real::new()?))
    }
}

impl Selector for Inside {
    fn registry(&self) -> &Registry {
        self.0.registry()
    }

    fn now(&self) -> Duration {
        self.0.now()
    }

    fn select(&mut self, timeout: Option<Duration>) -> Option<Vec<Token>> {
        let ready = self.0.select(Some(Duration::ZERO))?;
        if ready.is_empty() && timeout != Some(Duration::ZERO) {
            return self.0.select(Some(timeout?));
        }
        Some(ready)
    }
}

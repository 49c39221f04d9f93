//! Handlers of signals. Each test uses signals of its own, because a signal is the whole process's. (Ctrl-C is in
//! `tests/ctrl_c`.)
#![cfg(all(unix, feature = "io"))]

mod defaults;
mod errors;
mod handlers;

use std::{cell::RefCell, rc::Rc};

use signal_hook::low_level::raise;
use tminus::{EventLoop, Exception, sync::Event, yield_now};

/// What was called.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<&'static str>>>);

impl Log {
    fn adds(&self, entry: &'static str) -> impl Fn() + 'static {
        let log = self.clone();
        move || log.0.borrow_mut().push(entry)
    }

    fn take(&self) -> Vec<&'static str> {
        self.0.take()
    }
}

/// Signals are delivered before `raise` returns, and have two rounds to reach the callback: one to be seen, one to be called.
async fn two_rounds() -> Result<(), Exception> {
    for _ in 0..3 {
        yield_now().await?;
    }
    Ok(())
}

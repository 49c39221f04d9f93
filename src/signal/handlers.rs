//! A loop's handlers of signals.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    ffi::c_int,
    io, mem,
    rc::{Rc, Weak},
};

use super::{arrivals::Arrivals, number::invalid};
use crate::{
    Exception,
    event_loop::{Callable, Outcome, running},
    interrupts::defaults::Handled,
    sockets::Selector,
};

/// The handlers of one loop, by signal.
#[derive(Default)]
pub(super) struct Handlers(RefCell<BTreeMap<c_int, Handler>>);

struct Handler {
    arrivals: Rc<Arrivals>,
    callback: Rc<dyn Callable>,
    /// While it exists, the signal does nothing by default. It is declared last, so it is dropped after `arrivals`.
    _handled: Handled,
}

/// Called when a signal has arrived: schedules the program's callback, once for each arrival.
struct Calls {
    handlers: Weak<Handlers>,
    signal: c_int,
}

/// The program's callback.
struct Callback<F>(RefCell<F>);

impl Handlers {
    pub(super) fn add<O: Outcome<Value = ()>>(
        self: &Rc<Self>,
        selector: &Rc<Selector>,
        signal: c_int,
        callback: impl FnMut() -> O + 'static,
    ) -> Result<(), Exception> {
        let callback: Rc<dyn Callable> = Rc::new(Callback(RefCell::new(callback)));
        let mut callback = Some(callback);
        let before = self.replace(signal, &mut callback);
        drop(before); // when the table is free
        let Some(callback) = callback else {
            return Ok(());
        };
        let handled = Handled::new(signal).map_err(|error| refused(signal, error))?;
        let arrivals = Rc::new(Arrivals::new(selector, signal)?);
        arrivals.watch(Rc::new(Calls {
            handlers: Rc::downgrade(self),
            signal,
        }));
        let handler = Handler {
            arrivals,
            callback,
            _handled: handled,
        };
        self.0.borrow_mut().insert(signal, handler);
        Ok(())
    }

    /// Takes the callback if there is a handler already, and returns the one before.
    fn replace(
        &self,
        signal: c_int,
        callback: &mut Option<Rc<dyn Callable>>,
    ) -> Option<Rc<dyn Callable>> {
        let mut handlers = self.0.borrow_mut();
        let before = &mut handlers.get_mut(&signal)?.callback;
        Some(mem::replace(before, callback.take()?))
    }

    /// Returns `false` if there is none.
    pub(super) fn remove(&self, signal: c_int) -> bool {
        let removed = self.0.borrow_mut().remove(&signal);
        removed.is_some() // and is dropped when the table is free
    }

    fn of(&self, signal: c_int) -> Option<(Rc<Arrivals>, Rc<dyn Callable>)> {
        let handlers = self.0.borrow();
        let handler = handlers.get(&signal)?;
        Some((handler.arrivals.clone(), handler.callback.clone()))
    }
}

impl Callable for Calls {
    fn call(&self) -> Option<Result<(), Exception>> {
        let (arrivals, callback) = self.handlers.upgrade()?.of(self.signal)?;
        let kernel = running().ok()?;
        for _ in 0..arrivals.take() {
            kernel.call_soon(callback.clone());
        }
        None
    }
}

impl<F: FnMut() -> O, O: Outcome<Value = ()>> Callable for Callback<F> {
    fn call(&self) -> Option<Result<(), Exception>> {
        // It is called by the loop only, and no loop can run inside it.
        let mut callback = self.0.borrow_mut();
        Some(callback().into_result())
    }
}

/// The system refuses the numbers that it reserves. Python's `valid_signals` leaves out the same numbers.
#[cold]
fn refused(signal: c_int, error: io::Error) -> Exception {
    match error.kind() {
        io::ErrorKind::InvalidInput => invalid(signal),
        _ => error.into(),
    }
}

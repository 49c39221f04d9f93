//! What one task waits for until it is told: a future that has no result, and costs less.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use super::{
    cancelling::Message,
    kernel::{Kernel, Run},
    waiting::{Awaited, Reason, Waiter, take_thrown},
};
use crate::Exception;

/// Pending until it is given, or who waits is cancelled.
pub(crate) struct Signal {
    reason: Reason,
    state: Cell<State>,
    waiter: Cell<Option<Waiter>>,
    message: Message,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Pending,
    Given,
    Cancelled,
}

impl Signal {
    pub(crate) fn new(reason: Reason) -> Rc<Self> {
        Rc::new(Self {
            reason,
            state: Cell::new(State::Pending),
            waiter: Cell::default(),
            message: Message::default(),
        })
    }

    /// Whether it was given, or who waits was cancelled.
    pub(crate) fn is_done(&self) -> bool {
        self.state.get() != State::Pending
    }

    pub(crate) fn is_given(&self) -> bool {
        self.state.get() == State::Given
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.state.get() == State::Cancelled
    }

    /// Who waits goes on in the next turn. False where it is done.
    pub(crate) fn give(&self) -> bool {
        self.end(State::Given)
    }

    fn end(&self, state: State) -> bool {
        if self.is_done() {
            return false;
        }
        self.state.set(state);
        if let Some(waiter) = self.waiter.take() {
            waiter.schedule();
        }
        true
    }
}

/// Its time has come.
impl Run for Signal {
    fn run(self: Rc<Self>, _: &Kernel) {
        self.give(); // unless it was cancelled
    }
}

impl Awaited for Signal {
    fn done(&self) -> bool {
        self.is_done()
    }

    fn gives_cancelled(&self) -> bool {
        self.is_cancelled()
    }

    fn reason(&self) -> &Reason {
        &self.reason
    }

    fn end_cancelled(self: Rc<Self>, message: &str) -> bool {
        if !self.is_done() {
            self.message.keep(message);
        }
        self.end(State::Cancelled)
    }
}

/// Waits for a signal. It is the one who does.
pub(crate) struct Waits(pub(crate) Rc<Signal>);

impl Future for Waits {
    type Output = Result<(), Exception>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(thrown) = take_thrown() {
            return Poll::Ready(Err(thrown));
        }
        let signal = &self.0;
        match signal.state.get() {
            State::Given => Poll::Ready(Ok(())),
            State::Cancelled => Poll::Ready(Err(signal.message.error())),
            State::Pending => {
                let waiter = Waiter::of(signal.clone(), cx);
                signal.waiter.set(Some(waiter));
                Poll::Pending
            }
        }
    }
}

/// Nobody waits for it any more.
impl Drop for Waits {
    fn drop(&mut self) {
        if let Some(waiter) = self.0.waiter.take() {
            let awaited: Rc<dyn Awaited> = self.0.clone();
            waiter.waits_no_more(&awaited);
        }
    }
}

//! The answer of another thread to what the loop expects of it. See `replies`.

use std::{rc::Rc, sync::Arc};

use super::{
    current,
    inbox::{Inbox, Request},
    kernel::Kernel,
    replies::ExpectedFrom,
};
use crate::Exception;

/// What another thread answers an expectation of the loop with. Dropped without an answer, it ends the expectation.
pub(crate) struct Reply {
    inbox: Arc<Inbox>,
    id: u64,
    has_arrived: bool,
}

impl Reply {
    /// Lets the loop expect a reply, on which it calls `call` in its next round.
    pub(crate) fn new(
        kernel: &Rc<Kernel>,
        from: ExpectedFrom,
        call: impl FnOnce() -> Result<(), Exception> + 'static,
    ) -> Self {
        Self {
            inbox: kernel.inbox.clone(),
            id: kernel.expects(from, Box::new(call)),
            has_arrived: false,
        }
    }

    /// Returns the number of the expectation.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// On the loop's own thread, the callback gets its place in the ready queue now.
    pub(crate) fn arrives(mut self) {
        self.has_arrived = true;
        match current::running().filter(|kernel| Arc::ptr_eq(&kernel.inbox, &self.inbox)) {
            Some(kernel) => kernel.has_reply(self.id),
            None => drop(self.inbox.send(Request::Reply(self.id))), // a closed loop expects nothing
        }
    }
}

impl Reply {
    /// What was expected never comes.
    pub(crate) fn withdraws(mut self) {
        match current::running().filter(|kernel| Arc::ptr_eq(&kernel.inbox, &self.inbox)) {
            Some(kernel) => {
                self.has_arrived = true;
                kernel.expects_no_longer(self.id);
            }
            None => drop(self),
        }
    }
}

impl Drop for Reply {
    /// By mail even on the loop's own thread: a drop can happen at any place, and what the loop drops in turn is foreign.
    fn drop(&mut self) {
        if !self.has_arrived {
            self.inbox.send(Request::NoReply(self.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, thread};

    use super::*;
    use crate::{EventLoop, clock::VirtualClock, yield_now};

    #[test]
    fn a_reply_that_is_dropped_ends_the_expectation_and_calls_nothing() {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let kernel = event_loop.kernel();
        let called = Rc::new(Cell::new(0));
        let expects = || {
            let called = called.clone();
            Reply::new(kernel, ExpectedFrom::Outside, move || {
                called.set(called.get() + 1);
                Ok(())
            })
        };
        for ends in [drop, Reply::withdraws] {
            let reply = expects();
            assert!(kernel.expects_something());
            assert_eq!(Rc::strong_count(&called), 2);
            thread::scope(|scope| scope.spawn(|| ends(reply)).join()).unwrap();
            event_loop.run_until_complete(yield_now()).unwrap();
            assert!(!kernel.expects_something());
            assert_eq!((Rc::strong_count(&called), called.get()), (1, 0));
        }
        expects().arrives();
        event_loop.run_until_complete(yield_now()).unwrap();
        assert!(!kernel.expects_something());
        assert_eq!((Rc::strong_count(&called), called.get()), (1, 1));
    }

    #[test]
    fn each_reply_ends_its_own_expectation() {
        let event_loop = EventLoop::new();
        let kernel = event_loop.kernel();
        let expects = || Reply::new(kernel, ExpectedFrom::Outside, || Ok(()));
        let replies = [expects(), expects(), expects()];
        for reply in &replies {
            assert!(kernel.expects_something());
            kernel.expects_no_longer(reply.id());
        }
        assert!(!kernel.expects_something());
    }
}

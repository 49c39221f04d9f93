#![doc = include_str!("README.md")]

use std::io::{self, ErrorKind};
use std::task::{Poll, Waker};
use std::{cell::Cell, cell::RefCell, future::poll_fn, pin::Pin, rc::Rc, time::Duration};

use mio::{Interest, Token, event};

pub mod echo;
mod executor;
pub mod late;
pub mod naive;
pub mod patience;
mod selector;
pub mod simulated;
mod socket;
mod streams;
pub mod waiting;
mod watched;

pub use executor::Executor;
pub use selector::{ALARM, Real, Selector, Simulated};
pub use socket::Socket;
pub use watched::on_the_loop;

/// A task that has not begun.
pub type NewTask = (&'static str, Pin<Box<dyn Future<Output = ()>>>);

/// What the tasks see of the loop.
pub struct Loop {
    selector: RefCell<Box<dyn Selector>>,
    sources: RefCell<Vec<Vec<Waker>>>, // by token: the tasks that wait for the source
    timers: RefCell<Vec<(Duration, Waker)>>,
    spawned: RefCell<Vec<NewTask>>, // until the executor takes them
    share: Cell<u32>,               // of this turn: step 5
}

impl Loop {
    /// Creates the part of a loop that tasks see.
    pub fn new(selector: Box<dyn Selector>) -> Self {
        Self {
            selector: RefCell::new(selector),
            sources: RefCell::default(),
            timers: RefCell::default(),
            spawned: RefCell::default(),
            share: Cell::new(0),
        }
    }

    /// Makes a task of a future. Its first turn is in the next round.
    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + 'static) {
        self.spawned.borrow_mut().push((name, Box::pin(future)));
    }

    /// The time since the loop began.
    pub fn now(&self) -> Duration {
        self.selector.borrow().now()
    }

    /// Waits until `delay` has passed.
    pub async fn sleep(&self, delay: Duration) {
        let deadline = self.now() + delay;
        poll_fn(|cx| {
            if self.now() >= deadline {
                return Poll::Ready(());
            }
            let timer = (deadline, cx.waker().clone());
            self.timers.borrow_mut().push(timer);
            Poll::Pending
        })
        .await;
    }

    /// Waits for events, and wakes the tasks that they are for. Returns `false` if no event can come.
    pub fn wait(&self, something_is_ready: bool) -> bool {
        let first = self.timers.borrow().iter().map(|timer| timer.0).min();
        let timeout = match something_is_ready {
            true => Some(Duration::ZERO), // only look
            false => first.map(|deadline| deadline.saturating_sub(self.now())),
        };
        let Some(events) = self.selector.borrow_mut().select(timeout) else {
            return false;
        };
        for Token(token) in events {
            let waiting = std::mem::take(&mut self.sources.borrow_mut()[token]);
            waiting.into_iter().for_each(Waker::wake);
        }
        let now = self.now();
        let is_due = |timer: &mut (Duration, Waker)| timer.0 <= now;
        let due: Vec<_> = self.timers.borrow_mut().extract_if(.., is_due).collect();
        due.into_iter().for_each(|(_, waker)| waker.wake());
        true
    }
}

/// Something outside that the loop watches, until it is dropped.
pub struct Source<S: event::Source> {
    of: Rc<Loop>,
    token: usize, // its index in `sources`
    io: RefCell<S>,
}

impl<S: event::Source> Source<S> {
    /// Has the loop watch something.
    pub fn new(of: &Rc<Loop>, mut io: S) -> io::Result<Self> {
        let token = of.sources.borrow().len();
        of.sources.borrow_mut().push(Vec::new());
        let interest = Interest::READABLE | Interest::WRITABLE;
        let selector = of.selector.borrow();
        let registry = selector.registry();
        registry.register(&mut io, Token(token), interest)?;
        let (of, io) = (of.clone(), RefCell::new(io));
        Ok(Self { of, token, io })
    }

    /// Tries until it does not block.
    pub async fn when_ready<T>(
        &self,
        mut attempt: impl FnMut(&mut S) -> io::Result<T>,
    ) -> io::Result<T> {
        poll_fn(|cx| {
            let Some(share) = self.of.share.get().checked_sub(1) else {
                cx.waker().wake_by_ref(); // others first: step 5
                return Poll::Pending;
            };
            self.of.share.set(share);
            match attempt(&mut self.io.borrow_mut()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let mut sources = self.of.sources.borrow_mut();
                    sources[self.token].push(cx.waker().clone());
                    Poll::Pending
                }
                done => Poll::Ready(done),
            }
        })
        .await
    }
}

//! Waiting for the operating system: `mio`'s selector, as the loop's [`Outside`].
//!
//! A loop has one from the first socket on. Events are edge-triggered: the system tells once that something has become ready,
//! so each [`Source`] remembers it.

#[cfg(unix)]
use std::os::fd::AsRawFd;
use std::{any::Any, cell::RefCell, io, rc::Rc, sync::Arc, time::Duration};

#[cfg(unix)]
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token, Waker, event};
use slab::Slab;

use super::source::{Readiness, Side, Source};
#[cfg(unix)]
use crate::interrupts::Pipe;
use crate::{
    Exception, Kind,
    event_loop::{
        Kernel, Party,
        outside::{Interrupt, Outside},
    },
};

/// The selector of one loop.
pub(crate) struct Selector {
    poll: RefCell<Poll>,
    events: RefCell<Events>,
    registry: Registry,
    waker: Arc<LoopWaker>,
    /// By token.
    sources: RefCell<Slab<Rc<Source>>>,
    readiness: Rc<Readiness>,
    /// What the layers above keep for this loop, until it is closed.
    kept: RefCell<Vec<Rc<dyn Any>>>,
    #[cfg(target_os = "linux")]
    alarm: Option<alarm::AlarmClock>,
}

const WAKER: Token = Token(usize::MAX);
#[cfg(target_os = "linux")]
const ALARM: Token = Token(usize::MAX - 1);
/// Ctrl-C.
#[cfg(unix)]
const INTERRUPT: Token = Token(usize::MAX - 2);

/// How many events are taken at a time. What is beyond waits in the system.
const EVENTS: usize = 1024;

struct LoopWaker(Waker);

impl Interrupt for LoopWaker {
    fn interrupt(&self) {
        // It fails if the selector is gone, and then nobody waits. (A full counter is no failure: it wakes, too.)
        drop(self.0.wake());
    }
}

impl Selector {
    /// Returns the selector of a loop, and creates it in the first call. `remedy` says what to do if the system refuses to
    /// create it.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop's clock is virtual, or the loop is simulated.
    /// - An [`io::Error`] if the system creates no selector.
    pub(crate) fn of(kernel: &Kernel, remedy: Remedy) -> Result<Rc<Self>, Exception> {
        if let Some(outside) = kernel.outside() {
            let outside: Rc<dyn Any> = outside.clone();
            return outside.downcast().map_err(|_| simulated(remedy));
        }
        if kernel.has_virtual_clock() {
            return Err(on_virtual_clock(remedy));
        }
        let selector = Rc::new(Self::new()?);
        kernel.has_outside(selector.clone());
        Ok(selector)
    }

    /// Returns the selector of a loop that has one.
    #[cfg(unix)]
    pub(crate) fn if_any(kernel: &Kernel) -> Option<Rc<Self>> {
        let outside: Rc<dyn Any> = kernel.outside()?.clone();
        outside.downcast().ok()
    }

    fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = LoopWaker(Waker::new(&registry, WAKER)?);
        Ok(Self {
            #[cfg(target_os = "linux")]
            alarm: alarm::AlarmClock::new(&registry, ALARM),
            poll: RefCell::new(poll),
            events: RefCell::new(Events::with_capacity(EVENTS)),
            registry,
            waker: Arc::new(waker),
            sources: RefCell::default(),
            readiness: Rc::default(),
            kept: RefCell::default(),
        })
    }

    /// Returns the state that a layer above keeps for this loop, and creates it in the first call. The state is dropped when
    /// the loop is closed.
    pub(crate) fn kept<T: Default + 'static>(&self) -> Rc<T> {
        let known = self.known();
        known.unwrap_or_else(|| {
            let new = Rc::new(T::default());
            self.kept.borrow_mut().push(new.clone());
            new
        })
    }

    /// Returns what a layer above keeps, if it does.
    pub(crate) fn known<T: 'static>(&self) -> Option<Rc<T>> {
        let kept = self.kept.borrow();
        kept.iter().find_map(|one| one.clone().downcast().ok())
    }

    /// Watches something from now on, until the result is dropped.
    pub(crate) fn register<S: event::Source>(
        self: &Rc<Self>,
        mut io: S,
        interest: Interest,
        party: Party,
    ) -> io::Result<Registered<S>> {
        let source = Source::new(party, self.readiness.clone());
        let token = self.sources.borrow_mut().insert(source.clone());
        if let Err(error) = self.registry.register(&mut io, Token(token), interest) {
            self.sources.borrow_mut().remove(token);
            return Err(error);
        }
        Ok(Registered {
            io,
            source,
            token,
            selector: self.clone(),
        })
    }

    /// Waits until something is ready or the loop is interrupted, at most for so long.
    fn selects(&self, timeout: Option<Duration>) {
        let mut events = self.events.borrow_mut();
        // The only error that can occur is that a signal has interrupted it, and then the loop looks around as well.
        if self.poll.borrow_mut().poll(&mut events, timeout).is_err() {
            return;
        }
        for event in events.iter() {
            #[cfg(target_os = "linux")]
            if event.token() == ALARM {
                self.alarm.as_ref().inspect(|alarm| alarm.has_gone_off());
                continue;
            }
            let source = self.sources.borrow().get(event.token().0).cloned();
            if let Some(source) = source {
                tells(&source, event);
            }
        }
    }
}

fn tells(source: &Rc<Source>, event: &event::Event) {
    if event.is_read_closed() || event.is_error() {
        source.becomes_closed(Side::Read);
    } else if event.is_readable() {
        source.becomes_ready(Side::Read);
    }
    if event.is_write_closed() || event.is_error() {
        source.becomes_closed(Side::Write);
    } else if event.is_writable() {
        source.becomes_ready(Side::Write);
    }
}

impl Outside for Selector {
    fn may_arrive(&self) -> bool {
        self.readiness.is_awaited()
    }

    fn look(&self, _now: Duration) {
        self.selects(Some(Duration::ZERO));
        self.readiness.calls_watchers();
    }

    fn wait(&self, now: Duration, deadline: Option<Duration>) -> bool {
        if self.readiness.has_ready() {
            self.look(now);
            return true;
        }
        let timeout = deadline.map(|deadline| deadline.saturating_sub(now));
        // The selector counts in milliseconds, and rounds up.
        #[cfg(target_os = "linux")]
        let timeout = match (&self.alarm, deadline, timeout) {
            (Some(alarm), Some(deadline), Some(left)) if alarm.set(deadline, left) => None,
            _ => timeout,
        };
        self.selects(timeout);
        self.readiness.calls_watchers();
        true
    }

    fn interrupter(&self) -> Option<Arc<dyn Interrupt>> {
        Some(self.waker.clone())
    }

    // If there is no room for it, Ctrl-C is answered when something else ends the wait.
    #[cfg(unix)]
    fn hears(&self, pipe: &'static Pipe) {
        let end = pipe.reader().as_raw_fd();
        let readable = Interest::READABLE;
        drop(
            self.registry
                .register(&mut SourceFd(&end), INTERRUPT, readable),
        );
    }

    #[cfg(unix)]
    fn hears_no_longer(&self, pipe: &'static Pipe) {
        let end = pipe.reader().as_raw_fd();
        drop(self.registry.deregister(&mut SourceFd(&end)));
    }

    fn closes(&self) {
        self.readiness.forgets_watchers();
        drop(self.kept.take()); // it can hold the selector
    }
}

/// Something that the selector watches, until it is dropped.
pub(crate) struct Registered<S: event::Source> {
    io: S,
    pub(crate) source: Rc<Source>,
    token: usize,
    pub(crate) selector: Rc<Selector>,
}

impl<S: event::Source> Registered<S> {
    pub(crate) fn io(&self) -> &S {
        &self.io
    }
}

impl<S: event::Source> Drop for Registered<S> {
    fn drop(&mut self) {
        // An error means that it is not registered any more.
        drop(self.selector.registry.deregister(&mut self.io));
        let removed = self.selector.sources.borrow_mut().try_remove(self.token);
        drop(removed); // when the table of sources is free
    }
}

/// What to do on a virtual clock, where nothing real is possible.
#[derive(Clone, Copy)]
pub(crate) struct Remedy {
    pub(crate) what: &'static str,
    pub(crate) instead: &'static str,
}

#[cold]
fn on_virtual_clock(Remedy { what, instead }: Remedy) -> Exception {
    let text = format!("{what} on a virtual clock: their time would mean nothing; {instead}");
    Exception::new(Kind::RuntimeError, text)
}

#[cold]
fn simulated(Remedy { what, instead }: Remedy) -> Exception {
    let text = format!("{what} in a simulation, where there is nothing real; {instead}");
    Exception::new(Kind::RuntimeError, text)
}

/// Deadlines to the nanosecond.
#[cfg(target_os = "linux")]
mod alarm {
    use std::{
        cell::Cell,
        io,
        os::fd::{AsRawFd, OwnedFd},
        time::Duration,
    };

    use mio::{Interest, Registry, Token, unix::SourceFd};
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };

    /// A timer of the kernel's that the selector watches like a socket.
    pub(super) struct AlarmClock {
        timer: OwnedFd,
        /// The deadline that it is set to, on the loop's clock.
        set_to: Cell<Option<Duration>>,
    }

    impl AlarmClock {
        /// Returns `None` if the system has no timer left. Deadlines are then rounded up to milliseconds.
        pub(super) fn new(registry: &Registry, token: Token) -> Option<Self> {
            let create = || -> io::Result<OwnedFd> {
                let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
                let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
                registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
                Ok(timer)
            };
            let timer = create().ok()?;
            Some(Self {
                timer,
                set_to: Cell::new(None),
            })
        }

        /// Sets it to a deadline, which is so far away. Returns `false` if that is not possible.
        pub(super) fn set(&self, deadline: Duration, left: Duration) -> bool {
            if self.set_to.get() == Some(deadline) {
                return true;
            }
            let Ok(tv_sec) = left.as_secs().try_into() else {
                return false;
            };
            let zero = Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            let value = Timespec {
                tv_sec,
                tv_nsec: left.subsec_nanos().into(),
            };
            let once = Itimerspec {
                it_interval: zero,
                it_value: value,
            };
            let is_set = timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once).is_ok();
            self.set_to.set(is_set.then_some(deadline));
            is_set
        }

        pub(super) fn has_gone_off(&self) {
            self.set_to.set(None);
        }
    }
}

//! Sources, which may become ready, and the tasks that wait for them.

use std::{
    cell::{Cell, OnceCell, RefCell},
    io, mem,
    rc::Rc,
    task::{Context, Poll, ready},
};

use slab::Slab;

use crate::{
    Exception,
    event_loop::{Callable, LineWords, OutsideWait, Party, WaitKind, running, take_thrown, yields},
    sync::{HasWaiters, Place, Waiters},
};

/// The state shared by all sources of a network: the number of operations that wait, and the watched sources that are ready.
#[derive(Default)]
pub(crate) struct Readiness {
    /// How many operations and watchers there are. As long as there is one, the loop has something to wait for.
    awaited: Cell<usize>,
    /// All sources that are watched.
    watched: RefCell<Slab<Rc<Source>>>,
    /// The sources that were ready when they were added, each with the value of [`listed`](Source::listed) at that time. An
    /// entry counts only as long as the source still has this value, so a source counts once at most.
    ready: RefCell<Vec<(Rc<Source>, u64)>>,
    /// How many have come to `ready`.
    listed: Cell<u64>,
    /// Room to read into, for whoever does not know how much there is.
    scratch: Cell<Vec<u8>>,
}

impl Readiness {
    #[cfg(feature = "io")]
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited.get() > 0
    }

    /// Returns `true` if a watcher is to be called.
    pub(crate) fn has_ready(&self) -> bool {
        let ready = self.ready.borrow();
        ready.iter().any(|(source, listed)| {
            source.listed.get() == Some(*listed) && source.is_watched_and_ready()
        })
    }

    /// Calls the watchers of what is ready in this round.
    ///
    /// This is how `epoll` does it when it is level-triggered, as in asyncio: a reported source goes to the back of the list,
    /// and is reported again if it is still ready then. Until then, the source keeps its place in the list, ready or not.
    pub(crate) fn calls_watchers(&self) {
        let Ok(kernel) = running() else {
            return; // a loop that does not run has no rounds
        };
        let mut ready = mem::take(&mut *self.ready.borrow_mut());
        ready.retain(|(source, listed)| {
            if source.listed.get() != Some(*listed) {
                return false;
            }
            let is_ready = source.is_watched_and_ready();
            if !is_ready {
                source.listed.set(None);
            }
            is_ready
        });
        for (source, _) in &ready {
            for half in [&source.read, &source.write] {
                if half.is_ready.get()
                    && let Some(watcher) = { half.watcher.borrow().clone() }
                {
                    kernel.call_soon(watcher);
                }
            }
        }
        // A call has its turn only later, so nothing has come to the list in the meantime.
        self.ready.replace(ready);
    }

    /// A look would report nothing. What was ready once loses its place, as if there had been that look.
    pub(crate) fn has_looked_in_vain(&self) {
        for (source, listed) in self.ready.take() {
            if source.listed.get() == Some(listed) {
                source.listed.set(None);
            }
        }
    }

    /// The loop is closed. A watcher can hold its own source, so it has to be forgotten here.
    pub(crate) fn forgets_watchers(&self) {
        let watched: Vec<_> = self
            .watched
            .borrow()
            .iter()
            .map(|(_, source)| source.clone())
            .collect();
        for source in watched {
            source.unwatch(Side::Read);
            source.unwatch(Side::Write);
        }
        self.ready.take();
    }
}

/// Something outside that can be read from or written to now, or not yet: a socket, or an end of a pipe.
///
/// An operation is tried first. Only if the system says that it would block is the side *not ready*, until an event says
/// otherwise. So an event is a hint, and one too many does no harm.
pub(crate) struct Source {
    party: Rc<Party>,
    read: Half,
    write: Half,
    readiness: Rc<Readiness>,
    /// The index of this source among the watched ones of its [`Readiness`].
    watched: Cell<Option<usize>>,
    /// Its number in the list of the ready ones there, if it is in it.
    listed: Cell<Option<u64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Whoever reads or accepts.
    Read,
    /// Whoever writes or connects.
    Write,
}

struct Half {
    is_ready: Cell<bool>,
    /// Whether it no longer blocks, because the other end has closed it, or it has failed.
    is_closed: Cell<bool>,
    /// Made for the first that waits. Most sockets never have to wait until they can write.
    waiters: OnceCell<Box<Waiters>>,
    /// What is called in each round in which it is ready: asyncio's `add_reader` and `add_writer`.
    watcher: RefCell<Option<Rc<dyn Callable>>>,
}

impl HasWaiters for Half {
    fn waiters(&self) -> &Waiters {
        self.waiters.get_or_init(Box::default)
    }

    fn gave_up(&self, _was_woken: bool) {} // an event is for all who wait: each tries again
}

impl Half {
    fn new() -> Self {
        Self {
            is_ready: Cell::new(true),
            is_closed: Cell::new(false),
            waiters: OnceCell::new(),
            watcher: RefCell::default(),
        }
    }

    fn is_watched_and_ready(&self) -> bool {
        self.is_ready.get() && self.watcher.borrow().is_some()
    }
}

impl Source {
    /// Creates a source that may be ready. `party` names the other end.
    pub(crate) fn new(party: Party, readiness: Rc<Readiness>) -> Rc<Self> {
        Rc::new(Self {
            party: Rc::new(party),
            read: Half::new(),
            write: Half::new(),
            readiness,
            watched: Cell::new(None),
            listed: Cell::new(None),
        })
    }

    /// Returns the name of the other end.
    pub(crate) fn party(&self) -> &Rc<Party> {
        &self.party
    }

    /// Lends an empty vector with room for `len` bytes, which all sources of the network share. `read` can keep it.
    pub(crate) fn with_scratch<T>(&self, len: usize, read: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        // It is taken out, so that a waker that `read` calls can read, too.
        let mut scratch = self.readiness.scratch.take();
        scratch.clear();
        scratch.reserve_exact(len);
        let result = read(&mut scratch);
        self.readiness.scratch.set(scratch);
        result
    }

    fn half(&self, side: Side) -> &Half {
        match side {
            Side::Read => &self.read,
            Side::Write => &self.write,
        }
    }

    /// One side may be ready: whoever waits for it tries again.
    pub(crate) fn becomes_ready(self: &Rc<Self>, side: Side) {
        let half = self.half(side);
        half.is_ready.set(true);
        if let Some(waiters) = half.waiters.get() {
            waiters.wake_all();
        }
        self.lists();
    }

    /// One side is closed or has failed, and no longer blocks.
    pub(crate) fn becomes_closed(self: &Rc<Self>, side: Side) {
        self.half(side).is_closed.set(true);
        self.becomes_ready(side);
    }

    /// Returns `true` if one side no longer blocks, because the other end has closed it, or it has failed.
    pub(crate) fn is_closed(&self, side: Side) -> bool {
        self.half(side).is_closed.get()
    }

    /// An operation would block, or has taken all there was.
    pub(crate) fn is_exhausted(&self, side: Side) {
        let half = self.half(side);
        half.is_ready.set(half.is_closed.get());
    }

    /// Calls `watcher` in each round in which the side is ready, from the next one on.
    pub(crate) fn watch(self: &Rc<Self>, side: Side, watcher: Rc<dyn Callable>) {
        let before = self.half(side).watcher.replace(Some(watcher));
        if before.is_none() {
            self.is_awaited_once_more();
        }
        if self.watched.get().is_none() {
            let place = self.readiness.watched.borrow_mut().insert(self.clone());
            self.watched.set(Some(place));
        }
        self.lists();
    }

    /// Ends [`watch`](Source::watch). A call of this round may still be on its way.
    pub(crate) fn unwatch(&self, side: Side) {
        let before = self.half(side).watcher.take();
        if before.is_none() {
            return;
        }
        self.is_awaited_once_less();
        let is_watched = |half: &Half| half.watcher.borrow().is_some();
        if !is_watched(&self.read)
            && !is_watched(&self.write)
            && let Some(place) = self.watched.take()
        {
            self.listed.set(None);
            let removed = self.readiness.watched.borrow_mut().remove(place);
            drop(removed); // when the table is free
        }
    }

    fn is_watched_and_ready(&self) -> bool {
        self.read.is_watched_and_ready() || self.write.is_watched_and_ready()
    }

    fn lists(self: &Rc<Self>) {
        let is_watched = self.watched.get().is_some(); // as a rule it is not
        if is_watched && self.is_watched_and_ready() && self.listed.get().is_none() {
            let listed = self.readiness.listed.get() + 1;
            self.readiness.listed.set(listed);
            self.listed.set(Some(listed));
            let entry = (self.clone(), listed);
            self.readiness.ready.borrow_mut().push(entry);
        }
    }

    fn is_awaited_once_more(&self) {
        let awaited = &self.readiness.awaited;
        awaited.set(awaited.get() + 1);
    }

    fn is_awaited_once_less(&self) {
        let awaited = &self.readiness.awaited;
        awaited.set(awaited.get() - 1);
    }
}

/// How an operation waits: for what, in words, and whether what is thrown is raised there.
#[derive(Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) words: &'static LineWords,
    /// `false` in the traits of the `futures` crates, which would turn a `Cancelled` into an ordinary `io::Error`. A task that is
    /// cancelled there is dropped, like one that awaits a foreign future.
    pub(crate) raises: bool,
}

/// An operation on a source, which perhaps waits for one of its sides.
pub(crate) struct Operation {
    source: Rc<Source>,
    side: Side,
    place: Option<Place>,
    has_yielded: bool,
}

impl Operation {
    pub(crate) fn new(source: &Rc<Source>, side: Side) -> Self {
        Self {
            source: source.clone(),
            side,
            place: None,
            has_yielded: false,
        }
    }

    /// Tries until it does not block. Nothing leaves the system but in the poll that returns `Ready`, so whoever is cancelled
    /// has lost nothing. After that poll, the operation is as new, and can be used for the next one.
    ///
    /// # Errors
    ///
    /// - What is thrown into the task while it waits, such as `Cancelled`.
    /// - `RuntimeError` if no loop is running, or if somebody waits for this source in another loop.
    pub(crate) fn poll<T>(
        &mut self,
        waits: Waits,
        cx: &Context<'_>,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> Poll<Result<io::Result<T>, Exception>> {
        if waits.raises
            && let Some(thrown) = take_thrown(cx)
        {
            self.ends();
            return Poll::Ready(Err(thrown));
        }
        let half = self.source.half(self.side);
        loop {
            if self.place.is_some() {
                let woken = ready!(half.waiters().poll_unraised(&mut self.place, cx));
                if self.place.is_none() {
                    self.source.is_awaited_once_less();
                }
                if let Err(exception) = woken {
                    self.ends();
                    return Poll::Ready(Err(exception));
                }
            }
            if half.is_ready.get() {
                // What is not ready makes the task wait, which is as good as a yield.
                if !self.has_yielded && running()?.has_done_its_share() {
                    self.has_yielded = true;
                    match waits.raises {
                        true => ready!(yields(cx))?,
                        false => cx.waker().wake_by_ref(),
                    }
                    return Poll::Pending;
                }
                match attempt() {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.source.is_exhausted(self.side);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    done => {
                        self.has_yielded = false;
                        return Poll::Ready(Ok(done));
                    }
                }
            }
            let wait = WaitKind::Outside(OutsideWait {
                words: waits.words,
                party: self.source.party.clone(),
                raises: waits.raises,
            });
            half.waiters().join_unraised(&mut self.place, wait, cx)?;
            self.source.is_awaited_once_more();
            return Poll::Pending;
        }
    }

    /// Leaves its place, if it waits.
    fn ends(&mut self) {
        if self.place.is_some() {
            self.source.half(self.side).gives_up(&mut self.place);
            self.source.is_awaited_once_less();
        }
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.ends();
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::poll_fn};

    use super::*;
    use crate::{EventLoop, clock::VirtualClock};

    #[test]
    fn an_operation_that_a_signal_interrupts_is_tried_again() {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let tries = Cell::new(0);
        let attempt = || {
            tries.set(tries.get() + 1);
            match tries.get() {
                1 => Err(io::ErrorKind::Interrupted.into()),
                tries => Ok(tries),
            }
        };
        let source = Source::new(Party::Words("a pipe".into()), Rc::default());
        let mut operation = Operation::new(&source, Side::Read);
        let program = poll_fn(|cx| {
            let waits = Waits::of_stream(Side::Read, true);
            operation.poll(waits, cx, attempt)
        });
        assert_eq!(event_loop.run(program).unwrap().unwrap(), 2);
    }
}

//! What may become ready, and who waits for that.

use std::{
    cell::Cell,
    io,
    rc::Rc,
    task::{Context, Poll, ready},
};

use crate::{
    Exception,
    event_loop::{LineWords, OutsideWait, Party, WaitKind, running, take_thrown, yields},
    sync::{HasWaiters, Place, Waiters},
};

/// Something outside that can be read from or written to now, or not yet: a socket, or an end of a pipe.
///
/// An operation is tried first. Only if the system says that it would block is the side *not ready*, until an event says
/// otherwise. So an event is a hint, and one too many does no harm.
pub(crate) struct Source {
    party: Rc<Party>,
    read: Half,
    write: Half,
    /// How many waits there are for this source and all others of its kind. As long as there is one, the loop has something
    /// to wait for.
    awaited: Rc<Cell<usize>>,
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
    /// Whether it will not block any more, because the other end has closed it, or it has failed.
    is_closed: Cell<bool>,
    waiters: Waiters,
}

impl HasWaiters for Half {
    fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    fn gave_up(&self, _was_woken: bool) {} // an event is for all who wait: each tries again
}

impl Half {
    fn new() -> Self {
        Self {
            is_ready: Cell::new(true),
            is_closed: Cell::new(false),
            waiters: Waiters::default(),
        }
    }
}

impl Source {
    /// Creates a source that may be ready. `party` is who is at the other end.
    pub(crate) fn new(party: Party, awaited: Rc<Cell<usize>>) -> Rc<Self> {
        Rc::new(Self {
            party: Rc::new(party),
            read: Half::new(),
            write: Half::new(),
            awaited,
        })
    }

    /// Who is at the other end.
    pub(crate) fn party(&self) -> &Party {
        &self.party
    }

    fn half(&self, side: Side) -> &Half {
        match side {
            Side::Read => &self.read,
            Side::Write => &self.write,
        }
    }

    /// One side may be ready: whoever waits for it tries again.
    pub(crate) fn is_ready(&self, side: Side) {
        let half = self.half(side);
        half.is_ready.set(true);
        half.waiters.wake_all();
    }

    /// One side is closed or has failed, and does not block any more.
    pub(crate) fn is_closed(&self, side: Side) {
        self.half(side).is_closed.set(true);
        self.is_ready(side);
    }

    /// An operation would block, or has taken all there was.
    pub(crate) fn is_exhausted(&self, side: Side) {
        let half = self.half(side);
        half.is_ready.set(half.is_closed.get());
    }

    fn is_awaited_once_more(&self) {
        self.awaited.set(self.awaited.get() + 1);
    }

    fn is_awaited_once_less(&self) {
        self.awaited.set(self.awaited.get() - 1);
    }
}

/// How an operation waits: for what, in words, and whether what is thrown is raised there.
#[derive(Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) words: &'static LineWords,
    /// `false` in the traits of the `futures` crates, where a `Cancelled` would become an ordinary `io::Error`. The task is
    /// then dropped where it stands, like one that awaits something foreign.
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
    /// has lost nothing.
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
                let woken = ready!(half.waiters.poll_unraised(&mut self.place, cx));
                if self.place.is_none() {
                    self.source.is_awaited_once_less();
                }
                if let Err(exception) = woken {
                    self.ends();
                    return Poll::Ready(Err(exception));
                }
            }
            if !self.has_yielded && running()?.has_done_its_share() {
                self.has_yielded = true;
                match waits.raises {
                    true => ready!(yields(cx))?,
                    false => cx.waker().wake_by_ref(),
                }
                return Poll::Pending;
            }
            if half.is_ready.get() {
                match attempt() {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.source.is_exhausted(self.side);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    done => return Poll::Ready(Ok(done)),
                }
            }
            let wait = WaitKind::Outside(OutsideWait {
                words: waits.words,
                party: self.source.party.clone(),
                raises: waits.raises,
            });
            half.waiters.join_unraised(&mut self.place, wait, cx)?;
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

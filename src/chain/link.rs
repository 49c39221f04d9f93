//! The airlock: the one cell through which everything passes between the frames of a chain and their driver.

use std::{cell::Cell, mem, rc::Rc, task::Poll};

use super::{Driver, frame::BoxFrame};
use crate::{Exception, Kind, dropping::report_panic};

/// What comes in at the place where a frame waits.
pub(crate) enum Input<S> {
    /// Python's `next`: the `None` of `S`.
    Next(S),
    /// Python's `send`.
    Send(S),
    /// Python's `throw` and `close`.
    Throw(Exception),
    /// The `GeneratorExit` of a frame that is dropped.
    ///
    /// To a body it is the same as a thrown one. A delegation to an object that is no generator tells the two apart:
    /// `close()` calls the object's `close`, but an object that is merely let go is not closed, because Python's objects
    /// have no finalizer that would do it. The exception is created only in a body.
    LetGo,
}

/// What the airlock holds. The table in the module `chain` says who puts what in, and who takes it out.
///
/// The order counts: first the values that come in, then what goes out. So a resume compares, where it would have to look
/// into sets.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Holds {
    /// On its way in: a value, by `send`.
    Sent,
    /// On its way in: a value, by `next`.
    Next,
    /// On its way out: a value. It stays so until something comes in, also when the value is out: a yield in that time
    /// comes from outside the body, through a `Co` that was carried out of it, and panics there.
    Yielded,
    /// On its way out: a new frame, to be run on top of the one that asks.
    Delegate,
    /// On its way out: frames that have started, to be run on top; and a value, the first thing that they get.
    Join,
    /// On its way out, beside the airlock: frames that borrow. See the module `scoped`.
    Handed,
    /// On its way in: an exception.
    Raise,
    /// On its way in: see [`Input::LetGo`].
    LetGo,
    /// On its way in, to the frame that delegated: the finished frame, with its result.
    Ended,
    /// The top frame runs, and has taken what came in.
    Nothing,
}

impl Holds {
    #[inline]
    fn is_value(self) -> bool {
        self <= Holds::Next
    }

    /// Returns `true` for what a frame has put in, if [`is_value`](Holds::is_value) does not.
    #[inline]
    fn is_outgoing(self) -> bool {
        self <= Holds::Handed
    }
}

/// The content itself. `Holds` says which of these it is.
enum Content<Y, S> {
    Empty,
    Out(Y),
    In(S),
    Exception(Exception),
    Frame(BoxFrame<'static, Y, S>),
    Join(Box<(Driver<'static, Y, S>, S)>),
}

/// What a borrowing body delegates to.
pub(crate) enum Handed<'a, Y, S> {
    Created(BoxFrame<'a, Y, S>),
    /// Frames that have started, and the first value that they receive.
    Live(Driver<'a, Y, S>, S),
}

/// What the frames of one chain share with each other and with their driver.
///
/// Every resume passes through here twice. There is one cell, and not one for each direction, because at any time at most
/// one of the two sides has something to say. `holds` is apart from it, because a `Cell` shows its content only to
/// whoever takes it, and a frame has to look without taking: each yield is polled once before its value is out.
///
/// A frame that is started by delegation uses the link of the frame below it: only one of them can be on top.
pub(crate) struct Link<Y, S> {
    holds: Cell<Holds>,
    content: Cell<Content<Y, S>>,
}

/// Takes the content out, of which `holds` has said what it is.
///
/// Whatever else it were would be forgotten and not dropped, so that the processor need not load it. A load that is wider
/// than the value that was stored a moment ago waits until that has reached the cache: it made a resume twice as long.
macro_rules! take {
    ($link:expr, $variant:ident) => {{
        let link = $link;
        match link.content.replace(Content::Empty) {
            Content::$variant(content) => content,
            other => {
                mem::forget(other);
                unreachable!("`holds` says what there is")
            }
        }
    }};
}

impl<Y, S> Link<Y, S> {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            holds: Cell::new(Holds::Nothing),
            content: Cell::new(Content::Empty),
        })
    }

    /// Fills an airlock that is empty.
    #[inline(always)]
    fn fill(&self, holds: Holds, content: Content<Y, S>) {
        self.holds.set(holds);
        // There is nothing to drop, which the compiler cannot know: it would look at the old content each time.
        mem::forget(self.content.replace(content));
    }

    #[inline]
    fn took(&self) {
        self.holds.set(Holds::Nothing);
    }
}

/// The frame's side.
impl<Y, S> Link<Y, S> {
    /// Hands a value out. What comes in for it is found by [`poll_sent`](Link::poll_sent) or
    /// [`poll_input`](Link::poll_input).
    #[inline]
    pub(crate) fn yield_(&self, value: Y) {
        self.hand_out(Holds::Yielded, || Content::Out(value));
    }

    /// Hands a new frame to the driver, to be run on top of this one.
    #[inline]
    pub(crate) fn delegate(&self, frame: BoxFrame<'static, Y, S>) {
        self.hand_out(Holds::Delegate, || Content::Frame(frame));
    }

    /// Hands frames that have started to the driver. The first thing that they get is `none`.
    pub(crate) fn join(&self, driver: Driver<'static, Y, S>, none: S) {
        self.hand_out(Holds::Join, || Content::Join(Box::new((driver, none))));
    }

    /// Tells the driver that the frame holds what it delegates to. The airlock has no lifetime, and cannot hold frames that
    /// borrow.
    pub(super) fn announce_handed(&self) {
        self.hand_out(Holds::Handed, || Content::Empty);
    }

    /// Takes a closure, so that the content is put together in its place. (As a value it is put together on the machine
    /// stack, in case that the check panics: 9 instructions more.)
    #[inline(always)]
    fn hand_out(&self, holds: Holds, content: impl FnOnce() -> Content<Y, S>) {
        if self.holds.get() != Holds::Nothing {
            return self.hand_out_over(holds, content());
        }
        self.fill(holds, content());
    }

    /// Hands something out through an airlock that is not empty.
    #[cold]
    #[inline(never)]
    fn hand_out_over(&self, holds: Holds, content: Content<Y, S>) {
        match self.holds.get() {
            Holds::Yielded | Holds::Delegate | Holds::Join | Holds::Handed => {
                // Dropped before the panic: if its drop panicked during that, the process would abort.
                report_panic(|| drop(content));
                panic!(
                    "a generator body yielded or delegated again before the last time was awaited: \
                     write `co.yield_(value).await?`, and do not drop, join or select between the two"
                )
            }
            // A body need not take what came in: it can drop the yield that waits. What it hands out is put in first, and
            // is safe there if the drop of the other panics.
            Holds::Sent
            | Holds::Next
            | Holds::Raise
            | Holds::LetGo
            | Holds::Ended
            | Holds::Nothing => {
                self.holds.set(holds);
                drop(self.content.replace(content));
            }
        }
    }

    /// Returns what came in for a value, for a body: it need not know whether the value was sent or is the `None` of
    /// `next`.
    #[inline]
    pub(crate) fn poll_sent(&self) -> Poll<Result<S, Exception>> {
        let holds = self.holds.get();
        if holds.is_value() {
            self.took();
            return Poll::Ready(Ok(take!(self, In)));
        }
        // Each yield is polled once while it is so; and a future that joins it with others may poll it as often as it likes.
        if holds.is_outgoing() {
            return Poll::Pending;
        }
        Poll::Ready(Err(self.take_exception()))
    }

    /// Returns what came in for a value, for PEP 380's loop, which has to know everything about it.
    pub(crate) fn poll_input(&self) -> Poll<Input<S>> {
        let holds = self.holds.get();
        self.poll_sent().map(|sent| match (sent, holds) {
            (Ok(none), Holds::Next) => Input::Next(none),
            (Ok(value), _) => Input::Send(value),
            (Err(_), Holds::LetGo) => Input::LetGo,
            (Err(exception), _) => Input::Throw(exception),
        })
    }

    /// Returns what came of a delegation: the finished frame, or what is raised in its place.
    #[inline]
    pub(crate) fn poll_delegation(&self) -> Poll<Result<BoxFrame<'static, Y, S>, Exception>> {
        match self.holds.get() {
            Holds::Ended => {
                self.took();
                Poll::Ready(Ok(take!(self, Frame)))
            }
            Holds::Yielded | Holds::Delegate | Holds::Join | Holds::Handed => Poll::Pending,
            Holds::Raise | Holds::LetGo | Holds::Sent | Holds::Next | Holds::Nothing => {
                Poll::Ready(Err(self.take_exception()))
            }
        }
    }

    /// Like [`poll_delegation`](Link::poll_delegation), for a delegation to a frame that keeps its result elsewhere.
    pub(crate) fn poll_handed(&self) -> Poll<Result<(), Exception>> {
        match self.holds.get() {
            Holds::Ended => {
                self.clear();
                Poll::Ready(Ok(()))
            }
            Holds::Yielded | Holds::Delegate | Holds::Join | Holds::Handed => Poll::Pending,
            Holds::Raise | Holds::LetGo | Holds::Sent | Holds::Next | Holds::Nothing => {
                Poll::Ready(Err(self.take_exception()))
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn take_exception(&self) -> Exception {
        match self.holds.get() {
            Holds::Raise => {
                self.took();
                take!(self, Exception)
            }
            Holds::LetGo => {
                self.took();
                Kind::GeneratorExit.into()
            }
            // What came in was taken by an earlier poll, or is for another. To wait for more would be to wait for ever.
            Holds::Sent
            | Holds::Next
            | Holds::Yielded
            | Holds::Delegate
            | Holds::Join
            | Holds::Handed
            | Holds::Ended
            | Holds::Nothing => {
                panic!("a yield or a delegation was polled again after it had given what came in")
            }
        }
    }
}

/// The driver's side.
impl<Y, S> Link<Y, S> {
    #[inline]
    pub(super) fn holds(&self) -> Holds {
        self.holds.get()
    }

    /// Puts in what the top frame gets when it is resumed. The airlock is empty: whatever went out has been taken.
    #[inline]
    pub(super) fn put(&self, input: Input<S>) {
        match input {
            Input::Next(value) => self.fill(Holds::Next, Content::In(value)),
            Input::Send(value) => self.fill(Holds::Sent, Content::In(value)),
            Input::Throw(exception) => self.fill(Holds::Raise, Content::Exception(exception)),
            Input::LetGo => self.holds.set(Holds::LetGo),
        }
    }

    /// Puts in what the top frame, when it is resumed, finds that it delegated to.
    pub(super) fn put_ended(&self, frame: BoxFrame<'static, Y, S>) {
        self.fill(Holds::Ended, Content::Frame(frame));
    }

    /// Puts in that the delegation has ended. The result is where the frame that delegated finds it.
    pub(super) fn put_ended_elsewhere(&self) {
        self.holds.set(Holds::Ended);
    }

    /// Takes a value out, if the top frame has yielded one. `holds` says so still: see [`Holds::Yielded`].
    #[inline]
    pub(super) fn take_yielded(&self) -> Option<Y> {
        if self.holds.get() != Holds::Yielded {
            return None;
        }
        match self.content.replace(Content::Empty) {
            Content::Out(value) => Some(value),
            other => {
                mem::forget(other);
                None
            }
        }
    }

    /// Takes the frame of [`Holds::Delegate`] out.
    pub(super) fn take_delegate(&self) -> BoxFrame<'static, Y, S> {
        self.took();
        take!(self, Frame)
    }

    /// Takes the frames of [`Holds::Join`] out, and the value for them.
    pub(super) fn take_join(&self) -> (Driver<'static, Y, S>, S) {
        self.took();
        *take!(self, Join)
    }

    /// Takes the news of [`Holds::Handed`].
    pub(super) fn take_announced(&self) {
        self.took();
    }

    /// Drops whatever there is.
    pub(super) fn clear(&self) {
        self.took();
        drop(self.content.replace(Content::Empty));
    }
}

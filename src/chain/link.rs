//! The airlock: the one cell through which everything passes between the frames of a chain and their driver.

use std::{cell::Cell, mem, rc::Rc, task::Poll};

use super::{Driver, frame::BoxFrame};
use crate::{Exception, Kind, dropping::report_panic};

/// What a waiting frame receives.
pub(crate) enum Input<S> {
    /// Python's `next`: the `None` of `S`.
    Next(S),
    /// Python's `send`.
    Send(S),
    /// Python's `throw` and `close`.
    Throw(Exception),
    /// The `GeneratorExit` of a frame that is dropped.
    ///
    /// A body cannot tell it from a thrown one. A delegation to an object that is no generator can: `close()` calls the
    /// object's `close`, but an object that is only let go is not closed, because Python's objects have no finalizer that
    /// calls `close`. The exception is created only in a body.
    LetGo,
}

/// What the airlock holds. A table in the module `chain` lists who puts it in and takes it out.
///
/// The order matters: first the values that come in, then everything that goes out. So a resume needs only a comparison.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Holds {
    /// On its way in: a value, by `send`.
    Sent,
    /// On its way in: a value, by `next`.
    Next,
    /// On its way out: a value. This stays set after the value was taken, until something comes in. A yield in between comes
    /// from outside the body, through a `Co` that was carried out of it, and panics there.
    Yielded,
    /// On its way out: a new frame, to be run on top of the frame that delegates.
    Delegate,
    /// On its way out: frames that have started, to be run on top, and the first value for them.
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
/// Every resume passes through here twice. One cell serves both directions, because at any time at most one of the two
/// sides has something for the other. `holds` is separate, because a `Cell` reveals its content only by taking it, and a
/// frame has to look without taking: each yield is polled once before its value is out.
///
/// A frame that is started by delegation shares the link of the frame below, because only one of the two can be on top.
pub(crate) struct Link<Y, S> {
    holds: Cell<Holds>,
    content: Cell<Content<Y, S>>,
}

/// Takes the content out, whose kind `holds` has told.
///
/// Content of any other kind is forgotten and not dropped, so that the processor need not load it. A load that is wider
/// than a value stored a moment ago waits until the value has reached the cache, which doubled the time of a resume.
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
        // There is nothing to drop. The compiler cannot know that, and would check the old content each time.
        mem::forget(self.content.replace(content));
    }

    #[inline]
    fn took(&self) {
        self.holds.set(Holds::Nothing);
    }
}

/// The frame's side.
impl<Y, S> Link<Y, S> {
    /// Hands a value out. [`poll_sent`](Link::poll_sent) or [`poll_input`](Link::poll_input) then takes the answer.
    #[inline]
    pub(crate) fn yield_(&self, value: Y) {
        self.hand_out(Holds::Yielded, || Content::Out(value));
    }

    /// Hands a new frame to the driver, to be run on top of this one.
    #[inline]
    pub(crate) fn delegate(&self, frame: BoxFrame<'static, Y, S>) {
        self.hand_out(Holds::Delegate, || Content::Frame(frame));
    }

    /// Hands frames that have started to the driver. The first value that they receive is `none`.
    pub(crate) fn join(&self, driver: Driver<'static, Y, S>, none: S) {
        self.hand_out(Holds::Join, || Content::Join(Box::new((driver, none))));
    }

    /// Announces frames that borrow. The airlock cannot hold them, so the driver takes them from the top frame.
    pub(super) fn announce_handed(&self) {
        self.hand_out(Holds::Handed, || Content::Empty);
    }

    /// Takes a closure, so that the content is built in its place. (A value is built on the machine stack, in case the
    /// check panics: 9 instructions more.)
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
            // A body need not take what came in: it can drop the yield that waits. The new content is put in first, so
            // that it is safe if the drop of the old one panics.
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

    /// Returns what came in after a yield. (A body need not tell a sent value from the `None` of `next`.)
    #[inline]
    pub(crate) fn poll_sent(&self) -> Poll<Result<S, Exception>> {
        let holds = self.holds.get();
        if holds.is_value() {
            self.took();
            return Poll::Ready(Ok(take!(self, In)));
        }
        // Each yield is polled once in this state, and a future that joins it with others can poll it any number of times.
        if holds.is_outgoing() {
            return Poll::Pending;
        }
        Poll::Ready(Err(self.take_exception()))
    }

    /// Returns what came in after a yield, for PEP 380's loop, which has to tell all cases apart.
    pub(crate) fn poll_input(&self) -> Poll<Input<S>> {
        let holds = self.holds.get();
        self.poll_sent().map(|sent| match (sent, holds) {
            (Ok(none), Holds::Next) => Input::Next(none),
            (Ok(value), _) => Input::Send(value),
            (Err(_), Holds::LetGo) => Input::LetGo,
            (Err(exception), _) => Input::Throw(exception),
        })
    }

    /// Returns the outcome of a delegation: the finished frame, or the exception that is raised instead.
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

    /// Returns the outcome of a delegation to frames that borrow. Their result is in a slot.
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
            // What came in was taken by an earlier poll, or is for another future. Nothing more will come in.
            Holds::Sent
            | Holds::Next
            | Holds::Yielded
            | Holds::Delegate
            | Holds::Join
            | Holds::Handed
            | Holds::Ended
            | Holds::Nothing => {
                panic!("a yield or a delegation was polled again after it had resolved")
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

    /// Puts in what the top frame receives when it is resumed. The airlock is empty: what went out has been taken.
    #[inline]
    pub(super) fn put(&self, input: Input<S>) {
        match input {
            Input::Next(value) => self.fill(Holds::Next, Content::In(value)),
            Input::Send(value) => self.fill(Holds::Sent, Content::In(value)),
            Input::Throw(exception) => self.fill(Holds::Raise, Content::Exception(exception)),
            Input::LetGo => self.holds.set(Holds::LetGo),
        }
    }

    /// Puts in a finished frame for its delegator, the top frame.
    pub(super) fn put_ended(&self, frame: BoxFrame<'static, Y, S>) {
        self.fill(Holds::Ended, Content::Frame(frame));
    }

    /// Puts in that the delegation has ended. The result is in a slot of the frame that delegated.
    pub(super) fn put_ended_elsewhere(&self) {
        self.holds.set(Holds::Ended);
    }

    /// Takes a value out, if the top frame has yielded one. `holds` stays the same: see [`Holds::Yielded`].
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

    /// Clears [`Holds::Handed`].
    pub(super) fn take_announced(&self) {
        self.took();
    }

    /// Drops the content.
    pub(super) fn clear(&self) {
        self.took();
        drop(self.content.replace(Content::Empty));
    }
}

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

/// What is in the airlock. The table in the module `chain` says who puts what in, and who takes it out.
pub(super) enum Content<Y, S> {
    Empty,
    /// On its way out: a value.
    Yielded(Y),
    /// On its way out: run this new frame on top of the one that asks.
    Delegate(BoxFrame<Y, S>),
    /// On its way out: run these frames, which have started, on top; the first thing that they get is the value.
    Join(Box<(Driver<Y, S>, S)>),
    /// On its way in: by `next` or `send`; [`Holds`] tells which.
    Value(S),
    /// On its way in.
    Raise(Exception),
    /// On its way in: see [`Input::LetGo`].
    LetGo,
    /// On its way in, to the frame that delegated: the finished frame, with its result.
    Ended(BoxFrame<Y, S>),
}

/// What can be known of the content without taking it out.
///
/// A `Cell` shows its content only to whoever takes it, and to take a content out and put it back is most of a resume.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    /// The top frame runs, and has taken what came in.
    Nothing,
    /// A frame has put something in, and waits. It stays so until something comes in, also when the value is out: a yield
    /// in that time comes from outside the body, through a `Co` that was carried out of it, and panics there.
    Outgoing,
    /// A value that came by `next`.
    Next,
    /// Anything else that came in.
    Incoming,
}

/// What the frames of one chain share with each other and with their driver.
///
/// Every resume passes through here twice. There is one cell, and not one for each direction, because at any time at most
/// one of the two sides has something to say.
///
/// A frame that is started by delegation uses the link of the frame below it: only one of them can be on top.
pub(crate) struct Link<Y, S> {
    airlock: Cell<Content<Y, S>>,
    holds: Cell<Holds>,
}

/// The frame's side.
impl<Y, S> Link<Y, S> {
    /// Hands a value out. What comes in for it is found by [`poll_sent`](Link::poll_sent) or
    /// [`poll_input`](Link::poll_input).
    #[inline]
    pub(crate) fn yield_(&self, value: Y) {
        self.hand_out(|| Content::Yielded(value));
    }

    /// Returns what came in for a value, for a body: it need not know whether the value was sent or is the `None` of
    /// `next`.
    #[inline]
    pub(crate) fn poll_sent(&self) -> Poll<Result<S, Exception>> {
        // Each yield is polled once before the driver has seen the value; and a future that joins it with others may poll
        // it as often as it likes.
        if self.holds.get() == Holds::Outgoing {
            return Poll::Pending;
        }
        Poll::Ready(match self.take() {
            Content::Value(value) => Ok(value),
            other => Err(raised(other)),
        })
    }

    /// Returns what came in for a value, for PEP 380's loop, which has to know everything about it.
    pub(crate) fn poll_input(&self) -> Poll<Input<S>> {
        let holds = self.holds.get();
        if holds == Holds::Outgoing {
            return Poll::Pending;
        }
        Poll::Ready(match self.take() {
            Content::Value(none) if holds == Holds::Next => Input::Next(none),
            Content::Value(value) => Input::Send(value),
            Content::LetGo => Input::LetGo,
            other => Input::Throw(raised(other)),
        })
    }

    /// Hands a new frame to the driver, to be run on top of this one.
    #[inline]
    pub(crate) fn delegate(&self, frame: BoxFrame<Y, S>) {
        self.hand_out(|| Content::Delegate(frame));
    }

    /// Hands frames that have started to the driver. The first thing that they get is `none`.
    pub(crate) fn join(&self, driver: Driver<Y, S>, none: S) {
        self.hand_out(|| Content::Join(Box::new((driver, none))));
    }

    /// Takes a closure, so that the content is put together in its place. (As a value it is put together on the machine
    /// stack, in case that the check panics: 9 instructions more.)
    #[inline(always)]
    fn hand_out(&self, content: impl FnOnce() -> Content<Y, S>) {
        if self.holds.get() != Holds::Nothing {
            return self.hand_out_over(content());
        }
        self.holds.set(Holds::Outgoing);
        self.fill(content());
    }

    /// Fills an airlock that is empty.
    #[inline(always)]
    fn fill(&self, content: Content<Y, S>) {
        // There is nothing to drop, which the compiler cannot know: it would look at the old content each time.
        mem::forget(self.airlock.replace(content));
    }

    /// Returns what came of a delegation: the finished frame, or what is raised in its place.
    #[inline]
    pub(crate) fn poll_delegation(&self) -> Poll<Result<BoxFrame<Y, S>, Exception>> {
        if self.holds.get() == Holds::Outgoing {
            return Poll::Pending;
        }
        match self.take() {
            Content::Ended(frame) => Poll::Ready(Ok(frame)),
            Content::Raise(exception) => Poll::Ready(Err(exception)),
            Content::LetGo => Poll::Ready(Err(Kind::GeneratorExit.into())),
            other => polled_again(other),
        }
    }

    /// Hands something out through an airlock that is not empty.
    #[cold]
    #[inline(never)]
    fn hand_out_over(&self, content: Content<Y, S>) {
        if self.holds.get() == Holds::Outgoing {
            // Dropped before the panic: if its drop panicked during that, the process would abort.
            report_panic(|| drop(content));
            panic!(
                "a generator body yielded or delegated again before the last time was awaited: \
                 write `co.yield_(value).await?`, and do not drop, join or select between the two"
            )
        }
        // A body need not take what came in: it can drop the yield that waits. What it hands out is put in first, and is
        // safe there if the drop of the other panics.
        self.holds.set(Holds::Outgoing);
        drop(self.airlock.replace(content));
    }
}

/// The driver's side.
impl<Y, S> Link<Y, S> {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            airlock: Cell::new(Content::Empty),
            holds: Cell::new(Holds::Nothing),
        })
    }

    /// Puts in what the top frame gets when it is resumed. The airlock is empty: whatever went out has been taken.
    #[inline]
    pub(super) fn put(&self, input: Input<S>) {
        let (holds, content) = match input {
            Input::Next(value) => (Holds::Next, Content::Value(value)),
            Input::Send(value) => (Holds::Incoming, Content::Value(value)),
            Input::Throw(exception) => (Holds::Incoming, Content::Raise(exception)),
            Input::LetGo => (Holds::Incoming, Content::LetGo),
        };
        self.holds.set(holds);
        self.fill(content);
    }

    /// Puts in what the top frame, when it is resumed, finds that it delegated to.
    pub(super) fn put_ended(&self, frame: BoxFrame<Y, S>) {
        self.holds.set(Holds::Incoming);
        self.fill(Content::Ended(frame));
    }

    /// Takes a value out, if that is what the top frame has put in. Anything else stays for [`take`](Link::take).
    ///
    /// Apart from `take`, because nearly every resume ends here. It leaves [`Holds::Outgoing`], and so spares a store.
    #[inline]
    pub(super) fn take_yielded(&self) -> Option<Y> {
        match self.airlock.replace(Content::Empty) {
            Content::Yielded(value) => Some(value),
            other => {
                self.put_back(other);
                None
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn put_back(&self, content: Content<Y, S>) {
        self.fill(content);
    }

    /// Returns `true` if the top frame has taken what came in, and has put nothing in.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.holds.get() == Holds::Nothing
    }

    /// Takes out whatever is there.
    #[inline]
    pub(super) fn take(&self) -> Content<Y, S> {
        self.holds.set(Holds::Nothing);
        self.airlock.replace(Content::Empty)
    }
}

/// What comes in besides values, for a body.
#[cold]
#[inline(never)]
fn raised<Y, S>(content: Content<Y, S>) -> Exception {
    match content {
        Content::Raise(exception) => exception,
        Content::LetGo => Kind::GeneratorExit.into(),
        Content::Empty
        | Content::Yielded(_)
        | Content::Delegate(_)
        | Content::Join(_)
        | Content::Value(_)
        | Content::Ended(_) => polled_again(content),
    }
}

/// What came in was taken by an earlier poll. Waiting would be no answer: nothing more will come.
#[cold]
#[inline(never)]
fn polled_again<Y, S>(content: Content<Y, S>) -> ! {
    report_panic(|| drop(content));
    panic!("a yield or a delegation was polled again after it had given what came in")
}
